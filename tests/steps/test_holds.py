"""Holds and the brake, as acts of people: what they say, when they are refused, what is written down."""

import pytest

from rollout.core.values import PersonId
from rollout.errors import NotFound, Refused
from rollout.steps import holds
from tests.playing import AMBER, DANA, HOUR, LEE, MONDAY, SAM, TARGET, Play


def held(play: Play) -> list[str]:
    with play.world.ledger.read() as tx:
        return [hold.subject for hold in tx.holds(play.now)]


def test_a_hold_says_who_and_why_and_is_lifted_with_a_reason(play: Play) -> None:
    play.go_to("collected")
    put = holds.hold(play.world, AMBER, "they count their boats", LEE)
    assert (put.by, put.why, held(play)) == (LEE, "they count their boats", [AMBER])
    assert holds.lift(play.world, AMBER, "they have counted", DANA) == 1
    assert held(play) == []
    assert play.audit(AMBER) == [("held", {"why": "they count their boats", "until": None}), ("lifted", {"why": "they have counted", "holds": 1})]


def test_several_holds_on_one_subject_are_lifted_together(play: Play) -> None:
    play.go_to("collected")
    for why in ("they count their boats", "they audit"):
        holds.hold(play.world, AMBER, why, LEE)
    assert holds.lift(play.world, AMBER, "all done", DANA) == 2


def test_a_release_can_be_held_as_well(play: Play) -> None:
    play.go_to("collected")
    holds.hold(play.world, TARGET, "let us think", DANA)
    assert held(play) == [TARGET]


def test_a_hold_until_a_moment_ends_by_itself(play: Play) -> None:
    play.go_to("collected")
    holds.hold(play.world, AMBER, "they count their boats", LEE, until=MONDAY + HOUR)
    play.at(MONDAY + HOUR)
    assert held(play) == []


def test_what_cannot_be_held_or_lifted_says_why(play: Play) -> None:
    play.go_to("collected")
    with pytest.raises(NotFound, match=r"amber-key is neither a client of clients\.yaml nor a release\. Did you mean amber-quay\?"):
        holds.hold(play.world, "amber-key", "typo", LEE)
    with pytest.raises(Refused, match=r"cannot hold amber-quay until 2026-11-30 13:00: that is past"):
        holds.hold(play.world, AMBER, "too late", LEE, until=MONDAY - HOUR)
    with pytest.raises(NotFound, match=r"amber-quay is not held\. On hold now: nothing"):
        holds.lift(play.world, AMBER, "nothing there", LEE)


def test_one_person_stops_everything_and_two_release_it(play: Play) -> None:
    holds.stop(play.world, "the network is down", LEE)
    assert holds.resume(play.world, "it is up", LEE).lifted_at is None
    with pytest.raises(Refused, match="lee has resumed already; somebody else must as well"):
        holds.resume(play.world, "really", LEE)
    assert holds.resume(play.world, "it is", SAM).lifted_at == play.now
    with play.world.ledger.read() as tx:
        assert tx.stop() is None
    assert [act for act, _ in play.audit("everything")] == ["stopped", "resumed", "resumed"]


def test_the_brake_refuses_what_makes_no_sense(play: Play) -> None:
    with pytest.raises(Refused, match="nothing is stopped"):
        holds.resume(play.world, "nothing there", LEE)
    holds.stop(play.world, "the network is down", LEE)
    with pytest.raises(Refused, match=r'everything is stopped already, by lee \("the network is down"\)'):
        holds.stop(play.world, "again", DANA)


@pytest.mark.parametrize("actor", ["zoe", "nobody"])
def test_only_people_with_a_role_touch_the_brake(play: Play, actor: str) -> None:
    file = play.folder / "people.yaml"
    file.write_text(file.read_text(encoding="utf-8") + "- {id: zoe, name: Zoe}\n", encoding="utf-8")
    play.reopen()
    for act in (holds.stop, holds.resume):
        with pytest.raises((Refused, NotFound), match=r"dana, lee, quinn, sam"):
            act(play.world, "I can", PersonId(actor))


def test_it_can_be_stopped_again_after_it_was_released(play: Play) -> None:
    holds.stop(play.world, "the network is down", LEE)
    for person in (LEE, SAM):
        holds.resume(play.world, "it is up", person)
    play.later(hours=1)
    holds.stop(play.world, "it is down again", DANA)
    with play.world.ledger.read() as tx:
        stop = tx.stop()
    assert stop is not None
    assert (stop.by, stop.resumed_by) == (DANA, ())


def test_dry_runs_touch_nothing(play: Play) -> None:
    play.go_to("collected")
    holds.hold(play.world, AMBER, "they count their boats", LEE, dry_run=True)
    holds.stop(play.world, "the network is down", LEE, dry_run=True)
    with play.world.ledger.read() as tx:
        assert (tx.holds(play.now), tx.stop()) == ((), None)
