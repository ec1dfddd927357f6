"""Short functions that build core values with defaults, for tests."""

from datetime import UTC, datetime, timedelta
from typing import Any

from rollout.core.changes import Audience, Change, Kind, Quality
from rollout.core.clients import Client, Environment, Installation
from rollout.core.closing import Channel, Notice, NoticeKind
from rollout.core.commits import Commit
from rollout.core.delivery import Delivery
from rollout.core.releases import Release, ReleaseKind
from rollout.core.values import ChangeKey, ClientId

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)


def change(key: str = "TIDE-1", **given: Any) -> Change:
    """A change that is ready, but for what is given otherwise."""
    project, _, number = key.rpartition("-")
    usual: dict[str, Any] = {
        "key": ChangeKey(key),
        "issue_id": f"10{number}",
        "project": project,
        "summary": f"Repair what {key} is about",
        "kind": Kind.FIX,
        "audience": Audience.CLIENTS,
        "status": "Done",
        "status_category": "done",
        "resolution": "Fixed",
        "quality": Quality.PASSED,
        "updated": NOON,
    }
    return Change(**usual | given)


def commit(number: int, subject: str, body: str = "", parents: tuple[int, ...] | None = None) -> Commit:
    """The commit with that number; its parent is the one before it."""
    before = (number - 1,) if parents is None and number else parents or ()
    return Commit(sha=sha(number), parents=tuple(map(sha, before)), subject=subject, body=body, at=NOON + timedelta(minutes=number))


def sha(number: int) -> str:
    """The sha of the commit with that number: its first seven digits tell it from the others."""
    return f"{number:07x}{'0' * 33}"


def client(name: str = "acme", environments: str = "preview production", **given: Any) -> Client:
    """A standard-plus client with an installation in each of these environments."""
    installations = tuple(Installation(environment=Environment(one), executor="agent") for one in environments.split())
    return Client(**{"id": ClientId(name), "name": name.title(), "tier": "standard-plus", "installations": installations} | given)


def clients(*several: Client) -> dict[ClientId, Client]:
    """The clients by their ids."""
    return {one.id: one for one in several}


def release(version: str = "2026.12", **given: Any) -> Release:
    """A monthly draft of that name."""
    return Release(**{"version": version, "kind": ReleaseKind.MONTHLY} | given)


def delivery(client: str = "acme", version: str = "2026.12", **given: Any) -> Delivery:
    """A planned delivery to the client's production, in wave 0, with a slot of one hour from noon."""
    usual: dict[str, Any] = {"version": version, "client": client, "environment": Environment.PRODUCTION, "wave": 0}
    hour = NOON + timedelta(hours=1)
    return Delivery(**usual | {"slot_start": NOON, "latest_start": hour, "slot_end": hour} | given)


def notice(key: str = "available:help:7:acme:2026.12", **given: Any) -> Notice:
    """A notice that the fix is available, to be told on ticket 7 from noon on."""
    usual: dict[str, Any] = {"key": key, "kind": NoticeKind.AVAILABLE, "channel": Channel.TICKET, "version": "2026.12", "client": "acme"}
    told = {"changes": ("TIDE-1",), "desk": "help", "ticket": "7", "body": "It is available.", "not_before": NOON, "created_at": NOON}
    return Notice(**usual | told | given)
