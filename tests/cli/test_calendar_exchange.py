"""rollout coverage export, import and lint, as somebody calls them in a workspace."""

import shutil
from datetime import datetime
from pathlib import Path

import icalendar
import pytest

from rollout.adapters.files.starter import StarterFiles
from rollout.steps.init import init
from tests.cli.calling import Said, ask, call
from tests.playing import AMBER, Play

AT = ("--at", "2026-11-20T12:00Z")
ACME = """\
BEGIN:VCALENDAR
VERSION:2.0
PRODID:-//Acme//EN
X-WR-TIMEZONE:America/Vancouver
BEGIN:VEVENT
UID:1
DTSTART;VALUE=DATE:20261209
SUMMARY:Inventory
CATEGORIES:CLOSED
END:VEVENT
BEGIN:VEVENT
UID:2
DTSTART:20261214T070000
DTEND:20261214T090000
RRULE:FREQ=WEEKLY;COUNT=2
SUMMARY:Maintenance
CATEGORIES:MAINTENANCE
END:VEVENT
BEGIN:VEVENT
UID:3
DTSTART:20261215T090000
DTEND:20261215T110000
TRANSP:TRANSPARENT
SUMMARY:Lunch
END:VEVENT
BEGIN:VEVENT
UID:4
STATUS:CANCELLED
DTSTART:20261215T090000
DTEND:20261215T110000
SUMMARY:Audit
END:VEVENT
BEGIN:VEVENT
UID:5
STATUS:TENTATIVE
DTSTART:20261216T070000
DTEND:20261216T090000
SUMMARY:Perhaps
END:VEVENT
BEGIN:VTODO
UID:6
SUMMARY:Call them
END:VTODO
END:VCALENDAR
"""


@pytest.fixture
def folder(tmp_path: Path, migrated_sqlite: Path) -> Path:
    """A new workspace."""
    workspace = tmp_path / "workspace"
    init(StarterFiles(), workspace)
    shutil.copy(migrated_sqlite, workspace / "ledger.sqlite")
    return workspace


@pytest.fixture
def acme(tmp_path: Path) -> Path:
    """A client's calendar, with everything that does not count."""
    path = tmp_path / "Acme hours.ics"
    path.write_text(ACME)
    return path


def events(said: Said) -> list[icalendar.Event]:
    return list(icalendar.Calendar.from_ical(said.out).walk("VEVENT"))


