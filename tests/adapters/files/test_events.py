"""iCalendar files: which events count, when they happen, and what is refused. One that is damaged never opens time."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

import pytest

from rollout.adapters.files.calendars import load_calendars
from rollout.core.clients import Environment
from rollout.core.coverage import Request, Rule, compile_coverage
from rollout.errors import FaultsFound

ALWAYS = "kind: window\nid: always\ntimezone: UTC\nweekly: {mon-sun: ['00:00-24:00']}\n"
ASKED = Request(kind="monthly", environment=Environment.PRODUCTION)
SIDECAR = "kind: {kind}\nid: vendor\ntimezone: America/Toronto\n{more}"

Load = Callable[..., tuple[Rule, ...]]
Spans = Callable[..., list[str]]


def ics(*events: str, more: str = "") -> str:
    """A calendar of these events, each given by its lines."""
    lines = ["BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//test//EN", *more.split()]
    for number, event in enumerate(events):
        body = [line.strip() for line in event.strip().splitlines()]
        lines += ["BEGIN:VEVENT", *([] if "UID:" in event else [f"UID:event-{number}"]), *body, "END:VEVENT"]
    return "\r\n".join([*lines, "END:VCALENDAR", ""])


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """The rules of a calendar of somebody else's, beside a window that is always open."""

    def loaded(text: str | bytes, kind: str = "block", more: str = "") -> tuple[Rule, ...]:
        (tmp_path / "vendor.ics").write_bytes(text if isinstance(text, bytes) else text.encode())
        (tmp_path / "vendor.ics.yaml").write_text(SIDECAR.format(kind=kind, more=more))
        (tmp_path / "always.yaml").write_text(ALWAYS)
        return load_calendars(tmp_path, "calendars")

    return loaded


@pytest.fixture
def spans(load: Load) -> Spans:
    """When the events are, between two moments, as texts in UTC: where a block closes, or a window opens."""

    def found(text: str, low: str, high: str, kind: str = "block", more: str = "") -> list[str]:
        coverage = compile_coverage(load(text, kind, more), timezone="UTC")
        start, end = (datetime.fromisoformat(one).replace(tzinfo=UTC) for one in (low, high))
        edges = [edge for one in coverage.windows(ASKED, start, end) for edge in (one.start, one.end)]
        if kind == "block":
            edges = [edge for edge in (start, *edges, end) if edge not in (start, end) or [start, *edges, end].count(edge) == 1]
        return [f"{one:%m-%d %H:%M}–{two:%m-%d %H:%M}" for one, two in zip(edges[::2], edges[1::2], strict=True)]

    return found


def faults(load: Load, text: str | bytes, kind: str = "block", more: str = "") -> list[str]:
    """What is told of the file."""
    with pytest.raises(FaultsFound) as found:
        load(text, kind, more)
    return [str(fault) for fault in found.value.faults]


WEEKLY = "DTSTART;TZID=America/Toronto:20261026T090000\nDTEND;TZID=America/Toronto:20261026T100000\nRRULE:FREQ=WEEKLY;COUNT=3"


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        (WEEKLY, ["10-26 13:00–10-26 14:00", "11-02 14:00–11-02 15:00", "11-09 14:00–11-09 15:00"]),
        (f"{WEEKLY}\nEXDATE;TZID=America/Toronto:20261102T090000", ["10-26 13:00–10-26 14:00", "11-09 14:00–11-09 15:00"]),
        (f"{WEEKLY}\nEXDATE:20261102T140000Z", ["10-26 13:00–10-26 14:00", "11-09 14:00–11-09 15:00"]),
        (f"{WEEKLY}\nEXDATE;VALUE=DATE:20261102,20261109", ["10-26 13:00–10-26 14:00"]),
        (
            f"{WEEKLY}\nRDATE:20261103T140000Z",
            ["10-26 13:00–10-26 14:00", "11-02 14:00–11-02 15:00", "11-03 14:00–11-03 15:00", "11-09 14:00–11-09 15:00"],
        ),
        (WEEKLY.replace("America/Toronto", "Eastern Standard Time").replace("COUNT=3", "COUNT=1"), ["10-26 13:00–10-26 14:00"]),
        ('DTSTART;TZID="America/Vancouver":20261210T090000\nDURATION:PT90M', ["12-10 16:00–12-10 17:30"]),
        ("DTSTART;TZID=America/Toronto:20261101T010000\nDTEND;TZID=Europe/London:20261101T070000", ["11-01 05:00–11-01 07:00"]),
        ("DTSTART:20261101T090000\nDTEND:20261101T100000", ["11-01 14:00–11-01 15:00"]),
        ("DTSTART;VALUE=DATE:20261101", ["11-01 04:00–11-02 05:00"]),
        ("DTSTART;VALUE=DATE:20261101\nDTEND;VALUE=DATE:20261103", ["11-01 04:00–11-03 05:00"]),
        (
            "DTSTART:20261101T090000Z\nDTEND:20261101T100000Z\nRRULE:FREQ=DAILY;UNTIL=20261102T090000Z",
            ["11-01 09:00–11-01 10:00", "11-02 09:00–11-02 10:00"],
        ),
        (
            "DTSTART:20261101T090000Z\nDTEND:20261101T100000Z\nRRULE:FREQ=MONTHLY;BYDAY=MO,TU,WE,TH,FR;BYSETPOS=-1;UNTIL=20261201T000000Z",
            ["11-01 09:00–11-01 10:00", "11-30 09:00–11-30 10:00"],
        ),
        ("DTSTART:20261101T090000Z\nDTEND:20261101T100000Z\nSTATUS:CANCELLED", []),
        ("DTSTART:20261101T090000Z\nDTEND:20261101T100000Z\nTRANSP:TRANSPARENT", []),
        ("DTSTART:20261101T090000Z\nDTEND:20261101T100000Z\nSTATUS:TENTATIVE", ["11-01 09:00–11-01 10:00"]),
        ("DTSTART:20261101T090000Z\nDTEND:20261101T100000Z\nBEGIN:VALARM\nTRIGGER:-PT1H\nEND:VALARM", ["11-01 09:00–11-01 10:00"]),
    ],
)
def test_a_block_is_closed_while_its_events_happen(spans: Spans, event: str, expected: list[str]) -> None:
    assert spans(ics(event), "2026-10-01", "2026-12-31") == expected


