"""Counts who is on shift: for each role the number of different people who are there, and the stretches in which they are too few.

Whoever is on leave or has a holiday is not there, and neither is anybody past the day up to which the role is known.
"""

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from datetime import timedelta
from typing import NamedTuple

from rollout.core.coverage.recurrence import occurrences
from rollout.core.coverage.rosters import Shift, StaffingRule, same_person
from rollout.core.coverage.spans import difference, union, within
from rollout.core.coverage.times import weekly_hours
from rollout.core.coverage.zones import DAY, MINUTE, Span, Zone, Zones, midnight, weekday_of


class Shortfall(NamedTuple):
    """A stretch in which the role has fewer people than it needs."""

    start: int
    end: int
    people: int
    need: int


class Absence(NamedTuple):
    """A stretch in which a person would be on shift, and is not, for that reason: "is on leave"."""

    start: int
    end: int
    person: str
    why: str

    @property
    def told(self) -> str:
        """The person and the reason, in words."""
        return f"{self.person} {self.why}"


class _Off(NamedTuple):
    """When a person is away whatever the week says: whole days, each by its midnight, and hours on the wall; with the reason of each."""

    days: dict[int, str]
    hours: dict[Span, str]


def horizon(rule: StaffingRule, role: str, zones: Zones) -> int | None:
    """The instant from which it is no longer known who has the role; None if it is known for ever."""
    last = rule.known_until(role)
    return None if last is None else zones[rule.timezone].utc(midnight(last + timedelta(days=1)))


def shortfalls(rule: StaffingRule, role: str, zones: Zones, low: int, high: int) -> list[Shortfall]:
    """Where within [low, high), and as far as the roster is known, the role is short of people; in order, one for each number of people and need."""
    high = _known(rule, role, zones, high)
    return [Shortfall(start, end, people, need) for start, end, people, need in head_count(rule, role, zones, low, high) if people < need]


def head_count(rule: StaffingRule, role: str, zones: Zones, low: int, high: int) -> Iterator[tuple[int, int, int, int]]:
    """Stretches that fill [low, high), each with the number of different people on shift and the number needed."""
    there = [span for spans in on_shift(rule, role, zones, low, high).values() for span in spans]
    edges = [(start, 1, 0) for start, _ in there] + [(end, -1, 0) for _, end in there]
    people, need, start = 0, 0, low
    for at, step, more in sorted([*edges, *_need_edges(rule, role, zones[rule.timezone], low, high)]):
        if at > start:
            yield start, at, people, need
            start = at
        people, need = people + step, need + more
    if start < high:
        yield start, high, people, need


def on_shift(rule: StaffingRule, role: str, zones: Zones, low: int, high: int) -> dict[str, list[Span]]:
    """When each person is there within [low, high), and as far as the roster is known; people by their names as they are first written."""
    high = _known(rule, role, zones, high)
    names: dict[str, str] = {}
    shifts: dict[str, list[Span]] = {}
    for shift in rule.roster.get(role, ()):
        spans = _there(shift, rule, zones[shift.timezone or rule.timezone], low, high)
        shifts.setdefault(names.setdefault(same_person(shift.person), shift.person), []).extend(spans)
    for duty in rule.duties.get(role, ()):
        spans = within(occurrences(duty.event, zones[duty.event.zone], low, high, blocks=False), low, high)
        shifts.setdefault(names.setdefault(same_person(duty.person), duty.person), []).extend(spans)
    return {name: union(spans) for name, spans in shifts.items()}


def absences(rule: StaffingRule, role: str, zones: Zones, low: int, high: int) -> list[Absence]:
    """Who would be on shift within [low, high), and is away, in order of start. Who is there on another shift is not away."""
    high = _known(rule, role, zones, high)
    there = {same_person(person): spans for person, spans in on_shift(rule, role, zones, low, high).items()}
    found = {
        Absence(start, end, shift.person, why)
        for shift in rule.roster.get(role, ())
        for spans, why in _missed(shift, rule, zones[shift.timezone or rule.timezone], low, high)
        for start, end in difference(spans, there[same_person(shift.person)])
    }
    return sorted(found)


def _known(rule: StaffingRule, role: str, zones: Zones, high: int) -> int:
    end = horizon(rule, role, zones)
    return high if end is None else min(high, end)


def _need_edges(rule: StaffingRule, role: str, zone: Zone, low: int, high: int) -> Iterator[tuple[int, int, int]]:
    """By how much the need changes, at `low` and at each midnight after it."""
    week, today = rule.weekly_need[role], zone.wall(low) // DAY * DAY
    before = week[weekday_of(today)]
    yield low, 0, before
    if len(set(week)) == 1:
        return
    for day in range(today + DAY, zone.wall(high) + DAY, DAY):
        need = week[weekday_of(day)]
        if need != before and (at := zone.utc(day)) < high:
            yield at, 0, need - before
            before = need


def _there(shift: Shift, rule: StaffingRule, zone: Zone, low: int, high: int) -> list[Span]:
    """When the shift's person is there: in all hours but for those that begin on a day off, and for what of the others reaches into time off."""
    off = _off(shift, rule, zone, low, high)
    hours = union(zone.windows(weekly_hours(shift.week, zone, low, high, dict.fromkeys(off.days, ()))))
    away = [zone.block(day, day + DAY) for day in off.days] + [zone.block(*wall) for wall in off.hours]
    return within(difference(hours, union(away)) if any(_touches(hours, span) for span in away) else hours, low, high)


def _touches(spans: Sequence[Span], span: Span) -> bool:
    """Whether the span has anything in common with spans that are in order and apart. Time off seldom has: what begins on it is gone already."""
    at = bisect_left(spans, span)
    return (at > 0 and spans[at - 1][1] > span[0]) or (at < len(spans) and spans[at][0] < span[1])


def _missed(shift: Shift, rule: StaffingRule, zone: Zone, low: int, high: int) -> Iterator[tuple[list[Span], str]]:
    """What of the shift's hours in [low, high) falls away, with the reason."""
    week = shift.week
    hours = zone.windows(weekly_hours(week, zone, low, high, {}))
    off = _off(shift, rule, zone, low, high)
    for day, why in off.days.items():
        own = [span for opens, closes in week[weekday_of(day)] if (span := zone.window(day + opens * MINUTE, day + closes * MINUTE))]
        yield within(union([*own, *within(hours, *zone.block(day, day + DAY))]), low, high), why
    for wall, why in off.hours.items():
        yield within(union(within(hours, *zone.block(*wall))), low, high), why


def _off(shift: Shift, rule: StaffingRule, zone: Zone, low: int, high: int) -> _Off:
    """The person's time off near [low, high). Of two reasons for a day, leave is the one that is told."""
    first, last = zone.wall(low) // DAY * DAY - 2 * DAY, zone.wall(high) + DAY
    off = _Off({}, {})
    for day, each in rule.days_off.get(shift.holidays or "", {}).items():
        start, why = midnight(day), f"has a holiday: {each.why}"
        if each.whole and first <= start <= last:
            off.days[start] = why
        elif first <= start <= last:
            off.hours.update({(start + opens * MINUTE, start + closes * MINUTE): why for opens, closes in each.hours})
    for begins, ends in shift.leave:
        for start in range(max(midnight(begins), first), min(midnight(ends), last) + DAY, DAY):
            off.days[start] = "is on leave"
    return off
