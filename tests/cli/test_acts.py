"""What all acts have in common: a dry run leaves everything as it was, and no act happens at another time than now outside a sandbox."""

import hashlib
import sqlite3
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from rollout.adapters.files.starter import StarterFiles
from rollout.cli.app import app
from rollout.core.closing import NoticeState
from rollout.core.delivery import DeliveryState
from rollout.core.errands import Errand, ErrandKind
from rollout.steps import holds, hotfix
from rollout.steps.cut import pull
from rollout.steps.init import init
from tests.builders import notice
from tests.cli.calling import ask, call
from tests.playing import AMBER, BIRCH, COBALT, DANA, FIRST, LEE, PREVIEW, SECOND, TARGET, Play

# ── Where each act makes sense ─────────────────────────────────────────────────────────────────────


def collected(play: Play) -> None:
    play.go_to("collected")


def edited(play: Play) -> None:
    """An issue has changed in JIRA since it was collected."""
    play.go_to("collected")
    play.later(hours=1).jira.set_field(FIRST, "QA state", "Failed")


def cut(play: Play) -> None:
    play.go_to("cut")


def pulled(play: Play) -> None:
    """A change was taken out of the release after the cut."""
    play.go_to("cut")
    pull(play.world, TARGET, SECOND, "it is not tested enough", DANA)


def signed(play: Play) -> None:
    play.go_to("signed")


def rolling(play: Play) -> None:
    """The first slots are due, and clients are to be told."""
    play.go_to("started")


def troubled(play: Play) -> None:
    """One preview failed, another arrived and cannot be judged; things are held, stopped and waiting for a person."""
    play.go_to("started")
    play.fleet.make_sick(AMBER, PREVIEW, "the map does not load", for_version=TARGET)
    play.tick()
    arrived = play.delivery(BIRCH, PREVIEW).model_copy(update={"state": DeliveryState.ARRIVED})
    with play.world.ledger.begin() as tx:
        tx.save_deliveries([arrived])
        tx.put_errand(Errand(key="broken", kind=ErrandKind.RELEASE_FIX_VERSION, tracker="jira", version=TARGET, words={}, not_before=play.now))
        tx.put_notice(notice("waiting", state=NoticeState.REVIEW, not_before=play.now, created_at=play.now))
    hotfix.open_hotfix(play.world, (FIRST,), LEE)
    holds.hold(play.world, COBALT, "their audit", DANA)
    holds.stop(play.world, "the map does not load", LEE)


def proposed(play: Play) -> None:
    play.go_to("collected")
    desk = play.folder / "calendars" / "coverage.yaml"
    text = desk.read_text(encoding="utf-8")
    desk.write_text(text.replace("id: support-coverage\n", "id: support-coverage\napproval: required\n"), encoding="utf-8")


HOTFIX = f"20261130-1400-{FIRST}"
WHY = ("--reason", "to see")
ACTS: list[tuple[Callable[[Play], None], tuple[str, ...]]] = [
    (edited, ("collect",)),
    (collected, ("release", "cut", TARGET)),
    (cut, ("release", "assess", TARGET, "--risk", "high")),
    (pulled, ("release", "add", TARGET, SECOND, *WHY)),
    (cut, ("release", "pull", TARGET, FIRST, *WHY)),
    (signed, ("release", "revise", TARGET, *WHY)),
    (cut, ("release", "cancel", TARGET, *WHY)),
    (cut, ("sign", TARGET, "--role", "pm")),
    (cut, ("sign", TARGET, "--role", "pm", "--reject", "--note", "not yet")),
    (signed, ("plan", TARGET)),
    (signed, ("start", TARGET)),
    (rolling, ("advance",)),
    (rolling, ("notify",)),
    (rolling, ("publish",)),
    (rolling, ("hold", AMBER, *WHY)),
    (rolling, ("stop", *WHY)),
    (rolling, ("hotfix", "open", FIRST)),
    (troubled, ("lift", COBALT, *WHY)),
    (troubled, ("resume", *WHY)),
    (troubled, ("retry", AMBER, TARGET, "--environment", "preview", *WHY)),
    (troubled, ("skip", AMBER, TARGET, "--environment", "preview", *WHY)),
    (troubled, ("roll-back", AMBER, TARGET, "--environment", "preview", *WHY)),
    (troubled, ("accept", BIRCH, TARGET, "--environment", "preview", *WHY)),
    (troubled, ("continue", TARGET, *WHY)),
    (troubled, ("notices", "release", "waiting")),
    (troubled, ("notices", "done", "waiting")),
    (troubled, ("errands", "retry", "broken")),
    (troubled, ("hotfix", "triage", HOTFIX)),
    (troubled, ("hotfix", "notice", HOTFIX, "--eta", "2026-12-01T12:00Z")),
    (proposed, ("coverage", "approve", "2026-12-09")),
]
EVERY = pytest.mark.parametrize(("scene", "words"), ACTS, ids=[" ".join(words[:2]) for _, words in ACTS])


