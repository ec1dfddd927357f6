"""Texts that must be single words, addresses or zones, wherever they stand in a file."""

import difflib
import re
import zoneinfo
from functools import cache

from rollout.adapters.files.zones import force_bundled_zones

_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,99}")
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


def brief(value: object) -> str:
    """The value as a message shows it: short, and with its quotes."""
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."
