"""Deliveries, the leases on them, and what each installation runs. What a tick asks costs what is due, not what exists."""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import BindParameter, Integer, and_, bindparam, func, select, update

from rollout.core.clients import Environment
from rollout.core.delivery import Delivery, DeliveryState
from rollout.core.releases import order
from rollout.core.values import ClientId, Version
from rollout.ledger.bulk import add, encoded
from rollout.ledger.columns import MomentText, among, as_kept, several
from rollout.ledger.part import Part, fields, texts
from rollout.ledger.tables import deliveries as table
from rollout.ledger.tables import delivery_counts, installations

_S = DeliveryState
_SELECT = select(*fields(Delivery, table))

# What every tick asks is built once, here: building a query takes longer than answering it.
_VERSION: BindParameter[str] = bindparam("version")
_WAVE = bindparam("wave", type_=Integer)
_AT = bindparam("at", type_=MomentText)
_PLANNED = and_(table.c.state == str(_S.PLANNED), table.c.version == _VERSION, table.c.wave == _WAVE)
_URGENCY = (table.c.latest_start, table.c.client, table.c.environment)
_DUE = _SELECT.where(_PLANNED, table.c.slot_start <= _AT).order_by(*_URGENCY).limit(bindparam("limit", type_=Integer))
_NEXT = select(func.min(table.c.slot_start)).where(_PLANNED, table.c.slot_start > _AT)
_SETTLED = table.c.settled_at.is_not(None) & table.c.state.in_(texts([_S.DELIVERED, _S.FAILED, _S.WITHDRAWN, _S.ROLLED_BACK]))
_OF_WAVE = and_(table.c.version == _VERSION, table.c.wave == _WAVE)
_LAST = select(table.c.settled_at).where(_OF_WAVE, _SETTLED).order_by(table.c.settled_at.desc()).limit(1)
_COUNTS = select(delivery_counts.c.wave, delivery_counts.c.state, delivery_counts.c.size).where(delivery_counts.c.version == _VERSION)
_CHOSEN = and_(
    table.c.version == bindparam("of_version"), table.c.environment == bindparam("of_environment"), among(table.c.client, several("of_clients"))
)
_PLACES = select(table.c.version, table.c.wave, table.c.state).where(_CHOSEN)
_AS_STORED = select(*map(as_kept, table.columns)).where(_CHOSEN)
_LEASE = update(table).where(_CHOSEN).values(owner=bindparam("new_owner"), lease_until=bindparam("new_until", type_=MomentText))

Key = tuple[Version, ClientId, Environment]


class Deliveries(Part):
    """The part of a transaction that knows deliveries."""

    def save_deliveries(self, deliveries: Iterable[Delivery]) -> None:
        last = {_key(one): one for one in deliveries}
        self._count(last)
        self.store(table, map(vars, last.values()))

    def delivery(self, version: Version, client: ClientId, environment: Environment) -> Delivery | None:
        here = _SELECT.where(table.c.version == version, table.c.client == client, table.c.environment == environment)
        return self.value(Delivery, here)

    def deliveries(
        self,
        version: Version | None = None,
        *,
        clients: Iterable[ClientId] | None = None,
        wave: int | None = None,
        states: Iterable[DeliveryState] | None = None,
    ) -> tuple[Delivery, ...]:
        # The order is made here and, where clients are named, the choice of their few deliveries: asked for in SQL, either could lead
        # SQLite to an index that goes through a whole release.
        asked = None if states is None else texts(states)
        if clients is None:
            return _in_order(self.values(Delivery, _SELECT.where(*_asked(version, wave, asked))))
        theirs = self.values(Delivery, _SELECT.where(among(table.c.client, clients), *_asked(version, None, None)))
        return _in_order(one for one in theirs if wave in (None, one.wave) and (asked is None or one.state in asked))

    def due(self, version: Version, wave: int, at: datetime, limit: int) -> tuple[Delivery, ...]:
        return self.values(Delivery, _DUE, version=version, wave=wave, at=at, limit=limit)

    def counts(self, version: Version) -> dict[int, dict[DeliveryState, int]]:
        counted: dict[int, dict[DeliveryState, int]] = {}
        for wave, state, size in self.connection.execute(_COUNTS, {"version": version}):
            if size:
                counted.setdefault(wave, {})[DeliveryState(state)] = size
        return counted

    def next_slot_start(self, version: Version, wave: int, after: datetime) -> datetime | None:
        found: datetime | None = self.scalar(_NEXT, version=version, wave=wave, at=after)
        return found

    def last_settled(self, version: Version, wave: int) -> datetime | None:
        found: datetime | None = self.scalar(_LAST, version=version, wave=wave)
        return found

    def claim(self, deliveries: Iterable[Delivery], owner: str, until: datetime) -> tuple[Delivery, ...]:
        wanted = {_key(one): one for one in deliveries if (one.owner, one.lease_until) != (owner, until)}
        stored = {tuple(row) for group in _groups(wanted) for row in self.connection.execute(_AS_STORED, group)}
        as_read = zip(wanted.items(), encoded(table, map(vars, wanted.values())), strict=True)
        won = {key: one for (key, one), row in as_read if row in stored}
        for group in _groups(won):
            self.write(_LEASE, new_owner=owner, new_until=until, **group)
        return tuple(one.model_copy(update={"owner": owner, "lease_until": until}) for one in won.values())

    def installed(self, clients: Iterable[ClientId] | None = None) -> dict[tuple[ClientId, Environment], Version]:
        everywhere = select(installations.c.client, installations.c.environment, installations.c.version)
        asked = everywhere if clients is None else everywhere.where(among(installations.c.client, clients))
        return {(row.client, Environment(row.environment)): row.version for row in self.connection.execute(asked)}

    def set_installed(self, installed: Mapping[tuple[ClientId, Environment], Version], at: datetime) -> None:
        rows = ({"client": client, "environment": environment, "version": version, "at": at} for (client, environment), version in installed.items())
        self.store(installations, rows)

    def _count(self, saved: Mapping[Key, Delivery]) -> None:
        """Carry the counts over from how these deliveries are stored to how they will be."""
        moved = Counter((one.version, one.wave, str(one.state)) for one in saved.values())
        for group in _groups(saved):
            moved.subtract(map(tuple, self.connection.execute(_PLACES, group)))
        rows = [{"version": version, "wave": wave, "state": state, "size": change} for (version, wave, state), change in moved.items() if change]
        add(self.connection, delivery_counts, rows)


def _key(one: Delivery) -> Key:
    return one.version, one.client, one.environment


def _groups(keys: Iterable[Key]) -> Iterator[dict[str, Any]]:
    """The keys as the parameters of a few queries: clients of the same version and environment."""
    places = sorted((version, environment, client) for version, client, environment in keys)
    for (version, environment), group in groupby(places, key=lambda place: place[:2]):
        yield {"of_version": version, "of_environment": environment, "of_clients": [client for _, _, client in group]}


def _asked(version: Version | None, wave: int | None, states: list[str] | None) -> list[Any]:
    asked = [(table.c.version, version), (table.c.wave, wave)]
    return [column == value for column, value in asked if value is not None] + ([] if states is None else [table.c.state.in_(states)])


def _in_order(found: Iterable[Delivery]) -> tuple[Delivery, ...]:
    several = tuple(found)
    places = {version: order(version) for version in {one.version for one in several}}
    return tuple(sorted(several, key=lambda one: (places[one.version], one.version, one.wave, one.client, one.environment)))
