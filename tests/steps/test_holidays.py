"""Lock files of holidays are brought up to date: what is added, removed, renamed; what people edited stays; what is behind is told."""

from datetime import date
from pathlib import Path

import pytest

from rollout.adapters.files.calendars import load_calendars
from rollout.adapters.files.locks import LockFiles
from rollout.core.coverage import BlockRule
from rollout.core.coverage.locks import Place
from rollout.core.findings import Grade
from rollout.errors import NotFound, Refused
from rollout.steps.holidays import Synced, locks_found, sync

KNOWN = {"CA-ON": {"Family Day": (2, 16), "Canada Day": (7, 1), "Christmas Day": (12, 25)}, "US-NY": {"Juneteenth": (6, 19)}}


class Listing:
    """An almanac that knows what it is told."""

    def __init__(self, version: str = "0.109", **known: dict[str, tuple[int, int]]) -> None:
        self.version = version
        self._known = KNOWN | {code.replace("_", "-"): days for code, days in known.items()}

    def find(self, code: str) -> Place:
        if code not in self._known:
            raise NotFound(f"nobody knows {code}")
        country, _, subdivision = code.partition("-")
        return Place(country=country, subdivision=subdivision)

    def language(self, place: Place) -> str | None:
        return "en_CA"

    def dates(self, place: Place, first: int, last: int, categories: tuple[str, ...], language: str | None) -> dict[date, str]:
        assert (categories, language) == (("public",), "en_CA")
        return {date(year, *day): name for name, day in self._known[str(place)].items() for year in range(first, last + 1)}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    path = tmp_path / "calendars"
    path.mkdir()
    return path


@pytest.fixture
def locks(folder: Path) -> LockFiles:
    return LockFiles(folder, "calendars", "America/Toronto")


def told(done: Synced) -> list[str]:
    return [str(one) for one in done.changes]


def rule(folder: Path) -> BlockRule:
    (found,) = load_calendars(folder)
    assert isinstance(found, BlockRule)
    return found


def edit(folder: Path, old: str, new: str) -> None:
    path = folder / "holidays-ca-on.lock.yaml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")


def test_a_sync_writes_what_is_known_and_once_written_it_leaves_the_file_alone(locks: LockFiles, folder: Path) -> None:
    (first,) = sync(locks, Listing(), ["CA-ON"], (2026, 2026))
    assert (first.new, first.written, first.file) == (True, True, "calendars/holidays-ca-on.lock.yaml")
    assert told(first) == ["2026-02-16 added: Family Day", "2026-07-01 added: Canada Day", "2026-12-25 added: Christmas Day"]
    path = folder / "holidays-ca-on.lock.yaml"
    before = path.stat()
    (second,) = sync(locks, Listing(), ["CA-ON"], (2026, 2026))
    assert (second.new, second.written, second.changes) == (False, False, ())
    assert (path.stat().st_ino, path.stat().st_mtime_ns) == (before.st_ino, before.st_mtime_ns)


def test_years_are_added_and_never_dropped(locks: LockFiles, folder: Path) -> None:
    sync(locks, Listing(), ["CA-ON"], (2026, 2027))
    (done,) = sync(locks, Listing(), ["CA-ON"], (2028, 2028))
    assert (done.first, done.last, len(done.changes), len(rule(folder).dates)) == (2026, 2028, 3, 9)


def test_of_several_places_none_is_written_if_one_cannot_be(locks: LockFiles, folder: Path) -> None:
    with pytest.raises(NotFound, match="nobody knows CA-OM"):
        sync(locks, Listing(), ["CA-ON", "CA-OM"], (2026, 2026))
    (folder / "holidays-us-ny.lock.yaml").write_text("kind: block\nid: x\ntimezone: UTC\n", encoding="utf-8")
    with pytest.raises(Refused, match="was not written by a sync of US-NY"):
        sync(locks, Listing(), ["CA-ON", "US-NY"], (2026, 2026))
    assert [path.name for path in folder.iterdir()] == ["holidays-us-ny.lock.yaml"]


