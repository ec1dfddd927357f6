"""Workspaces of any size for measuring: made-up clients with no-op installations, and a release that is about to be delivered to them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import yaml

from rollout.core.clients import Environment
from rollout.core.delivery import Delivery, WaveProgress, WaveState
from rollout.core.releases import Assessment, Impact, Membership, Release, ReleaseKind, ReleaseState, Risk, digest
from rollout.core.signoffs import Signoff
from rollout.core.values import ChangeKey, ClientId, PersonId, Version
from rollout.ports import Tx, World
from rollout.wiring import open_world

AT = datetime(2026, 12, 9, 15, tzinfo=UTC)
VERSION = Version("2026.12")
_SETTINGS = {
    "version": 1,
    "product": "Bench",
    "timezone": "America/Toronto",
    "sandbox": True,
    "clock": "clock.txt",
    "ledger": {"url": "sqlite:///ledger.sqlite"},
    "executors": {"noop": {"type": "command", "deploy": ["/bin/true"], "timeout": "1m"}},
    "strategies": {"plain": {"waves": [{"name": "everybody", "environment": "production", "select": {"rest": True}, "concurrency": 4}]}},
    "releases": {"monthly": "plain"},
    "signoff": {"monthly": {"need": {"pm": 1}, "expires_after": "30d"}},
    "readiness": {"evidence": False},
    "notify": {"contacts": False},
    "work": {"batch": 500, "workers": 4},
}


def make(folder: Path, clients: int, due: bool) -> Path:
    """A workspace with that many clients, and a rollout whose only wave is open; its slots have begun, or begin the next day."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "calendars").mkdir(exist_ok=True)
    _write(folder / "rollout.yaml", _SETTINGS)
    _write(folder / "people.yaml", {"people": [{"id": "dana", "name": "Dana", "roles": ["pm"]}, {"id": "lee", "name": "Lee", "roles": ["pm"]}]})
    _write(folder / "clients.yaml", {"clients": [_client(number) for number in range(clients)]})
    window = {"version": 1, "kind": "window", "id": "hours", "timezone": "America/Toronto", "weekly": {"mon-fri": ["09:00-17:00"]}, "why": "desk"}
    _write(folder / "calendars" / "coverage.yaml", window)
    (folder / "clock.txt").write_text(AT.isoformat(), encoding="utf-8")
    with open_world(folder) as world, world.ledger.begin() as tx:
        _roll(world, tx, clients, AT - timedelta(hours=1) if due else AT + timedelta(days=1))
    return folder


def _write(path: Path, data: object) -> None:
    path.write_text(yaml.dump(data, Dumper=getattr(yaml, "CSafeDumper", yaml.SafeDumper), sort_keys=False), encoding="utf-8")


def _client(number: int) -> dict[str, object]:
    installations = [{"environment": "production", "executor": "noop"}]
    return {"id": f"c{number:05}", "name": f"Client {number}", "tier": "standard-plus", "timezone": "UTC", "installations": installations}


def _roll(world: World, tx: Tx, clients: int, start: datetime) -> None:
    assessment = Assessment(impact=Impact.TRANSPARENT, risk=Risk.LOW, strategy="plain", confirmed_by=PersonId("dana"), confirmed_at=AT)
    release = Release(version=VERSION, kind=ReleaseKind.MONTHLY, state=ReleaseState.ROLLING_OUT, assessment=assessment, calendars=world.calendars())
    tx.save_release(release)
    tx.save_member(Membership(version=VERSION, key=ChangeKey("B-1"), joined_at=AT, joined_why="bench"))
    tx.add_signoff(Signoff(version=VERSION, role="pm", person=PersonId("dana"), digest=digest(release, ()), at=AT))
    tx.save_wave(WaveProgress(version=VERSION, index=0, name="everybody", environment=Environment.PRODUCTION, state=WaveState.OPEN, size=clients))
    tx.save_deliveries(_delivery(number, start) for number in range(clients))


def _delivery(number: int, start: datetime) -> Delivery:
    end = start + timedelta(hours=6)
    return Delivery(
        version=VERSION,
        client=ClientId(f"c{number:05}"),
        environment=Environment.PRODUCTION,
        wave=0,
        slot_start=start,
        latest_start=end - timedelta(minutes=15),
        slot_end=end,
    )
