"""Acts in processes of their own, which may be told to kill themselves: `python -m tests.killing FOLDER` is what `Acts` talks to.

That process has imported everything and opened nothing. It forks one child for each act. The child counts the points that it passes: before and
after each commit of something written, before each program that it starts, before each word to a mail server; at the given one it is gone.
"""

import gc
import json
import os
import pkgutil
import signal
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import IO, Any

from rollout.adapters.web import trust
from rollout.core.audit import first_broken
from rollout.ports import Tx, World
from rollout.steps.advance import advance
from rollout.steps.notify import notify
from rollout.wiring import open_world

ROOT = Path(__file__).resolve().parents[1]
ACTS: Mapping[str, Callable[[World], Any]] = {"advance": advance, "notify": notify}
_WRITES = ("INSERT", "UPDATE", "DELETE")


@dataclass(frozen=True)
class Ended:
    """How an act ended: the points that it passed, in order, whether it was killed, and if not, what it returned and the ledger afterwards."""

    points: tuple[str, ...]
    killed: bool
    returned: Mapping[str, Any]
    ledger: Mapping[str, Any]


# ── The side of the test ───────────────────────────────────────────────────────────────────────────


class Acts:
    """Carries out acts in one workspace, each in a fresh process."""

    def __init__(self, folder: Path, server: "subprocess.Popen[str]") -> None:
        self._folder, self._server = folder, server

    def start(self, act: str, die_at: int | None = None) -> int:
        """Begin the act, which dies at its point of that number, counted from 1; returns the process that it runs in."""
        self._say({"folder": str(self._folder), "act": act, "die_at": die_at})
        return int(self._hear()["pid"])

    def end(self) -> Ended:
        """Wait until the act that was begun first has ended."""
        self._say({})
        told = self._hear()
        assert told["status"] in (0, -signal.SIGKILL), told
        return Ended(tuple(told["points"]), told["status"] != 0, told.get("returned", {}), told.get("ledger", {}))

    def run(self, act: str, die_at: int | None = None) -> Ended:
        """The whole act."""
        self.start(act, die_at)
        return self.end()

    def _say(self, words: Mapping[str, Any]) -> None:
        _pipe(self._server.stdin).write(json.dumps(words) + "\n")
        _pipe(self._server.stdin).flush()

    def _hear(self) -> dict[str, Any]:
        line = _pipe(self._server.stdout).readline()
        assert line, "the process that forks the acts is gone"
        return dict(json.loads(line))


def _pipe(stream: IO[str] | None) -> IO[str]:
    assert stream is not None
    return stream


@contextmanager
def acts_in(folder: Path) -> Iterator[Acts]:
    """Acts in that workspace."""
    command = [sys.executable, "-m", "tests.killing", str(folder)]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as server:
        try:
            yield Acts(folder, server)
        finally:
            server.kill()


# ── The process that forks ─────────────────────────────────────────────────────────────────────────


def main(folder: Path) -> None:
    _import_all()
    _get_ready(folder)
    begun: list[tuple[int, int]] = []
    for line in sys.stdin:
        asked = json.loads(line)
        if asked:
            begun.append(_fork(asked))
            _tell({"pid": begun[-1][0]})
        else:
            _tell(_await(*begun.pop(0)))


def _import_all() -> None:
    """What a workspace imports when it first needs it."""
    for room in ("adapters", "ledger", "steps", "wiring"):
        package = import_module(f"rollout.{room}")
        for found in pkgutil.walk_packages(package.__path__, f"rollout.{room}."):
            if ".migrations" not in found.name:
                import_module(found.name)
    for name in ("pg8000", "sqlalchemy.dialects.sqlite", "sqlalchemy.dialects.postgresql.pg8000"):
        import_module(name)


def _get_ready(folder: Path) -> None:
    """Do once what each child would do, as far as nothing is opened; and let them not look through all of it for what may be thrown away."""
    trust()
    with open_world(folder) as world:
        world.coverage()
        world.clients()
    gc.freeze()


def _tell(words: Mapping[str, Any]) -> None:
    sys.stdout.write(json.dumps(words) + "\n")
    sys.stdout.flush()


