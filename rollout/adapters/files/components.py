"""What single properties of an iCalendar component say: which may stand there once only, its status, its edition, its categories."""

import re
from collections.abc import Iterable

from rollout.adapters.files.ics import Component, unescaped
from rollout.adapters.files.ics_times import Unreadable

ONCE = ("UID", "DTSTART", "DTEND", "DURATION", "RRULE", "RECURRENCE-ID", "SEQUENCE", "STATUS", "TRANSP", "PRIORITY")
STATUSES = ("CONFIRMED", "TENTATIVE", "CANCELLED")
TRANSPARENCIES = ("OPAQUE", "TRANSPARENT")
WITHOUT_TIMES = frozenset({"VALARM", "VLOCATION", "VRESOURCE", "PARTICIPANT"})


def check_form(part: Component, known: Iterable[str] = ()) -> None:
    """Raise Unreadable if a property that says one thing is given twice, or a part within holds times that nobody would read."""
    for name in ONCE:
        found = part.properties.get(name, ())
        if len(found) > 1:
            raise Unreadable(found[-1].line, name, "stands there twice")
    for inner in part.parts:
        if inner.name not in WITHOUT_TIMES and inner.name not in known and not inner.name.startswith("X-"):
            raise Unreadable(inner.line, inner.name[:40], f"stands within {part.name}, where its times would be lost")


def uid_of(part: Component) -> str:
    """Its UID. Raises Unreadable: without one nobody can tell which changes belong to it."""
    uid = part.text("UID").strip()
    if not uid:
        raise Unreadable(part.line, "UID", f"is missing: this {part.name} cannot be told from others, nor its changes from another's")
    return uid


def word(part: Component, name: str, known: tuple[str, ...]) -> str:
    """The property's word in capitals, the first known one if there is none. Raises Unreadable for any other."""
    found = part.first(name)
    said = found.value.strip().upper() if found else known[0]
    if found and said not in known:
        raise Unreadable(found.line, name, f"{found.value[:40]} is none of {', '.join(known)}")
    return said


def is_cancelled(part: Component) -> bool:
    """Whether it says that what it is about does not take place."""
    return word(part, "STATUS", STATUSES) == "CANCELLED"


def number(part: Component, name: str, highest: int) -> int:
    """The property's whole number, 0 if there is none. Raises Unreadable."""
    found = part.first(name)
    text = found.value.strip() if found else "0"
    if found and not (text.isascii() and text.isdecimal() and len(text) < 10 and int(text) <= highest):
        raise Unreadable(found.line, name, f"{text[:40]} is not a whole number from 0 to {highest}")
    return int(text)


def sequence(part: Component) -> int:
    """Which edition of the component it is: the higher, the newer (RFC 5545 3.8.7.4)."""
    return number(part, "SEQUENCE", 999_999_999)


def categories(part: Component) -> frozenset[str]:
    """Its categories."""
    values = [found.value for found in part.properties.get("CATEGORIES", [])]
    return frozenset(unescaped(name).strip() for value in values for name in re.split(r"(?<!\\),", value))
