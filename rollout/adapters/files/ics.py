"""Reads iCalendar text into components whose properties know their line (RFC 5545 3.1). What is cut short, or nested wrongly, is a fault.

The text may come from anybody: its size, its lines and its depth have bounds, and no pattern here takes longer than the text is long.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import NamedTuple

from rollout.adapters.files.calendar_folder import LARGEST
from rollout.errors import Fault, FaultsFound

LARGEST_FILE = LARGEST[".ics"]
LONGEST_LINE = 100_000
MOST_LINES = 400_000
MOST_FAULTS = 100
DEEPEST = 10

_VALUE = r'(?:"[^"]*+"|[^";:])*+'
_LINE = re.compile(rf"([A-Za-z0-9-]++)((?:;[A-Za-z0-9-]++={_VALUE})*+):(.*)", re.DOTALL)
_PARAMS = re.compile(rf";([A-Za-z0-9-]++)=({_VALUE})")
_NO_PARAMS: Mapping[str, str] = {}


class Property(NamedTuple):
    """One content line: a name in capitals, its parameters, its value as it is written, and the line it begins on."""

    name: str
    params: Mapping[str, str]
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
    if "\\" not in value:
        return value
    out, rest = [], iter(value)
    for sign in rest:
        following = next(rest, "") if sign == "\\" else ""
        out.append("\n" if following in ("n", "N") else following or sign)
    return "".join(out)


def parse_ics(data: bytes, file: str) -> list[Component]:
    """The VCALENDARs of a file. Raises FaultsFound with the lines that cannot be read, the first 100 of them; nothing is skipped or repaired."""
    faults: list[Fault] = []
    calendars = _nested(_properties(_text(data, file), file, faults), file, faults)
    if not calendars and not faults:
        faults.append(Fault(file, 0, "", "holds no VCALENDAR; is it cut short, or another kind of file?"))
    if faults:
        raise FaultsFound(faults[:MOST_FAULTS])
    return calendars


def _text(data: bytes, file: str) -> str:
    """The file's text, if it is of a size that can be read, and text at all."""
    line, fault = 0, ""
    if len(data) > LARGEST_FILE:
        fault = f"has more than {LARGEST_FILE} bytes, which is the most that an iCalendar file may have"
    elif data.count(b"\n") > MOST_LINES:
        fault = f"has more than {MOST_LINES} lines, which is the most that an iCalendar file may have"
    elif data.startswith((b"\xff\xfe", b"\xfe\xff")):
        line, fault = 1, "is not text in UTF-8 but in UTF-16; save it again as UTF-8"
    elif b"\0" in data:
        line, fault = data[: data.index(b"\0")].count(b"\n") + 1, "holds a NUL byte: it is damaged, or not text in UTF-8"
    else:
        try:
            return data.decode("utf-8-sig")
        except UnicodeDecodeError as error:
            line, fault = data[: error.start].count(b"\n") + 1, "is not text in UTF-8; save it again as UTF-8"
    raise FaultsFound([Fault(file, line, "", fault)])


def _properties(text: str, file: str, faults: list[Fault]) -> Iterator[Property]:
    for number, line in _unfolded(text):
        if len(faults) >= MOST_FAULTS:
            return
        if len(line) > LONGEST_LINE:
            faults.append(Fault(file, number, "", f"is a line of {len(line)} characters; the longest may have {LONGEST_LINE}"))
            continue
        found = _LINE.fullmatch(line)
        if found is None:
            faults.append(Fault(file, number, "", f"{line[:60]!r} is not a content line NAME:VALUE"))
            continue
        params = _params(found[2]) if found[2] else _NO_PARAMS
        if params is None:
            faults.append(Fault(file, number, found[1].upper(), "gives a parameter twice; keep one"))
        else:
            yield Property(found[1].upper(), params, found[3], number)


def _params(text: str) -> dict[str, str] | None:
    """The parameters by name, without quotes; None if one is given twice, for readers take either."""
    pairs = _PARAMS.findall(text)
    params = {name.upper(): value.replace('"', "") for name, value in pairs}
    return params if len(params) == len(pairs) else None


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
        if found.name == "BEGIN":
            if len(open_parts) > DEEPEST:
                faults.append(Fault(file, found.line, "", f"is nested more than {DEEPEST} deep"))
                return []
            part = Component(found.value.strip().upper(), found.line)
            open_parts[-1].parts.append(part)
            open_parts.append(part)
        elif found.name == "END":
            name = found.value.strip().upper()
            if len(open_parts) == 1 or open_parts[-1].name != name:
                faults.append(Fault(file, found.line, "", f"END:{name[:40]} closes what is not open"))
                return []
            open_parts.pop()
        elif len(open_parts) == 1:
            faults.append(Fault(file, found.line, "", f"{found.name} stands outside of any VCALENDAR"))
        else:
            open_parts[-1].properties.setdefault(found.name, []).append(found)
    if len(faults) < MOST_FAULTS:
        faults.extend(Fault(file, part.line, "", f"BEGIN:{part.name[:40]} has no END; the file is cut short") for part in open_parts[1:])
        faults.extend(Fault(file, part.line, "", f"{part.name[:40]} is not a VCALENDAR") for part in root.parts if part.name != "VCALENDAR")
    return root.parts