class TestExport:
    def test_a_month_of_open_hours_goes_to_standard_output(self, folder: Path) -> None:
        said = call("-C", folder, "coverage", "export", "--month", "2026-12", *AT)
        assert (said.code, said.err) == (0, "")
        assert [event.start.day for event in events(said)] == [1, 2, 3, 4, 7, 8, 9, 10, 11, 14, 15, 16, 17, 18]
        assert {str(event["SUMMARY"]) for event in events(said)} == {"Open for deployments"}
        assert said.out.endswith("END:VCALENDAR\r\n")

    def test_freezes_are_told_with_their_whys(self, folder: Path) -> None:
        said = call("-C", folder, "coverage", "export", "freezes", "--ics", "--from", "2026-12-18", "--until", "2026-12-25", *AT)
        assert [str(event["SUMMARY"]) for event in events(said)] == ["Closed: year-end change freeze", "Closed: Christmas Day"]

    def test_a_second_export_leaves_alone_what_has_not_changed_and_takes_back_what_is_gone(self, folder: Path, tmp_path: Path) -> None:
        def export(at: str) -> str:
            said = call("-C", folder, "coverage", "export", "--month", "2026-12", "--output", output, "--at", at)
            assert (said.code, said.err) == (0, "")
            return said.out

        output = tmp_path / "open.ics"
        assert export("2026-11-20T12:00Z") == f"wrote {output}: Tidewater coverage, 14 events\n"
        first = output.read_bytes()
        export("2026-11-21T12:00Z")
        assert output.read_bytes() == first
        change(folder / "calendars" / "year-end-freeze.yaml", "2026-12-18T16:00", "2026-12-18T00:00")
        assert export("2026-11-22T12:00Z") == f"wrote {output}: Tidewater coverage, 13 events, and 1 that are cancelled\n"
        gone = [event for event in icalendar.Calendar.from_ical(output.read_bytes()).walk("VEVENT") if event["STATUS"] == "CANCELLED"]
        assert [(event.start.day, str(event["SUMMARY"])) for event in gone] == [(18, "Cancelled: Open for deployments")]

    def test_a_file_that_is_something_else_is_not_written_over(self, folder: Path, acme: Path, tmp_path: Path) -> None:
        said = call("-C", folder, "coverage", "export", "--output", acme, *AT)
        assert (said.code, said.out) == (1, "")
        assert "is no export of ours, and not 'coverage production'" in said.err
        assert acme.read_text() == ACME
        call("-C", folder, "coverage", "export", "--output", tmp_path / "open.ics", *AT)
        said = call("-C", folder, "coverage", "export", "--output", acme, "--previous", tmp_path / "open.ics", *AT)
        assert said.code == 1
        assert acme.read_text() == ACME

    def test_events_can_be_had_as_json(self, folder: Path) -> None:
        told = ask("-C", folder, "coverage", "export", "freezes", "--month", "2026-12", *AT)
        assert (told["feed"], told["name"], told["output"]) == ("freezes production", "Tidewater freezes", None)
        assert told["events"][0].keys() == {"uid", "sequence", "start", "end", "summary", "category", "status"}

    def test_what_is_about_clients_is_named_only_to_those_who_may_know(self, folder: Path) -> None:
        calendar = folder / "calendars" / "acme.yaml"
        calendar.write_text(
            "version: 1\nkind: block\nid: all-freeze\ntimezone: UTC\ndates: {2026-12-09: 'Acme Ltd moves, TIDE-7'}\n---\n"
            "version: 1\nkind: block\nid: acme-audit\ntimezone: UTC\nscope: {clients: [acme]}\ndates: {2026-12-10: Acme is audited}\n"
        )
        change(folder / "clients.yaml", "name: Acme", "name: Acme Ltd #")

        def summaries(*options: str) -> list[str]:
            said = call("-C", folder, "coverage", "export", "freezes", "--from", "2026-12-09", "--until", "2026-12-10", *options, *AT)
            return [str(event["SUMMARY"]) for event in events(said)]

        assert summaries() == ["Closed: a client moves, another change"]
        assert summaries("--client", "birch") == summaries()
        assert summaries("--client", "acme") == ["Closed: Acme Ltd moves, another change", "Closed: Acme is audited"]
        assert summaries("--internal") == ["Closed: Acme Ltd moves, TIDE-7"]

    @pytest.mark.parametrize(
        ("words", "code", "told"),
        [
            (("plan",), 2, "name the release: rollout coverage export plan 2026.12"),
            (("freezes", "2026.12"), 2, "freezes is of no release; leave 2026.12 out"),
            (("plan", "2026.12"), 1, "there is no release 2026.12"),
            (("everything",), 2, "'everything' is not one of 'coverage', 'freezes', 'plan'"),
            (("--month", "2026-12", "--from", "2026-12-09"), 2, "--month names all its days"),
            (("--from", "2026-12-09", "--until", "2026-12-01"), 2, "must be in order, and 1100 days at most"),
            (("--from", "2026-12-09", "--until", "2036-12-01"), 2, "must be in order, and 1100 days at most"),
            (("--until", "2020-12-01"), 1, "nothing lies between 2026-11-01 and 2020-12-01"),
            (("--from", "tomorrow"), 2, "'tomorrow' is no day; write it like 2026-12-09"),
            (("--from", "0001-01-01"), 2, "is not in the years 1990 to 2199"),
            (("--client", "acmi"), 1, "clients.yaml has no client acmi. Did you mean acme?"),
            (("--previous", "none.ics"), 1, "there is no none.ics"),
            (("--output", "no/such/folder.ics"), 1, "cannot be written: No such file or directory"),
        ],
    )
    def test_what_cannot_be_exported_is_refused(self, folder: Path, words: tuple[str, ...], code: int, told: str) -> None:
        said = call("-C", folder, "coverage", "export", *words, *AT)
        assert (said.code, said.out) == (code, "")
        assert told in said.err


