"""Occurrences that are moved, cancelled, added, or changed from one on: what a series then is, and what is refused rather than guessed."""

from datetime import UTC, datetime

import pytest

from rollout.adapters.files.events import Choice
from tests.adapters.files.reading import calendar, faults, told

WEEKLY = "UID:w\nSUMMARY:Weekly\nDTSTART;TZID=America/Toronto:20261026T090000\nDTEND;TZID=America/Toronto:20261026T100000\nRRULE:FREQ=WEEKLY;COUNT=5"
ALL = ["10-26 13:00–14:00", "11-02 14:00–15:00", "11-09 14:00–15:00", "11-16 14:00–15:00", "11-23 14:00–15:00"]
LATER = "UID:w\nRECURRENCE-ID;RANGE=THISANDFUTURE;TZID=America/Toronto:20261109T090000"
TWO_HOURS_LATER = f"{LATER}\nDTSTART;TZID=America/Toronto:20261109T110000\nDURATION:PT30M"
LATER_ALL = [*ALL[:2], "11-09 16:00–16:30", "11-16 16:00–16:30", "11-23 16:00–16:30"]


@pytest.mark.parametrize("blocks", [True, False])
@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ((), ALL),
        ((TWO_HOURS_LATER,), LATER_ALL),
        ((TWO_HOURS_LATER.replace("TZID=America/Toronto:20261109T110000", "VALUE=DATE-TIME:20261109T160000Z"),), LATER_ALL),
        ((TWO_HOURS_LATER.replace("RANGE=THISANDFUTURE;TZID=America/Toronto:20261109T090000", "RANGE=THISANDFUTURE:20261109T140000Z"),), LATER_ALL),
        ((f"{TWO_HOURS_LATER}\nSTATUS:CANCELLED",), ALL[:2]),
        ((f"{LATER}\nSTATUS:CANCELLED",), ALL[:2]),
        # two changes from one on: each counts up to the next, and by the occurrences as they were first
        (
            (TWO_HOURS_LATER, TWO_HOURS_LATER.replace("1109T09", "1116T09").replace("1109T11", "1117T08")),
            [*ALL[:2], "11-09 16:00–16:30", "11-17 13:00–13:30", "11-24 13:00–13:30"],
        ),
        # the newer edition of one and the same change
        ((f"{TWO_HOURS_LATER}\nSEQUENCE:2", f"{TWO_HOURS_LATER.replace('T11', 'T12')}\nSEQUENCE:1"), LATER_ALL),
        # later single changes still apply; they name the occurrence by its first place
        (
            (TWO_HOURS_LATER, "UID:w\nRECURRENCE-ID:20261116T140000Z\nDTSTART:20261116T200000Z\nDURATION:PT1H"),
            [*LATER_ALL[:3], "11-16 20:00–21:00", LATER_ALL[4]],
        ),
        ((TWO_HOURS_LATER, "UID:w\nRECURRENCE-ID:20261116T140000Z\nSTATUS:CANCELLED"), [*LATER_ALL[:3], LATER_ALL[4]]),
        # a single change and one of all later ones, of the same occurrence
        (
            (TWO_HOURS_LATER, "UID:w\nRECURRENCE-ID:20261109T140000Z\nDTSTART:20261109T200000Z\nDURATION:PT1H"),
            [*ALL[:2], "11-09 20:00–21:00", *LATER_ALL[3:]],
        ),
        ((f"{TWO_HOURS_LATER}\nSEQUENCE:1", "UID:w\nRECURRENCE-ID:20261109T140000Z\nDTSTART:20261109T200000Z\nDURATION:PT1H"), LATER_ALL),
        # a RECURRENCE-ID of another zone
        (("UID:w\nRECURRENCE-ID;TZID=Europe/Berlin:20261109T150000\nSTATUS:CANCELLED",), [*ALL[:2], *ALL[3:]]),
    ],
)
def test_what_changes_make_of_a_series(blocks: bool, changes: tuple[str, ...], expected: list[str]) -> None:
    assert told(calendar(WEEKLY, *changes), blocks=blocks) == expected
    assert told(calendar(*reversed(changes), WEEKLY), blocks=blocks) == expected


