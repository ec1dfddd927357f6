"""Planning again: what is still clear stays, the fewest move, announced days stand, and every move says why."""

from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from rollout.core.clients import Environment, Selector
from rollout.core.planner import Slot, moves, plan, replan
from rollout.core.values import Version
from tests.builders import client
from tests.core.paper import HOUR, PaperCoverage, hours
from tests.core.planning import DECEMBER, MADE, outline, starts, strategy, wave
from tests.core.scenarios import scenarios

PREVIEW, PRODUCTION = Environment.PREVIEW, Environment.PRODUCTION
WEEK = [hours(day) for day in range(5)]
LATER = MADE + timedelta(days=1)
TIGHT = strategy(wave(capacity=1))


def fleet(*names: str, environments: str = "production", **given):
    return [client(name, environments, **given) for name in names]


def told(old, new, *made_with) -> dict[str, str]:
    """Of each move: from, to and why."""
    return {
        move.client: " ".join(f"{slot.start:%a}" if slot else "nowhere" for slot in (move.old, move.new)) + f": {move.why}"
        for move in moves(old, new, *made_with)
    }


def test_a_closed_day_moves_those_who_were_on_it_and_says_what_closed_it():
    one = outline(strategy(wave(capacity=2)), fleet("acme", "bolt", "core"))
    old = plan(one, PaperCoverage(WEEK), MADE)
    frozen = PaperCoverage(WEEK[1:])
    new = replan(old, one, frozen, LATER)
    assert starts(new) == {"acme": "Tue 08 09:00", "bolt": "Wed 09 09:00", "core": "Tue 08 09:00"}
    assert told(old, new, one, frozen) == {
        "acme": "Mon Tue: acme is closed at Mon 09:00",
        "bolt": "Mon Wed: bolt is closed at Mon 09:00",
    }
    assert new.made_at == LATER


def test_somebody_makes_room_only_for_one_who_would_get_no_slot_at_all():
    one = outline(TIGHT, fleet("acme", "bolt"))
    old = plan(one, PaperCoverage(WEEK[:3]), MADE)
    assert starts(old) == {"acme": "Mon 07 09:00", "bolt": "Tue 08 09:00"}
    narrow = PaperCoverage(WEEK[:3], closed={"acme": [hours(0), hours(2)]})
    new = replan(old, one, narrow, LATER)
    assert starts(new) == {"acme": "Tue 08 09:00", "bolt": "Mon 07 09:00"}
    assert told(old, new, one, narrow) == {
        "acme": "Mon Tue: acme is closed at Mon 09:00",
        "bolt": "Tue Mon: its place is needed by another client, which no other window is left for",
    }


def test_an_announced_day_stands_even_if_another_client_stays_without_one():
    one = outline(TIGHT, fleet("acme", "bolt"))
    old = plan(one, PaperCoverage(WEEK[:3]), MADE)
    narrow = PaperCoverage(WEEK[:3], closed={"acme": [hours(0), hours(2)]})
    new = replan(old, one, narrow, LATER, announced={("bolt", PRODUCTION)})
    assert starts(new) == {"bolt": "Tue 08 09:00"}
    assert told(old, new)["acme"].startswith("Mon nowhere: 1 window that is open to it is full: 2026-12-08 09:00 UTC")


def test_an_announced_day_that_closed_moves():
    one = outline(TIGHT, fleet("acme", "bolt"))
    old = plan(one, PaperCoverage(WEEK), MADE)
    new = replan(old, one, PaperCoverage(WEEK[1:]), LATER, announced={("acme", PRODUCTION), ("bolt", PRODUCTION)})
    assert starts(new) == {"acme": "Wed 09 09:00", "bolt": "Tue 08 09:00"}


def test_a_window_that_got_shorter_shortens_the_slot_and_one_that_got_longer_leaves_it():
    one = outline(strategy(), fleet("acme"))
    old = plan(one, PaperCoverage(WEEK), MADE)
    short = replan(old, one, PaperCoverage([hours(0, 9, 15), *WEEK[1:]]), LATER)
    assert told(old, short) == {"acme": "Mon Mon: its window is now from 2026-12-07 09:00 UTC to 2026-12-07 15:00 UTC"}
    assert replan(old, one, PaperCoverage([hours(0, 7, 19)]), LATER).slots == old.slots


def test_the_time_that_passes_moves_nobody_whose_window_has_not():
    one = outline(strategy(wave(capacity=1)), fleet("acme", "bolt"))
    old = plan(one, PaperCoverage(WEEK), MADE)
    assert replan(old, replace(one, starts_at=hours(0, 12).start), PaperCoverage(WEEK), LATER).slots == old.slots
    missed = replan(old, replace(one, starts_at=hours(0, 16.5).start), PaperCoverage(WEEK), LATER)
    assert starts(missed) == {"acme": "Wed 09 09:00", "bolt": "Tue 08 09:00"}


