"""Our reading of calendars beside that of `recurring-ical-events`, an independent one: equal, but for the differences listed in docs/calendars.md.

Starts and lengths are compared on calendars made around the nights when clocks change. Each difference has a test here that shows it.
"""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import icalendar
import pytest
import recurring_ical_events
from hypothesis import assume, given, reject, settings
from hypothesis import strategies as st

from rollout.adapters.files.events import read_ics
from rollout.core.coverage.recurrence import Event, happening
from rollout.core.coverage.zones import Zones, instant
from rollout.errors import FaultsFound
from tests.adapters.files.reading import HIGH, LOW, TORONTO, calendar, faults, told
from tests.core.coverage.drawing import TRANSITIONS, ZONES

Occurrences = list[tuple[datetime, datetime]]
SHAPES = (
    "FREQ=DAILY",
    "FREQ=DAILY;INTERVAL=3;COUNT=40",
    "FREQ=WEEKLY;BYDAY=MO,WE,FR",
    "FREQ=WEEKLY;INTERVAL=2;BYDAY=SU,SA;WKST=SU",
    "FREQ=MONTHLY;BYDAY=2TU,-1SU",
    "FREQ=MONTHLY;BYMONTHDAY=1,-1",
    "FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1",
    "FREQ=YEARLY;BYMONTH=3,11;BYDAY=1SU,2SU",
)


def theirs(text: str, low: datetime, high: datetime, zone: str = TORONTO) -> Occurrences:
    """The occurrences that the other reader finds, in UTC; whole days and floating times are bound to the zone, as ours are."""
    found = recurring_ical_events.of(icalendar.Calendar.from_ical(text)).between(low, high)
    pairs = sorted({(_utc(event.start, zone), _utc(event.end, zone)) for event in found if event.get("STATUS") != "CANCELLED"})
    return [(start, end) for start, end in pairs if start < high and end > low]


def ours(text: str, low: datetime, high: datetime, zone: str = TORONTO, *, nominal: bool = True) -> Occurrences:
    """The occurrences that we find, with their ends by the clock, which is what the other reader takes, or with their exact ends."""
    zones = Zones()
    ends = set()
    for event in events_of(text, zone):
        clock = zones[event.zone]
        for one in happening(event, clock, instant(low), instant(high), blocks=True):
            ends.add((one.start, clock.utc(one.wall + event.nominal) if nominal else one.exact))
    pairs = [(datetime.fromtimestamp(start, UTC), datetime.fromtimestamp(end, UTC)) for start, end in sorted(ends)]
    return [(start, end) for start, end in pairs if start < high and end > low]


def events_of(text: str, zone: str = TORONTO) -> tuple[Event, ...]:
    """The events that we read; a calendar in which we find a fault is not compared, but drawn again."""
    try:
        return read_ics(text.encode(), "x.ics", blocks=True, timezone=zone).events
    except FaultsFound:
        reject()


def _utc(shown: date, zone: str) -> datetime:
    if not isinstance(shown, datetime):
        shown = datetime.combine(shown, datetime.min.time())
    return (shown if shown.tzinfo else shown.replace(tzinfo=ZoneInfo(zone))).astimezone(UTC)


