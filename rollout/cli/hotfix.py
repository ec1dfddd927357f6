"""rollout hotfix open, triage, notice, list"""

from datetime import datetime

import click

from rollout.cli.options import MOMENT, acting, acts, looking, reads
from rollout.cli.output import print_json, print_table, reasons
from rollout.core.values import PersonId


@click.group()
def hotfix() -> None:
    """Critical hotfixes after hours, and their two service clocks."""


@hotfix.command("open")
@click.argument("keys", nargs=-1, required=True, metavar="KEY...")
@acts
def open_(folder: str, keys: tuple[str, ...], dry_run: bool, actor: str, at: datetime | None, as_json: bool) -> None:
    """Start the clocks: triage within 15 minutes, a status notice with an ETA within the hour."""
    from rollout.steps import hotfix as step

    with acting(folder, at, dry_run, actor) as world:
        clock = step.open_hotfix(world, keys, PersonId(actor), dry_run)
    if as_json:
        print_json(clock.model_dump(mode="json"))
    else:
        click.echo(f"hotfix {clock.id} {'would be' if dry_run else 'is'} open. Next: rollout hotfix triage {clock.id}")


@hotfix.command()
@click.argument("hotfix_id", metavar="ID")
@acts
def triage(folder: str, hotfix_id: str, dry_run: bool, actor: str, at: datetime | None, as_json: bool) -> None:
    """Note that it was triaged now."""
    from rollout.steps import hotfix as step

    with acting(folder, at, dry_run, actor) as world:
        clock = step.triaged(world, hotfix_id, PersonId(actor), dry_run)
    if as_json:
        print_json(clock.model_dump(mode="json"))
    else:
        click.echo(f"triaged. Next: rollout hotfix notice {hotfix_id} --eta …")


@hotfix.command()
@click.argument("hotfix_id", metavar="ID")
@click.option("--eta", type=MOMENT, required=True, help="When clients were told that it will be solved.")
@acts
def notice(folder: str, hotfix_id: str, eta: datetime, dry_run: bool, actor: str, at: datetime | None, as_json: bool) -> None:
    """Note that clients were given a status notice now."""
    from rollout.steps import hotfix as step

    with acting(folder, at, dry_run, actor) as world:
        clock = step.notice_given(world, hotfix_id, eta, PersonId(actor), dry_run)
    if as_json:
        print_json(clock.model_dump(mode="json"))
    else:
        click.echo(f"noted; estimated for {eta:%Y-%m-%d %H:%M} UTC")


@hotfix.command("list")
@reads
def list_(folder: str, as_json: bool, at: datetime | None) -> None:
    """Every hotfix, with the promises that are open or broken."""
    from rollout.steps import hotfix as step

    with looking(folder, at) as world:
        found = step.running(world)
    if as_json:
        print_json({"hotfixes": [clock.model_dump(mode="json") | {"warnings": [one.text for one in told]} for clock, told in found]})
    else:
        rows = [(clock.id, ", ".join(clock.keys), f"{clock.opened_at:%Y-%m-%d %H:%M}", reasons(told)) for clock, told in found]
        print_table(("hotfix", "changes", "opened (UTC)", "promises"), rows, "hotfixes")
