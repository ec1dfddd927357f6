"""VAVAILABILITY (RFC 7953): a window is open when somebody is available, a block is closed when nobody is, within the bounds, and only there."""

from datetime import UTC, datetime

import pytest

from rollout.adapters.files.events import read_ics
from rollout.core.clients import Environment
from rollout.core.coverage import BlockRule, Request, WindowRule, compile_coverage
from tests.adapters.files.reading import calendar, faults, told

BOUNDS = "UID:a\nDTSTART;TZID=America/Toronto:20261102T000000\nDTEND;TZID=America/Toronto:20261105T000000"
HOURS = """BEGIN:AVAILABLE
UID:hours
DTSTART;TZID=America/Toronto:20261102T090000
DTEND;TZID=America/Toronto:20261102T170000
RRULE:FREQ=DAILY
END:AVAILABLE"""
OPEN = ["11-02 14:00–22:00", "11-03 14:00–22:00", "11-04 14:00–22:00"]
CLOSED = ["11-02 05:00–14:00", "11-02 22:00–11-03 14:00", "11-03 22:00–11-04 14:00", "11-04 22:00–11-05 05:00"]


def availability(*parts: str) -> str:
    """A calendar of availabilities."""
    return calendar(*parts, name="VAVAILABILITY")


def test_a_window_is_open_where_it_is_available_and_a_block_closed_where_not() -> None:
    text = availability(f"{BOUNDS}\n{HOURS}")
    assert told(text, blocks=False) == OPEN
    assert told(text) == CLOSED


def test_one_without_bounds_speaks_for_all_time() -> None:
    text = availability("UID:a\n" + HOURS.replace("RRULE:FREQ=DAILY", "RRULE:FREQ=DAILY;UNTIL=20261104T230000Z"))
    assert told(text, blocks=False) == OPEN
    before, *between, after = told(text)
    assert between == CLOSED[1:3]
    assert (before, after) == ("01-01 00:00–11-02 14:00", "11-04 22:00–01-01 00:00")  # from 1900, and to 2200


def test_one_may_have_a_length_instead_of_an_end_or_an_end_alone() -> None:
    assert told(availability(f"{BOUNDS}\n{HOURS}".replace("DTEND;TZID=America/Toronto:20261105T000000", "DURATION:P3D"))) == CLOSED
    text = availability(f"{BOUNDS}\n{HOURS}".replace("DTSTART;TZID=America/Toronto:20261102T000000\n", "", 1))
    assert told(text)[1:] == CLOSED[1:]


def test_one_in_which_nobody_is_available_closes_its_bounds_and_opens_nothing() -> None:
    assert told(availability(BOUNDS)) == ["11-02 05:00–11-05 05:00"]
    assert told(availability(BOUNDS), blocks=False) == []
    assert told(availability(f"{BOUNDS}\nBUSYTYPE:BUSY-TENTATIVE")) == ["11-02 05:00–11-05 05:00"]


def test_what_is_available_may_be_taken_out_moved_and_cancelled() -> None:
    out = HOURS.replace("END:AVAILABLE", "EXDATE:20261103T140000Z\nEND:AVAILABLE")
    assert told(availability(f"{BOUNDS}\n{out}"), blocks=False) == [OPEN[0], OPEN[2]]
    moved = "BEGIN:AVAILABLE\nUID:hours\nRECURRENCE-ID:20261103T140000Z\nDTSTART:20261103T200000Z\nDTEND:20261103T210000Z\nEND:AVAILABLE"
    assert told(availability(f"{BOUNDS}\n{HOURS}\n{moved}"), blocks=False) == [OPEN[0], "11-03 20:00–21:00", OPEN[2]]
    later = moved.replace("RECURRENCE-ID", "RECURRENCE-ID;RANGE=THISANDFUTURE")
    assert told(availability(f"{BOUNDS}\n{HOURS}\n{later}"), blocks=False) == [OPEN[0], "11-03 20:00–21:00", "11-04 20:00–21:00"]


def test_the_one_of_higher_priority_speaks_for_its_bounds() -> None:
    away = "UID:b\nPRIORITY:1\nDTSTART:20261103T000000Z\nDTEND:20261104T000000Z"
    for usual in (f"{BOUNDS}\n{HOURS}", f"{BOUNDS}\nPRIORITY:9\n{HOURS}", f"{BOUNDS}\nPRIORITY:0\n{HOURS}"):
        assert told(availability(usual, away), blocks=False) == [OPEN[0], OPEN[2]]
        assert told(availability(away, usual)) == ["11-02 05:00–14:00", "11-02 22:00–11-04 14:00", CLOSED[3]]
    here = f"{away}\nBEGIN:AVAILABLE\nUID:c\nDTSTART:20261103T040000Z\nDTEND:20261103T060000Z\nEND:AVAILABLE"
    assert told(availability(f"{BOUNDS}\n{HOURS}", here), blocks=False) == [OPEN[0], "11-03 04:00–06:00", OPEN[2]]
    assert told(availability(f"{BOUNDS}\n{HOURS}", here.replace("UID:b\nPRIORITY:1", "UID:d\nPRIORITY:2"), away)) == told(
        availability(f"{BOUNDS}\n{HOURS}", away)
    )


def test_the_newest_edition_counts() -> None:
    old = f"{BOUNDS}\n{HOURS}"
    new = f"{BOUNDS}\nSEQUENCE:3\n{HOURS.replace('T17', 'T10')}"
    assert told(availability(new, old), blocks=False) == [span.replace("22:00", "15:00") for span in OPEN]
    assert told(availability(old, new), blocks=False) == told(availability(new, old), blocks=False)


