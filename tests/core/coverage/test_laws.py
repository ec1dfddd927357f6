"""Laws 4 to 8, 10 and 14: what must hold for every set of calendars, on the nights when clocks change and on all others."""

import json
from collections.abc import Iterable
from datetime import datetime, timedelta
from random import Random

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from rollout.core.coverage import Coverage, Request, Rule, WindowRule, compile_coverage
from rollout.core.coverage.slots import clear_from
from rollout.core.coverage.spans import union
from rollout.core.coverage.zones import Zone, instant, midnight, moment_of
from rollout.core.values import Reason
from rollout.errors import Refused
from tests.core.coverage.drawing import TRANSITIONS, World, calendars, requests, scopes, times, worlds
from tests.core.coverage.making import PARTIES, block, override, request, window

REACH = timedelta(days=2)


def open_at(coverage: Coverage, asked: Request, near: datetime) -> set[datetime]:
    """The half hours around a moment at which one may start."""
    need = asked.length + asked.runway
    windows = coverage.windows(asked, near - REACH, near + REACH + need)
    halves = (near - REACH + timedelta(minutes=30 * number) for number in range(2 * 96))
    return {at for at in halves if any(one.start <= at < one.end and at + need <= one.end for one in windows)}


def named(reasons: Iterable[Reason]) -> set[tuple[str, str, str]]:
    return {(one.code, one.rule, one.source) for one in reasons}


def answers(coverage: Coverage, asked: Request, at: datetime) -> str:
    """All that is told about a moment and the days around it, letter by letter."""
    told = [
        coverage.verdict(asked, at).model_dump_json(),
        [one.model_dump_json() for one in coverage.windows(asked, at - REACH, at + REACH)],
        repr(coverage.next_slot(asked, at, at + timedelta(days=900))),
        [one.model_dump_json() for one in coverage.days(asked, at.date(), at.date() + REACH)],
    ]
    try:
        told.append(coverage.business_add(at, timedelta(hours=90)).isoformat())
    except Refused as refusal:
        told.append(str(refusal))
    return json.dumps(told)


def drawn(near: datetime, zone: str = "UTC") -> st.SearchStrategy[dict[str, object]]:
    return times(zone, near)


@settings(max_examples=20, deadline=None)
@given(calendars(), requests, st.data())
def test_another_block_another_client_or_a_longer_stretch_never_opens_anything(
    calendar: tuple[datetime, list[Rule]], asked: Request, data: st.DataObject
) -> None:
    near, rules = calendar
    before = open_at(compile_coverage(rules, timezone="UTC"), asked, near)
    more = block("more", scope=data.draw(scopes), **data.draw(drawn(near)))
    assert open_at(compile_coverage([*rules, more], timezone="UTC"), asked, near) <= before
    wider = asked.model_copy(update={"parties": PARTIES, "length": asked.length + timedelta(minutes=30)})
    assert open_at(compile_coverage(rules, timezone="UTC"), wider, near) <= before


@settings(max_examples=20, deadline=None)
@given(calendars(), requests, st.data())
def test_another_window_in_a_group_or_an_override_never_closes_anything(
    calendar: tuple[datetime, list[Rule]], asked: Request, data: st.DataObject
) -> None:
    near, rules = calendar
    before = open_at(compile_coverage(rules, timezone="UTC"), asked, near)
    windows = [rule for rule in rules if isinstance(rule, WindowRule)]
    if windows:
        like = data.draw(st.sampled_from(windows))
        more = window("more", group=like.group_name, scope=like.scope, **data.draw(drawn(near)))
        assert open_at(compile_coverage([*rules, more], timezone="UTC"), asked, near) >= before
    waiver = override(*[rule.id for rule in rules] or ["none"], start=near - timedelta(hours=5), end=near + timedelta(hours=5))
    assert open_at(compile_coverage([*rules, waiver], timezone="UTC"), asked, near) >= before


