"""Calendars on disk: what they mean, and what is told of their faults, all at once. Nothing that is broken ever opens time."""

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from rollout.adapters.files.calendars import load_calendars
from rollout.adapters.files.zones import known, zone_data_version
from rollout.core.clients import Environment
from rollout.core.coverage import BlockRule, Coverage, Request, Rule, WindowRule, compile_coverage
from rollout.errors import FaultsFound

STARTER = Path(__file__).parents[3] / "calendars"
DESK = """\
# Comments come first.
version: 1
kind: window
id: coverage
timezone: America/Toronto
weekly: {mon-fri: ["09:00-17:00"]}
"""
FREEZES = """\
kind: block
id: one
timezone: UTC
dates:
  2026-12-25: Christmas Day
  # and
  2026-12-28: Boxing Day (observed)
--- # next

kind: block
id: two
timezone: UTC
weekly: {fri: ['12:00-24:00']}
"""
HOTFIX = """\
kind: override
id: hotfix
waives: [freze]
release: "2026.12.1"
clients: all
start: 2026-12-20T14:00Z
end: 2026-12-20T18:00Z
why: outage
signers: [dana]
"""
MONTHLY = Request(kind="monthly", environment=Environment.PRODUCTION)

Load = Callable[..., tuple[Rule, ...]]


@pytest.fixture
def load(tmp_path: Path) -> Load:
    """The rules of these files."""

    def loaded(**files: str | bytes) -> tuple[Rule, ...]:
        folder = tmp_path / "calendars"
        for name, content in files.items():
            path = folder / name.replace("__", "/").replace("_", ".")
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(content.encode() if isinstance(content, str) else content)
        return load_calendars(folder)

    return loaded


def faults(load: Load, **files: str | bytes) -> list[str]:
    """What is told of these files."""
    with pytest.raises(FaultsFound) as found:
        load(**files)
    return [str(fault) for fault in found.value.faults]


def test_a_rule_remembers_the_file_and_the_line_that_it_begins_on(load: Load) -> None:
    desk, one, two = load(coverage_yaml=DESK, more__freezes_yaml=FREEZES)
    assert [rule.source for rule in (desk, one, two)] == [
        "calendars/coverage.yaml:2",
        "calendars/more/freezes.yaml:1",
        "calendars/more/freezes.yaml:10",
    ]
    assert isinstance(one, BlockRule)
    reasons = compile_coverage([desk, one, two], timezone="UTC").verdict(MONTHLY, datetime(2026, 12, 28, 15, tzinfo=UTC)).reasons
    assert [(reason.text, reason.source) for reason in reasons] == [("one: Boxing Day (observed)", "calendars/more/freezes.yaml:7")]


def test_all_faults_of_all_files_are_told_at_once(load: Load) -> None:
    told = faults(
        load,
        a_yaml="kind: window\nid: a\ntimezone: America/Torono\nweekly:\n  mon-fri: ['09:00-17:00', '9-5']\n  funday: ['10:00-11:00']\nopen: true\n",
        b_yaml="kind: freeze\nid: b\n---\nkind: block\nid: c\ntimezone: UTC\ndates:\n  2026-12-25: Christmas Day\n  2026-02-30: Nothing\n",
        c_yaml="kind: window\n  id: c\n",
        d_yaml="",
        e_yaml="kind: window\nid: e\ntimezone: UTC\n---\nid: f\n---\n- kind: window\n",
        f_ics="BEGIN:VCALENDAR\nEND:VCALENDAR\n",
        g_yaml=b"kind: \xff",
        h_yaml="kind: block\nid: h\ntimezone: UTC\nsource: here\nevents: []\nweekly: {mon: ['09:00-10:00']}\n",
    )
    assert told == [
        "calendars/a.yaml:3 timezone: America/Torono is not a time zone; did you mean America/Toronto?",
        "calendars/a.yaml:5 weekly.mon-fri[1]: '9-5' is not hours; write them as \"09:00-17:00\"",
        "calendars/a.yaml:6 weekly.funday: funday is not a day of the week; write mon, mon-fri, or sat,sun",
        "calendars/a.yaml:7 open: is not a known field. Did you mean scope?",
        "calendars/b.yaml:1 kind: freeze is no kind of rule. Known: block, override, staffing, window.",
        "calendars/b.yaml:9 dates.2026-02-30: 2026-02-30 is no date: day is out of range for month",
        "calendars/c.yaml:2 is not YAML: mapping values are not allowed in this context.",
        "calendars/d.yaml:1 is empty; write a rule, or delete the file",
        "calendars/e.yaml:1 names no time; give weekly hours, dates, or a start and an end",
        "calendars/e.yaml:5 kind: is missing: window, block, staffing or override",
        "calendars/e.yaml:7 must be a mapping of fields",
        "calendars/f.ics needs a sidecar f.ics.yaml that gives its kind, id, scope and timezone",
        "calendars/g.yaml is not text in UTF-8; save it again as UTF-8",
        "calendars/h.yaml:4 source: is not a known field",
        "calendars/h.yaml:5 events: is not a known field",
    ]


