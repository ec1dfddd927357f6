"""Answers searches page by page: the Cloud's way with tokens, the Data Center's way with offsets.

A query is judged and sorted once, and again only after a write. An offset counts in the list as it is now: where an issue leaves, later ones move
up. A token remembers the last issue that was served, as it was: the next page starts behind its place.
"""

import secrets
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, TypeVar

from rollout.sandbox.jira.conditions import Meaning, Ordering
from rollout.sandbox.jira.jql import Query, parse
from rollout.sandbox.jira.model import Issue
from rollout.sandbox.jira.refusals import JiraRefusal
from rollout.sandbox.jira.renderings import Renderings, View
from rollout.sandbox.jira.shapes import Shapes
from rollout.sandbox.jira.store import Store

Key = TypeVar("Key", bound=Hashable)

_CLOUD_PAGE = 100
_CLOUD_PAGE_OF_IDS = 5000
_MOST_CURSORS = 10_000
_MOST_LISTS = 16
UNBOUNDED = "Unbounded JQL queries are not allowed here. Please add a search restriction to your query."


@dataclass(frozen=True)
class Search:
    """One search as a caller asks for it. `view` says what to show of each issue."""

    jql: str
    view: View
    size: int
    start: int = 0
    token: str | None = None
    reconcile: tuple[int, ...] = ()
    anonymous: bool = False


@dataclass(frozen=True)
class _Found:
    """The issues of a query in its order, valid for one revision of the index and one minute of the clock."""

    revision: int
    minute: datetime
    issues: Sequence[Issue]
    orderings: Sequence[Ordering]


@dataclass(frozen=True)
class _Cursor:
    """Where a page ended. `issues` is the list that it was cut from."""

    jql: str
    view: View
    last: Issue
    issues: Sequence[Issue]
    position: int


class Searches:
    """`page_limit` is the most issues that a Data Center puts on one page."""

    def __init__(self, store: Store, page_limit: int) -> None:
        self._store = store
        self._page_limit = page_limit
        self._renderings = Renderings()
        self._found: dict[tuple[str, str], _Found] = {}
        self._cursors: dict[str, _Cursor] = {}

    def cloud_page(self, shapes: Shapes, search: Search) -> str:
        """A page of search/jql, as JSON. Raises JiraRefusal (400) for unbounded JQL, a size out of range, and a token of another query."""
        if parse(search.jql).where is None:
            raise JiraRefusal(400, UNBOUNDED)
        if not 1 <= search.size <= _CLOUD_PAGE_OF_IDS:
            raise JiraRefusal(400, f"The maxResults parameter must be between 1 and {_CLOUD_PAGE_OF_IDS}.")
        size = min(search.size, _CLOUD_PAGE_OF_IDS if search.view.fields is None else _CLOUD_PAGE)
        found = self._find(shapes, search)
        start = self._after(search, found)
        page = found.issues[start : start + size]
        texts = ",".join(self._renderings.texts(shapes, search.view, page))
        end = start + len(page)
        if end >= len(found.issues):
            return f'{{"issues":[{texts}],"isLast":true}}'
        return f'{{"issues":[{texts}],"nextPageToken":"{self._token(search, found, end)}","isLast":false}}'

    def server_page(self, shapes: Shapes, search: Search) -> str:
        """A page of search, as JSON."""
        found = self._find(shapes, search)
        size = max(0, min(search.size, self._page_limit))
        page = found.issues[search.start : search.start + size]
        texts = ",".join(self._renderings.texts(shapes, search.view, page))
        numbers = f'"startAt":{search.start},"maxResults":{size},"total":{len(found.issues)}'
        return f'{{"expand":"schema,names",{numbers},"issues":[{texts}]}}'

    def count(self, shapes: Shapes, search: Search) -> int:
        """How many issues match. Raises JiraRefusal (400) for unbounded JQL."""
        if parse(search.jql).where is None:
            raise JiraRefusal(400, UNBOUNDED)
        return len(self._find(shapes, search).issues)

    def _find(self, shapes: Shapes, search: Search) -> _Found:
        query = parse(search.jql)
        issues = self._store.index.issues(search.reconcile)
        revision, minute = self._store.index.revision, self._store.now().replace(second=0, microsecond=0)
        if search.anonymous:
            return _Found(revision, minute, (), ())
        key = (search.jql, str(shapes.zone))
        found = self._found.get(key)
        if found is None or (found.revision, found.minute) != (revision, minute):
            found = self._judge(query, Meaning(self._store, shapes.zone), list(issues.values()), revision, minute)
            self._found.pop(key, None)
            self._found[key] = found
            _give_up_oldest(self._found, _MOST_LISTS)
        return found

    def _judge(self, query: Query, meaning: Meaning, issues: list[Issue], revision: int, minute: datetime) -> _Found:
        matches, orderings = meaning.matches(query), meaning.ordering(query)
        return _Found(revision, minute, in_order([issue for issue in issues if matches(issue)], orderings), orderings)

    # ── tokens ─────────────────────────────────────────────────────────────────────────────────────

    def _token(self, search: Search, found: _Found, end: int) -> str:
        token = secrets.token_urlsafe(24)
        self._cursors[token] = _Cursor(search.jql, search.view, found.issues[end - 1], found.issues, end)
        _give_up_oldest(self._cursors, _MOST_CURSORS)
        return token

    def _after(self, search: Search, found: _Found) -> int:
        if search.token is None:
            return 0
        cursor = self._cursors.get(search.token)
        if cursor is None or (cursor.jql, cursor.view) != (search.jql, search.view):
            raise JiraRefusal(400, f"The nextPageToken '{search.token}' is invalid or has expired for this query.")
        if cursor.issues is found.issues:
            return cursor.position
        return _place_behind(cursor.last, found)


def in_order(issues: list[Issue], orderings: Sequence[Ordering]) -> list[Issue]:
    """By the keys, the least important first: sorting keeps the order of equals."""
    for ordering in reversed(orderings):
        issues.sort(key=ordering.rank, reverse=ordering.descending)
    return issues


def _place_behind(last: Issue, found: _Found) -> int:
    """Where the list goes on behind the issue; behind the place where it stood, if it has changed or gone since."""
    for place, issue in enumerate(found.issues):
        if issue is last:
            return place + 1
    rows = in_order([*found.issues, last], found.orderings)
    return next(place for place, issue in enumerate(rows) if issue is last)


def _give_up_oldest(kept: dict[Key, Any], most: int) -> None:
    while len(kept) > most:
        kept.pop(next(iter(kept)))