@settings(max_examples=30, deadline=None)
@given(worlds(), requests, st.randoms(use_true_random=False), st.integers(-1500, 1500))
def test_the_order_of_rules_and_clients_changes_nothing(world: World, asked: Request, random: Random, offset: int) -> None:
    at = world.near + timedelta(minutes=offset)
    shuffled = world._replace(rules=random.sample(world.rules, len(world.rules)))
    mirrored = asked.model_copy(update={"parties": asked.parties[::-1]})
    assert answers(world.coverage(), asked, at) == answers(shuffled.coverage(), mirrored, at)


@settings(max_examples=30, deadline=None)
@given(calendars(), requests, st.integers(-1500, 1500))
def test_waiving_all_that_is_named_opens_and_what_is_spared_stays_closed(calendar: tuple[datetime, list[Rule]], asked: Request, offset: int) -> None:
    near, rules = calendar
    at = near + timedelta(minutes=offset)
    blockers = compile_coverage(rules, timezone="UTC").verdict(asked, at).reasons
    names = {name for one in blockers for name in one.waivable_by}
    for spared in [None, *sorted(names)]:
        waives = names - {spared}
        waiver = override(*waives or {"none"}, start=near - timedelta(days=9), end=near + timedelta(days=9))
        after = compile_coverage([*rules, waiver], timezone="UTC").verdict(asked, at)
        assert named(after.reasons) == named(one for one in blockers if not waives.intersection(one.waivable_by))
        assert named(after.waived) == named(one for one in blockers if waives.intersection(one.waivable_by))
        assert after.open == (not after.reasons)
        event(f"{len(blockers)} blockers, {len(after.reasons)} left")


@settings(max_examples=30, deadline=None)
@given(worlds(), requests, st.integers(-3000, 3000))
def test_every_blocker_holds_where_it_is_told_to_and_for_as_long(world: World, asked: Request, offset: int) -> None:
    start = world.near + timedelta(minutes=offset)
    end = start + max(asked.length + asked.runway, timedelta(seconds=1))
    at_once = asked.model_copy(update={"length": timedelta(), "runway": timedelta()})
    for one in world.coverage().verdict(asked, start).reasons:
        assert one.begins is None or one.begins < end
        assert one.clears_at is None or one.clears_at > start
        holds = max(start, one.begins or start)
        for moment in (holds, min(end, one.clears_at) - timedelta(seconds=1) if one.clears_at else holds):
            assert one.rule in {other.rule for other in world.coverage().verdict(at_once, moment).reasons} or one.code == "staffing"


@settings(max_examples=60, deadline=None)
@given(calendars(), requests, st.integers(-1500, 1500))
def test_the_next_slot_is_clear_is_the_first_and_stays_what_it_is(calendar: tuple[datetime, list[Rule]], asked: Request, offset: int) -> None:
    near, rules = calendar
    coverage = compile_coverage(rules, timezone="UTC")
    after, until = near + timedelta(minutes=offset), near + timedelta(days=20)
    slot = coverage.next_slot(asked, after, until)
    quarters = [after + timedelta(minutes=15 * number) for number in range(4 * 24 * 2)]
    first = next((at for at in quarters if coverage.verdict(asked, at).open), None)
    if slot is None:
        assert first is None
        return
    assert after <= slot.start < until
    assert coverage.verdict(asked, slot.start).open
    assert first is None or slot.start <= first
    assert slot.start == after or not coverage.verdict(asked, slot.start - timedelta(seconds=1)).open
    assert coverage.next_slot(asked, slot.start, until) == slot
    verdict = coverage.verdict(asked, after)
    assert verdict.open or verdict.next_open == slot.start
    longer = coverage.next_slot(asked.model_copy(update={"length": asked.length + timedelta(minutes=20)}), after, until)
    assert longer is None or longer.start >= slot.start
    later = coverage.next_slot(asked, after + timedelta(minutes=50), until)
    assert later is None or later.start >= slot.start
    assert coverage.next_slot(asked, after, slot.start) is None
    assert coverage.next_slot(asked, after, slot.start + timedelta(seconds=1)) == slot


