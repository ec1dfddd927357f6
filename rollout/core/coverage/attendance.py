"""Tells who is on shift on a day, in each role: when, who is away and why, and where they are too few while the windows are open."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Literal

from rollout.core.coverage.layers import Layer, LayerKind
from rollout.core.coverage.rosters import StaffingRule
from rollout.core.coverage.spans import intersection
from rollout.core.coverage.staffing import absences, head_count, horizon, on_shift
from rollout.core.coverage.zones import Span, Zones, moment_of
from rollout.core.values import Moment, Value

StaffState = Literal["enough", "short", "provisional", "unknown", "closed"]


class Stretch(Value):
    """A half-open stretch of time."""

    start: Moment
    end: Moment


class OnShift(Stretch):
    """When a person is there."""

    person: str


class Away(Stretch):
    """When a person would be there, and is not: "is on leave"."""

    person: str
    why: str


class Short(Stretch):
    """Where a role has fewer people than it needs while the windows are open."""

    people: int
    need: int


class RoleDay(Value):
    """One role on one day. `people` of `need` are there where it is worst while the windows are open; None where nobody is asked for.

    `unknown` says why nobody knows the roster; past the day `known_until` it is not known, and what is open is provisional.
    """

    rule: str
    role: str
    state: StaffState
    people: int | None = None
    need: int | None = None
    shifts: tuple[OnShift, ...] = ()
    away: tuple[Away, ...] = ()
    short: tuple[Short, ...] = ()
    known_until: date | None = None
    unknown: str = ""


class StaffDay(Value):
    """One day in the company's zone: when the windows are open, and each role that is needed."""

    day: date
    hours: tuple[Stretch, ...]
    roles: tuple[RoleDay, ...]


def staff_day(layers: Iterable[Layer], zones: Zones, day: date, bounds: Span, hours: Sequence[Span]) -> StaffDay:
    """The day between two instants, on which the windows are open in `hours`; layers that are no rosters are left out."""
    roles = tuple(role for layer in layers for role in _roles(layer, zones, bounds, hours))
    return StaffDay(day=day, hours=tuple(Stretch(start=moment_of(start), end=moment_of(end)) for start, end in hours), roles=roles)


def _roles(layer: Layer, zones: Zones, bounds: Span, hours: Sequence[Span]) -> Iterator[RoleDay]:
    for rule in layer.rules:
        if isinstance(rule, StaffingRule) and layer.kind == LayerKind.STAFFING:
            yield _role(rule, layer.role, zones, bounds, hours)
        elif isinstance(rule, StaffingRule):
            yield from (RoleDay(rule=rule.id, role=role, state="unknown", unknown=rule.unknown) for role in sorted(rule.need))


def _role(rule: StaffingRule, role: str, zones: Zones, bounds: Span, hours: Sequence[Span]) -> RoleDay:
    low, high = bounds
    end = horizon(rule, role, zones)
    asked = intersection(hours, [(low, high if end is None else max(low, min(high, end)))])
    counted = [one for span in asked for one in head_count(rule, role, zones, *span)]
    worst = min(counted, key=lambda one: one[2] - one[3], default=None)
    short = tuple(
        Short(start=moment_of(start), end=moment_of(end), people=people, need=need) for start, end, people, need in counted if people < need
    )
    shifts = sorted((start, end, person) for person, spans in on_shift(rule, role, zones, low, high).items() for start, end in spans)
    return RoleDay(
        rule=rule.id,
        role=role,
        state="short" if short else "closed" if not hours else "provisional" if asked != list(hours) else "enough",
        people=worst[2] if worst else None,
        need=worst[3] if worst else None,
        shifts=tuple(OnShift(start=moment_of(start), end=moment_of(end), person=person) for start, end, person in shifts),
        away=tuple(
            Away(start=moment_of(one.start), end=moment_of(one.end), person=one.person, why=one.why) for one in absences(rule, role, zones, low, high)
        ),
        short=short,
        known_until=rule.known_until(role),
    )
