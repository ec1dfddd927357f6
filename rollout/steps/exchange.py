"""Calendars for other programs: the feeds that we publish of coverage, freezes and plans. What a feed tells depends on who is to read it.

Anybody may pass a feed on. So, like the public page, it names no client and no issue; one that is made for a client may name that client; only an
internal one says things as they are.
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Literal

from rollout.core.calendar_text import Edition, Entry, calendar
from rollout.core.clients import Environment
from rollout.core.coverage.export import Feed, freezes, publish, slots
from rollout.core.coverage.zones import Span, Zone, instant, midnight
from rollout.core.delivery import DeliveryState
from rollout.core.discretion import Discretion, plain
from rollout.core.plan_feed import by_client, by_wave
from rollout.core.planner import Slot
from rollout.core.values import Version
from rollout.errors import NotFound, Refused
from rollout.ports import Tx, World
from rollout.steps.content import find
from rollout.steps.coverage import HORIZON, find_client, request
from rollout.steps.plan import slot_of

FeedKind = Literal["coverage", "freezes", "plan"]
Before = Callable[[str], Mapping[str, Edition]]
_EVER = date(1990, 1, 1), date(2199, 12, 31)


@dataclass(frozen=True)
class Wanted:
    """Which feed, of which days (both included), about whom, for whom. `version` is that of a plan.

    Without days it begins with this month, and ends 400 days from now; a plan is then there as a whole.
    """

    kind: FeedKind
    version: str = ""
    first: date | None = None
    last: date | None = None
    client: str | None = None
    environment: str = Environment.PRODUCTION
    internal: bool = False

    @property
    def feed(self) -> str:
        """What tells this feed from others."""
        about = self.version if self.kind == "plan" else str(self.environment)
        whom = [f"for {self.client}"] if self.client else []
        return " ".join([self.kind, about, *whom, *(["internal"] if self.internal else [])])


@dataclass(frozen=True)
class Exported:
    """A feed: what tells it from others, what it is called, its events in order, and the calendar as text."""

    feed: str
    name: str
    editions: tuple[Edition, ...]
    text: str


def export(world: World, wanted: Wanted, before: Before) -> Exported:
    """The feed as it is now; `before` gives what was published under that feed's name, nothing if nothing was. Raises NotFound, Refused."""
    asked, span = request(world, wanted.client, wanted.environment), _span(world, wanted)
    say = plain if wanted.internal else _discretion(world, wanted.client).said
    if wanted.kind == "plan":
        entries: Iterable[Entry] = _plan(world, wanted, span, say)
    else:
        tell = slots if wanted.kind == "coverage" else freezes
        entries = tell(world.coverage(), Feed(wanted.feed, asked, *span), say)
    zone, name = world.policies.timezone, _name(world, wanted)
    editions = publish(entries, before(wanted.feed), world.clock(), span, zone)
    return Exported(wanted.feed, name, tuple(editions), calendar(name, zone, {"X-ROLLOUT-FEED": wanted.feed}, editions))


def _span(world: World, wanted: Wanted) -> Span:
    """The instants between which the feed's days lie, in the company's zone."""
    zone, today = Zone(world.policies.timezone), world.clock().astimezone(world.policies.zone).date()
    usual = _EVER if wanted.kind == "plan" else (today.replace(day=1), max(today, wanted.first or today) + HORIZON)
    first, last = wanted.first or usual[0], wanted.last or usual[1]
    if last < first:
        raise Refused(f"nothing lies between {first} and {last}: give the day to begin with, too")
    return zone.utc(midnight(first)), zone.utc(midnight(last + timedelta(days=1)))


def _discretion(world: World, reader: str | None) -> Discretion:
    """What must not be said to whoever reads it: the keys of our projects, the names of all clients but the reader."""
    others = (client for client in world.clients().values() if client.id != reader)
    return Discretion(world.policies.projects, [name for client in others for name in (client.name, client.id)])


def _name(world: World, wanted: Wanted) -> str:
    what = wanted.version if wanted.kind == "plan" else wanted.kind
    where = ["preview"] if wanted.environment == Environment.PREVIEW and wanted.kind != "plan" else []
    whom = [f"for {find_client(world, wanted.client).name}"] if wanted.client else []
    return " ".join([world.policies.product, what, *where, *whom, *(["(internal)"] if wanted.internal else [])])


def _plan(world: World, wanted: Wanted, span: Span, say: Callable[[str], str]) -> list[Entry]:
    version = Version(wanted.version)
    with world.ledger.read() as tx:
        waves, slots = _standing(world, tx, find(tx, version).version)
    shown = [one for one in slots if span[0] <= instant(one.start) < span[1]]
    if not wanted.client and not wanted.internal:
        return by_wave(version, shown, waves, say)
    names = {client.id: client.name for client in world.clients().values()}
    return list(by_client(version, (one for one in shown if wanted.client in (None, one.client)), [say(wave) for wave in waves], names))


def _standing(world: World, tx: Tx, version: Version) -> tuple[tuple[str, ...], list[Slot]]:
    """The release's waves by name, and its slots: those of its deliveries once it rolls out, those of its plan before. Raises NotFound."""
    made = tx.plan(version)
    if made is None:
        raise NotFound(f"{version} has no plan yet. Make one: rollout plan {version}")
    deliveries = tx.deliveries(version)
    slots = [slot_of(one) for one in deliveries if one.state is not DeliveryState.WITHDRAWN] if deliveries else list(made.slots)
    strategy = world.policies.strategies.get(made.strategy)
    known = tx.waves(version) or (strategy.waves if strategy else ())
    numbered = range(len(known) + 1, max((one.wave for one in slots), default=0) + 2)
    return (*(wave.name for wave in known), *map(str, numbered)), slots