@pytest.mark.parametrize(
    ("length", "blocks", "opens"),
    [
        ("DTEND;TZID=America/Toronto:20261031T040000", "11-01 04:00–11-01 09:00", "11-01 04:00–11-01 08:00"),
        ("DURATION:PT4H", "11-01 04:00–11-01 09:00", "11-01 04:00–11-01 08:00"),
        ("DURATION:P1D", "11-01 04:00–11-02 05:00", "11-01 04:00–11-02 05:00"),
    ],
)
def test_where_exact_and_nominal_ends_differ_a_block_takes_the_later_and_a_window_the_earlier(
    spans: Spans, length: str, blocks: str, opens: str
) -> None:
    event = ics(f"DTSTART;TZID=America/Toronto:20261031T000000\n{length}\nRRULE:FREQ=DAILY;COUNT=2\nEXDATE;TZID=America/Toronto:20261031T000000")
    assert spans(event, "2026-10-01", "2026-12-31") == [blocks]
    assert spans(event, "2026-10-01", "2026-12-31", "window") == [opens]


def test_an_event_in_the_hour_that_does_not_exist_keeps_its_length(spans: Spans) -> None:
    event = ics("DTSTART;TZID=America/Toronto:20260308T023000\nDURATION:PT1H")
    assert spans(event, "2026-03-01", "2026-03-31") == ["03-08 07:30–03-08 08:30"]
    assert spans(event, "2026-03-01", "2026-03-31", "window") == []


def test_a_tentative_event_never_opens(spans: Spans) -> None:
    event = "DTSTART:20261101T090000Z\nDTEND:20261101T100000Z"
    assert spans(ics(event), "2026-10-01", "2026-12-31", "window") == ["11-01 09:00–11-01 10:00"]
    assert spans(ics(f"{event}\nSTATUS:TENTATIVE"), "2026-10-01", "2026-12-31", "window") == []


def test_a_moved_occurrence_leaves_its_old_place_and_a_cancelled_one_its_series(spans: Spans) -> None:
    series = f"UID:w\n{WEEKLY}"
    moved = "UID:w\nRECURRENCE-ID;TZID=America/Toronto:20261102T090000\nDTSTART;TZID=America/Toronto:20261103T110000\nDURATION:PT1H"
    stale = moved.replace("1103T11", "1104T11")
    gone = "UID:w\nRECURRENCE-ID:20261109T140000Z\nDTSTART:20261109T140000Z\nDTEND:20261109T150000Z\nSTATUS:CANCELLED"
    expected = ["10-26 13:00–10-26 14:00", "11-03 16:00–11-03 17:00"]
    assert spans(ics(series, f"{stale}\nSEQUENCE:1", f"{moved}\nSEQUENCE:2", gone), "2026-10-01", "2026-12-31") == expected
    assert spans(ics(gone, f"{moved}\nSEQUENCE:2", f"{stale}\nSEQUENCE:1", series), "2026-10-01", "2026-12-31", "window") == expected


def test_the_newest_of_two_editions_of_an_event_counts(spans: Spans) -> None:
    old, new = (f"UID:x\nSEQUENCE:{number}\nDTSTART:2026110{number}T090000Z\nDURATION:PT1H" for number in (1, 2))
    assert spans(ics(new, old), "2026-10-01", "2026-12-31") == ["11-02 09:00–11-02 10:00"]


