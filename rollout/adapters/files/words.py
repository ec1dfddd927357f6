"""Texts that must be single words, addresses, zones or durations, wherever they stand in a file."""

import difflib
import re
import zoneinfo
from datetime import timedelta
from functools import cache
from urllib.parse import urlsplit

from rollout.adapters.files.zones import force_bundled_zones

_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days"}
_DURATION = re.compile(r"(?:\d{1,6}(?:\.\d{1,3})?[smhd])+")
_PART = re.compile(r"([\d.]+)([smhd])")
_MAIL = re.compile(r"[^@\s<>]+@[^@\s<>]+")


def word(text: str) -> str:
    """A name that fits into addresses, file names and commands. Raises ValueError."""
    if not _WORD.fullmatch(text):
        raise ValueError(f"must be one word of letters, digits, '.', '_' and '-', is {brief(text)}")
    return text


def mail_address(text: str) -> str:
    """A bare mail address, or nothing. Raises ValueError."""
    if text and not _MAIL.fullmatch(text):
        raise ValueError(f"must be a mail address such as ana@example.com, is {brief(text)}")
    return text


@cache
def zone(name: str) -> str:
    """The name of a time zone of the bundled data. Raises ValueError with the name that was probably meant."""
    if zoneinfo.TZPATH:
        force_bundled_zones()
    try:
        zoneinfo.ZoneInfo(name)
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        close = difflib.get_close_matches(name, sorted(zoneinfo.available_timezones()), n=1, cutoff=0.6)
        hint = f"Did you mean {close[0]}?" if close else "Write it as America/Toronto."
        raise ValueError(f"there is no time zone {name!r}. {hint}") from None
    return name


def address(text: str) -> str:
    """A web address without credentials in it. Raises ValueError, which never shows a password."""
    try:
        parts = urlsplit(text)
    except ValueError:
        raise ValueError("must be a web address such as https://example.com") from None
    if parts.password is not None or parts.username is not None:
        raise ValueError("has credentials in it. Take them out of the address, and give user and token as fields of their own")
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("must be a web address such as https://example.com")
    return text.rstrip("/")


def duration(value: object) -> timedelta:
    """A length of time as people write it: 90s, 15m, 4h, 2d, 1h30m; a day is 24 hours. Raises ValueError."""
    if isinstance(value, timedelta):
        return value
    if not isinstance(value, str) or not _DURATION.fullmatch(value):
        raise ValueError(f"must be a duration such as 90s, 15m, 4h, 2d or 1h30m, is {brief(value)}")
    try:
        return sum((timedelta(**{_UNITS[unit]: float(count)}) for count, unit in _PART.findall(value)), timedelta())
    except OverflowError:
        raise ValueError(f"must be shorter, is {brief(value)}") from None


def brief(value: object) -> str:
    """The value as a message shows it: short, and with its quotes."""
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
