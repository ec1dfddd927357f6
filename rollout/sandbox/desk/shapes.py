"""The records as the API shows them: Zendesk's names, and its two ways of cutting a list into pages."""

import base64
import binascii
from collections.abc import Sequence
from typing import Any

from starlette.datastructures import URL, QueryParams

from rollout.sandbox.desk.records import Audit, Comment, IssueLink, Move, Organization, Refusal, Ticket, User
from rollout.sandbox.desk.texts import stamp

LARGEST_PAGE = 100


def ticket_shape(ticket: Ticket, base: str) -> dict[str, Any]:
    """The ticket without its conversation."""
    return {
        "url": f"{base}/api/v2/tickets/{ticket.id}.json",
        "id": ticket.id,
        "subject": ticket.subject,
        "raw_subject": ticket.subject,
        "description": ticket.comments[0][1].plain,
        "status": ticket.status,
        "requester_id": ticket.requester_id,
        "organization_id": ticket.organization_id,
        "assignee_id": ticket.assignee_id,
        "tags": list(ticket.tags),
        "created_at": stamp(ticket.created_at),
        "updated_at": stamp(ticket.updated_at),
    }


def user_shape(user: User) -> dict[str, Any]:
    """A person."""
    return {"id": user.id, "name": user.name, "email": user.email, "role": user.role, "organization_id": user.organization_id, "active": True}


def organization_shape(one: Organization) -> dict[str, Any]:
    """An organization."""
    return {"id": one.id, "name": one.name, "external_id": one.external_id}


def audit_shape(ticket: Ticket, audit: Audit) -> dict[str, Any]:
    """An audit with its events; what the caller sent as metadata stands under `custom`."""
    return {
        "id": audit.id,
        "ticket_id": ticket.id,
        "created_at": stamp(audit.at),
        "author_id": audit.author_id,
        "metadata": {"system": {}, "custom": audit.metadata},
        "events": [_event_shape(audit, event) for event in audit.events],
        "via": _via(audit),
    }


def comment_shape(audit: Audit, comment: Comment) -> dict[str, Any]:
    """A comment as the conversation lists it."""
    return {**_event_shape(audit, comment), "created_at": stamp(audit.at), "via": _via(audit), "metadata": {"system": {}, "custom": audit.metadata}}


def link_shape(link: IssueLink) -> dict[str, Any]:
    """An issue link; ids are text, as the integration gives them."""
    shape = {"id": str(link.id), "issue_id": link.issue_id, "issue_key": link.issue_key, "ticket_id": str(link.ticket_id)}
    return {**shape, "created_at": stamp(link.created_at), "updated_at": stamp(link.created_at)}


def paged(name: str, shapes: Sequence[dict[str, Any]], query: QueryParams, url: URL) -> dict[str, Any]:
    """One page of a list: by cursor where page[size] is given, by number otherwise."""
    return _by_cursor(name, shapes, query, url) if "page[size]" in query else _by_number(name, shapes, query, url)


def _by_cursor(name: str, shapes: Sequence[dict[str, Any]], query: QueryParams, url: URL) -> dict[str, Any]:
    size = max(1, min(_number(query, "page[size]", LARGEST_PAGE), LARGEST_PAGE))
    start = _decoded(query["page[after]"]) if "page[after]" in query else 0
    end = min(start + size, len(shapes))
    more = end < len(shapes)
    after = _encoded(end) if shapes else None
    following = str(url.include_query_params(**{"page[after]": after})) if more else None
    meta = {"has_more": more, "after_cursor": after, "before_cursor": _encoded(start) if shapes else None}
    page = {name: list(shapes[start:end]), "meta": meta}
    return page if name == "links" else {**page, "links": {"prev": None, "next": following}}


def _by_number(name: str, shapes: Sequence[dict[str, Any]], query: QueryParams, url: URL) -> dict[str, Any]:
    size = max(1, min(_number(query, "per_page", LARGEST_PAGE), LARGEST_PAGE))
    page = max(1, _number(query, "page", 1))
    start = (page - 1) * size
    following = str(url.include_query_params(page=page + 1)) if start + size < len(shapes) else None
    before = str(url.include_query_params(page=page - 1)) if page > 1 else None
    return {name: list(shapes[start : start + size]), "next_page": following, "previous_page": before, "count": len(shapes)}


def _number(query: QueryParams, name: str, otherwise: int) -> int:
    text = query.get(name, str(otherwise))
    if not text.isdecimal():
        raise Refusal(400, "InvalidPaginationParameter", f"{name} must be a number, is {text!r}")
    return int(text)


def _encoded(index: int) -> str:
    return base64.urlsafe_b64encode(f"at:{index}".encode()).decode()


def _decoded(cursor: str) -> int:
    try:
        return int(base64.urlsafe_b64decode(cursor).decode().removeprefix("at:"))
    except (binascii.Error, ValueError):
        raise Refusal(400, "InvalidPaginationParameter", f"page[after] is not a valid cursor: {cursor!r}") from None


def _event_shape(audit: Audit, event: Comment | Move) -> dict[str, Any]:
    if isinstance(event, Move):
        value, previous = (list(one) if isinstance(one, tuple) else one for one in (event.value, event.previous))
        return {"id": event.id, "type": "Change", "field_name": event.field_name, "value": value, "previous_value": previous}
    texts = {"body": event.plain, "plain_body": event.plain, "html_body": event.html}
    return {"id": event.id, "type": "Comment", "author_id": event.author_id, **texts, "public": event.public, "attachments": [], "audit_id": audit.id}


def _via(audit: Audit) -> dict[str, Any]:
    return {"channel": audit.channel, "source": {"from": {}, "to": {}, "rel": None}}
