"""How calendars write time: hours, days of the week, dates, wall times, zones. Each type refuses what it cannot read, and says what to write."""

import re
from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import AfterValidator, BeforeValidator

from rollout.core.coverage.zones import instant
from rollout.core.timezones import known_zone

WEEKDAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
EARLIEST, LATEST = 1900, 2199
LAST_MINUTE = 24 * 60
MOST_STRETCHES = 48

_HOURS = re.compile(r"([0-9]{2}):([0-9]{2})-([0-9]{2}):([0-9]{2})")
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_WALL = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9]{2}:[0-9]{2}(:[0-9]{2})?(Z|[+-][0-9]{2}:[0-9]{2})?")


def hours_of(text: Any) -> Any:
    """Opening and closing minute of "09:00-17:00"; hours that close at or before they open, as "22:00-02:00", run into the next day."""
    if isinstance(text, tuple):
        return text
    parts = _HOURS.fullmatch(text) if isinstance(text, str) else None
    if parts is None:
        raise ValueError(f'{text!r} is not hours; write them as "09:00-17:00"')
    opens, closes = int(parts[1]) * 60 + int(parts[2]), int(parts[3]) * 60 + int(parts[4])
    if opens >= LAST_MINUTE or closes > LAST_MINUTE or int(parts[2]) > 59 or int(parts[4]) > 59:
        raise ValueError(f"{text} names a time that no clock shows; a day has 00:00 to 24:00")
    if opens == closes:
        raise ValueError(f'{text} opens and closes at the same time; a whole day is "00:00-24:00"')
    return opens, closes if closes > opens else closes + LAST_MINUTE


def weekdays_of(text: Any) -> Any:
    """The numbers (Monday is 0) of the days in "mon", "mon-fri", "sat,sun"; a range may pass the end of the week."""
    if isinstance(text, tuple):
        return text
    days: list[int] = []
    for part in str(text).split(","):
        first, _, last = part.strip().lower().partition("-")
        if first not in WEEKDAYS or (last or first) not in WEEKDAYS:
            raise ValueError(f"{text} is not a day of the week; write mon, mon-fri, or sat,sun")
        start, end = WEEKDAYS.index(first), WEEKDAYS.index(last or first)
        days += [day % 7 for day in range(start, end + 1 if end >= start else end + 8)]
    return tuple(days)


def _date(value: Any) -> Any:
    if isinstance(value, date) and not isinstance(value, datetime):
        return value
    if not isinstance(value, str) or not _DATE.fullmatch(value):
        raise ValueError(f"{value!r} is not a date; write it as 2026-12-24")
    try:
        return _in_range(date.fromisoformat(value))
    except ValueError as error:
        raise ValueError(f"{value} is no date: {error}") from None


def _wall(value: Any) -> Any:
    if isinstance(value, datetime):
        return value
    if not isinstance(value, str) or not _WALL.fullmatch(value):
        raise ValueError(f"{value!r} is not a moment; write the day and the time, as 2026-12-18T16:00")
    try:
        return _in_range(datetime.fromisoformat(value))
    except ValueError as error:
        raise ValueError(f"{value} is no moment: {error}") from None


def _in_range(day: date) -> date:
    if not EARLIEST <= day.year <= LATEST:
        raise ValueError(f"the year must be from {EARLIEST} to {LATEST}")
    return day


def _leave(value: Any) -> Any:
    if isinstance(value, tuple):
        return value
    first, dots, last = str(value).partition("..")
    if dots and not (first and last):
        raise ValueError(f"{value} has one end only; write both, as 2026-12-09..2026-12-11, or a single day")
    span = _date(first), _date(last or first)
    if span[1] < span[0]:
        raise ValueError(f"{value} ends before it starts; swap the two dates")
    return span


def _few(stretches: Any) -> Any:
    if isinstance(stretches, list | tuple) and len(stretches) > MOST_STRETCHES:
        raise ValueError(f"has {len(stretches)} stretches of hours, and a day may have {MOST_STRETCHES}; write longer ones")
    return stretches


def named_twice(by_days: Iterable[tuple[int, ...]]) -> str:
    """The days of the week that are named twice, in words; empty if there are none."""
    days = Counter(day for named in by_days for day in named)
    return ", ".join(sorted(WEEKDAYS[day] for day, times in days.items() if times > 1))


def _disjoint_days(weekly: "Weekly") -> "Weekly":
    if twice := named_twice(weekly):
        raise ValueError(f"{twice} is named twice; give all hours of a day in one place")
    return weekly


Day = Annotated[date, BeforeValidator(_date)]
WallTime = Annotated[datetime, BeforeValidator(_wall)]
ZoneName = Annotated[str, AfterValidator(known_zone)]
Hours = Annotated[tuple[int, int], BeforeValidator(hours_of)]
DayNames = Annotated[tuple[int, ...], BeforeValidator(weekdays_of)]
Leave = Annotated[tuple[Day, Day], BeforeValidator(_leave)]
HoursOfDay = Annotated[tuple[Hours, ...], BeforeValidator(_few)]
Weekly = Annotated[dict[DayNames, HoursOfDay], AfterValidator(_disjoint_days)]
Week = tuple[tuple[tuple[int, int], ...], ...]


def week_of(weekly: Weekly) -> Week:
    """The hours of each weekday, Monday first."""
    return tuple(tuple(sorted(span for days, spans in weekly.items() if day in days for span in spans)) for day in range(7))


def instant_in(shown: datetime, zone: str | None) -> int:
    """The instant of a wall time of that zone, or of a moment that names its own offset."""
    return instant(shown if shown.tzinfo or zone is None else shown.replace(tzinfo=ZoneInfo(zone)))


def check_order(start: datetime, end: datetime, zone: str | None) -> None:
    """Raises ValueError unless the end comes after the start."""
    if instant_in(end, zone) <= instant_in(start, zone):
        raise ValueError(f"end {end.isoformat()} is not after start {start.isoformat()}; swap the two")
