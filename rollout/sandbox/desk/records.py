"""What a help desk keeps: organizations, users, tickets and their audits; and what one update asks of a ticket."""

from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from pydantic import Field

from rollout.core.values import Value
from rollout.errors import RolloutError

STATUSES = ("new", "open", "pending", "hold", "solved", "closed")
METADATA_BYTES = 1024


class Refusal(RolloutError):
    """What the API answers instead of doing it: an HTTP status and the body that goes with it."""

    def __init__(self, status: int, error: str, description: str, details: dict[str, Any] | None = None) -> None:
        self.status = status
        self.body: dict[str, Any] = {"error": error, "description": description}
        if details:
            self.body["details"] = details
        super().__init__(f"{status} {error}: {description}")


def invalid(field_name: str, text: str) -> Refusal:
    """The refusal of a value that a record may not have."""
    details = {field_name: [{"description": f"{field_name.capitalize()}: {text}"}]}
    return Refusal(422, "RecordInvalid", "Record validation errors", details)


def missing() -> Refusal:
    """The refusal of what does not exist."""
    return Refusal(404, "RecordNotFound", "Not found")


@dataclass(frozen=True)
class Organization:
    id: int
    name: str
    external_id: str | None


@dataclass(frozen=True)
class User:
    """A person; `role` is end-user, agent or admin."""

    id: int
    name: str
    email: str
    role: str
    organization_id: int | None


@dataclass(frozen=True)
class Comment:
    """One contribution to a conversation. `plain` is what a reader sees of `html`."""

    id: int
    author_id: int
    plain: str
    html: str
    public: bool


@dataclass(frozen=True)
class Move:
    """One field of a ticket that got another value."""

    id: int
    field_name: str
    value: Any
    previous: Any


@dataclass(frozen=True)
class Audit:
    """One update, as it is kept for ever. `metadata` is what the caller sent along with it."""

    id: int
    at: datetime
    author_id: int
    channel: str
    events: tuple[Comment | Move, ...]
    metadata: dict[str, Any]


@dataclass
class Ticket:
    """A ticket and all that happened to it. `updated_at` grows by at least a second with every update."""

    id: int
    subject: str
    requester_id: int
    organization_id: int | None
    status: str
    created_at: datetime
    updated_at: datetime
    tags: tuple[str, ...] = ()
    assignee_id: int | None = None
    audits: list[Audit] = field(default_factory=list)

    @property
    def comments(self) -> list[tuple[Audit, Comment]]:
        return [(audit, event) for audit in self.audits for event in audit.events if isinstance(event, Comment)]


@dataclass(frozen=True)
class IssueLink:
    """What the desk's own JIRA integration knows: an issue belongs to a ticket."""

    id: int
    issue_id: str
    issue_key: str
    ticket_id: int
    created_at: datetime


@dataclass(frozen=True)
class PublicReply:
    """What a requester got to read from the desk's side: the effect that stories and tests look at."""

    ticket: str
    at: datetime
    text: str
    html: str
    status: str
    metadata: dict[str, Any]


class NewComment(Value):
    """A comment as the API takes it; exactly one of the two bodies."""

    body: str | None = None
    html_body: str | None = None
    public: bool = True


class Update(Value):
    """What one PUT may say of a ticket. With `safe_update` it counts only if the ticket is still as it was at `updated_stamp`."""

    comment: NewComment | None = None
    status: str | None = None
    tags: tuple[str, ...] | None = None
    additional_tags: tuple[str, ...] = ()
    metadata: dict[str, Any] = Field(default_factory=dict)
    safe_update: bool = False
    updated_stamp: str | None = None
