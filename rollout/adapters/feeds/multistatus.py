"""Reads the answers of WebDAV servers (RFC 4918 13). They come from outside: nothing in them is expanded, looked up or nested without end."""

import re
from dataclasses import dataclass, field
from xml.parsers import expat

DEEPEST = 50
_DAV, _CALDAV = "DAV: ", "urn:ietf:params:xml:ns:caldav "
_KEPT = {f"{_DAV}href", f"{_DAV}status", f"{_CALDAV}calendar-data"}
_STATUS = re.compile(r"\s*HTTP/\d(?:\.\d)?\s+(\d{3})\b")


class NoMultistatus(ValueError):
    """What came is none; the message says why."""


@dataclass
class Part:
    """What is said of one resource: where it is, all statuses, its text if it is a calendar object, the names of all elements about it."""

    href: str = ""
    statuses: list[int] = field(default_factory=list)
    data: str | None = None
    names: set[str] = field(default_factory=set)

    @property
    def is_calendar(self) -> bool:
        """Whether it says of itself that it is a calendar (RFC 4791 4.2)."""
        return f"{_CALDAV}calendar" in self.names

    @property
    def is_whole(self) -> bool:
        """Whether all that was asked about it was answered."""
        return all(status // 100 == 2 for status in self.statuses)


class _Reader:
    def __init__(self) -> None:
        self.parts: list[Part] = []
        self._path: list[str] = []
        self._text: list[str] = []
        self.parser = expat.ParserCreate(namespace_separator=" ")
        self.parser.buffer_text = True
        self.parser.StartDoctypeDeclHandler = self._refuse
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._characters

    def _refuse(self, *_: object) -> None:
        raise NoMultistatus("it has a document type declaration, which no such answer needs")

    def _start(self, name: str, _attributes: object) -> None:
        if not self._path and name != f"{_DAV}multistatus":
            raise NoMultistatus(f"it begins with {name.rpartition(' ')[2][:40]}")
        if len(self._path) >= DEEPEST:
            raise NoMultistatus(f"it is nested more than {DEEPEST} deep")
        if self._path == [f"{_DAV}multistatus"] and name == f"{_DAV}response":
            self.parts.append(Part())
        elif self.parts:
            self.parts[-1].names.add(name)
        self._path.append(name)
        self._text.clear()

    def _characters(self, text: str) -> None:
        if self._path[-1] in _KEPT:
            self._text.append(text)

    def _end(self, name: str) -> None:
        self._path.pop()
        if name not in _KEPT or not self.parts:
            return
        text, part = "".join(self._text), self.parts[-1]
        if name == f"{_DAV}href" and len(self._path) == 2:
            part.href = text.strip()
        elif name == f"{_DAV}status":
            found = _STATUS.match(text)
            part.statuses.append(int(found[1]) if found else 0)
        elif name == f"{_CALDAV}calendar-data":
            part.data = text


def read_multistatus(body: bytes) -> tuple[Part, ...]:
    """What is said of each resource, in order. Raises NoMultistatus."""
    reader = _Reader()
    try:
        reader.parser.Parse(body, True)
    except expat.ExpatError as error:
        raise NoMultistatus(f"it is no XML: {expat.ErrorString(error.code)} in line {error.lineno}") from None
    return tuple(reader.parts)
