"""Rosters that an on-call tool keeps: who is on shift by its events, how far that is known, and what is told of files that cannot be trusted."""

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path

import pytest

from rollout.adapters.files.calendars import load_calendars
from rollout.core.clients import Environment
from rollout.core.coverage import Coverage, Request, Rule, StaffingRule
from rollout.errors import FaultsFound

MONTHLY = Request(kind="monthly", environment=Environment.PRODUCTION)
DESK = "kind: window\nid: desk\ntimezone: America/Toronto\nweekly: {mon-sun: ['00:00-24:00']}\n"
ROSTER = """\
kind: staffing
id: roster
timezone: America/Toronto
need: {escalation: 1}
sources:
- {ics: rosters/escalation.ics, role: escalation}
"""
TOOL = "roster.yaml"
ICS = "rosters/escalation.ics"

Load = Callable[..., tuple[Rule, ...]]


def shift(uid: str, start: str, end: str, *lines: str) -> str:
    """An event in Toronto."""
    times = (f"DTSTART;TZID=America/Toronto:{start}", f"DTEND;TZID=America/Toronto:{end}")
    return "\n".join(("BEGIN:VEVENT", f"UID:{uid}", *times, *lines, "END:VEVENT"))


def ics(*parts: str) -> str:
    return "\n".join(("BEGIN:VCALENDAR", "VERSION:2.0", "PRODID:-//tests//EN", *parts, "END:VCALENDAR")) + "\n"


TUESDAY = shift("1", "20261208T090000", "20261208T170000", "SUMMARY:Dana Reyes")


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """The rules of these files; a roster of escalation, unless it is given otherwise."""

    def loaded(files: dict[str, str]) -> tuple[Rule, ...]:
        folder = tmp_path / "calendars"
        for name, text in ({"desk.yaml": DESK, TOOL: ROSTER} | files).items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
        return load_calendars(folder)

    return loaded


def roster(rules: tuple[Rule, ...]) -> StaffingRule:
    (found,) = (rule for rule in rules if isinstance(rule, StaffingRule))
    return found


def people(rules: tuple[Rule, ...]) -> list[str]:
    return [duty.person for duty in roster(rules).duties["escalation"]]


def faults(load: Load, files: dict[str, str]) -> list[str]:
    with pytest.raises(FaultsFound) as found:
        load(files)
    return [str(fault) for fault in found.value.faults]


def told(rules: tuple[Rule, ...], moment: str) -> list[str]:
    verdict = Coverage(rules, "America/Toronto").verdict(MONTHLY, datetime.fromisoformat(moment))
    return [reason.text for reason in verdict.reasons]


def test_an_event_is_a_shift_of_the_person_it_names_and_its_file_needs_no_sidecar(load: Load) -> None:
    rules = load({ICS: ics(TUESDAY)})
    assert people(rules) == ["Dana Reyes"]
    assert told(rules, "2026-12-08T15:00Z") == []
    assert told(rules, "2026-12-08T23:00Z") == ["roster: escalation 0/1"]
    assert roster(rules).read_until == {"escalation": date(2026, 12, 8)}
    assert told(rules, "2026-12-09T15:00Z") == []  # nobody has written that down yet: provisional
    (known, beyond) = Coverage(rules, "America/Toronto").windows(
        MONTHLY, datetime.fromisoformat("2026-12-08T14:00Z"), datetime.fromisoformat("2026-12-10T00:00Z")
    )
    assert (known.provisional, beyond.provisional) == (False, True)