def test_a_dry_run_says_the_same_and_writes_nothing(locks: LockFiles, folder: Path) -> None:
    dry = sync(locks, Listing(), ["CA-ON", "US-NY", "CA-ON"], (2026, 2026), dry_run=True)
    assert list(folder.iterdir()) == []
    assert sync(locks, Listing(), ["CA-ON", "US-NY"], (2026, 2026)) == dry


def test_what_the_generator_changes_is_told_by_the_date(locks: LockFiles, folder: Path) -> None:
    sync(locks, Listing(), ["CA-ON"], (2026, 2026))
    newer = Listing("0.110", CA_ON={"Louis Riel Day": (2, 16), "Christmas Day": (12, 25), "Boxing Day": (12, 26)})
    (done,) = sync(locks, newer, ["CA-ON"], (2026, 2026))
    assert told(done) == ["2026-02-16 renamed: Family Day, now Louis Riel Day", "2026-07-01 removed: Canada Day", "2026-12-26 added: Boxing Day"]
    assert (done.version, done.kept, rule(folder).generator["holidays"]) == ("0.110", (), "0.110")


def test_dates_that_were_edited_by_hand_become_exceptions_and_stay_through_every_later_sync(locks: LockFiles, folder: Path) -> None:
    sync(locks, Listing(), ["CA-ON"], (2026, 2026))
    edit(folder, "  2026-02-16: Family Day\n", "")
    edit(folder, "  2026-07-01: Canada Day\n", "  2026-07-01: Canada's day\n  2026-08-03: Civic Holiday # ours\n")
    closed = {day: off.why for day, off in rule(folder).days_off.items()}
    (done,) = sync(locks, Listing(), ["CA-ON"], (2026, 2026))
    assert [(one.date, one.why, bool(one.hours)) for one in done.kept] == [
        (date(2026, 2, 16), "not Family Day", False),
        (date(2026, 7, 1), "Canada's day", True),
        (date(2026, 8, 3), "Civic Holiday", True),
    ]
    assert {day: off.why for day, off in rule(folder).days_off.items()} == closed
    newer = Listing("0.110", CA_ON=KNOWN["CA-ON"] | {"Boxing Day": (12, 26)})
    (later,) = sync(locks, newer, ["CA-ON"], (2026, 2026))
    assert (told(later), later.kept) == (["2026-12-26 added: Boxing Day"], ())
    assert {day: off.why for day, off in rule(folder).days_off.items()} == closed | {date(2026, 12, 26): "Boxing Day"}


def test_edits_that_nobody_can_tell_from_the_generators_changes_stop_the_sync_until_a_person_says(locks: LockFiles, folder: Path) -> None:
    sync(locks, Listing(), ["CA-ON"], (2026, 2026))
    edit(folder, "  2026-02-16: Family Day\n", "")
    edited = (folder / "holidays-ca-on.lock.yaml").read_text(encoding="utf-8")
    newer = Listing("0.110", CA_ON=KNOWN["CA-ON"] | {"Boxing Day": (12, 26)})
    with pytest.raises(Refused) as refused:
        sync(locks, newer, ["CA-ON"], (2026, 2026))
    assert str(refused.value) == (
        "calendars/holidays-ca-on.lock.yaml: its dates were edited after holidays 0.109 had written them, and nobody can tell these edits from what "
        "holidays 0.110 says otherwise: 2026-02-16 removed: Family Day; 2026-12-26 removed: Boxing Day. With --edits keep all of this becomes the "
        "company's, under except; with --edits discard none of it does."
    )
    assert (folder / "holidays-ca-on.lock.yaml").read_text(encoding="utf-8") == edited
    (dropped,) = sync(locks, newer, ["CA-ON"], (2026, 2026), edits="discard", dry_run=True)
    assert dropped.kept == ()
    sync(locks, newer, ["CA-ON"], (2026, 2026), edits="keep")
    assert sorted(rule(folder).days_off) == [date(2026, 7, 1), date(2026, 12, 25)]


def test_an_exception_of_the_company_wins_over_its_own_edit_of_that_date(locks: LockFiles, folder: Path) -> None:
    sync(locks, Listing(), ["CA-ON"], (2026, 2026))
    edit(folder, "dates:\n", 'except:\n- {date: 2026-02-16, hours: ["12:00-24:00"]}\ndates:\n')
    edit(folder, "  2026-02-16: Family Day\n", "")
    (done,) = sync(locks, Listing(), ["CA-ON"], (2026, 2026))
    assert (done.kept, len(rule(folder).exceptions)) == ((), 1)


