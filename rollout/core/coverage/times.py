"""Turns what a window or a block says about its times into spans of instants."""

from collections.abc import Iterator
from datetime import date, datetime, timedelta
from typing import NamedTuple

from rollout.core.coverage.recurrence import occurrences
from rollout.core.coverage.timed import BlockRule, Timed, WindowRule
from rollout.core.coverage.zones import DAY, MINUTE, Span, Zone, Zones, day_of, instant, midnight, wall_of

_REACH = timedelta(days=2)


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
    spans = [zone.window(opens, closes) for _, opens, closes in _weekly(rule, zone, low, high)]
    return [span for span in spans if span and span[0] < high and span[1] > low]


def _other_openings(rule: WindowRule, zones: Zones, low: int, high: int) -> list[Span]:
    zone = zones[rule.timezone]
    spans = [(_utc(zone, rule.start), _utc(zone, rule.end))] if rule.start and rule.end else []
    for event in rule.events:
        spans += occurrences(event, zones[event.zone], low, high, blocks=False)
    return [span for span in spans if span[0] < span[1] and span[0] < high and span[1] > low]


def closures(rule: BlockRule, zones: Zones, low: int, high: int) -> list[Stretch]:
    """The block's stretches that touch [low, high), in order of start."""
    stretches = _closures(rule, zones[rule.timezone], zones, low, high)
    return sorted(one for one in stretches if one.start < high and one.end > low)


def _closures(rule: BlockRule, zone: Zone, zones: Zones, low: int, high: int) -> Iterator[Stretch]:
    for day, begins, ends in _weekly(rule, zone, low, high):
        excepted = rule.excepted.get(day)
        yield Stretch(*zone.block(begins, ends), (excepted.why if excepted else "") or rule.why, rule.source)
    first, last = _days(zone, low, high)
    for day, why in rule.dates.items():
        if first <= day <= last:
            yield Stretch(*zone.block(midnight(day), midnight(day) + DAY), why, rule.date_sources.get(day, rule.source))
    if rule.start and rule.end:
        yield Stretch(_utc(zone, rule.start), _utc(zone, rule.end, last=True), rule.why, rule.source)
    for event in rule.events:
        for start, end in occurrences(event, zones[event.zone], low, high, blocks=True):
            yield Stretch(start, end, event.summary or rule.why, event.source or rule.source)


def _weekly(rule: Timed, zone: Zone, low: int, high: int) -> Iterator[tuple[date, int, int]]:
    """Day, opening and closing wall time of all weekly hours near [low, high); hours belong to the day that they start on."""
    if not rule.weekly and not rule.exceptions:
        return
    first, last = _days(zone, low, high)
    for number in range(first.toordinal(), last.toordinal() + 1):
        day = date.fromordinal(number)
        excepted = rule.excepted.get(day)
        start = midnight(day)
        for opens, closes in excepted.hours if excepted else rule.week[day.weekday()]:
            yield day, start + opens * MINUTE, start + closes * MINUTE


def _days(zone: Zone, low: int, high: int) -> tuple[date, date]:
    return day_of(zone.wall(low)) - _REACH, day_of(zone.wall(high)) + _REACH


def _utc(zone: Zone, shown: datetime, last: bool = False) -> int:
    """The instant of a wall time, or of a moment that names its own offset."""
    return instant(shown) if shown.tzinfo else zone.utc(wall_of(shown), last)
