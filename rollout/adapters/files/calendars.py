"""Reads the calendars of a workspace into rules: YAML files, and iCalendar files with a sidecar that says what they mean.

Every fault of every file is told at once. There is no half-read set of calendars: one that is missing a freeze would open time.
"""

import os
import re
from collections.abc import Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any

from rollout.adapters.files.calendar_documents import calendar_documents
from rollout.adapters.files.calendar_folder import calendar_files, content_of, legible, may_name
from rollout.adapters.files.documents import Document, suggestion, validate
from rollout.adapters.files.events import Choice, read_ics, zone_of_calendar
from rollout.adapters.files.feed_reading import Copies, FeedReader, Subscription, no_copies
from rollout.adapters.files.feeds import Feed
from rollout.adapters.files.ics import parse_ics
from rollout.adapters.files.rosters import RosterReader
from rollout.core.coverage.references import dangling
from rollout.core.coverage.rosters import StaffingRule
from rollout.core.coverage.rules import RULE_KINDS
from rollout.core.coverage.scopes import Rule
from rollout.core.coverage.timed import BlockRule, Timed, WindowRule
from rollout.errors import Fault, FaultsFound

OWN_FIELDS = frozenset({"source", "events", "availabilities", "date_sources", "duties", "read_until", "days_off"})
_LOCK = ".lock.yaml"


def load_calendars(folder: Path, name: str | None = None, copies: Copies = no_copies) -> tuple[Rule, ...]:
    """The rules of all calendars in a folder and below it, in order of file and place. `name` stands for the folder in faults and sources.

    Events of feeds come from `copies`; where those have none that counts, the rule is unknown.
    Raises FaultsFound, also for a folder that cannot be looked into. Files with other endings than .yaml, .yml and .ics, and hidden ones, are none
    of ours.
    """
    shown = name or folder.name
    if not os.path.isdir(folder):
        raise FaultsFound([Fault(shown, 0, "", "there is no such folder; calendars are kept there")])
    reader = _Reader(folder, shown, copies)
    rules = tuple(rule for path in reader.files() for rule in reader.rules(path))
    faults = [*reader.faults, *reader.unclaimed()] or dangling(rules)
    if faults:
        raise FaultsFound(faults)
    return rules


def load_subscriptions(folder: Path, name: str | None = None) -> tuple[Subscription, ...]:
    """The feeds that the calendars subscribe to, in order of file and place. Raises FaultsFound for what is wrong in the files that speak of any."""
    reader = _Reader(folder, name or folder.name, no_copies)
    for path in reader.files():
        if _speaks_of_feeds(path):
            list(reader.rules(path))
    if reader.faults:
        raise FaultsFound(reader.faults)
    return tuple(reader.feeds.subscriptions)


def _speaks_of_feeds(path: Path) -> bool:
    try:
        return may_name(content_of(path), "feed")
    except OSError:  # what is wrong with it is told when it is read
        return True