def test_events_beside_it_close_in_a_block_and_are_a_fault_in_a_window() -> None:
    text = availability(f"{BOUNDS}\n{HOURS}").replace("END:VCALENDAR", "").rstrip() + "\r\n"
    event = "BEGIN:VEVENT\r\nUID:e\r\nDTSTART:20261102T150000Z\r\nDURATION:PT1H\r\nEND:VEVENT\r\nEND:VCALENDAR\r\n"
    assert told(text + event) == [CLOSED[0], "11-02 15:00–16:00", *CLOSED[1:]]
    assert faults(text + event, blocks=False) == [
        "x.ics:15 VEVENT: stands beside the VAVAILABILITY of line 4, for which it is busy time, and for a window open time; use two files"
    ]


@pytest.mark.parametrize(
    ("parts", "expected"),
    [
        ((f"{BOUNDS}\n{HOURS}", "UID:b"), "4 PRIORITY: is that of line 15 too, and both speak for the same time; give them different ones"),
        ((f"{BOUNDS}\n{HOURS}", BOUNDS), "15 UID: is also the UID of the VAVAILABILITY in line 4; give each its own"),
        ((BOUNDS.replace("UID:a", "UID:"),), "4 UID: is missing: this VAVAILABILITY cannot be told from others"),
        ((f"{BOUNDS}\nPRIORITY:high",), "8 PRIORITY: high is not a whole number from 0 to 9"),
        ((BOUNDS.replace("1105", "1101"),), "7 DTEND: 20261101T000000 is not after DTSTART"),
        (("UID:a\nDTEND:18000101T000000Z",), "6 DTEND: 18000101T000000Z is outside the years 1900 to 2199"),
        (("UID:a\nDTSTART;VALUE=DATE:20261102",), "6 DTSTART: 20261102 must be a time, not a date (RFC 7953 3.1)"),
        (("UID:a\nDURATION:P3D",), "6 DURATION: has no DTSTART to count from"),
        ((f"{BOUNDS}\nDURATION:P3D",), "8 DURATION: stands beside DTEND; keep one"),
        ((f"{BOUNDS}\nBEGIN:VEVENT\nEND:VEVENT",), "8 VEVENT: stands within VAVAILABILITY, where its times would be lost"),
        (
            (f"{BOUNDS}\n{HOURS.replace('TZID=America/Toronto:20261102T090000', 'VALUE=DATE:20261102')}",),
            "10 DTSTART: 20261102 must be a time, not a date (RFC 7953 3.1)",
        ),
        ((f"{BOUNDS}\n{HOURS.replace('DTEND;TZID=America/Toronto:20261102T170000', 'COMMENT:x')}",), "8 DTSTART: has neither DTEND nor DURATION"),
        ((f"{BOUNDS}\n{HOURS.replace('UID:hours', 'COMMENT:x')}",), "8 UID: is missing: this AVAILABLE cannot be told from others"),
        ((f"{BOUNDS}\n{HOURS.replace('DAILY', 'HOURLY')}",), "12 RRULE: FREQ=HOURLY is outside the supported subset"),
    ],
)
def test_what_cannot_be_followed_is_a_fault(parts: tuple[str, ...], expected: str) -> None:
    for blocks in (True, False):
        assert [fault[: len(expected) + 6] for fault in faults(availability(*parts), blocks=blocks)] == [f"x.ics:{expected}"]


def test_available_time_outside_of_any_availability_is_a_fault() -> None:
    assert faults(calendar("UID:x", name="AVAILABLE")) == [
        "x.ics:4 AVAILABLE: is not supported, and is not skipped either: its times would be lost. Write them as VEVENT"
    ]


def test_a_block_is_explained_by_the_availability_and_told_whole_over_the_turn_of_the_year() -> None:
    hours = HOURS.replace("FREQ=DAILY", "FREQ=YEARLY").replace("20261102", "20261201")
    text = availability(f"UID:a\nSUMMARY:Nobody is in\n{hours}")
    read = read_ics(text.encode(), "x.ics", blocks=True, timezone="UTC")
    rules = (
        BlockRule(id="away", timezone="UTC", availabilities=read.availabilities),
        WindowRule.model_validate({"id": "always", "timezone": "UTC", "weekly": {"mon-sun": ["00:00-24:00"]}}),
    )
    coverage = compile_coverage(rules, timezone="UTC")
    asked = Request(kind="monthly", environment=Environment.PRODUCTION)
    for at in (datetime(2026, 12, 31, 12, tzinfo=UTC), datetime(2027, 1, 1, 12, tzinfo=UTC)):
        (reason,) = coverage.verdict(asked, at).reasons
        assert (reason.text, reason.source, reason.clears_at) == ("away: Nobody is in", "x.ics:4", datetime(2027, 12, 1, 14, tzinfo=UTC))


def test_two_rules_of_different_availabilities_are_two_rules() -> None:
    """Layers that close the same time are compiled once; these do not."""
    always = WindowRule.model_validate({"id": "always", "timezone": "UTC", "weekly": {"mon-sun": ["00:00-24:00"]}})
    blocks = []
    for day in (3, 5):
        text = availability(f"UID:a\nDTSTART:202611{day:02}T000000Z\nDTEND:202611{day:02}T120000Z")
        read = read_ics(text.encode(), "x.ics", blocks=True, timezone="UTC")
        blocks.append(BlockRule(id=f"away-{day}", timezone="UTC", availabilities=read.availabilities))
    found = compile_coverage([always, *blocks], timezone="UTC").windows(
        Request(kind="monthly", environment=Environment.PRODUCTION), datetime(2026, 11, 2, tzinfo=UTC), datetime(2026, 11, 7, tzinfo=UTC)
    )
    assert [(one.start.day, one.start.hour, one.end.day) for one in found] == [(2, 0, 3), (3, 12, 5), (5, 12, 7)]