def test_a_plan_names_waves_to_everybody_and_installations_to_our_own_people(play: Play) -> None:
    play.go_to("started")
    plain = call("-C", play.folder, "coverage", "export", "plan", "2026.12")
    internal = call("-C", play.folder, "coverage", "export", "plan", "2026.12", "--internal")
    own = call("-C", play.folder, "coverage", "export", "plan", "2026.12", "--client", AMBER)
    assert {str(event["SUMMARY"]).partition(",")[0] for event in events(plain)} > {"2026.12: wave preview"}
    assert not any(name in plain.out.lower() for name in ("amber", "birch", "cobalt", "driftwood"))
    with play.world.ledger.read() as tx:
        assert len(events(internal)) == len(tx.deliveries())
    assert {str(event["SUMMARY"]).split(",")[0] for event in events(own)} == {"2026.12: Amber Quay"}
    assert all(isinstance(event.start, datetime) for event in events(internal))


class TestImport:
    def test_a_preview_tells_what_counts_what_does_not_and_what_would_change(self, folder: Path, acme: Path) -> None:
        before = sorted(folder.rglob("*"))
        said = call("-C", folder, "coverage", "import", acme, "--dry-run", *AT)
        assert (said.code, said.err) == (0, "")
        assert said.out.splitlines() == [
            "Acme-hours (block): 3 of 6 entries count: 4 times within 400 days, from Wed 2026-12-09 02:00 EST to Mon 2026-12-21 11:00 EST",
            "ignored: Acme hours.ics:19 'Lunch' is transparent: its calendar shows the time as free. To let such events count: --transparent",
            "ignored: Acme hours.ics:26 'Audit' is cancelled",
            "ignored: Acme hours.ics:40 'Call them' is a VTODO, and no event",
            "note: its whole days and floating times are those of America/Vancouver, as X-WR-TIMEZONE says",
            "day             for        open now     open then",
            "Wed 2026-12-09  everybody  09:00-16:00  closed",
            "Mon 2026-12-14  everybody  09:00-16:00  11:00-16:00",
            "Wed 2026-12-16  everybody  09:00-16:00  11:00-16:00",
            "3 days change: 0 open, 1 close, 2 have other hours",
            "would write calendars/Acme-hours.ics",
            "would write calendars/Acme-hours.ics.yaml",
            "Next: the same without --dry-run",
        ]
        assert sorted(folder.rglob("*")) == before

    def test_what_is_imported_counts_at_once_and_only_for_whom_it_is_about(self, folder: Path, acme: Path) -> None:
        options = ("--kind", "window", "--id", "acme-hours", "--client", "acme", "--category", "MAINTENANCE", "--why", "their hours")
        told = ask("-C", folder, "coverage", "import", acme, *options)
        assert told["incoming"]["files"] == ["calendars/acme-hours.ics", "calendars/acme-hours.ics.yaml"]
        assert (folder / "calendars" / "acme-hours.ics").read_text() == ACME
        next_ = ask("-C", folder, "coverage", "next", "--client", "acme", "--hours", "1", *AT)["window"]
        assert (next_["start"], next_["end"]) == ("2026-12-14T14:00:00Z", "2026-12-14T16:00:00Z")
        assert ask("-C", folder, "coverage", "next", *AT)["window"]["start"] == "2026-11-20T14:00:00Z"

    def test_the_preview_is_what_then_happens(self, folder: Path, acme: Path) -> None:
        told = ask("-C", folder, "coverage", "import", acme, "--id", "acme-hours", "--dry-run", "--at", "2026-12-01T12:00Z")
        call("-C", folder, "coverage", "import", acme, "--id", "acme-hours")
        days = {day["day"]: day["windows"] for day in ask("-C", folder, "coverage", "show", "--month", "2026-12")["days"]}
        assert told["changes"]
        assert all(days[change["day"]] == change["then"] != change["now"] for change in told["changes"])

    def test_a_file_that_stands_there_is_replaced_only_if_that_is_said_and_keeps_its_sidecar(self, folder: Path, acme: Path) -> None:
        call("-C", folder, "coverage", "import", acme, "--id", "acme", "--client", "acme")
        sidecar = (folder / "calendars" / "acme.ics.yaml").read_text()
        acme.write_text(ACME.replace("20261209", "20261210"))
        moved = ask("-C", folder, "coverage", "import", acme, "--id", "acme", "--replace", "--dry-run", *AT)["changes"]
        assert [(change["day"], bool(change["now"]), bool(change["then"])) for change in moved] == [
            ("2026-12-09", False, True),
            ("2026-12-10", True, False),
        ]
        said = call("-C", folder, "coverage", "import", acme, "--id", "acme")
        assert (said.code, said.err) == (
            1,
            "rollout: calendars/acme.ics is there already. To put this file in its place: --replace. Or choose another --id\n",
        )
        assert ask("-C", folder, "coverage", "import", acme, "--id", "acme", "--replace")["incoming"]["files"] == ["calendars/acme.ics"]
        assert "20261210" in (folder / "calendars" / "acme.ics").read_text()
        assert (folder / "calendars" / "acme.ics.yaml").read_text() == sidecar
        ask("-C", folder, "coverage", "import", acme, "--id", "acme", "--replace", "--kind", "window")
        assert (folder / "calendars" / "acme.ics.yaml").read_text() == sidecar.replace("kind: block", "kind: window")

    def test_a_faulty_file_imports_nothing_and_says_in_which_lines(self, folder: Path, acme: Path) -> None:
        before = sorted(folder.rglob("*"))
        acme.write_text(ACME.replace("DATE:20261209", "DATE:20261309").replace("FREQ=WEEKLY", "FREQ=SECONDLY"))
        said = call("-C", folder, "coverage", "import", acme)
        assert (said.code, said.out) == (1, "")
        assert [line.partition(f"{acme}:")[2].split()[0] for line in said.err.splitlines()] == ["7", "15"]
        assert sorted(folder.rglob("*")) == before

    def test_floating_times_need_a_zone_and_others_do_not(self, folder: Path, acme: Path) -> None:
        acme.write_text(ACME.replace("X-WR-TIMEZONE:America/Vancouver\n", ""))
        said = call("-C", folder, "coverage", "import", acme)
        assert said.code == 1
        assert "has whole days or floating times, and no X-WR-TIMEZONE that says where. Say so: --timezone America/Toronto" in said.err
        assert ask("-C", folder, "coverage", "import", acme, "--timezone", "Europe/Berlin", "--dry-run", *AT)["first"] == "2026-12-08T23:00:00Z"
        acme.write_text("BEGIN:VCALENDAR\nBEGIN:VEVENT\nUID:1\nDTSTART:20261209T140000Z\nDTEND:20261209T150000Z\nEND:VEVENT\nEND:VCALENDAR\n")
        assert ask("-C", folder, "coverage", "import", acme, "--dry-run", *AT)["times"] == 1

    @pytest.mark.parametrize(
        ("words", "code", "told"),
        [
            (("--id", "../acme"), 1, "'../acme' is no id: it may have letters, digits, dots, dashes and underscores"),
            (("--id", "support-coverage"), 1, "support-coverage is the id of the rule in calendars/coverage.yaml:6 already. Choose another"),
            (("--id", "support-coverage", "--replace"), 1, "support-coverage is the id of the rule in calendars/coverage.yaml:6 already."),
            (("--kind", "freeze"), 2, "'freeze' is not one of 'block', 'window'"),
            (("--timezone", "Toronto"), 1, "calendars/Acme-hours.ics.yaml:5 timezone: "),
            (("--category", "GONE"), 1, "no event has the category GONE"),
            (("--client", "acmi"), 1, "clients.yaml has no client acmi. Did you mean acme?"),
        ],
    )
    def test_what_cannot_be_imported_is_refused(self, folder: Path, acme: Path, words: tuple[str, ...], code: int, told: str) -> None:
        before = sorted(folder.rglob("*"))
        said = call("-C", folder, "coverage", "import", acme, *words)
        assert (said.code, said.out) == (code, "")
        assert told in said.err
        assert sorted(folder.rglob("*")) == before

    def test_files_that_are_none_are_told(self, folder: Path, tmp_path: Path) -> None:
        assert "there is no file" in call("-C", folder, "coverage", "import", tmp_path / "none.ics").err
        assert "cannot be read: Is a directory" in call("-C", folder, "coverage", "import", tmp_path).err
        (tmp_path / "photo.ics").write_bytes(b"\xff\xd8\xff\0")
        assert "photo.ics:1 holds a NUL byte" in call("-C", folder, "coverage", "import", tmp_path / "photo.ics").err

    def test_an_export_can_be_imported_and_closes_the_same_time(self, folder: Path, tmp_path: Path) -> None:
        call("-C", folder, "coverage", "export", "freezes", "--month", "2026-12", "--output", tmp_path / "freezes.ics", *AT)
        told = ask("-C", folder, "coverage", "import", tmp_path / "freezes.ics", "--dry-run", *AT)
        assert (told["incoming"]["events"], told["changes"]) == (4, [])