@st.composite
def calendars(draw: st.DrawFn) -> tuple[str, datetime]:
    """A series that recurs near a night when clocks change, with dates added, taken out, moved and cancelled; and the moment of the change."""
    zone = draw(st.sampled_from(ZONES))
    change = draw(st.sampled_from(TRANSITIONS[zone]))
    first = change.date() - timedelta(days=draw(st.sampled_from([0, 1, 5, 14, 29, 40, 200])))
    shown = datetime.combine(first, datetime.min.time()) + timedelta(minutes=draw(st.sampled_from([0, 30, 60, 90, 150, 180, 540, 1290, 1410])))
    lasts = timedelta(minutes=draw(st.sampled_from([15, 60, 240, 1440, 3000])))
    tzid = f";TZID={zone}"
    rule = draw(st.sampled_from(SHAPES))
    if "COUNT" not in rule and draw(st.booleans()):
        until = change + timedelta(days=draw(st.integers(1, 20)))
        assume(until > shown.replace(tzinfo=ZoneInfo(zone)))  # see test_a_start_that_its_own_rule_misses
        rule += f";UNTIL={until:%Y%m%dT%H%M%SZ}"
    lines = ["UID:w", f"DTSTART{tzid}:{shown:%Y%m%dT%H%M%S}", f"DTEND{tzid}:{shown + lasts:%Y%m%dT%H%M%S}", f"RRULE:{rule}"]
    wall = [datetime.combine(first, shown.time()) + timedelta(days=number) for number in range(60)]
    plain = calendar("\n".join(lines))
    zones = Zones()
    (event,) = events_of(plain)
    known = list(happening(event, zones[zone], instant(change) - 86_400 * 45, instant(change) + 86_400 * 45, blocks=True))
    assume(known)
    picked = draw(st.lists(st.sampled_from(known), unique=True, max_size=4))
    parts = []
    for number, one in enumerate(picked):
        at = datetime.fromtimestamp(one.start, UTC)
        local = at.astimezone(ZoneInfo(zone))
        kind = draw(st.sampled_from(["exdate", "exdate-utc", "exdate-day", "moved", "cancelled", "future"]))
        if kind == "exdate":
            lines.append(f"EXDATE{tzid}:{local:%Y%m%dT%H%M%S}")
        elif kind == "exdate-utc":
            lines.append(f"EXDATE:{at:%Y%m%dT%H%M%SZ}")
        elif kind == "exdate-day":
            lines.append(f"EXDATE;VALUE=DATE:{local:%Y%m%d}")
        else:
            to = local.replace(tzinfo=None) + timedelta(hours=draw(st.sampled_from([-30, 2, 26])))
            given = f"RECURRENCE-ID{';RANGE=THISANDFUTURE' if kind == 'future' else ''}{tzid}:{local:%Y%m%dT%H%M%S}"
            status = "CANCELLED" if kind == "cancelled" else "CONFIRMED"
            parts.append(f"UID:w\n{given}\nDTSTART{tzid}:{to:%Y%m%dT%H%M%S}\nDURATION:PT{number + 1}H\nSTATUS:{status}")
    if draw(st.booleans()):
        lines.append(f"RDATE{tzid}:{draw(st.sampled_from(wall)) + timedelta(minutes=45):%Y%m%dT%H%M%S}")
    return calendar("\n".join(lines), *parts), change


@settings(max_examples=150)
@given(calendars())
def test_both_readers_find_the_same_occurrences(drawn: tuple[str, datetime]) -> None:
    text, change = drawn
    low, high = change - timedelta(days=20), change + timedelta(days=20)
    assert ours(text, low, high) == theirs(text, low, high)


@pytest.mark.parametrize("rule", SHAPES)
def test_both_readers_find_the_same_days(rule: str) -> None:
    text = calendar(f"DTSTART;VALUE=DATE:20260215\nDTEND;VALUE=DATE:20260217\nRRULE:{rule}\nEXDATE;VALUE=DATE:20260308,20260314,20261101")
    low, high, edge = datetime(2026, 3, 1, tzinfo=UTC), datetime(2027, 4, 1, tzinfo=UTC), timedelta(days=4)
    mine, yours = ([pair for pair in read(text, low, high) if low + edge < pair[0] < high - edge] for read in (ours, theirs))
    assert mine == yours != []


# ── Where they differ ──────────────────────────────────────────────────────────────────────────────


def at(text: str) -> datetime:
    """A moment of 2026, in UTC, from "03-08 06:30"."""
    return datetime.fromisoformat(f"2026-{text}").replace(tzinfo=UTC)


def both(text: str, day: str, zone: str = TORONTO) -> tuple[Occurrences, Occurrences]:
    """What we find exactly, and what they find, on two days from that one on."""
    low = at(f"{day} 00:00")
    return ours(text, low, low + timedelta(days=2), zone, nominal=False), theirs(text, low, low + timedelta(days=2), zone)


@pytest.mark.parametrize(
    ("event", "day", "exact", "by_the_clock"),
    [
        # 3.8.5.3: with DTEND, and with a DURATION in hours, every occurrence lasts exactly as long
        ("DTSTART;TZID=America/Toronto:20260301T000000\nDURATION:PT4H", "03-08", ("05:00", "09:00"), ("05:00", "08:00")),
        ("DTSTART;TZID=America/Toronto:20260301T000000\nDTEND;TZID=America/Toronto:20260301T040000", "11-01", ("04:00", "08:00"), ("04:00", "09:00")),
        # 3.3.5: a time that is skipped is read with the offset before it; its end must not be read so once more
        ("DTSTART;TZID=America/Toronto:20260301T023000\nDURATION:PT1H", "03-08", ("07:30", "08:30"), ("07:30", "07:30")),
        # 3.3.5: a time that comes twice is the first one, and an hour lasts an hour
        ("DTSTART;TZID=America/Toronto:20260301T013000\nDURATION:PT1H", "11-01", ("05:30", "06:30"), ("05:30", "07:30")),
    ],
)
def test_an_end_is_told_exactly_and_the_other_reader_takes_the_clock(
    event: str, day: str, exact: tuple[str, str], by_the_clock: tuple[str, str]
) -> None:
    mine, yours = both(calendar(f"{event}\nRRULE:FREQ=DAILY"), day)
    pair = tuple(at(f"{day} {time}") for time in exact)
    assert pair in mine
    assert pair not in yours
    if by_the_clock[0] != by_the_clock[1]:
        assert tuple(at(f"{day} {time}") for time in by_the_clock) in yours


