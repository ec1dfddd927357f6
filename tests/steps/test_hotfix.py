"""Critical hotfixes: two clocks that start at once, are shown, warned about, and stopped once each."""

import pytest

from rollout.errors import NotFound, Refused
from rollout.steps import hotfix
from tests.playing import FIRST, HOUR, LEE, SAM, SECOND, Play


def told(play: Play) -> list[tuple[str, str]]:
    return [(reason.code, reason.text.partition(": ")[2]) for _, reasons in hotfix.running(play.world) for reason in reasons]


def test_opening_one_promises_triage_in_fifteen_minutes_and_a_status_within_the_hour(play: Play) -> None:
    play.go_to("collected")
    clock = hotfix.open_hotfix(play.world, (FIRST, SECOND), LEE)
    assert clock.id == f"20261130-1400-{FIRST}"
    assert told(play) == [("clock-running", "triage is due in 15 minutes"), ("clock-running", "status notice is due in 60 minutes")]
    assert play.audit(clock.id) == [("hotfix opened", {"keys": [FIRST, SECOND]})]


def test_a_promise_that_is_broken_says_by_how_much(play: Play) -> None:
    play.go_to("collected")
    hotfix.open_hotfix(play.world, (FIRST,), LEE)
    play.later(minutes=20)
    assert told(play) == [("clock-broken", "triage is 5 minutes late"), ("clock-running", "status notice is due in 40 minutes")]


def test_triage_and_status_stop_their_clocks_and_are_written_down(play: Play) -> None:
    play.go_to("collected")
    clock = hotfix.open_hotfix(play.world, (FIRST,), LEE)
    play.later(minutes=10)
    hotfix.triaged(play.world, clock.id, SAM)
    assert told(play) == [("clock-running", "status notice is due in 50 minutes")]
    given = hotfix.notice_given(play.world, clock.id, play.now + 4 * HOUR, SAM)
    assert (given.eta, told(play)) == (play.now + 4 * HOUR, [])
    assert [act for act, _ in play.audit(clock.id)] == ["hotfix opened", "hotfix triaged", "hotfix status given"]


def test_what_was_noted_is_noted_once(play: Play) -> None:
    play.go_to("collected")
    clock = hotfix.open_hotfix(play.world, (FIRST,), LEE)
    hotfix.triaged(play.world, clock.id, SAM)
    with pytest.raises(Refused, match="hotfix triaged was noted already"):
        hotfix.triaged(play.world, clock.id, SAM)
    with pytest.raises(Refused, match=f"hotfix {clock.id} is open already"):
        hotfix.open_hotfix(play.world, (FIRST,), LEE)


def test_a_hotfix_of_a_change_that_nobody_knows_is_not_opened(play: Play) -> None:
    play.go_to("collected")
    with pytest.raises(NotFound, match=r"no change SKIFF-4711 is known; collect first: rollout collect"):
        hotfix.open_hotfix(play.world, (FIRST, "SKIFF-4711"), LEE)
    with pytest.raises(NotFound, match=r"there is no hotfix nonsense\. Open: none"):
        hotfix.triaged(play.world, "nonsense", SAM)


def test_dry_runs_start_and_stop_nothing(play: Play) -> None:
    play.go_to("collected")
    hotfix.open_hotfix(play.world, (FIRST,), LEE, dry_run=True)
    assert hotfix.running(play.world) == ()
    clock = hotfix.open_hotfix(play.world, (FIRST,), LEE)
    hotfix.triaged(play.world, clock.id, SAM, dry_run=True)
    assert hotfix.running(play.world)[0][0].triaged_at is None
