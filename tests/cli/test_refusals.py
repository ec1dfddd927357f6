"""Wrong usage is exit status 2 with a hint; what is refused or not found is one line on standard error, nothing on standard output, and 1."""

import subprocess
import sys
from pathlib import Path

import pytest

from rollout.adapters.files.starter import StarterFiles
from rollout.steps.init import init
from tests.cli.calling import call
from tests.playing import AMBER, LATE, TARGET, Play

WHY = ("--reason", "to see")

# ── Wrong usage ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("relaese", "list"), "no such command: relaese. Did you mean release? See rollout --help"),
        (("frobnicate",), "no such command: frobnicate. See rollout --help"),
        (("release", "lsit"), "No such command 'lsit'. Did you mean 'list'?"),
        (("status", "--jsno"), "No such option '--jsno'. Did you mean '--json'?"),
        (("--workspce", ".", "status"), "No such option '--workspce'. Did you mean '--workspace'?"),
        (("sign", TARGET), "Missing option '--role'"),
        (("hold", AMBER), "Missing option '--reason'"),
        (("why",), "Missing argument 'CLIENT'"),
        (("plan", TARGET, "2027.01"), "Got unexpected extra argument (2027.01)"),
        (("release", "assess", TARGET, "--impact", "huge"), "'huge' is not one of 'transparent', 'visible', 'disruptive'"),
        (("release", "assess", TARGET, "--downtime", "-1"), "-1 is not in the range x>=0"),
        (("coverage", "next", "--environment", "prod"), "'prod' is not one of 'preview', 'production'"),
        (("coverage", "show", "--month", "December"), "'December' is no month; write it like 2026-12"),
        (("coverage", "explain", "soon"), "'soon' is no moment; write it like 2026-12-09T14:00Z"),
        (("audit", "log", "--limit", "0"), "0 is not in the range 1<=x<=1000000"),
        (("notices", "list", "--state", "gone"), "'gone' is not one of"),
        (("notices", "release", "key", "--body", "nowhere.txt"), "File 'nowhere.txt' does not exist"),
        (("hotfix", "open"), "Missing argument 'KEY...'"),
        (("demo", "--jira", "desktop"), "'desktop' is not one of 'cloud', 'server'"),
    ],
)
def test_wrong_usage_is_told_with_what_is_right(words: tuple[str, ...], told: str) -> None:
    said = call(*words)
    assert (said.code, said.out) == (2, "")
    assert told in said.err.splitlines()[-1]


@pytest.mark.parametrize(
    "words",
    [
        ("status", "--at", "2026-12-09T14:00"),
        ("advance", "--at", "2026-12-09T14:00"),
        ("hold", AMBER, *WHY, "--until", "2026-12-09T14:00"),
        ("hotfix", "notice", "1", "--eta", "2026-12-09T14:00"),
        ("coverage", "explain", "2026-12-09T14:00"),
    ],
)
def test_a_moment_without_a_time_zone_is_refused(words: tuple[str, ...]) -> None:
    said = call(*words)
    assert said.code == 2
    assert "'2026-12-09T14:00' names no time zone; write it like 2026-12-09T14:00Z or 2026-12-09T14:00-05:00" in said.err


# ── Refusals ───────────────────────────────────────────────────────────────────────────────────────


def refused(*words: object) -> str:
    """The one line in which the command is refused."""
    said = call(*words)
    assert (said.code, said.out) == (1, ""), said
    [line] = said.err.splitlines()
    assert line.startswith("rollout: ")
    return line.removeprefix("rollout: ")


