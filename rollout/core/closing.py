"""Closing the loop: which ticket is told what, and when; and the notice as it waits to be sent."""

from datetime import UTC, datetime, time, timedelta
from enum import StrEnum
from zoneinfo import ZoneInfo

from rollout.core.values import ChangeKey, ClientId, Moment, Value, Version, aware

OPENS, CLOSES = time(9), time(17)


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
    `body` is plain text; where it is `edited`, a person's own words, which nothing replaces. `resolve` also solves the ticket. `not_before` keeps
    it to the client's business hours.
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
    edited: bool = False
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


def business_moment(at: datetime, timezone: str) -> datetime:
    """The first moment at or after `at` at which a clock in that IANA zone shows Monday to Friday, 09:00 up to but not 17:00. In UTC.

    Where the clock is changed in between, it goes on from the change: so a day that a zone skips, or an hour that it has twice, comes out right.
    """
    zone = ZoneInfo(timezone)
    moment = aware(at)
    while not _in_business(shown := moment.astimezone(zone)):
        opening = moment + _until_opening(shown)
        moment = _clock_change(moment, opening, zone) or opening
    return moment


def _in_business(shown: datetime) -> bool:
    return shown.weekday() < 5 and OPENS <= shown.time() < CLOSES


def _until_opening(shown: datetime) -> timedelta:
    """How far the hands are from the next opening, on a clock that nobody changes."""
    wall = shown.replace(tzinfo=None)
    day = wall.date() if wall.time() < OPENS else wall.date() + timedelta(days=1)
    while day.weekday() >= 5:
        day += timedelta(days=1)
    return datetime.combine(day, OPENS) - wall


def _clock_change(start: datetime, end: datetime, zone: ZoneInfo) -> datetime | None:
    """The second at which the zone's offset changes after `start` and up to `end`; None if it is the same at both."""
    offset = start.astimezone(zone).utcoffset()
    if end.astimezone(zone).utcoffset() == offset:
        return None
    same, other = int(start.timestamp()), int(end.timestamp())
    while other - same > 1:
        middle = (same + other) // 2
        if datetime.fromtimestamp(middle, zone).utcoffset() == offset:
            same = middle
        else:
            other = middle
    return datetime.fromtimestamp(other, UTC)
