"""Reads VAVAILABILITY components (RFC 7953): within which bounds, and at which times in them, somebody is available.

Of two that overlap, the one of higher priority speaks for its bounds. Two of equal priority that overlap are a fault: readers take either.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from rollout.adapters.files.components import check_form, is_cancelled, number, sequence, uid_of
from rollout.adapters.files.ics import Component, Property
from rollout.adapters.files.ics_times import IcsTimes, Shown, Unreadable
from rollout.adapters.files.series import SeriesReader
from rollout.core.coverage.availability import Availability
from rollout.core.coverage.hours import EARLIEST, LATEST
from rollout.core.coverage.spans import difference, intersection, union
from rollout.core.coverage.zones import DAY, Span, wall_of, year_start

_LOWEST_PRIORITY = 10  # below 9: that of 0, or of none at all


@dataclass(frozen=True)
class _Found:
    """One VAVAILABILITY: its bounds, and its rank, which is better the lower it is."""

    part: Component
    bounds: Span
    rank: int


class AvailabilityReader:
    """Reads the availabilities of one file."""

    def __init__(self, file: str, times: IcsTimes, tell: Callable[[Unreadable], None]) -> None:
        self._file = file
        self._times = times
        self._tell = tell

    def read(self, parts: list[Component]) -> Iterator[Availability]:
        """The availabilities, in order of bounds. What is wrong is told, and left out."""
        found: list[_Found] = []
        for part in parts:
            try:
                check_form(part, known=("AVAILABLE",))
                for begins in (inner.first("DTSTART") for inner in part.parts):
                    if begins:
                        self._time(begins)
                found.append(_Found(part, self._bounds(part), number(part, "PRIORITY", 9) or _LOWEST_PRIORITY))
            except Unreadable as error:
                self._tell(error)
        standing = self._newest(found)
        self._check_ranks(standing)
        for one in sorted(standing, key=lambda one: one.bounds):
            above = union(other.bounds for other in standing if other.rank < one.rank)
            yield self._availability(one, difference([one.bounds], above))

    def _newest(self, found: list[_Found]) -> list[_Found]:
        """The newest edition of each."""
        newest: dict[str, _Found] = {}
        for one in found:
            try:
                kept = newest.setdefault(uid_of(one.part), one)
                if kept is not one and sequence(kept.part) == sequence(one.part):
                    text = f"is also the UID of the VAVAILABILITY in line {kept.part.line}; give each its own"
                    raise Unreadable(one.part.line, "UID", text)
                newest[uid_of(one.part)] = max(kept, one, key=lambda each: sequence(each.part))
            except Unreadable as error:
                self._tell(error)
        return list(newest.values())

    def _check_ranks(self, standing: list[_Found]) -> None:
        """Tell of each that overlaps an earlier one of equal priority."""
        last: dict[int, _Found] = {}
        for one in sorted(standing, key=lambda one: one.bounds):
            before = last.get(one.rank)
            if before and intersection([before.bounds], [one.bounds]):
                text = f"is that of line {before.part.line} too, and both speak for the same time; give them different ones, from 1 (first) to 9"
                self._tell(Unreadable(one.part.line, "PRIORITY", text))
            if before is None or one.bounds[1] > before.bounds[1]:
                last[one.rank] = one

    def _bounds(self, part: Component) -> Span:
        """From when to when it speaks; for ever on a side that it does not name."""
        begins, ends = part.first("DTSTART"), part.first("DTEND")
        start = self._time(begins) if begins else None
        first = self._times.instant(start) if start else year_start(EARLIEST)
        if "DURATION" in part.properties:
            if start is None:
                raise Unreadable(part.properties["DURATION"][0].line, "DURATION", "has no DTSTART to count from")
            length = self._times.length(part, start)
            past = self._times.zone(start.zone).utc(wall_of(start.wall) + length.days * DAY) + length.seconds
        else:
            past = self._times.instant(self._time(ends)) if ends else year_start(LATEST + 1)
        if ends and past <= first:
            raise Unreadable(ends.line, "DTEND", f"{ends.value[:40]} is not after DTSTART")
        return first, past

    def _time(self, found: Property) -> Shown:
        shown = self._times.shown(found)
        if shown.is_date:
            raise Unreadable(found.line, found.name, f"{found.value[:40]} must be a time, not a date (RFC 7953 3.1)")
        return shown

    def _availability(self, one: _Found, within: list[Span]) -> Availability:
        reader = SeriesReader(self._file, self._times, lambda part: not is_cancelled(part), self._tell, strict=True)
        return Availability(
            uid=uid_of(one.part),
            summary=one.part.text("SUMMARY"),
            within=tuple(within),
            events=tuple(reader.read(part for part in one.part.parts if part.name == "AVAILABLE")),
            source=f"{self._file}:{one.part.line}",
        )
