"""How commands print: JSON, tables on a terminal, plain aligned lines in a pipe."""

import json
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import click


def print_json(data: Any) -> None:
    """Print JSON, indented on a terminal."""
    indent = 2 if sys.stdout.isatty() else None
    click.echo(json.dumps(data, indent=indent, ensure_ascii=False, default=str))


def print_table(columns: Sequence[str], rows: Iterable[Sequence[object]], title: str = "") -> None:
    """Print rows under their columns."""
    cells = [["" if cell is None else printable(str(cell)) for cell in row] for row in rows]
    if not cells:
        click.echo(f"{title}: none" if title else "none")
    elif sys.stdout.isatty():
        _draw(columns, cells, title)
    else:
        _align(columns, cells)


def printable(text: str) -> str:
    """The text without what a terminal would obey: control characters, which come with other people's texts, become question marks."""
    return text if text.isprintable() else "".join(sign if sign.isprintable() or sign in "\n\t" else "�" for sign in text)


def _draw(columns: Sequence[str], cells: list[list[str]], title: str) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(*columns, title=title or None, title_justify="left", header_style="bold")
    for row in cells:
        table.add_row(*(_coloured(escape(cell)) for cell in row))
    Console().print(table)


def _coloured(cell: str) -> str:
    """States have a colour wherever they stand."""
    colour = COLOURS.get(cell)
    return f"[{colour}]{cell}[/]" if colour else cell


COLOURS = {
    "delivered": "green",
    "resolved": "green",
    "promoted": "green",
    "signed": "green",
    "ok": "green",
    "open": "cyan",
    "approved": "green",
    "provisional": "cyan",
    "proposed": "yellow",
    "enough": "green",
    "short": "red",
    "started": "cyan",
    "arrived": "cyan",
    "rolling_out": "cyan",
    "halted": "red",
    "failed": "red",
    "fault": "red",
    "unknown": "red",
    "dead": "red",
    "rolled_back": "yellow",
    "warning": "yellow",
    "withdrawn": "yellow",
    "closed": "yellow",
}


def _align(columns: Sequence[str], cells: list[list[str]]) -> None:
    widths = [max(len(row[index]) for row in ([*columns], *cells)) for index in range(len(columns))]
    for row in ([*columns], *cells):
        click.echo("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())


def program() -> str:
    """How this program is called from here: by its name if a shell finds it, else as it was called."""
    from shutil import which

    return "rollout" if which("rollout") else sys.argv[0]


def local(at: datetime | str | None, zone: str) -> str:
    """A moment in the company's zone, as people write it; empty for none."""
    if at is None:
        return ""
    moment = datetime.fromisoformat(at) if isinstance(at, str) else at
    return f"{moment.astimezone(ZoneInfo(zone)):%a %Y-%m-%d %H:%M %Z}"


def reasons(verdicts: Iterable[Any]) -> str:
    """The texts of reasons, in one line."""
    return "; ".join(one["text"] if isinstance(one, dict) else one.text for one in verdicts)
