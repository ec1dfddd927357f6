"""rollout coverage export"""

from datetime import date, datetime, timedelta
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any, cast

import click

from rollout.cli.coverage.asking import about
from rollout.cli.options import MONTH, YEARS, looking, reads
from rollout.cli.output import print_json

if TYPE_CHECKING:
    from rollout.core.calendar_text import Edition
    from rollout.steps.exchange import Exported, FeedKind

_LONGEST = 1100
_LARGEST = 1_000_000  # what Google takes of one calendar, in bytes


class DayType(click.ParamType[date]):
    """A day, as 2026-12-09."""

    name = "day"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> date:
        if isinstance(value, date):
            return value
        try:
            day = date.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is no day; write it like 2026-12-09", param, ctx)
        if day.year not in YEARS:
            self.fail(f"{value!r} is not in the years {YEARS[0]} to {YEARS[-1]}", param, ctx)
        return day


DAY = DayType()
FILE = click.Path(dir_okay=False, path_type=Path)


@click.command("export")
@click.argument("what", type=click.Choice(["coverage", "freezes", "plan"]), default="coverage")
@click.argument("version", required=False)
@click.option("--ics", is_flag=True, default=True, help="As iCalendar, which is the only form there is.")
@click.option("--month", type=MONTH, metavar="MONTH", help="Only that month, as 2026-12.")
@click.option("--from", "first", type=DAY, metavar="DAY", help="From that day on; from the first of this month otherwise.")
@click.option("--until", "last", type=DAY, metavar="DAY", help="Up to that day, which is included; 400 days from now otherwise.")
@click.option("--internal", is_flag=True, help="For our own people: clients and issues are named as they are.")
@click.option("--output", type=FILE, help="Write it there; what that file published before is updated, or taken back.")
@click.option("--previous", type=FILE, help="The export before this one, if it is not the output itself.")
@about
@reads
def export(
    folder: str,
    what: str,
    version: str | None,
    ics: bool,
    month: date | None,
    first: date | None,
    last: date | None,
    internal: bool,
    output: Path | None,
    previous: Path | None,
    client: str | None,
    environment: str,
    as_json: bool,
    at: datetime | None,
) -> None:
    """Write a calendar that Google, Outlook and Apple take: the open hours, the freezes, or the plan of a release."""
    from rollout.steps import exchange as step
    from rollout.wiring.exchange import write_edition

    del ics
    if (what == "plan") != (version is not None):
        raise click.UsageError(
            "name the release: rollout coverage export plan 2026.12" if what == "plan" else f"{what} is of no release; leave {version} out"
        )
    days = _days(month, first, last)
    wanted = step.Wanted(cast("FeedKind", what), version or "", *days, client, environment, internal)
    with looking(folder, at) as world:
        made = step.export(world, wanted, partial(_before, output, previous))
    if output:
        write_edition(output, made.text)
    if as_json:
        print_json(_as_json(made, output))
    elif output:
        _tell(made, output)
    else:
        click.echo(made.text, nl=False)


def _days(month: date | None, first: date | None, last: date | None) -> tuple[date | None, date | None]:
    """The days that are meant."""
    if month and (first or last):
        raise click.UsageError("--month names all its days; leave --from and --until out")
    if month:
        return month, (month + timedelta(days=32)).replace(day=1) - timedelta(days=1)
    if first and last and not first <= last <= first + timedelta(days=_LONGEST):
        raise click.UsageError(f"--from {first} --until {last} must be in order, and {_LONGEST} days at most")
    return first, last


def _before(output: Path | None, previous: Path | None, feed: str) -> "dict[str, Edition]":
    """What was published before: in the file that is named, or in the one that will be written over."""
    from rollout.wiring.exchange import read_edition

    if previous is None and (output is None or not output.exists()):
        return {}
    found = previous or output
    assert found is not None
    if output is not None and output.exists() and output != found:
        read_edition(output, feed)  # nothing is written over a file that is something else
    return read_edition(found, feed)


def _as_json(made: "Exported", output: Path | None) -> dict[str, Any]:
    events = [{"uid": one.uid, "sequence": one.sequence, **_said(one)} for one in made.editions]
    return {"feed": made.feed, "name": made.name, "output": str(output) if output else None, "events": events}


def _said(edition: "Edition") -> dict[str, str]:
    names = {"start": "DTSTART", "end": "DTEND", "summary": "SUMMARY", "category": "CATEGORIES", "status": "STATUS"}
    return {key: edition.said(name) for key, name in names.items()}


def _tell(made: "Exported", output: Path) -> None:
    gone = sum(one.said("STATUS") == "CANCELLED" for one in made.editions)
    click.echo(f"wrote {output}: {made.name}, {len(made.editions) - gone} events{f', and {gone} that are cancelled' if gone else ''}")
    if len(made.text.encode()) > _LARGEST:
        click.echo("note: Google takes no calendar of more than 1 MB; export fewer days", err=True)
