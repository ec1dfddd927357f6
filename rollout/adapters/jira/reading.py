"""Reads all pages of a JIRA search: by token from Cloud, by position from Data Center, where issues may move while we read.

Every walk is bounded: a token that comes back, or more pages than a JIRA can have, is an error and no endless loop.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from rollout.errors import BadAnswer

Rows = list[dict[str, Any]]
Ask = Callable[[str, Mapping[str, Any]], dict[str, Any]]

MOST_PAGES = 50_000


def query(projects: Sequence[str], since: str | None = None) -> str:
    """The JQL for all issues of the projects, or those updated at or after that minute, oldest update first."""
    bound = f"project in ({', '.join(_quoted(project) for project in projects)})"
    return f"{bound}{f' AND updated >= {_quoted(since)}' if since else ''} ORDER BY updated ASC, key ASC"


def minute(moment: datetime, zone: str) -> str:
    """The minute of the moment as JQL wants it: on the wall clock of the account's zone. Never later than the moment.

    An hour that the clock shows twice is taken from its first beginning; in a zone that we do not know we ask for half a day more."""
    try:
        local = moment.astimezone(ZoneInfo(zone))
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return f"{moment.astimezone(UTC) - timedelta(hours=12):%Y-%m-%d %H:%M}"
    first, second = local.replace(fold=0).utcoffset(), local.replace(fold=1).utcoffset()
    twice = first - second if first and second and first > second else timedelta(0)
    return f"{local - twice:%Y-%m-%d %H:%M}"


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def ahead(pages: Iterator[Rows]) -> Iterator[Rows]:
    """The same pages, each asked for while the one before is being worked on."""
    with ThreadPoolExecutor(1, "reading ahead") as pool:
        following = pool.submit(next, pages, None)
        while (page := following.result()) is not None:
            following = pool.submit(next, pages, None)
            yield page


def cloud_pages(system: str, ask: Ask, jql: str, fields: Sequence[str], size: int) -> Iterator[Rows]:
    """The pages of Cloud's search, each found by the token of the page before; empty ones are left out."""
    token, used = "", set[str]()
    for _ in range(MOST_PAGES):
        answer = ask("search/jql", {"jql": jql, "fields": list(fields), "maxResults": size} | ({"nextPageToken": token} if token else {}))
        if rows := _rows(system, answer):
            yield rows
        token = answer.get("nextPageToken") or ""
        if answer.get("isLast") or (not token and "isLast" not in answer):
            return
        if not token or token in used:
            raise BadAnswer(system, "JIRA says that there are more issues, but not how to reach them (its page token is missing or comes back)")
        used.add(token)
    raise _endless(system)


def server_pages(system: str, ask: Ask, jql: str, fields: Sequence[str], size: int) -> Iterator[Rows]:
    """The pages of Data Center's search, each found by its position.

    A page may be short without being the last: the server clamps its size and drops rows. An issue that is updated while we read leaves its
    place for the end, and all behind it move up, across the border between two pages. So each page begins with a row of the one before; where
    it does not, we go back a page. A row counts as known by its id and update together, so that none is told twice as it was.
    """
    seen: set[tuple[str, str]] = set()
    start, bound_to_overlap = 0, False
    for _ in range(MOST_PAGES):
        page = _Page(system, ask("search", {"jql": jql, "fields": list(fields), "maxResults": size, "startAt": start}), start)
        if bound_to_overlap and page.has_slipped(seen):
            start = max(0, start - page.stride)
            bound_to_overlap = start > 0
            continue
        fresh = {identity: row for row in page.rows if (identity := _identity(row)) not in seen}
        seen.update(fresh)
        if fresh:
            yield list(fresh.values())
        if page.last:
            return
        start += page.stride
        bound_to_overlap = len(page.rows) > 1
    raise _endless(system)


class _Page:
    """One answer. The next page may begin `stride` places on, to overlap this one by a row."""

    def __init__(self, system: str, answer: dict[str, Any], start: int) -> None:
        self.rows = _rows(system, answer)
        self._start, self._total = start, _number(system, answer, "total")
        self._span = len(self.rows) or _number(system, answer, "maxResults")
        self.stride = max(self._span - 1, 1)

    @property
    def last(self) -> bool:
        return self._start + self._span >= self._total

    def has_slipped(self, seen: set[tuple[str, str]]) -> bool:
        """Whether rows have moved up past the beginning of this page since the one before was read."""
        return _identity(self.rows[0]) not in seen if self.rows else self._start >= self._total


def _identity(row: Mapping[str, Any]) -> tuple[str, str]:
    return str(row.get("id")), str((row.get("fields") or {}).get("updated"))


def _rows(system: str, answer: Any) -> Rows:
    rows = answer.get("issues") if isinstance(answer, dict) else None
    if not isinstance(rows, list):
        raise BadAnswer(system, "JIRA answered a search without a list of issues")
    return rows


def _number(system: str, answer: Mapping[str, Any], field: str) -> int:
    value = answer.get(field)
    if not isinstance(value, int):
        raise BadAnswer(system, f"JIRA answered a search without a number in {field}")
    return value


def _endless(system: str) -> BadAnswer:
    return BadAnswer(system, f"a search did not end within {MOST_PAGES} pages; narrow jira.projects in rollout.yaml")
