"""rollout coverage refresh"""

from datetime import datetime

import click

from rollout.cli.options import acting, ticks
from rollout.cli.output import print_json, print_table


@click.command()
@click.option("--only", metavar="ID", help="Fetch this one now, whether it is due or not.")
@ticks
def refresh(folder: str, only: str | None, dry_run: bool, at: datetime | None, as_json: bool) -> None:
    """Fetch the subscribed calendars that are due. Safe to repeat; what fails keeps its last good copy, and closes once that is too old."""
    from rollout.core.delivery import span
    from rollout.steps import feeds as step

    with acting(folder, at, dry_run) as world:
        found, now = step.refresh(world, only, dry_run), world.clock()
    failed = [one for one in found if one.state is step.FeedState.FAILED]
    if as_json:
        print_json({"dry_run": dry_run, "feeds": [one.model_dump(mode="json") for one in found]})
    else:
        rows = [(one.name, str(one.state), one.events, span(now - one.fetched_at) if one.fetched_at else "", one.server) for one in found]
        print_table(("feed", "state", "events", "age", "server"), rows, "feeds")
        for one in failed:
            click.echo(f"problem: {one.problem}", err=True)
        for one in found:
            if one.closes:
                click.echo(f"{one.name}: closes what it is about: {one.closes}", err=True)
    if failed:
        raise SystemExit(1)
    if not as_json:
        click.echo("Next: rollout coverage show" if found else "Next: subscribe to one; docs/calendars.md tells how")