def test_only_the_categories_that_the_sidecar_names_count(spans: Spans, load: Load) -> None:
    events = [f"DTSTART:2026110{day}T090000Z\nDURATION:PT1H\nCATEGORIES:{name}" for day, name in ((1, "MAINTENANCE,NIGHT"), (2, "LUNCH"))]
    assert spans(ics(*events), "2026-10-01", "2026-12-31", more="categories: [MAINTENANCE]") == ["11-01 09:00–11-01 10:00"]
    assert faults(load, ics(*events), more="categories: [MAINTENENCE]") == [
        "calendars/vendor.ics CATEGORIES: no event has the category MAINTENENCE, which its sidecar asks for"
    ]


def test_transparent_events_count_if_the_sidecar_says_so(spans: Spans) -> None:
    event = ics("DTSTART;VALUE=DATE:20261101\nTRANSP:TRANSPARENT")
    assert spans(event, "2026-10-01", "2026-12-31", more="transparent: counts") == ["11-01 04:00–11-02 05:00"]


def test_a_block_is_explained_by_the_event_and_its_line(load: Load) -> None:
    rules = load(ics("SUMMARY:Data centre move\\, part 1\nDTSTART;VALUE=DATE:20261101"))
    reason = compile_coverage(rules, timezone="UTC").verdict(ASKED, datetime(2026, 11, 1, 12, tzinfo=UTC)).reasons[0]
    assert (reason.text, reason.source) == ("vendor: Data centre move, part 1", "calendars/vendor.ics:4")


@pytest.mark.parametrize(
    ("event", "told"),
    [
        ("DTSTART;TZID=Mars/Base:20261101T090000\nDURATION:PT1H", "6 DTSTART: TZID=Mars/Base is not a time zone; write one such as America/Toronto"),
        ("DTSTART:20261301T090000Z\nDURATION:PT1H", "6 DTSTART: 20261301T090000Z is not a date or a time; write 20261224 or 20261224T090000Z"),
        ("DTSTART;VALUE=DATE:2026-11-01", "6 DTSTART: 2026-11-01 is not a date; write 20261224"),
        ("DTSTART:16010101T000000Z\nDURATION:PT1H", "6 DTSTART: 16010101T000000Z is outside the years 1900 to 2199"),
        ("SUMMARY:when?", "4 DTSTART: is missing"),
        ("DTSTART:20261101T090000Z\nDTSTART:20261102T090000Z\nDURATION:PT1H", "7 DTSTART: stands there twice"),
        ("DTSTART:20261101T090000Z", "4 DTSTART: has neither DTEND nor DURATION, so the event has no length"),
        ("DTSTART:20261101T090000Z\nDTEND:20261101T080000Z", "7 DTEND: 20261101T080000Z is not after DTSTART"),
        ("DTSTART:20261101T090000Z\nDTEND;VALUE=DATE:20261102", "7 DTEND: must be a date if DTSTART is one, and a time if it is one"),
        ("DTSTART:20261101T090000Z\nDTEND:20261101T100000Z\nDURATION:PT1H", "8 DURATION: stands beside DTEND; keep one"),
        ("DTSTART:20261101T090000Z\nDURATION:-PT1H", "7 DURATION: -PT1H is not a length of time; write it as PT4H or P1D"),
        ("DTSTART:20261101T090000Z\nDURATION:P99999D", "7 DURATION: makes an event of 99999 days; the longest may have 3660"),
        (
            "DTSTART:20261101T090000Z\nDURATION:PT1H\nRRULE:FREQ=SECONDLY",
            "8 RRULE: FREQ=SECONDLY is outside the supported subset: DAILY, WEEKLY, MONTHLY, YEARLY",
        ),
        ("DTSTART:20261101T090000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;COUNT=0", "8 RRULE: COUNT must be at least 1"),
        ("DTSTART:20261101T090000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30", "8 RRULE: names no day on which it ever happens"),
        ("DTSTART:20261101T090000Z\nDURATION:PT1H\nRRULE:FREQ=DAILY\nRRULE:FREQ=WEEKLY", "9 RRULE: stands there twice"),
        ("DTSTART:20261101T090000Z\nDURATION:PT1H\nEXRULE:FREQ=DAILY", "8 EXRULE: is not supported; list the dates in EXDATE"),
        (
            "DTSTART:20261101T090000Z\nDURATION:PT1H\nEXDATE:tomorrow",
            "8 EXDATE: tomorrow is not a date or a time; write 20261224 or 20261224T090000Z",
        ),
        ("DTSTART:20261101T090000Z\nthis is not a property", "7 'this is not a property' is not a content line NAME:VALUE"),
    ],
)
def test_what_is_not_understood_is_a_fault_with_its_line(load: Load, event: str, told: str) -> None:
    assert faults(load, ics(event)) == [f"calendars/vendor.ics:{told}"]


