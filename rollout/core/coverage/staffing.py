"""Who is on shift: for each role the number of different people who are there, and the stretches in which they are too few."""

from collections.abc import Iterator
from datetime import timedelta
from typing import NamedTuple

from rollout.core.coverage.hours import week_of
from rollout.core.coverage.rosters import Shift, StaffingRule
from rollout.core.coverage.spans import difference, union, within
from rollout.core.coverage.times import weekly_hours
from rollout.core.coverage.zones import DAY, Span, Zone, Zones, midnight


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
    there = [span for spans in shifts.values() for span in union(spans)]
    edges = sorted([(start, 1) for start, _ in there] + [(end, -1) for _, end in there])
    people, start = 0, low
    for at, step in edges:
        if at > start:
            yield start, at, people
            start = at
        people += step
    if start < high:
        yield start, high, people


def _on_shift(shift: Shift, zone: Zone, low: int, high: int) -> list[Span]:
    """When the person is there: in all hours but for those that begin on a day of leave, and for what of the others reaches into one."""
    first, last = zone.wall(low) - 2 * DAY, zone.wall(high) + DAY
    leave = [day for start, end in shift.leave for day in range(max(midnight(start), first // DAY * DAY), min(midnight(end), last) + DAY, DAY)]
    hours = zone.windows(weekly_hours(week_of(shift.weekly), zone, low, high, dict.fromkeys(leave, ())))
    away = union(zone.block(day, day + DAY) for day in leave)
    return within(difference(union(hours), away) if away else hours, low, high)
