"""rollout retry, skip, roll-back, accept, continue: what a person decides when something broke"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import click

from rollout.cli.options import acting, acts, reason
from rollout.cli.output import print_json
from rollout.core.clients import Environment
from rollout.core.values import PersonId


def _delivery_act(name: str, step_name: str, help_text: str, done: str) -> click.Command:
    """A command that carries out one decision about one delivery."""

    def act(
        folder: str, client: str, version: str, environment: str, why: str, dry_run: bool, actor: str, at: datetime | None, as_json: bool
    ) -> None:
        from rollout.steps import guide

        step: Callable[..., Any] = getattr(guide, step_name)
        with acting(folder, at, dry_run, actor) as world:
            delivery = step(world, version, client, Environment(environment), why, PersonId(actor), dry_run)
        if as_json:
            print_json(delivery.model_dump(mode="json"))
        else:
            click.echo(f"{'would be' if dry_run else 'is'} {done}: {delivery.name}, now {delivery.state}")

    wrapped = reason(acts(act))
    environments = click.Choice([str(one) for one in Environment])
    wrapped = click.option("--environment", type=environments, default="production", show_default=True, help="Which of the installations.")(wrapped)
    wrapped = click.argument("version")(wrapped)
    wrapped = click.argument("client")(wrapped)
    return click.command(name, help=help_text)(wrapped)


retry = _delivery_act("retry", "retry", "Let a broken delivery start again, in the next open slot.", "planned again")
skip = _delivery_act("skip", "skip", "Leave an installation out of a release; its tickets stay open.", "left out")
roll_back = _delivery_act("roll-back", "roll_back", "Bring an installation back to what it ran before, and hold its client.", "rolled back")
accept = _delivery_act("accept", "accept", "Vouch for a delivery that arrived and that nobody could judge.", "accepted")


@click.command("continue")
@click.argument("version")
@reason
@acts
def go_on(folder: str, version: str, why: str, dry_run: bool, actor: str, at: datetime | None, as_json: bool) -> None:
    """Go on with a halted rollout in spite of its failures, which stay as they are."""
    from rollout.steps import guide

    with acting(folder, at, dry_run, actor) as world:
        forgiven = guide.go_on(world, version, why, PersonId(actor), dry_run)
    if as_json:
        print_json({"version": version, "forgiven": forgiven, "dry_run": dry_run})
    else:
        click.echo(f"{version} {'would go' if dry_run else 'goes'} on in spite of {forgiven} failures. Next: rollout advance")
