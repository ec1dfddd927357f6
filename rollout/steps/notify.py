"""Sends what waits in the outbox: notices to desks and by mail, errands to JIRA. Exactly one visible effect, whatever breaks on the way."""

from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

from rollout.core.clients import Environment
from rollout.core.closing import Channel, Notice, NoticeKind, NoticeState, TicketStatus
from rollout.core.delivery import DeliveryState
from rollout.core.errands import ErrandState
from rollout.core.values import PersonId, Value
from rollout.errors import BadAnswer, NotFound, OutsideError, Refused
from rollout.ports import Tx, World
from rollout.steps.errands import run_errands
from rollout.steps.leases import lapsed
from rollout.steps.setbacks import counted, next_try

_ACTOR = "notify"
_AT_ONCE = 500


class Notified(Value):
    """What was sent, left alone, put off and given up; `problems` tell what went wrong."""

    sent: int = 0
    left_alone: int = 0
    put_off: int = 0
    dead: int = 0
    errands: int = 0
    problems: tuple[str, ...] = ()


def notify(world: World) -> Notified:
    """Send every notice and run every errand that is due. Repeatable; a system that is down delays what is meant for it, and nothing else."""
    at = world.clock()
    told = [*_send_all(world, _left(world, at), _send_again), *_send_all(world, _due(world, at), _send_first)]
    done = [errand for tracker in world.trackers for errand in run_errands(world, tracker, at)]
    return Notified(
        sent=sum(one.state is NoticeState.SENT for one in told),
        left_alone=sum(one.state is NoticeState.LEFT_ALONE for one in told),
        put_off=sum(one.state is NoticeState.WAITING for one in told),
        dead=sum(one.state is NoticeState.DEAD for one in told) + sum(one.state is ErrandState.DEAD for one in done),
        errands=sum(one.state is ErrandState.DONE for one in done),
        problems=(
            *(f"{one.key}: {one.last_error}" for one in told if one.last_error),
            *(f"{one.key}: {one.last_error}" for one in done if one.last_error),
        ),
    )


def preview(world: World) -> tuple[Notice, ...]:
    """The notices that `notify` would send now."""
    with world.ledger.read() as tx:
        return _sendable(tx, world.clock())


def _sendable(tx: Tx, at: datetime) -> tuple[Notice, ...]:
    """Calls are made by people: they are not for sending."""
    due = tx.notices(states=(NoticeState.WAITING,), due_at=at, channels=(Channel.TICKET, Channel.MAIL), limit=_AT_ONCE)
    return tuple(due)


def _due(world: World, at: datetime) -> Sequence[Notice]:
    with world.ledger.read() as tx:
        return _sendable(tx, at)


def _left(world: World, at: datetime) -> Sequence[Notice]:
    """What a process that is gone left in the middle of sending."""
    with world.ledger.read() as tx:
        return [one for one in tx.notices(states=(NoticeState.SENDING,)) if lapsed(world, one.owner, one.lease_until, at)]


# ── Notices ────────────────────────────────────────────────────────────────────────────────────────

_THERE = (NoticeKind.AVAILABLE, NoticeKind.PARTLY_AVAILABLE)
_SAYS_WHAT_RUNS = {NoticeKind.READY_TO_TRY: Environment.PREVIEW, **dict.fromkeys(_THERE, Environment.PRODUCTION)}
_PERHAPS_SAID = (NoticeState.SENT, NoticeState.SENDING)

Way = Callable[[World, Notice, datetime], Notice]


def _send_all(world: World, wanted: Sequence[Notice], way: Way) -> Iterator[Notice]:
    """Claim, send and settle one after the other, so that a process that is lost leaves a single one in doubt. What others have is passed over."""
    for one in wanted:
        with world.ledger.begin() as tx:
            claimed = tx.claim_notices([one], world.owner, world.clock() + world.policies.lease)
        yield from (_send(world, notice, way) for notice in claimed)


def _send(world: World, notice: Notice, way: Way) -> Notice:
    """Carry out one claimed notice and write down what became of it; only in the trail, if somebody took it over meanwhile."""
    at = world.clock()
    try:
        new = way(world, notice, at)
    except OutsideError as error:
        new = _failed(world, notice, error, at)
    free = new.model_copy(update={"owner": "", "lease_until": None})
    with world.ledger.begin() as tx:
        own = tx.notice(notice.key) == notice
        if own:
            tx.save_notice(free)
        note = {"note": free.last_error} if free.last_error else {}
        tx.record(at, _ACTOR, f"notice {free.state}", free.key, note if own else note | {"late": "another process took it over"})
    return free


def _send_first(world: World, notice: Notice, at: datetime) -> Notice:
    return _by_ticket(world, notice, at) if notice.channel is Channel.TICKET else _by_mail(world, notice, at)


def _send_again(world: World, notice: Notice, at: datetime) -> Notice:
    """After a process was lost in the middle: a desk is looked at, mail cannot be, so there a person decides."""
    if notice.channel is Channel.TICKET:
        return _by_ticket(world, notice, at)
    why = "the process that sent it was lost: it may have gone out or not. Ask the recipient, then: rollout notices done, or release"
    return notice.model_copy(update={"state": NoticeState.DEAD, "last_error": why})


