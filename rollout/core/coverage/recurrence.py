"""Events and their occurrences: the documented subset of RFC 5545 recurrence, expanded by dateutil on wall time, ended by our own zone rules.

Supported: FREQ=DAILY, WEEKLY, MONTHLY, YEARLY with INTERVAL, COUNT, UNTIL, BYDAY, BYMONTH, BYMONTHDAY, BYSETPOS, WKST. Whatever is outside the
subset is refused when it is read, for two readers that disagree about a rule disagree about when one may deploy.
"""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Literal, Self

from dateutil.rrule import rrule, weekday
from pydantic import Field, model_validator

from rollout.core.coverage.zones import DAY, Span, Zone, instant, shown_at, wall_of
from rollout.core.values import Value

MOST_COUNT = 10_000
_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
TURN, LAST_TURN = 400, 9599


class Frequency(StrEnum):
    YEARLY = "YEARLY"
    MONTHLY = "MONTHLY"
    WEEKLY = "WEEKLY"
    DAILY = "DAILY"


_FREQUENCIES: dict[Frequency, Literal[0, 1, 2, 3]] = {Frequency.YEARLY: 0, Frequency.MONTHLY: 1, Frequency.WEEKLY: 2, Frequency.DAILY: 3}


class Recurrence(Value):
    """An RRULE of the subset. `until` is a wall time of the event's zone, included; `byday` holds (ordinal or 0, weekday), Monday being 0."""

    freq: Frequency
    interval: int = Field(1, ge=1, le=1000)
    count: int | None = Field(None, ge=1, le=MOST_COUNT)
    until: datetime | None = None
    byday: tuple[tuple[int, int], ...] = ()
    bymonth: tuple[int, ...] = ()
    bymonthday: tuple[int, ...] = ()
    bysetpos: tuple[int, ...] = ()
    wkst: int = 0

    @model_validator(mode="after")
    def _is_in_the_subset(self) -> Self:
        for refused, text in self._refusals():
            if refused:
                raise ValueError(text)
        return self

    def _refusals(self) -> Iterator[tuple[bool, str]]:
        monthly, yearly = self.freq == Frequency.MONTHLY, self.freq == Frequency.YEARLY
        ordinals = [ordinal for ordinal, _ in self.byday if ordinal]
        within = 53 if yearly and not self.bymonth else 5
        yield self.count is not None and self.until is not None, "has both COUNT and UNTIL; keep one"
        yield any(not 1 <= month <= 12 for month in self.bymonth), "BYMONTH is from 1 to 12"
        yield any(not 1 <= abs(day) <= 31 for day in self.bymonthday), "BYMONTHDAY is from 1 to 31, or -31 to -1"
        yield any(abs(ordinal) > within for ordinal in ordinals), f"BYDAY counts weekdays up to {within} here"
        yield bool(ordinals) and not (monthly or yearly), "BYDAY with a number needs FREQ=MONTHLY or YEARLY"
        yield 0 < len(ordinals) < len(self.byday), "BYDAY mixes weekdays with and without a number, which readers take differently; write two events"
        yield bool(self.bymonthday) and self.freq == Frequency.WEEKLY, "BYMONTHDAY does not go with FREQ=WEEKLY"
        yield bool(self.bymonthday) and yearly and not self.bymonth, "BYMONTHDAY with FREQ=YEARLY needs BYMONTH"
        yield bool(self.bysetpos) and not (monthly and (self.byday or self.bymonthday)), "BYSETPOS needs FREQ=MONTHLY with BYDAY or BYMONTHDAY"
        yield any(not 1 <= abs(place) <= 31 for place in self.bysetpos), "BYSETPOS is from 1 to 31, or -31 to -1"