def test_a_new_client_gets_what_is_free_and_one_that_left_frees_its_place():
    old = plan(outline(TIGHT, fleet("bolt", "core")), PaperCoverage(WEEK), MADE)
    joined = outline(TIGHT, fleet("acme", "core"))
    new = replan(old, joined, PaperCoverage(WEEK), LATER)
    assert starts(new) == {"acme": "Mon 07 09:00", "core": "Tue 08 09:00"}
    assert told(old, new) == {"acme": "nowhere Mon: it had no slot before", "bolt": "Mon nowhere: it is no longer among the clients"}


def test_a_client_that_is_pinned_since_loses_its_slot_with_that_reason():
    old = plan(outline(TIGHT, fleet("acme", "bolt")), PaperCoverage(WEEK), MADE)
    pinned = outline(TIGHT, [*fleet("acme", pinned=Version("2026.9")), *fleet("bolt")])
    assert told(old, replan(old, pinned, PaperCoverage(WEEK), LATER)) == {"acme": "Mon nowhere: acme is pinned to 2026.9"}


def test_a_capacity_that_fell_moves_whoever_is_too_many_but_not_the_announced():
    some = fleet("acme", "bolt", "core")
    old = plan(outline(strategy(), some), PaperCoverage(WEEK), MADE)
    new = replan(old, outline(strategy(wave(capacity=2)), some), PaperCoverage(WEEK), LATER, announced={("core", PRODUCTION)})
    assert told(old, new) == {"bolt": "Mon Tue: its window takes fewer installations now"}


def test_a_wave_that_ends_later_pushes_the_next_one_and_says_so():
    waves = strategy(wave("pilot", select=Selector(tags=frozenset({"pilot"})), soak=4 * HOUR), wave("all"))
    one = outline(waves, [*fleet("acme", tags={"pilot"}), *fleet("bolt")])
    old = plan(one, PaperCoverage(WEEK), MADE)
    late = PaperCoverage(WEEK, closed={"acme": [hours(0)]})
    new = replan(old, one, late, LATER, announced={("bolt", PRODUCTION)})
    assert starts(new) == {"acme": "Tue 08 09:00", "bolt": "Wed 09 13:00"}
    assert told(old, new, one, late)["bolt"] == "Tue Wed: the waves before it have ended and soaked at 2026-12-09 13:00 UTC now"
    assert told(old, new)["bolt"] == "Tue Wed: a wave before it ends later now"


def test_a_soak_that_takes_longer_moves_the_next_wave_and_says_so():
    waves = strategy(wave("pilot", select=Selector(tags=frozenset({"pilot"})), soak=4 * HOUR), wave("all"))
    one = outline(waves, [*fleet("acme", tags={"pilot"}), *fleet("bolt")])
    old = plan(one, PaperCoverage(WEEK), MADE)
    slow = PaperCoverage(WEEK, business=WEEK[2:])
    assert told(old, replan(old, one, slow, LATER), one, slow) == {
        "bolt": "Tue Wed: the waves before it have ended and soaked at 2026-12-09 13:00 UTC now"
    }


def test_a_preview_that_moves_takes_its_production_along():
    needs = strategy(wave("preview", PREVIEW), wave(needs_preview=True), preview_soak=12 * HOUR)
    one = outline(needs, fleet("acme", environments="preview production"))
    old = plan(one, PaperCoverage(WEEK), MADE)
    slow = PaperCoverage(WEEK, business=[WEEK[0], *WEEK[2:]])
    (move,) = moves(old, replan(old, one, slow, LATER), one, slow)
    assert move.why == "its preview has ended and soaked at 2026-12-10 13:00 UTC now"


def test_what_is_under_way_is_never_moved_and_the_rest_is_planned_around_it():
    one = outline(TIGHT, fleet("acme", "bolt"), starts_at=hours(0).start)
    old = plan(one, PaperCoverage(WEEK), MADE)
    begun = {slot.place: slot for slot in old.slots if slot.client == "acme"}
    new = replan(old, one, PaperCoverage(WEEK[2:]), LATER, kept=begun)
    assert starts(new) == {"acme": "Mon 07 09:00", "bolt": "Wed 09 09:00"}


