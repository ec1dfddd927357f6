"""rollout coverage show, explain, next"""

from datetime import date, datetime, timedelta
from typing import Any

import click

from rollout.cli.coverage.asking import about, of_release
from rollout.cli.coverage.drawing import draw
from rollout.cli.options import HOURS, MOMENT, MONTH, looking, reads
from rollout.cli.output import local, print_json, print_table, printable
from rollout.core.values import Reason

PROVISIONAL = "open, provisionally: the roster is not known that far, and nothing starts before it is"


@click.command()
@click.option("--month", type=MONTH, metavar="MONTH", help="As 2026-12; the current month otherwise.")
@about
@of_release
@reads
def show(
    folder: str,
    month: date | None,
    client: str | None,
    environment: str,
    kind: str | None,
    release: str | None,
    as_json: bool,
    at: datetime | None,
) -> None:
    """A month, day by day: when it is open, and why not."""
    from rollout.steps import coverage as step

    with looking(folder, at) as world:
        first = month or world.clock().astimezone(world.policies.zone).date()
        view = step.month(world, first, step.request(world, client, environment, kind=kind, release=release))
    if as_json:
        print_json(view)
        return
    zone = view["timezone"]
    draw(view["days"], f"{first:%B %Y} ({zone})")
    rows = [(_day(day), day["state"], _hours(day, zone), _why(day)) for day in view["days"]]
    click.echo()
    print_table(("day", "coverage", f"hours ({zone})", "why not"), rows)


@click.command()
@click.argument("moment", type=MOMENT)
@click.option("--hours", type=HOURS, default=0, help="For a stretch of this many hours.")
@about
@of_release
@reads
def explain(
    folder: str,
    moment: datetime,
    hours: float,
    client: str | None,
    environment: str,
    kind: str | None,
    release: str | None,
    as_json: bool,
    at: datetime | None,
) -> None:
    """Whether one may deploy at MOMENT: every blocker, where it comes from, and when it clears."""
    from rollout.steps import coverage as step

    with looking(folder, at) as world:
        verdict = step.explain(world, moment, step.request(world, client, environment, timedelta(hours=hours), kind, release))
        zone, data = world.policies.timezone, world.zone_data
    if as_json:
        print_json({"at": moment.isoformat(), "open": verdict.open, **verdict.model_dump(mode="json"), "zone_data": data})
        return
    click.echo(f"{local(moment, zone)}: {'closed' if not verdict.open else 'open' if not verdict.provisional else PROVISIONAL}")
    for one in verdict.reasons:
        _explain(one, zone)
    for one in verdict.waived:
        _explain(one, zone, "waived: ")
    if verdict.next_open:
        click.echo(f"next open: {local(verdict.next_open, zone)}")
    click.echo(f"time-zone data {data}")


@click.command("next")
@click.option("--hours", type=HOURS, default=1, show_default=True, help="How long it has to stay open: what a delivery takes, and its runway.")
@click.option("--soak", type=HOURS, help="Tell also when so many hours of business time have passed after it.")
@about
@of_release
@reads
def next_(
    folder: str,
    hours: float,
    soak: float | None,
    client: str | None,
    environment: str,
    kind: str | None,
    release: str | None,
    as_json: bool,
    at: datetime | None,
) -> None:
    """The next stretch that is open for long enough."""
    from rollout.steps import coverage as step

    with looking(folder, at) as world:
        asked = step.request(world, client, environment, timedelta(hours=hours), kind, release)
        window, zone = step.next_open(world, asked), world.policies.timezone
        eta = step.eta(world, asked, timedelta(hours=soak)) if soak is not None else None
    if as_json:
        print_json({"window": window.model_dump(mode="json") if window else None, "eta": eta.isoformat() if eta else None})
    elif window:
        click.echo(f"{local(window.start, zone)} to {local(window.end, zone)}{' (provisional)' if window.provisional else ''}")
        if eta is not None:
            click.echo(f"{hours:g} h from its start, and {soak:g} h of soak in business time: {local(eta, zone)}")
    else:
        click.echo("nothing is open for that long within 400 days. See why: rollout coverage show")


def _explain(one: Reason, zone: str, before: str = "") -> None:
    """One blocker, and beneath it all that is known of it."""
    click.echo(f"  {before}{printable(one.text)}")
    waiver = f"an override may name {' or '.join(one.waivable_by)}" if one.waivable_by else "nothing waives it"
    when = f"since {local(one.begins, zone)}" if one.begins else ""
    clears = f"clears {local(one.clears_at, zone)}" if one.clears_at else "does not clear by itself"
    about = f"{one.kind} {one.rule} for {one.scope}" if one.rule else ""
    click.echo("    " + " · ".join(part for part in (about, one.source, when, clears, waiver) if part))


def _day(day: dict[str, Any]) -> str:
    return f"{date.fromisoformat(day['day']):%a %Y-%m-%d}"


def _hours(day: dict[str, Any], zone: str) -> str:
    return ", ".join(f"{_clock(one['start'], zone)}-{_clock(one['end'], zone)}" for one in day["windows"] or day["proposed"])


def _clock(at: str, zone: str) -> str:
    return local(at, zone).split()[2]


def _why(day: dict[str, Any]) -> str:
    """A day that is open needs no reason; of one that is proposed the last word is what is missing."""
    return "" if day["windows"] else "; ".join(dict.fromkeys(one["text"] for one in day["reasons"]))
