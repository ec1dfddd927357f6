"""Holds and the emergency brake: typed acts with a reason. Stopping takes one authorised person, resuming takes two."""

from datetime import datetime
from difflib import get_close_matches

from rollout.core.holds import Hold, Stop
from rollout.core.values import ClientId, PersonId, Version
from rollout.errors import NotFound, Refused
from rollout.ports import Tx, World
from rollout.steps.people import with_role


def hold(world: World, subject: str, why: str, actor: PersonId, until: datetime | None = None, dry_run: bool = False) -> Hold:
    """Keep a client or a release out of automation, until it is lifted or the moment has come. What is under way finishes."""
    put = Hold(subject=subject, by=actor, at=world.clock(), why=why, until=until)
    if until is not None and until <= put.at:
        raise Refused(f"cannot hold {subject} until {until:%Y-%m-%d %H:%M}: that is past")
    with world.ledger.begin() as tx:
        _known(world, tx, subject)
        if not dry_run:
            tx.add_hold(put)
            tx.record(put.at, actor, "held", subject, {"why": why, "until": until.isoformat() if until else None})
    return put


def lift(world: World, subject: str, why: str, actor: PersonId, dry_run: bool = False) -> int:
    """Lift every hold on the subject; returns how many there were. Raises NotFound if there is none."""
    at = world.clock()
    with world.ledger.begin() as tx:
        held = [one for one in tx.holds(at) if one.subject == subject]
        if not held:
            others = ", ".join(sorted({one.subject for one in tx.holds(at)})) or "nothing"
            raise NotFound(f"{subject} is not held. On hold now: {others}")
        if not dry_run:
            tx.lift_hold(subject, at, actor, why)
            tx.record(at, actor, "lifted", subject, {"why": why, "holds": len(held)})
        return len(held)


def stop(world: World, why: str, actor: PersonId, dry_run: bool = False) -> Stop:
    """Stop everything: nothing new starts until two people have resumed. Raises Refused for somebody who holds no role."""
    with_role(world, actor, "stop everything")
    put = Stop(by=actor, at=world.clock(), why=why)
    with world.ledger.begin() as tx:
        standing = tx.stop()
        if standing is not None:
            raise Refused(f'everything is stopped already, by {standing.by} ("{standing.why}")')
        if not dry_run:
            tx.save_stop(put)
            tx.record(put.at, actor, "stopped", "everything", {"why": why})
    return put


def resume(world: World, why: str, actor: PersonId, dry_run: bool = False) -> Stop:
    """Say that work may go on. The second, different person's word releases the brake."""
    with_role(world, actor, "resume everything")
    at = world.clock()
    with world.ledger.begin() as tx:
        standing = tx.stop()
        if standing is None:
            raise Refused("nothing is stopped")
        if actor in standing.resumed_by:
            raise Refused(f"{actor} has resumed already; somebody else must as well")
        voices = (*standing.resumed_by, actor)
        resumed = standing.model_copy(update={"resumed_by": voices, "lifted_at": at if len(voices) > 1 else None})
        if not dry_run:
            tx.save_stop(resumed)
            tx.record(at, actor, "resumed", "everything", {"why": why, "lifted": resumed.lifted_at is not None})
    return resumed


def _known(world: World, tx: Tx, subject: str) -> None:
    if ClientId(subject) not in world.clients() and tx.release(Version(subject)) is None:
        close = get_close_matches(subject, [*world.clients(), *(release.version for release in tx.releases())], n=1)
        raise NotFound(f"{subject} is neither a client of clients.yaml nor a release.{f' Did you mean {close[0]}?' if close else ''}")