def test_a_week_that_recurs_for_ever_is_known_for_ever_and_a_swap_is_another_persons_shift(load: Load) -> None:
    weekly = shift("1", "20261208T090000", "20261208T170000", "SUMMARY:Dana Reyes", "RRULE:FREQ=WEEKLY")
    swap = shift("1", "20261215T090000", "20261215T130000", "SUMMARY:Sam Okafor", "RECURRENCE-ID;TZID=America/Toronto:20261215T090000")
    later = shift(
        "1", "20261229T090000", "20261229T170000", "SUMMARY:Lee Chan", "RECURRENCE-ID;RANGE=THISANDFUTURE;TZID=America/Toronto:20261229T090000"
    )
    rules = load({ICS: ics(weekly, swap, later)})
    assert roster(rules).read_until == {}
    assert sorted(set(people(rules))) == ["Dana Reyes", "Lee Chan", "Sam Okafor"]
    assert told(rules, "2026-12-15T15:00Z") == []
    assert told(rules, "2026-12-15T19:00Z") == ["roster: escalation 0/1"]
    assert told(rules, "2029-12-11T15:00Z") == []


def test_several_people_at_once_count_each_and_one_person_in_two_events_counts_once(load: Load) -> None:
    two = ROSTER.replace("escalation: 1", "escalation: 2")
    layered = ics(
        TUESDAY,
        shift("2", "20261208T120000", "20261208T140000", "SUMMARY:dana  reyes"),
        shift("3", "20261208T130000", "20261208T150000", "SUMMARY:Sam"),
    )
    rules = load({TOOL: two, ICS: layered})
    assert told(rules, "2026-12-08T17:30Z") == ["roster: escalation 1/2"]
    assert told(rules, "2026-12-08T18:30Z") == []


@pytest.mark.parametrize("said", ["STATUS:TENTATIVE", "STATUS:CANCELLED", "TRANSP:TRANSPARENT"])
def test_who_is_not_surely_there_does_not_count(load: Load, said: str) -> None:
    maybe = shift("2", "20261209T090000", "20261209T170000", "SUMMARY:Sam Okafor", said)
    rules = load({ICS: ics(TUESDAY, maybe)})
    assert people(rules) == ["Dana Reyes"]
    assert roster(rules).read_until == {"escalation": date(2026, 12, 8)}


def test_guests_count_if_they_are_people_who_come_and_an_address_stands_for_its_name(load: Load) -> None:
    guests = (
        "ATTENDEE;CN=Dana Reyes;PARTSTAT=ACCEPTED:mailto:dana@example.com",
        "ATTENDEE;CN=Sam Okafor;PARTSTAT=DECLINED:mailto:sam@example.com",
        "ATTENDEE;CN=Lee Chan;PARTSTAT=NEEDS-ACTION:mailto:lee@example.com",
        "ATTENDEE;CN=War room;CUTYPE=ROOM:mailto:room@example.com",
        "ATTENDEE;CN=Boss;ROLE=NON-PARTICIPANT:mailto:boss@example.com",
    )
    meeting = shift("1", "20261208T090000", "20261208T170000", "SUMMARY:On call", *guests)
    bare = shift("2", "20261209T090000", "20261209T170000", "ATTENDEE:MAILTO:Dana@example.com", "ATTENDEE:mailto:kim@example.com")
    declined = shift("3", "20261210T090000", "20261210T170000", "ATTENDEE;PARTSTAT=DECLINED:mailto:kim@example.com")
    rules = load({TOOL: ROSTER.replace("role: escalation", "role: escalation, person_from: attendee"), ICS: ics(meeting, bare, declined)})
    assert people(rules) == ["Dana Reyes", "Dana Reyes", "kim@example.com"]


def test_the_organizer_may_be_who_is_on_shift(load: Load) -> None:
    held = shift("1", "20261208T090000", "20261208T170000", "SUMMARY:On call", 'ORGANIZER;CN="Reyes, Dana":mailto:dana@example.com')
    assert people(load({TOOL: ROSTER.replace("role: escalation", "role: escalation, person_from: organizer"), ICS: ics(held)})) == ["Reyes, Dana"]


