"""Time-zone data: the bundled `tzdata` answers for the whole process, never the machine's own copy, which may be years old."""

import zoneinfo
from functools import cache
from importlib import import_module

from rollout.core.timezones import known_zone
from rollout.errors import RolloutError


def force_bundled_zones() -> None:
    """Make every zone look-up of this process use the bundled data. To be called once, before any zone is asked for; more often does no harm."""
    zoneinfo.reset_tzpath(to=[])
    zoneinfo.ZoneInfo.clear_cache()
    known.cache_clear()
    try:
        zoneinfo.ZoneInfo("America/Toronto")
    except zoneinfo.ZoneInfoNotFoundError:
        raise RolloutError("the time-zone data is missing: the package tzdata is not installed. Install it: pip install tzdata") from None


def zone_data_version() -> str:
    """The IANA version of the bundled data, such as 2026f; stored with every plan."""
    return str(import_module("tzdata").IANA_VERSION)


@cache
def known(name: str) -> str:
    """The name, if it is that of a time zone. Raises ValueError, with the name that comes close."""
    return known_zone(name)
