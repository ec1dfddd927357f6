"""iCalendar text for tests, and when what it says is: as a block's closures, or a window's openings."""

from datetime import UTC, datetime

import pytest

from rollout.adapters.files.events import Choice, read_ics
from rollout.core.coverage import BlockRule, WindowRule
from rollout.core.coverage.spans import union
from rollout.core.coverage.times import closures, openings
from rollout.core.coverage.zones import Span, Zones, instant, moment_of
from rollout.errors import FaultsFound

TORONTO = "America/Toronto"
LOW, HIGH = datetime(2026, 10, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)


def component(name: str, text: str) -> list[str]:
    """The lines of a component; those of `text` may be indented."""
    return [f"BEGIN:{name}", *(line.strip() for line in text.strip().splitlines()), f"END:{name}"]


def calendar(*parts: str, name: str = "VEVENT", more: str = "") -> str:
    """A calendar of components of one name; those without a UID get one each. `more` are lines of the calendar itself."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//EN", *more.split("\n")]
    for number, part in enumerate(parts):
        lines += component(name, part if "UID:" in part else f"UID:part-{number}\n{part}")
    return "\r\n".join([*(line for line in lines if line), "END:VCALENDAR", ""])


def spans_of(
    text: str | bytes,
    *,
    blocks: bool,
    timezone: str | None = TORONTO,
    low: datetime = LOW,
    high: datetime = HIGH,
    choice: Choice | None = None,
) -> list[Span]:
    """When the calendar's rule closes, or opens, as instants: united, and whole where they reach beyond the two moments."""
    read = read_ics(text.encode() if isinstance(text, str) else text, "x.ics", blocks=blocks, timezone=timezone, choice=choice)
    given = {"id": "x", "timezone": read.timezone, "events": read.events, "availabilities": read.availabilities}
    asked = Zones(), instant(low), instant(high)
    if blocks:
        return union((one.start, one.end) for one in closures(BlockRule.model_validate(given), *asked))
    return union(openings(WindowRule.model_validate(given), *asked, None))


def told(
    text: str | bytes,
    *,
    blocks: bool = True,
    timezone: str | None = TORONTO,
    low: datetime = LOW,
    high: datetime = HIGH,
    choice: Choice | None = None,
) -> list[str]:
    """The same as text in UTC."""
    return [_told(*span) for span in spans_of(text, blocks=blocks, timezone=timezone, low=low, high=high, choice=choice)]


def _told(start: int, end: int) -> str:
    begins, ends = moment_of(start), moment_of(end)
    return f"{begins:%m-%d %H:%M}–{ends:%H:%M}" if begins.date() == ends.date() else f"{begins:%m-%d %H:%M}–{ends:%m-%d %H:%M}"


def faults(text: str | bytes, *, blocks: bool = True, timezone: str | None = TORONTO) -> list[str]:
    """What is told of a calendar that cannot be read."""
    with pytest.raises(FaultsFound) as found:
        spans_of(text, blocks=blocks, timezone=timezone)
    return [str(fault) for fault in found.value.faults]
