"""Turns what a window or a block says about its times into spans of instants."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, datetime
from typing import NamedTuple

from rollout.core.coverage.availability import available, unavailable
from rollout.core.coverage.hours import Week
from rollout.core.coverage.recurrence import occurrences
from rollout.core.coverage.timed import BlockRule, Timed, WindowRule
from rollout.core.coverage.zones import DAY, MINUTE, Span, Zone, Zones, day_of, instant, midnight, wall_of, weekday_of

_REACH = 2 * DAY


class Stretch(NamedTuple):
    """One closure of a block, with its own why and the place where it is written."""

    start: int
    end: int
    why: str
    source: str


Approved = frozenset[tuple[str, date]]  # the days that people approved, each for the window rule of that id


def openings(rule: WindowRule, zones: Zones, low: int, high: int, approved: Approved | None) -> list[Span]:
    """The window's spans that touch [low, high), in no order; of one that needs approval those on approved days. None approves every day."""
    if rule.approval == "required" and approved is not None:
        return [span for day, span in proposals(rule, zones, low, high) if (rule.id, day) in approved]
    return [*_weekly_openings(rule, zones, low, high), *_other_openings(rule, zones, low, high)]


def proposals(rule: WindowRule, zones: Zones, low: int, high: int) -> Iterator[tuple[date, Span]]:
    """The window's spans that touch [low, high) by the day, in its zone, that has to be approved for them: weekly hours belong to the day on which
    they start, everything else to each day that it is on."""
    zone = zones[rule.timezone]
    for span in _weekly_openings(rule, zones, low, high):
        yield day_of(zone.wall(span[0])), span
    for start, end in _other_openings(rule, zones, low, high):
        while start < end:
            day = day_of(zone.wall(start))
            following = zone.utc(midnight(day) + DAY)
            yield day, (start, min(end, following))
            start = following


def _weekly_openings(rule: WindowRule, zones: Zones, low: int, high: int) -> list[Span]:
    zone = zones[rule.timezone]
    return [span for span in zone.windows(_weekly(rule, zone, low, high)) if span[0] < high and span[1] > low]


def _other_openings(rule: WindowRule, zones: Zones, low: int, high: int) -> list[Span]:
    zone = zones[rule.timezone]
    spans = [(_utc(zone, rule.start), _utc(zone, rule.end))] if rule.start and rule.end else []
    for event in rule.events:
        spans += occurrences(event, zones[event.zone], low, high, blocks=False)
    for one in rule.availabilities:
        spans += available(one, zones, low, high)
    return [span for span in spans if span[0] < span[1] and span[0] < high and span[1] > low]


def closures(rule: BlockRule, zones: Zones, low: int, high: int) -> list[Stretch]:
    """The block's stretches that touch [low, high), in order of start."""
    stretches = _closures(rule, zones[rule.timezone], zones, low, high)
    return sorted(one for one in stretches if one.start < high and one.end > low)


def _closures(rule: BlockRule, zone: Zone, zones: Zones, low: int, high: int) -> Iterator[Stretch]:
    weekly = _weekly(rule, zone, low, high)
    for (begins, _), (start, end) in zip(weekly, zone.blocks(weekly), strict=True):
        excepted = rule.excepted.get(day_of(begins)) if rule.excepted else None
        yield Stretch(start, end, (excepted.why if excepted else "") or rule.why, rule.source)
    first, last = day_of(_first_midnight(zone, low)), day_of(_last_midnight(zone, high))
    for day, why in rule.whole_days.items():
        if first <= day <= last:
            yield Stretch(*zone.block(midnight(day), midnight(day) + DAY), why, rule.date_sources.get(day, rule.source))
    if rule.start and rule.end:
        yield Stretch(_utc(zone, rule.start), _utc(zone, rule.end, last=True), rule.why, rule.source)
    for event in rule.events:
        for start, end in occurrences(event, zones[event.zone], low, high, blocks=True):
            yield Stretch(start, end, event.summary or rule.why, event.source or rule.source)
    for one in rule.availabilities:
        for start, end in unavailable(one, zones, low, high):
            yield Stretch(start, end, one.summary or rule.why, one.source or rule.source)


def _weekly(rule: Timed, zone: Zone, low: int, high: int) -> list[Span]:
    """Opening and closing wall time of all weekly hours near [low, high), in order; hours belong to the day that they start on."""
    if not rule.weekly and not rule.exceptions:
        return []
    excepted = {midnight(day): sorted(one.hours) for day, one in rule.excepted.items()}
    return weekly_hours(rule.week, zone, low, high, excepted)


def weekly_hours(week: Week, zone: Zone, low: int, high: int, excepted: Mapping[int, Iterable[Span]]) -> list[Span]:
    """The same of any week; the days, each by its midnight, in `excepted` have hours of their own."""
    return [
        (start + opens * MINUTE, start + closes * MINUTE)
        for start in range(_first_midnight(zone, low), _last_midnight(zone, high) + DAY, DAY)
        for opens, closes in (excepted[start] if start in excepted else week[weekday_of(start)])
    ]


def _first_midnight(zone: Zone, low: int) -> int:
    return zone.wall(low) // DAY * DAY - _REACH


def _last_midnight(zone: Zone, high: int) -> int:
    return zone.wall(high) // DAY * DAY + _REACH


def _utc(zone: Zone, shown: datetime, last: bool = False) -> int:
    """The instant of a wall time, or of a moment that names its own offset."""
    return instant(shown) if shown.tzinfo else zone.utc(wall_of(shown), last)