class TestLint:
    def test_a_new_workspace_gives_nothing_to_say(self, folder: Path) -> None:
        said = call("-C", folder, "coverage", "lint", *AT)
        assert (said.code, said.out, said.err) == (0, "nothing to remark on\n", "")

    def test_a_warning_is_a_line_with_its_place_and_changes_no_exit_status(self, folder: Path) -> None:
        said = call("-C", folder, "coverage", "lint", "--at", "2027-02-01T12:00Z")
        over = "calendars/year-end-freeze.yaml:2: warning: year-end-freeze is over: it closes nothing any more. Delete it, or give it its next dates."
        assert (said.code, said.out, said.err) == (0, f"{over}\n", "")

    def test_a_fault_changes_the_exit_status(self, folder: Path) -> None:
        (folder / "calendars" / "acme.yaml").write_text(
            "version: 1\nkind: window\nid: acmi\ntimezone: UTC\nscope: {clients: [acmi]}\nweekly: {mon: ['09:00-17:00']}\n"
        )
        said = call("-C", folder, "coverage", "lint", *AT)
        assert (said.code, said.err) == (1, "rollout: 2 faults found; see above\n")
        assert said.out.startswith("calendars: fault: nothing is open for monthly releases to production within 400 days.")
        assert "calendars/acme.yaml:1: fault: scope.clients: acmi matches no client. Did you mean acme? " in said.out
        said = call("-C", folder, "coverage", "lint", "--json", *AT)
        assert said.code == 1
        assert [(one["grade"], one["what"], one["rule"], one["source"]) for one in said.json["findings"]] == [
            ("fault", "hours", "", ""),
            ("fault", "nobody", "acmi", "calendars/acme.yaml:1"),
        ]

    def test_files_that_cannot_be_read_are_faults_with_their_lines(self, folder: Path) -> None:
        change(folder / "calendars" / "year-end-freeze.yaml", "end: 2027", "end: 2025")
        said = call("-C", folder, "coverage", "lint", *AT)
        assert said.code == 1
        assert said.out.startswith("calendars/year-end-freeze.yaml:")
        assert ": fault: " in said.out

    def test_the_hours_that_are_wanted_can_be_named(self, folder: Path) -> None:
        said = call("-C", folder, "coverage", "lint", "--days", "7", "--hours", "30", *AT)
        assert said.code == 0
        assert said.out.startswith("calendars: warning: monthly releases to production: 0 h open in the 7 days from 2026-12-")
        assert "30 h are wanted. Look why: rollout coverage show --month 2026-12" in said.out

    @pytest.mark.parametrize("words", [("--days", "0"), ("--days", "400"), ("--hours", "-1"), ("--hours", "many"), ("--hours", "nan")])
    def test_numbers_that_mean_nothing_are_wrong_usage(self, folder: Path, words: tuple[str, ...]) -> None:
        assert call("-C", folder, "coverage", "lint", *words).code == 2


def change(path: Path, old: str, new: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8")
