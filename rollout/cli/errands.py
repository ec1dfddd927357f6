"""rollout errands …"""

from datetime import datetime

import click

from rollout.cli.options import acting, acts, looking, reads
from rollout.cli.output import print_json, print_table
from rollout.core.errands import ErrandState
from rollout.core.values import PersonId


@click.group()
def errands() -> None:
    """Errands: what is still to be written to JIRA, and what could not be."""


@errands.command("list")
@click.option(
    "--state", "states", multiple=True, type=click.Choice([str(one) for one in ErrandState]), help="Only those in this state; may be given again."
)
@reads
def list_(folder: str, states: tuple[str, ...], as_json: bool, at: datetime | None) -> None:
    """All errands in their order, or those in some states (waiting, dead)."""
    with looking(folder, at) as world, world.ledger.read() as tx:
        found = tx.errands(states=tuple(map(ErrandState, states)) or None)
    if as_json:
        print_json({"errands": [one.model_dump(mode="json") for one in found]})
        return
    rows = [(one.key, one.version, one.state, f"{one.not_before:%Y-%m-%d %H:%M}", one.attempts, one.last_error) for one in found]
    print_table(("errand", "release", "state", "not before (UTC)", "attempts", "note"), rows, "errands")
    if any(one.state is ErrandState.DEAD for one in found):
        click.echo("Next: rollout errands retry KEY")


@errands.command()
@click.argument("key")
@acts
def retry(folder: str, key: str, dry_run: bool, actor: str, at: datetime | None, as_json: bool) -> None:
    """Run an errand again that is dead, or that waits: JIRA was mended, or the credential."""
    from rollout.steps import errands as step

    with acting(folder, at, dry_run, actor) as world:
        errand = step.retry(world, key, PersonId(actor), dry_run)
    if as_json:
        print_json(errand.model_dump(mode="json"))
    else:
        click.echo(f"{key} {'would be' if dry_run else 'will be'} run again. Next: rollout notify")
