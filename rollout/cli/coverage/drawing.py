"""Draws a month of coverage: a grid of weeks, a letter and a colour for each day's state, and each day's hours or reason below."""

import sys
from collections.abc import Iterator, Sequence
from datetime import date
from typing import Any

import click

LETTERS = {"approved": "A", "provisional": "V", "proposed": "P", "closed": "-"}
COLOURS = {"approved": "green", "provisional": "cyan", "proposed": "yellow", "closed": "red"}
_MEANINGS = {
    "approved": "one may deploy",
    "provisional": "the roster is not known that far",
    "proposed": "somebody has to approve it",
    "closed": "",
}


def draw(days: Sequence[dict[str, Any]], title: str) -> None:
    """The month's grid: coloured on a terminal, letters in a pipe."""
    if sys.stdout.isatty():
        _coloured(days, title)
    else:
        click.echo(f"{title}\n{_plain(days)}")


def _weeks(days: Sequence[dict[str, Any]]) -> Iterator[list[tuple[str, str]]]:
    """The month's weeks, Monday first: seven cells of text and state each, the text of days outside the month empty."""
    cells = [("", "")] * date.fromisoformat(days[0]["day"]).weekday()
    cells += [(f"{date.fromisoformat(day['day']).day:2} {LETTERS[day['state']]}", day["state"]) for day in days]
    cells += [("", "")] * (-len(cells) % 7)
    for start in range(0, len(cells), 7):
        yield cells[start : start + 7]


def _legend(days: Sequence[dict[str, Any]]) -> str:
    """What the letters mean that stand in the month."""
    states = [state for state in LETTERS if any(day["state"] == state for day in days)]
    return ", ".join(f"{LETTERS[state]} {state}{f' ({_MEANINGS[state]})' if _MEANINGS[state] else ''}" for state in states)


def _plain(days: Sequence[dict[str, Any]]) -> str:
    """The grid for a pipe."""
    lines = ["  ".join(f"{name:<4}" for name in ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")).rstrip()]
    lines += ["  ".join(f"{text:<4}" for text, _ in week).rstrip() for week in _weeks(days)]
    return "\n".join([*lines, _legend(days)])


def _coloured(days: Sequence[dict[str, Any]], title: str) -> None:
    """The grid for a terminal."""
    from rich.console import Console
    from rich.table import Table

    table = Table(title=title, title_justify="left", header_style="bold", caption=_legend(days), caption_justify="left")
    for name in ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"):
        table.add_column(name)
    for week in _weeks(days):
        table.add_row(*(f"[{COLOURS[state]}]{text}[/]" if state else "" for text, state in week))
    Console().print(table)
