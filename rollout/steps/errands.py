"""Runs errands: what is to be written to a tracker on behalf of our acts, each by one process at a time, and in the order in which they were put."""

from collections.abc import Callable, Iterator
from datetime import date, datetime

from rollout.core.errands import Errand, ErrandKind, ErrandState
from rollout.core.values import ChangeKey
from rollout.errors import OutsideError
from rollout.ports import IssueTracker, World
from rollout.steps.leases import lapsed
from rollout.steps.setbacks import next_try

_ACTOR = "notify"


def run_errands(world: World, tracker: IssueTracker, at: datetime) -> Iterator[Errand]:
    """Run the tracker's errands that are due. One that has to wait, or that another process is at, keeps those after it waiting: they may need it."""
    with world.ledger.read() as tx:
        waiting = [errand for errand in tx.errands(states=(ErrandState.WAITING,)) if errand.tracker == tracker.name]
    for errand in waiting:
        if errand.not_before > at or (claimed := _claimed(world, errand)) is None:
            return
        done = _run(world, tracker, claimed, at)
        yield done
        if done.state is ErrandState.WAITING:
            return


def _claimed(world: World, errand: Errand) -> Errand | None:
    """The errand, leased to this process; None if another one is at work on it, or was quicker."""
    at = world.clock()
    if not lapsed(world, errand.owner, errand.lease_until, at):
        return None
    with world.ledger.begin() as tx:
        return tx.claim_errand(errand, world.owner, at + world.policies.lease)


def _run(world: World, tracker: IssueTracker, errand: Errand, at: datetime) -> Errand:
    """Every errand finds its work done if it is repeated, so that one which a lost process has left in the middle is simply run again."""
    try:
        _ERRANDS[errand.kind](tracker, errand.words)
        new = errand.model_copy(update={"state": ErrandState.DONE, "last_error": ""})
    except OutsideError as error:
        new = _failed(world, errand, error, at)
    free = new.model_copy(update={"owner": "", "lease_until": None})
    with world.ledger.begin() as tx:
        tx.save_errand(free)
        tx.record(at, _ACTOR, f"errand {free.state}", free.key, {"note": free.last_error} if free.last_error else {})
    return free


def _failed(world: World, errand: Errand, error: OutsideError, at: datetime) -> Errand:
    attempts = errand.attempts + 1
    again = next_try(world, error, attempts, at)
    state = ErrandState.DEAD if again is None else ErrandState.WAITING
    return errand.model_copy(update={"attempts": attempts, "last_error": str(error), "state": state, "not_before": again or errand.not_before})


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


_ERRANDS: dict[ErrandKind, Callable[[IssueTracker, dict[str, str]], None]] = {
    ErrandKind.ENSURE_FIX_VERSION: lambda jira, words: jira.ensure_fix_version(words["name"], words["project"], _day(words["release_date"])),
    ErrandKind.RELEASE_FIX_VERSION: lambda jira, words: jira.release_fix_version(words["name"], date.fromisoformat(words["day"])),
    ErrandKind.MOVE_CHANGE: lambda jira, words: jira.move_change(ChangeKey(words["key"]), words["old"], words["new"], words["why"]),
}
