"""Tells a story while it happens: on a terminal with bars that fill, in a pipe line by line."""

from collections.abc import Sequence
from datetime import datetime
from types import TracebackType
from typing import Any, Self
from zoneinfo import ZoneInfo

from rich.console import Console, Group, RenderableType
from rich.live import Live
from rich.markup import escape
from rich.table import Table

_ZONE = ZoneInfo("America/Toronto")
_COLOURS = {"good": "green", "bad": "red", "person": "cyan", "plain": "default"}


class Teller:
    """Says what happens, and shows how far each wave is. Says nothing if `quiet`. A context manager."""

    def __init__(self, quiet: bool = False) -> None:
        self._console = Console(quiet=quiet, highlight=False, soft_wrap=not Console().is_terminal)
        self._live = Live(console=self._console, refresh_per_second=8, transient=True) if self._console.is_terminal and not quiet else None

    def __enter__(self) -> Self:
        if self._live:
            self._live.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        if self._live:
            self._live.stop()

    def say(self, at: datetime, text: str, tone: str = "plain") -> None:
        """One line, with the simulated moment before it."""
        moment = f"{at.astimezone(_ZONE):%a %d %b %H:%M}"
        self._console.print(f"[dim]{moment}[/]  [{_COLOURS[tone]}]{escape(text)}[/]")

    def waves(self, at: datetime, waves: Sequence[dict[str, Any]]) -> None:
        """Show how far the waves are; on a terminal only."""
        if self._live:
            self._live.update(_bars(at, waves))


def _bars(at: datetime, waves: Sequence[dict[str, Any]]) -> RenderableType:
    table = Table.grid(padding=(0, 2))
    for wave in waves:
        counts = wave["counts"]
        total, done = sum(counts.values()), counts.get("delivered", 0)
        bad = counts.get("failed", 0) + counts.get("rolled_back", 0) + counts.get("unknown", 0)
        width = 30
        filled, broken = (round(width * part / total) if total else 0 for part in (done, bad))
        bar = f"[green]{'━' * filled}[/][red]{'━' * broken}[/][dim]{'━' * (width - filled - broken)}[/]"
        table.add_row(wave["name"], bar, f"{done}/{total}", wave["state"])
    return Group(f"[bold]{at.astimezone(_ZONE):%A %d %B %Y, %H:%M %Z}[/]", table)
