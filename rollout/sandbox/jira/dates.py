"""What JQL means by a date: a literal to the minute in the user's zone, a period such as -7d, or a function such as startOfMonth()."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta, tzinfo

from dateutil.relativedelta import relativedelta

_LITERAL = re.compile(r"(\d{4})[-/](\d{1,2})[-/](\d{1,2})(?:\s+(\d{1,2}):(\d{2}))?")
_PERIOD = re.compile(r"([+-]?)((?:\d+[wdhm])(?:\s*\d+[wdhm])*)")
_PERIOD_PART = re.compile(r"(\d+)([wdhm])")
_INCREMENT = re.compile(r"([+-]?)(\d+)([yMwdhm]?)")
_UNITS: dict[str, Callable[[int], relativedelta]] = {
    "y": lambda number: relativedelta(years=number),
    "M": lambda number: relativedelta(months=number),
    "w": lambda number: relativedelta(weeks=number),
    "d": lambda number: relativedelta(days=number),
    "h": lambda number: relativedelta(hours=number),
    "m": lambda number: relativedelta(minutes=number),
}
_NATURAL = {"day": "d", "week": "w", "month": "M", "year": "y"}
_FUNCTION = re.compile(r"(start|end)of(day|week|month|year)", re.IGNORECASE)


def moment(text: str, now: datetime, zone: tzinfo) -> datetime | None:
    """The moment that a literal or a period names, in UTC; None for what is neither. A date alone is its first minute."""
    try:
        return _moment(text.strip(), now, zone)
    except (ValueError, OverflowError):  # the 31st of February, the year 20000
        return None


def _moment(text: str, now: datetime, zone: tzinfo) -> datetime | None:
    if match := _LITERAL.fullmatch(text):
        year, month, day, hour, minute = (int(part or 0) for part in match.groups())
        return datetime(year, month, day, hour, minute, tzinfo=zone).astimezone(UTC)
    if match := _PERIOD.fullmatch(text):
        period = sum((_UNITS[unit](int(number)) for number, unit in _PERIOD_PART.findall(match.group(2))), relativedelta())
        return now - period if match.group(1) == "-" else now + period
    return None


def function(name: str, arguments: tuple[str, ...], now: datetime, zone: tzinfo) -> datetime | None:
    """The moment that a function names, in UTC; None for an unknown function or increment. Weeks begin on Sunday."""
    if name.casefold() == "now" and not arguments:
        return now
    match = _FUNCTION.fullmatch(name)
    if match is None or len(arguments) > 1:
        return None
    unit = match.group(2).casefold()
    try:
        shift = _shift(arguments[0], unit) if arguments else relativedelta()
        return None if shift is None else (_edge(match.group(1).casefold(), unit, now.astimezone(zone)) + shift).astimezone(UTC)
    except (ValueError, OverflowError):
        return None


def _edge(edge: str, unit: str, local: datetime) -> datetime:
    start = _STARTS[unit](local.replace(hour=0, minute=0, second=0, microsecond=0))
    return start if edge == "start" else start + _UNITS[_NATURAL[unit]](1) - timedelta(milliseconds=1)


def _shift(text: str, unit: str) -> relativedelta | None:
    match = _INCREMENT.fullmatch(text.strip())
    if match is None:
        return None
    sign, number, given = match.groups()
    return _UNITS[given or _NATURAL[unit]](-int(number) if sign == "-" else int(number))


_STARTS: dict[str, Callable[[datetime], datetime]] = {
    "day": lambda day: day,
    "week": lambda day: day - timedelta(days=(day.weekday() + 1) % 7),
    "month": lambda day: day.replace(day=1),
    "year": lambda day: day.replace(month=1, day=1),
}
