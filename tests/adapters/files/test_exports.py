"""What we export says to every reader, ours and others', what our own calendars say (law 9: there and back is the same time)."""

from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import icalendar
import pytest
import recurring_ical_events
from hypothesis import example, given, settings
from hypothesis import strategies as st

from rollout.adapters.files.editions import read_edition, write_edition
from rollout.adapters.files.events import read_ics
from rollout.core.calendar_text import Edition, calendar
from rollout.core.coverage import BlockRule, Coverage, Request, Rule, WindowRule, compile_coverage
from rollout.core.coverage.export import Feed, freezes, publish, slots
from rollout.core.coverage.scopes import ScopedRule
from rollout.core.coverage.spans import outside, union, within
from rollout.core.coverage.times import closures, openings
from rollout.core.coverage.zones import DAY, Span, Zones, instant, moment_of
from rollout.errors import FaultsFound, NotFound, Refused, RolloutError
from tests.core.coverage.drawing import calendars
from tests.core.coverage.making import PARTIES, TORONTO, at, block, request, window

AT = at("2026-11-20T12:00:30Z")
Told = Callable[..., Iterator[object]]


def exported(tell: Told, coverage: Coverage, asked: Request, low: int, high: int, previous: dict[str, Edition] | None = None) -> str:
    """The feed as text."""
    feed = Feed("test", asked, low, high)
    editions = publish(tell(coverage, feed, str), previous or {}, AT, (low, high), coverage.timezone)  # type: ignore[arg-type]
    return calendar("Coverage, of all; \\ things", coverage.timezone, {"X-ROLLOUT-FEED": "test"}, editions)


def ours(text: str, low: int, high: int, *, blocks: bool) -> list[Span]:
    """What our own reader makes of a calendar that is imported without another word than its kind."""
    read = read_ics(text.encode(), "feed.ics", blocks=blocks)
    if blocks:
        rule = BlockRule(id="imported", timezone=read.timezone, events=read.events)
        return within(union((one.start, one.end) for one in closures(rule, Zones(), low, high)), low, high)
    opened = WindowRule(id="imported", timezone=read.timezone, events=read.events)
    return within(union(openings(opened, Zones(), low, high, None)), low, high)


def instants(start: date, end: date, zone: str) -> Span:
    """The instants between two moments, or two midnights, of which the second is the last of its name."""
    if isinstance(start, datetime) and isinstance(end, datetime):
        return instant(start), instant(end)
    both = [[datetime.combine(day, time(fold=fold), ZoneInfo(zone)).astimezone(UTC) for fold in (0, 1)] for day in (start, end)]
    return instant(both[0][0]), instant(max(both[1]))


def by_icalendar(text: str, low: int, high: int, *, also: str = "CONFIRMED") -> list[Span]:
    """What the icalendar package reads of events that are confirmed, or also in another state."""
    read = icalendar.Calendar.from_ical(text)
    events = (event for event in read.walk("VEVENT") if event["STATUS"] in ("CONFIRMED", also))
    return within(union(instants(event.start, event.end, str(read["X-WR-TIMEZONE"])) for event in events), low, high)


def by_recurring_ical_events(text: str, low: int, high: int) -> list[Span]:
    """What recurring-ical-events finds between two days around them. It is not shown X-WR-TIMEZONE: see the last test here."""
    read = icalendar.Calendar.from_ical(text)
    zone = str(read.pop("X-WR-TIMEZONE"))
    days = (datetime.fromtimestamp(at, UTC) for at in (low - 2 * DAY, high + 2 * DAY))
    events = (event for event in recurring_ical_events.of(read).between(*days) if event["STATUS"] == "CONFIRMED")
    return within(union(instants(event.start, event.end, zone) for event in events), low, high)


asked = st.lists(st.sampled_from(PARTIES), unique=True, max_size=2).map(lambda parties: request(*parties))


@settings(max_examples=60)
@given(calendars(), asked)
def test_exported_slots_are_read_as_the_time_that_is_open(drawn: tuple[datetime, list[Rule]], asked: Request) -> None:
    near, rules = drawn
    coverage = compile_coverage(rules, timezone=TORONTO, approved=None)
    low, high = instant(near) - 2 * DAY, instant(near) + 2 * DAY
    text = exported(slots, coverage, asked, low, high)
    windows = coverage.windows(asked, moment_of(low), moment_of(high))
    assert by_icalendar(text, low, high, also="TENTATIVE") == [(instant(one.start), instant(one.end)) for one in windows]
    sure = by_icalendar(text, low, high)
    assert ours(text, low, high, blocks=False) == by_recurring_ical_events(text, low, high) == sure
    assert not any(one.provisional for span in sure for one in coverage.windows(asked, *map(moment_of, span)))
    if not any(one.provisional for one in coverage.windows(asked, moment_of(low - 2 * DAY), moment_of(high + 2 * DAY))):
        assert sure == by_icalendar(text, low, high, also="TENTATIVE")


@settings(max_examples=60)
@example((at("2024-04-07T03:00Z"), [block(timezone="America/Santiago", weekly={"sat": ["23:30-23:45"]})]), request())
@given(calendars(), asked)
def test_exported_freezes_are_read_as_the_time_that_blocks_close(drawn: tuple[datetime, list[Rule]], asked: Request) -> None:
    near, rules = drawn
    zone = next((rule.timezone for rule in rules if isinstance(rule, BlockRule) and rule.dates), TORONTO)
    low, high = instant(near) - 2 * DAY, instant(near) + 2 * DAY
    text = exported(freezes, compile_coverage(rules, timezone=zone), asked, low, high)
    always = window("always", weekly={"mon-sun": ["00:00-24:00"]}, timezone="UTC")
    closing = [rule for rule in rules if isinstance(rule, BlockRule) or (isinstance(rule, ScopedRule) and rule.unknown)]
    clear = compile_coverage([always, *closing], timezone=zone).windows(asked, near - timedelta(days=2), near + timedelta(days=2))
    closed = outside([(instant(one.start), instant(one.end)) for one in clear], low, high)
    assert ours(text, low, high, blocks=True) == by_icalendar(text, low, high) == by_recurring_ical_events(text, low, high) == closed


