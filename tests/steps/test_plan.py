"""Plans: made before the start, and kept in force: what loses its slot moves, everything else stays, and it says why."""

import pytest

from rollout.errors import NotFound, Refused
from rollout.steps import plan
from tests.playing import (
    AMBER,
    BIRCH,
    CLIENTS,
    COBALT,
    DANA,
    DAY,
    DRIFTWOOD,
    MONDAY,
    PREVIEW,
    PRODUCTION,
    TARGET,
    THURSDAY,
    TUESDAY,
    WEDNESDAY,
    Play,
    strategy,
)

ALL = {"name": "everyone", "select": {"rest": True}}


def days(planned: plan.Planned) -> dict[str, str]:
    """The day of each client's production."""
    return {slot.client: f"{slot.start:%a}" for slot in planned.plan.slots if slot.environment is PRODUCTION}


def test_a_plan_gives_every_installation_a_slot_and_is_the_same_each_time(play: Play) -> None:
    play.go_to("signed")
    first = plan.plan(play.world, TARGET, DANA)
    assert days(first) == dict.fromkeys(CLIENTS, "Tue")
    assert (first.waves, first.moves, first.plan.zone_data) == (("preview", "everyone"), (), play.world.zone_data)
    again = plan.plan(play.world, TARGET, DANA)
    assert (again.plan.slots, again.moves) == (first.plan.slots, ())
    assert play.audit(TARGET)[-1] == ("release planned", {"slots": 8, "unplaced": 0})


def test_a_draft_may_be_planned_and_a_dry_run_stores_nothing(play: Play) -> None:
    play.go_to("collected")
    assert len(plan.plan(play.world, TARGET, DANA, dry_run=True).plan.slots) == 8
    with play.world.ledger.read() as tx:
        assert (tx.plan(TARGET), tx.installed()) == (None, {})


def test_capacity_spreads_a_wave_over_days_and_says_that_it_binds(play: Play) -> None:
    play.go_to("signed")
    play.change_settings(**strategy(ALL | {"capacity": 2}))
    planned = plan.plan(play.world, TARGET, DANA)
    assert sorted(days(planned).values()) == ["Tue", "Tue", "Wed", "Wed"]
    assert planned.plan.remarks == ("wave everyone spreads 4 installations over 2 windows: its capacity of 2 per window binds",)


def test_who_finds_no_slot_is_left_out_with_the_reasons(play: Play) -> None:
    play.go_to("signed")
    rule = (
        f"version: 1\nkind: block\nid: gone\ntimezone: America/Toronto\nscope: {{clients: [{AMBER}], environments: [production]}}\nwhy: they move\n"
    )
    (play.folder / "calendars" / "gone.yaml").write_text(f"{rule}start: 2026-11-01T00:00\nend: 2027-12-01T00:00\n", encoding="utf-8")
    planned = plan.plan(play.reopen(), TARGET, DANA)
    assert [(one.client, one.reasons[0].code) for one in planned.plan.unplaced] == [(AMBER, "windows-closed")]
    assert "they move" in planned.plan.unplaced[0].reasons[0].text
    assert len(days(planned)) == 3


def test_planning_again_before_the_start_moves_only_what_closed_and_says_why(play: Play) -> None:
    play.go_to("signed")
    plan.plan(play.world, TARGET, DANA)
    play.freeze(TUESDAY, WEDNESDAY)
    again = plan.plan(play.reopen(), TARGET, DANA)
    assert days(again) == dict.fromkeys(CLIENTS, "Wed")
    assert {move.environment for move in again.moves} == {PRODUCTION}
    assert all("the card processor moves" in move.why for move in again.moves)


def test_installations_that_cannot_be_asked_what_they_run_are_named(play: Play) -> None:
    play.go_to("signed")
    version = play.fleet.installation(AMBER, PRODUCTION).path / "version"
    version.unlink()
    planned = plan.plan(play.world, TARGET, DANA)
    assert len(planned.plan.slots) == 8
    assert len(planned.plan.remarks) == 1
    assert planned.plan.remarks[0].startswith(
        f"nobody knows what {AMBER}/production runs: agent: asking {AMBER}/production which version is installed"
    )


def test_what_rolls_out_is_planned_anew_around_what_is_done(play: Play) -> None:
    play.go_to("previewed")
    play.freeze(TUESDAY, THURSDAY)
    planned = plan.plan(play.reopen(), TARGET, DANA)
    assert {(move.client, move.environment) for move in planned.moves} == {(client, PRODUCTION) for client in CLIENTS}
    assert {play.delivery(client).slot_start for client in CLIENTS} == {THURSDAY}
    assert {play.delivery(client, PREVIEW).slot_start for client in CLIENTS} == {MONDAY}
    act, data = play.audit(f"{BIRCH}/production")[-1]
    assert (act, "the card processor moves" in data["why"]) == ("slot moved", True)


def test_a_dry_run_of_that_moves_nothing(play: Play) -> None:
    play.go_to("previewed")
    play.freeze(TUESDAY, THURSDAY)
    assert len(plan.plan(play.reopen(), TARGET, DANA, dry_run=True).moves) == 4
    assert {play.delivery(client).slot_start for client in CLIENTS} == {TUESDAY}


def test_an_announced_day_stays_where_it_is_not_closed(play: Play) -> None:
    play.started("by two", **strategy(ALL | {"capacity": 2}))
    before = {client: play.delivery(client).slot_start for client in CLIENTS}
    play.tick()
    play.drop_client(AMBER)
    plan.plan(play.world, TARGET, DANA)
    assert {client: play.delivery(client).slot_start for client in (BIRCH, COBALT, DRIFTWOOD)} == {
        client: before[client] for client in (BIRCH, COBALT, DRIFTWOOD)
    }


def test_a_slot_that_was_lost_is_not_a_move_that_is_told_again(play: Play) -> None:
    play.go_to("previewed")
    play.at(TUESDAY + DAY / 3).tick()  # the windows of Tuesday are over: all go to Wednesday
    assert {play.delivery(client).slot_start for client in CLIENTS} == {WEDNESDAY}
    before = len(play.audit(f"{AMBER}/production"))
    assert plan.plan(play.world, TARGET, DANA).moves == ()
    assert len(play.audit(f"{AMBER}/production")) == before


def test_what_is_over_cannot_be_planned(play: Play) -> None:
    play.go_to("delivered")
    with pytest.raises(Refused, match=r"cannot plan 2026\.12: it is delivered"):
        plan.plan(play.world, TARGET, DANA)
    with pytest.raises(NotFound, match=r"there is no release 2031\.12\. The closest ones: "):
        plan.plan(play.world, "2031.12", DANA)