def _fork(asked: Mapping[str, Any]) -> tuple[int, int]:
    """A child that acts; returns its number, and where what it has to say can be read."""
    listening, saying = os.pipe()
    pid = os.fork()
    if pid:
        os.close(saying)
        return pid, listening
    os.close(listening)
    try:
        _act(asked, saying)
        os._exit(0)
    except BaseException:  # whatever it is, this child must not go on as its parent
        traceback.print_exc()
    finally:
        os._exit(1)


def _await(pid: int, listening: int) -> dict[str, Any]:
    with os.fdopen(listening, encoding="utf-8") as heard:
        lines = heard.read().splitlines()
    _, status = os.waitpid(pid, 0)
    points = [line.removeprefix("point ") for line in lines if line.startswith("point ")]
    told = next((json.loads(line) for line in lines if line.startswith("{")), {})
    return {"status": os.waitstatus_to_exitcode(status), "points": points, **told}


# ── The child ──────────────────────────────────────────────────────────────────────────────────────


def _act(asked: Mapping[str, Any], saying: int) -> None:
    points = _Points(saying, asked["die_at"])
    points.watch()
    with open_world(Path(asked["folder"])) as world:
        returned = ACTS[asked["act"]](world)
        points.ignore()
        with world.ledger.read() as tx:
            told = {"returned": returned.model_dump(mode="json"), "ledger": standing(tx)}
    os.write(saying, f"{json.dumps(told)}\n".encode())


class _Points:
    """Counts what the child is about to do or has just done, and ends it at one of them."""

    def __init__(self, saying: int, die_at: int | None) -> None:
        self._saying, self._die_at = saying, die_at
        self._passed = 0

    def watch(self) -> None:
        """Listen to every database connection, and to what Python itself reports of programs and mail."""
        from sqlalchemy import Engine, event
        from sqlalchemy.pool import Pool

        event.listen(Engine, "before_cursor_execute", self._execute)
        event.listen(Engine, "commit", self._commit)
        event.listen(Pool, "checkin", self._checkin)
        sys.addaudithook(self._audit)

    def ignore(self) -> None:
        """Nothing that follows counts."""
        self._saying, self._die_at = -1, None

    def _pass(self, what: str) -> None:
        if self._saying < 0:
            return
        self._passed += 1
        os.write(self._saying, f"point {what}\n".encode())
        if self._passed == self._die_at:
            os.kill(os.getpid(), signal.SIGKILL)

    def _execute(self, connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if statement.lstrip().startswith(_WRITES):
            connection.info["written"] = True

    def _commit(self, connection: Any) -> None:
        if connection.info.pop("written", False):
            connection.info["committing"] = True
            self._pass("before a commit")

    def _checkin(self, _connection: Any, record: Any) -> None:
        if record.info.pop("committing", False):
            self._pass("after a commit")

    def _audit(self, event: str, arguments: tuple[Any, ...]) -> None:
        if event == "subprocess.Popen":
            self._pass(f"before {Path(os.fsdecode(arguments[0])).name}")
        elif event == "smtplib.connect":
            self._pass("before the mail server")
        elif event == "smtplib.send" and not _is_talk(arguments[1]):
            self._pass("before the last word to the mail server" if bytes(arguments[1]) == b"quit\r\n" else "before the mail itself")


def _is_talk(said: bytes) -> bool:
    """Whether a word to a mail server has no effect that lasts."""
    return said.split(maxsplit=1)[0].lower() in (b"ehlo", b"mail", b"rcpt", b"data")


def standing(tx: Tx) -> dict[str, Any]:
    """How things stand in the ledger, without who did it when; `audit` is how long the trail is, if it is whole."""
    trail = list(tx.audit())
    assert first_broken(trail) is None, first_broken(trail)
    return {
        "releases": {one.version: one.state for one in tx.releases()},
        "waves": [f"{one.name} {one.state} {one.size}" for release in tx.releases() for one in tx.waves(release.version)],
        "deliveries": {one.name: f"{one.state} {one.attempt} {one.slot_start} {one.announced_start}" for one in tx.deliveries()},
        "installed": {f"{client}/{environment}": version for (client, environment), version in tx.installed().items()},
        "notices": {one.key: f"{one.state} {one.sent_at} {one.body}" for one in tx.notices()},
        "errands": {one.key: one.state for one in tx.errands()},
        "audit": len(trail),
    }


if __name__ == "__main__":
    main(Path(sys.argv[1]))
