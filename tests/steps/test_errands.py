"""Errands: what does not kill them, and how the dead come back."""

import pytest

from rollout.core.errands import ErrandState
from rollout.errors import NotFound, Refused
from rollout.steps import errands
from tests.cli.calling import ask, call
from tests.playing import DANA, FOLLOWING, LATE, Play


def states(play: Play) -> list[str]:
    return [str(one.state) for one in play.errands()]


def kill(play: Play) -> str:
    """Have JIRA refuse the first errand; its key is returned."""
    play.go_to("cut")
    play.jira.fault("400", method="POST", path="version")
    play.send()
    assert states(play)[0] == "dead"
    return play.errands()[0].key


def test_a_credential_that_is_not_accepted_puts_errands_off_however_often(play: Play) -> None:
    play.go_to("cut")
    for _ in range(12):
        play.jira.fault("401", method="POST", path="version")
        assert (play.send().dead, states(play)) == (0, ["waiting", "waiting"])
        assert play.errands()[0].attempts == 0
        play.later(minutes=16)
    assert play.send().errands == 2
    assert play.jira.fix_versions(LATE) == (FOLLOWING,)


def test_a_dead_errand_is_run_again_when_somebody_says_so(play: Play) -> None:
    key = kill(play)
    assert errands.retry(play.world, key, DANA).state is ErrandState.WAITING
    assert play.send().errands == 1
    assert "errand retried" in [act for act, _ in play.audit(key)]


def test_a_dry_run_leaves_a_dead_errand_dead(play: Play) -> None:
    errands.retry(play.world, kill(play), DANA, dry_run=True)
    assert states(play)[0] == "dead"


def test_what_is_done_is_not_run_again(play: Play) -> None:
    play.go_to("cut")
    play.send()
    with pytest.raises(Refused, match="is done already"):
        errands.retry(play.world, play.errands()[0].key, DANA)


def test_an_errand_that_nobody_put_is_not_found(play: Play) -> None:
    with pytest.raises(NotFound, match=r"there is no errand nonsense\. See rollout errands list"):
        errands.retry(play.world, "nonsense", DANA)


def test_the_command_line_lists_the_dead_and_runs_them_again(play: Play) -> None:
    key = kill(play)
    dead = [one["key"] for one in ask("-C", play.folder, "errands", "list", "--state", "dead")["errands"]]
    assert dead[0] == key
    said = call("-C", play.folder, "errands", "list")
    assert key in said.out
    assert said.out.endswith("Next: rollout errands retry KEY\n")
    assert call("-C", play.folder, "errands", "retry", key, "--as", DANA).out == f"{key} will be run again. Next: rollout notify\n"
    assert ask("-C", play.folder, "errands", "list", "--state", "dead")["errands"][0]["key"] == dead[1]
