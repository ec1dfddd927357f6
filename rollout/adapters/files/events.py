"""Turns an iCalendar file into what a rule is made of: its events, its availabilities, and its own time zone.

A calendar must never open time by being misread: whatever is not understood is a fault. Left out are, on purpose: CANCELLED events, TRANSPARENT ones
(unless the calendar says that they count), TENTATIVE ones where events open time, and alarms.
"""

from collections.abc import Iterator
from typing import Literal, NamedTuple

from rollout.adapters.files.availabilities import AvailabilityReader
from rollout.adapters.files.components import STATUSES, TRANSPARENCIES, categories, word
from rollout.adapters.files.ics import MOST_FAULTS, Component, parse_ics
from rollout.adapters.files.ics_times import IcsTimes, Unreadable, zone_named
from rollout.adapters.files.series import SeriesReader
from rollout.core.coverage.availability import Availability
from rollout.core.coverage.recurrence import Event
from rollout.core.values import Value
from rollout.errors import Fault, FaultsFound

IGNORED = frozenset({"VTIMEZONE", "VTODO", "VJOURNAL"})
_MUST_BE = {"VERSION": ("2.0",), "CALSCALE": ("GREGORIAN",), "METHOD": ("PUBLISH", "REQUEST")}


class Choice(Value):
    """Which events of a calendar count: those with any of the categories (all, if none is named); transparent ones only if they are said to."""

    categories: frozenset[str] = frozenset()
    transparent: Literal["ignored", "counts"] = "ignored"


class Contents(NamedTuple):
    """What an iCalendar file says, and the zone that its whole days and floating times were bound to."""

    timezone: str
    events: tuple[Event, ...]
    availabilities: tuple[Availability, ...]


def read_ics(
    data: bytes,
    file: str,
    *,
    blocks: bool,
    timezone: str | None = None,
    choice: Choice | None = None,
    seen: frozenset[str] = frozenset(),
) -> Contents:
    """The whole of an iCalendar file, read for a rule that blocks or that opens. Without a `timezone`, X-WR-TIMEZONE gives it.

    A chosen category that no event has is a fault, unless it was `seen` before: a feed may have it again.
    Raises FaultsFound with everything that is wrong; no part of a file with faults is ever returned.
    """
    calendars = parse_ics(data, file)
    zone = timezone or zone_of_calendar(calendars, file)
    reader = EventReader(file, zone, choice or Choice(), blocks=blocks, seen=seen)
    events = reader.read(calendars)
    if reader.faults:
        raise FaultsFound(reader.faults)
    return Contents(zone, events, reader.availabilities)


def zone_of_calendar(calendars: list[Component], file: str) -> str:
    """The zone that X-WR-TIMEZONE names. Raises FaultsFound if there is none, or an unknown one, or several that differ."""
    found = [one for calendar in calendars for one in calendar.properties.get("X-WR-TIMEZONE", ())]
    if not found:
        text = "names no zone of its own: it has no X-WR-TIMEZONE. Give a timezone, for its whole days and floating times"
        raise FaultsFound([Fault(file, 0, "", text)])
    names = [zone_named(one.value.strip()) for one in found]
    for one, name in zip(found, names, strict=True):
        if name is None or name != names[0]:
            told = f"{one.value[:60]} {'is not a time zone' if name is None else f'is not that of line {found[0].line}'}"
            raise FaultsFound([Fault(file, one.line, one.name, f"{told}; give a timezone beside the file, which then counts")])
    return names[0] or ""


class EventReader:
    """Reads the events of one file. All its floating times and whole days are bound to `timezone`, whoever asks."""

    def __init__(self, file: str, timezone: str, choice: Choice, *, blocks: bool, seen: frozenset[str] = frozenset()) -> None:
        self._file = file
        self._choice = choice
        self._blocks = blocks
        self._seen = seen
        self._times = IcsTimes(timezone)
        self.availabilities: tuple[Availability, ...] = ()
        self.faults: list[Fault] = []

    def read(self, calendars: list[Component]) -> tuple[Event, ...]:
        """The events that count, in order of UID and start; what is wrong is added to `faults`, and availabilities to `availabilities`."""
        for calendar in calendars:
            self._check_frame(calendar)
        parts = [part for calendar in calendars for part in calendar.parts]
        self._check_categories(parts)
        events, spoken = (list(self._named(name, parts)) for name in ("VEVENT", "VAVAILABILITY"))
        if events and spoken and not self._blocks:
            text = f"stands beside the VAVAILABILITY of line {spoken[0].line}, for which it is busy time, and for a window open time; use two files"
            self._fault(events[0].line, "VEVENT", text)
        self.availabilities = tuple(AvailabilityReader(self._file, self._times, self._tell).read([part for part in spoken if self._is_chosen(part)]))
        reader = SeriesReader(self._file, self._times, self._counts, self._tell, strict=not self._blocks)
        return tuple(sorted(reader.read(events), key=lambda event: (event.uid, event.start, event.source)))

    def _named(self, name: str, parts: list[Component]) -> Iterator[Component]:
        return (part for part in parts if part.name == name)

    def _check_frame(self, calendar: Component) -> None:
        """Tell of a calendar that is none of ours to read, and of parts whose times would be lost."""
        for name, known in _MUST_BE.items():
            for found in calendar.properties.get(name, ()):
                if found.value.strip().upper() not in known:
                    self._fault(found.line, name, f"{found.value[:40]} is not {' or '.join(known)}: this is no calendar that could be followed")
        for part in calendar.parts:
            if part.name not in IGNORED | {"VEVENT", "VAVAILABILITY"} and not part.name.startswith("X-"):
                text = "is not supported, and is not skipped either: its times would be lost. Write them as VEVENT"
                self._fault(part.line, part.name[:40], text)

    def _counts(self, part: Component) -> bool:
        status, transparency = word(part, "STATUS", STATUSES), word(part, "TRANSP", TRANSPARENCIES)
        if status == "CANCELLED" or (status == "TENTATIVE" and not self._blocks):
            return False
        if transparency == "TRANSPARENT" and self._choice.transparent == "ignored":
            return False
        return self._is_chosen(part)

    def _is_chosen(self, part: Component) -> bool:
        return not self._choice.categories or bool(self._choice.categories & categories(part))

    def _check_categories(self, parts: list[Component]) -> None:
        if self._choice.categories:
            known = self._seen.union(*(categories(part) for part in parts))
            for name in sorted(self._choice.categories - known):
                self._fault(0, "CATEGORIES", f"no event has the category {name}, which its sidecar asks for")

    def _tell(self, error: Unreadable) -> None:
        self._fault(error.line, error.name, str(error))

    def _fault(self, line: int, name: str, text: str) -> None:
        if len(self.faults) < MOST_FAULTS:
            self.faults.append(Fault(self._file, line, name, text))
