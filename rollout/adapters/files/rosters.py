"""Reads rosters that an on-call tool keeps as iCalendar files: each event is a shift of the person whom it names.

A person counts only when surely there: events that are tentative, cancelled or transparent give nobody a shift, and neither do guests who have not
said that they come.
"""

import os
from collections.abc import Iterable, Mapping
from datetime import date
from pathlib import Path, PurePosixPath
from typing import Any

from rollout.adapters.files.calendar_folder import content_of
from rollout.adapters.files.documents import Document, suggestion, validate
from rollout.adapters.files.events import Choice, EventReader
from rollout.adapters.files.feed_reading import FeedReader, Subscription
from rollout.adapters.files.feeds import Feed
from rollout.adapters.files.ics import Component, Property, parse_ics, unescaped
from rollout.core.coverage.duties import last_day
from rollout.core.coverage.rosters import Duty, RosterSource, StaffingRule, same_person
from rollout.core.coverage.zones import Zones
from rollout.errors import Fault, FaultsFound

_NOBODY = ("ROOM", "RESOURCE", "GROUP")


class RosterReader:
    """Reads the sources of the rosters of one folder. `shown` stands for the folder in faults; `feeds` reads what others keep."""

    def __init__(self, folder: Path, shown: str, feeds: FeedReader) -> None:
        self._folder = folder
        self._shown = shown
        self._feeds = feeds
        self._zones = Zones()
        self.claimed: set[Path] = set()

    def claim(self, data: Mapping[str, Any]) -> None:
        """Remember the files that a staffing document names, whatever else is wrong with it: they need no sidecar."""
        sources = data.get("sources")
        for source in sources if isinstance(sources, list) else ():
            if isinstance(source, Mapping) and isinstance(source.get("ics"), str) and not _wrong_path(source["ics"]):
                self.claimed.add(self._folder / source["ics"])

    def read(self, document: Document, rule: StaffingRule, faults: list[Fault]) -> StaffingRule:
        """The rule with what its sources say, unknown if a feed has no copy that counts; what is wrong is added to `faults`."""
        unknown, duties = rule.unknown, dict[str, tuple[Duty, ...]]()
        until: dict[str, date] = {}
        for number, source in enumerate(rule.sources):
            try:
                found, why = self._read(document, number, source, rule)
            except FaultsFound as error:
                faults += error.faults
                continue
            unknown = unknown or why
            duties[source.role] = (*duties.get(source.role, ()), *found)
            last = source.horizon or last_day((one.event for one in found), rule.timezone, self._zones)
            if last is not None:
                until[source.role] = min(last, until.get(source.role, last))
        return rule.model_copy(update={"duties": duties, "read_until": until, "unknown": unknown})

    def _read(self, document: Document, number: int, source: RosterSource, rule: StaffingRule) -> tuple[tuple[Duty, ...], str]:
        """The shifts; or none, and why they are not known."""
        if source.feed is None:
            return self._from_file(document, number, source, rule.timezone), ""
        faults: list[Fault] = []
        feed = validate(document, Feed, faults, ("sources", number, "feed"))
        if feed is None:
            raise FaultsFound(faults)

        def duties(content: bytes, file: str, _seen: frozenset[str]) -> tuple[Duty, ...]:
            return read_roster(content, file, rule.timezone, source)

        name = f"{rule.id}+{number + 1}"
        found, why = self._feeds.asked(Subscription(name, rule.source, feed, lambda *answer: len(duties(*answer))), duties)
        return found or (), why

    def _from_file(self, document: Document, number: int, source: RosterSource, timezone: str) -> tuple[Duty, ...]:
        path = self._folder / source.ics
        wrong = _wrong_path(source.ics) or self._wrong_place(path)
        if wrong:
            raise FaultsFound([document.fault(("sources", number, "ics"), wrong)])
        file = f"{self._shown}/{PurePosixPath(source.ics)}"
        try:
            data = content_of(path)
        except OSError as error:
            raise FaultsFound([Fault(file, 0, "", f"cannot be read: {error.strerror}")]) from None
        return read_roster(data, file, timezone, source)

    def _wrong_place(self, path: Path) -> str:
        if not Path(os.path.realpath(path)).is_relative_to(os.path.realpath(self._folder)):
            return f"leads out of {self._shown}; put the file into that folder"
        if not os.path.isfile(path):
            name, *files = (each.relative_to(self._folder).as_posix() for each in (path, *self._folder.rglob("*.ics")))
            return f"there is no file {name} in {self._shown}. {suggestion(name, files)}".rstrip()
        return ""


