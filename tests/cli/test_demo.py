"""The demo as a person starts it, three times: its own story, a real project's export, and a small one of another shape. What it leaves behind
still answers when the stand-ins are gone."""

import json
import re
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.cli.calling import ask, call
from tests.cli.history import History, claims, numbers, subjects_of
from tests.prefect_server import PrefectServer
from tests.require import SHARED_DATA, require

WHOLE = [pytest.mark.prefect, pytest.mark.slow]
REALLY = [*WHOLE, pytest.mark.real]
REAL = SHARED_DATA / "hbase-thirdparty"


@dataclass(frozen=True)
class Played:
    """A demo that has ended: where it was played, and its account."""

    folder: Path
    account: Mapping[str, Any]


def play(server: PrefectServer, folder: Path, *options: object) -> Played:
    """Play a whole demo with the program that is installed; it has to succeed."""
    command = [str(Path(sys.executable).with_name("rollout")), "demo", "--dir", str(folder), "--json", *map(str, options)]
    environment = {**server.environment, "PREFECT_LOGGING_LEVEL": "CRITICAL"}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=300, stdin=subprocess.DEVNULL)
    assert (done.returncode, done.stderr) == (0, ""), done.stdout[-2000:] + done.stderr
    return Played(folder, json.loads(done.stdout))


@pytest.fixture(scope="module")
def story(prefect_server: PrefectServer, tmp_path_factory: pytest.TempPathFactory) -> Played:
    """The story of the made-up product."""
    return play(prefect_server, tmp_path_factory.mktemp("story"))


@pytest.fixture(scope="module")
def real(prefect_server: PrefectServer, tmp_path_factory: pytest.TempPathFactory) -> Played:
    """A real project's JIRA and git history."""
    require(REAL.is_dir(), f"the export of a real project in {REAL}")
    return play(prefect_server, tmp_path_factory.mktemp("real"), "--issues", REAL / "issues.json", "--commits", REAL / "commits.json")


@pytest.fixture(scope="module")
def orchard(prefect_server: PrefectServer, tmp_path_factory: pytest.TempPathFactory) -> Played:
    """A small export of another shape, on a JIRA Data Center."""
    folder = tmp_path_factory.mktemp("orchard")
    (folder / "issues.json").write_text(json.dumps(ORCHARD_ISSUES), encoding="utf-8")
    (folder / "commits.json").write_text(json.dumps(ORCHARD_COMMITS), encoding="utf-8")
    names = ("--fix-version", r"^v(?P<version>\d+\.\d+)$", "--tag", "v{version}")
    return play(
        prefect_server, folder / "played", "--issues", folder / "issues.json", "--commits", folder / "commits.json", *names, "--jira", "server"
    )


# ── The story ──────────────────────────────────────────────────────────────────────────────────────


