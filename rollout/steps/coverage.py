"""Questions to the calendars: a month day by day, one moment with every blocker, the next opening. The same functions that enforce."""

from datetime import UTC, date, datetime, timedelta
from difflib import get_close_matches
from typing import Any

from rollout.core.clients import Client, Environment
from rollout.core.coverage import Request, Window
from rollout.core.openings import party_of
from rollout.core.releases import ReleaseKind
from rollout.core.values import ClientId, Verdict, Version
from rollout.errors import NotFound
from rollout.ports import World

HORIZON = timedelta(days=400)


def request(
    world: World,
    client: str | None,
    environment: str = Environment.PRODUCTION,
    length: timedelta = timedelta(),
    kind: str | None = None,
    release: str | None = None,
) -> Request:
    """What is asked of the calendars: for one client, or for the company alone; for a kind of release, or for one release with its overrides.

    Raises NotFound for a client that nobody knows. A release that does not exist yet is of the kind that is given, or monthly.
    """
    parties = (party_of(find_client(world, client)),) if client else ()
    version = Version(release) if release else None
    return Request(kind=kind or _kind(world, version), environment=Environment(environment), parties=parties, length=length, version=version)


def _kind(world: World, version: Version | None) -> str:
    if version is None:
        return ReleaseKind.MONTHLY
    with world.ledger.read() as tx:
        found = tx.release(version)
    return found.kind if found else ReleaseKind.MONTHLY


def find_client(world: World, client: str) -> Client:
    """The client of that id. Raises NotFound, with ids that come close."""
    found = world.clients().get(ClientId(client))
    if found is None:
        close = get_close_matches(client, world.clients(), n=3)
        raise NotFound(f"clients.yaml has no client {client}.{' Did you mean ' + ' or '.join(close) + '?' if close else ''}")
    return found


def month(world: World, first: date, asked: Request) -> dict[str, Any]:
    """Every day of the month: its state, its open stretches in the company's zone, and why it is closed for the rest."""
    days = world.coverage().days(asked, *month_days(first))
    told = [{**day.model_dump(mode="json"), "state": day.state} for day in days]
    return {"month": f"{first:%Y-%m}", "timezone": world.policies.timezone, "days": told}


def month_days(day: date) -> tuple[date, date]:
    """The first and the last day of the month that the day is in."""
    following = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
    return day.replace(day=1), following - timedelta(days=1)


def explain(world: World, at: datetime, asked: Request) -> Verdict:
    """Whether one may deploy at that moment: every blocker, where it comes from, when it clears, and the next opening."""
    return world.coverage().verdict(asked, at)


def next_open(world: World, asked: Request, after: datetime | None = None) -> Window | None:
    """The next stretch that is long enough; None if there is none within 400 days."""
    start = after or world.clock()
    return world.coverage().next_slot(asked, start.astimezone(UTC), start.astimezone(UTC) + HORIZON)


def eta(world: World, asked: Request, soak: timedelta) -> datetime | None:
    """When a delivery that starts at the next opening has arrived and soaked, in business time; None without an opening within 400 days."""
    return world.coverage().eta(asked, world.clock().astimezone(UTC), soak)