def test_a_long_freeze_that_appears_puts_the_rollout_off_unless_days_were_announced():
    days = [hours(0), hours(1), hours(2), hours(30), hours(31), hours(32)]
    one = outline(TIGHT, fleet("acme", "bolt", "core"))
    old = plan(one, PaperCoverage(days), MADE)
    frozen = PaperCoverage(days[:2] + days[3:])
    assert starts(replan(old, one, frozen, LATER)) == {"acme": "Wed 06 09:00", "bolt": "Thu 07 09:00", "core": "Fri 08 09:00"}
    kept = replan(old, one, frozen, LATER, announced={("acme", PRODUCTION)})
    assert starts(kept) == {"acme": "Mon 07 09:00", "bolt": "Tue 08 09:00", "core": "Wed 06 09:00"}
    assert "the rollout pauses from 2026-12-08 17:00 UTC to 2027-01-06 09:00 UTC" in kept.remarks[-1]


def test_a_client_that_changes_its_wave_keeps_its_day_if_that_is_open_to_the_new_wave():
    waves = strategy(wave("pilot", select=Selector(tags=frozenset({"pilot"}))), wave("all", capacity=1))
    old = plan(outline(waves, [*fleet("acme", tags={"pilot"}), *fleet("bolt", "core")]), PaperCoverage(WEEK), MADE)
    assert starts(old) == {"acme": "Mon 07 09:00", "bolt": "Tue 08 09:00", "core": "Wed 09 09:00"}
    new = replan(old, outline(waves, [*fleet("acme"), *fleet("bolt", tags={"pilot"}), *fleet("core")]), PaperCoverage(WEEK), LATER)
    assert starts(new) == {"bolt": "Tue 08 09:00", "core": "Wed 09 09:00", "acme": "Thu 10 09:00"}
    assert told(old, new)["acme"] == "Mon Thu: it goes in wave 2 now, no longer in wave 1"


def test_plans_that_do_not_differ_have_no_moves():
    one = outline(strategy(), fleet("acme", "bolt"))
    assert moves(plan(one, PaperCoverage(WEEK), MADE), plan(one, PaperCoverage(WEEK), LATER)) == ()


LAW = settings(max_examples=50)


@LAW
@given(scenarios())
def test_with_unchanged_input_the_plan_stays_as_it_is(scenario):
    outline, coverage = scenario
    old = plan(outline, coverage, MADE)
    assert replan(old, outline, coverage, MADE) == old
    announced = {slot.place for slot in old.slots}
    assert replan(old, outline, coverage, MADE, announced=announced).slots == old.slots


@LAW
@given(scenarios(), st.data())
def test_what_began_stands_and_what_was_announced_moves_only_if_it_had_to(scenario, data):
    outline, coverage = scenario
    old = plan(outline, coverage, MADE)
    begun = {slot.place: slot for slot in old.slots if data.draw(st.integers(0, 3)) == 0}
    announced = {slot.place for slot in old.slots if data.draw(st.booleans())}
    lost = data.draw(st.sampled_from(coverage.company))
    without = PaperCoverage([window for window in coverage.company if window != lost], coverage.closed, business=coverage.company)
    after = {slot.place: slot for slot in replan(old, outline, without, LATER, announced=announced, kept=begun).slots}
    moved = [slot.wave for slot in old.slots if after.get(slot.place) != slot]
    for slot in old.slots:
        is_clear = not lost.start <= slot.start < lost.end and min(moved, default=slot.wave) >= slot.wave
        if slot.place in begun or (slot.place in announced and is_clear):
            assert after[slot.place] == slot


@LAW
@given(scenarios(), st.data())
def test_a_lost_window_moves_only_those_who_were_in_it_where_there_is_room_for_all(scenario, data):
    given, coverage = scenario
    waves = tuple(wave.model_copy(update={"capacity": None, "soak": timedelta(), "needs_preview": False}) for wave in given.strategy.waves[-1:])
    members = tuple(one.model_copy(update={"wave": 0}) for one in given.assignment.members if one.environment is PRODUCTION)
    one = replace(
        given,
        strategy=given.strategy.model_copy(update={"waves": waves, "max_pause": timedelta(days=92)}),
        assignment=given.assignment.model_copy(update={"members": members}),
    )
    old = plan(one, coverage, MADE)
    lost = data.draw(st.sampled_from(coverage.company))
    new = replan(old, one, PaperCoverage([window for window in coverage.company if window != lost], coverage.closed), LATER)
    assert {slot.place for slot in old.slots if lost.start <= slot.start < lost.end} == {(move.client, move.environment) for move in moves(old, new)}


def test_a_slot_is_a_value_that_can_stand_for_what_a_delivery_has():
    slot = plan(outline(strategy(), fleet("acme")), PaperCoverage(WEEK), MADE).slots[0]
    assert Slot.model_validate_json(slot.model_dump_json()) == slot
    assert slot.place == ("acme", PRODUCTION)
    assert DECEMBER == "2026.12"
