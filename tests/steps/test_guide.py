"""What a person decides when something broke: each act, what it does, and what it says where it cannot be done."""

from collections.abc import Callable
from typing import Any

import pytest

from rollout.core.releases import ReleaseState
from rollout.errors import NotFound, Refused
from rollout.steps import guide, holds
from tests.playing import AMBER, BIRCH, CLIENTS, DAY, DRIFTWOOD, LEE, PREVIEW, PREVIOUS, PRODUCTION, TARGET, TUESDAY, Play, strategy

ALL = {"name": "everyone", "select": {"rest": True}, "tolerance": 1}
WHY = "because"


def on_tuesday(play: Play) -> None:
    """Amber Quay's delivery fails; the others wait to start, for they wait for their turn."""
    play.started("one by one", work={"workers": 1})
    play.tick()
    play.fleet.break_deploy(AMBER, PRODUCTION, "the disk is full")
    play.at(TUESDAY).tick()
    assert play.states()[AMBER] == "failed"
    play.fleet.mend_deploy(AMBER, PRODUCTION)


def test_a_retry_starts_in_the_next_open_slot_under_a_new_key(play: Play) -> None:
    on_tuesday(play)
    found = guide.retry(play.world, TARGET, AMBER, PRODUCTION, "there is room again", LEE)
    assert (found.state, found.slot_start) == ("planned", TUESDAY)
    assert play.tick().delivered == 4
    assert [act.key for act in play.fleet.acts_of(AMBER, PRODUCTION)] == [f"2026.12:{AMBER}:production:2"]
    assert ("delivery planned", {"version": TARGET, "attempt": 1, "detail": "there is room again"}) in play.audit(f"{AMBER}/production")


def test_a_retry_outside_coverage_waits_for_the_next_opening(play: Play) -> None:
    on_tuesday(play)
    play.at(TUESDAY + DAY / 3)
    found = guide.retry(play.world, TARGET, AMBER, PRODUCTION, "there is room again", LEE)
    assert found.slot_start == TUESDAY + DAY
    assert play.tick().delivered == 0


def test_an_installation_that_is_skipped_is_left_out_and_its_wave_goes_on(play: Play) -> None:
    on_tuesday(play)
    assert play.waves()["everyone"] == "halted"
    found = guide.skip(play.world, TARGET, AMBER, PRODUCTION, "they will have the next one", LEE)
    assert (found.state, found.reason) == ("withdrawn", "they will have the next one")
    tick = play.tick()
    assert (tick.delivered, tick.finished, play.runs()[AMBER]) == (3, (TARGET,), PREVIOUS)
    play.send()
    assert play.desk.status("1") == "open"


def test_what_has_not_started_can_be_skipped_as_well(play: Play) -> None:
    play.go_to("started")
    assert guide.skip(play.world, TARGET, AMBER, PREVIEW, "theirs is being rebuilt", LEE).state == "withdrawn"
    assert play.tick().delivered == 3
    assert play.at(TUESDAY).tick().delivered == 4


def test_a_rollback_brings_back_what_ran_before_holds_the_client_and_says_so(play: Play) -> None:
    play.go_to("delivered")
    back = guide.roll_back(play.world, TARGET, AMBER, PRODUCTION, "the map does not load", LEE)
    assert (back.state, back.reason, play.runs()[AMBER]) == ("rolled_back", "the map does not load", PREVIOUS)
    with play.world.ledger.read() as tx:
        held = tx.holds(play.now)
        assert tx.installed([AMBER])[AMBER, PRODUCTION] == PREVIOUS
    assert [(one.subject, one.why) for one in held] == [(AMBER, "rolled back from 2026.12: the map does not load")]
    assert [act for act, _ in play.audit(f"{AMBER}/production")][-2:] == ["rolling back", "delivery rolled_back"]
    assert play.runs()[BIRCH] == TARGET


