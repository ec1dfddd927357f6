"""The help desk itself: who is in it, and the rules by which tickets change. It knows nothing of HTTP."""

import itertools
import json
import threading
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from rollout.sandbox.desk.records import (
    METADATA_BYTES,
    STATUSES,
    Audit,
    Comment,
    IssueLink,
    Move,
    NewComment,
    Organization,
    PublicReply,
    Refusal,
    Ticket,
    Update,
    User,
    invalid,
    missing,
)
from rollout.sandbox.desk.texts import as_html, as_plain, stamp


class HelpDesk:
    """An in-memory help desk. `user` and `token` are the API's only credential. Safe to use from several threads. `clock` says when things happen.

    The methods that return ids and take plain words are for stories and tests; `update` is what the API calls.
    """

    def __init__(self, clock: Callable[[], datetime], user: str, token: str) -> None:
        self.user, self.token = user, token
        self._clock = clock
        self._lock = threading.RLock()
        self._ids = itertools.count(5001)
        self._ticket_ids = itertools.count(1)
        self._organizations: dict[int, Organization] = {}
        self._users: dict[int, User] = {}
        self._tickets: dict[int, Ticket] = {}
        self._links: list[IssueLink] = []
        self._replies: list[PublicReply] = []
        self.agent = self.add_user("Release desk", user, role="admin")

    # ── who is in it ────────────────────────────────────────────────────────────────────────────────

    def add_organization(self, name: str, external_id: str | None = None) -> int:
        """A client's organization; returns its id."""
        with self._lock:
            one = Organization(next(self._ids), name, external_id)
            self._organizations[one.id] = one
            return one.id

    def add_user(self, name: str, email: str, organization: int | None = None, role: str = "end-user") -> int:
        """A person; returns the id."""
        with self._lock:
            one = User(next(self._ids), name, email, role, organization)
            self._users[one.id] = one
            return one.id

    def user_of(self, id: int) -> User:
        """The person with that id."""
        return self._users[id]

    def people(self, ids: Iterable[int]) -> list[User]:
        """The persons with these ids, each once."""
        return [self._users[one] for one in dict.fromkeys(ids)]

    def organizations(self, ids: Iterable[int | None]) -> list[Organization]:
        """The organizations with these ids, each once; None is nobody's."""
        return [self._organizations[one] for one in dict.fromkeys(ids) if one is not None]

    # ── what happens to tickets ─────────────────────────────────────────────────────────────────────

    def add_ticket(self, subject: str, requester: int, description: str = "", status: str = "open", id: int | None = None) -> str:
        """A ticket that the requester opened, with a first comment; returns its id."""
        with self._lock:
            number = id if id is not None else next(one for one in self._ticket_ids if one not in self._tickets)
            organization = self._users[requester].organization_id
            now = self._clock()
            ticket = Ticket(number, subject, requester, organization, status, now, now)
            first = self._comment(NewComment(body=description or subject), requester)
            ticket.audits.append(Audit(next(self._ids), now, requester, "web", (first,), {}))
            self._tickets[number] = ticket
            return str(number)

    def link_issue(self, ticket: str, issue_id: str, issue_key: str) -> None:
        """Say that an issue belongs to the ticket, as an agent does with the desk's JIRA integration."""
        with self._lock:
            self._links.append(IssueLink(next(self._ids), issue_id, issue_key, self._ticket(int(ticket)).id, self._clock()))

    def requester_replies(self, ticket: str, text: str) -> None:
        """The requester answers: what was pending or solved is open again. A closed ticket refuses."""
        with self._lock:
            found = self._ticket(int(ticket))
            status = "open" if found.status in {"pending", "hold", "solved"} else None
            self._change(found, Update(comment=NewComment(body=text), status=status), found.requester_id, "email")

    def agent_replies(self, ticket: str, text: str, status: str | None = None) -> None:
        """A person of the desk answers in public, and sets the status if one is given."""
        with self._lock:
            found = self._ticket(int(ticket))
            comment = NewComment(body=text) if text else None
            self._change(found, Update(comment=comment, status=status), self.agent, "web")

    def agent_solves(self, ticket: str, text: str = "") -> None:
        """A person of the desk solves the ticket, with or without a public word."""
        self.agent_replies(ticket, text, "solved")

    def close_ticket(self, ticket: str) -> None:
        """Close it for good, as the desk does by itself some weeks after it was solved."""
        self.agent_replies(ticket, "", "closed")

    def update(self, id: int, update: Update) -> tuple[Ticket, Audit | None]:
        """What the API's PUT does: all of it, or none and a Refusal. The audit is None where nothing changed."""
        with self._lock:
            ticket = self._ticket(id)
            audit = self._change(ticket, update, self.agent, "api")
            if audit is not None:
                self._note_replies(ticket, audit)
            return self.find(id), audit

    # ── what can be seen ────────────────────────────────────────────────────────────────────────────

    def find(self, id: int) -> Ticket:
        """A copy of the ticket as it is now. Raises the Refusal that says it does not exist."""
        with self._lock:
            ticket = self._ticket(id)
            return replace(ticket, audits=list(ticket.audits))

    def status(self, ticket: str) -> str:
        """The ticket's status, as agents call it."""
        return self.find(int(ticket)).status

    def links(self, issue_id: str | None = None) -> list[IssueLink]:
        """The issue links, of one issue or all."""
        with self._lock:
            return [link for link in self._links if issue_id in (None, link.issue_id)]

    @property
    def replies(self) -> tuple[PublicReply, ...]:
        """Every public reply that came in through the API, oldest first: the visible effects."""
        with self._lock:
            return tuple(self._replies)

    # ── the rules ───────────────────────────────────────────────────────────────────────────────────

    def _ticket(self, id: int) -> Ticket:
        if id not in self._tickets:
            raise missing()
        return self._tickets[id]

    def _change(self, ticket: Ticket, update: Update, author: int, channel: str) -> Audit | None:
        _check(ticket, update)
        events: list[Comment | Move] = []
        if update.comment is not None:
            events.append(self._comment(update.comment, author))
        events += self._moves(ticket, update)
        if not events:
            return None
        ticket.updated_at = max(self._clock(), ticket.updated_at + timedelta(seconds=1))
        for event in events:
            if isinstance(event, Move):
                setattr(ticket, event.field_name, event.value)
        if ticket.status == "solved" and ticket.assignee_id is None:
            ticket.assignee_id = self.agent
        audit = Audit(next(self._ids), ticket.updated_at, author, channel, tuple(events), dict(update.metadata))
        ticket.audits.append(audit)
        return audit

    def _moves(self, ticket: Ticket, update: Update) -> list[Move]:
        tags = tuple(dict.fromkeys((*(ticket.tags if update.tags is None else update.tags), *update.additional_tags)))
        asked: list[tuple[str, Any]] = [("status", update.status or ticket.status), ("tags", tags)]
        return [Move(next(self._ids), name, value, was) for name, value in asked if (was := getattr(ticket, name)) != value]

    def _comment(self, new: NewComment, author: int) -> Comment:
        markup = new.html_body if new.html_body is not None else as_html(new.body or "")
        plain = as_plain(markup) if new.html_body is not None else (new.body or "")
        return Comment(next(self._ids), author, plain, markup, new.public)

    def _note_replies(self, ticket: Ticket, audit: Audit) -> None:
        said = [event for event in audit.events if isinstance(event, Comment) and event.public]
        self._replies += [PublicReply(str(ticket.id), audit.at, one.plain, one.html, ticket.status, audit.metadata) for one in said]