class TestTheStory:
    pytestmark = WHOLE

    def test_everything_that_is_checked_holds(self, story: Played) -> None:
        assert story.account["failures"] == []
        assert story.account["release"] == {"version": "2026.12", "state": "delivered", "changes": 17}
        assert story.account["folder"] == str(story.folder)

    def test_everybody_got_it_but_for_the_client_that_was_not_well(self, story: Played) -> None:
        delivered = {wave["name"]: (wave["delivered"], wave["state"], wave["other"]) for wave in story.account["waves"]}
        assert delivered == {
            "preview": ("40/40", "promoted", ""),
            "pilot": ("3/3", "promoted", ""),
            "standard": ("24/25", "promoted", "1 rolled_back"),
            "premium": ("12/12", "promoted", ""),
        }
        assert len(story.account["held"]) == 1
        assert story.account["mails"] == 39

    def test_what_was_to_go_wrong_went_wrong(self, story: Played) -> None:
        assert re.fullmatch(r"TIDE-\d+", story.account["doubted"])
        assert re.fullmatch(r"2026-12-\d\d", story.account["frozen"])
        assert story.account["flows"] > story.account["ticks"] > 4

    def test_the_page_lies_where_the_account_says(self, story: Played) -> None:
        page, branch = story.account["pages"]
        assert "2026.12" in Path(page).read_text(encoding="utf-8")
        assert branch.endswith("pages.git, branch pages")

    def test_the_release_still_shows_all_that_it_is_documented_to(self, story: Played) -> None:
        view = ask("-C", story.folder, "release", "show", "2026.12")
        assert set(view) >= {"version", "kind", "state", "digest", "changes", "unproven", "unclaimed", "signoffs"}
        assert (view["version"], view["kind"], view["state"], len(view["changes"])) == ("2026.12", "monthly", "delivered", 17)
        assert all({"key", "summary", "kind", "audience", "ready", "reasons", "evidence", "tickets"} <= set(change) for change in view["changes"])
        assert all(change["ready"] and change["evidence"] and not change["reasons"] for change in view["changes"])
        assert {(one["person"], one["role"]) for one in view["signoffs"] if not one["voided_at"]} == {
            ("dana", "pm"),
            ("quinn", "qa"),
            ("sam", "support"),
        }
        assert any(one["voided_at"] for one in view["signoffs"])

    def test_a_change_that_is_not_ready_says_why(self, story: Played) -> None:
        [after] = [one["version"] for one in ask("-C", story.folder, "release", "list")["releases"] if one["version"] > "2026.12"]
        reasons = [reason for change in ask("-C", story.folder, "release", "show", after)["changes"] for reason in change["reasons"]]
        assert reasons
        assert all(set(reason) == {"code", "text"} for reason in reasons)

    def test_the_status_still_shows_all_that_it_is_documented_to(self, story: Played) -> None:
        [rollout] = ask("-C", story.folder, "status")["rollouts"]
        assert (rollout["version"], rollout["state"]) == ("2026.12", "delivered")
        assert all({"name", "state", "counts"} <= set(wave) for wave in rollout["waves"])
        assert all({"client", "environment", "state", "slot", "at", "reasons"} <= set(one) for one in rollout["deliveries"])
        assert len(rollout["deliveries"]) == 80
        [back] = [one for one in rollout["deliveries"] if one["state"] != "delivered"]
        assert (back["state"], back["environment"]) == ("rolled_back", "production")
        assert back["reasons"]
        assert story.account["held"][0].startswith(back["client"])

    def test_the_tickets_still_show_all_that_they_are_documented_to(self, story: Played) -> None:
        rows = ask("-C", story.folder, "tickets", "list")["tickets"]
        assert all({"desk", "id", "client", "change", "version", "state", "told_at", "resolved_at"} <= set(row) for row in rows)
        resolved = [row for row in rows if row["state"] == "resolved"]
        assert len(resolved) == story.account["tickets"]["resolved"] > 20
        assert all(row["told_at"] and row["resolved_at"] and row["version"] == "2026.12" for row in resolved)
        sick = story.account["held"][0].partition(",")[0]
        assert all(row["resolved_at"] is None for row in rows if row["client"] in (sick, None))

    def test_why_coverage_and_the_audit_trail_still_answer(self, story: Played) -> None:
        client = story.account["held"][0].partition(",")[0]
        assert {one["client"] for one in ask("-C", story.folder, "why", client)["deliveries"]} <= {client}
        month = ask("-C", story.folder, "coverage", "show", "--month", "2026-12")
        closed = [day for day in month["days"] if day["day"] == story.account["frozen"]]
        assert [day["windows"] for day in closed] == [[]]
        assert any("card processor" in reason["text"] for reason in closed[0]["reasons"])
        assert ask("-C", story.folder, "audit", "verify") == {"intact": True, "first_broken": None, "why": ""}

    def test_it_is_refused_in_the_same_folder(self, story: Played) -> None:
        said = call("demo", "--dir", story.folder)
        assert (said.code, said.err.count("\n")) == (1, 1)
        assert "holds a workspace already" in said.err


# ── A real project ─────────────────────────────────────────────────────────────────────────────────


def compare(played: Played, version: str, keys: set[str], history: History) -> None:
    """Whether the product says of a release what JIRA and git say."""
    view = ask("-C", played.folder, "release", "show", version)
    assert {change["key"] for change in view["changes"]} == keys
    named, subjects = history.named(version), subjects_of(played.folder / "product.git")
    proven = {change["key"]: sorted(subjects[sha] for sha in change["evidence"]) for change in view["changes"] if change["evidence"]}
    assert proven == {key: named[key] for key in keys & set(named)}
    assert set(view["unproven"]) == keys - set(named)
    assert set(view["unclaimed"]) == set(named) - keys


class TestARealProject:
    pytestmark = REALLY

    def test_its_newest_tagged_version_is_delivered(self, real: Played) -> None:
        assert real.account["failures"] == []
        assert real.account["release"] == {"version": "4.1.13", "state": "delivered", "changes": 5}

    def test_every_tagged_version_holds_what_jira_and_git_say(self, real: Played) -> None:
        wanted = claims(json.loads((REAL / "issues.json").read_text(encoding="utf-8")))
        history = History(json.loads((REAL / "commits.json").read_text(encoding="utf-8")), ["HBASE"], "rel/{version}")
        tagged = sorted(set(wanted) & set(history.tagged), key=numbers)
        assert len(tagged) > 20
        for version in tagged:
            compare(real, version, wanted[version], history)
        assert any(set(history.named(version)) - wanted[version] for version in tagged), "nothing is unclaimed in the data"

    def test_a_version_without_a_tag_is_a_release_as_well(self, real: Played) -> None:
        view = ask("-C", real.folder, "release", "show", "3.1.1")
        assert len(view["changes"]) == 1

    def test_its_tickets_and_audit_trail_are_in_order(self, real: Played) -> None:
        assert any(row["state"] == "resolved" for row in ask("-C", real.folder, "tickets", "list", "--release", "4.1.13")["tickets"])
        assert ask("-C", real.folder, "audit", "verify")["intact"]


# ── Another shape ──────────────────────────────────────────────────────────────────────────────────


def _row(key: str, version: str, **more: Any) -> dict[str, Any]:
    return {"key": key, "summary": f"Prune what {key} is about", "fixVersion": version, "assignee": "not ours to know", **more}


