"""Public holidays as the installed package lists them, lock files as they are written and written again, and who may ask that package at all."""

import subprocess
import sys
from datetime import date
from pathlib import Path

import pytest

from rollout.adapters.files.calendars import load_calendars
from rollout.adapters.files.holidays import Almanac
from rollout.adapters.files.locks import LockFiles
from rollout.core.coverage import BlockRule, ExceptDay
from rollout.core.coverage.locks import Lock, Place, changes, digest_of, lock_of
from rollout.errors import FaultsFound, NotFound, Refused, RolloutError
from tests.test_architecture import ROOT, SOURCES, imports

ONTARIO = Place(country="CA", subdivision="ON")
STARTER = ROOT / "calendars"
DATES = {date(2026, 2, 16): "Family Day", date(2026, 12, 25): "Christmas Day", date(2027, 1, 1): "New Year's Day: observed, or not"}
LOCK = Lock(place=ONTARIO, dates=DATES, first=2026, last=2027, version="0.109", language="en_CA")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "calendars"
    path.mkdir()
    return path


@pytest.fixture
def files(folder: Path) -> LockFiles:
    return LockFiles(folder, "calendars", "America/Toronto")


def wrote(files: LockFiles, lock: Lock = LOCK, *edits: ExceptDay, staff: bool = False) -> str:
    """The text of the lock's file, which is written."""
    text = files.text(lock, edits, staff=staff)
    files.write(lock.place, text)
    return text


# ── The package ────────────────────────────────────────────────────────────────────────────────────


def test_the_starter_is_what_the_package_says_and_nothing_is_edited_in_its_dates() -> None:
    found = LockFiles(STARTER, "calendars", "America/Toronto").find(ONTARIO)
    assert found is not None
    _, lock = found
    assert lock.is_as_generated
    if lock.version == Almanac().version:
        assert Almanac().dates(ONTARIO, lock.first, lock.last, lock.categories, lock.language) == lock.dates


def test_names_do_not_depend_on_the_language_of_the_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    almanac = Almanac()
    monkeypatch.setenv("LANGUAGE", "fr")
    assert almanac.dates(ONTARIO, 2026, 2026, ("public",), almanac.language(ONTARIO))[date(2026, 9, 7)] == "Labour Day"
    assert [almanac.language(Place(country=country)) for country in ("CA", "DE", "NZ")] == ["en_CA", "en_US", None]


def test_a_holiday_that_is_observed_in_the_year_before_is_there_whatever_years_are_asked_for() -> None:
    almanac, new_york = Almanac(), Place(country="US", subdivision="NY")
    one = almanac.dates(new_york, 2027, 2027, ("public",), "en_US")
    assert one[date(2027, 12, 31)] == "New Year's Day (observed)"
    several = almanac.dates(new_york, 2026, 2028, ("public",), "en_US")
    assert one == {day: name for day, name in several.items() if day.year == 2027}


@pytest.mark.parametrize(
    ("code", "text"),
    [
        ("CA-OM", "CA has no subdivision OM in the package holidays. Did you mean ON"),
        ("CA-OM", "It has AB, BC, MB, NB, NL, NS, NT, NU, ON, PE, QC, SK, YT."),
        ("CAN-ON", "there is no country CAN in the package holidays. Did you mean CA? Write a code such as CA-ON, or CA."),
        ("CQ", "Did you mean one of CA, CC, CD,"),
        ("", "there is no country  in the package holidays."),
        ("MC-XY", "It has none: write MC."),
    ],
)
def test_a_code_that_nobody_knows_is_told_with_those_that_come_close(code: str, text: str) -> None:
    with pytest.raises(NotFound) as refused:
        Almanac().find(code)
    assert text in str(refused.value)


def test_a_code_may_be_written_in_small_letters_and_may_be_a_whole_country() -> None:
    assert [str(Almanac().find(code)) for code in (" ca-on", "Ca", "US-ny")] == ["CA-ON", "CA", "US-NY"]


def test_a_category_or_a_language_that_the_place_does_not_have_is_refused() -> None:
    with pytest.raises(Refused, match="CA-ON has no category school in the package holidays; it has government, optional, public"):
        Almanac().dates(ONTARIO, 2026, 2026, ("school",), "en_CA")
    with pytest.raises(Refused, match="CA-ON has no language de in the package holidays; it has ar, en_CA"):
        Almanac().dates(ONTARIO, 2026, 2026, ("public",), "de")


# ── Who may ask it ─────────────────────────────────────────────────────────────────────────────────