def test_names_between_files_are_told_too(load: Load) -> None:
    freeze = "kind: block\nid: freeze\ntimezone: UTC\nweekly: {fri: ['12:00-24:00']}\n"
    assert faults(load, coverage_yaml=DESK, again_yaml=DESK, freeze_yaml=freeze, hotfix_yaml=HOTFIX) == [
        "calendars/coverage.yaml:2 id: coverage is also the id of calendars/again.yaml:2; choose another",
        "calendars/hotfix.yaml:1 waives: freze is no rule. Did you mean freeze?",
    ]


def test_a_version_must_be_text_for_2026_10_is_not_2026_1(load: Load) -> None:
    waiver = HOTFIX.replace("freze", "coverage").replace('"2026.12.1"', "2026.10")
    assert faults(load, coverage_yaml=DESK, hotfix_yaml=waiver) == ["calendars/hotfix.yaml:4 release: must be text: put it in quotes, is 2026.1"]


def test_a_lock_file_that_is_cut_short_is_told(load: Load) -> None:
    whole = (STARTER / "holidays-ca-on.lock.yaml").read_text(encoding="utf-8")
    assert len(load(holidays_lock_yaml=whole)) == 1
    for cut in range(whole.index("dates:") + 20, len(whole) - 1, 7):
        with pytest.raises(FaultsFound):
            load(holidays_lock_yaml=whole[:cut])


def test_a_missing_folder_is_a_fault_and_an_empty_one_is_closed(load: Load, tmp_path: Path) -> None:
    with pytest.raises(FaultsFound, match="calendars there is no such folder; calendars are kept there"):
        load()
    rules = load(README_md="# Nothing here", _hidden_yaml="kind: nonsense")
    assert rules == ()
    assert not compile_coverage(rules, timezone="UTC").verdict(MONTHLY, datetime(2026, 12, 8, 15, tzinfo=UTC)).open


def test_zones_come_from_the_bundled_data() -> None:
    assert zone_data_version() >= "2026c"
    assert known("America/Vancouver") == "America/Vancouver"
    with pytest.raises(ValueError, match="Europe/Londn is not a time zone; did you mean Europe/London"):
        known("Europe/Londn")


# ── The calendars that a new workspace starts from ─────────────────────────────────────────────────


@pytest.fixture(scope="module")
def starter() -> Coverage:
    return compile_coverage(load_calendars(STARTER), timezone="America/Toronto")


def test_the_starter_calendars_name_no_client(starter: Coverage) -> None:
    assert all(rule.scope.company for rule in starter.rules if isinstance(rule, WindowRule | BlockRule))
    assert {rule.id for rule in starter.rules} == {"support-coverage", "deployment-hours", "holidays-ca-on", "year-end-freeze"}


def test_the_starter_calendars_deploy_from_nine_to_four_on_working_days(starter: Coverage) -> None:
    days = starter.days(MONTHLY, date(2026, 12, 7), date(2026, 12, 20))
    assert [day.day.day for day in days if day.windows] == [7, 8, 9, 10, 11, 14, 15, 16, 17, 18]
    assert {(one.start.hour, one.end.hour) for day in days for one in day.windows} == {(14, 21)}
    assert starter.business_add(datetime(2026, 12, 8, 14, tzinfo=UTC), timedelta(hours=8)) == datetime(2026, 12, 8, 22, tzinfo=UTC)


def test_the_starter_calendars_close_nine_working_days_a_year_and_the_freeze(starter: Coverage) -> None:
    counted = {year: sum(bool(day.windows) for day in starter.days(MONTHLY, date(year, 1, 1), date(year, 12, 31))) for year in (2026, 2027, 2028)}
    assert counted == {2026: 261 - 9 - 7, 2027: 261 - 9, 2028: 260 - 9}