def test_nothing_brings_a_client_forward_again_that_was_rolled_back_until_people_say_so(play: Play) -> None:
    play.go_to("previewed")
    holds.hold(play.world, DRIFTWOOD, "they count their boats", LEE)
    play.at(TUESDAY).tick()
    guide.roll_back(play.world, TARGET, AMBER, PRODUCTION, "the map does not load", LEE)
    play.later(hours=1).tick()
    assert play.states()[AMBER] == "rolled_back"
    guide.retry(play.world, TARGET, AMBER, PRODUCTION, "it loads", LEE)
    assert play.tick().waiting == {"hold": 2}
    holds.lift(play.world, AMBER, "it loads", LEE)
    assert play.tick().delivered == 1
    assert play.runs()[AMBER] == TARGET


def test_a_failed_delivery_can_be_rolled_back(play: Play) -> None:
    play.go_to("previewed")
    play.fleet.make_sick(AMBER, PRODUCTION, "the map does not load", for_version=TARGET)
    play.at(TUESDAY).tick()
    assert (play.states()[AMBER], play.runs()[AMBER]) == ("failed", TARGET)
    assert guide.roll_back(play.world, TARGET, AMBER, PRODUCTION, "the map does not load", LEE).state == "rolled_back"
    assert play.runs()[AMBER] == PREVIOUS


def test_a_rollback_that_fails_says_what_is_known_and_keeps_the_client_held(play: Play) -> None:
    play.go_to("delivered")
    play.fleet.break_deploy(AMBER, PRODUCTION, "the disk is full")
    with pytest.raises(Refused, match=r"the rollback of 2026\.12 at amber-quay/production did not succeed .*the disk is full.*it runs 2026\.12"):
        guide.roll_back(play.world, TARGET, AMBER, PRODUCTION, "the map does not load", LEE)
    assert play.states()[AMBER] == "delivered"
    with play.world.ledger.read() as tx:
        assert [one.subject for one in tx.holds(play.now)] == [AMBER]


def test_going_on_forgives_what_failed_and_leaves_it_as_it_is(play: Play) -> None:
    on_tuesday(play)
    assert guide.go_on(play.world, TARGET, "their disk is theirs", LEE) == 1
    assert play.audit(TARGET)[-1] == ("went on in spite of failures", {"why": "their disk is theirs", "failures": 1})
    tick = play.tick()
    assert (tick.delivered, tick.finished, play.states()[AMBER]) == (3, (), "failed")
    assert [one.client for one in guide.broken(play.world)] == [AMBER]
    with pytest.raises(Refused, match=r"nothing has failed in 2026\.12 that was not forgiven already"):
        guide.go_on(play.world, TARGET, "again", LEE)


def test_a_persons_word_is_enough_for_what_arrived_and_could_not_be_judged(play: Play) -> None:
    play.go_to("previewed")
    play.change_settings(health={"web": {"type": "http", "url": "http://127.0.0.1:9/{client}", "samples": 1}})
    play.at(TUESDAY).tick()
    assert set(play.states().values()) == {"arrived"}
    assert guide.accept(play.world, TARGET, AMBER, PRODUCTION, "I have looked", LEE).state == "delivered"
    play.send()
    assert play.desk.status("1") == "solved"


def test_a_finished_rollout_can_still_be_rolled_back_client_by_client(play: Play) -> None:
    play.go_to("delivered")
    assert play.release().state is ReleaseState.DELIVERED
    play.later(days=3)
    assert guide.roll_back(play.world, TARGET, BIRCH, PRODUCTION, "they cannot print", LEE).state == "rolled_back"
    assert play.runs() == dict.fromkeys(CLIENTS, TARGET) | {BIRCH: PREVIOUS}


