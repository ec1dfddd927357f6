"""The dates, times, zones and lengths of iCalendar properties, read to the letter (RFC 5545 3.3); floating ones are bound to the calendar's zone."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from typing import NamedTuple

from rollout.adapters.files.ics import Component, Property
from rollout.core.coverage.hours import EARLIEST, LATEST
from rollout.core.coverage.zones import DAY, Zone, Zones, wall_of
from rollout.core.timezones import is_zone

LONGEST = 3660 * DAY
_DURATION = re.compile(r"\+?P(?:(\d{1,4})W|(?:(\d{1,5})D)?(?:T(?:(\d{1,6})H)?(?:(\d{1,6})M)?(?:(\d{1,6})S)?)?)")


class Unreadable(ValueError):
    """A property that does not say what it should. Becomes a fault at its line."""

    def __init__(self, line: int, name: str, text: str) -> None:
        self.line = line
        self.name = name
        super().__init__(text)


@dataclass(frozen=True)
class Shown:
    """A DATE or a DATE-TIME: what a clock shows, and on whose wall."""

    wall: datetime
    zone: str
    is_date: bool


class Length(NamedTuple):
    """Days on the wall and seconds that pass after them; and, to compare, seconds on the wall in all."""

    days: int
    seconds: int
    nominal: int


class IcsTimes:
    """Reads the times of one calendar, whose own zone is `timezone`."""

    def __init__(self, timezone: str) -> None:
        self._timezone = timezone
        self._zones = Zones()

    def zone(self, name: str) -> Zone:
        """The zone of that name."""
        return self._zones[name]

    def instant(self, shown: Shown) -> int:
        """The first instant at which that clock shows it."""
        return self._zones[shown.zone].utc(wall_of(shown.wall))

    def shown(self, found: Property) -> Shown:
        """The one date or time that a property holds. Raises Unreadable; also for a TZID that is unknown, for that would move with its reader."""
        text = found.value.strip()
        is_date = len(text) == 8
        try:
            if not is_date and found.params.get("VALUE", "").upper() == "DATE":
                raise ValueError
            wall = datetime.strptime(text.removesuffix("Z"), "%Y%m%d" if is_date else "%Y%m%dT%H%M%S")
        except ValueError:
            raise Unreadable(found.line, found.name, f"{text[:40]} is not a date or a time; write 20261224 or 20261224T090000Z") from None
        if not EARLIEST <= wall.year <= LATEST:
            raise Unreadable(found.line, found.name, f"{text} is outside the years {EARLIEST} to {LATEST}")
        return Shown(wall, self._timezone if is_date else "UTC" if text.endswith("Z") else self._zone_of(found), is_date)

    def listed(self, found: Property) -> Iterator[Shown]:
        """All dates or times that a property holds."""
        for value in found.value.split(","):
            yield self.shown(Property(found.name, found.params, value, found.line))

    def length(self, part: Component, start: Shown) -> Length:
        """How long an event lasts: DTEND counts exactly, DURATION in days on the wall (RFC 5545 3.8.5.3). Raises Unreadable if not for some time."""
        ends, lasts = part.first("DTEND"), part.first("DURATION")
        if ends and lasts:
            raise Unreadable(lasts.line, "DURATION", "stands beside DTEND; keep one")
        if ends:
            return _bounded(self._until(ends, start), ends)
        if lasts:
            return _bounded(_duration(lasts), lasts)
        if not start.is_date:
            raise Unreadable(part.line, "DTSTART", "has neither DTEND nor DURATION, so the event has no length")
        return Length(1, 0, DAY)

    def _until(self, ends: Property, start: Shown) -> Length:
        end = self.shown(ends)
        if end.is_date != start.is_date:
            raise Unreadable(ends.line, "DTEND", "must be a date if DTSTART is one, and a time if it is one")
        wall = wall_of(end.wall) if end.zone == start.zone else self._zones[start.zone].wall(self.instant(end))
        nominal, exact = wall - wall_of(start.wall), self.instant(end) - self.instant(start)
        if exact <= 0 or nominal <= 0:
            raise Unreadable(ends.line, "DTEND", f"{ends.value} is not after DTSTART")
        return Length(nominal // DAY, 0, nominal) if start.is_date else Length(0, exact, nominal)

    def _zone_of(self, found: Property) -> str:
        name = found.params.get("TZID")
        if name is None:
            return self._timezone
        if is_zone(name):
            return name
        windows: Mapping[str, str] = import_module("icalendar.timezone.windows_to_olson").WINDOWS_TO_OLSON
        if is_zone(windows.get(name, "")):
            return windows[name]
        raise Unreadable(found.line, found.name, f"TZID={name} is not a time zone; write one such as America/Toronto")


def _duration(lasts: Property) -> Length:
    parts = _DURATION.fullmatch(lasts.value.strip())
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in parts.groups()) if parts else (0, 0, 0, 0, 0)
    days, seconds = weeks * 7 + days, hours * 3600 + minutes * 60 + seconds
    if days + seconds <= 0:
        raise Unreadable(lasts.line, "DURATION", f"{lasts.value[:40]} is not a length of time; write it as PT4H or P1D")
    return Length(days, seconds, days * DAY + seconds)


def _bounded(length: Length, found: Property) -> Length:
    if length.nominal > LONGEST:
        raise Unreadable(found.line, found.name, f"makes an event of {length.nominal // DAY} days; the longest may have {LONGEST // DAY}")
    return length
