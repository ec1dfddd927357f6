"""rollout collect"""

from datetime import datetime

import click

from rollout.cli.options import acting, ticks
from rollout.cli.output import print_json


@click.command()
@click.option("--full", is_flag=True, help="Read every issue again, and find those that are gone.")
@ticks
def collect(folder: str, full: bool, dry_run: bool, at: datetime | None, as_json: bool) -> None:
    """Collect changes from JIRA and the tickets behind them. Safe to repeat; what fails is collected the next time."""
    from rollout.steps import collect as step

    with acting(folder, at, dry_run) as world:
        found = step.preview(world) if dry_run else step.collect(world, full)
    if as_json:
        print_json(found.model_dump(mode="json"))
        return
    verb = "would read" if dry_run else "collected"
    click.echo(f"{verb} {found.changes} changes, {found.tickets} tickets; {len(found.releases)} new releases")
    for version in found.voided:
        click.echo(f"{version}: its content moved, and its sign-offs fell. See rollout release show {version}")
    for key in found.gone:
        click.echo(f"{key} is gone from JIRA, or hidden")
    for problem in found.problems:
        click.echo(f"problem: {problem}", err=True)
    if found.problems:
        raise SystemExit(1)
    click.echo("Next: rollout release list")
