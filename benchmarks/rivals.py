"""Other people's answers to the calendar's questions: recurring-ical-events with one event for each rule, and the business hours of pandas.

Both know hours, holidays and the freeze only: no roles, no clients, no reasons. Neither is needed; one that is not installed is None.
"""

from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from importlib.util import find_spec
from typing import Any

import icalendar

EVENTS = """BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//rollout//benchmark//EN
BEGIN:VEVENT
UID:coverage
DTSTART;TZID=America/Toronto:20260101T090000
DTEND;TZID=America/Toronto:20260101T170000
RRULE:FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR
EXDATE;TZID=America/Toronto:20260101T090000,20260701T090000,20260907T090000,20261225T090000
END:VEVENT
BEGIN:VEVENT
UID:freeze
DTSTART;TZID=America/Toronto:20261218T160000
DTEND;TZID=America/Toronto:20270104T090000
CATEGORIES:FREEZE
END:VEVENT
END:VCALENDAR
"""


class Events:
    """Asks recurring-ical-events anew for each question: it compiles nothing."""

    def __init__(self) -> None:
        import recurring_ical_events

        self._query = recurring_ical_events.of(icalendar.Calendar.from_ical(EVENTS))

    def between(self, start: datetime, end: datetime) -> list[tuple[datetime, datetime]]:
        """The open stretches that touch [start, end), less those that meet the freeze."""
        found = self._query.between(start, end)
        frozen = [(one["DTSTART"].dt, one["DTEND"].dt) for one in found if "CATEGORIES" in one]
        spans = [(one["DTSTART"].dt, one["DTEND"].dt) for one in found if "CATEGORIES" not in one]
        return sorted(span for span in spans if not any(span[0] < end and start < span[1] for start, end in frozen))

    def is_open(self, at: datetime, length: timedelta) -> bool:
        return any(start <= at and at + length <= end for start, end in self.between(at, at + length))

    def next_open(self, at: datetime, length: timedelta) -> datetime:
        """Looks a fortnight ahead."""
        return next(max(at, start) for start, end in self.between(at, at + timedelta(days=14)) if end - max(at, start) >= length)


class BusinessHours:
    """CustomBusinessHour of pandas, on the wall clock of one zone; the freeze is a list of holidays, its last hours aside."""

    def __init__(self, holidays: Sequence[date], freeze: tuple[datetime, datetime], zone: str) -> None:
        import pandas

        days = [freeze[0].date() + timedelta(days=number) for number in range((freeze[1] - freeze[0]).days + 1)]
        self._zone, self._pandas = zone, pandas
        self._hour: Any = pandas.offsets.CustomBusinessHour(start=time(9), end=time(17), holidays=[*holidays, *days])

    def is_open(self, at: datetime, length: timedelta) -> bool:
        shown = self._shown(at)
        return bool(self._hour.is_on_offset(shown)) and bool(self._hour.is_on_offset(shown + length))

    def next_open(self, at: datetime) -> datetime:
        return self._moment(self._hour.rollforward(self._shown(at)))

    def between(self, start: datetime, end: datetime) -> Any:
        """Every business hour of the stretch: it has no other way to name the open ones."""
        return self._pandas.date_range(self._shown(start), self._shown(end), freq=self._hour)

    def add(self, at: datetime, hours: int) -> datetime:
        return self._moment(self._shown(at) + hours * self._hour)

    def _shown(self, at: datetime) -> Any:
        return self._pandas.Timestamp(at).tz_convert(self._zone).tz_localize(None)

    def _moment(self, shown: Any) -> datetime:
        moment: datetime = shown.tz_localize(self._zone).to_pydatetime()
        return moment.astimezone(UTC)


def events() -> Events | None:
    """None where recurring-ical-events is not installed."""
    return Events() if find_spec("recurring_ical_events") else None


def business_hours(holidays: Sequence[date], freeze: tuple[datetime, datetime], zone: str) -> BusinessHours | None:
    """None where pandas is not installed."""
    return BusinessHours(holidays, freeze, zone) if find_spec("pandas") else None