def actors(words: tuple[str, ...]) -> tuple[str, ...]:
    """Who does it, where it is somebody's decision."""
    return () if words[0] in ("collect", "advance", "notify") else ("--as", DANA)


def commands(group: click.Group, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """Every command with its path."""
    context = click.Context(group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        if isinstance(command, click.Group):
            yield from commands(command, (*path, name))
        else:
            yield (*path, name), command


def with_option(name: str) -> set[tuple[str, ...]]:
    """The commands that have it."""
    return {path for path, command in commands(app) if any(name in parameter.opts for parameter in command.params)}


def test_every_act_is_tried_here() -> None:
    tried = {path for path in with_option("--dry-run") for _, words in ACTS if words[: len(path)] == path}
    upon_files = {("init",), ("coverage", "refresh"), ("coverage", "import"), ("coverage", "holidays", "sync")}  # they have tests of their own
    assert with_option("--dry-run") - tried == upon_files


def test_everything_but_the_console_answers_in_json() -> None:
    assert {path for path, _ in commands(app)} - with_option("--json") == {("console",)}


# ── Dry runs ───────────────────────────────────────────────────────────────────────────────────────


def standing(play: Play) -> dict[str, Any]:
    """Everything that an act could leave a trace in: the ledger row by row, each file, and what the stand-ins got to hear."""
    with sqlite3.connect(play.folder / "ledger.sqlite") as ledger:
        rows = list(ledger.iterdump())
    files = {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in play.folder.rglob("*") if path.is_file() and ".sqlite" not in path.name}
    issues = {issue.key: play.jira.fix_versions(issue.key) for issue in play.jira.issues()}
    versions = [(one.name, one.released) for one in play.jira.versions("SKIFF")]
    acts = [play.fleet.acts_of(client, environment) for client, environment in play.fleet.installations()]
    return {"rows": rows, "files": files, "jira": (issues, versions), "desk": len(play.desk.replies), "mails": len(play.mails()), "acts": acts}


@EVERY
def test_a_dry_run_says_what_would_be_done_and_does_nothing(play: Play, scene: Callable[[Play], None], words: tuple[str, ...]) -> None:
    scene(play)
    before = standing(play)
    said = call("-C", play.folder, *words, *actors(words), "--dry-run")
    assert (said.code, said.err) == (0, "")
    assert said.out
    assert ask("-C", play.folder, *words, *actors(words), "--dry-run")
    assert standing(play) == before


@EVERY
def test_the_act_itself_leaves_its_trace(play: Play, scene: Callable[[Play], None], words: tuple[str, ...]) -> None:
    scene(play)
    before = standing(play)
    assert ask("-C", play.folder, *words, *actors(words)) is not None
    assert standing(play)["rows"] != before["rows"]
    assert ask("-C", play.folder, "audit", "verify")["intact"]


def test_a_dry_run_of_init_writes_nothing(tmp_path: Path) -> None:
    told = ask("init", tmp_path / "new", "--dry-run")
    assert (told["dry_run"], "rollout.yaml" in told["files"]) == (True, True)
    assert not (tmp_path / "new").exists()


# ── Another time than now ──────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def earnest(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace that is no sandbox."""
    folder = tmp_path_factory.mktemp("earnest")
    init(StarterFiles(), folder)
    return folder


@EVERY
def test_no_act_happens_at_another_time_outside_a_sandbox(earnest: Path, scene: Callable[[Play], None], words: tuple[str, ...]) -> None:
    said = call("-C", earnest, *words, *actors(words), "--at", "2026-12-01T12:00Z")
    assert (said.code, said.out) == (1, "")
    assert said.err == ("rollout: cannot act as if it were 2026-12-01T12:00:00+00:00: this workspace is no sandbox. Leave --at away, or only look.\n")
    assert not (earnest / "ledger.sqlite").exists()


def test_one_may_look_as_of_any_time(earnest: Path) -> None:
    months = {ask("-C", earnest, "coverage", "show", "--at", f"2026-{month}-15T12:00Z")["month"] for month in ("07", "12")}
    assert months == {"2026-07", "2026-12"}


def test_a_sandbox_acts_at_the_time_that_is_given(play: Play) -> None:
    play.go_to("started")
    held = ask("-C", play.folder, "hold", AMBER, *WHY, "--at", "2026-11-30T15:30+01:00")
    assert held["at"] == "2026-11-30T14:30:00Z"
