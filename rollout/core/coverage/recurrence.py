"""Events and their occurrences: which days they recur on, and from which instant to which each occurrence lasts, by our own zone rules.

Wall times are whole seconds throughout: an occurrence costs a few look-ups in a table of offsets, and no date arithmetic.
"""

from collections.abc import Iterator
from datetime import date, datetime
from functools import cached_property
from typing import NamedTuple, Self

from pydantic import Field, model_validator

from rollout.core.coverage.rrules import MOST_COUNT, Frequency, Recurrence, recurrence_of
from rollout.core.coverage.rule_days import named_days, names_a_day
from rollout.core.coverage.zones import DAY, Span, Zone, day_of, wall_of
from rollout.core.values import Value

__all__ = [
    "MOST_COUNT",
    "Event",
    "Frequency",
    "Occurrence",
    "Recurrence",
    "happening",
    "happens_at",
    "occurrences",
    "originals",
    "recurrence_of",
]


class Event(Value):
    """One event of a calendar, of any recurrence.

    `start` is a wall time of `zone`. Its end is told twice, since the two differ on nights when clocks change: exactly, as `days` on the wall and
    then `seconds` that pass; and nominally, as `nominal` seconds on the wall. `skipped` are occurrences taken out, by their instant or by their date.
    Only occurrences from the instant `since` on and before the instant `before` count, if given; they begin `shift` seconds later on the wall. All of
    these name an occurrence by when it would begin without the shift.
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
    since: int | None = None
    before: int | None = None
    shift: int = 0
    source: str = ""

    @cached_property
    def wall(self) -> int:
        """Its start as a wall time in seconds."""
        return wall_of(self.start)

    @model_validator(mode="after")
    def _happens(self) -> Self:
        """Refuse a rule that names no day: it is a mistake."""
        if self.recurrence and not names_a_day(self.recurrence, self.wall // DAY):
            raise ValueError("names no day on which it ever happens")
        return self


class Occurrence(NamedTuple):
    """One occurrence: when it begins on the wall, its first instant, and the instants of its exact and its nominal end."""

    wall: int
    start: int
    exact: int
    nominal: int


def occurrences(event: Event, zone: Zone, low: int, high: int, *, blocks: bool) -> list[Span]:
    """The event's stretches that touch [low, high), in order of start. Where its two ends differ, a block takes the later, a window the earlier."""
    chosen = max if blocks else min
    found = happening(event, zone, low, high, blocks=blocks)
    spans = [(start, end) for _, start, exact, nominal in found if start < (end := chosen(exact, nominal)) and start < high and end > low]
    spans.sort()
    return spans


def happening(event: Event, zone: Zone, low: int, high: int, *, blocks: bool) -> Iterator[Occurrence]:
    """All occurrences that may touch [low, high), and perhaps some that do not, each with both of its ends."""
    utc, shift, length, skips = zone.utc, event.shift, event.nominal, bool(event.skipped or event.skipped_days)
    earliest, latest = zone.wall(low) - length - 2 * DAY - shift, zone.wall(high) + DAY - shift
    earliest = earliest if event.since is None else max(earliest, zone.wall(event.since) - DAY)
    latest = latest if event.before is None else min(latest, zone.wall(event.before) + DAY)
    for original in originals(event, earliest, latest, blocks=blocks):
        at = utc(original)
        if skips and (at in event.skipped or day_of(original) in event.skipped_days):
            continue
        if (event.since is not None and at < event.since) or (event.before is not None and at >= event.before):
            continue
        begins = original + shift
        start = utc(begins) if shift else at
        counted = utc(begins + event.days * DAY) if event.days else start
        yield Occurrence(begins, start, counted + event.seconds, utc(begins + length, blocks))


def originals(event: Event, earliest: int, latest: int, *, blocks: bool) -> Iterator[int]:
    """The wall times within [earliest, latest] at which it would begin, whatever is taken out or moved; in order, but for its own start.

    RFC 5545 3.8.5.3 does not say whether a start counts that its own rule misses: it blocks, but does not open.
    """
    rule, begins = event.recurrence, event.wall
    own = rule is None or blocks
    if own and earliest <= begins <= latest:
        yield begins
    if rule is None:
        return
    start, clock = divmod(begins, DAY)
    last = latest if rule.until is None else min(latest, wall_of(rule.until))
    for day in named_days(rule, start, -((clock - earliest) // DAY), (last - clock) // DAY):
        if not own or day != start:
            yield day * DAY + clock


def happens_at(event: Event, zone: Zone, at: int) -> bool:
    """Whether an occurrence would begin at that instant, whatever is taken out or moved."""
    shown = zone.wall(at)
    return any(zone.utc(wall) == at for wall in originals(event, shown - DAY, shown + DAY, blocks=True))