def test_whole_days_are_days_of_the_rosters_zone(load: Load) -> None:
    day = "BEGIN:VEVENT\nUID:1\nDTSTART;VALUE=DATE:20261208\nDTEND;VALUE=DATE:20261210\nSUMMARY:Dana Reyes\nEND:VEVENT"
    rules = load({ICS: ics(day)})
    assert [told(rules, moment) for moment in ("2026-12-08T05:00Z", "2026-12-08T04:59Z")] == [[], ["roster: escalation 0/1"]]
    assert roster(rules).read_until == {"escalation": date(2026, 12, 9)}


def test_a_horizon_of_the_source_says_how_far_the_tool_was_asked(load: Load) -> None:
    rules = load({TOOL: ROSTER.replace("role: escalation", "role: escalation, horizon: 2026-12-31"), ICS: ics(TUESDAY)})
    assert roster(rules).read_until == {"escalation": date(2026, 12, 31)}
    assert told(rules, "2026-12-09T15:00Z") == ["roster: escalation 0/1"]


def test_of_two_files_for_a_role_it_is_known_as_far_as_both(load: Load) -> None:
    second = ROSTER + "- {ics: rosters/second.ics, role: escalation}\n"
    later = shift("2", "20261210T090000", "20261210T170000", "SUMMARY:Sam")
    rules = load({TOOL: second, ICS: ics(TUESDAY), "rosters/second.ics": ics(later)})
    assert people(rules) == ["Dana Reyes", "Sam"]
    assert roster(rules).read_until == {"escalation": date(2026, 12, 8)}


@pytest.mark.parametrize("path", ["../escalation.ics", "/tmp/escalation.ics", "rosters/../../escalation.ics", "C:/x.ics", "rosters\\\\x.ics"])
def test_a_roster_lies_below_the_calendars_folder(load: Load, path: str) -> None:
    (fault,) = faults(load, {TOOL: ROSTER.replace(ICS, f'"{path}"')})
    assert fault.startswith("calendars/roster.yaml:6 sources[0].ics: ")
    assert fault.endswith("is no path below the folder of the calendars; write it as rosters/escalation.ics")


def test_a_link_out_of_the_folder_is_not_followed(load: Load, tmp_path: Path) -> None:
    (tmp_path / "outside.ics").write_text(ics(TUESDAY))
    (tmp_path / "calendars/rosters").mkdir(parents=True)
    (tmp_path / "calendars" / ICS).symlink_to(tmp_path / "outside.ics")
    assert faults(load, {}) == ["calendars/roster.yaml:6 sources[0].ics: leads out of calendars; put the file into that folder"]


def test_a_file_that_is_not_there_is_told_with_the_one_that_comes_close(load: Load) -> None:
    (missing, unclaimed) = faults(load, {"rosters/escalations.ics": ics(TUESDAY)})
    told = "there is no file rosters/escalation.ics in calendars. Did you mean rosters/escalations.ics?"
    assert missing == f"calendars/roster.yaml:6 sources[0].ics: {told}"
    assert unclaimed.startswith("calendars/rosters/escalations.ics needs a sidecar")
    assert faults(load, {TOOL: ROSTER.replace("escalation.ics", "escalation.yaml")})[0].endswith("rosters/escalation.yaml is no .ics file")


@pytest.mark.parametrize(
    ("source", "text"),
    [
        ("role: escalaton", "sources names the role escalaton, which need does not have: it has escalation"),
        ("role: escalation, person_from: guests", "must be 'summary', 'attendee' or 'organizer', is 'guests'"),
        ("role: escalation, person: summary", "is not a known field. Did you mean person_from?"),
        ("role: escalation, horizon: soon", "'soon' is not a date; write it as 2026-12-24"),
    ],
)
def test_a_source_that_says_what_cannot_be_meant_is_the_only_fault(load: Load, source: str, text: str) -> None:
    (fault,) = faults(load, {TOOL: ROSTER.replace("role: escalation", source), ICS: ics(TUESDAY)})
    assert text in fault