def test_all_faults_of_a_calendar_are_told_at_once(load: Load) -> None:
    bad = "DTSTART;TZID=Nowhere:20261101T090000\nDURATION:PT1H"
    calendar = ics(bad, "UID:x\nDTSTART:20261101T090000Z", bad).replace("END:VCALENDAR", "BEGIN:VFREEBUSY\nEND:VFREEBUSY\nEND:VCALENDAR")
    assert faults(load, calendar) == [
        "calendars/vendor.ics:6 DTSTART: TZID=Nowhere is not a time zone; write one such as America/Toronto",
        "calendars/vendor.ics:9 DTSTART: has neither DTEND nor DURATION, so the event has no length",
        "calendars/vendor.ics:15 DTSTART: TZID=Nowhere is not a time zone; write one such as America/Toronto",
        "calendars/vendor.ics:18 VFREEBUSY: is not supported, and is not skipped either: its times would be lost. Write them as VEVENT",
    ]


def test_two_events_may_not_share_a_uid(load: Load) -> None:
    event = "UID:x\nDTSTART:20261101T090000Z\nDURATION:PT1H"
    assert faults(load, ics(event, event)) == ["calendars/vendor.ics:9 UID: x is also the UID of the event in line 4; give each its own"]


@pytest.mark.parametrize(
    ("sidecar", "told"),
    [
        ("kind: staffing", "must be window or block"),
        ("kind: block\ncategories: MAINTENANCE", "categories: must be a list, is 'MAINTENANCE'"),
        ("kind: block\ntransparent: maybe", "transparent: must be 'ignored' or 'counts', is 'maybe'"),
    ],
)
def test_a_sidecar_is_held_to_its_word(tmp_path: Path, sidecar: str, told: str) -> None:
    (tmp_path / "x.ics").write_text(ics())
    roster = "\nneed: {qa: 1}\nroster: {qa: [{person: Dana, weekly: {mon: ['09:00-10:00']}}]}\n" if "staffing" in sidecar else "\n"
    (tmp_path / "x.ics.yaml").write_text(f"{sidecar}{roster}id: x\ntimezone: UTC\n")
    with pytest.raises(FaultsFound, match=told):
        load_calendars(tmp_path)


def test_a_sidecar_without_its_calendar_is_a_fault(tmp_path: Path) -> None:
    (tmp_path / "x.ics.yaml").write_text("kind: block\nid: x\ntimezone: UTC\n")
    with pytest.raises(FaultsFound, match=r"c/x\.ics cannot be read: No such file or directory"):
        load_calendars(tmp_path, "c")


WHOLE = ics(
    "UID:w\nDTSTART;TZID=America/Toronto:20261026T090000\nDURATION:PT1H\nRRULE:FREQ=WEEKLY;COUNT=9\nEXDATE;TZID=America/Toronto:20261102T090000",
    "UID:w\nRECURRENCE-ID;TZID=America/Toronto:20261109T090000\nDTSTART;TZID=America/Toronto:20261109T110000\nDURATION:PT1H",
)


def test_a_calendar_that_is_cut_short_anywhere_is_a_fault(load: Load) -> None:
    data = WHOLE.encode()
    load(data)
    for cut in range(0, len(data) - 2, 4):
        with pytest.raises(FaultsFound):
            load(data[:cut])


def test_a_calendar_that_lost_a_line_of_its_frame_is_a_fault_and_damaged_times_too(load: Load) -> None:
    lines = WHOLE.split("\r\n")
    for number, line in enumerate(lines):
        if line.startswith(("BEGIN", "END")):
            with pytest.raises(FaultsFound):
                load("\r\n".join(lines[:number] + lines[number + 1 :]))
        if line.startswith(("DTSTART", "DURATION", "RRULE", "EXDATE", "RECURRENCE-ID")):
            with pytest.raises(FaultsFound):
                load("\r\n".join([*lines[:number], line.replace(":", ":!"), *lines[number + 1 :]]))


def test_other_encodings_and_endless_lines_are_faults(load: Load) -> None:
    assert faults(load, WHOLE.encode("utf-16")) == ["calendars/vendor.ics:1 is not text in UTF-8 but in UTF-16; save it again as UTF-8"]
    assert faults(load, WHOLE.replace("UID:w", "UID:" + "w" * 200_000, 1)) == [
        "calendars/vendor.ics:5 is a line of 200004 characters; the longest may have 100000"
    ]
    load(WHOLE.encode("utf-8-sig"))
    load(WHOLE.replace("\r\n", "\n").replace("RRULE:FREQ", "RRULE:FR\n EQ"))
