"""rollout coverage approve"""

from datetime import date, datetime, timedelta
from typing import Any

import click

from rollout.cli.options import YEARS, acting, acts
from rollout.cli.output import print_json
from rollout.core.values import PersonId

_MOST = 366


class DaysType(click.ParamType[tuple[date, ...]]):
    """A day as 2026-12-09, or all from one to another as 2026-12-07..2026-12-11."""

    name = "days"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[date, ...]:
        if isinstance(value, tuple):
            return value
        first, _, last = value.partition("..")
        try:
            start, end = date.fromisoformat(first), date.fromisoformat(last or first)
        except ValueError:
            self.fail(f"{value!r} is no day; write 2026-12-09, or 2026-12-07..2026-12-11", param, ctx)
        if start.year not in YEARS or end.year not in YEARS or not start <= end <= start + timedelta(days=_MOST):
            self.fail(f"{value!r} must be in order, {_MOST} days at most, in the years {YEARS[0]} to {YEARS[-1]}", param, ctx)
        return tuple(start + timedelta(days=number) for number in range((end - start).days + 1))


@click.command()
@click.argument("days", type=DaysType(), nargs=-1, required=True, metavar="DAY...")
@click.option("--note", default="", help="What others should know; it is kept.")
@click.option("--rule", help="Only for the window with this id.")
@click.option("--withdraw", is_flag=True, help="Take it back: the days no longer count.")
@acts
def approve(
    folder: str,
    days: tuple[tuple[date, ...], ...],
    note: str,
    rule: str | None,
    withdraw: bool,
    dry_run: bool,
    actor: str,
    at: datetime | None,
    as_json: bool,
) -> None:
    """Let days count that a window only proposes (approval: required). DAY is 2026-12-09, or 2026-12-07..2026-12-11."""
    from rollout.steps import days as step

    act = step.withdraw if withdraw else step.approve
    with acting(folder, at, dry_run, actor) as world:
        done = act(world, [day for each in days for day in each], note, PersonId(actor), rule, dry_run)
    if as_json:
        print_json([one.model_dump(mode="json") for one in done])
        return
    verb = f"{'would be' if dry_run else 'is'} {'withdrawn' if withdraw else 'approved'}"
    for one in done:
        click.echo(f"{one.day:%a %Y-%m-%d} {verb} for {one.rule}")
    if not done:
        click.echo("these days count already")
