"""The generators reach what the laws are about: the hour that is not, the hour that comes twice, nights, long freezes, waivers, approvals."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from hypothesis import HealthCheck, Phase, given, seed, settings

from rollout.core.coverage import BlockRule, OverrideRule, Request, StaffingRule, WindowRule
from rollout.core.coverage.timed import Timed
from tests.core.coverage.drawing import FREEZE, TURN, World, requests, worlds
from tests.core.coverage.naive_events import first, last

SEEDS, DRAWN = 6, 25
AT_LEAST = {
    "an edge in a gap": 5,
    "an edge in a fold": 5,
    "a whole window in a gap or a fold": 1,
    "hours over midnight": 5,
    "a freeze of 200 days": 5,
    "two rules of the same hours": 3,
    "windows of one group": 5,
    "an event": 5,
    "a recurring event": 5,
    "a day with hours of its own": 5,
    "somebody on leave": 5,
    "holidays of a person": 5,
    "two people needed": 2,
    "a need by weekday": 5,
    "a roster's horizon": 5,
    "a hard rule": 2,
    "an unknown rule": 2,
    "days to approve": 5,
    "an approved day": 5,
    "an override": 5,
    "two overrides": 3,
    "two clients": 5,
    "an open moment": 5,
    "a closed moment": 5,
    "several blockers": 5,
    "a moment that is open by a waiver": 1,
    "a moment that lacks approval": 5,
    "a provisional window": 5,
    "a stretch over the turn of a year": 5,
}


def test_the_generators_reach_what_the_laws_are_about() -> None:
    seen: Counter[str] = Counter()

    @given(worlds(), requests)
    def draw(world: World, asked: Request) -> None:
        seen.update({*_of_rules(world), *_of_answers(world, asked)})

    draw = settings(max_examples=DRAWN, database=None, deadline=None, phases=[Phase.generate], suppress_health_check=list(HealthCheck))(draw)
    for number in range(SEEDS):
        seed(number)(draw)()
    assert {name: seen[name] for name, least in AT_LEAST.items() if seen[name] < least} == {}


def _of_rules(world: World) -> Iterator[str]:
    timed = [rule for rule in world.rules if isinstance(rule, Timed)]
    weeks = [(rule.timezone, rule.week, rule.start) for rule in timed if not rule.exceptions and not rule.events]
    groups = Counter(rule.group for rule in timed if isinstance(rule, WindowRule) and rule.group)
    if len(set(weeks)) < len(weeks):
        yield "two rules of the same hours"
    if any(count > 1 for count in groups.values()):
        yield "windows of one group"
    for rule in timed:
        yield from _of_times(world.near, rule)
    for roster in world.rules:
        if isinstance(roster, StaffingRule):
            yield from _of_roster(roster)
    overrides = [rule for rule in world.rules if isinstance(rule, OverrideRule)]
    yield from ["an override"] * bool(overrides) + ["two overrides"] * (len(overrides) > 1)
    for rule in world.rules:
        if getattr(rule, "hard", False):
            yield "a hard rule"
        if getattr(rule, "unknown", ""):
            yield "an unknown rule"
        if any(id == rule.id for id, _ in world.approved or ()) and getattr(rule, "approval", "") == "required":
            yield "an approved day"


def _of_times(near: datetime, rule: Timed) -> Iterator[str]:
    hours = {span for spans in rule.weekly.values() for span in spans}
    if any(closes > 1440 for _, closes in hours):
        yield "hours over midnight"
    if isinstance(rule, BlockRule) and rule.start and rule.end and rule.end - rule.start >= FREEZE:
        yield "a freeze of 200 days"
    if rule.exceptions:
        yield "a day with hours of its own"
    if rule.events:
        yield "an event"
    if any(one.recurrence for one in rule.events):
        yield "a recurring event"
    if isinstance(rule, WindowRule) and rule.approval == "required":
        yield "days to approve"
    days = [(near + timedelta(days=number)).date() for number in (-1, 0)]
    edges = [(day, span) for day in days for named, spans in rule.weekly.items() if day.weekday() in named for span in spans]
    for day, span in [*edges, *((one.date, span) for one in rule.exceptions for span in one.hours)]:
        kinds = [_kind(datetime.combine(day, time()) + timedelta(minutes=edge), rule.timezone) for edge in span]
        yield from (f"an edge in a {kind}" for kind in kinds if kind)
        if all(kinds):
            yield "a whole window in a gap or a fold"


def _kind(shown: datetime, zone: str) -> str:
    there = datetime.fromtimestamp(first(shown, zone), ZoneInfo(zone)).replace(tzinfo=None, fold=0)
    return "gap" if there != shown else "fold" if first(shown, zone) != last(shown, zone) else ""


def _of_roster(roster: StaffingRule) -> Iterator[str]:
    shifts = [shift for each in roster.roster.values() for shift in each]
    found = {
        "somebody on leave": any(shift.leave for shift in shifts),
        "holidays of a person": any(shift.holidays for shift in shifts),
        "two people needed": any(need == 2 for need in roster.need.values()),
        "a need by weekday": any(isinstance(need, dict) for need in roster.need.values()),
        "a roster's horizon": bool(roster.horizon),
    }
    return (name for name, reached in found.items() if reached)


def _of_answers(world: World, asked: Request) -> Iterator[str]:
    coverage = world.coverage()
    verdict = coverage.verdict(asked, world.near)
    found = {
        "two clients": len(asked.parties) == 2,
        "an open moment": verdict.open,
        "a closed moment": not verdict.open,
        "several blockers": len(verdict.reasons) > 1,
        "a moment that is open by a waiver": verdict.open and bool(verdict.waived),
        "a moment that lacks approval": any(one.code == "not-approved" for one in verdict.reasons),
        "a provisional window": any(one.provisional for one in coverage.windows(asked, world.near, world.near + timedelta(days=3))),
        "a stretch over the turn of a year": world.near == TURN,
    }
    return (name for name, reached in found.items() if reached)
