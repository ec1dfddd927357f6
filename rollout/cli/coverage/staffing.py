"""rollout coverage staffing"""

from collections.abc import Iterator
from datetime import date, datetime
from typing import Any

import click

from rollout.cli.coverage.asking import about
from rollout.cli.options import YEARS, looking, reads
from rollout.cli.output import print_json, print_table

NOW = "now"


class DayType(click.ParamType[date]):
    """A day, as 2026-12-09."""

    name = "day"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        try:
            day = value if isinstance(value, date) else date.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is no day; write it like 2026-12-09", param, ctx)
        if day.year not in YEARS:
            self.fail(f"{value!r} is not in the years {YEARS[0]} to {YEARS[-1]}", param, ctx)
        return day


class WeekType(click.ParamType[Any]):
    """A week, as 2026-W50 or by any day in it: its Monday. `now` is left for whoever knows what day it is."""

    name = "week"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        if value == NOW or isinstance(value, date):
            return value
        try:
            day = date.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is no week; write it like 2026-W50, or a day in it like 2026-12-09", param, ctx)
        return DAY.convert(day, param, ctx)


DAY = DayType()
WEEK = WeekType()


@click.command()
@click.argument("day", type=DAY, required=False)
@click.option("--week", type=WEEK, is_flag=False, flag_value=NOW, metavar="WEEK", help="As 2026-W50, or a day in it; the current week otherwise.")
@about
@reads
def staffing(folder: str, day: date | None, week: Any, client: str | None, environment: str, as_json: bool, at: datetime | None) -> None:
    """Who is on shift on DAY, or in a week: when, how many of how many, who is away and why, and where they are too few."""
    from rollout.steps import coverage as questions
    from rollout.steps import staffing as step

    if day and week:
        raise click.UsageError("give a day, or a week; not both")
    with looking(folder, at) as world:
        zone = world.policies.timezone
        today = world.clock().astimezone(world.policies.zone).date()
        first, last = (day, day) if day else step.week_of(week if isinstance(week, date) else today)
        days = step.staffing(world, questions.request(world, client, environment), first, last)
    if as_json:
        print_json({"first": str(first), "last": str(last), "timezone": zone, "days": [one.model_dump(mode="json") for one in days]})
        return
    if not any(one.roles for one in days):
        click.echo("no roster says who is needed: add one to the calendars, as coverage.yaml there shows")
        return
    rows = [_row(f"{one.day:%a %Y-%m-%d}", role, zone) for one in days for role in one.roles]
    print_table(("day", "role", "staff", "people", f"on shift ({zone})", "away, and why it is short"), rows, f"staffing {first} to {last}")
    short = next((each for one in days for role in one.roles for each in role.short), None)
    if short:
        click.echo(f"Next: rollout coverage explain {short.start:%Y-%m-%dT%H:%MZ}")


def _row(day: str, role: Any, zone: str) -> tuple[str, ...]:
    people = "" if role.people is None else f"{role.people}/{role.need}"
    shifts = ", ".join(f"{one.person} {_hours(one, zone)}" for one in role.shifts)
    return day, f"{role.rule}/{role.role}", role.state, people, shifts, "; ".join(_notes(role, zone))


def _notes(role: Any, zone: str) -> Iterator[str]:
    """Each person who is away once, then the shortfalls, then what nobody knows."""
    yield from dict.fromkeys(f"{one.person} {one.why}" for one in role.away)
    yield from (f"{one.people}/{one.need} {_hours(one, zone)}" for one in role.short)
    if role.unknown:
        yield role.unknown
    elif role.state == "provisional":
        yield f"known until {role.known_until}"


def _hours(stretch: Any, zone: str) -> str:
    """The hours of a stretch on one day, in the company's zone."""
    from zoneinfo import ZoneInfo

    start, end = (moment.astimezone(ZoneInfo(zone)) for moment in (stretch.start, stretch.end))
    return f"{start:%H:%M}-{'24:00' if end.date() > start.date() else f'{end:%H:%M}'}"