@pytest.mark.parametrize(
    ("moment", "words", "told"),
    [
        ("collected", ("why", "amber-qay"), "clients.yaml has no client amber-qay. Did you mean amber-quay?"),
        ("collected", ("coverage", "next", "--client", "cobalt-marena"), "clients.yaml has no client cobalt-marena. Did you mean cobalt-marina?"),
        ("collected", ("hold", "amber-qay", *WHY), "amber-qay is neither a client of clients.yaml nor a release. Did you mean amber-quay?"),
        ("collected", ("hold", "2026.21", *WHY), "2026.21 is neither a client of clients.yaml nor a release. Did you mean 2026.12?"),
        ("collected", ("release", "show", "2026.21"), "there is no release 2026.21. The closest ones: 2026.11, 2026.12."),
        ("bare", ("release", "show", "2026.12"), "there is no release 2026.12. There are no releases yet: rollout collect"),
        ("collected", ("status", "2099.01"), "there is no release 2099.01. The closest ones: 2026.11, 2026.12."),
        ("collected", ("tickets", "show", "77"), "no change is linked to a ticket 77. See rollout tickets list"),
        (
            "collected",
            ("sign", TARGET, "--role", "pm", "--as", "dana"),
            "cannot sign 2026.12: it is a draft, and its content still moves. Cut it first: rollout release cut 2026.12",
        ),
        ("collected", ("release", "add", TARGET, LATE, *WHY, "--as", "dana"), "2026.12 is a draft, and follows JIRA by itself"),
        ("cut", ("release", "add", TARGET, "SKIFF-404", *WHY, "--as", "dana"), "no change SKIFF-404 is known"),
        ("cut", ("release", "add", TARGET, LATE, *WHY, "--as", "dana"), f"cannot add {LATE} to 2026.12: {LATE} is In Progress"),
        ("cut", ("release", "cut", TARGET, "--as", "dana"), "cannot cut 2026.12: it is cut"),
        ("cut", ("sign", TARGET, "--role", "qa", "--as", "dana"), "dana does not hold the role qa, only pm."),
        ("cut", ("sign", TARGET, "--role", "pm", "--as", "eve"), "people.yaml does not know 'eve'."),
        ("cut", ("start", TARGET, "--as", "lee"), "cannot start 2026.12: it is cut."),
        ("cut", ("release", "assess", TARGET, "--strategy", "sudden"), "rollout.yaml has no strategy 'sudden'. It has: transparent"),
        ("started", ("plan", "2026.11"), "cannot plan 2026.11: it is delivered"),
        ("started", ("lift", AMBER, *WHY), "amber-quay is not held. On hold now: nothing"),
        ("started", ("resume", *WHY, "--as", "dana"), "nothing is stopped"),
        ("started", ("stop", *WHY, "--as", "eve"), "'eve' may not stop everything"),
        ("started", ("continue", TARGET, *WHY), "nothing has failed in 2026.12"),
        ("started", ("accept", AMBER, TARGET, *WHY), "cannot accept 2026.12 at amber-quay/production: it is planned"),
        ("started", ("retry", AMBER, TARGET, *WHY), "cannot retry 2026.12 at amber-quay/production: it is planned."),
        ("started", ("skip", "amber-qay", TARGET, *WHY), "2026.12 has no delivery to amber-qay/production. See rollout status 2026.12"),
        ("started", ("hold", AMBER, *WHY, "--until", "2026-11-01T12:00Z"), "cannot hold amber-quay until 2026-11-01 12:00: that is past"),
        ("started", ("notices", "done", "nothing"), "there is no notice nothing. See rollout notices list"),
        ("started", ("hotfix", "open", "SKIFF-404"), "no change SKIFF-404 is known; collect first: rollout collect"),
        ("started", ("hotfix", "triage", "1"), "there is no hotfix 1. Open: none"),
    ],
)
def test_a_refusal_is_one_line_that_says_why(play: Play, moment: str, words: tuple[str, ...], told: str) -> None:
    play.go_to(moment)
    assert refused("-C", play.folder, *words).startswith(told)


def test_a_folder_without_a_workspace_is_told(tmp_path: Path) -> None:
    assert refused("-C", tmp_path, "status") == f"{tmp_path} is no workspace: it has no rollout.yaml. Make one with: rollout init {tmp_path}"


def test_a_broken_trail_is_told_by_its_first_broken_row(play: Play) -> None:
    import sqlite3

    play.go_to("cut")
    with sqlite3.connect(play.folder / "ledger.sqlite") as ledger:
        ledger.execute("UPDATE audit SET actor = 'nobody' WHERE seq = 2")
    assert refused("-C", play.folder, "audit", "verify").startswith("the audit trail is broken at row 2")
    said = call("-C", play.folder, "audit", "verify", "--json")
    assert (said.code, said.json["intact"], said.json["first_broken"]) == (1, False, 2)


def test_a_desk_that_is_down_is_a_problem_told_and_the_rest_is_collected(play: Play) -> None:
    (play.folder / "secrets" / "desk").rename(play.folder / "secrets" / "gone")
    try:
        said = call("-C", play.folder, "collect")
    finally:
        (play.folder / "secrets" / "gone").rename(play.folder / "secrets" / "desk")
    assert (said.code, said.out.splitlines()[0]) == (1, "collected 6 changes, 0 tickets; 2 new releases")
    assert "problem: help: its token is kept in file secrets/desk" in said.err


def test_all_faults_of_a_file_are_told_at_once(play: Play) -> None:
    text = (play.folder / "rollout.yaml").read_text(encoding="utf-8")
    (play.folder / "rollout.yaml").write_text(text.replace("product:", "produkt:").replace("America/Toronto", "America/Toront"), encoding="utf-8")
    said = call("-C", play.folder, "status")
    assert (said.code, said.out) == (1, "")
    assert [line for line in said.err.splitlines() if "Did you mean product?" in line]
    assert [line for line in said.err.splitlines() if "Did you mean America/Toronto?" in line]


def test_init_refuses_a_folder_that_has_one_of_its_files(tmp_path: Path) -> None:
    init(StarterFiles(), tmp_path)
    assert refused("init", tmp_path).startswith(f"cannot make a workspace in {tmp_path}: it has clients.yaml, people.yaml")


# ── As a program ───────────────────────────────────────────────────────────────────────────────────


def test_the_program_itself_ends_as_the_command_does(tmp_path: Path) -> None:
    program = Path(sys.executable).with_name("rollout")
    done = subprocess.run([program, "-C", tmp_path, "status"], capture_output=True, text=True, timeout=60)
    assert (done.returncode, done.stdout, done.stderr.count("\n")) == (1, "", 1)
    assert subprocess.run([program, "stauts"], capture_output=True, text=True, timeout=60).returncode == 2


def test_a_reader_that_leaves_early_is_no_traceback(play: Play) -> None:
    play.go_to("started")
    program = Path(sys.executable).with_name("rollout")
    with subprocess.Popen([program, "-C", play.folder, "audit", "log"], stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.close()
        said = process.stderr.read().decode()
        assert process.wait(60) == 1
    assert said == ""
