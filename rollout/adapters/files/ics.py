"""Reads iCalendar text into components whose properties know their line (RFC 5545 3.1). What is cut short, or nested wrongly, is a fault."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from importlib import import_module
from typing import Any

from rollout.errors import Fault, FaultsFound

LONGEST_LINE = 100_000
LARGEST_FILE = 10_000_000


@dataclass(frozen=True)
class Property:
    """One content line: a name in capitals, its parameters, its value as it is written, and the line it begins on."""

    name: str
    params: dict[str, str]
    value: str
    line: int


@dataclass
class Component:
    """What stands between BEGIN and END."""

    name: str
    line: int
    properties: dict[str, list[Property]] = field(default_factory=dict)
    parts: list["Component"] = field(default_factory=list)

    def first(self, name: str) -> Property | None:
        """The property of that name, or the first of several."""
        found = self.properties.get(name)
        return found[0] if found else None

    def text(self, name: str) -> str:
        """The property's text without its escapes; empty if there is none."""
        found = self.first(name)
        return unescaped(found.value) if found else ""


def unescaped(value: str) -> str:
    """TEXT as it was meant (RFC 5545 3.3.11)."""
    out, rest = [], iter(value)
    for sign in rest:
        following = next(rest, "") if sign == "\\" else ""
        out.append("\n" if following in ("n", "N") else following or sign)
    return "".join(out)


def parse_ics(data: bytes, file: str) -> list[Component]:
    """The VCALENDARs of a file. Raises FaultsFound with every line that cannot be read; nothing is skipped or repaired."""
    if len(data) > LARGEST_FILE:
        raise FaultsFound([Fault(file, 0, "", f"has {len(data)} bytes; an iCalendar file may have {LARGEST_FILE}")])
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise FaultsFound([Fault(file, line, "", "is not text in UTF-8; save it again as UTF-8")]) from None
    faults: list[Fault] = []
    calendars = _nested(_properties(text, file, faults), file, faults)
    if not calendars and not faults:
        faults.append(Fault(file, 0, "", "holds no VCALENDAR; is it cut short, or another kind of file?"))
    if faults:
        raise FaultsFound(faults)
    return calendars


def _properties(text: str, file: str, faults: list[Fault]) -> Iterator[Property]:
    content_line: Any = import_module("icalendar.parser").Contentline  # a third of a second to import: only for those who have such files
    for number, line in _unfolded(text):
        if len(line) > LONGEST_LINE:
            faults.append(Fault(file, number, "", f"is a line of {len(line)} characters; the longest may have {LONGEST_LINE}"))
            continue
        try:
            yield _property(content_line(line), number)
        except ValueError:
            faults.append(Fault(file, number, "", f"{line[:60]!r} is not a content line NAME:VALUE"))


def _property(line: Any, number: int) -> Property:
    name, params, value = line.raw_parts()
    plain = {str(key).upper(): param if isinstance(param, str) else ",".join(param) for key, param in params.items()}
    return Property(str(name).upper(), plain, str(value), number)


def _unfolded(text: str) -> Iterator[tuple[int, str]]:
    """Each content line with the number of its first line; one that begins with a blank continues the line before it."""
    start = 0
    parts: list[str] = []
    for number, line in enumerate(text.replace("\r\n", "\n").split("\n"), 1):
        if line[:1] in (" ", "\t") and parts:
            parts.append(line[1:])
            continue
        if parts:
            yield start, "".join(parts)
        start, parts = number, [line] if line else []
    if parts:
        yield start, "".join(parts)


def _nested(properties: Iterator[Property], file: str, faults: list[Fault]) -> list[Component]:
    root = Component("", 0)
    open_parts = [root]
    for found in properties:
        value = found.value.strip().upper()
        if found.name == "BEGIN":
            part = Component(value, found.line)
            open_parts[-1].parts.append(part)
            open_parts.append(part)
        elif found.name == "END":
            if len(open_parts) == 1 or open_parts[-1].name != value:
                faults.append(Fault(file, found.line, "", f"END:{value} closes what is not open"))
                return []
            open_parts.pop()
        elif len(open_parts) == 1:
            faults.append(Fault(file, found.line, "", f"{found.name} stands outside of any VCALENDAR"))
        else:
            open_parts[-1].properties.setdefault(found.name, []).append(found)
    faults.extend(Fault(file, part.line, "", f"BEGIN:{part.name} has no END; the file is cut short") for part in open_parts[1:])
    faults.extend(Fault(file, part.line, "", f"{part.name} is not a VCALENDAR") for part in root.parts if part.name != "VCALENDAR")
    return root.parts
