"""Options that commands share, and the workspace that they open."""

import getpass
import math
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from rollout.ports import World

YEARS = range(1990, 2200)  # what may be asked about: calendars and zones mean something then
LONGEST = timedelta(days=31)


class MomentType(click.ParamType[datetime]):
    """A moment with a time zone, as ISO 8601: 2026-12-09T14:00Z, or with an offset."""

    name = "moment"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        if isinstance(value, datetime):
            return value
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is no moment; write it like 2026-12-09T14:00Z", param, ctx)
        if moment.tzinfo is None:
            self.fail(f"{value!r} names no time zone; write it like {value}Z or {value}-05:00", param, ctx)
        if moment.year not in YEARS:
            self.fail(f"{value!r} is not in the years {YEARS[0]} to {YEARS[-1]}", param, ctx)
        return moment.astimezone(UTC)


class MonthType(click.ParamType[date]):
    """A month, as 2026-12: its first day."""

    name = "month"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        if isinstance(value, date):
            return value
        try:
            first = date.fromisoformat(f"{value}-01")
        except ValueError:
            self.fail(f"{value!r} is no month; write it like 2026-12", param, ctx)
        if first.year not in YEARS:
            self.fail(f"{value!r} is not in the years {YEARS[0]} to {YEARS[-1]}", param, ctx)
        return first


class HoursType(click.FloatRange):
    """A number of hours, up to a month of them."""

    def __init__(self) -> None:
        super().__init__(min=0, max=LONGEST / timedelta(hours=1))

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        hours = super().convert(value, param, ctx)
        if math.isnan(hours):
            self.fail(f"{value!r} is no number of hours", param, ctx)
        return hours


MOMENT = MomentType()
MONTH = MonthType()
HOURS = HoursType()


def reads(command: Any) -> Any:
    """Options of a command that only looks: --json, --at."""
    at = click.option("--at", type=MOMENT, help="Answer as if it were then.")
    return at(_json(click.pass_obj(command)))


def acts(command: Any) -> Any:
    """Options of a command that somebody decides on: --dry-run, --as, --json, --at."""
    who = click.option(
        "--as", "actor", envvar="ROLLOUT_USER", default=getpass.getuser, help="Who you are in people.yaml; ROLLOUT_USER, or your login."
    )
    return who(ticks(command))


def ticks(command: Any) -> Any:
    """Options of a command that does what is due, whoever calls it: --dry-run, --json, --at."""
    dry = click.option("--dry-run", is_flag=True, help="Only say what would be done.")
    at = click.option("--at", type=MOMENT, help="Act as if it were then; in a sandbox workspace only.")
    return dry(at(_json(click.pass_obj(command))))


def reason(command: Any) -> Any:
    """The reason that a typed act must have."""
    return click.option("--reason", "why", required=True, callback=_said, help="Why; it is kept, and shown to others.")(command)


def _said(_ctx: click.Context, _param: click.Parameter, why: str) -> str:
    if not why.strip():
        raise click.BadParameter("it says nothing; others will want to know why")
    return why.strip()


def _json(command: Any) -> Any:
    return click.option("--json", "as_json", is_flag=True, help="Print JSON, whose shape is stable.")(command)


@contextmanager
def looking(folder: str, at: datetime | None) -> Iterator[World]:
    """The workspace, for looking only."""
    from rollout.wiring import open_world

    with open_world(Path(folder), at=at, reading=True) as world:
        yield world


@contextmanager
def acting(folder: str, at: datetime | None, dry_run: bool = False, actor: str | None = None) -> Iterator[World]:
    """The workspace, for an act; for looking only, where it is a dry run. What somebody decides, people.yaml has to know the `actor` of."""
    from rollout.steps.people import known_person
    from rollout.wiring import open_world

    with open_world(Path(folder), at=at, reading=dry_run) as world:
        if actor is not None:
            known_person(world, actor)
        yield world
