"""iCalendar texts for tests: a calendar of some events."""

from datetime import UTC, datetime


def event(
    uid: str, start: datetime = datetime(2026, 12, 9, 15, tzinfo=UTC), end: datetime = datetime(2026, 12, 9, 17, tzinfo=UTC), *lines: str
) -> str:
    """One event, with these lines besides."""
    times = (f"DTSTART:{start:%Y%m%dT%H%M%SZ}", f"DTEND:{end:%Y%m%dT%H%M%SZ}")
    return "\r\n".join(("BEGIN:VEVENT", f"UID:{uid}", "DTSTAMP:20261101T000000Z", f"SUMMARY:{uid}", *times, *lines, "END:VEVENT"))


def calendar(*events: str) -> bytes:
    """A calendar of these events."""
    return "\r\n".join(("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//somebody//else//EN", *events, "END:VCALENDAR", "")).encode()
