"""How often an event recurs: the documented subset of RFC 5545's RRULE, and the reading of it.

Supported: FREQ=DAILY, WEEKLY, MONTHLY, YEARLY with INTERVAL, COUNT, UNTIL, BYDAY, BYMONTH, BYMONTHDAY, BYSETPOS, WKST. Whatever is outside the
subset is refused when it is read, for two readers that disagree about a rule disagree about when one may deploy.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Self

from pydantic import Field, model_validator

from rollout.core.coverage.zones import Zone, instant, shown_at
from rollout.core.values import Value

MOST_COUNT = 10_000
_DAYS = ("MO", "TU", "WE", "TH", "FR", "SA", "SU")
_PARTS = frozenset({"FREQ", "INTERVAL", "COUNT", "UNTIL", "BYDAY", "BYMONTH", "BYMONTHDAY", "BYSETPOS", "WKST"})


class Frequency(StrEnum):
    YEARLY = "YEARLY"
    MONTHLY = "MONTHLY"
    WEEKLY = "WEEKLY"
    DAILY = "DAILY"


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


def recurrence_of(text: str, until_in: Zone) -> Recurrence:
    """Read an RRULE's value. An UNTIL in UTC becomes a wall time of that zone. Raises ValueError: it is not well-formed, or not in the subset."""
    parts: dict[str, str] = {}
    for part in text.split(";"):
        name, sign, value = part.partition("=")
        if not sign or not value or name.upper() in parts:
            raise ValueError(f"{part[:40] or 'an empty part'} is not a part NAME=VALUE, or stands there twice")
        parts[name.upper()] = value.upper()
    unknown = sorted(parts.keys() - _PARTS)
    if unknown:
        raise ValueError(f"{', '.join(unknown)[:60]} is outside the supported subset; write the rule without it")
    if parts.get("FREQ") not in Frequency.__members__:
        raise ValueError(f"FREQ={parts.get('FREQ', '')[:40]} is outside the supported subset: DAILY, WEEKLY, MONTHLY, YEARLY")
    return Recurrence(
        freq=Frequency[parts["FREQ"]],
        interval=_number(parts.get("INTERVAL", "1")),
        count=_number(parts["COUNT"]) if "COUNT" in parts else None,
        until=_until(parts["UNTIL"], until_in) if "UNTIL" in parts else None,
        byday=tuple(_ordinal_day(day) for day in _listed(parts.get("BYDAY"))),
        bymonth=tuple(_number(month) for month in _listed(parts.get("BYMONTH"))),
        bymonthday=tuple(_number(day) for day in _listed(parts.get("BYMONTHDAY"))),
        bysetpos=tuple(_number(place) for place in _listed(parts.get("BYSETPOS"))),
        wkst=_weekday(parts.get("WKST", "MO")),
    )


def _listed(text: str | None) -> list[str]:
    """The values of a list, each once."""
    return list(dict.fromkeys(text.split(","))) if text is not None else []


def _number(text: str) -> int:
    if not (text.isascii() and text.removeprefix("-").removeprefix("+").isdecimal()) or len(text) > 9:
        raise ValueError(f"{text[:40]} is not a whole number")
    return int(text)


def _ordinal_day(text: str) -> tuple[int, int]:
    number, day = text[:-2], text[-2:]
    if day not in _DAYS or number == "0":
        raise ValueError(f"{text[:40]} is not a weekday; write MO, or 2TU for the second Tuesday")
    return _number(number) if number else 0, _DAYS.index(day)


def _weekday(text: str) -> int:
    if text not in _DAYS:
        raise ValueError(f"WKST={text[:40]} is not a weekday; write MO")
    return _DAYS.index(text)


def _until(text: str, zone: Zone) -> datetime:
    """A date includes all of its day, a local time is one of the event's zone: both are common, and neither is RFC 5545's letter."""
    try:
        if len(text) == 8:
            return datetime.strptime(text, "%Y%m%d") + timedelta(days=1, seconds=-1)
        if text.endswith("Z"):
            return shown_at(_last_wall(zone, instant(datetime.strptime(text + "+0000", "%Y%m%dT%H%M%SZ%z"))))
        return datetime.strptime(text, "%Y%m%dT%H%M%S")
    except (ValueError, OverflowError):
        raise ValueError(f"UNTIL={text[:40]} is not a moment; write it as 20261231T235959Z") from None


def _last_wall(zone: Zone, at: int) -> int:
    """The last wall time that counts as an instant not after `at`. In the second pass of a fold that is the end of the first one."""
    wall = zone.wall(at)
    low, high = wall, wall + at - zone.utc(wall)
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if zone.utc(middle) <= at else (low, middle - 1)
    return low
