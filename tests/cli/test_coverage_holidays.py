"""rollout coverage holidays sync and the doctor's look at lock files, on a new workspace with the real package."""

from pathlib import Path

import pytest

from rollout.adapters.files.starter import StarterFiles
from rollout.steps.init import init
from tests.cli.calling import ask, call

AT = ("--at", "2026-11-23T12:00Z")
ONTARIO = "calendars/holidays-ca-on.lock.yaml"


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A new workspace that is a sandbox, so that it may be asked at another time."""
    init(StarterFiles(), tmp_path)
    return tmp_path


def holidays_found(workspace: Path, at: str) -> list[dict[str, str]]:
    said = call("-C", workspace, "doctor", "--json", "--at", at)
    return [finding for finding in said.json["findings"] if finding["what"] == "holidays"]


def test_a_starter_is_as_it_would_be_written(workspace: Path) -> None:
    said = call("-C", workspace, "coverage", "holidays", "sync", "CA-ON", "--years", "2026-2028")
    assert (said.code, said.out) == (0, f"{ONTARIO}: is as it would be written (CA-ON 2026-2028, holidays 0.109)\n")


def test_a_new_place_is_written_for_staff_and_its_people_are_away(workspace: Path) -> None:
    said = call("-C", workspace, "coverage", "holidays", "sync", "us-ny", "--years", "2026", "--staff")
    lines = said.out.splitlines()
    assert lines[0] == "calendars/holidays-us-ny.lock.yaml: wrote a new file (US-NY 2026-2026, holidays 0.109)"
    assert lines[1] == "year  what   day         name"
    assert "2026  added  2026-11-26  Thanksgiving Day" in lines
    assert lines[-1] == "Next: look at the difference in git; then rollout coverage show"
    roster = 'need: {qa: 1}\nroster: {qa: [{person: Kim, weekly: {mon-fri: ["09:00-17:00"]}, holidays: holidays-us-ny}]}\n'
    (workspace / "calendars/roster.yaml").write_text(f"kind: staffing\nid: roster\ntimezone: America/Toronto\n{roster}", encoding="utf-8")
    explained = call("-C", workspace, "coverage", "explain", "2026-11-26T15:00Z", *AT)
    assert "roster: qa 0/1 (Kim has a holiday: Thanksgiving Day)" in explained.out
    assert "holidays-us-ny:" not in explained.out


def test_a_dry_run_writes_nothing_and_says_it_by_the_year(workspace: Path) -> None:
    before = sorted(workspace.rglob("*"))
    (ontario, bavaria) = ask("-C", workspace, "coverage", "holidays", "sync", "CA-ON", "DE-BY", "--years", "2028-2029", "--dry-run", *AT)["files"]
    assert sorted(workspace.rglob("*")) == before
    assert (ontario["first"], ontario["last"], list(ontario["years"]), ontario["written"]) == (2026, 2029, ["2029"], True)
    assert (bavaria["new"], bavaria["file"]) == (True, "calendars/holidays-de-by.lock.yaml")
    assert bavaria["years"]["2028"]["added"]["2028-06-15"] == "Corpus Christi"


def test_years_are_this_one_and_the_two_after_it_unless_they_are_given(workspace: Path) -> None:
    (done,) = ask("-C", workspace, "coverage", "holidays", "sync", "NZ", "--dry-run", "--at", "2027-01-01T02:00Z")["files"]
    assert (done["first"], done["last"]) == (2026, 2028)  # in Toronto it is 2026 still


def test_an_edit_is_moved_and_told(workspace: Path) -> None:
    path = workspace / ONTARIO
    path.write_text(path.read_text(encoding="utf-8").replace("  2026-12-26: Boxing Day\n", ""), encoding="utf-8")
    said = call("-C", workspace, "coverage", "holidays", "sync", "CA-ON")
    assert "2026  kept   2026-12-26  not Boxing Day (edited by hand: it is under except now)" in said.out.splitlines()
    assert "- {date: 2026-12-26, why: not Boxing Day}\n" in path.read_text(encoding="utf-8")
    assert call("-C", workspace, "coverage", "holidays", "sync", "CA-ON").out.startswith(f"{ONTARIO}: is as it would be written")


@pytest.mark.parametrize(
    ("arguments", "code", "text"),
    [
        (("CA-OM",), 1, "rollout: CA has no subdivision OM in the package holidays. Did you mean ON"),
        (("CAN",), 1, "rollout: there is no country CAN in the package holidays. Did you mean CA?"),
        (("CA", "--years", "2028-2026"), 2, "'2028-2026' must be in order, and in the years 1990 to 2199"),
        (("CA", "--years", "soon"), 2, "'soon' are no years; write them like 2026-2028"),
        (("CA", "--years", "2026-2099"), 1, "are no years for a lock file: give the first and the last, 30 years at most"),
        ((), 2, "Missing argument 'CODE...'"),
    ],
)
def test_what_cannot_be_synced_is_refused_and_writes_nothing(workspace: Path, arguments: tuple[str, ...], code: int, text: str) -> None:
    before = sorted(workspace.rglob("*"))
    said = call("-C", workspace, "coverage", "holidays", "sync", *arguments)
    assert said.code == code
    assert text in said.err
    assert sorted(workspace.rglob("*")) == before


def test_the_doctor_says_when_a_lock_ends_and_when_the_package_says_otherwise(workspace: Path) -> None:
    (fine,) = holidays_found(workspace, "2026-11-23T12:00Z")
    assert fine["grade"] == "ok"
    (ends,) = holidays_found(workspace, "2027-12-23T12:00Z")
    assert (ends["grade"], ends["hint"]) == ("warning", "Run rollout coverage holidays sync CA-ON --years 2026-2030")
    path = workspace / ONTARIO
    older = path.read_text(encoding="utf-8").replace('holidays: "0.109"', 'holidays: "0.90"').replace("  2026-02-16: Family Day\n", "")
    path.write_text(older, encoding="utf-8")
    (behind,) = holidays_found(workspace, "2026-11-23T12:00Z")
    assert behind["text"] == f"{ONTARIO} was written by holidays 0.90; 0.109 says otherwise: 2026-02-16 added: Family Day"
