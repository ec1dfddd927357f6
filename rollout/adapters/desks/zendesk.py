"""A Zendesk help desk. Asks the v2 API, one request per act; never repeats a write whose outcome is unknown: that is for the caller, who looks first.

The notice's key travels as the update's metadata. Zendesk keeps that in the audit of the update, where it disturbs no reader and cannot be
lost apart from the reply. Only updates that change a ticket leave an audit; a comment always does.
"""

import html
import re
from collections.abc import Iterator
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

import httpx

from rollout.adapters.web import trust
from rollout.core.closing import Ticket, TicketStatus
from rollout.errors import BadAnswer, Gone, OutsideError, Throttled, Unauthorized, Unreachable

_MARK = "rollout_key"
_PAGE = 100
_MOST_PAGES = 1000
_STATUSES = {
    "new": TicketStatus.OPEN,
    "open": TicketStatus.OPEN,
    "pending": TicketStatus.OPEN,
    "hold": TicketStatus.OPEN,
    "solved": TicketStatus.SOLVED,
    "closed": TicketStatus.CLOSED,
}
_UNSEEN = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff]")


class ZendeskDesk:
    """A `Desk` port on Zendesk. `url` is the account's root, `user` the mail address that the API token belongs to. `timeout` is in seconds
    and bounds each wait of a request. Safe to use from several threads."""

    def __init__(self, name: str, url: str, user: str, token: str, timeout: float = 30.0) -> None:
        self.name = name
        self._user = user
        limits = httpx.Timeout(timeout, connect=min(timeout, 10.0))
        login = (f"{user}/token", token)
        self._client = httpx.Client(base_url=url, auth=login, timeout=limits, headers={"Accept": "application/json"}, verify=trust())

    def close(self) -> None:
        """Give the connections back."""
        self._client.close()

    def whoami(self) -> str:
        """The mail address that the credential belongs to. Raises Unauthorized for an anonymous answer."""
        user = self._part(self._ask("GET", "/api/v2/users/me.json"), "user")
        if not user.get("id"):
            raise Unauthorized(self.name, f"the credential of {self._user} reaches nothing: Zendesk answered as to a stranger. Check its token.")
        return str(user.get("email"))

    def ticket(self, ticket: str) -> Ticket | None:
        """The ticket as it is now; None if there is no such ticket."""
        try:
            answer = self._ask("GET", self._path(ticket), params={"include": "users,organizations"})
        except _NoRecord:
            return None
        return self._seen(ticket, answer)

    def was_told(self, ticket: str, key: str) -> bool:
        """Whether any update of the ticket carries that key. Looks through all of its audits."""
        return any(_custom(audit).get(_MARK) == key for audit in self._audits(ticket))

    def reply(self, ticket: str, body: str, key: str, resolve: bool) -> None:
        """Answer in public, and solve if asked to, in one request. A closed ticket is a BadAnswer, a ticket that keeps changing Throttled."""
        self._write(ticket, body, key, "solved" if resolve else None)

    def reopen(self, ticket: str, body: str, key: str) -> None:
        """Answer in public and open the ticket again, in one request; a closed one is a BadAnswer."""
        self._write(ticket, body, key, "open")

    # ── writing ─────────────────────────────────────────────────────────────────────────────────────

    def _write(self, ticket: str, body: str, key: str, status: str | None) -> None:
        """Write on the ticket as it was just read. If somebody changed it in between, look again, and once more try."""
        before = self._fresh(ticket)
        try:
            self._put(ticket, body, key, status, before)
        except _Stale:
            now = self._fresh(ticket)
            if self.was_told(ticket, key):
                return
            if self._status(ticket, now) != self._status(ticket, before):
                raise self._moved(ticket, f"it became {now['status']}") from None
            try:
                self._put(ticket, body, key, status, now)
            except _Stale:
                raise self._moved(ticket, "it changed twice") from None

    def _fresh(self, ticket: str) -> dict[str, Any]:
        found = self._part(self._ask("GET", self._path(ticket)), "ticket")
        if self._status(ticket, found) == TicketStatus.CLOSED:
            raise BadAnswer(self.name, f"ticket {ticket} is closed for good and takes no reply. Answer the client by hand in a follow-up ticket.")
        return found

    def _put(self, ticket: str, body: str, key: str, status: str | None, seen: dict[str, Any]) -> None:
        comment = {"html_body": as_html(body), "public": True}
        update = {"comment": comment, "metadata": {_MARK: key}, "safe_update": True, "updated_stamp": seen.get("updated_at")}
        self._ask("PUT", self._path(ticket), json={"ticket": update if status is None else {**update, "status": status}})

    def _moved(self, ticket: str, how: str) -> Throttled:
        return Throttled(self.name, f"ticket {ticket} was changed while it was being answered ({how}); nothing was written. Look at it again.")

    # ── reading ─────────────────────────────────────────────────────────────────────────────────────

    def _seen(self, ticket: str, answer: dict[str, Any]) -> Ticket:
        raw = self._part(answer, "ticket")
        try:
            updated = datetime.fromisoformat(str(raw.get("updated_at")))
            status, subject = self._status(ticket, raw), str(raw.get("subject") or "")
            return Ticket(desk=self.name, id=ticket, status=status, subject=subject, organization=_organization(raw, answer), updated=updated)
        except ValueError:
            raise BadAnswer(self.name, f"ticket {ticket} has no moment in updated_at but {raw.get('updated_at')!r}") from None

    def _status(self, ticket: str, raw: dict[str, Any]) -> TicketStatus:
        status = raw.get("status")
        if status not in _STATUSES:
            raise BadAnswer(self.name, f"ticket {ticket} has the status {status!r}. Known: {', '.join(_STATUSES)}.")
        return _STATUSES[status]

    def _audits(self, ticket: str) -> Iterator[dict[str, Any]]:
        """All audits, page by page. The cursor is asked for by name: a link in an answer is never followed with our credential."""
        params = {"page[size]": str(_PAGE)}
        for _ in range(_MOST_PAGES):
            answer = self._ask("GET", self._path(ticket, "/audits"), params=params)
            audits, meta = answer.get("audits"), answer.get("meta")
            if not isinstance(audits, list) or not isinstance(meta, dict):
                raise BadAnswer(self.name, f"the audits of ticket {ticket} came without a list or without a page mark")
            yield from (audit for audit in audits if isinstance(audit, dict))
            if not meta.get("has_more"):
                return
            if params.get("page[after]") == meta.get("after_cursor"):
                raise BadAnswer(self.name, f"the audits of ticket {ticket} do not come to an end: the page mark stands still")
            params["page[after]"] = str(meta.get("after_cursor"))
        raise BadAnswer(self.name, f"ticket {ticket} has more than {_MOST_PAGES * _PAGE} audits")

    def _path(self, ticket: str, rest: str = "") -> str:
        if not re.fullmatch(r"[0-9]{1,18}", ticket):
            raise _NoRecord(self.name, f"there can be no ticket {ticket!r}: Zendesk's are numbers. Correct the link in JIRA.")
        return f"/api/v2/tickets/{ticket}{rest}.json"

    def _part(self, answer: dict[str, Any], name: str) -> dict[str, Any]:
        part = answer.get(name)
        if not isinstance(part, dict):
            raise BadAnswer(self.name, f"an answer came without {name}: {str(answer)[:200]}")
        return part

    # ── asking ──────────────────────────────────────────────────────────────────────────────────────

    def _ask(self, method: str, path: str, **more: Any) -> dict[str, Any]:
        try:
            response = self._client.request(method, path, **more)
        except httpx.TimeoutException:
            raise Unreachable(self.name, f"no answer in time to {method} {path}") from None
        except httpx.RequestError as error:
            raise Unreachable(self.name, f"{method} {path} failed: {error or type(error).__name__}") from None
        if not response.is_success:
            raise self._failure(response, f"{method} {path}")
        return self._json(response, f"{method} {path}")

    def _json(self, response: httpx.Response, what: str) -> dict[str, Any]:
        try:
            answer = response.json()
        except (ValueError, RecursionError):
            answer = None
        if not isinstance(answer, dict):
            raise BadAnswer(self.name, f"{what} was not answered with a JSON object: {response.text[:200]!r}. Check the desk's url.")
        return answer

    def _failure(self, response: httpx.Response, what: str) -> OutsideError:
        status, told = response.status_code, _told(response)
        text = f"{what} was answered with {status}: {told}"
        if status == 429:
            return Throttled(self.name, text, retry_after(response))
        if status >= 500 or status == 408:
            return Unreachable(self.name, text)
        if status == 409:
            return _Stale(self.name, text)
        if status in (401, 403):
            return Unauthorized(self.name, f"{text}. Check what the token of {self._user} may do.")
        if status == 404 and told.startswith("RecordNotFound"):
            return _NoRecord(self.name, f"{text}. There is no such ticket; correct the link in JIRA.")
        if status in (404, 410):
            return Gone(self.name, f"{text}. Check the desk's url.")
        return BadAnswer(self.name, text)


