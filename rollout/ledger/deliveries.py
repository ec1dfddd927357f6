"""Deliveries, the leases on them, and what each installation runs. What a tick asks costs what is due, not what exists."""

from collections.abc import Iterable, Mapping
from datetime import datetime
from itertools import groupby
from typing import Any

from sqlalchemy import ColumnElement, and_, func, literal, select, union_all

from rollout.core.clients import Environment
from rollout.core.delivery import Delivery, DeliveryState
from rollout.core.releases import order
from rollout.core.values import ClientId, Version
from rollout.ledger.part import Part, chunks, fields, texts
from rollout.ledger.tables import deliveries as table
from rollout.ledger.tables import installations

_S = DeliveryState
_SETTLED = texts([_S.DELIVERED, _S.FAILED, _S.WITHDRAWN, _S.ROLLED_BACK])
_PLACE = (table.c.version, table.c.wave, table.c.client, table.c.environment)
_SELECT = select(*fields(Delivery, table))

Key = tuple[Version, ClientId, Environment]


class Deliveries(Part):
    """The part of a transaction that knows deliveries."""

    def save_deliveries(self, deliveries: Iterable[Delivery]) -> None:
        last = {_key(one): one for one in deliveries}
        self.store(table, map(vars, last.values()))

    def delivery(self, version: Version, client: ClientId, environment: Environment) -> Delivery | None:
        here = _SELECT.where(table.c.version == version, table.c.client == client, table.c.environment == environment)
        return next(iter(self.values(Delivery, here)), None)

    def deliveries(
        self,
        version: Version | None = None,
        *,
        clients: Iterable[ClientId] | None = None,
        wave: int | None = None,
        states: Iterable[DeliveryState] | None = None,
    ) -> tuple[Delivery, ...]:
        asked = None if states is None else texts(states)
        if clients is not None:
            found = [one for one in self._of_clients(clients, version) if wave in (None, one.wave) and (asked is None or one.state in asked)]
        else:
            found = list(self.values(Delivery, _SELECT.where(*_asked(version, wave, asked)).order_by(*_PLACE)))
        return tuple(_in_order(found))

    def due(self, version: Version, wave: int, at: datetime, limit: int) -> tuple[Delivery, ...]:
        begun = _SELECT.where(_planned(version, wave), table.c.slot_start <= at)
        return self.values(Delivery, begun.order_by(table.c.latest_start, table.c.client, table.c.environment).limit(limit))

    def counts(self, version: Version) -> dict[int, dict[DeliveryState, int]]:
        # One short walk along the index for each state: neither database needs to sort, or to look at a row.
        by_wave = (
            select(literal(str(state)).label("state"), table.c.wave, func.count().label("size"))
            .where(table.c.state == state, table.c.version == version)
            .group_by(table.c.wave)
            for state in DeliveryState
        )
        counted: dict[int, dict[DeliveryState, int]] = {}
        for state, wave, size in self.connection.execute(union_all(*by_wave)):
            counted.setdefault(wave, {})[DeliveryState(state)] = size
        return counted

    def next_slot_start(self, version: Version, wave: int, after: datetime) -> datetime | None:
        found: datetime | None = self.scalar(select(func.min(table.c.slot_start)).where(_planned(version, wave), table.c.slot_start > after))
        return found

    def last_settled(self, version: Version, wave: int) -> datetime | None:
        settled = and_(table.c.version == version, table.c.wave == wave, table.c.settled_at.is_not(None), table.c.state.in_(_SETTLED))
        found: datetime | None = self.scalar(select(table.c.settled_at).where(settled).order_by(table.c.settled_at.desc()).limit(1))
        return found

    def claim(self, deliveries: Iterable[Delivery], owner: str, until: datetime) -> tuple[Delivery, ...]:
        wanted = {_key(one): one for one in deliveries}
        stored = self._stored(wanted)
        lease = {"owner": owner, "lease_until": until}
        won = [one for key, one in wanted.items() if stored.get(key) == one and (one.owner, one.lease_until) != (owner, until)]
        leased = tuple(one.model_copy(update=lease) for one in won)
        self.save_deliveries(leased)
        return leased

    def installed(self, clients: Iterable[ClientId] | None = None) -> dict[tuple[ClientId, Environment], Version]:
        everywhere = select(installations.c.client, installations.c.environment, installations.c.version)
        wheres = [everywhere] if clients is None else [everywhere.where(installations.c.client.in_(chunk)) for chunk in chunks(clients)]
        return {(row.client, Environment(row.environment)): row.version for where in wheres for row in self.connection.execute(where)}

    def set_installed(self, installed: Mapping[tuple[ClientId, Environment], Version], at: datetime) -> None:
        rows = ({"client": client, "environment": environment, "version": version, "at": at} for (client, environment), version in installed.items())
        self.store(installations, rows)

    def _of_clients(self, clients: Iterable[ClientId], version: Version | None) -> list[Delivery]:
        """All deliveries to these clients. They are few for each client: asking for more here could lead a database to the wrong index."""
        found: list[Delivery] = []
        for chunk in chunks(clients):
            found += self.values(Delivery, _SELECT.where(table.c.client.in_(chunk), *_asked(version, None, None)))
        return sorted(found, key=lambda one: (one.version, one.wave, one.client, one.environment))

    def _stored(self, keys: Iterable[Key]) -> dict[Key, Delivery]:
        found: dict[Key, Delivery] = {}
        for (version, environment), group in groupby(sorted(keys, key=_installation), key=lambda key: (key[0], key[2])):
            for chunk in chunks(client for _, client, _ in group):
                here = and_(table.c.version == version, table.c.environment == environment, table.c.client.in_(chunk))
                found.update((_key(one), one) for one in self.values(Delivery, _SELECT.where(here)))
        return found


def _key(one: Delivery) -> Key:
    return one.version, one.client, one.environment


def _installation(key: Key) -> tuple[str, str, str]:
    version, client, environment = key
    return version, environment, client


def _planned(version: Version, wave: int) -> ColumnElement[bool]:
    return and_(table.c.state == _S.PLANNED, table.c.version == version, table.c.wave == wave)


def _asked(version: Version | None, wave: int | None, states: list[str] | None) -> list[Any]:
    asked = [(table.c.version, version), (table.c.wave, wave)]
    return [column == value for column, value in asked if value is not None] + ([] if states is None else [table.c.state.in_(states)])


def _in_order(found: list[Delivery]) -> list[Delivery]:
    """From the text order of versions to their natural one; the rest is in order already."""
    places = {version: order(version) for version in {one.version for one in found}}
    return sorted(found, key=lambda one: places[one.version])
