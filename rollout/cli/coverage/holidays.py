"""rollout coverage holidays sync"""

import re
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import click

from rollout.cli.options import YEARS, ticks
from rollout.cli.output import print_json, print_table

if TYPE_CHECKING:
    from rollout.steps.holidays import Synced

_AHEAD = 2


class YearsType(click.ParamType[tuple[int, int]]):
    """A year, as 2026, or all from one to another, as 2026-2028."""

    name = "years"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, int]:
        if isinstance(value, tuple):
            return value
        parts = re.fullmatch(r"([0-9]{4})(?:-([0-9]{4}))?", value)
        if not parts:
            self.fail(f"{value!r} are no years; write them like 2026-2028", param, ctx)
        first, last = int(parts[1]), int(parts[2] or parts[1])
        if last < first or first not in YEARS or last not in YEARS:
            self.fail(f"{value!r} must be in order, and in the years {YEARS[0]} to {YEARS[-1]}", param, ctx)
        return first, last


@click.group()
def holidays() -> None:
    """Public holidays, kept in lock files that people review."""


@holidays.command()
@click.argument("codes", nargs=-1, required=True, metavar="CODE...")
@click.option("--years", type=YearsType(), metavar="YEARS", help="As 2026-2028; this year and the two after it otherwise.")
@click.option("--staff", is_flag=True, help="A new file closes nothing: it takes away the people whose shifts name it.")
@click.option("--edits", type=click.Choice(["keep", "discard"]), help="What becomes of dates that were edited by hand, where it cannot be told.")
@ticks
def sync(
    folder: str,
    codes: tuple[str, ...],
    years: tuple[int, int] | None,
    staff: bool,
    edits: Literal["keep", "discard"] | None,
    dry_run: bool,
    as_json: bool,
    at: datetime | None,
) -> None:
    """Write the lock files of places, such as CA-ON or CA, for review in git. Exceptions stay as they are; years are added, never dropped."""
    from rollout.steps import holidays as step
    from rollout.wiring.holidays import open_holidays

    opened = open_holidays(Path(folder), at, reading=dry_run)
    wanted = years or (opened.today.year, opened.today.year + _AHEAD)
    done = step.sync(opened.locks, opened.almanac, codes, wanted, staff=staff, edits=edits, dry_run=dry_run)
    if as_json:
        print_json({"dry_run": dry_run, "files": [_plain(one) for one in done]})
        return
    for one in done:
        _print(one, dry_run)
    closing = [one.file for one in done if one.new and not staff]
    if closing:
        click.echo(f"{', '.join(closing)}: closes everybody on these days. For the days of people who live there only: --staff")
    if any(one.written for one in done) and not dry_run:
        click.echo("Next: look at the difference in git; then rollout coverage show")


def _print(one: "Synced", dry_run: bool) -> None:
    verb = "would write" if dry_run else "wrote"
    state = f"{verb} {'a new file' if one.new else 'it'}" if one.written else "is as it would be written"
    click.echo(f"{one.file}: {state} ({one.place} {one.first}-{one.last}, holidays {one.version})")
    rows = [(str(change.day.year), change.what, str(change.day), _name(change)) for change in one.changes]
    rows += [(str(kept.date.year), "kept", str(kept.date), f"{kept.why} (edited by hand: it is under except now)") for kept in one.kept]
    if rows:
        print_table(("year", "what", "day", "name"), rows)


def _name(change: Any) -> str:
    return f"{change.before} -> {change.after}" if change.what == "renamed" else change.after or change.before


def _plain(one: "Synced") -> dict[str, Any]:
    data = one.model_dump(mode="json", exclude={"changes", "kept"})
    years: dict[str, dict[str, Any]] = {}
    for change in one.changes:
        years.setdefault(str(change.day.year), {}).setdefault(change.what, {})[str(change.day)] = _name(change)
    return {**data, "years": years, "kept": {str(each.date): each.why for each in one.kept}}
