"""rollout coverage show, explain, next"""

from datetime import date, datetime, timedelta
from typing import Any

import click

from rollout.cli.coverage.asking import about
from rollout.cli.options import HOURS, MOMENT, MONTH, looking, reads
from rollout.cli.output import local, print_json, print_table


@click.command()
@click.option("--month", type=MONTH, metavar="MONTH", help="As 2026-12; the current month otherwise.")
@about
@reads
def show(folder: str, month: date | None, client: str | None, environment: str, as_json: bool, at: datetime | None) -> None:
    """A month, day by day: when it is open, and why not."""
    from rollout.steps import coverage as step

    with looking(folder, at) as world:
        first = month or world.clock().astimezone(world.policies.zone).date()
        view = step.month(world, first, step.request(world, client, environment))
    if as_json:
        print_json(view)
        return
    zone = view["timezone"]
    rows = [(_day(day), "open" if day["windows"] else "closed", _hours(day, zone), _why(day)) for day in view["days"]]
    print_table(("day", "coverage", f"hours ({zone})", "why not"), rows, f"coverage {view['month']}")


@click.command()
@click.argument("moment", type=MOMENT)
@click.option("--hours", type=HOURS, default=0, help="For a stretch of this many hours.")
@about
@reads
def explain(folder: str, moment: datetime, hours: float, client: str | None, environment: str, as_json: bool, at: datetime | None) -> None:
    """Whether one may deploy at MOMENT: every blocker, where it comes from, and when it clears."""
    from rollout.steps import coverage as step

    with looking(folder, at) as world:
        verdict = step.explain(world, moment, step.request(world, client, environment, length=timedelta(hours=hours)))
        zone = world.policies.timezone
    if as_json:
        print_json({"at": moment.isoformat(), "open": verdict.open, **verdict.model_dump(mode="json")})
        return
    click.echo(f"{local(moment, zone)}: {'open' if verdict.open else 'closed'}")
    rows = [(one.code, one.text, one.source, local(one.clears_at, zone)) for one in (*verdict.reasons, *verdict.waived)]
    if rows:
        print_table(("code", "reason", "source", "clears at"), rows)
    if verdict.next_open:
        click.echo(f"next open: {local(verdict.next_open, zone)}")


@click.command("next")
@click.option("--hours", type=HOURS, default=1, show_default=True, help="How long it has to stay open.")
@about
@reads
def next_(folder: str, hours: float, client: str | None, environment: str, as_json: bool, at: datetime | None) -> None:
    """The next stretch that is open for long enough."""
    from rollout.steps import coverage as step

    with looking(folder, at) as world:
        window = step.next_open(world, step.request(world, client, environment, length=timedelta(hours=hours)))
        zone = world.policies.timezone
    if as_json:
        print_json({"window": window.model_dump(mode="json") if window else None})
    elif window:
        click.echo(f"{local(window.start, zone)} to {local(window.end, zone)}{' (provisional)' if window.provisional else ''}")
    else:
        click.echo("nothing is open for that long within 400 days")


def _day(day: dict[str, Any]) -> str:
    return f"{date.fromisoformat(day['day']):%a %Y-%m-%d}"


def _hours(day: dict[str, Any], zone: str) -> str:
    return ", ".join(f"{_clock(one['start'], zone)}-{_clock(one['end'], zone)}{' ?' if one['provisional'] else ''}" for one in day["windows"])


def _clock(at: str, zone: str) -> str:
    return local(at, zone).split()[2]


def _why(day: dict[str, Any]) -> str:
    return "" if day["windows"] else "; ".join(dict.fromkeys(one["text"] for one in day["reasons"]))