class _NoRecord(Gone):
    """The API works and has no such record."""


class _Stale(Throttled):
    """The ticket is newer than what the update was made for."""


def as_html(text: str) -> str:
    """The plain text as paragraphs in which nothing is markup: not a tag, not an entity, not a {{placeholder}}, which Zendesk would fill in.

    What no reader can see is dropped, above all marks that turn the direction of the text around.
    """
    clean = _UNSEEN.sub("", text.encode("utf-8", "replace").decode().replace("\r\n", "\n"))
    return "".join(f'<p dir="auto">{_escaped(part)}</p>' for part in re.split(r"\n[ \t]*\n", clean) if part.strip())


def _escaped(part: str) -> str:
    safe = html.escape(part.strip("\n").expandtabs(4)).replace("{", "&#123;")
    indented = re.sub(r"^ +", lambda spaces: "&nbsp;" * len(spaces[0]), safe, flags=re.MULTILINE)
    return indented.replace("\n", "<br>")


def _organization(raw: dict[str, Any], answer: dict[str, Any]) -> str:
    """The external id of the requester's organization, else its name; empty if there is none."""
    requester = _by_id(answer.get("users"), raw.get("requester_id"))
    found = _by_id(answer.get("organizations"), raw.get("organization_id") or requester.get("organization_id"))
    return str(found.get("external_id") or found.get("name") or "")


