"""What must hold for every set of calendars, on the nights when clocks change and on all others."""

from datetime import datetime, timedelta
from functools import reduce
from itertools import pairwise
from random import Random

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from rollout.core.coverage import Coverage, Request, Rule, WindowRule, compile_coverage
from rollout.core.coverage.compile import Steps, Timeline, join, sweep
from rollout.core.coverage.slots import clear_from
from rollout.core.coverage.spans import difference, intersection, outside, union, within
from rollout.core.coverage.zones import Zone, midnight, moment_of
from tests.core.coverage.making import PARTIES, TRANSITIONS, block, calendars, override, request, requests, scopes, times, window

REACH = timedelta(days=2)
spans = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)).map(lambda two: (min(two), max(two))), max_size=6)
seconds = st.integers(0, 40 * 3600).map(lambda count: timedelta(seconds=count))


def open_at(coverage: Coverage, asked: Request, near: datetime) -> set[datetime]:
    """The half hours around a moment at which one may start."""
    need = asked.length + asked.runway
    windows = coverage.windows(asked, near - REACH, near + REACH + need)
    halves = (near - REACH + timedelta(minutes=30 * number) for number in range(2 * 96))
    return {at for at in halves if any(one.start <= at < one.end and at + need <= one.end for one in windows)}


def drawn(near: datetime, zone: str = "UTC") -> st.SearchStrategy[dict[str, object]]:
    return times(zone, near)


@given(st.lists(spans, min_size=1, max_size=70).map(lambda layers: [union(layer) for layer in layers]))
def test_a_step_function_tells_for_each_instant_which_layers_hold_it(layers: list[list[tuple[int, int]]]) -> None:
    steps = sweep(layers, 0, 61)
    told = {at: steps.mask(at, at + 1) for at in range(61)}
    assert told == {at: sum(1 << bit for bit, layer in enumerate(layers) if any(start <= at < end for start, end in layer)) for at in range(61)}
    assert steps.starts == sorted(set(steps.starts))
    assert steps.starts[0] == 0
    assert all(left != right for left, right in pairwise(steps.masks))
    assert {at for at in range(61) if steps.is_clear(at, at + 1)} == {at for at in range(61) if not told[at]}


@given(st.lists(spans, max_size=4).map(lambda layers: [union(layer) for layer in layers]), st.integers(1, 59))
def test_compiling_in_two_parts_is_compiling_the_whole(layers: list[list[tuple[int, int]]], seam: int) -> None:
    parts = [sweep([within(layer, low, high) for layer in layers], low, high) for low, high in ((0, seam), (seam, 61))]
    assert reduce(join, parts) == sweep(layers, 0, 61)


@given(spans, spans)
def test_sets_of_spans_obey_the_laws_of_sets(left: list[tuple[int, int]], right: list[tuple[int, int]]) -> None:
    def points(some: list[tuple[int, int]]) -> set[int]:
        return {at for start, end in some for at in range(start, end)}

    one, two = union(left), union(right)
    assert all(first[1] < second[0] for first, second in pairwise(one))
    assert points(one) == points(left)
    assert points(union([*one, *two])) == points(left) | points(right)
    assert points(difference(one, two)) == points(left) - points(right)
    assert points(intersection(one, two)) == points(left) & points(right)
    assert points(outside(one, 0, 61)) == set(range(61)) - points(left)


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


@settings(max_examples=20, deadline=None)
@given(calendars(), requests, st.randoms(use_true_random=False), st.integers(-1500, 1500))
def test_the_order_of_rules_and_clients_changes_nothing(calendar: tuple[datetime, list[Rule]], asked: Request, random: Random, offset: int) -> None:
    near, rules = calendar
    at = near + timedelta(minutes=offset)
    shuffled = random.sample(rules, len(rules))
    mirrored = asked.model_copy(update={"parties": asked.parties[::-1]})
    assert compile_coverage(rules, timezone="UTC").verdict(asked, at) == compile_coverage(shuffled, timezone="UTC").verdict(mirrored, at)


