"""Puts the components of one UID together into events: the series, its occurrences that are moved or cancelled, and all from one on that are.

A change is found by the instant of the occurrence that it replaces (RFC 5545 3.8.4.4). It says all there is to say about that occurrence; one with
RANGE=THISANDFUTURE moves all later ones by as much, and gives them its length and its text (3.2.13). What cannot be told for sure is a fault.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from rollout.adapters.files.components import check_form, is_cancelled, sequence, uid_of
from rollout.adapters.files.ics import Component, Property
from rollout.adapters.files.ics_times import IcsTimes, Shown, Unreadable
from rollout.core.coverage.recurrence import Event, Frequency, happens_at, recurrence_of
from rollout.core.coverage.zones import DAY, day_of, wall_of

LONGEST_DAYS = {Frequency.DAILY: 31, Frequency.WEEKLY: 31, Frequency.MONTHLY: 366, Frequency.YEARLY: 366}
_OF_A_SERIES = ("RRULE", "RDATE", "EXDATE", "EXRULE")
_MESSAGES = {"greater_than_equal": "must be at least {ge}", "less_than_equal": "must be at most {le}"}


@dataclass(frozen=True)
class Change:
    """What replaces the occurrence of one instant; `is_date` tells whether its RECURRENCE-ID is one."""

    part: Component
    found: Property
    at: int
    is_date: bool


@dataclass
class Series:
    """The components of one UID: those that found it, the changes of single occurrences, and those of all from one on, by the instant.

    `editions` are all changes, by RANGE, instant and SEQUENCE.
    """

    uid: str
    masters: list[Component] = field(default_factory=list)
    changes: dict[int, Change] = field(default_factory=dict)
    futures: dict[int, Change] = field(default_factory=dict)
    editions: dict[tuple[bool, int, int], Change] = field(default_factory=dict)

    def add(self, change: Change) -> None:
        """Add a change; of two editions the newer stays. Raises Unreadable if both are of one edition: the order in a file means nothing."""
        ranged, edition = "RANGE" in change.found.params, sequence(change.part)
        other = self.editions.setdefault((ranged, change.at, edition), change)
        if other is not change:
            text = f"is changed in line {other.part.line} too, with the same SEQUENCE; take one of the two out"
            raise Unreadable(change.found.line, change.found.name, text)
        kept = self.futures if ranged else self.changes
        if change.at not in kept or edition > sequence(kept[change.at].part):
            kept[change.at] = change

    def outdated(self) -> set[int]:
        """The single changes that an edition of the same occurrence, and all later ones, has overtaken."""
        both = self.changes.keys() & self.futures.keys()
        return {at for at in both if sequence(self.futures[at].part) > sequence(self.changes[at].part)}


class SeriesReader:
    """Reads components of one kind into events. `counts` tells which of them count; `strict` refuses what would open time by mistake."""

    def __init__(self, file: str, times: IcsTimes, counts: Callable[[Component], bool], tell: Callable[[Unreadable], None], *, strict: bool) -> None:
        self._file = file
        self._times = times
        self._counts = counts
        self._tell = tell
        self._strict = strict

    def read(self, parts: Iterable[Component]) -> Iterator[Event]:
        """The events that count, in order of UID. What is wrong is told, and its series left out."""
        collected: dict[str, Series] = {}
        for part in parts:
            try:
                self._collect(part, collected)
            except Unreadable as error:
                self._tell(error)
        for uid in sorted(collected):
            try:
                yield from self._events(collected[uid])
            except Unreadable as error:
                self._tell(error)

    def _collect(self, part: Component, collected: dict[str, Series]) -> None:
        check_form(part)
        uid = uid_of(part)
        sequence(part)
        series = collected.setdefault(uid, Series(uid))
        found = part.first("RECURRENCE-ID")
        if found is None:
            series.masters.append(part)
            return
        for name in _OF_A_SERIES:
            if name in part.properties:
                raise Unreadable(part.properties[name][0].line, name, "stands in the change of an occurrence; only the series itself can recur")
        if found.params.get("RANGE", "THISANDFUTURE").upper() != "THISANDFUTURE":
            raise Unreadable(found.line, found.name, f"RANGE={found.params['RANGE'][:40]} is not known; only THISANDFUTURE is")
        shown = self._times.shown(found)
        series.add(Change(part, found, self._times.instant(shown), shown.is_date))

    def _events(self, series: Series) -> Iterator[Event]:
        master = self._newest(series)
        if master is None:
            for change in series.futures.values():
                raise Unreadable(change.found.line, change.found.name, "changes a series from one occurrence on, and the series is not in this file")
            yield from (self._single(series.uid, change.part) for change in series.changes.values() if self._counts(change.part))
        elif series.changes or series.futures:
            self._check_kind(series, master)
            yield from self._changed(series, _Whole(self._bases(series.uid, master), self._times), master)
        elif self._counts(master):
            yield from self._bases(series.uid, master)

    def _check_kind(self, series: Series, master: Component) -> None:
        """Raise Unreadable for a change that names a day of a series of times: it may have several on that day."""
        for change in (*series.changes.values(), *series.futures.values()):
            if change.is_date and not self._times.shown(_begins(master)).is_date:
                text = f"{change.found.value[:40]} is a date, and the series has times; write the time of the occurrence that is meant"
                raise Unreadable(change.found.line, change.found.name, text)

    def _newest(self, series: Series) -> Component | None:
        newest = max((sequence(part) for part in series.masters), default=0)
        kept = [part for part in series.masters if sequence(part) == newest]
        for part in kept[1:]:
            self._tell(Unreadable(part.line, "UID", f"{series.uid[:60]} is also the UID of the event in line {kept[0].line}; give each its own"))
        return kept[0] if kept else None

    def _bases(self, uid: str, master: Component) -> list[Event]:
        """The series as its founder tells it: the event itself, and one for each date that was added."""
        start = self._times.shown(_begins(master))
        skipped = [one for found in master.properties.get("EXDATE", []) for one in self._times.listed(found)]
        base = self._event(uid, master, start).model_copy(
            update={
                "skipped": frozenset(self._times.instant(one) for one in skipped if not one.is_date),
                "skipped_days": frozenset(one.wall.date() for one in skipped if one.is_date),
            }
        )
        return [self._recurring(base, master), *self._added(base, master, start)]

    def _recurring(self, base: Event, master: Component) -> Event:
        if "EXRULE" in master.properties:
            raise Unreadable(master.properties["EXRULE"][0].line, "EXRULE", "is not supported; list the dates in EXDATE")
        rule = master.first("RRULE")
        if rule is None:
            return base
        try:
            recurring = Event.model_validate({**dict(base), "recurrence": recurrence_of(rule.value.strip(), self._times.zone(base.zone))})
        except ValidationError as error:
            raise Unreadable(rule.line, "RRULE", "; ".join(_told(each) for each in error.errors())) from None
        except ValueError as error:
            raise Unreadable(rule.line, "RRULE", str(error)) from None
        _check_length(recurring, base, rule)
        return recurring

    def _added(self, base: Event, master: Component, start: Shown) -> Iterator[Event]:
        for found in master.properties.get("RDATE", []):
            for one, length in self._times.added(found):
                if one.is_date != start.is_date:
                    raise Unreadable(found.line, "RDATE", "must be dates if DTSTART is one, and times if it is one")
                yield base.model_copy(update={"start": one.wall, "zone": one.zone, **(length._asdict() if length else {})})

    def _changed(self, series: Series, whole: "_Whole", master: Component) -> Iterator[Event]:
        """The series without what changes replace, in ranges from one change of all later ones to the next; and what replaces it."""
        outdated = series.outdated()
        changes = [change for at, change in series.changes.items() if at not in outdated]
        rest = whole.without(changes)
        futures = sorted(series.futures.values(), key=lambda change: change.at)
        shifts = [self._from_then_on(change, whole) for change in futures]
        edges = [change.at for change in futures]
        counting = [self._counts(master)]  # before the first of the futures, and from each of them on
        for change in futures:
            counting.append(self._takes_place(change, instead_of=counting[-1]))
        if counting[0]:
            yield from whole.between(rest, None, edges[0] if edges else None, {})
        for number, (change, given) in enumerate(zip(futures, shifts, strict=True)):
            if counting[number + 1]:
                if change.at not in series.changes.keys() - outdated:
                    yield self._single(series.uid, change.part)
                yield from whole.between(rest, change.at + 1, edges[number + 1] if number + 1 < len(edges) else None, given)
        for change in changes:
            after = bisect_right(edges, change.at)
            if self._takes_place(change, instead_of=counting[after]) and self._stands(change, whole, futures[after - 1] if after else None):
                yield self._single(series.uid, change.part)

    def _takes_place(self, change: Change, *, instead_of: bool) -> bool:
        """Whether a change counts. In a block one of what counts does so too, whatever it leaves out, unless it is cancelled: time must not open."""
        return self._counts(change.part) or (instead_of and not self._strict and not is_cancelled(change.part))

    def _stands(self, change: Change, whole: "_Whole", last: Change | None) -> bool:
        """Whether the change of a single occurrence holds. `last` is the change of all later ones that this occurrence comes under."""
        if last and is_cancelled(last.part):
            text = f"brings back an occurrence that line {last.part.line} has cancelled with all later ones; take one of the two out"
            raise Unreadable(change.found.line, change.found.name, text)
        if not self._strict:
            return True
        if not whole.is_at(change.at):
            raise Unreadable(change.found.line, change.found.name, f"{change.found.value[:40]} is no occurrence of the series; which one is meant?")
        return not whole.takes_out(change)

    def _from_then_on(self, change: Change, whole: "_Whole") -> dict[str, Any]:
        """What is different of the occurrences from that one on: when they begin, how long they last, and what they are called."""
        base, line, name = whole.base, change.found.line, change.found.name
        if not whole.is_at(change.at) or whole.takes_out(change):
            raise Unreadable(line, name, f"{change.found.value[:40]} is no occurrence of the series, which cannot change from there on")
        if is_cancelled(change.part):
            return {}
        replaced = self._times.on_wall(self._times.shown(change.found), base.zone)
        begins = _begins(change.part)
        start = self._times.shown(begins)
        if start.is_date != change.is_date:
            raise Unreadable(begins.line, begins.name, "makes times of days, or days of times; end the series, and begin another")
        if start.zone not in (base.zone, "UTC"):
            text = f"moves the series from {base.zone} to {start.zone}, whose clocks may change on other nights; end the series, and begin another"
            raise Unreadable(begins.line, begins.name, text)
        moved = self._event(base.uid, change.part, self._times.on_wall(start, base.zone))
        _check_length(base, moved, begins)
        return {
            "shift": moved.wall - wall_of(replaced.wall),
            **{field: getattr(moved, field) for field in ("days", "seconds", "nominal", "summary", "source")},
        }

    def _single(self, uid: str, part: Component) -> Event:
        return self._event(uid, part, self._times.shown(_begins(part)))

    def _event(self, uid: str, part: Component, start: Shown) -> Event:
        length = self._times.length(part, start)
        return Event(
            uid=uid,
            summary=part.text("SUMMARY"),
            zone=start.zone,
            start=start.wall,
            days=length.days,
            seconds=length.seconds,
            nominal=length.nominal,
            source=f"{self._file}:{part.line}",
        )


class _Whole:
    """A series before its changes: the event that recurs, and the dates that were added to it."""

    def __init__(self, bases: list[Event], times: IcsTimes) -> None:
        self.base = bases[0]
        self._zone = times.zone(self.base.zone)
        self._added = {times.zone(one.zone).utc(one.wall): one for one in bases[1:]}
        self._instants = sorted(self._added)

    def is_at(self, at: int) -> bool:
        """Whether an occurrence begins at that instant."""
        return at in self._added or happens_at(self.base, self._zone, at)

    def takes_out(self, change: Change) -> bool:
        """Whether EXDATE names that occurrence."""
        return change.at in self.base.skipped or day_of(self._zone.wall(change.at)) in self.base.skipped_days

    def without(self, changes: list[Change]) -> dict[str, Any]:
        """What is taken out of it: what it leaves out itself, and what changes replace."""
        return {"skipped": self.base.skipped | {change.at for change in changes}}

    def between(self, rest: dict[str, Any], since: int | None, before: int | None, given: dict[str, Any]) -> Iterator[Event]:
        """The series from one instant to before another, with what is different of it there."""
        update = {**rest, **given, "since": since, "before": before}
        yield self.base.model_copy(update=update)
        first = 0 if since is None else bisect_left(self._instants, since)
        past = len(self._instants) if before is None else bisect_left(self._instants, before)
        yield from (self._added[at].model_copy(update=update) for at in self._instants[first:past])


def _begins(part: Component) -> Property:
    found = part.first("DTSTART")
    if found is None:
        raise Unreadable(part.line, "DTSTART", "is missing")
    return found


def _check_length(series: Event, one: Event, found: Property) -> None:
    """Raise Unreadable if an event recurs that is so long that many of its occurrences would overlap: days would have thousands."""
    if series.recurrence and one.nominal > (longest := LONGEST_DAYS[series.recurrence.freq]) * DAY:
        text = (
            f"makes an event of {one.nominal // DAY} days recur {series.recurrence.freq}, which may last {longest} days; write one long event instead"
        )
        raise Unreadable(found.line, found.name, text)


def _told(each: Any) -> str:
    """A complaint of the recurrence's model, in words."""
    text = _MESSAGES.get(each["type"], "").format(**each.get("ctx", {})) or each["msg"].removeprefix("Value error, ")
    return f"{'.'.join(str(part).upper() for part in each['loc'])} {text}".strip()