def test_every_line_fits_and_ends_as_readers_ask() -> None:
    why = "Fêtes: café, thé; \\ and a long why that goes on and on, until it has to be folded in the middle of a wörd"
    freeze = block(start="2026-12-18T16:00", end="2027-01-04T09:00", why=why)
    text = exported(
        freezes, compile_coverage([freeze], timezone=TORONTO), request(), instant(at("2026-12-01T00:00Z")), instant(at("2027-02-01T00:00Z"))
    )
    lines = text.encode().split(b"\r\n")
    assert max(map(len, lines)) == 75
    assert b"\n" not in b"".join(lines)
    (event,) = icalendar.Calendar.from_ical(text).walk("VEVENT")
    assert event["SUMMARY"] == f"Closed: {why}"
    assert {"UID", "DTSTAMP", "SEQUENCE", "LAST-MODIFIED"} <= event.keys()
    assert not {"RRULE", "RDATE", "DURATION", "ORGANIZER"} & event.keys()


def test_a_holiday_of_the_company_is_a_day_and_another_zones_is_a_stretch() -> None:
    holiday = block("holidays", dates={"2026-12-25": "Christmas Day"})
    low, high = instant(at("2026-12-01T00:00Z")), instant(at("2027-01-01T00:00Z"))
    days = {zone: exported(freezes, compile_coverage([holiday], timezone=zone), request(), low, high) for zone in (TORONTO, "Europe/Berlin")}
    assert "DTSTART;VALUE=DATE:20261225\r\nDTEND;VALUE=DATE:20261226" in days[TORONTO]
    assert "DTSTART:20261225T050000Z\r\nDTEND:20261226T050000Z" in days["Europe/Berlin"]


# ── Editions ───────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def feed(tmp_path: Path) -> Path:
    """An export of the slots of a week in December."""
    text = exported(slots, compile_coverage([window()], timezone=TORONTO), request(), *WEEK)
    write_edition(tmp_path / "feed.ics", text)
    return tmp_path / "feed.ics"


WEEK = instant(at("2026-12-07T05:00Z")), instant(at("2026-12-14T05:00Z"))


def test_what_was_written_is_read_as_it_was_published(feed: Path) -> None:
    before = read_edition(feed, "test")
    assert len(before) == 5
    again = exported(slots, compile_coverage([window()], timezone=TORONTO), request(), *WEEK, before)
    assert again.encode() == feed.read_bytes()
    write_edition(feed, again)
    assert [path.name for path in feed.parent.iterdir()] == ["feed.ics"]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("BEGIN:VCALENDAR\nEND:VCALENDAR\n", "is no export of ours"),
        ("BEGIN:VCALENDAR\nX-ROLLOUT-FEED:coverage production\nEND:VCALENDAR\n", "holds the feed 'coverage production', and not 'test'"),
    ],
)
def test_another_calendar_is_not_taken_for_an_earlier_edition(tmp_path: Path, text: str, told: str) -> None:
    (tmp_path / "other.ics").write_text(text)
    with pytest.raises(Refused, match=told):
        read_edition(tmp_path / "other.ics", "test")


@pytest.mark.parametrize("wrong", ["DTSTART:20261307T140000Z", "DTSTART:soon", "DTSTART:20261207T140000"])
def test_an_edition_that_somebody_changed_is_a_fault_in_its_line(feed: Path, wrong: str) -> None:
    feed.write_bytes(feed.read_bytes().replace(b"DTSTART:20261207T140000Z", wrong.encode()))
    with pytest.raises(FaultsFound, match=r"feed.ics:17 DTSTART: is not as we wrote it"):
        read_edition(feed, "test")


def test_files_that_are_not_there_and_folders_are_told(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="leave --previous out"):
        read_edition(tmp_path / "none.ics", "test")
    with pytest.raises(RolloutError, match="cannot be read"):
        read_edition(tmp_path, "test")
    with pytest.raises(RolloutError, match="cannot be written"):
        write_edition(tmp_path / "no" / "feed.ics", "")


def test_a_zone_for_the_whole_calendar_moves_no_moment_and_the_other_reader_loses_an_hour() -> None:
    """recurring-ical-events takes all times to X-WR-TIMEZONE, and the end from the clock there: on the night that has an hour twice, too early."""
    night = block(timezone="America/Santiago", weekly={"sat": ["23:30-23:45"]})
    low, high = instant(at("2024-04-06T12:00Z")), instant(at("2024-04-07T12:00Z"))
    text = exported(freezes, compile_coverage([night], timezone="America/Santiago"), request(), low, high)
    closed = [(instant(at("2024-04-07T02:30Z")), instant(at("2024-04-07T03:45Z")))]
    assert ours(text, low, high, blocks=True) == by_icalendar(text, low, high) == closed
    found = recurring_ical_events.of(icalendar.Calendar.from_ical(text)).at((2024, 4))
    assert [(instant(event.start), instant(event.end)) for event in found] == [(closed[0][0], closed[0][1] - 3600)]
