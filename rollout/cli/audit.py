"""rollout audit log, audit verify"""

from datetime import datetime

import click

from rollout.cli.options import looking, reads
from rollout.cli.output import print_json, print_table
from rollout.errors import Refused


@click.group()
def audit() -> None:
    """The audit trail: who did what, and whether anybody has touched it since."""


@audit.command()
@click.argument("subject", required=False)
@click.option("--limit", type=click.IntRange(1, 1_000_000), default=50, show_default=True, help="How many of the newest rows.")
@reads
def log(folder: str, subject: str | None, limit: int, as_json: bool, at: datetime | None) -> None:
    """The newest rows, oldest first; of one release, change, client/environment or notice if SUBJECT names it."""
    from rollout.steps import audit as step

    with looking(folder, at) as world:
        rows = step.log(world, subject, limit)
    if as_json:
        print_json({"audit": [row.model_dump(mode="json") for row in rows]})
        return
    told = [(row.seq, f"{row.at:%Y-%m-%d %H:%M:%S}", row.actor, row.act, row.subject, _short(row.data)) for row in rows]
    print_table(("no", "at (UTC)", "who", "act", "subject", "details"), told, "audit trail")


@audit.command()
@reads
def verify(folder: str, as_json: bool, at: datetime | None) -> None:
    """Find the first row that was changed, dropped or moved."""
    from rollout.steps import audit as step

    with looking(folder, at) as world:
        broken = step.verify(world)
    if as_json:
        print_json({"intact": broken is None, "first_broken": broken[0] if broken else None, "why": broken[1] if broken else ""})
    elif broken is None:
        click.echo("the audit trail is intact")
    if broken is not None:
        raise Refused(f"the audit trail is broken at row {broken[0]}: {broken[1]}")


def _short(data: dict[str, object]) -> str:
    text = ", ".join(f"{name}: {value}" for name, value in data.items())
    return text if len(text) <= 100 else text[:97] + "..."
