"""Time zones: which there are, and where two sets of data about them disagree."""

import difflib
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta, tzinfo
from typing import NamedTuple
from zoneinfo import ZoneInfo, available_timezones

PROBE = timedelta(hours=12)


def is_zone(name: str) -> bool:
    """Whether that is a time zone that can be computed with."""
    try:
        ZoneInfo(name)
    except (LookupError, ValueError, OSError):
        return False
    return True


def known_zone(name: str) -> str:
    """The name, if it is that of a time zone. Raises ValueError, with the name that comes close."""
    if not is_zone(name):
        close = difflib.get_close_matches(name, available_timezones(), n=1)
        raise ValueError(f"{name or 'nothing'} is not a time zone; {f'did you mean {close[0]}?' if close else 'write one such as America/Toronto'}")
    return name


class ZoneDifference(NamedTuple):
    """From that moment on, as the first one that was found, two sets of data show other clocks in the zone; each offset is that of UTC."""

    zone: str
    at: datetime
    ours: timedelta
    theirs: timedelta


def differing_zones(names: Iterable[str], theirs: Callable[[str], tzinfo | None], start: datetime, end: datetime) -> Iterator[ZoneDifference]:
    """The zones in which the data of this process and `theirs`, which has None for what it does not know, disagree between two aware moments."""
    for name in sorted(set(names)):
        other, ours = theirs(name), ZoneInfo(name)
        moments = (start + PROBE * number for number in range((end - start) // PROBE))
        differs = (at for at in moments if other is not None and at.astimezone(other).utcoffset() != at.astimezone(ours).utcoffset())
        at = next(differs, None)
        if at is not None and other is not None:
            yield ZoneDifference(name, at, at.astimezone(ours).utcoffset() or timedelta(), at.astimezone(other).utcoffset() or timedelta())
