"""A theatre: a small story on real stand-ins, with its ledger in a real database, whose moments can be played again and again."""

import os
import tempfile
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

from rollout.sandbox.stage import Stage
from rollout.sandbox.story import Story
from tests.databases import PostgresServer
from tests.killing import Acts, Ended, acts_in
from tests.moments import Keeper, Moments, PostgresKeeper, SqliteKeeper
from tests.outside import Outside, outside
from tests.stories import small_stage, start_rollout

AGAIN = 20


@dataclass(frozen=True)
class Seen:
    """What can be seen after acts: how things stand in the ledger, and everything outside."""

    ledger: Mapping[str, Any]
    outside: Mapping[str, Any]


@dataclass(frozen=True)
class Theatre:
    """The stage, its stand-ins behind a gate, its moments, and processes that act there; the server of its ledger, None for a file."""

    server: PostgresServer | None
    stage: Stage
    outside: Outside
    moments: Moments
    acts: Acts

    def go_to(self, moment: str) -> None:
        """Make the workspace as it was at that moment, with new stand-ins."""
        self.moments.restore(moment)
        self.outside.renew()

    def act(self, name: str, die_at: int | None = None, fatal: int | None = None) -> Ended:
        """Carry out the act, which may be killed: at a point of its own, or at one of the gate."""
        self.outside.gate.reset(fatal)
        self.outside.gate.victim.set_result(self.acts.start(name, die_at))
        return self.acts.end()

    def act_again(self, name: str, until: Mapping[str, Any]) -> Seen:
        """Carry out the act, each time in a new process, until the ledger is so, or nothing moves any more."""
        ledger: Mapping[str, Any] = {}
        for _ in range(AGAIN):
            before, ledger = ledger, self.act(name).ledger
            if told(ledger) == told(until) or ledger == before:
                break
        return Seen(ledger, self.outside.effects())

    def act_at_once(self, *names: str) -> list[Ended]:
        """Carry out the acts at the same time, each in a process of its own."""
        self.outside.gate.reset(None)
        for name in names:
            self.acts.start(name)
        return [self.acts.end() for _ in names]

    def set_clock(self, at: datetime) -> None:
        """Let it be that moment for the acts to come."""
        (self.stage.folder / "clock.txt").write_text(at.isoformat(), encoding="utf-8")


def told(ledger: Mapping[str, Any]) -> dict[str, Any]:
    """How things stand, without how many rows it took to tell how it came about."""
    return {name: part for name, part in ledger.items() if name != "audit"}


@contextmanager
def theatre(
    server: PostgresServer | None, story: Story | None = None, before_start: Callable[[Stage], object] = lambda _: None, **settings: Any
) -> Iterator[Theatre]:
    """A theatre in a folder of its own, with its rollout just started; the ledger is on that server, or else in a file."""
    with ExitStack() as opened:
        folder = Path(opened.enter_context(tempfile.TemporaryDirectory(prefix="rollout-theatre-", dir=_quick_disk())))
        url, keeper = _ledger(folder, server, opened)
        stage = opened.enter_context(small_stage(folder / "workspace", story, ledger={"url": url}, **settings))
        before_start(stage)
        start_rollout(stage.folder)
        moments = Moments(stage.folder, folder, keeper)
        yield Theatre(server, stage, opened.enter_context(outside(stage)), moments, opened.enter_context(acts_in(stage.folder)))


def _quick_disk() -> str | None:
    """Where files are kept in memory, if there is such a place: what is tested is a killed process, not a power cut."""
    memory = Path("/dev/shm")
    return str(memory) if memory.is_dir() and os.access(memory, os.W_OK) else None


def _ledger(folder: Path, server: PostgresServer | None, opened: ExitStack) -> tuple[str, Keeper]:
    if server is None:
        return "sqlite:///ledger.sqlite", SqliteKeeper(folder / "workspace" / "ledger.sqlite", folder)
    name = f"theatre_{os.urandom(4).hex()}"
    url = opened.enter_context(server.database(name))
    connection = server.connected(name)
    opened.callback(connection.close)
    return url, PostgresKeeper(connection)
