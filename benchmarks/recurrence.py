"""Reading and expanding 200 recurring events beside `recurring-ical-events`: a year, ten years, one day; and reading 10,000 events."""

import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from statistics import median

import icalendar
import recurring_ical_events

from rollout.adapters.files.events import read_ics
from rollout.adapters.files.zones import force_bundled_zones
from rollout.core.coverage.recurrence import Event, occurrences
from rollout.core.coverage.zones import Zones, instant

ZONES = (
    "America/Toronto",
    "America/Vancouver",
    "America/Halifax",
    "America/St_Johns",
    "Europe/London",
    "Europe/Berlin",
    "Australia/Sydney",
    "Asia/Kolkata",
)
SHAPES = (
    "FREQ=DAILY",
    "FREQ=WEEKLY;BYDAY=MO,TU,WE,TH,FR",
    "FREQ=WEEKLY;INTERVAL=2;BYDAY=TU,TH",
    "FREQ=WEEKLY;BYDAY=SA",
    "FREQ=MONTHLY;BYDAY=2TU",
    "FREQ=MONTHLY;BYMONTHDAY=-1",
    "FREQ=DAILY;INTERVAL=3",
    "FREQ=YEARLY;BYMONTH=12;BYMONTHDAY=24,25,26",
)
YEAR = datetime(2027, 1, 1, tzinfo=UTC), datetime(2028, 1, 1, tzinfo=UTC)


def calendar(count: int) -> str:
    """So many recurring events of eight shapes in eight zones, every fourth with a date taken out."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//benchmark//EN"]
    for number in range(count):
        zone, rule = ZONES[number % len(ZONES)], SHAPES[number // len(ZONES) % len(SHAPES)]
        begins = f"{2026 + number % 2}0{1 + number % 9}{1 + number % 28:02}T{number % 24:02}{number % 4 * 15:02}00"
        lines += ["BEGIN:VEVENT", f"UID:{number}@benchmark", f"SUMMARY:Event {number}", "DTSTAMP:20260101T000000Z"]
        lines += [f"DTSTART;TZID={zone}:{begins}", "DURATION:PT2H", f"RRULE:{rule}"]
        lines += [f"EXDATE;TZID={zone}:{begins}"] if number % 4 == 0 else []
        lines += ["SEQUENCE:0", "STATUS:CONFIRMED", "END:VEVENT"]
    return "\r\n".join([*lines, "END:VCALENDAR", ""])


def ours(events: tuple[Event, ...], low: datetime, high: datetime) -> int:
    """How many occurrences there are, with zones whose tables are still empty."""
    zones = Zones()
    return sum(len(occurrences(event, zones[event.zone], instant(low), instant(high), blocks=True)) for event in events)


def theirs(parsed: icalendar.Component, low: datetime, high: datetime) -> int:
    """The same by the other reader."""
    return len(recurring_ical_events.of(parsed).between(low, high))


def _paired(act: Callable[[], object], beside: Callable[[], object], rounds: int) -> tuple[float, float]:
    """Medians of processor time, in milliseconds, of two acts that take turns: whoever else is at work slows both."""
    times: tuple[list[float], list[float]] = ([], [])
    for _ in range(rounds):
        for kept, one in zip(times, (act, beside), strict=True):
            started = time.process_time()
            one()
            kept.append((time.process_time() - started) * 1e3)
    return median(times[0]), median(times[1])


def _tell(name: str, act: Callable[[], object], beside: Callable[[], object], rounds: int) -> None:
    own, other = _paired(act, beside, rounds)
    print(f"{name}: {own:.1f} ms, recurring-ical-events {other:.0f} ms, ratio 1:{other / own:.0f}")


def main() -> None:
    """Print each cost, and how many times as long the other reader takes."""
    force_bundled_zones()
    text = calendar(200)
    events = read_ics(text.encode(), "benchmark.ics", blocks=True, timezone="UTC").events
    parsed = icalendar.Calendar.from_ical(text)
    ten_years, day = (YEAR[0], YEAR[0] + timedelta(days=3652)), (YEAR[0], YEAR[0] + timedelta(days=1))
    print(f"200 recurring events; occurrences in a year: {ours(events, *YEAR)}, by the other reader {theirs(parsed, *YEAR)}")
    _tell("reading 200 events", lambda: read_ics(text.encode(), "b", blocks=True, timezone="UTC"), lambda: icalendar.Calendar.from_ical(text), 5)
    _tell("expanding a year", lambda: ours(events, *YEAR), lambda: theirs(parsed, *YEAR), 5)
    _tell("expanding a day", lambda: ours(events, *day), lambda: theirs(parsed, *day), 5)
    _tell("expanding ten years", lambda: ours(events, *ten_years), lambda: theirs(parsed, *ten_years), 1)
    many = calendar(10_000)
    _tell(
        "reading 10,000 events",
        lambda: read_ics(many.encode(), "b", blocks=True, timezone="UTC"),
        lambda: icalendar.Calendar.from_ical(many),
        1,
    )


if __name__ == "__main__":
    main()
