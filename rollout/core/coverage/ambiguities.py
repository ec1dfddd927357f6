"""Which times of a rule a person should look at: those that the clock skips or shows twice, and events whose two ends differ on such a night.

Nothing here decides. What counts is decided by the same functions that answer questions; this tells in words what they take.
"""

from collections.abc import Iterator
from datetime import date

from rollout.core.coverage.hours import week_of
from rollout.core.coverage.recurrence import Event, happening
from rollout.core.coverage.rosters import StaffingRule
from rollout.core.coverage.scopes import Rule
from rollout.core.coverage.timed import BlockRule, Timed
from rollout.core.coverage.times import weekly_hours
from rollout.core.coverage.zones import DAY, Span, Zone, Zones, day_of, midnight, shown_at, wall_of

Remark = tuple[date, str]


def ambiguities(rule: Rule, zones: Zones, low: int, high: int) -> list[Remark]:
    """What is ambiguous about the rule's times between two instants, each with the day in its own zone; in order, each once."""
    return sorted(set(_of_rule(rule, zones, low, high)))


def _of_rule(rule: Rule, zones: Zones, low: int, high: int) -> Iterator[Remark]:
    if isinstance(rule, Timed):
        zone, blocks = zones[rule.timezone], isinstance(rule, BlockRule)
        for span in _changing(zone, low, high):
            excepted = {midnight(day): one.hours for day, one in rule.excepted.items()}
            for opens, closes in weekly_hours(rule.week, zone, *span, excepted):
                yield from _of_hours(zone, opens, closes, low, high, blocks=blocks)
        yield from _of_days(rule, zone, low, high)
        for event in rule.events:
            yield from _of_event(event, zones[event.zone], low, high, blocks=blocks)
        for one in rule.availabilities:
            for event in one.events:
                yield from _of_event(event, zones[event.zone], low, high, blocks=False)
    elif isinstance(rule, StaffingRule):
        for shift in (shift for shifts in rule.roster.values() for shift in shifts):
            zone = zones[shift.timezone or rule.timezone]
            for span in _changing(zone, low, high):
                for opens, closes in weekly_hours(week_of(shift.weekly), zone, *span, {}):
                    yield from _of_hours(zone, opens, closes, low, high, blocks=False)
        for duty in (duty for duties in rule.duties.values() for duty in duties):
            yield from _of_event(duty.event, zones[duty.event.zone], low, high, blocks=False)


def _of_days(rule: Timed, zone: Zone, low: int, high: int) -> Iterator[Remark]:
    """Of whole days, which begin and end at midnight, and of the one stretch that a rule may have."""
    dates = rule.dates if isinstance(rule, BlockRule) else ()
    for day in dates:
        yield from _of_hours(zone, midnight(day), midnight(day) + DAY, low, high, blocks=True)
    if rule.start and rule.end:
        blocks = isinstance(rule, BlockRule)
        for shown, last in ((rule.start, False), (rule.end, blocks)):
            if shown.tzinfo is None:
                yield from _of_wall(zone, wall_of(shown), low, high, last=last)


def _of_hours(zone: Zone, opens: int, closes: int, low: int, high: int, *, blocks: bool) -> Iterator[Remark]:
    yield from _of_wall(zone, opens, low, high, last=False)
    yield from _of_wall(zone, closes, low, high, last=blocks)
    if not blocks and zone.window(opens, closes) is None and low <= zone.utc(opens) < high:
        yield day_of(opens), f"nothing is left of {_clock(opens)}-{_clock(closes)}, for the clock of {zone.name} skips it"


def _of_wall(zone: Zone, wall: int, low: int, high: int, *, last: bool) -> Iterator[Remark]:
    at = zone.utc(wall, last)
    if low <= at < high and (told := _told(zone, wall, last=last)):
        yield day_of(wall), told


def _told(zone: Zone, wall: int, *, last: bool) -> str:
    """What is odd about a wall time; nothing, as a rule."""
    first, after = zone.utc(wall), zone.utc(wall, True)
    if zone.wall(first) != wall:
        return f"{_clock(wall)} does not exist in {zone.name}; {_clock(zone.wall(first))} counts"
    return f"{_clock(wall)} comes twice in {zone.name}; the {'last' if last else 'first'} counts" if first != after else ""


def _of_event(event: Event, zone: Zone, low: int, high: int, *, blocks: bool) -> Iterator[Remark]:
    name = event.summary or event.uid
    for wall, start, exact, nominal in happening(event, zone, low, high, blocks=blocks):
        if not low <= start < high:
            continue
        if told := _told(zone, wall, last=False):
            yield day_of(wall), f"{name}: {told}"
        if exact != nominal:
            ends = f"ends at {_clock(zone.wall(exact))} by its length and at {_clock(zone.wall(nominal))} by the clock of {zone.name}"
            chosen = "later" if blocks else "earlier"
            nothing = "" if blocks or start < min(exact, nominal) else ", so nothing is left of it"
            yield day_of(wall), f"{name}: {ends}; the {chosen} counts{nothing}"


def _changing(zone: Zone, low: int, high: int) -> Iterator[Span]:
    """The days in [low, high), by UTC, on which the zone's clock is set."""
    for start in range(low // DAY * DAY, high, DAY):
        if zone.wall(start) - start != zone.wall(start + DAY) - start - DAY:
            yield start, start + DAY


def _clock(wall: int) -> str:
    return f"{shown_at(wall):%H:%M}"
