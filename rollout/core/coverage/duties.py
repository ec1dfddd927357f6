"""Up to which day a roster that is made of events is known: as far as somebody has written it down, and no further."""

from collections.abc import Iterable
from datetime import date, datetime

from rollout.core.coverage.hours import LATEST
from rollout.core.coverage.recurrence import Event, occurrences, originals
from rollout.core.coverage.zones import Zones, day_of, wall_of

_LAST_WALL = wall_of(datetime(LATEST, 12, 31))


def last_day(events: Iterable[Event], timezone: str, zones: Zones) -> date | None:
    """The day, in that zone, on which the last of the events ends; None if one of them recurs for ever, or none ever happens."""
    known = tuple(events)
    if any(_is_endless(event) for event in known):
        return None
    ends = [end for event in known if (end := _last_end(event, zones)) is not None]
    return day_of(zones[timezone].wall(max(ends) - 1)) if ends else None


def _is_endless(event: Event) -> bool:
    rule = event.recurrence
    return rule is not None and rule.count is None and rule.until is None and event.before is None


def _last_end(event: Event, zones: Zones) -> int | None:
    """Where its last occurrence ends that is not taken out."""
    zone = zones[event.zone]
    latest = _LAST_WALL if event.before is None else zone.wall(event.before)
    for wall in reversed(list(originals(event, event.wall, latest, blocks=False))):
        start = zone.utc(wall + event.shift)
        found = occurrences(event, zone, start, start + 1, blocks=False)
        if found:
            return max(end for _, end in found)
    return None