def test_only_the_almanac_imports_the_package_and_only_a_sync_and_the_doctor_have_an_almanac() -> None:
    users: dict[str, set[str]] = {}
    for path in SOURCES:
        for _, module in imports(path):
            users.setdefault(module, set()).add(path.relative_to(ROOT).as_posix())
    assert users["holidays"] == {"rollout/adapters/files/holidays.py"}
    assert users["rollout.adapters.files.holidays"] == {"rollout/wiring/checkup.py", "rollout/wiring/holidays.py"}
    assert users["rollout.wiring.holidays"] == {"rollout/cli/coverage/holidays.py"}
    assert users["rollout.wiring.checkup"] == {"rollout/cli/workspace.py"}
    assert not [module for module in users if module.startswith("holidays.")]


def test_a_decision_asks_the_lock_file_alone() -> None:
    program = (
        "import sys; from datetime import UTC, datetime; from pathlib import Path\n"
        "from rollout.adapters.files.calendars import load_calendars; from rollout.core.coverage import Coverage, Request\n"
        f"coverage = Coverage(load_calendars(Path({str(STARTER)!r})), 'America/Toronto')\n"
        "verdict = coverage.verdict(Request(kind='monthly', environment='production'), datetime(2027, 7, 1, 15, tzinfo=UTC))\n"
        "print(verdict.reasons[0].text, 'holidays' in sys.modules)"
    )
    said = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True, cwd=ROOT).stdout
    assert said == "holidays-ca-on: Canada Day False\n"


# ── Lock files ─────────────────────────────────────────────────────────────────────────────────────


def test_a_lock_file_says_all_that_the_lock_does_and_its_bytes_depend_on_nothing_else(files: LockFiles, folder: Path) -> None:
    text = wrote(files)
    assert text == files.text(LOCK.model_copy(update={"dates": dict(reversed(DATES.items()))}))
    assert not files.differs(ONTARIO, text)
    found = files.find(ONTARIO)
    assert found is not None
    rule, lock = found
    assert lock == LOCK.model_copy(update={"digest": digest_of(DATES)})
    assert lock.is_as_generated
    assert (rule.id, rule.timezone, rule.scope.staff) == ("holidays-ca-on", "America/Toronto", False)
    assert text.splitlines()[-4:] == [
        "  2026-02-16: Family Day",
        "  2026-12-25: Christmas Day",
        "  2027-01-01: 'New Year''s Day: observed, or not'",
        'generator: {holidays: "0.109", country: CA, subdivision: ON, categories: [public], language: en_CA, years: 2026-2027, '
        f'digest: "{lock.digest}"}}',
    ]
    assert [path.name for path in folder.iterdir()] == ["holidays-ca-on.lock.yaml"]
    assert load_calendars(folder)[0].id == "holidays-ca-on"


def test_a_new_file_may_be_for_staff_only(files: LockFiles, folder: Path) -> None:
    wrote(files, staff=True)
    (rule,) = load_calendars(folder)
    assert isinstance(rule, BlockRule)
    assert rule.scope.staff


COMPANY = """\
# Ours.
generator: {holidays: "0.100", country: CA, subdivision: ON, categories: [public], years: 2026}
kind: block
id: days-off    # renamed
timezone: America/Vancouver
scope: {environments: [production]}
# What we decided.
except:
  # early
  - {date: 2026-12-24, hours: ["12:00-24:00"], why: "Eve, at noon"}

# From the generator:
dates:
  2026-02-17: Family Day   # wrong
# the end
why: holiday
"""


def test_every_line_but_those_of_dates_and_generator_stays_as_it_stands(files: LockFiles, folder: Path) -> None:
    (folder / "more").mkdir()
    (folder / "more/holidays-ca-on.lock.yaml").write_text(COMPANY, encoding="utf-8")
    before, after = COMPANY.splitlines(), wrote(files).splitlines()
    gone = {before[1], before[13]}
    assert [line for line in after if line in before] == [line for line in before if line not in gone]
    assert after[-1].startswith('generator: {holidays: "0.109"')
    assert files.name(ONTARIO) == "calendars/more/holidays-ca-on.lock.yaml"
    (rule,) = load_calendars(folder)
    assert isinstance(rule, BlockRule)
    assert (rule.id, rule.dates, len(rule.exceptions)) == ("days-off", DATES, 1)


def test_edits_join_the_exceptions_with_the_remarks_that_stood_beside_them(files: LockFiles, folder: Path) -> None:
    (folder / "holidays-ca-on.lock.yaml").write_text(COMPANY, encoding="utf-8")
    closed = ExceptDay(date=date(2026, 2, 17), hours=((0, 1440),), why="Family Day, late")
    text = wrote(files, LOCK, closed, ExceptDay(date=date(2026, 12, 25), why="not Christmas Day"))
    assert "  - {date: 2026-02-17, hours: [\"00:00-24:00\"], why: 'Family Day, late'} # wrong\n" in text
    (rule,) = load_calendars(folder)
    assert isinstance(rule, BlockRule)
    assert [(one.date.day, one.why) for one in rule.exceptions] == [(24, "Eve, at noon"), (17, "Family Day, late"), (25, "not Christmas Day")]
    assert rule.whole_days.keys() == DATES.keys() - {date(2026, 12, 25)}