class _Reader:
    """Reads one folder, and collects its faults."""

    def __init__(self, folder: Path, shown: str, copies: Copies) -> None:
        self._folder = folder
        self._shown = shown
        self.feeds = FeedReader(copies)
        self._rosters = RosterReader(folder, shown, self.feeds)
        self._bare: dict[Path, Fault] = {}
        self.faults: list[Fault] = []

    def files(self) -> tuple[Path, ...]:
        """The files that count; what hides others is a fault."""
        found = calendar_files(self._folder)
        self.faults += [Fault(self._called(path), 0, "", problem) for path, problem in found.problems.items()]
        return found.files

    def _called(self, path: Path) -> str:
        inside = path.relative_to(self._folder)
        return f"{self._shown}/{legible(inside)}" if inside.parts else self._shown

    def unclaimed(self) -> list[Fault]:
        """The iCalendar files that neither a sidecar nor a roster gives a meaning."""
        return [fault for path, fault in self._bare.items() if path not in self._rosters.claimed]

    def rules(self, path: Path) -> Iterator[Rule]:
        """The rules of one file. An iCalendar file has none of its own: its sidecar has."""
        file = self._called(path)
        if path.suffix.lower() == ".ics":
            if not os.path.isfile(_sidecar(path)):
                text = f"needs a sidecar {_sidecar(path).name} that gives its kind, id, scope and timezone"
                self._bare[path] = Fault(file, 0, "", text)
            return
        try:
            text, documents = calendar_documents(path, file)
        except FaultsFound as error:
            self.faults += error.faults
            return
        except FileNotFoundError:  # it was there a moment ago
            return
        lines = _first_lines(text)
        for number, document in enumerate(documents):
            line = lines[number] if len(lines) == len(documents) else document.line(())
            rule = self._rule(document, path, f"{file}:{line}")
            if rule is not None:
                yield rule

    def _rule(self, document: Document, path: Path, source: str) -> Rule | None:
        data = document.data
        if not isinstance(data, Mapping):
            self.faults.append(document.fault((), "is empty; write a rule, or delete the file" if data is None else "must be a mapping of fields"))
            return None
        before = len(self.faults)
        self._rosters.claim(data)
        kind = self._kind(document, data)
        self.faults += [document.fault((field,), "is not a known field") for field in sorted(OWN_FIELDS & data.keys())]
        beside = path.with_name(path.name.removesuffix(path.suffix))
        is_sidecar = beside.suffix.lower() == ".ics"
        if "feed" in data and is_sidecar:
            self.faults.append(document.fault(("feed",), f"stands beside {beside.name}, whose events count already; give the feed a rule of its own"))
        feed = self.feeds.take(document, self.faults) if "feed" in data else None
        choice = self._choice(document) if is_sidecar or feed is not None else None
        if is_sidecar and kind is not None and issubclass(kind, Timed) and "timezone" not in data:
            document.data["timezone"] = self._zone_of_calendar(beside)
        if kind is None or len(self.faults) > before:
            return None
        rule = validate(document, kind, self.faults)
        if rule is None:
            return None
        rule = rule.model_copy(update={"source": source})
        if path.name.endswith(_LOCK) and (not isinstance(rule, BlockRule) or list(data)[-1] != "generator"):
            self.faults.append(document.fault((), "must be a block whose last field is generator; is it cut short?"))
        if choice is not None and feed is not None:
            return self._with_feed(document, rule, feed, choice)
        if choice is not None:
            return self._with_events(document, rule, beside, choice)
        if isinstance(rule, StaffingRule):
            return self._rosters.read(document, rule, self.faults)
        if isinstance(rule, Timed) and not _has_times(rule):
            self.faults.append(document.fault((), "names no time; give weekly hours, dates, or a start and an end"))
        return rule.model_copy(update={"date_sources": _date_sources(document, rule)}) if isinstance(rule, BlockRule) and rule.dates else rule

    def _kind(self, document: Document, data: Mapping[str, Any]) -> type[Rule] | None:
        kind = data.get("kind")
        if not isinstance(kind, str) or kind not in RULE_KINDS:
            text = (
                f"{kind} is no kind of rule. {suggestion(kind, RULE_KINDS)}"
                if isinstance(kind, str)
                else "is missing: window, block, staffing or override"
            )
            self.faults.append(document.fault(("kind",), text))
            return None
        return RULE_KINDS[kind]

    def _choice(self, document: Document) -> Choice | None:
        """What a sidecar says about its iCalendar file, taken out of the document: the rest of it is an ordinary rule."""
        fields = {field: document.data.pop(field) for field in Choice.model_fields if field in document.data}
        return validate(Document(document.file, fields, find_lines=document.find_lines), Choice, self.faults)

    def _with_events(self, document: Document, rule: Rule, path: Path, choice: Choice) -> Rule | None:
        file = self._called(path)
        if not isinstance(rule, Timed):
            self.faults.append(document.fault(("kind",), f"must be window or block: {path.name} holds events"))
            return None
        try:
            read = read_ics(content_of(path), file, blocks=not isinstance(rule, WindowRule), timezone=rule.timezone, choice=choice)
        except FaultsFound as error:
            self.faults += error.faults
            return None
        except OSError as error:
            self.faults.append(Fault(file, 0, "", f"cannot be read: {error.strerror}"))
            return None
        return rule.model_copy(update={"events": read.events, "availabilities": read.availabilities})

    def _with_feed(self, document: Document, rule: Rule, feed: Feed, choice: Choice) -> Rule | None:
        if not isinstance(rule, Timed):
            self.faults.append(document.fault(("kind",), "must be window or block: a feed holds events"))
            return None
        return self.feeds.read(rule, feed, choice)

    def _zone_of_calendar(self, path: Path) -> str | None:
        """The zone that an iCalendar file gives itself, for a sidecar that gives none."""
        file = self._called(path)
        try:
            return zone_of_calendar(parse_ics(content_of(path), file), file)
        except FaultsFound as error:
            self.faults += error.faults
        except OSError as error:
            self.faults.append(Fault(file, 0, "", f"cannot be read: {error.strerror}"))
        return None


def _sidecar(path: Path) -> Path:
    return path.with_name(path.name + ".yaml")


def _has_times(rule: Timed) -> bool:
    return bool(rule.weekly or rule.exceptions or rule.start or rule.events or (isinstance(rule, BlockRule) and rule.dates))


def _date_sources(document: Document, rule: BlockRule) -> dict[date, str]:
    return {day: f"{document.file}:{document.line(('dates', day.isoformat()))}" for day in rule.dates}


def _first_lines(text: str) -> list[int]:
    """The line on which each document begins to say something."""
    lines: list[int] = []
    waiting = True
    for number, line in enumerate(text.splitlines(), 1):
        if re.match(r"(---|\.\.\.)(\s|$)", line):
            waiting = True
            line = line[3:]
        if waiting and line.strip() and not line.lstrip().startswith(("#", "%")):
            lines.append(number)
            waiting = False
    return lines