def _by_ticket(world: World, notice: Notice, at: datetime) -> Notice:
    """Look at the ticket first: whether it was told already, and whether a person has dealt with it."""
    desk = world.desks.get(notice.desk)
    if desk is None:
        raise BadAnswer(notice.desk, f"rollout.yaml no longer has this desk; ticket {notice.ticket} cannot be told")
    ticket = desk.ticket(notice.ticket)
    if ticket is None:
        return _left_alone(notice, f"{notice.desk} has no ticket {notice.ticket} any more")
    if desk.was_told(notice.ticket, notice.key):
        return _sent(notice, at)
    if ticket.status is TicketStatus.CLOSED:
        return _left_alone(notice, f"ticket {notice.ticket} is closed")
    if ticket.status is TicketStatus.SOLVED and notice.kind is not NoticeKind.WITHDRAWN:
        return _left_alone(notice, f"ticket {notice.ticket} is solved already")
    untrue = _why_untrue(world, notice)
    if untrue:
        return notice.model_copy(update={"state": NoticeState.CANCELLED, "last_error": untrue})
    if notice.kind is NoticeKind.WITHDRAWN:
        desk.reopen(notice.ticket, notice.body, notice.key)
    else:
        desk.reply(notice.ticket, notice.body, notice.key, notice.resolve)
    return _sent(notice, at)


def _why_untrue(world: World, notice: Notice) -> str:
    """Why a notice that was true when it was put is not any more; empty if it still is. Asked at the last moment: a rollback may be quicker."""
    with world.ledger.read() as tx:
        if notice.kind is NoticeKind.WITHDRAWN:
            return _why_needless(tx, notice)
        environment = _SAYS_WHAT_RUNS.get(notice.kind)
        delivery = tx.delivery(notice.version, notice.client, environment) if environment else None
    if delivery is None or delivery.state is DeliveryState.DELIVERED:
        return ""
    return f"{delivery.name} is {delivery.state}: {delivery.reason}"


def _why_needless(tx: Tx, notice: Notice) -> str:
    """Why nothing has to be taken back; empty if the ticket may have heard of it."""
    there = [one for one in tx.notices(version=notice.version, client=notice.client) if one.kind in _THERE and one.state in _PERHAPS_SAID]
    heard = any((one.desk, one.ticket) == (notice.desk, notice.ticket) for one in there)
    return "" if heard else f"ticket {notice.ticket} was never told that it was there"


def _by_mail(world: World, notice: Notice, at: datetime) -> Notice:
    if world.mailer is None:
        raise BadAnswer("mail", "rollout.yaml has no notify.mail any more")
    untrue = _why_untrue(world, notice)
    if untrue:
        return notice.model_copy(update={"state": NoticeState.CANCELLED, "last_error": untrue})
    world.mailer.send(notice.recipient, notice.subject, notice.body, notice.key)
    return _sent(notice, at)


def _sent(notice: Notice, at: datetime) -> Notice:
    return notice.model_copy(update={"state": NoticeState.SENT, "sent_at": at, "last_error": ""})


def _left_alone(notice: Notice, why: str) -> Notice:
    return notice.model_copy(update={"state": NoticeState.LEFT_ALONE, "last_error": why})


def _failed(world: World, notice: Notice, error: OutsideError, at: datetime) -> Notice:
    attempts = counted(error, notice.attempts)
    again = next_try(world, error, attempts, at)
    state = NoticeState.DEAD if again is None else NoticeState.WAITING
    return notice.model_copy(update={"attempts": attempts, "last_error": str(error), "state": state, "not_before": again or notice.not_before})


# ── What people do with notices ────────────────────────────────────────────────────────────────────


def release_notice(world: World, key: str, actor: PersonId, body: str | None = None, dry_run: bool = False) -> Notice:
    """Let a notice that waits for review go out, as it is or as a person wrote it; or send a dead one again."""
    return _by_hand(world, key, actor, "released", (NoticeState.REVIEW, NoticeState.DEAD), NoticeState.WAITING, body, dry_run)


def done_by_hand(world: World, key: str, actor: PersonId, dry_run: bool = False) -> Notice:
    """Say that a person has told the client: a call was made, a dead notice was dealt with."""
    return _by_hand(world, key, actor, "done by hand", (NoticeState.WAITING, NoticeState.REVIEW, NoticeState.DEAD), NoticeState.SENT, None, dry_run)


def _by_hand(
    world: World, key: str, actor: PersonId, act: str, states: tuple[NoticeState, ...], to: NoticeState, body: str | None, dry_run: bool
) -> Notice:
    if body is not None and not body.strip():
        raise Refused(f"the text for notice {key} is empty. Write one, or leave it out: then the notice goes out as it is")
    at = world.clock()
    with world.ledger.begin() as tx:
        notice = tx.notice(key)
        if notice is None:
            raise NotFound(f"there is no notice {key}. See rollout notices list")
        if notice.state not in states:
            raise Refused(f"notice {key} is {notice.state}; only one that is {' or '.join(states)} can be {act}")
        changed: dict[str, Any] = {"state": to, "attempts": 0, "last_error": ""} | ({} if body is None else {"body": body, "edited": True})
        new = notice.model_copy(update=changed | ({"sent_at": at} if to is NoticeState.SENT else {"not_before": at}))
        if not dry_run:
            tx.save_notice(new)
            tx.record(at, actor, f"notice {act}", key, {"edited": body is not None})
    return new