@pytest.mark.parametrize("blocks", [True, False])
@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("RDATE;VALUE=PERIOD:20261103T140000Z/20261103T163000Z,20261104T140000Z/PT3H", ["11-03 14:00–16:30", "11-04 14:00–17:00"]),
        ("RDATE;VALUE=PERIOD;TZID=America/Toronto:20261103T090000/PT3H", ["11-03 14:00–17:00"]),
        ("RDATE;VALUE=PERIOD;TZID=Europe/Berlin:20261103T090000/20261103T093000", ["11-03 08:00–08:30"]),
        ("RDATE:20261103T140000Z", ["11-03 14:00–15:00"]),
        ("RDATE:20261103T140000Z,20261104T140000Z\nEXDATE:20261103T140000Z", ["11-04 14:00–15:00"]),
        ("RDATE:20261102T140000Z", []),  # it is there already
        ("EXDATE:20261102T150000Z", []),  # nothing is there
    ],
)
def test_added_dates_and_periods_belong_to_the_series(blocks: bool, lines: str, expected: list[str]) -> None:
    assert told(calendar(f"{WEEKLY}\n{lines}"), blocks=blocks) == sorted([*ALL, *expected])


@pytest.mark.parametrize(
    "taken_out",
    [
        "EXDATE:20261109T140000Z",
        "EXDATE;TZID=America/Toronto:20261109T090000",
        "EXDATE;TZID=Europe/Berlin:20261109T150000",
        "EXDATE:20261109T090000",  # floating: bound to the calendar's zone
        "EXDATE;VALUE=DATE:20261109",
        "EXDATE:20261108T000000Z,20261109T140000Z\nEXDATE:20261110T000000Z",
    ],
)
def test_what_is_taken_out_is_found_by_its_instant_or_by_its_day(taken_out: str) -> None:
    assert told(calendar(f"{WEEKLY}\n{taken_out}")) == [*ALL[:2], *ALL[3:]]
    assert told(calendar(f"{WEEKLY}\n{taken_out}", TWO_HOURS_LATER.replace("1109T09", "1102T09").replace("1109T11", "1102T11"))) == [
        ALL[0],
        *("11-02 16:00–16:30", "11-16 16:00–16:30", "11-23 16:00–16:30"),
    ]


def test_an_added_date_moves_with_the_range_that_it_lies_in() -> None:
    series = f"{WEEKLY}\nRDATE:20261103T140000Z,20261110T140000Z"
    assert told(calendar(series, TWO_HOURS_LATER)) == [*ALL[:2], "11-03 14:00–15:00", "11-09 16:00–16:30", "11-10 16:00–16:30", *LATER_ALL[3:]]
    one = "UID:w\nRECURRENCE-ID:20261110T140000Z\nDTSTART:20261110T200000Z\nDURATION:PT1H"
    assert "11-10 20:00–21:00" in told(calendar(series, TWO_HOURS_LATER, one), blocks=False)


def test_whole_days_move_by_days() -> None:
    days = "UID:d\nDTSTART;VALUE=DATE:20261030\nRRULE:FREQ=WEEKLY;COUNT=3"
    moved = "UID:d\nRECURRENCE-ID;VALUE=DATE;RANGE=THISANDFUTURE:20261106\nDTSTART;VALUE=DATE:20261107\nDTEND;VALUE=DATE:20261109"
    assert told(calendar(days, moved)) == ["10-30 04:00–10-31 04:00", "11-07 05:00–11-09 05:00", "11-14 05:00–11-16 05:00"]


def test_occurrences_may_be_moved_out_of_what_is_asked_about_and_into_it() -> None:
    series = "UID:w\nDTSTART:20200101T090000Z\nDURATION:PT1H\nRRULE:FREQ=YEARLY"
    into = "UID:w\nRECURRENCE-ID:20250101T090000Z\nDTSTART:20261111T090000Z\nDURATION:PT1H"
    assert told(calendar(series, into)) == ["11-11 09:00–10:00"]
    daily = "UID:w\nDTSTART:20261230T090000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=3"
    out = "UID:w\nRECURRENCE-ID:20261231T090000Z\nDTSTART:20270620T090000Z\nDURATION:PT1H"
    assert told(calendar(daily, out)) == ["12-30 09:00–10:00"]
    all_later = "UID:w\nRECURRENCE-ID;RANGE=THISANDFUTURE:20250101T090000Z\nDTSTART:20251201T090000Z\nDURATION:PT1H"
    assert told(calendar(series, all_later)) == ["12-01 09:00–10:00"]


