"""What commands print: help, JSON of a stable shape, plain lines in a pipe, colours on a terminal only."""

import os
import pty
import re
import shutil
import subprocess
import sys
from pathlib import Path

import click
import pytest

from rollout import __version__
from rollout.cli.app import app
from tests.cli.calling import ask, call
from tests.golden import golden
from tests.playing import BIRCH, TARGET, Play

PROGRAM = Path(sys.executable).with_name("rollout")


def tree(command: click.Command, path: tuple[str, ...] = ()) -> dict[tuple[str, ...], click.Command]:
    """Every command and group of commands, by its path."""
    found = {path: command}
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            found |= tree(command.get_command(context, name) or command, (*path, name))
    return found


# ── Help ───────────────────────────────────────────────────────────────────────────────────────────


def test_help_names_every_command(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("COLUMNS", "100")
    assert call("--help").out == golden("cli/help.txt", call("--help").out)
    assert call("-h") == call("--help")


@pytest.mark.parametrize("path", list(tree(app)), ids=" ".join)
def test_every_command_explains_itself_and_each_of_its_options(path: tuple[str, ...]) -> None:
    said = call(*path, "--help")
    assert (said.code, said.err) == (0, "")
    assert said.out.startswith(f"Usage: {' '.join(('rollout', *path))} ")
    assert re.search(r"\n\n  [A-Z]", said.out), "it does not say what it does"
    silent = [option.opts for option in tree(app)[path].params if isinstance(option, click.Option) and not option.help]
    assert silent == []


def test_the_version_is_told() -> None:
    assert call("--version").out == f"rollout, version {__version__}\n"


@pytest.mark.parametrize("words", [("--help",), ("--version",), ("advance", "--help"), ("demo", "--help"), ("stauts",)])
def test_help_needs_none_of_the_large_libraries(words: tuple[str, ...]) -> None:
    program = f"""
import sys
from rollout.cli.app import run
try:
    run({list(words)!r})
except SystemExit:
    pass
print(sorted({{"prefect", "fastapi", "sqlalchemy", "httpx", "jira", "git", "jinja2", "alembic"}} & set(sys.modules)), file=sys.stderr)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60, check=True)
    assert done.stderr.splitlines()[-1] == "[]"


# ── Reads ──────────────────────────────────────────────────────────────────────────────────────────

READS: list[tuple[tuple[str, ...], set[str]]] = [
    (("release", "list"), {"releases"}),
    (("release", "show", TARGET), {"version", "kind", "state", "digest", "changes", "unproven", "unclaimed", "signoffs", "left", "missing"}),
    (("status",), {"at", "stop", "holds", "rollouts"}),
    (("why", BIRCH), {"client", "deliveries"}),
    (("coverage", "show", "--month", "2026-12"), {"month", "timezone", "days"}),
    (("coverage", "explain", "2026-12-12T14:00Z", "--hours", "2"), {"at", "open", "reasons", "waived", "next_open", "zone_data"}),
    (("coverage", "next", "--client", BIRCH, "--hours", "3"), {"window"}),
    (("coverage", "overrides"), {"overrides"}),
    (("tickets", "list"), {"tickets"}),
    (("tickets", "show", "3"), {"tickets", "notices"}),
    (("notices", "list"), {"notices"}),
    (("errands", "list"), {"errands"}),
    (("hotfix", "list"), {"hotfixes"}),
    (("audit", "log"), {"audit"}),
    (("audit", "verify"), {"intact", "first_broken", "why"}),
    (("doctor",), {"well", "findings"}),
]
EVERY = pytest.mark.parametrize(("words", "keys"), READS, ids=[" ".join(words[:2]) for words, _ in READS])


@pytest.fixture(scope="module")
def rolling(played: Play, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A workspace whose previews are delivered, and whose clients were told."""
    played.go_to("started")
    played.tick()
    played.send()
    return Path(shutil.copytree(played.folder, tmp_path_factory.mktemp("rolling") / "workspace", ignore=shutil.ignore_patterns("fleet", "mail")))


@EVERY
def test_json_has_the_keys_that_people_rely_on(rolling: Path, words: tuple[str, ...], keys: set[str]) -> None:
    assert set(ask("-C", rolling, *words)) >= keys


@EVERY
def test_plain_lines_in_a_pipe(rolling: Path, words: tuple[str, ...], keys: set[str]) -> None:
    said = call("-C", rolling, *words)
    assert (said.code, said.err) == (0, "")
    assert said.out.endswith("\n")
    assert "\x1b" not in said.out
    assert [line for line in said.out.splitlines() if re.search(r"[│┃╭└]", line)] == []


SHOWN = (
    "release list",
    f"release show {TARGET}",
    "status",
    "status --all",
    f"why {BIRCH}",
    f"plan {TARGET} --dry-run",
    "tickets list",
    "tickets show 1",
)
CALENDAR = ("coverage show --month 2026-12", "coverage explain 2026-12-12T14:00Z", "coverage next --client birch-harbour")


@pytest.mark.parametrize("words", [*SHOWN, *CALENDAR])
def test_tables_read_as_they_should(rolling: Path, words: str) -> None:
    shown = re.sub(r"time-zone data \w+", "time-zone data …", call("-C", rolling, *words.split()).out)
    text = f"$ rollout {words}\n{shown}"
    assert text == golden(f"cli/{re.sub(r'[^a-z]+', '-', words.partition(' 20')[0]).strip('-')}.txt", text)


def test_a_look_changes_nothing(rolling: Path) -> None:
    before = {path: path.read_bytes() for path in rolling.rglob("*.yaml")} | {"audit": ask("-C", rolling, "audit", "log")}
    for words, _ in READS:
        call("-C", rolling, *words)
    assert before == {path: path.read_bytes() for path in rolling.rglob("*.yaml")} | {"audit": ask("-C", rolling, "audit", "log")}


# ── A terminal ─────────────────────────────────────────────────────────────────────────────────────


def on_terminal(folder: Path, *words: str) -> str:
    """What the program prints where somebody looks."""
    ours, theirs = pty.openpty()
    environment = {name: value for name, value in os.environ.items() if name != "NO_COLOR"} | {"TERM": "xterm-256color", "COLUMNS": "120"}
    with subprocess.Popen([PROGRAM, "-C", folder, *words], stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs, env=environment) as process:
        os.close(theirs)
        said = b"".join(iter(lambda: _read(ours), b""))
        assert process.wait(60) == 0, said
    os.close(ours)
    return said.decode()


def _read(terminal: int) -> bytes:
    """What came next; nothing where the other side is closed, which Linux calls an error."""
    try:
        return os.read(terminal, 65536)
    except OSError:
        return b""


def test_tables_have_colours_on_a_terminal(rolling: Path) -> None:
    said = on_terminal(rolling, "status", "--all")
    assert "\x1b[32mdelivered" in said
    assert "│" in said


def test_the_console_command_is_for_people_who_look(play: Play) -> None:
    """It prints an address that lets them in, and serves until it is interrupted."""
    with subprocess.Popen([PROGRAM, "-C", play.folder, "console", "--port", "0"], stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        address = process.stdout.readline()
        process.terminate()
        process.wait(30)
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+/\?token=\S+\n", address)
