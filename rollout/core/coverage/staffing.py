"""Who is on shift: for each role the number of different people who are there, and the stretches in which they are too few."""

from collections.abc import Iterator
from datetime import date, timedelta
from typing import NamedTuple

from rollout.core.coverage.hours import week_of
from rollout.core.coverage.rosters import Shift, StaffingRule
from rollout.core.coverage.spans import difference, union, within
from rollout.core.coverage.zones import DAY, Span, Zone, Zones, day_of, midnight


class Shortfall(NamedTuple):
    """A stretch in which the role has fewer people than it needs."""

    start: int
    end: int
    people: int


def horizon(rule: StaffingRule, zones: Zones) -> int | None:
    """The instant from which the roster is no longer known; None if it is known for ever."""
    return None if rule.horizon is None else zones[rule.timezone].utc(midnight(rule.horizon + timedelta(days=1)))


def shortfalls(rule: StaffingRule, role: str, zones: Zones, low: int, high: int) -> list[Shortfall]:
    """Where within [low, high), and as far as the roster is known, the role is short of people; in order, one for each number of people."""
    end = horizon(rule, zones)
    high = high if end is None else min(high, end)
    need = rule.need[role]
    return [Shortfall(start, end, people) for start, end, people in _head_count(rule, role, zones, low, high) if people < need]


def _head_count(rule: StaffingRule, role: str, zones: Zones, low: int, high: int) -> Iterator[tuple[int, int, int]]:
    shifts: dict[str, list[Span]] = {}
    for shift in rule.roster.get(role, ()):
        shifts.setdefault(shift.person, []).extend(_on_shift(shift, zones[shift.timezone or rule.timezone], low, high))
    edges = sorted((at, step) for spans in shifts.values() for span in union(spans) for at, step in ((span[0], 1), (span[1], -1)))
    people, start = 0, low
    for at, step in edges:
        if at > start:
            yield start, at, people
            start = at
        people += step
    if start < high:
        yield start, high, people


def _on_shift(shift: Shift, zone: Zone, low: int, high: int) -> list[Span]:
    first, last = day_of(zone.wall(low)) - timedelta(days=2), day_of(zone.wall(high)) + timedelta(days=1)
    leave = {day for start, end in shift.leave for day in _days(max(start, first), min(end, last))}
    week = week_of(shift.weekly)
    spans = [
        span
        for day in _days(first, last)
        if day not in leave
        for opens, closes in week[day.weekday()]
        if (span := zone.window(midnight(day) + opens * 60, midnight(day) + closes * 60))
    ]
    away = union(zone.block(midnight(day), midnight(day) + DAY) for day in leave)
    return within(difference(union(spans), away), low, high)


def _days(first: date, last: date) -> Iterator[date]:
    for number in range(first.toordinal(), last.toordinal() + 1):
        yield date.fromordinal(number)
