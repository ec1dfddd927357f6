"""Closing the loop: which ticket is told what, and when; and the notice as it waits to be sent."""

from enum import StrEnum

from rollout.core.values import ChangeKey, ClientId, Moment, Value, Version


class NoticeKind(StrEnum):
    """What a notice is about; together with ticket, client and version it makes the notice unique."""

    PLANNED = "planned"
    READY_TO_TRY = "ready_to_try"
    AVAILABLE = "available"
    PARTLY_AVAILABLE = "partly_available"
    WITHDRAWN = "withdrawn"


class Channel(StrEnum):
    """The way that a notice takes."""

    TICKET = "ticket"
    MAIL = "mail"
    CALL = "call"


class NoticeState(StrEnum):
    REVIEW = "review"
    WAITING = "waiting"
    SENDING = "sending"
    SENT = "sent"
    LEFT_ALONE = "left_alone"
    CANCELLED = "cancelled"
    DEAD = "dead"


class Notice(Value):
    """What a client is told, once. `key` is unique: the same notice is never written twice.

    `desk` and `ticket` name the conversation for the ticket channel; `recipient` is the mail address or telephone number for the others.
    `body` is plain text. `resolve` also solves the ticket. `not_before` keeps it to the client's business hours.
    While it is being sent, `owner` and `lease_until` say by which process.
    """

    key: str
    kind: NoticeKind
    channel: Channel
    version: Version
    client: ClientId
    changes: tuple[ChangeKey, ...]
    desk: str = ""
    ticket: str = ""
    recipient: str = ""
    subject: str = ""
    body: str
    resolve: bool = False
    state: NoticeState = NoticeState.WAITING
    not_before: Moment
    attempts: int = 0
    owner: str = ""
    lease_until: Moment | None = None
    last_error: str = ""
    sent_at: Moment | None = None
    created_at: Moment


class TicketStatus(StrEnum):
    """A ticket's status, in words that every desk can be mapped to. `solved` can be reopened by a reply, `closed` cannot."""

    OPEN = "open"
    SOLVED = "solved"
    CLOSED = "closed"


class Ticket(Value):
    """A help-desk ticket as last seen. `organization` is the desk's name or id for the requester's client; `client` is ours, once matched."""

    desk: str
    id: str
    status: TicketStatus
    subject: str = ""
    organization: str = ""
    client: ClientId | None = None
    updated: Moment