def test_exceptions_written_on_one_line_are_not_taken_apart(files: LockFiles, folder: Path) -> None:
    text = wrote(files).replace("dates:", "except: [{date: 2026-12-26}]\ndates:")
    files.write(ONTARIO, text)
    with pytest.raises(Refused, match="put each exception on a line of its own below except:"):
        files.text(LOCK, (ExceptDay(date=date(2026, 12, 25)),))
    assert "except: [{date: 2026-12-26}]" in files.text(LOCK)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("kind: block\nid: x\ntimezone: UTC\ndates: {2026-12-25: Christmas}\n", "was not written by a sync of CA-ON"),
        ("kind: block\nid: x\ntimezone: UTC\ngenerator: {holidays: '1', country: CA, years: soon}\n", "does not say which country and years"),
        ("kind: block\nid: x\ntimezone: UTC\ngenerator: {holidays: '1', country: CA, years: 2026}\n", "was not written by a sync of CA-ON"),
        (
            "kind: block\nid: x\ntimezone: UTC\ngenerator: {holidays: '1', country: CA, subdivision: [], categories: 3, years: 2026}\n",
            "generator of x",
        ),
        ("kind: block\nid: x\ntimezone: Mars\n", "holidays-ca-on.lock.yaml:3 timezone: "),
        ("kind: block\nid: x\ntimezone: UTC\n---\nid: y\n", "holds more than the one rule that a sync would write"),
        ("kind: [\n", "is not YAML"),
    ],
)
def test_a_file_that_no_sync_wrote_is_not_written_over(files: LockFiles, folder: Path, text: str, told: str) -> None:
    (folder / "holidays-ca-on.lock.yaml").write_text(text, encoding="utf-8")
    with pytest.raises((Refused, FaultsFound)) as refused:
        files.find(ONTARIO)
    assert told in str(refused.value)


def test_a_file_that_is_written_in_an_unforeseen_way_is_left_alone(files: LockFiles, folder: Path) -> None:
    path = folder / "holidays-ca-on.lock.yaml"
    path.write_text(wrote(files).replace("dates:", '"dates":'), encoding="utf-8")
    assert files.find(ONTARIO) is not None
    with pytest.raises(
        Refused, match=r"calendars/holidays-ca-on\.lock\.yaml cannot be updated as it is written: is given twice; keep one\. Let dates: and"
    ):
        files.text(LOCK)


def test_a_file_that_cannot_be_written_stays_and_leaves_no_draft(files: LockFiles, folder: Path) -> None:
    (folder / "holidays-ca-on.lock.yaml").mkdir()
    with pytest.raises(RolloutError, match=r"calendars/holidays-ca-on\.lock\.yaml cannot be written: "):
        files.write(ONTARIO, "text")
    assert [path.name for path in folder.iterdir()] == ["holidays-ca-on.lock.yaml"]


def test_a_link_stays_a_link_and_a_mode_stays_that_mode(files: LockFiles, folder: Path, tmp_path: Path) -> None:
    kept = tmp_path / "kept.yaml"
    kept.write_text("", encoding="utf-8")
    kept.chmod(0o640)
    (folder / "holidays-ca-on.lock.yaml").symlink_to(kept)
    files.write(ONTARIO, "text\n")
    assert (folder / "holidays-ca-on.lock.yaml").is_symlink()
    assert (kept.read_text(encoding="utf-8"), kept.stat().st_mode & 0o777) == ("text\n", 0o640)


def test_a_change_says_what_it_is() -> None:
    before = {date(2026, 1, 1): "New Year", date(2026, 2, 16): "Family Day", date(2026, 4, 3): "Good Friday"}
    after = {date(2026, 1, 1): "New Year", date(2026, 2, 16): "Louis Riel Day", date(2026, 4, 6): "Easter Monday"}
    assert [str(one) for one in changes(before, after)] == [
        "2026-02-16 renamed: Family Day, now Louis Riel Day",
        "2026-04-03 removed: Good Friday",
        "2026-04-06 added: Easter Monday",
    ]


def test_dates_that_a_person_wrote_are_no_lock() -> None:
    assert lock_of(BlockRule.model_validate({"id": "x", "timezone": "UTC", "dates": {"2026-12-25": "Christmas"}})) is None
