"""What somebody is told who does not know the commands yet."""

import pytest

from rollout.steps import holds
from tests.cli.calling import call
from tests.playing import AMBER, DANA, PREVIEW, TARGET, Play


@pytest.mark.parametrize(
    ("moment", "following"),
    [
        ("collected", f"rollout release cut {TARGET}"),
        ("cut", f"rollout release show {TARGET}, then rollout sign {TARGET} --role …"),
        ("signed", f"rollout plan {TARGET}, then rollout start {TARGET}"),
    ],
)
def test_the_status_of_a_release_that_has_not_started_says_so_and_what_comes_next(play: Play, moment: str, following: str) -> None:
    play.go_to(moment)
    assert call("-C", play.folder, "status", TARGET).out.splitlines()[1:] == [f"its rollout has not started. Next: {following}"]


def test_why_tells_what_a_client_runs_and_who_holds_it_although_nothing_is_on_its_way(play: Play) -> None:
    play.go_to("signed")
    with play.world.ledger.begin() as tx:
        tx.set_installed({(AMBER, PREVIEW): TARGET}, play.now)
    holds.hold(play.world, AMBER, "their audit", DANA)
    assert call("-C", play.folder, "why", AMBER).out.splitlines() == [
        f"nothing is on its way to {AMBER}",
        f"{AMBER}/preview runs {TARGET}",
        f"{AMBER} is held by dana: their audit. Lift it: rollout lift {AMBER} --reason …",
    ]


def test_a_dry_run_of_a_retry_reads_as_a_sentence(play: Play) -> None:
    play.go_to("started")
    play.fleet.make_sick(AMBER, PREVIEW, "the map does not load", for_version=TARGET)
    play.tick()
    said = call("-C", play.folder, "retry", AMBER, TARGET, "--environment", "preview", "--reason", "mended", "--dry-run")
    assert said.out == f"would be planned again: {TARGET} at {AMBER}/preview, now failed\n"


@pytest.mark.parametrize("name", ["show", "cut", "assess", "add", "pull", "revise", "cancel"])
def test_an_act_on_a_release_is_found_under_release(name: str) -> None:
    said = call(name, TARGET)
    assert said.code == 2
    assert f"no such command: {name}. Did you mean rollout release {name}? See rollout --help" in said.err