@settings(max_examples=25, deadline=None)
@given(calendars(), requests, st.integers(-1500, 1500))
def test_waiving_all_that_is_named_opens_and_waiving_all_but_one_does_not(calendar: tuple[datetime, list[Rule]], asked: Request, offset: int) -> None:
    near, rules = calendar
    at = near + timedelta(minutes=offset)
    verdict = compile_coverage(rules, timezone="UTC").verdict(asked, at)
    assume(not any(reason.code == "no-window" for reason in verdict.reasons))
    blockers = {(reason.code, reason.source) for reason in verdict.reasons}
    for spared in [None, *blockers]:
        named = {name for blocker in blockers - {spared} for name in blocker[1].split(", ")}
        assume(spared is None or not named & set(spared[1].split(", ")))
        waiver = override(*named or {"none"}, start=near - timedelta(days=9), end=near + timedelta(days=9))
        after = compile_coverage([*rules, waiver], timezone="UTC").verdict(asked, at)
        assert {(reason.code, reason.source) for reason in after.reasons} == {spared} - {None}
        assert {(reason.code, reason.source) for reason in after.waived} == blockers - {spared}


@settings(max_examples=25, deadline=None)
@given(calendars(), requests, st.integers(-1500, 1500))
def test_the_next_slot_is_clear_is_the_first_and_stays_what_it_is(calendar: tuple[datetime, list[Rule]], asked: Request, offset: int) -> None:
    near, rules = calendar
    coverage = compile_coverage(rules, timezone="UTC")
    after, until = near + timedelta(minutes=offset), near + timedelta(days=20)
    slot = coverage.next_slot(asked, after, until)
    quarters = [after + timedelta(minutes=15 * number) for number in range(4 * 24 * 5)]
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


@settings(max_examples=25, deadline=None)
@given(calendars(), requests)
def test_windows_are_what_verdicts_say_as_long_as_can_be(calendar: tuple[datetime, list[Rule]], asked: Request) -> None:
    near, rules = calendar
    coverage = compile_coverage(rules, timezone="UTC")
    low, high = near - REACH, near + REACH
    for found in coverage.windows(asked, low, high):
        assert coverage.verdict(asked.model_copy(update={"length": found.end - found.start}), found.start).open
        assert found.end - found.start >= asked.length
        assert (
            found.start == low
            or not coverage.verdict(request(*asked.parties, kind=asked.kind, environment=asked.environment), found.start - timedelta(seconds=1)).open
        )
        assert found.end == high or not coverage.verdict(request(*asked.parties, kind=asked.kind, environment=asked.environment), found.end).open


@settings(max_examples=25, deadline=None)
@given(calendars(), st.integers(-3000, 3000), seconds, seconds)
def test_business_time_adds_up_and_is_the_inverse_of_its_measure(
    calendar: tuple[datetime, list[Rule]], offset: int, one: timedelta, two: timedelta
) -> None:
    near, rules = calendar
    coverage = compile_coverage(
        [*rules, window("desk-too", group=next((rule.group_name for rule in rules if isinstance(rule, WindowRule)), ""))], timezone="UTC"
    )
    at = near + timedelta(minutes=offset, microseconds=offset)
    assume(coverage.business_between(at, at + timedelta(days=60)) >= one + two)
    both = coverage.business_add(at, one + two)
    assert coverage.business_add(coverage.business_add(at, one), two) == both
    assert coverage.business_between(at, both) == one + two
    assert one + two == timedelta() or coverage.business_between(at, both - timedelta(microseconds=1)) < one + two


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


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(1995, 2060), min_size=1, max_size=6))
def test_years_may_be_asked_for_in_any_order(years: list[int]) -> None:
    def year(number: int) -> Steps:
        low, high = (midnight(datetime(number + more, 1, 1)) for more in (0, 1))
        return sweep([within([(start, start + 3600 * 30) for start in range(low - 86_400, high, 86_400 * 40)], low, high)], low, high)

    timeline = Timeline(year)
    for number in years:
        timeline.over(midnight(datetime(number, 2, 1)), midnight(datetime(number, 2, 2)))
    steps = timeline.over(midnight(datetime(min(years), 1, 1)), midnight(datetime(max(years) + 1, 1, 1)))
    assert steps == reduce(join, [year(number) for number in range(min(years), max(years) + 1)])


def test_a_calendar_that_never_closes_is_told_in_stretches_of_a_horizon() -> None:
    always = compile_coverage([window(weekly={"mon-sun": ["00:00-24:00"]})], timezone="UTC")
    stretches = clear_from(always._profiles.asked(request()).profile.timeline, 1_800_000_000)
    first, second = next(stretches), next(stretches)
    assert first == (1_800_000_000, second[0])
