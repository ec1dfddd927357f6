"""rollout coverage staffing, as a pipe sees it: who is on shift in a week, who is away and why, where they are too few, what nobody knows yet."""

from pathlib import Path

import pytest

from rollout.adapters.files.starter import StarterFiles
from rollout.steps.init import init
from tests.cli.calling import ask, call

AT = ("--at", "2026-12-09T15:00Z")
ROSTER = """\
kind: staffing
id: roster
timezone: America/Toronto
need: {front_line: 2, escalation: {mon-fri: 1, sat: 0}}
sources:
- {ics: rosters/escalation.ics, role: escalation}
roster:
  front_line:
  - {person: Dana Reyes, weekly: {mon-fri: ["09:00-17:00"]}, leave: [2026-12-09]}
  - {person: Sam Okafor, weekly: {mon-fri: ["09:00-17:00"], sat: ["20:00-04:00"]}, holidays: holidays-ca-on}
"""
ESCALATION = """\
BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//tests//EN
BEGIN:VEVENT
UID:1
DTSTART:20261207T140000Z
DTEND:20261210T180000Z
SUMMARY:Lee Chan
END:VEVENT
END:VCALENDAR
"""
WEEK = """\
day             role               staff        people  on shift (America/Toronto)                      away, and why it is short
Mon 2026-12-07  roster/escalation  enough       1/1     Lee Chan 09:00-24:00
Mon 2026-12-07  roster/front_line  enough       2/2     Dana Reyes 09:00-17:00, Sam Okafor 09:00-17:00
Tue 2026-12-08  roster/escalation  enough       1/1     Lee Chan 00:00-24:00
Tue 2026-12-08  roster/front_line  enough       2/2     Dana Reyes 09:00-17:00, Sam Okafor 09:00-17:00
Wed 2026-12-09  roster/escalation  enough       1/1     Lee Chan 00:00-24:00
Wed 2026-12-09  roster/front_line  short        1/2     Sam Okafor 09:00-17:00                          Dana Reyes is on leave; 1/2 09:00-16:00
Thu 2026-12-10  roster/escalation  short        0/1     Lee Chan 00:00-13:00                            0/1 13:00-16:00
Thu 2026-12-10  roster/front_line  enough       2/2     Dana Reyes 09:00-17:00, Sam Okafor 09:00-17:00
Fri 2026-12-11  roster/escalation  provisional                                                          known until 2026-12-10
Fri 2026-12-11  roster/front_line  enough       2/2     Dana Reyes 09:00-17:00, Sam Okafor 09:00-17:00
Sat 2026-12-12  roster/escalation  closed
Sat 2026-12-12  roster/front_line  closed               Sam Okafor 20:00-24:00
Sun 2026-12-13  roster/escalation  closed
Sun 2026-12-13  roster/front_line  closed               Sam Okafor 00:00-04:00
Next: rollout coverage explain 2026-12-09T14:00Z
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A new workspace with a roster."""
    init(StarterFiles(), tmp_path)
    (tmp_path / "calendars/rosters").mkdir()
    (tmp_path / "calendars/roster.yaml").write_text(ROSTER, encoding="utf-8")
    (tmp_path / "calendars/rosters/escalation.ics").write_text(ESCALATION, encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize("week", [(), ("--week",), ("--week", "2026-W50"), ("--week", "2026-12-13")])
def test_a_week_shows_who_is_on_shift_who_is_away_and_what_nobody_knows_yet(workspace: Path, week: tuple[str, ...]) -> None:
    said = call("-C", workspace, "coverage", "staffing", *week, *AT)
    assert (said.code, said.out) == (0, WEEK)


def test_a_day_as_json_has_all_moments_in_utc(workspace: Path) -> None:
    (day,) = ask("-C", workspace, "coverage", "staffing", "2026-12-09", *AT)["days"]
    assert day["hours"] == [{"start": "2026-12-09T14:00:00Z", "end": "2026-12-09T21:00:00Z"}]
    escalation, front = day["roles"]
    assert (escalation["state"], escalation["known_until"], front["state"]) == ("enough", "2026-12-10", "short")
    assert front["away"] == [{"start": "2026-12-09T14:00:00Z", "end": "2026-12-09T22:00:00Z", "person": "Dana Reyes", "why": "is on leave"}]
    assert front["short"] == [{"start": "2026-12-09T14:00:00Z", "end": "2026-12-09T21:00:00Z", "people": 1, "need": 2}]


def test_a_persons_holiday_has_its_name(workspace: Path) -> None:
    said = call("-C", workspace, "coverage", "staffing", "2026-12-28", *AT)
    assert "Sam Okafor has a holiday: Boxing Day (observed); 1/2 09:00-16:00" in said.out


def test_the_verdict_and_the_view_are_of_one_opinion(workspace: Path) -> None:
    explained = call("-C", workspace, "coverage", "explain", "2026-12-09T15:00Z", *AT)
    assert "roster: front_line 1/2 (Dana Reyes is on leave)" in explained.out


def test_days_that_a_window_only_proposes_show_their_staff_before_anybody_approves_them(workspace: Path) -> None:
    path = workspace / "calendars/coverage.yaml"
    path.write_text(
        path.read_text(encoding="utf-8").replace("id: support-coverage\n", "id: support-coverage\napproval: required\n"), encoding="utf-8"
    )
    (day,) = ask("-C", workspace, "coverage", "staffing", "2026-12-09", *AT)["days"]
    assert [role["state"] for role in day["roles"]] == ["enough", "short"]


def test_without_a_roster_it_says_where_one_goes(workspace: Path) -> None:
    (workspace / "calendars/roster.yaml").unlink()
    (workspace / "calendars/rosters/escalation.ics").unlink()
    said = call("-C", workspace, "coverage", "staffing", *AT)
    assert said.out == "no roster says who is needed: add one to the calendars, as coverage.yaml there shows\n"


def test_a_roster_whose_content_nobody_knows_says_so(workspace: Path) -> None:
    (workspace / "calendars/roster.yaml").write_text(ROSTER.replace("escalation.ics", "nowhere.ics"), encoding="utf-8")
    said = call("-C", workspace, "coverage", "staffing", *AT)
    assert said.code == 1
    assert "there is no file rosters/nowhere.ics in calendars. Did you mean rosters/escalation.ics?" in said.err


@pytest.mark.parametrize(
    ("arguments", "text"),
    [
        (("--week", "2026-W99"), "'2026-W99' is no week; write it like 2026-W50, or a day in it like 2026-12-09"),
        (("tomorrow",), "'tomorrow' is no day; write it like 2026-12-09"),
        (("1066-10-14",), "is not in the years 1990 to 2199"),
        (("2026-12-09", "--week"), "give a day, or a week; not both"),
    ],
)
def test_what_is_no_week_is_wrong_usage(workspace: Path, arguments: tuple[str, ...], text: str) -> None:
    said = call("-C", workspace, "coverage", "staffing", *arguments)
    assert said.code == 2
    assert text in said.err