def read_roster(data: bytes, file: str, timezone: str, source: RosterSource) -> tuple[Duty, ...]:
    """The shifts in an iCalendar file. Raises FaultsFound with everything that is wrong, and for a file that gives nobody any shift."""
    calendars = parse_ics(data, file)
    reader = EventReader(file, timezone, Choice(), blocks=False)
    events = reader.read(calendars)
    faults = list(reader.faults)
    if reader.availabilities:
        faults.append(Fault(file, 0, "VAVAILABILITY", "tells when somebody could work, not who is on shift; a roster is made of VEVENTs"))
    parts = {part.line: part for calendar in calendars for part in calendar.parts}
    names = _Names(parts.values())
    duties: list[Duty] = []
    for event in events:
        part = parts[int(event.source.rpartition(":")[2])]
        people = names.people(part, source.person_from)
        if people is None:
            text = f"is missing, or names nobody: whose shift is {event.summary or event.uid}? See person_from of the roster that names this file"
            faults.append(Fault(file, part.line, source.person_from.upper(), text))
        duties += [Duty(person=person, event=event) for person in people or ()]
    if not events and not faults:
        faults.append(Fault(file, 0, "", "gives nobody a shift: no event in it counts. Is it the right file?"))
    if faults:
        raise FaultsFound(sorted(set(faults)))
    return tuple(duties)


class _Names:
    """The people of one file. An address stands for the first name that anybody is given with it, so that nobody is counted twice."""

    def __init__(self, parts: Iterable[Component]) -> None:
        self._by_address: dict[str, str] = {}
        for found in (found for part in parts for name in ("ATTENDEE", "ORGANIZER") for found in part.properties.get(name, ())):
            if name := _plain(found.params.get("CN", "")):
                self._by_address.setdefault(_address(found), name)

    def people(self, part: Component, person_from: str) -> tuple[str, ...] | None:
        """Whom the event names, each once; None if it names nobody at all."""
        if person_from == "summary":
            summary = _plain(part.text("SUMMARY"))
            return (summary,) if summary else None
        found = [one for one in part.properties.get(person_from.upper(), ()) if self._name(one) and _is_person(one)]
        names = {same_person(name): name for one in reversed(found) if _comes(one) and (name := self._name(one))}
        return tuple(sorted(names.values())) if found else None

    def _name(self, found: Property) -> str:
        address = _address(found)
        return self._by_address.get(address, address)


def _wrong_path(text: str) -> str:
    path = PurePosixPath(text)
    if path.is_absolute() or ".." in path.parts or "\\" in text or ":" in text or "\0" in text:
        return f"{text} is no path below the folder of the calendars; write it as rosters/escalation.ics"
    if any(part.startswith(".") for part in path.parts):
        return f"{text} is hidden, and hidden files do not count; give it another name"
    return "" if path.suffix.lower() == ".ics" else f"{text} is no .ics file"


def _plain(text: str) -> str:
    return " ".join(unescaped(text).split())


def _address(found: Property) -> str:
    return found.value.strip().casefold().removeprefix("mailto:")


def _is_person(found: Property) -> bool:
    return found.params.get("CUTYPE", "").upper() not in _NOBODY and found.params.get("ROLE", "").upper() != "NON-PARTICIPANT"


def _comes(found: Property) -> bool:
    """Whether the guest surely comes. Most on-call tools say nothing of it, for whom they name has no choice."""
    return found.params.get("PARTSTAT", "ACCEPTED").upper() == "ACCEPTED"
