"""What lost, slow and racing processes leave behind: what is looked up, when, and what is never overwritten."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from rollout.core.delivery import DeliveryState
from rollout.core.values import Version
from rollout.ports import World
from rollout.steps.advance import Batch, advance, deliver
from rollout.steps.advance.carry_out import Done
from rollout.wiring.owner import owner
from tests.killing import acts_in
from tests.playing import AMBER, BIRCH, CLIENTS, DRIFTWOOD, PREVIEW, PRODUCTION, TARGET, TUESDAY, WEDNESDAY, Play

ELSEWHERE = "elsewhere:7:1"
HOTFIX = Version("2026.11.1")
PATIENCE = 30.0


def lost(_world: World, _batch: Batch) -> Done:
    """A process that is gone between its claim and its first act."""
    return Done()


def wait_until(happened: Callable[[], object]) -> None:
    until = time.monotonic() + PATIENCE
    while not happened():
        assert time.monotonic() < until, "it did not happen"
        time.sleep(0.005)


def claimed_by(play: Play, name: str) -> Play:
    """The play at its first tick, with every preview claimed by a process of that name, which then was lost or slow."""
    play.go_to("started")
    advance(replace(play.world, owner=name), run=lost)
    assert set(play.states(PREVIEW).values()) == {"started"}
    return play


def acts(play: Play) -> dict[str, list[str]]:
    """Which keys took effect at each preview."""
    return {client: [act.key for act in play.fleet.acts_of(client, PREVIEW)] for client in CLIENTS}


ONCE = {str(client): [f"{TARGET}:{client}:{PREVIEW}:1"] for client in CLIENTS}
NEVER: dict[str, list[str]] = {str(client): [] for client in CLIENTS}


# ── Leases ─────────────────────────────────────────────────────────────────────────────────────────


def test_what_a_process_on_another_machine_has_is_left_alone_until_its_lease_is_over(play: Play) -> None:
    claimed_by(play, ELSEWHERE).later(minutes=29)
    assert play.tick().recovered == 0
    assert acts(play) == NEVER
    play.later(minutes=2)
    assert play.tick().recovered == len(CLIENTS)
    assert set(play.states(PREVIEW).values()) == {"delivered"}
    assert acts(play) == ONCE


def test_a_process_of_this_machine_keeps_what_it_claimed_as_long_as_it_lives(play: Play) -> None:
    program = "from rollout.wiring.owner import owner; print(owner(), flush=True); input()"
    with subprocess.Popen([sys.executable, "-c", program], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        claimed_by(play, process.stdout.readline().strip()).later(hours=2)
        assert play.tick().recovered == 0
        process.kill()
        process.wait(PATIENCE)
        assert play.tick().recovered == len(CLIENTS)
    assert acts(play) == ONCE


def test_what_this_very_process_left_behind_waits_for_the_end_of_its_lease(play: Play) -> None:
    claimed_by(play, owner())
    assert play.tick().recovered == 0
    assert play.later(minutes=31).tick().recovered == len(CLIENTS)
    assert acts(play) == ONCE


def test_what_does_not_begin_in_the_first_half_of_its_lease_is_put_off(play: Play) -> None:
    def slow(world: World, batch: Batch) -> Done:
        play.later(minutes=16)
        return deliver(world, batch)

    play.go_to("started")
    tick = advance(play.world, run=slow)
    assert tick.delivered == 0
    assert tick.postponed >= len(CLIENTS)
    assert "its turn did not come in time" in {play.delivery(client, PREVIEW).reason for client in CLIENTS}
    assert play.tick().delivered == len(CLIENTS)
    assert acts(play) == ONCE


def test_an_outcome_that_comes_after_another_process_took_over_changes_nothing(play: Play) -> None:
    def slow(world: World, batch: Batch) -> Done:
        play.later(minutes=31)
        assert play.tick().recovered == len(CLIENTS)
        return deliver(world, batch)

    play.go_to("started")
    tick = advance(replace(play.world, owner=ELSEWHERE), run=slow)
    assert (tick.delivered, tick.postponed) == (0, 0)
    assert set(play.states(PREVIEW).values()) == {"delivered"}
    assert acts(play) == ONCE
    told = [data["outcome"] for act, data in play.audit(f"{AMBER}/{PREVIEW}") if act == "delivery outcome came too late"]
    assert told == [["postpone: its turn did not come in time"]]


# ── Looking up ─────────────────────────────────────────────────────────────────────────────────────


@contextmanager
def hanging(play: Play, client: str) -> Iterator[Callable[[], None]]:
    """While in it, deployments to the client's preview hang; they go on once what is yielded has been called."""
    path = play.fleet.installation(client, PREVIEW).path / "slow"
    os.mkfifo(path)
    gone_on = False

    def go_on() -> None:
        nonlocal gone_on
        gone_on = True
        let_go(path)

    try:
        yield go_on
    finally:
        if not gone_on:
            let_go(path)


def let_go(path: Path) -> None:
    """Let the script that reads from the path, if there is one, go on; and none wait there after it."""
    with os.fdopen(os.open(path, os.O_RDWR), "w") as pipe:  # for writing alone it would be waited for a reader
        path.unlink()
        pipe.write("0\n")
        pipe.flush()


def kill_during(play: Play, started: Callable[[], object]) -> None:
    """Let a tick begin in a process of its own, and kill that once it has come so far."""
    with acts_in(play.folder) as processes:
        pid = processes.start("advance")
        wait_until(started)
        os.kill(pid, signal.SIGKILL)
        assert processes.end().killed


def deploying(play: Play, client: str) -> bool:
    """Whether a deploy script of the client's preview is running."""
    script = str(play.fleet.installation(client, PREVIEW).path / "deploy").encode()
    return any(script in line for line in map(command_line, Path("/proc").glob("[0-9]*")))


