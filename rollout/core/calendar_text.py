"""Text as iCalendar wants it (RFC 5545): values escaped, lines folded, dated events, whole calendars. Knows no calendar of ours."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from typing import Literal

LONGEST_LINE = 75  # octets, without the line's end (section 3.1)
Status = Literal["CONFIRMED", "TENTATIVE", "CANCELLED"]
_RESERVED = frozenset({"UID", "SEQUENCE", "DTSTAMP", "LAST-MODIFIED"})


@dataclass(frozen=True)
class Entry:
    """One event with a date, without recurrence. It lasts from `start` to `end`, two moments; or whole days, `end` being the day after the last."""

    uid: str
    start: date
    end: date
    summary: str
    description: str = ""
    category: str = ""
    status: Status = "CONFIRMED"
    rule: str = ""

    @property
    def content(self) -> tuple[str, ...]:
        """What it says, as content lines: all but its UID, and which edition it is."""
        lines = (
            f"DTSTART{shown(self.start)}",
            f"DTEND{shown(self.end)}",
            f"SUMMARY:{escaped(self.summary)}",
            f"DESCRIPTION:{escaped(self.description)}" if self.description else "",
            f"CATEGORIES:{escaped(self.category)}" if self.category else "",
            f"STATUS:{self.status}",
            "X-MICROSOFT-CDO-BUSYSTATUS:FREE",
            f"X-ROLLOUT-RULE-ID:{escaped(self.rule)}" if self.rule else "",
        )
        return tuple(line for line in lines if line)


@dataclass(frozen=True)
class Edition:
    """An event as it was published: its content lines, its SEQUENCE, and the DTSTAMP of when it first said this."""

    uid: str
    content: tuple[str, ...]
    sequence: int
    stamp: str

    @property
    def lines(self) -> tuple[str, ...]:
        """Its content lines, all of them."""
        edition = (f"UID:{self.uid}", f"SEQUENCE:{self.sequence}", f"DTSTAMP:{self.stamp}", f"LAST-MODIFIED:{self.stamp}")
        return ("BEGIN:VEVENT", *edition, *self.content, "END:VEVENT")

    def said(self, name: str) -> str:
        """The value of the property of that name, as it is written; empty if there is none."""
        return next((line.partition(":")[2] for line in self.content if line.startswith((f"{name}:", f"{name};"))), "")


def is_content(name: str) -> bool:
    """Whether a property of an event is about what happens, and not about which edition it is."""
    return name not in _RESERVED


def calendar(name: str, timezone: str, properties: Mapping[str, str], editions: Iterable[Edition]) -> str:
    """A calendar for others to subscribe to (RFC 5545, 7986), with the names that Apple, Google and Outlook know beside the standard ones."""
    head = {
        "VERSION": "2.0",
        "PRODID": "-//rollout//Coverage//EN",
        "CALSCALE": "GREGORIAN",
        "METHOD": "PUBLISH",
        "NAME": escaped(name),
        "X-WR-CALNAME": escaped(name),
        "X-WR-TIMEZONE": timezone,
        "REFRESH-INTERVAL;VALUE=DURATION": "PT6H",
        "X-PUBLISHED-TTL": "PT6H",
        **{key: escaped(value) for key, value in properties.items()},
    }
    lines = [f"{key}:{value}" for key, value in head.items()]
    events = [line for edition in editions for line in edition.lines]
    return folded("\n".join(["BEGIN:VCALENDAR", *lines, *events, "END:VCALENDAR"]))


def stamp(moment: datetime) -> str:
    """A moment as a DATE-TIME in UTC (section 3.3.5)."""
    return f"{moment.astimezone(UTC):%Y%m%dT%H%M%SZ}"


def shown(day: date) -> str:
    """What follows the name of a property that holds that moment or day: its parameter, if it needs one, and its value."""
    return f":{stamp(day)}" if isinstance(day, datetime) else f";VALUE=DATE:{day:%Y%m%d}"


def escaped(text: str) -> str:
    """The text as a TEXT value (section 3.3.11); line ends become \\n."""
    plain = text.replace("\\", "\\\\").replace(";", "\\;").replace(",", "\\,")
    return "\\n".join(plain.splitlines())


def folded(text: str) -> str:
    """The lines, each folded to at most 75 octets between characters and ended by CR LF; empty ones are dropped."""
    return "".join(f"{part}\r\n" for line in text.split("\n") if line.strip() for part in _parts(line.rstrip("\r")))


def _parts(line: str) -> list[str]:
    """The line in parts that fit; from the second on they begin with a blank."""
    parts, part, size = [], "", 0
    for sign in line:
        octets = len(sign.encode())
        if size + octets > LONGEST_LINE:
            parts.append(part)
            part, size = " ", 1
        part, size = part + sign, size + octets
    return [*parts, part]