def _commit(number: int, subject: str, *tags: str, parents: tuple[int, ...] | None = None, body: str = "") -> dict[str, Any]:
    before = (number - 1,) if parents is None else parents
    day = f"2026-05-{number:02}T10:00:00+02:00"
    shas = [f"{one:040x}" for one in (number, *before)]
    return {"sha": shas[0], "parents": shas[1:], "date": day, "subject": subject, "body": body, "tags": list(tags)}


ORCHARD_ISSUES = [
    _row("PLUM-1", "v1.8", asOf="2026-05-02"),
    _row("PLUM-2", "v1.9", type="New Feature"),
    _row("PLUM-3", "v1.9"),
    _row("PLUM-3", "v1.10"),
    _row("PLUM-4", "v1.10", components=["press"]),
    _row("PLUM-5", "v1.10", type="Upgrade", priority="Blocker"),
    _row("FIG-1", "v1.10"),
    _row("FIG-2", "v1.10"),
    _row("FIG-3", ""),
    _row("PLUM-6", "next"),
]
ORCHARD_COMMITS = [
    _commit(1, "PLUM-1: begin", "v1.8", parents=(900,)),
    _commit(2, "PLUM-2: graft"),
    _commit(3, "PLUM-3: water", "v1.9", "nightly-3"),
    _commit(4, "PLUM-3: water once more"),
    _commit(5, "PLUM-4: press"),
    _commit(6, "PLUM-5: a larger press", parents=(4,)),
    _commit(7, "Merge branch 'press'", parents=(6, 5)),
    _commit(8, "FIG-2: dry"),
    _commit(9, 'Revert "FIG-2: dry"', body=f"This reverts commit {8:040x}."),
    _commit(10, "FIG-3: peel; see PEAR-7", "v1.10", "v1.10-rc1"),
    _commit(11, "FIG-4: for later"),
]


class TestAnotherShape:
    pytestmark = WHOLE

    def test_versions_and_tags_are_read_as_the_options_say(self, orchard: Played) -> None:
        assert orchard.account["failures"] == []
        assert orchard.account["release"] == {"version": "1.10", "state": "delivered", "changes": 5}
        assert [one["version"] for one in ask("-C", orchard.folder, "release", "list")["releases"]][:3] == ["1.8", "1.9", "1.10"]

    def test_its_jira_is_a_data_center(self, orchard: Played) -> None:
        [jira] = yaml.safe_load((orchard.folder / "rollout.yaml").read_text(encoding="utf-8"))["jira"]
        assert "user" not in jira
        assert jira["projects"] == ["PLUM", "FIG"]

    @pytest.mark.parametrize("version", ["1.8", "1.9", "1.10"])
    def test_a_version_holds_what_jira_and_git_say_of_all_projects(self, orchard: Played, version: str) -> None:
        compare(orchard, version, claims(ORCHARD_ISSUES[:8])[version], History(ORCHARD_COMMITS, ["PLUM", "FIG"], "v{version}"))

    def test_what_nobody_proved_or_claimed_is_told(self, orchard: Played) -> None:
        view = ask("-C", orchard.folder, "release", "show", "1.10")
        assert (view["unproven"], view["unclaimed"]) == (["FIG-1", "FIG-2"], ["FIG-3"])


# ── What it refuses ────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """Files that are no export."""
    (tmp_path / "issues.json").write_text('[{"key": "no key", "summary": 7}]', encoding="utf-8")
    (tmp_path / "commits.json").write_text("[]", encoding="utf-8")
    return tmp_path / "issues.json", tmp_path / "commits.json"


def test_an_export_is_both_files(files: tuple[Path, Path]) -> None:
    for option, file in zip(("--issues", "--commits"), files, strict=True):
        said = call("demo", option, file)
        assert (said.code, "--issues and --commits go together" in said.err) == (2, True)


def test_names_of_versions_are_for_an_export_only() -> None:
    said = call("demo", "--tag", "v{version}")
    assert (said.code, "--fix-version and --tag go with --issues and --commits" in said.err) == (2, True)


def test_a_tag_names_the_version(files: tuple[Path, Path]) -> None:
    said = call("demo", "--issues", files[0], "--commits", files[1], "--tag", "latest")
    assert (said.code, "'latest' has no {version} in it" in said.err) == (2, True)


def test_files_that_are_no_export_are_told_fault_by_fault(files: tuple[Path, Path], tmp_path: Path) -> None:
    said = call("demo", "--issues", files[0], "--commits", files[1], "--dir", tmp_path / "played")
    assert said.code == 1
    assert [line.partition("issues.json ")[2].partition(":")[0] for line in said.err.splitlines()] == ["0.key", "0.summary"]
    assert not (tmp_path / "played").exists()


def test_a_pattern_without_its_group_is_told(files: tuple[Path, Path]) -> None:
    files[0].write_text('[{"key": "A-1", "summary": "x", "fixVersion": "1.0"}]', encoding="utf-8")
    said = call("demo", "--issues", files[0], "--commits", files[1], "--fix-version", r"\d+")
    assert said.code == 1
    assert "(?P<version>" in said.err
