"""What people look at: a release, what is rolling out, the tickets. Reads only; the shapes are those of `--json` and stay as they are."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from rollout.core.changes import Change, TicketLink
from rollout.core.closing import Channel, Notice, NoticeKind, NoticeState, Ticket
from rollout.core.delivery import Delivery, DeliveryState, WaveProgress, WaveState
from rollout.core.holds import Hold, Stop
from rollout.core.releases import Release, ReleaseState, order
from rollout.core.values import Reason, Version
from rollout.errors import NotFound
from rollout.ports import Tx, World
from rollout.steps.content import Content, changes_of, find, is_frozen, look

View = dict[str, Any]


def release(world: World, version: str) -> View:
    """One release: its changes with readiness and evidence, what nobody proved or claimed, and who has signed."""
    content = look(world, version)
    with world.ledger.read() as tx:
        left = [member for member in tx.members(content.release.version) if member.left_at is not None]
    return {
        "version": content.release.version,
        "kind": str(content.release.kind),
        "state": str(content.release.state),
        "revision": content.release.revision,
        "digest": content.digest,
        "fix_versions": list(content.release.fix_versions),
        "assessment": content.release.assessment.model_dump(mode="json") if content.release.assessment else None,
        "changes": [_change(content, change) for change in content.changes],
        "left": [{"key": member.key, "at": _iso(member.left_at), "why": member.left_why} for member in left],
        "evidence_known": content.proof.known,
        "unproven": list(content.proof.unproven),
        "unclaimed": list(content.proof.unclaimed),
        "signoffs": [one.model_dump(mode="json") for one in content.signoffs],
        "missing": [_reason(reason) for reason in content.standing.reasons] if is_frozen(content.release) else [],
    }


def _change(content: Content, change: Change) -> View:
    return {
        "key": change.key,
        "summary": change.summary,
        "kind": str(change.kind),
        "audience": str(change.audience),
        "ready": not content.reasons[change.key],
        "reasons": [_reason(reason) for reason in content.reasons[change.key]],
        "evidence": list(content.proof.evidence.get(change.key, ())),
        "tickets": [f"{link.desk}/{link.ticket}" for link in content.links if link.change == change.key],
    }


def releases(world: World) -> View:
    """All releases, oldest first."""
    with world.ledger.read() as tx:
        rows = [(one, len(changes_of(tx, one))) for one in tx.releases()]
    listed = [
        {"version": one.version, "kind": str(one.kind), "state": str(one.state), "changes": size, "cut_at": _iso(one.cut_at)} for one, size in rows
    ]
    return {"releases": listed}


# ── Rollouts ───────────────────────────────────────────────────────────────────────────────────────


def status(world: World, version: str | None = None) -> View:
    """What is rolling out (or that one release): every wave, and every delivery with the reasons why it waits or broke."""
    at = world.clock()
    with world.ledger.read() as tx:
        chosen = [find(tx, version)] if version else _current(tx)
        stop, holds = tx.stop(), tx.holds(at)
        return {
            "at": _iso(at),
            "stop": _stop(stop) if stop else None,
            "holds": [hold.model_dump(mode="json") for hold in holds],
            "rollouts": [_rollout(tx, one, holds) for one in chosen],
        }


def _current(tx: Tx) -> list[Release]:
    """What is rolling out; if nothing is, what rolled out last."""
    rolling = tx.releases((ReleaseState.ROLLING_OUT,))
    if rolling:
        return list(rolling)
    done = [one for one in tx.releases((ReleaseState.DELIVERED,)) if one.finished_at is not None]
    return done[-1:]


def _rollout(tx: Tx, release: Release, holds: Sequence[Hold]) -> View:
    waves, counts = tx.waves(release.version), tx.counts(release.version)
    return {
        "version": release.version,
        "state": str(release.state),
        "waves": [_wave(wave, counts.get(wave.index, {})) for wave in waves],
        "deliveries": [_delivery(one, waves[one.wave], holds) for one in tx.deliveries(release.version)],
    }


def _wave(wave: WaveProgress, counts: Mapping[DeliveryState, int]) -> View:
    return {
        "name": wave.name,
        "environment": str(wave.environment),
        "state": str(wave.state),
        "reason": wave.reason,
        "counts": {str(state): count for state, count in sorted(counts.items())},
    }


def _delivery(one: Delivery, wave: WaveProgress, holds: Sequence[Hold]) -> View:
    return {
        "client": one.client,
        "environment": str(one.environment),
        "wave": wave.name,
        "state": str(one.state),
        "slot": _iso(one.slot_start),
        "at": _iso(one.settled_at or one.arrived_at or one.started_at),
        "previous": one.previous,
        "reasons": [_reason(reason) for reason in _why(one, wave, holds)],
    }


def _why(one: Delivery, wave: WaveProgress, holds: Sequence[Hold]) -> Iterable[Reason]:
    """The reasons that the ledger itself knows; `rollout why` asks every gate."""
    if one.reason:
        yield Reason(code=str(one.state), text=one.reason)
    if one.state is DeliveryState.PLANNED:
        if wave.state in (WaveState.WAITING, WaveState.HALTED):
            yield Reason(code=f"wave-{wave.state}", text=f"wave {wave.name} is {wave.state}")
        yield from (Reason(code="held", text=f"held by {hold.by}: {hold.why}") for hold in holds if hold.subject in (one.client, one.version))


def _stop(stop: Stop) -> View:
    return stop.model_dump(mode="json")


# ── Tickets ────────────────────────────────────────────────────────────────────────────────────────


def tickets(world: World, version: str | None = None) -> View:
    """Every link of a ticket to a change: whose it is, with which release the change comes, and what the ticket was told."""
    with world.ledger.read() as tx:
        known = {(ticket.desk, ticket.id): ticket for ticket in tx.tickets()}
        ships = _shipping(tx)
        told = _by_ticket(tx.notices(channels=(Channel.TICKET,)))
        links = tx.links()
    rows = [_ticket(link, known.get((link.desk, link.ticket)), ships.get(link.change), told) for link in links]
    return {"tickets": [row for row in rows if version is None or row["version"] == version]}


def ticket(world: World, name: str) -> View:
    """One ticket, by id or desk/id, with every notice on it. Raises NotFound."""
    desk, _, number = name.rpartition("/")
    rows = [row for row in tickets(world)["tickets"] if row["id"] == number and desk in ("", row["desk"])]
    if not rows:
        raise NotFound(f"no change is linked to a ticket {name}. See rollout tickets list")
    with world.ledger.read() as tx:
        told = [one for one in tx.notices(channels=(Channel.TICKET,)) if one.ticket == number and desk in ("", one.desk)]
    return {"tickets": rows, "notices": [one.model_dump(mode="json") for one in told]}


def _shipping(tx: Tx) -> dict[str, Version]:
    """With which release each change ships: the oldest that holds it."""
    ships: dict[str, Version] = {}
    for one in sorted(tx.releases(), key=lambda release: order(release.version), reverse=True):
        if one.state is not ReleaseState.CANCELLED:
            ships |= {change.key: one.version for change in changes_of(tx, one)}
    return ships


def _by_ticket(notices: Iterable[Notice]) -> dict[tuple[str, str, str], list[Notice]]:
    told: dict[tuple[str, str, str], list[Notice]] = {}
    for notice in notices:
        for change in notice.changes:
            told.setdefault((notice.desk, notice.ticket, change), []).append(notice)
    return told


def _ticket(link: TicketLink, ticket: Ticket | None, version: Version | None, told: Mapping[tuple[str, str, str], Sequence[Notice]]) -> View:
    notices = told.get((link.desk, link.ticket, link.change), ())
    available = [one for one in notices if one.kind in (NoticeKind.AVAILABLE, NoticeKind.PARTLY_AVAILABLE)]
    withdrawn = any(one.kind is NoticeKind.WITHDRAWN and one.state is NoticeState.SENT for one in notices)
    said = [one.sent_at for one in available if one.state is NoticeState.SENT and one.sent_at]
    solved = [one.sent_at for one in available if one.state is NoticeState.SENT and one.resolve and one.sent_at]
    return {
        "desk": link.desk,
        "id": link.ticket,
        "client": ticket.client if ticket else None,
        "change": link.change,
        "version": version,
        "state": _ticket_state(ticket, notices, available, withdrawn),
        "told_at": _iso(max(said, default=None)),
        "resolved_at": _iso(None if withdrawn else max(solved, default=None)),
        "note": next((one.last_error for one in reversed(available) if one.last_error), ""),
    }


def _ticket_state(ticket: Ticket | None, notices: Sequence[Notice], available: Sequence[Notice], withdrawn: bool) -> str:
    """In one word how far the ticket is; the furthest that holds."""
    if withdrawn:
        return "withdrawn"
    if available:
        last = max(available, key=lambda one: one.created_at)
        if last.state is NoticeState.SENT:
            return "resolved" if last.resolve else "told"
        return str(last.state)
    if ticket is None or ticket.client is None:
        return "unmatched"
    return "planned" if any(one.kind is NoticeKind.PLANNED and one.state is NoticeState.SENT for one in notices) else "open"


def _reason(reason: Reason) -> View:
    return {"code": reason.code, "text": reason.text}


def _iso(at: datetime | None) -> str | None:
    return at.isoformat().replace("+00:00", "Z") if at else None