def _check(ticket: Ticket, update: Update) -> None:
    """Refuse what the desk refuses, in its order: closed for good, stale, then values."""
    if ticket.status == "closed":
        raise invalid("status", "closed prevents ticket update")
    if update.safe_update and update.updated_stamp is None:
        raise invalid("updated_stamp", "is needed for a safe update")
    if update.safe_update and update.updated_stamp != stamp(ticket.updated_at):
        raise Refusal(409, "UpdateConflict", f"the ticket was updated at {stamp(ticket.updated_at)}, after updated_stamp")
    if update.status is not None and update.status not in STATUSES:
        raise invalid("status", f"{update.status} is not one of {', '.join(STATUSES)}")
    if update.status == "new" and ticket.status != "new":
        raise invalid("status", "a ticket that was open cannot be new again")
    if len(json.dumps(update.metadata).encode()) > METADATA_BYTES:
        raise invalid("metadata", f"is longer than {METADATA_BYTES} bytes")
    if update.comment is not None:
        _check_comment(update.comment)


def _check_comment(comment: NewComment) -> None:
    if (comment.body is None) == (comment.html_body is None):
        raise invalid("comment", "needs one of body and html_body")
    if not (comment.body or comment.html_body or "").strip():
        raise invalid("comment", "body cannot be blank")