def test_a_shift_is_one_of_the_clock_not_of_what_passes() -> None:
    """Moved from before the night when clocks change to after it: 9 o'clock stays 9 o'clock."""
    daily = "UID:w\nDTSTART;TZID=America/Toronto:20261030T090000\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=3"
    moved = "UID:w\nRECURRENCE-ID;RANGE=THISANDFUTURE:20261031T130000Z\nDTSTART:20261101T140000Z\nDURATION:PT1H"
    assert told(calendar(daily, moved)) == ["10-30 13:00–14:00", "11-01 14:00–15:00", "11-02 14:00–15:00"]


NOWHERE = "UID:w\nRECURRENCE-ID:20261110T140000Z\nDTSTART:20261110T200000Z\nDURATION:PT1H"


def test_a_change_of_an_occurrence_that_is_not_there_closes_and_does_not_open() -> None:
    assert told(calendar(WEEKLY, NOWHERE)) == sorted([*ALL, "11-10 20:00–21:00"])
    assert faults(calendar(WEEKLY, NOWHERE), blocks=False) == [
        "x.ics:13 RECURRENCE-ID: 20261110T140000Z is no occurrence of the series; which one is meant?"
    ]
    taken_out = f"{WEEKLY}\nEXDATE:20261109T140000Z"
    back = NOWHERE.replace("1110", "1109")
    assert told(calendar(taken_out, back)) == sorted([*ALL[:2], *ALL[3:], "11-09 20:00–21:00"])
    assert told(calendar(taken_out, back), blocks=False) == [*ALL[:2], *ALL[3:]]


def test_a_change_whose_series_is_not_in_the_file_stands_for_itself() -> None:
    for blocks in (True, False):
        assert told(calendar(NOWHERE), blocks=blocks) == ["11-10 20:00–21:00"]


def test_a_series_that_does_not_count_may_have_occurrences_that_do() -> None:
    one = "UID:w\nRECURRENCE-ID:20261109T140000Z\nDTSTART:20261109T140000Z\nDURATION:PT1H\nSTATUS:CONFIRMED"
    for status in ("STATUS:CANCELLED", "TRANSP:TRANSPARENT"):
        assert told(calendar(f"{WEEKLY}\n{status}", one), blocks=False) == ["11-09 14:00–15:00"]
        assert told(calendar(f"{WEEKLY}\n{status}", TWO_HOURS_LATER)) == LATER_ALL[2:]
    assert told(calendar(WEEKLY, f"{TWO_HOURS_LATER}\nSTATUS:TENTATIVE"), blocks=False) == ALL[:2]
    assert told(calendar(WEEKLY, f"{TWO_HOURS_LATER}\nSTATUS:TENTATIVE")) == LATER_ALL


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        (
            TWO_HOURS_LATER.replace("1109T09", "1110T09"),
            "13 RECURRENCE-ID: 20261110T090000 is no occurrence of the series, which cannot change from there on",
        ),
        (LATER.replace("1109T09", "1130T09"), "13 RECURRENCE-ID: 20261130T090000 is no occurrence of the series, which cannot change from there on"),
        (LATER, "11 DTSTART: is missing"),
        (TWO_HOURS_LATER.replace("UID:w", "UID:v"), "13 RECURRENCE-ID: changes a series from one occurrence on, and the series is not in this file"),
        (
            TWO_HOURS_LATER.replace("RANGE=THISANDFUTURE", "RANGE=THISANDPRIOR"),
            "13 RECURRENCE-ID: RANGE=THISANDPRIOR is not known; only THISANDFUTURE is",
        ),
        (f"{LATER}\nDTSTART;VALUE=DATE:20261109", "14 DTSTART: makes times of days, or days of times; end the series, and begin another"),
        (
            TWO_HOURS_LATER.replace("DTSTART;TZID=America/Toronto", "DTSTART;TZID=America/Vancouver"),
            "14 DTSTART: moves the series from America/Toronto to America/Vancouver, whose clocks may change on other nights; "
            "end the series, and begin another",
        ),
        (f"{TWO_HOURS_LATER}\nRRULE:FREQ=DAILY", "16 RRULE: stands in the change of an occurrence; only the series itself can recur"),
        (f"{NOWHERE}\nRDATE:20261111T140000Z", "16 RDATE: stands in the change of an occurrence; only the series itself can recur"),
        (f"{NOWHERE}\nRECURRENCE-ID:20261111T140000Z", "16 RECURRENCE-ID: stands there twice"),
        (
            NOWHERE.replace("RECURRENCE-ID:20261110T140000Z", "RECURRENCE-ID;VALUE=DATE:20261109"),
            "13 RECURRENCE-ID: 20261109 is a date, and the series has times; write the time of the occurrence that is meant",
        ),
        (f"{NOWHERE}\nSEQUENCE:new", "16 SEQUENCE: new is not a whole number from 0 to 999999999"),
    ],
)
def test_a_change_that_cannot_be_followed_is_a_fault(change: str, expected: str) -> None:
    assert faults(calendar(WEEKLY, change)) == [f"x.ics:{expected}"]


