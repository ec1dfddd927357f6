"""Fetches all objects of a CalDAV collection by one REPORT (RFC 4791 7.8). What the server leaves out, it must say: half a calendar is none."""

from rollout.adapters.feeds.asking import FeedServer
from rollout.adapters.feeds.multistatus import NoMultistatus, Part, read_multistatus
from rollout.ports.feeds import Brought

_TYPE = 'application/xml; charset="utf-8"'
# One question for events and availabilities alike: two filters beside each other would ask for objects that are both.
_QUERY = b"""<?xml version="1.0" encoding="utf-8"?>
<C:calendar-query xmlns:D="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav">
<D:prop><D:getetag/><C:calendar-data/></D:prop>
<C:filter><C:comp-filter name="VCALENDAR"/></C:filter>
</C:calendar-query>
"""
_KIND = b"""<?xml version="1.0" encoding="utf-8"?>
<D:propfind xmlns:D="DAV:"><D:prop><D:resourcetype/></D:prop></D:propfind>
"""
_EMPTY = "BEGIN:VCALENDAR\r\nVERSION:2.0\r\nPRODID:-//rollout//an empty collection//EN\r\nEND:VCALENDAR\r\n"


def fetch_collection(server: FeedServer, address: str) -> Brought:
    """All objects of the collection, one VCALENDAR after the other, in order of their addresses. Raises OutsideError."""
    parts = _asked(server, "REPORT", address, "1", _QUERY)
    texts = [_text_of(server, part) for part in sorted(parts, key=lambda part: part.href)]
    if not texts:
        _check_kind(server, address)
    return Brought(content="".join(texts or [_EMPTY]).encode())


def _asked(server: FeedServer, method: str, address: str, depth: str, body: bytes) -> tuple[Part, ...]:
    answer = server.ask(method, address, {"Depth": depth, "Content-Type": _TYPE, "Accept": "application/xml, text/xml"}, body)
    if answer.status != 207:
        raise server.bad(f"answered {answer.status} to a CalDAV {method}. Is it the address of a CalDAV collection?")
    try:
        return read_multistatus(answer.body)
    except NoMultistatus as error:
        raise server.bad(f"sent an answer that cannot be read: {error}. The last good copy stays.") from None


def _text_of(server: FeedServer, part: Part) -> str:
    if not part.is_whole:
        refused = ", ".join(str(status) for status in part.statuses if status // 100 != 2)
        raise server.bad(f"left something out of its answer, with status {refused}. The last good copy stays.")
    if part.data is None:
        raise server.bad("lists an object of the collection without what is in it. The last good copy stays.")
    return part.data.strip().replace("\r\n", "\n").replace("\n", "\r\n") + "\r\n"


def _check_kind(server: FeedServer, address: str) -> None:
    """An account's home has no objects either: nothing counts as an empty calendar but one that says that it is a calendar."""
    if not any(part.is_calendar for part in _asked(server, "PROPFIND", address, "0", _KIND)):
        raise server.bad("has no events there, and is not a calendar. Give the address of the calendar itself, not of the account.")
