"""The dates, times, zones and lengths of iCalendar properties, read to the letter (RFC 5545 3.3); floating ones are bound to the calendar's zone."""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from importlib import import_module
from typing import NamedTuple

from rollout.adapters.files.ics import Component, Property
from rollout.core.coverage.hours import EARLIEST, LATEST
from rollout.core.coverage.zones import DAY, Zone, Zones, shown_at, wall_of
from rollout.core.timezones import is_zone

LONGEST = 3660 * DAY
MOST_TIMES = 100_000
_TIME = re.compile(r"[0-9]{8}(T[0-9]{6}Z?)?")
_DURATION = re.compile(r"\+?P(?:([0-9]{1,4})W|(?:([0-9]{1,5})D)?(?:T(?:([0-9]{1,6})H)?(?:([0-9]{1,6})M)?(?:([0-9]{1,6})S)?)?)")


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
    """Reads the times of one calendar, whose own zone is `timezone`; so many of them, and no more."""

    def __init__(self, timezone: str) -> None:
        self._timezone = timezone
        self._zones = Zones()
        self._left = MOST_TIMES

    def zone(self, name: str) -> Zone:
        """The zone of that name."""
        return self._zones[name]

    def instant(self, shown: Shown) -> int:
        """The first instant at which that clock shows it."""
        return self._zones[shown.zone].utc(wall_of(shown.wall))

    def on_wall(self, shown: Shown, zone: str) -> Shown:
        """What the clock of another zone shows then."""
        return shown if shown.zone == zone else Shown(shown_at(self._zones[zone].wall(self.instant(shown))), zone, shown.is_date)

    def shown(self, found: Property) -> Shown:
        """The one date or time that a property holds. Raises Unreadable; also for a TZID that is unknown, for that would move with its reader."""
        return self._read(found, found.value.strip(), found.params.get("VALUE", "").upper())

    def listed(self, found: Property) -> Iterator[Shown]:
        """All dates or times that a property holds."""
        kind = found.params.get("VALUE", "").upper()
        for value in found.value.split(","):
            yield self._read(found, value.strip(), kind)

    def added(self, found: Property) -> Iterator[tuple[Shown, Length | None]]:
        """The starts that an RDATE holds; those of VALUE=PERIOD have a length of their own (RFC 5545 3.3.9)."""
        if found.params.get("VALUE", "").upper() != "PERIOD":
            yield from ((one, None) for one in self.listed(found))
            return
        for value in found.value.split(","):
            begins, slash, ends = value.strip().partition("/")
            start = self._read(found, begins, "DATE-TIME")
            if not slash:
                raise Unreadable(found.line, found.name, f"{value[:60]} is not a period; write it as 20261224T090000Z/PT4H")
            if ends.startswith(("P", "+", "-")):
                yield start, _bounded(_duration(found, ends), found)
            else:
                yield start, _bounded(self._between(start, self._read(found, ends, "DATE-TIME"), found, ends), found)

    def length(self, part: Component, start: Shown) -> Length:
        """How long an event lasts: DTEND counts exactly, DURATION in days on the wall (RFC 5545 3.8.5.3). Raises Unreadable if not for some time."""
        ends, lasts = part.first("DTEND"), part.first("DURATION")
        if ends and lasts:
            raise Unreadable(lasts.line, "DURATION", "stands beside DTEND; keep one")
        if ends:
            return _bounded(self._between(start, self.shown(ends), ends, ends.value), ends)
        if lasts:
            length = _duration(lasts, lasts.value.strip())
            if start.is_date and length.seconds:
                raise Unreadable(lasts.line, "DURATION", f"{lasts.value[:40]} must be whole days, for DTSTART is a date; write it as P1D")
            return _bounded(length, lasts)
        if not start.is_date:
            raise Unreadable(part.line, "DTSTART", "has neither DTEND nor DURATION, so the event has no length")
        return Length(1, 0, DAY)

    def _between(self, start: Shown, end: Shown, found: Property, text: str) -> Length:
        if end.is_date != start.is_date:
            raise Unreadable(found.line, found.name, "must be a date if DTSTART is one, and a time if it is one")
        wall = wall_of(self.on_wall(end, start.zone).wall)
        nominal, exact = wall - wall_of(start.wall), self.instant(end) - self.instant(start)
        if exact <= 0:
            raise Unreadable(found.line, found.name, f"{text[:40]} is not after {'DTSTART' if found.name == 'DTEND' else 'its start'}")
        nominal = nominal if nominal > 0 else exact  # in the hour that comes twice the clock may show less than passes
        return Length(nominal // DAY, 0, nominal) if start.is_date else Length(0, exact, nominal)

    def _read(self, found: Property, text: str, kind: str) -> Shown:
        self._left -= 1
        if self._left < 0:
            raise Unreadable(found.line, found.name, f"is beyond the {MOST_TIMES} dates and times that an iCalendar file may hold; split the file")
        match = _TIME.fullmatch(text)
        is_date = match is not None and match[1] is None
        if match is None or kind not in (("", "DATE") if is_date else ("", "DATE-TIME")):
            raise Unreadable(found.line, found.name, _not_a_time(text, kind))
        try:
            wall = datetime.fromisoformat(text.removesuffix("Z"))
        except ValueError:
            raise Unreadable(found.line, found.name, _not_a_time(text, "")) from None
        if not EARLIEST <= wall.year <= LATEST:
            raise Unreadable(found.line, found.name, f"{text} is outside the years {EARLIEST} to {LATEST}")
        return Shown(wall, self._zone_of(found, text, is_date), is_date)

    def _zone_of(self, found: Property, text: str, is_date: bool) -> str:
        name = found.params.get("TZID")
        if name is None:
            return "UTC" if text.endswith("Z") else self._timezone
        zone = zone_named(name)
        if zone is None:
            raise Unreadable(found.line, found.name, f"TZID={name[:60]} is not a time zone; write one such as America/Toronto")
        if text.endswith("Z"):
            raise Unreadable(found.line, found.name, f"{text} is in UTC, and TZID={name} says otherwise; keep one")
        if is_date and zone != self._timezone:
            raise Unreadable(
                found.line, found.name, f"{text} is a whole day of the calendar's zone, {self._timezone}, and TZID={name} says otherwise"
            )
        return zone


@lru_cache(maxsize=1024)
def zone_named(name: str) -> str | None:
    """The IANA zone of that name, be it IANA's or Windows'; None if it is neither."""
    if is_zone(name):
        return name
    windows: Mapping[str, str] = import_module("icalendar.timezone.windows_to_olson").WINDOWS_TO_OLSON
    return windows[name] if is_zone(windows.get(name, "")) else None


def _not_a_time(text: str, kind: str) -> str:
    wanted = {"DATE": "a date; write 20261224", "DATE-TIME": "a time; write 20261224T090000Z"}
    return f"{text[:40]} is not {wanted.get(kind, 'a date or a time; write 20261224 or 20261224T090000Z')}"


def _duration(found: Property, text: str) -> Length:
    parts = _DURATION.fullmatch(text)
    weeks, days, hours, minutes, seconds = (int(part or 0) for part in parts.groups()) if parts else (0, 0, 0, 0, 0)
    days, seconds = weeks * 7 + days, hours * 3600 + minutes * 60 + seconds
    if days + seconds <= 0:
        raise Unreadable(found.line, found.name, f"{text[:40]} is not a length of time; write it as PT4H or P1D")
    return Length(days, seconds, days * DAY + seconds)


def _bounded(length: Length, found: Property) -> Length:
    if length.nominal > LONGEST:
        raise Unreadable(found.line, found.name, f"makes an event of {length.nominal // DAY} days; the longest may have {LONGEST // DAY}")
    return length