# ── What cannot be done ────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("act", "client", "text"),
    [
        (guide.retry, BIRCH, "cannot retry 2026.12 at birch-harbour/production: it is planned. From there: start, withdraw."),
        (guide.retry, DRIFTWOOD, "cannot retry 2026.12 at driftwood-yard/production: it is delivered. From there: roll back."),
        (guide.skip, DRIFTWOOD, "cannot skip 2026.12 at driftwood-yard/production: it is delivered. From there: roll back."),
        (guide.roll_back, BIRCH, "cannot roll back 2026.12 at birch-harbour/production: it is planned. From there: start, withdraw."),
        (
            guide.accept,
            AMBER,
            "cannot accept 2026.12 at amber-quay/production: it is failed; only what arrived or is unknown needs a person's word",
        ),
        (
            guide.accept,
            DRIFTWOOD,
            "cannot accept 2026.12 at driftwood-yard/production: it is delivered; only what arrived or is unknown needs a person's word",
        ),
    ],
)
@pytest.mark.parametrize("dry_run", [False, True])
def test_each_act_is_refused_in_the_wrong_state_with_what_can_be_done(
    play: Play, act: Callable[..., Any], client: str, text: str, dry_run: bool
) -> None:
    """Amber Quay has failed, Birch Harbour waits, Driftwood Yard has it."""
    if not play.has("each state"):
        play.started("tolerant of 1", **strategy(ALL), work={"workers": 1})
        holds.hold(play.world, BIRCH, "they count their boats", LEE)
        play.tick()
        play.fleet.break_deploy(AMBER, PRODUCTION, "the disk is full")
        play.at(TUESDAY).tick()
        play.keep("each state")
    play.go_to("each state")
    before = play.states()
    with pytest.raises(Refused) as caught:
        act(play.world, TARGET, client, PRODUCTION, WHY, LEE, dry_run)
    assert str(caught.value) == text
    assert play.states() == before


def test_what_is_not_there_is_not_found(play: Play) -> None:
    play.go_to("started")
    for act in (guide.retry, guide.skip, guide.roll_back, guide.accept):
        with pytest.raises(NotFound, match=r"2026\.12 has no delivery to nobody/production\. See rollout status 2026\.12"):
            act(play.world, TARGET, "nobody", PRODUCTION, WHY, LEE)
        with pytest.raises(NotFound, match=r"there is no release 2031\.01"):
            act(play.world, "2031.01", AMBER, PRODUCTION, WHY, LEE)


def test_what_nobody_knows_the_version_of_cannot_be_rolled_back(play: Play) -> None:
    play.go_to("signed")
    (play.fleet.installation(AMBER, PRODUCTION).path / "VERSION").unlink()
    play.begin()
    play.tick()
    play.at(TUESDAY).tick()
    assert play.states()[AMBER] == "delivered"
    with pytest.raises(Refused, match=r"cannot roll back 2026\.12 at amber-quay/production: nobody knows what it ran before"):
        guide.roll_back(play.world, TARGET, AMBER, PRODUCTION, WHY, LEE)


def test_going_on_needs_a_rollout_in_which_something_failed(play: Play) -> None:
    play.go_to("signed")
    with pytest.raises(Refused, match=r"2026\.12 is signed, not rolling out"):
        guide.go_on(play.world, TARGET, WHY, LEE)
    play.begin()
    with pytest.raises(Refused, match=r"nothing has failed in 2026\.12 that was not forgiven already"):
        guide.go_on(play.world, TARGET, WHY, LEE)


def test_dry_runs_decide_and_do_nothing(play: Play) -> None:
    on_tuesday(play)
    before = len(play.audit(f"{AMBER}/production"))
    for act in (guide.retry, guide.skip, guide.roll_back):
        assert act(play.world, TARGET, AMBER, PRODUCTION, WHY, LEE, dry_run=True).state == "failed"
    assert guide.go_on(play.world, TARGET, WHY, LEE, dry_run=True) == 1
    assert (play.states()[AMBER], play.waves()["everyone"], len(play.audit(f"{AMBER}/production"))) == ("failed", "halted", before)
