"""rollout coverage lint"""

import sys
from collections.abc import Sequence
from datetime import datetime
from typing import TYPE_CHECKING

import click

from rollout.cli.options import looking, reads
from rollout.cli.output import print_json, print_table
from rollout.errors import Refused

if TYPE_CHECKING:
    from rollout.core.coverage.looking import CalendarFinding


@click.command()
@click.option("--days", type=click.IntRange(1, 366), default=32, show_default=True, help="In how many days there should be so many open hours.")
@click.option("--hours", type=click.IntRange(0, 366 * 24), help="How many; 48 otherwise, or half of what the windows alone open.")
@reads
def lint(folder: str, days: int, hours: int | None, as_json: bool, at: datetime | None) -> None:
    """Look all calendars over: needless, dead or ambiguous rules, names that match nobody, too few open hours."""
    from rollout.core.coverage.rarity import Wanted
    from rollout.core.findings import Grade
    from rollout.steps import lint as step

    with looking(folder, at) as world:
        findings = step.look_over(world, Wanted(days, hours))
    faults = sum(one.grade is Grade.FAULT for one in findings)
    if as_json:
        print_json({"well": not faults, "findings": [one.model_dump(mode="json") for one in findings]})
    else:
        _print(findings)
    if faults:
        raise Refused(f"{faults} fault{'' if faults == 1 else 's'} found; see above")


def _print(findings: "Sequence[CalendarFinding]") -> None:
    """A table on a terminal; in a pipe a line for each, as programs that jump to places read them."""
    if sys.stdout.isatty() and findings:
        print_table(("", "where", "finding", "what to do"), [(str(one.grade), one.source, one.text, one.hint) for one in findings])
        return
    for one in findings:
        end = "" if one.text.endswith((".", "?")) else "."
        click.echo(f"{one.source or 'calendars'}: {one.grade}: {one.text}{end} {one.hint}")
    if not findings:
        click.echo("nothing to remark on")