@pytest.mark.parametrize(("rule", "days"), [("DAILY", 31), ("WEEKLY", 31), ("MONTHLY", 366), ("YEARLY", 366)])
def test_an_event_that_recurs_has_a_longest_length(rule: str, days: int) -> None:
    master = "UID:w\nDTSTART;VALUE=DATE:20261101\nDURATION:P{}D\nRRULE:FREQ={};COUNT=2"
    assert told(calendar(master.format(days, rule)))
    longer = f"makes an event of {days + 1} days recur {rule}, which may last {days} days; write one long event instead"
    assert faults(calendar(master.format(days + 1, rule))) == [f"x.ics:8 RRULE: {longer}"]
    change = f"UID:w\nRECURRENCE-ID;VALUE=DATE;RANGE=THISANDFUTURE:20261101\nDTSTART;VALUE=DATE:20261101\nDURATION:P{days + 1}D"
    assert faults(calendar(master.format(1, rule), change)) == [f"x.ics:13 DTSTART: {longer}"]
    assert told(calendar(change.replace(";RANGE=THISANDFUTURE", ""))), "a single change may last longer"


@pytest.mark.parametrize("blocks", [True, False])
@pytest.mark.parametrize("change", [NOWHERE.replace("1110", "1109"), TWO_HOURS_LATER])
def test_two_changes_of_one_occurrence_and_edition_are_a_fault_in_any_order(change: str, blocks: bool) -> None:
    cancelled = f"{change}\nSTATUS:CANCELLED"
    newer = f"{change}\nSEQUENCE:1"
    assert (
        len(faults(calendar(WEEKLY, change, newer, cancelled), blocks=blocks))
        == len(faults(calendar(WEEKLY, change, cancelled, newer), blocks=blocks))
        == 1
    )
    for first, second in ((change, cancelled), (cancelled, change)):
        line = 13 + len(first.splitlines()) + 2
        (fault,) = faults(calendar(WEEKLY, first, second), blocks=blocks)
        assert fault == f"x.ics:{line} RECURRENCE-ID: is changed in line 11 too, with the same SEQUENCE; take one of the two out"


def test_a_change_of_one_of_several_occurrences_of_a_day_takes_out_no_other() -> None:
    twice = "UID:w\nDTSTART:20261109T080000Z\nDURATION:PT1H\nRDATE:20261109T200000Z"
    change = "UID:w\nRECURRENCE-ID:20261109T080000Z\nDTSTART:20261109T120000Z\nDURATION:PT1H"
    assert told(calendar(twice, change)) == ["11-09 12:00–13:00", "11-09 20:00–21:00"]


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ("UID:w\nRECURRENCE-ID:20261109T140000Z\nDTSTART:20261109T200000Z\nDURATION:PT1H", [*ALL[:2], "11-09 20:00–21:00", *ALL[3:]]),
        ("UID:w\nRECURRENCE-ID:20261109T140000Z\nDTSTART:20261109T200000Z\nDURATION:PT1H\nSTATUS:CANCELLED", [*ALL[:2], *ALL[3:]]),
        (TWO_HOURS_LATER, LATER_ALL),
        (f"{TWO_HOURS_LATER}\nSTATUS:CANCELLED", ALL[:2]),
    ],
)
def test_a_change_without_the_categories_of_its_series_closes_in_a_block_all_the_same(change: str, expected: list[str]) -> None:
    chosen = Choice(categories=frozenset({"MAINTENANCE"}))
    series = f"{WEEKLY}\nCATEGORIES:MAINTENANCE"
    assert told(calendar(series, change), choice=chosen) == expected
    kept = [span for span in expected if span in ALL]
    assert told(calendar(series, change), choice=chosen, blocks=False) == kept, "in a window it does not open"