@pytest.mark.parametrize("until", ["20261103", "20261103T170000"])
def test_an_until_without_utc_includes_its_last_day(until: str) -> None:
    """3.3.10 wants UTC beside a DTSTART with a zone. Read as UTC, it would lose the evening of the last day."""
    text = calendar(f"DTSTART;TZID=America/Toronto:20261101T170000\nDURATION:PT1H\nRRULE:FREQ=DAILY;UNTIL={until}")
    mine, yours = both(text, "11-03")
    assert mine == [(at("11-03 22:00"), at("11-03 23:00"))]
    assert yours == []


@pytest.mark.parametrize("begins", ["DTSTART;VALUE=DATE:20261103", "DTSTART:20261103T000000\nDURATION:P1D"])
def test_whole_days_and_floating_times_do_not_move_with_who_asks(begins: str) -> None:
    """3.3.5: floating time is that of its reader. Here the calendar is the reader, not whoever asks it."""
    text = calendar(begins)
    asked = {zone: datetime(2026, 11, 3, 0, 30, tzinfo=ZoneInfo(zone)) for zone in ("Asia/Tokyo", "America/Vancouver")}
    found = {zone: recurring_ical_events.of(icalendar.Calendar.from_ical(text)).at(moment) for zone, moment in asked.items()}
    assert [len(events) for events in found.values()] == [1, 1]
    assert [len(ours(text, moment, moment + timedelta(minutes=1))) for moment in asked.values()] == [0, 1]


def test_a_zone_that_nobody_knows_is_a_fault_and_not_floating_time() -> None:
    """3.2.19: TZID must name a VTIMEZONE of the file, or a zone that all know."""
    text = calendar("DTSTART;TZID=Nowhere/City:20261103T090000\nDURATION:PT1H")
    assert faults(text) == ["x.ics:6 DTSTART: TZID=Nowhere/City is not a time zone; write one such as America/Toronto"]
    (event,) = recurring_ical_events.of(icalendar.Calendar.from_ical(text)).at(date(2026, 11, 3))
    assert event.start.tzinfo is None


@pytest.mark.parametrize("line", ["STATUS:CANCELLED", "TRANSP:TRANSPARENT"])
def test_what_is_cancelled_or_transparent_takes_no_time(line: str) -> None:
    """3.8.1.11 and 3.8.2.7. The other reader leaves that to its caller."""
    text = calendar(f"DTSTART:20261103T090000Z\nDURATION:PT1H\n{line}")
    assert ours(text, LOW, HIGH) == []
    assert len(recurring_ical_events.of(icalendar.Calendar.from_ical(text)).between(LOW, HIGH)) == 1


@pytest.mark.parametrize(
    ("event", "fault"),
    [
        ("DTSTART:20261103T090000Z\nDTEND:20261103T080000Z", "7 DTEND: 20261103T080000Z is not after DTSTART"),  # 3.8.2.2: must be later
        ("DTSTART:20261103T090000Z", "4 DTSTART: has neither DTEND nor DURATION, so the event has no length"),  # 3.6.1: takes no time
        ("DTSTART:20261103T090000Z\nDURATION:PT1H\nRRULE:FREQ=YEARLY;BYWEEKNO=45;BYDAY=TU", "8 RRULE: BYWEEKNO is outside the supported subset"),
    ],
)
def test_what_would_have_to_be_repaired_or_guessed_is_a_fault(event: str, fault: str) -> None:
    assert faults(calendar(event))[0].startswith(f"x.ics:{fault}")
    low = at("11-03 00:00")
    assert len(recurring_ical_events.of(icalendar.Calendar.from_ical(calendar(event))).between(low, low + timedelta(days=1))) == 1


DAILY = "UID:w\nDTSTART;TZID=America/Toronto:20261030T220000\nDURATION:PT1H\nRRULE:FREQ=DAILY"


