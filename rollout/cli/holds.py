"""rollout hold, lift, stop, resume"""

from datetime import datetime

import click

from rollout.cli.options import MOMENT, acting, acts, reason
from rollout.cli.output import print_json
from rollout.core.values import PersonId


@click.command()
@click.argument("subject", metavar="CLIENT|VERSION")
@click.option("--until", type=MOMENT, help="Lift it by itself then.")
@reason
@acts
def hold(folder: str, subject: str, until: datetime | None, why: str, dry_run: bool, actor: str, at: datetime | None, as_json: bool) -> None:
    """Keep a client or a release out of automation; what is under way finishes."""
    from rollout.steps import holds as step

    with acting(folder, at, dry_run, actor) as world:
        put = step.hold(world, subject, why, PersonId(actor), until, dry_run)
    if as_json:
        print_json(put.model_dump(mode="json"))
    else:
        click.echo(f"{subject} {'would be' if dry_run else 'is'} held. Lift it: rollout lift {subject} --reason …")


@click.command()
@click.argument("subject", metavar="CLIENT|VERSION")
@reason
@acts
def lift(folder: str, subject: str, why: str, dry_run: bool, actor: str, at: datetime | None, as_json: bool) -> None:
    """Lift every hold on a client or a release."""
    from rollout.steps import holds as step

    with acting(folder, at, dry_run, actor) as world:
        count = step.lift(world, subject, why, PersonId(actor), dry_run)
    if as_json:
        print_json({"subject": subject, "lifted": count, "dry_run": dry_run})
    else:
        click.echo(f"{'would lift' if dry_run else 'lifted'} {count} hold{'' if count == 1 else 's'} on {subject}")


@click.command()
@reason
@acts
def stop(folder: str, why: str, dry_run: bool, actor: str, at: datetime | None, as_json: bool) -> None:
    """Stop everything, at once. What is under way finishes; nothing new starts until two people have resumed."""
    from rollout.steps import holds as step

    with acting(folder, at, dry_run) as world:
        put = step.stop(world, why, PersonId(actor), dry_run)
    if as_json:
        print_json(put.model_dump(mode="json"))
    else:
        click.echo(f"everything {'would be' if dry_run else 'is'} stopped. Two people release it: rollout resume --reason …")


@click.command()
@reason
@acts
def resume(folder: str, why: str, dry_run: bool, actor: str, at: datetime | None, as_json: bool) -> None:
    """Say that work may go on. The second, different person's word releases the brake."""
    from rollout.steps import holds as step

    with acting(folder, at, dry_run) as world:
        put = step.resume(world, why, PersonId(actor), dry_run)
    if as_json:
        print_json(put.model_dump(mode="json"))
    elif put.lifted_at:
        click.echo(f"work {'would go' if dry_run else 'goes'} on")
    else:
        click.echo(f"{actor} says so; one more person must as well")