def test_a_single_change_closes_if_the_occurrence_did_by_a_change_of_all_later_ones() -> None:
    chosen = Choice(categories=frozenset({"MAINTENANCE"}))
    later, single = f"{TWO_HOURS_LATER}\nCATEGORIES:MAINTENANCE", "UID:w\nRECURRENCE-ID:{}T140000Z\nDTSTART:{}T200000Z\nDURATION:PT1H"
    assert told(calendar(WEEKLY, later, single.format(20261116, 20261116)), choice=chosen) == [LATER_ALL[2], "11-16 20:00–21:00", LATER_ALL[4]]
    assert told(calendar(WEEKLY, later, single.format(20261102, 20261102)), choice=chosen) == LATER_ALL[2:]


def test_a_change_from_one_day_on_needs_whole_days() -> None:
    change = "UID:w\nRECURRENCE-ID;RANGE=THISANDFUTURE;VALUE=DATE:20261109\nDTSTART;VALUE=DATE:20261110"
    assert faults(calendar(WEEKLY, change)) == [
        "x.ics:13 RECURRENCE-ID: 20261109 is a date, and the series has times; write the time of the occurrence that is meant"
    ]


def test_in_the_hour_that_is_skipped_the_first_occurrence_is_as_told_and_the_later_ones_move_by_as_much() -> None:
    daily = "UID:w\nDTSTART;TZID=America/Toronto:20260306T023000\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=4"
    change = (
        "UID:w\nRECURRENCE-ID;RANGE=THISANDFUTURE;TZID=America/Toronto:20260308T033000\nDTSTART;TZID=America/Toronto:20260308T043000\nDURATION:PT1H"
    )
    low = datetime(2026, 3, 1, tzinfo=UTC)
    found = told(calendar(daily, change), low=low, high=datetime(2026, 4, 1, tzinfo=UTC))
    assert found == ["03-06 07:30–08:30", "03-07 07:30–08:30", "03-08 08:30–09:30", "03-09 07:30–08:30"]


def test_a_change_does_not_bring_back_what_was_cancelled_with_all_later_ones() -> None:
    one = "UID:w\nRECURRENCE-ID:20261116T140000Z\nDTSTART:20261116T200000Z\nDURATION:PT1H"
    assert faults(calendar(WEEKLY, f"{LATER}\nSTATUS:CANCELLED", one)) == [
        "x.ics:18 RECURRENCE-ID: brings back an occurrence that line 11 has cancelled with all later ones; take one of the two out"
    ]
    assert told(calendar(WEEKLY, f"{LATER}\nSTATUS:CANCELLED", f"{one}\nSTATUS:CANCELLED")) == ALL[:2]


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("RDATE;VALUE=PERIOD:20261103T140000Z", "20261103T140000Z is not a period; write it as 20261224T090000Z/PT4H"),
        ("RDATE;VALUE=PERIOD:20261103T140000Z/20261103T130000Z", "20261103T130000Z is not after its start"),
        ("RDATE;VALUE=PERIOD:20261103T140000Z/-PT1H", "-PT1H is not a length of time; write it as PT4H or P1D"),
        ("RDATE;VALUE=PERIOD:20261103/P1D", "20261103 is not a time; write 20261224T090000Z"),
        ("RDATE:20261103T140000Z/PT1H", "20261103T140000Z/PT1H is not a date or a time; write 20261224 or 20261224T090000Z"),
        ("RDATE;VALUE=DATE:20261103", "must be dates if DTSTART is one, and times if it is one"),
    ],
)
def test_an_added_period_that_is_none_is_a_fault(line: str, expected: str) -> None:
    assert faults(calendar(f"{WEEKLY}\n{line}")) == [f"x.ics:10 RDATE: {expected}"]
