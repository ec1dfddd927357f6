"""Turns the VEVENTs of an iCalendar file into events: zones resolved, ends worked out, moved and cancelled occurrences taken out of their series.

A calendar must never open time by being misread: whatever is not understood is a fault. Left out are, on purpose: CANCELLED events, TRANSPARENT ones
(unless the calendar says that they count), TENTATIVE ones where events open time, and alarms.
"""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Literal

from pydantic import ValidationError

from rollout.adapters.files.ics import Component, unescaped
from rollout.adapters.files.ics_times import IcsTimes, Shown, Unreadable
from rollout.core.coverage.recurrence import Event, Recurrence, recurrence_of
from rollout.core.values import Value
from rollout.errors import Fault

IGNORED = frozenset({"VTIMEZONE", "VTODO", "VJOURNAL"})


class Choice(Value):
    """Which events of a calendar count: those with any of the categories (all, if none is named); transparent ones only if they are said to."""

    categories: frozenset[str] = frozenset()
    transparent: Literal["ignored", "counts"] = "ignored"


@dataclass
class _Series:
    """The events of one UID: those that found it, and the occurrences that are told apart, by the instant that they replace."""

    masters: list[Component] = field(default_factory=list)
    changed: dict[int, Component] = field(default_factory=dict)
    changed_days: set[date] = field(default_factory=set)