def test_a_change_of_an_occurrence_that_is_also_taken_out_closes_and_does_not_open() -> None:
    """3.8.5.1 takes it out of the set, and 3.8.4.4 changes one of the set: there is none. A block keeps it, to be safe; a window does not."""
    text = calendar(f"{DAILY}\nEXDATE:20261103T030000Z", "UID:w\nRECURRENCE-ID:20261103T030000Z\nDTSTART:20261103T100000Z\nDURATION:PT1H")
    changed = (at("11-03 10:00"), at("11-03 11:00"))
    mine, yours = both(text, "11-03")
    assert changed in mine
    assert changed not in yours
    assert not any(span.startswith("11-03 10:00") for span in told(text, blocks=False))


def test_a_shift_of_all_later_occurrences_is_one_on_the_clock_however_it_is_written() -> None:
    """3.2.13 says by the same difference, and not in which time; written in UTC and with a zone it must mean the same."""
    shift = "UID:w\nRECURRENCE-ID;RANGE=THISANDFUTURE{}\nDTSTART{}\nDURATION:PT1H"
    zoned = shift.format(";TZID=America/Toronto:20261031T220000", ";TZID=America/Toronto:20261101T100000")
    utc = shift.format(":20261101T020000Z", ":20261101T150000Z")
    mine, yours = zip(*(both(calendar(DAILY, change), "11-03") for change in (zoned, utc)), strict=True)
    assert mine[0] == mine[1] == yours[0] == [(at(f"11-0{day} 15:00"), at(f"11-0{day} 16:00")) for day in (3, 4)]
    assert yours[1] != yours[0]


def test_a_single_change_and_one_of_all_later_ones_may_begin_at_the_same_occurrence() -> None:
    """3.8.4.4: they are two changes; the other reader keeps one of them."""
    later = (
        "UID:w\nRECURRENCE-ID;RANGE=THISANDFUTURE;TZID=America/Toronto:20261102T220000\nDTSTART;TZID=America/Toronto:20261102T230000\nDURATION:PT1H"
    )
    one = "UID:w\nRECURRENCE-ID;TZID=America/Toronto:20261102T220000\nDTSTART:20261103T120000Z\nDURATION:PT1H"
    mine, yours = both(calendar(DAILY, later, one), "11-03")
    assert mine == [(at("11-03 12:00"), at("11-03 13:00")), (at("11-04 04:00"), at("11-04 05:00"))]
    assert mine != yours


def test_the_length_of_all_later_occurrences_is_also_that_of_added_periods() -> None:
    """3.2.13: all later ones get the same duration."""
    added = f"{DAILY};COUNT=3\nRDATE;VALUE=PERIOD:20261103T120000Z/PT5H"
    later = "UID:w\nRECURRENCE-ID;RANGE=THISANDFUTURE:20261101T020000Z\nDTSTART:20261101T020000Z\nDURATION:PT2H"
    mine, yours = both(calendar(added, later), "11-03")
    assert mine == [(at("11-03 12:00"), at("11-03 14:00"))]
    assert yours == [(at("11-03 12:00"), at("11-03 17:00"))]


def test_a_start_that_its_own_rule_misses_closes_and_does_not_open() -> None:
    """3.8.5.3 leaves it undefined."""
    text = calendar("DTSTART:20261103T090000Z\nDURATION:PT1H\nRRULE:FREQ=WEEKLY;BYDAY=WE;COUNT=2")  # a Tuesday
    mine, yours = both(text, "11-03")
    assert mine == yours == [(at(f"11-0{day} 09:00"), at(f"11-0{day} 10:00")) for day in (3, 4)]
    assert told(text, blocks=False) == ["11-04 09:00–10:00", "11-11 09:00–10:00"]
    over = calendar("DTSTART:20261103T090000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;UNTIL=20261102T090000Z")  # ends before it begins
    assert (told(over), told(over, blocks=False), theirs(over, LOW, HIGH)) == (["11-03 09:00–10:00"], [], [])


def test_availabilities_are_read_and_the_other_reader_knows_none() -> None:
    """RFC 7953."""
    hours = "UID:a\nBEGIN:AVAILABLE\nUID:h\nDTSTART:20261103T090000Z\nDTEND:20261103T170000Z\nEND:AVAILABLE"
    text = calendar(hours, name="VAVAILABILITY")
    assert told(text, blocks=False) == ["11-03 09:00–17:00"]
    assert theirs(text, LOW, HIGH) == []