class Event(Value):
    """One event of a calendar, of any recurrence.

    `start` is a wall time of `zone`. Its end is told twice, since the two differ on nights when clocks change: exactly, as `days` on the wall and
    then `seconds` that pass; and nominally, as `nominal` seconds on the wall. `skipped` are occurrences taken out, by their instant or by their date.
    """

    uid: str
    summary: str = ""
    zone: str
    start: datetime
    days: int = 0
    seconds: int = 0
    nominal: int = Field(gt=0)
    recurrence: Recurrence | None = None
    skipped: frozenset[int] = frozenset()
    skipped_days: frozenset[date] = frozenset()
    source: str = ""

    @model_validator(mode="after")
    def _happens(self) -> Self:
        """Refuse a rule that names no day: it is a mistake, and dateutil would look for one up to the year 9999.

        The calendar repeats every 400 years, so the rule is tried as near to that end as leaves it one whole turn.
        """
        if self.recurrence:
            late = self.start.replace(year=self.start.year + (LAST_TURN - self.start.year) // TURN * TURN)
            if next(_dateutil(late, self.recurrence, count=1, until=None), None) is None:
                raise ValueError("names no day on which it ever happens")
        return self


def recurrence_of(text: str, until_in: Zone) -> Recurrence:
    """Read an RRULE's value. An UNTIL in UTC becomes a wall time of that zone. Raises ValueError: it is not well-formed, or not in the subset."""
    parts: dict[str, str] = {}
    for part in text.split(";"):
        name, sign, value = part.partition("=")
        if not sign or not value or name.upper() in parts:
            raise ValueError(f"{part or 'an empty part'} is not a part NAME=VALUE, or stands there twice")
        parts[name.upper()] = value.upper()
    unknown = sorted(parts.keys() - {"FREQ", "INTERVAL", "COUNT", "UNTIL", "BYDAY", "BYMONTH", "BYMONTHDAY", "BYSETPOS", "WKST"})
    if unknown:
        raise ValueError(f"{', '.join(unknown)} is outside the supported subset; write the rule without it")
    if parts.get("FREQ") not in Frequency.__members__:
        raise ValueError(f"FREQ={parts.get('FREQ', '')} is outside the supported subset: DAILY, WEEKLY, MONTHLY, YEARLY")
    return Recurrence(
        freq=Frequency[parts["FREQ"]],
        interval=_number(parts.get("INTERVAL", "1")),
        count=_number(parts["COUNT"]) if "COUNT" in parts else None,
        until=_until(parts["UNTIL"], until_in) if "UNTIL" in parts else None,
        byday=tuple(_ordinal_day(day) for day in _listed(parts.get("BYDAY"))),
        bymonth=tuple(_number(month) for month in _listed(parts.get("BYMONTH"))),
        bymonthday=tuple(_number(day) for day in _listed(parts.get("BYMONTHDAY"))),
        bysetpos=tuple(_number(place) for place in _listed(parts.get("BYSETPOS"))),
        wkst=_ordinal_day(parts.get("WKST", "MO"))[1],
    )


def _listed(text: str | None) -> list[str]:
    return text.split(",") if text is not None else []


def _number(text: str) -> int:
    if not text.removeprefix("-").removeprefix("+").isdecimal() or len(text) > 9:
        raise ValueError(f"{text} is not a whole number")
    return int(text)


def _ordinal_day(text: str) -> tuple[int, int]:
    number, day = text[:-2], text[-2:]
    if day not in _DAYS or number == "0":
        raise ValueError(f"{text} is not a weekday; write MO, or 2TU for the second Tuesday")
    return _number(number) if number else 0, _DAYS.index(day)


def _until(text: str, zone: Zone) -> datetime:
    """A date includes all of its day, a local time is one of the event's zone: both are common, and neither is RFC 5545's letter."""
    try:
        if len(text) == 8:
            return datetime.strptime(text, "%Y%m%d") + timedelta(days=1, seconds=-1)
        if text.endswith("Z"):
            return shown_at(zone.wall(instant(datetime.strptime(text + "+0000", "%Y%m%dT%H%M%SZ%z"))))
        return datetime.strptime(text, "%Y%m%dT%H%M%S")
    except (ValueError, OverflowError):
        raise ValueError(f"UNTIL={text} is not a moment; write it as 20261231T235959Z") from None


def occurrences(event: Event, zone: Zone, low: int, high: int, *, blocks: bool) -> list[Span]:
    """The event's stretches that touch [low, high), in order of start. Where its two ends differ, a block takes the later, a window the earlier."""
    reach = event.nominal + 2 * DAY
    spans: list[Span] = []
    for shown in _starts(event, shown_at(zone.wall(low) - reach), shown_at(zone.wall(high) + DAY), blocks):
        begins = wall_of(shown)
        start = zone.utc(begins)
        if start in event.skipped or shown.date() in event.skipped_days:
            continue
        exact, nominal = zone.utc(begins + event.days * DAY) + event.seconds, zone.utc(begins + event.nominal, last=blocks)
        end = max(exact, nominal) if blocks else min(exact, nominal)
        if start < end and start < high and end > low:
            spans.append((start, end))
    return sorted(spans)


def _starts(event: Event, low: datetime, high: datetime, blocks: bool) -> Iterator[datetime]:
    """Wall starts within [low, high]. RFC 5545 3.8.5.3 does not say whether a start counts that its own rule misses: it blocks, but does not open."""
    rule = event.recurrence
    if rule is None:
        if low <= event.start <= high:
            yield event.start
        return
    if blocks and low <= event.start <= high:
        yield event.start
    for shown in _expansion(event.start, rule, low, high):
        if shown > high:
            return
        if shown >= low and not (blocks and shown == event.start):
            yield shown


def _expansion(start: datetime, rule: Recurrence, low: datetime, high: datetime) -> Iterator[datetime]:
    """Occurrences from some point before `low` on; `until` is brought forward to `high`, which dateutil takes as the end of its search."""
    if rule.count is None and rule.freq in (Frequency.DAILY, Frequency.WEEKLY):
        step = rule.interval * (7 if rule.freq == Frequency.WEEKLY else 1)
        start += timedelta(days=max(0, (low - start).days // step) * step)
    if start > high:
        return iter(())
    until = None if rule.count else min(high, rule.until or high)
    return _dateutil(start, rule, rule.count, until)


def _dateutil(start: datetime, rule: Recurrence, count: int | None, until: datetime | None) -> Iterator[datetime]:
    return iter(
        rrule(
            _FREQUENCIES[rule.freq],
            dtstart=start,
            interval=rule.interval,
            count=count,
            until=until,
            byweekday=[weekday(day, ordinal or None) for ordinal, day in rule.byday] or None,
            bymonth=rule.bymonth or None,
            bymonthday=rule.bymonthday or None,
            bysetpos=rule.bysetpos or None,
            wkst=rule.wkst,
        )
    )