@pytest.mark.parametrize(
    ("person_from", "event", "text"),
    [
        ("summary", shift("1", "20261208T090000", "20261208T170000"), ":4 SUMMARY: is missing, or names nobody: whose shift is 1?"),
        ("attendee", TUESDAY, ":4 ATTENDEE: is missing, or names nobody: whose shift is Dana Reyes?"),
        ("organizer", TUESDAY, ":4 ORGANIZER: is missing, or names nobody: whose shift is Dana Reyes?"),
        ("attendee", shift("1", "20261208T090000", "20261208T170000", "ATTENDEE;CUTYPE=ROOM:mailto:r@example.com"), "names nobody"),
        ("summary", shift("1", "20261208T170000", "20261208T090000", "SUMMARY:Dana"), ":7 DTEND: 20261208T090000 is not after DTSTART"),
        (
            "summary",
            shift("1", "20261208T090000", "20261208T170000", "SUMMARY:Dana", "STATUS:CANCELLED"),
            " gives nobody a shift: no event in it counts",
        ),
        ("summary", "", " gives nobody a shift: no event in it counts. Is it the right file?"),
    ],
)
def test_a_roster_that_cannot_be_trusted_is_a_fault(load: Load, person_from: str, event: str, text: str) -> None:
    source = f"role: escalation, person_from: {person_from}"
    (fault,) = faults(load, {TOOL: ROSTER.replace("role: escalation", source), ICS: ics(*[event] if event else [])})
    assert fault.startswith(f"calendars/{ICS}")
    assert text in fault


def test_what_is_cut_short_closes(load: Load) -> None:
    whole = ics(TUESDAY)
    for length in range(0, len(whole) - 15, 20):
        assert faults(load, {ICS: whole[:length]})


@pytest.mark.parametrize("field", ["duties: {}", "read_until: {escalation: 2026-12-31}", "days_off: {}"])
def test_what_is_read_elsewhere_cannot_be_written_into_the_document(load: Load, field: str) -> None:
    (fault,) = faults(load, {TOOL: f"{ROSTER}{field}\n", ICS: ics(TUESDAY)})
    assert fault.endswith(f"{field.partition(':')[0]}: is not a known field")


def test_need_by_the_day_of_the_week_and_holidays_are_read_from_yaml(load: Load) -> None:
    text = """\
kind: staffing
id: roster
timezone: America/Toronto
need: {escalation: {mon-fri: 1, sat: 0}}
horizon: {escalation: 2027-01-31}
roster:
  escalation:
  - {person: Dana Reyes, weekly: {mon-fri: ["09:00-17:00"]}, holidays: holidays-us-ny}
---
kind: block
id: holidays-us-ny
timezone: America/New_York
scope: staff
dates: {2027-01-18: Martin Luther King Jr. Day}
"""
    rules = load({TOOL: text})
    assert told(rules, "2027-01-18T15:00Z") == ["roster: escalation 0/1 (Dana Reyes has a holiday: Martin Luther King Jr. Day)"]
    assert told(rules, "2027-01-16T15:00Z") == []
    (fault,) = faults(load, {TOOL: text.replace("holidays: holidays-us-ny", "holidays: holidays-us-nj")})
    assert fault == "calendars/roster.yaml:1 roster.escalation[0].holidays: holidays-us-nj is no block with dates. Did you mean holidays-us-ny?"


@pytest.mark.parametrize(
    ("need", "text"),
    [
        ("0", "calendars/roster.yaml:4 need.escalation: must be at least 1, is 0"),
        ("{sat: 0}", "calendars/roster.yaml:4 need.escalation: needs nobody on any day; take the role out"),
        ("{sat: many}", "calendars/roster.yaml:4 need.escalation.sat: must be a whole number, unable to parse"),
        ("[1]", "calendars/roster.yaml:4 need.escalation: must be a whole number, is [1]"),
    ],
)
def test_a_need_that_makes_no_sense_is_told_with_its_line(load: Load, need: str, text: str) -> None:
    (fault,) = faults(load, {TOOL: ROSTER.replace("escalation: 1", f"escalation: {need}"), ICS: ics(TUESDAY)})
    assert fault.startswith(text.split(", unable")[0])
