"""Names of time zones: which there are."""

import difflib
from zoneinfo import ZoneInfo, available_timezones


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