class EventReader:
    """Reads the events of one file. All its floating times and whole days are bound to `timezone`, whoever asks."""

    def __init__(self, file: str, timezone: str, choice: Choice, *, blocks: bool) -> None:
        self._file = file
        self._choice = choice
        self._blocks = blocks
        self._times = IcsTimes(timezone)
        self.faults: list[Fault] = []

    def read(self, calendars: list[Component]) -> tuple[Event, ...]:
        """The events that count, in order of UID and start; what is wrong is added to `faults`."""
        series: dict[str, _Series] = {}
        for part in (part for calendar in calendars for part in calendar.parts):
            if part.name == "VEVENT":
                self._collect(part, series)
            elif part.name not in IGNORED and not part.name.startswith("X-"):
                self._fault(part.line, part.name, "is not supported, and is not skipped either: its times would be lost. Write them as VEVENT")
        self._check_categories(calendars)
        events = [event for uid in sorted(series) for event in self._events(uid, series[uid])]
        return tuple(sorted(events, key=lambda event: (event.uid, event.start, event.source)))

    def _collect(self, part: Component, series: dict[str, _Series]) -> None:
        found = series.setdefault(part.text("UID") or f"line {part.line}", _Series())
        changed = part.first("RECURRENCE-ID")
        if changed is None:
            found.masters.append(part)
            return
        try:
            if "RANGE" in changed.params:
                raise Unreadable(changed.line, changed.name, "RANGE=THISANDFUTURE is not supported; end the series, and begin another")
            shown = self._times.shown(changed)
        except Unreadable as error:
            self._fault(error.line, error.name, str(error))
            return
        at = self._times.instant(shown)
        if at not in found.changed or _sequence(part) >= _sequence(found.changed[at]):
            found.changed[at] = part
        if shown.is_date:
            found.changed_days.add(shown.wall.date())

    def _events(self, uid: str, series: _Series) -> Iterator[Event]:
        for part in (*self._newest(uid, series.masters), *series.changed.values()):
            try:
                if self._counts(part):
                    yield from self._read_event(uid, part, series)
            except Unreadable as error:
                self._fault(error.line, error.name, str(error))

    def _newest(self, uid: str, masters: list[Component]) -> list[Component]:
        newest = max((_sequence(part) for part in masters), default=0)
        kept = [part for part in masters if _sequence(part) == newest]
        for part in kept[1:]:
            self._fault(part.line, "UID", f"{uid} is also the UID of the event in line {kept[0].line}; give each its own")
        return kept[:1]

    def _counts(self, part: Component) -> bool:
        status, transparent = part.text("STATUS").upper(), part.text("TRANSP").upper() == "TRANSPARENT"
        if status == "CANCELLED" or (status == "TENTATIVE" and not self._blocks):
            return False
        if transparent and self._choice.transparent == "ignored":
            return False
        return not self._choice.categories or bool(self._choice.categories & _categories(part))

    def _check_categories(self, calendars: list[Component]) -> None:
        known = {name for calendar in calendars for part in calendar.parts for name in _categories(part)}
        for name in sorted(self._choice.categories - known):
            self._fault(0, "CATEGORIES", f"no event has the category {name}, which its sidecar asks for")

    def _read_event(self, uid: str, part: Component, series: _Series) -> Iterator[Event]:
        for name in ("EXRULE", "RRULE", "DTSTART"):
            found = part.properties.get(name, [])
            if len(found) > (name != "EXRULE"):
                raise Unreadable(found[-1].line, name, "is not supported; list the dates in EXDATE" if name == "EXRULE" else "stands there twice")
        begins = part.first("DTSTART")
        if begins is None:
            raise Unreadable(part.line, "DTSTART", "is missing")
        start = self._times.shown(begins)
        length = self._times.length(part, start)
        skipped, skipped_days = self._skipped(part)
        if "RECURRENCE-ID" not in part.properties:
            skipped, skipped_days = skipped | series.changed.keys(), skipped_days | series.changed_days
        single = Event(
            uid=uid,
            summary=part.text("SUMMARY"),
            zone=start.zone,
            start=start.wall,
            days=length.days,
            seconds=length.seconds,
            nominal=length.nominal,
            skipped=skipped,
            skipped_days=skipped_days,
            source=f"{self._file}:{part.line}",
        )
        yield self._recurring(single, part, start)
        yield from (single.model_copy(update={"start": one.wall, "zone": one.zone}) for one in self._added(part, start))

    def _recurring(self, single: Event, part: Component, start: Shown) -> Event:
        rule = part.first("RRULE")
        if rule is None:
            return single
        try:
            recurrence: Recurrence = recurrence_of(rule.value.strip(), self._times.zone(start.zone))
            return Event.model_validate({**dict(single), "recurrence": recurrence})
        except ValidationError as error:
            raise Unreadable(rule.line, "RRULE", _told(error)) from None
        except ValueError as error:
            raise Unreadable(rule.line, "RRULE", str(error)) from None

    def _skipped(self, part: Component) -> tuple[frozenset[int], frozenset[date]]:
        shown = [one for found in part.properties.get("EXDATE", []) for one in self._times.listed(found)]
        instants = frozenset(self._times.instant(one) for one in shown if not one.is_date)
        return instants, frozenset(one.wall.date() for one in shown if one.is_date)

    def _added(self, part: Component, start: Shown) -> Iterator[Shown]:
        for found in part.properties.get("RDATE", []):
            if found.params.get("VALUE", "").upper() == "PERIOD":
                raise Unreadable(found.line, "RDATE", "VALUE=PERIOD is not supported; write an event of its own")
            for one in self._times.listed(found):
                if one.is_date != start.is_date:
                    raise Unreadable(found.line, "RDATE", "must be dates if DTSTART is one, and times if it is one")
                yield one

    def _fault(self, line: int, name: str, text: str) -> None:
        self.faults.append(Fault(self._file, line, name, text))


def _sequence(part: Component) -> int:
    text = part.text("SEQUENCE") or "0"
    return int(text) if text.isdecimal() and len(text) < 10 else 0


def _categories(part: Component) -> frozenset[str]:
    values = [found.value for found in part.properties.get("CATEGORIES", [])]
    return frozenset(unescaped(name).strip() for value in values for name in re.split(r"(?<!\\),", value))


def _told(error: ValidationError) -> str:
    return "; ".join(f"{'.'.join(str(part) for part in each['loc'])} {each['msg'].removeprefix('Value error, ')}".strip() for each in error.errors())
