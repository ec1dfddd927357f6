"""Fetches an iCalendar file by GET (RFC 5545), or learns that it has not changed."""

from collections.abc import Mapping

from rollout.adapters.feeds.asking import FeedServer
from rollout.adapters.web import Answer
from rollout.ports.feeds import Brought

_BEGINNING = b"BEGIN:VCALENDAR"


def fetch_file(server: FeedServer, address: str, etag: str = "", last_modified: str = "") -> Brought:
    """The file, or nothing if it is the one that came with `etag` or `last_modified`. Raises OutsideError, also for what is no such file."""
    conditions = {name: value for name, value in (("If-None-Match", etag), ("If-Modified-Since", last_modified)) if value}
    answer = server.ask("GET", address, {"Accept": "text/calendar, */*;q=0.1", **conditions})
    marks = {"etag": _mark(answer.headers, "etag"), "last_modified": _mark(answer.headers, "last-modified")}
    if answer.status == 304 and conditions:
        return Brought(content=None, **marks)
    if answer.status != 200:
        raise server.bad(f"answered {answer.status} without a calendar. It is asked again the next time.")
    _check_kind(server, answer)
    return Brought(content=answer.body, **marks)


def _check_kind(server: FeedServer, answer: Answer) -> None:
    """Tell a login page from a calendar: what counts is what it is, not what the server calls it."""
    start = answer.body.removeprefix(b"\xef\xbb\xbf").lstrip()
    if not start:
        raise server.bad("answered with nothing. The last good copy stays.")
    if start[: len(_BEGINNING)].upper() != _BEGINNING:
        kind = answer.headers.get("content-type", "no type at all").partition(";")[0][:60]
        raise server.bad(f"answered with {kind}, which is no iCalendar; is it a login page? Use the calendar's private or public address.")


def _mark(headers: Mapping[str, str], name: str) -> str:
    value = headers.get(name, "")
    return value if len(value) <= 500 and value.isascii() and value.isprintable() else ""