@settings(max_examples=25, deadline=None)
@given(calendars(), requests)
def test_windows_are_what_verdicts_say_as_long_as_can_be(calendar: tuple[datetime, list[Rule]], asked: Request) -> None:
    near, rules = calendar
    coverage = compile_coverage(rules, timezone="UTC")
    low, high = near - REACH, near + REACH
    at_once = asked.model_copy(update={"length": timedelta(), "runway": timedelta()})
    for found in coverage.windows(asked, low, high):
        assert found.end - found.start >= asked.length + asked.runway
        assert coverage.verdict(at_once.model_copy(update={"length": found.end - found.start}), found.start).open
        assert found.start == low or not coverage.verdict(at_once, found.start - timedelta(seconds=1)).open
        assert found.end == high or not coverage.verdict(at_once, found.end).open


@settings(max_examples=25, deadline=None)
@given(worlds(), requests, st.integers(-1500, 1500))
def test_cutting_the_time_asked_about_cuts_the_windows_and_no_more(world: World, asked: Request, offset: int) -> None:
    coverage, at_once = world.coverage(), asked.model_copy(update={"length": timedelta(), "runway": timedelta()})
    low, seam, high = world.near - REACH, world.near + timedelta(minutes=offset), world.near + REACH
    parts = [*coverage.windows(at_once, low, seam), *coverage.windows(at_once, seam, high)]
    whole = union((instant(one.start), instant(one.end)) for one in coverage.windows(at_once, low, high))
    assert union((instant(one.start), instant(one.end)) for one in parts) == whole


@settings(max_examples=25, deadline=None)
@given(worlds(), requests, st.lists(st.integers(-1200, 1200), max_size=3), st.integers(-1500, 1500))
def test_what_was_asked_before_changes_no_answer(world: World, asked: Request, days: list[int], offset: int) -> None:
    at, fresh, used = world.near + timedelta(minutes=offset), world.coverage(), world.coverage()
    for number in days:
        used.verdict(request(*PARTIES, hours=3), world.near + timedelta(days=number))
        used.windows(asked, world.near + timedelta(days=number), world.near + timedelta(days=number + 40))
    assert answers(used, asked, at) == answers(used, asked, at) == answers(fresh, asked, at)


@pytest.mark.parametrize("zone", sorted(TRANSITIONS))
def test_hours_are_those_on_the_wall_on_every_day_whose_clock_stands_still(zone: str) -> None:
    coverage = compile_coverage([window(timezone=zone, weekly={"mon-sun": ["09:00-17:00"]})], timezone=zone)
    clock = Zone(zone)
    start = TRANSITIONS[zone][0].replace(hour=0, minute=0)
    for found in coverage.windows(request(), start, start + timedelta(days=400))[1:-1]:
        opens, closes = clock.wall(int(found.start.timestamp())), clock.wall(int(found.end.timestamp()))
        assert (opens % 86_400, closes % 86_400) == (9 * 3600, 17 * 3600)


def test_a_zone_of_the_same_offsets_under_another_name_changes_nothing() -> None:
    answers = []
    for zone in ("America/Toronto", "America/New_York", "US/Eastern"):
        coverage = compile_coverage([window(timezone=zone, weekly={"mon-sun": ["01:00-03:30", "22:00-02:30"]})], timezone=zone)
        answers.append(coverage.windows(request(), moment_of(midnight(datetime(2026, 1, 1))), moment_of(midnight(datetime(2027, 12, 31)))))
    assert answers[0] == answers[1] == answers[2]


def test_a_calendar_that_never_closes_is_told_in_stretches_of_a_horizon() -> None:
    always = compile_coverage([window(weekly={"mon-sun": ["00:00-24:00"]})], timezone="UTC")
    stretches = clear_from(always._profiles.asked(request()).profile.timeline, 1_800_000_000)
    first, second = next(stretches), next(stretches)
    assert first == (1_800_000_000, second[0])