def command_line(process: Path) -> bytes:
    try:
        return (process / "cmdline").read_bytes()
    except OSError:
        return b""


def test_a_program_that_outlives_the_process_which_started_it_is_waited_for(play: Play) -> None:
    play.go_to("started")
    with hanging(play, AMBER) as go_on:
        kill_during(play, lambda: deploying(play, AMBER))
        play.tick()
        assert play.delivery(AMBER, PREVIEW).state is DeliveryState.STARTED
        assert play.delivery(AMBER, PREVIEW).reason == "attempt 1 is still running, without the process that began it; its end is waited for"
        assert acts(play)[AMBER] == []
        go_on()
        wait_until(lambda: not deploying(play, AMBER))
    play.tick()
    assert set(play.states(PREVIEW).values()) == {"delivered"}
    assert acts(play) == ONCE


def test_a_program_that_outlives_its_lease_is_for_a_person_to_judge(play: Play) -> None:
    play.go_to("started")
    with hanging(play, AMBER):
        kill_during(play, lambda: deploying(play, AMBER))
        play.later(minutes=31).tick()
        left = play.delivery(AMBER, PREVIEW)
    assert (left.state, left.reason) == (
        DeliveryState.UNKNOWN,
        "attempt 1 is still running, without the process that began it; a person decides",
    )


def test_a_service_is_asked_again_under_the_same_key_and_does_it_once(play: Play) -> None:
    play.go_to("started")
    key = f"{TARGET}:{DRIFTWOOD}:{PREVIEW}:1"
    with hanging(play, DRIFTWOOD) as go_on, ThreadPoolExecutor(1) as pool:
        kill_during(play, lambda: deploying(play, DRIFTWOOD))
        ticking = pool.submit(play.tick)
        wait_until(lambda: play.delivery(DRIFTWOOD, PREVIEW).owner == owner() and play.delivery(DRIFTWOOD, PREVIEW).attempt == 1)
        go_on()
        ticking.result(PATIENCE)
    assert set(play.states(PREVIEW).values()) == {"delivered"}
    assert acts(play)[DRIFTWOOD] == [key]


def test_an_answer_that_is_lost_is_looked_up_at_once(play: Play) -> None:
    play.go_to("started")
    play.fleet.lose_answers(AMBER, PREVIEW)
    assert play.tick().delivered == len(CLIENTS)
    assert acts(play) == ONCE


def test_an_answer_that_is_lost_before_anything_was_done_is_for_a_person_to_judge(play: Play) -> None:
    play.go_to("started")
    dying = {"type": "command", "deploy": ["sh", "-c", "kill -9 $$"], "installed": ["{dir}/version"]}
    play.change_settings(executors={"agent": dying, "hook": dying})
    play.tick()
    assert play.states(PREVIEW)[AMBER] == "unknown"


def test_what_ran_before_is_what_runs_when_it_starts_not_when_the_rollout_began(play: Play) -> None:
    play.go_to("started")
    play.tick()
    play.at(TUESDAY)
    play.fleet.add(AMBER, PRODUCTION, HOTFIX)
    with play.world.ledger.begin() as tx:
        tx.set_installed({(AMBER, PRODUCTION): HOTFIX}, play.now)
    advance(replace(play.world, owner=ELSEWHERE), run=lost)
    assert (play.delivery(AMBER).previous, play.delivery(BIRCH).previous) == (HOTFIX, "2026.11")
    play.later(minutes=31).tick()
    assert play.states()[AMBER] == "delivered"


# ── Planning while others act ──────────────────────────────────────────────────────────────────────


def disturbed(world: World, act: Callable[[], object]) -> World:
    """The same world, in which that is done once when the calendars are asked: between reading what is planned and storing what moved."""
    left = [act]

    def coverage() -> object:
        while left:
            left.pop()()
        return world.coverage()

    return replace(world, coverage=coverage)  # type: ignore[arg-type]  # it answers as the real one does


def test_a_delivery_that_starts_while_it_is_planned_anew_is_left_alone(play: Play) -> None:
    play.go_to("started")
    play.freeze(TUESDAY, WEDNESDAY)
    before = play.delivery(AMBER)

    def start_it() -> None:
        with play.world.ledger.begin() as tx:
            claimed = tx.claim([before], ELSEWHERE, play.now)
            tx.save_deliveries([one.model_copy(update={"state": DeliveryState.STARTED}) for one in claimed])

    advance(disturbed(play.world, start_it), run=lost)
    now = play.delivery(AMBER)
    assert (now.state, now.owner, now.slot_start) == (DeliveryState.STARTED, ELSEWHERE, before.slot_start)
    assert play.delivery(BIRCH).slot_start.date() == WEDNESDAY.date()


def test_of_two_processes_that_plan_anew_at_once_one_is_heard(play: Play) -> None:
    play.go_to("started")
    play.freeze(TUESDAY, WEDNESDAY)
    other = replace(play.world)
    tick = advance(disturbed(play.world, lambda: advance(other, run=lost)), run=lost)
    assert tick.moved == 0
    assert tick.problems == ()
    assert [act for act, _ in play.audit(f"{AMBER}/{PRODUCTION}")] == ["slot moved"]


def test_of_two_processes_that_finish_at_once_one_does(play: Play) -> None:
    def and_another_tick(world: World, batch: Batch) -> Done:
        done = deliver(world, batch)
        assert play.tick().finished == (TARGET,)
        return done

    play.go_to("started")
    play.tick()
    play.at(TUESDAY)
    tick = advance(play.world, run=and_another_tick)
    assert (tick.delivered, tick.finished, tick.problems) == (len(CLIENTS), (), ())
    assert [act for act, _ in play.audit(TARGET)].count("release delivered") == 1
