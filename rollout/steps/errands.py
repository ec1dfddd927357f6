"""Runs errands: what is to be written to a tracker on behalf of our acts, each by one process at a time, and in the order in which they were put."""

from collections.abc import Callable, Iterator
from datetime import date, datetime

from rollout.core.errands import Errand, ErrandKind, ErrandState
from rollout.core.values import ChangeKey, PersonId
from rollout.errors import NotFound, OutsideError, Refused
from rollout.ports import IssueTracker, World
from rollout.steps.leases import lapsed
from rollout.steps.setbacks import counted, next_try

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
    attempts = counted(error, errand.attempts)
    again = next_try(world, error, attempts, at)
    state = ErrandState.DEAD if again is None else ErrandState.WAITING
    return errand.model_copy(update={"attempts": attempts, "last_error": str(error), "state": state, "not_before": again or errand.not_before})


def retry(world: World, key: str, actor: PersonId, dry_run: bool = False) -> Errand:
    """Have an errand that is dead, or has been put off, run the next time. Raises NotFound for a key that nobody put; Refused if it is done."""
    at = world.clock()
    with world.ledger.begin() as tx:
        errand = next((one for one in tx.errands() if one.key == key), None)
        if errand is None:
            raise NotFound(f"there is no errand {key}. See rollout errands list")
        if errand.state is ErrandState.DONE:
            raise Refused(f"errand {key} is done already")
        new = errand.model_copy(update={"state": ErrandState.WAITING, "attempts": 0, "last_error": "", "not_before": at})
        if not dry_run:
            tx.save_errand(new)
            tx.record(at, actor, "errand retried", key, {"note": errand.last_error} if errand.last_error else {})
    return new


def _day(text: str) -> date | None:
    return date.fromisoformat(text) if text else None


_ERRANDS: dict[ErrandKind, Callable[[IssueTracker, dict[str, str]], None]] = {
    ErrandKind.ENSURE_FIX_VERSION: lambda jira, words: jira.ensure_fix_version(words["name"], words["project"], _day(words["release_date"])),
    ErrandKind.RELEASE_FIX_VERSION: lambda jira, words: jira.release_fix_version(words["name"], date.fromisoformat(words["day"])),
    ErrandKind.MOVE_CHANGE: lambda jira, words: jira.move_change(ChangeKey(words["key"]), words["old"], words["new"], words["why"]),
}
