"""rollout coverage import"""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Literal

import click

from rollout.cli.options import acting, ticks
from rollout.cli.output import local, print_json, print_table
from rollout.core.values import ClientId

if TYPE_CHECKING:
    from rollout.core.coverage import Window
    from rollout.steps.imports import DayChange, Preview

_MOST = 20


@click.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--kind", type=click.Choice(["block", "window"]), help="Whether its events close time, or open it; block otherwise.")
@click.option("--id", "rule_id", help="The rule's id, by which its files are called; the file's name otherwise.")
@click.option("--timezone", help="Where its whole days and floating times are; as X-WR-TIMEZONE says otherwise.")
@click.option("--category", "categories", multiple=True, help="Only events of that category; may be given several times.")
@click.option("--client", "clients", multiple=True, help="Only about that client; may be given several times.")
@click.option("--transparent", is_flag=True, default=None, help="Let events count that their calendar shows as free time.")
@click.option("--why", help="What people are told where an event says nothing.")
@click.option("--replace", is_flag=True, help="Put it in the place of the file that was imported under that id before.")
@ticks
def import_(
    folder: str,
    file: Path,
    kind: Literal["block", "window"] | None,
    rule_id: str | None,
    timezone: str | None,
    categories: tuple[str, ...],
    clients: tuple[str, ...],
    transparent: bool | None,
    why: str | None,
    replace: bool,
    dry_run: bool,
    as_json: bool,
    at: datetime | None,
) -> None:
    """Bring an iCalendar FILE among the calendars, with a sidecar. Look first what it would open and close: --dry-run."""
    from rollout.ports.exchange import Wish
    from rollout.steps import imports as step
    from rollout.steps.coverage import find_client
    from rollout.wiring.exchange import import_of

    wish = Wish(
        kind=kind,
        id=rule_id,
        timezone=timezone,
        categories=frozenset(categories),
        clients=frozenset(map(ClientId, clients)),
        transparent=transparent,
        why=why,
    )
    with acting(folder, at, dry_run) as world:
        for client in clients:
            find_client(world, client)
        preview = step.bring(world, import_of(Path(folder), file), wish, replace=replace, dry_run=dry_run)
        zone = world.policies.timezone
    if as_json:
        told = preview.model_dump(mode="json", exclude={"incoming": {"rule", "remarks"}})
        print_json({"rule": preview.incoming.rule.id, "kind": preview.incoming.rule.kind, **told, "dry_run": dry_run})
    else:
        _print(preview, file, zone, dry_run)


def _print(preview: "Preview", file: Path, zone: str, dry_run: bool) -> None:
    incoming = preview.incoming
    rule = incoming.rule
    when = f": {preview.times} times within 400 days, from {local(preview.first, zone)} to {local(preview.last, zone)}" if preview.times else ""
    click.echo(f"{rule.id} ({rule.kind}): {incoming.events} of {incoming.events + len(incoming.skipped)} entries count{when}")
    for one in incoming.skipped:
        click.echo(f"ignored: {file.name}:{one.line} {one.what!r} {one.why}")
    for remark in preview.remarks:
        click.echo(f"note: {remark}")
    if preview.changes:
        rows = [(f"{one.day:%a %Y-%m-%d}", one.whom, _hours(one.now, zone), _hours(one.then, zone)) for one in preview.changes[:_MOST]]
        print_table(("day", "for", "open now", "open then"), rows, "days that change")
        click.echo(_summed(preview.changes))
    else:
        click.echo("no day of the next 400 changes")
    for name in incoming.files:
        click.echo(f"{'would write' if dry_run else 'wrote'} {name}")
    click.echo("Next: the same without --dry-run" if dry_run else "Next: rollout coverage lint")


def _summed(changes: "tuple[DayChange, ...]") -> str:
    opens, closes = sum(not one.now for one in changes), sum(not one.then for one in changes)
    more = f", {len(changes) - _MOST} of them not shown" if len(changes) > _MOST else ""
    return f"{len(changes)} days change{more}: {opens} open, {closes} close, {len(changes) - opens - closes} have other hours"


def _hours(windows: "tuple[Window, ...]", zone: str) -> str:
    return ", ".join(f"{local(one.start, zone).split()[2]}-{local(one.end, zone).split()[2]}" for one in windows) or "closed"