def _by_id(items: Any, id: Any) -> dict[str, Any]:
    found = [item for item in items if isinstance(item, dict) and item.get("id") == id] if isinstance(items, list) else []
    return found[0] if found and id is not None else {}


def _custom(audit: dict[str, Any]) -> dict[str, Any]:
    metadata = audit.get("metadata")
    custom = metadata.get("custom") if isinstance(metadata, dict) else None
    return custom if isinstance(custom, dict) else {}


def _told(response: httpx.Response) -> str:
    """What the refusal says of itself, short."""
    try:
        body = response.json()
    except ValueError:
        body = None
    if not isinstance(body, dict):
        return " ".join(response.text.split())[:200] or response.reason_phrase
    said = [body.get("error"), body.get("description"), *_details(body.get("details"))]
    return ", ".join(str(part) for part in said if part)[:300]


def _details(details: Any) -> list[str]:
    """The descriptions in a validation error: field to a list of complaints."""
    lists = details.values() if isinstance(details, dict) else []
    return [str(one.get("description", "")) for each in lists if isinstance(each, list) for one in each if isinstance(one, dict)]


def retry_after(response: httpx.Response) -> float | None:
    """The seconds to wait: the header counts them (RFC 9110: whole; some send fractions) or names a moment, told by the answer's own clock."""
    text = response.headers.get("Retry-After", "").strip()
    if re.fullmatch(r"\d+(\.\d+)?", text):
        return float(text)
    until, now = _moment(text), _moment(response.headers.get("Date", "")) or datetime.now(UTC)
    return None if until is None else max(0.0, (until - now).total_seconds())


def _moment(text: str) -> datetime | None:
    """The moment of an HTTP header, None if it is none."""
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
