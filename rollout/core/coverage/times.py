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


def openings(rule: WindowRule, zones: Zones, low: int, high: int) -> list[Span]:
    """The window's spans that touch [low, high), in no order."""
    zone = zones[rule.timezone]
    spans = [span for _, opens, closes in _weekly(rule, zone, low, high) if (span := zone.window(opens, closes))]
    if rule.start and rule.end:
        spans.append((_utc(zone, rule.start), _utc(zone, rule.end)))
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