def test_staff_holidays_are_asked_for_once_and_never_by_accident(locks: LockFiles, folder: Path) -> None:
    sync(locks, Listing(), ["CA-ON"], (2026, 2026), staff=True)
    sync(locks, Listing(), ["CA-ON"], (2027, 2027))
    assert rule(folder).scope.staff
    sync(locks, Listing(), ["US-NY"], (2026, 2026))
    with pytest.raises(Refused) as refused:
        sync(locks, Listing(), ["US-NY"], (2026, 2026), staff=True)
    assert str(refused.value) == (
        "calendars/holidays-us-ny.lock.yaml is there already, and closes for everybody. To change that, write scope: staff into it."
    )


@pytest.mark.parametrize("years", [(2027, 2026), (2000, 2099)])
def test_years_must_be_in_order_and_few(locks: LockFiles, years: tuple[int, int]) -> None:
    with pytest.raises(Refused, match="are no years for a lock file"):
        sync(locks, Listing(), ["CA-ON"], years)


def found(folder: Path, almanac: Listing, day: date = date(2026, 11, 23)) -> list[tuple[str, str]]:
    return [(one.grade.value, one.text) for one in locks_found(load_calendars(folder), almanac, day)]


def test_a_lock_is_behind_if_it_was_written_by_an_older_version_and_its_dates_would_differ(locks: LockFiles, folder: Path) -> None:
    sync(locks, Listing("0.99"), ["CA-ON"], (2026, 2028))
    fine = [("ok", "calendars/holidays-ca-on.lock.yaml knows CA-ON from 2026 to 2028, as holidays 0.99")]
    assert found(folder, Listing("0.99")) == fine
    assert found(folder, Listing("0.109")) == fine  # newer, and of the same opinion
    other = {"Louis Riel Day": (2, 16), "Canada Day": (7, 1), "Christmas Day": (12, 25), "Boxing Day": (12, 26)}
    assert found(folder, Listing("0.98", CA_ON=other)) == fine  # older: it cannot know better
    ((grade, text),) = found(folder, Listing("0.109", CA_ON=other))
    assert grade == Grade.WARNING
    assert text == (
        "calendars/holidays-ca-on.lock.yaml was written by holidays 0.99; 0.109 says otherwise: 2026-02-16 renamed: Family Day, now Louis Riel Day; "
        "2026-12-26 added: Boxing Day; 2027-02-16 renamed: Family Day, now Louis Riel Day; 2027-12-26 added: Boxing Day; "
        "2028-02-16 renamed: Family Day, now Louis Riel Day and 1 more"
    )
    (finding,) = locks_found(load_calendars(folder), Listing("0.109", CA_ON=other), date(2026, 11, 23))
    assert finding.hint == "Run rollout coverage holidays sync CA-ON --years 2026-2028"


@pytest.mark.parametrize(("day", "grade"), [(date(2026, 11, 26), "ok"), (date(2026, 11, 27), "warning"), (date(2029, 1, 1), "warning")])
def test_a_lock_whose_years_end_within_400_days_is_told_with_the_command_that_adds_more(
    locks: LockFiles, folder: Path, day: date, grade: str
) -> None:
    sync(locks, Listing(), ["CA-ON"], (2026, 2027))
    (finding,) = locks_found(load_calendars(folder), Listing(), day)
    assert finding.grade == grade
    if grade == "warning":
        assert finding.text == "calendars/holidays-ca-on.lock.yaml ends with 2027: after that nobody knows a holiday of CA-ON"
        assert finding.hint == f"Run rollout coverage holidays sync CA-ON --years 2026-{max(2027, day.year) + 2}"


def test_a_lock_that_cannot_be_compared_is_a_warning_not_a_crash(locks: LockFiles, folder: Path) -> None:
    sync(locks, Listing("0.99"), ["CA-ON"], (2026, 2028))
    edit(folder, "country: CA, ", "")
    ((grade, text),) = found(folder, Listing())
    assert grade == "warning"
    assert "generator of holidays-ca-on does not say which country and years it is about" in text
