"""Writes down what became of deliveries: state, audit rows, what runs where, and whom to tell, in one transaction."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from rollout.core.delivery import Delivery, DeliveryEvent, DeliveryState, after
from rollout.ports import Tx, World
from rollout.steps.tell import tell_delivered, tell_left_out

ACTOR = "advance"
_CAME_TO_NOTHING = frozenset({DeliveryEvent.POSTPONE, DeliveryEvent.FIND_PREVIOUS})  # the next start is the same attempt, under the same key
SETTLED = frozenset({DeliveryState.DELIVERED, DeliveryState.FAILED, DeliveryState.UNKNOWN, DeliveryState.WITHDRAWN, DeliveryState.ROLLED_BACK})


@dataclass(frozen=True)
class Happened:
    """What happened to one delivery, in order: each an event, and what a person should know of it.

    No event at all is a look without a result: the delivery stays as it was, leased to nobody, and `note` says why.
    """

    delivery: Delivery
    events: tuple[tuple[DeliveryEvent, str], ...]
    note: str = ""


def settle_own(world: World, tx: Tx, happened: Sequence[Happened], at: datetime) -> tuple[Delivery, ...]:
    """As `settle`, for what this process had claimed. What somebody took over meanwhile is theirs now: of that, only the trail tells."""
    now = _stored(tx, [one.delivery for one in happened])
    found = [(one, _if_own(one, now.get(one.delivery.name))) for one in happened]
    tx.record_all(at, ACTOR, [_late(one) for one, own in found if own is None])
    return settle(world, tx, [own for _, own in found if own is not None], at)


def _stored(tx: Tx, deliveries: Sequence[Delivery]) -> dict[str, Delivery]:
    """These deliveries, and perhaps others of the same clients, as they are now; by name."""
    clients = {one.client for one in deliveries}
    return {one.name: one for version in {one.version for one in deliveries} for one in tx.deliveries(version, clients=clients)}


def _if_own(one: Happened, now: Delivery | None) -> Happened | None:
    """What happened, to the delivery as it is stored; None if that is no longer under the same claim."""
    if now is None or _claim(now) != _claim(one.delivery):
        return None
    return replace(one, delivery=now)


def _claim(delivery: Delivery) -> tuple[Any, ...]:
    return delivery.state, delivery.attempt, delivery.owner, delivery.lease_until


def _late(one: Happened) -> tuple[str, str, dict[str, Any]]:
    events = [f"{event}: {detail}" if detail else str(event) for event, detail in one.events]
    data = {"version": one.delivery.version, "attempt": one.delivery.attempt, "outcome": events}
    return "delivery outcome came too late", f"{one.delivery.client}/{one.delivery.environment}", data


def settle(world: World, tx: Tx, happened: Iterable[Happened], at: datetime, actor: str = ACTOR) -> tuple[Delivery, ...]:
    """Carry each delivery over to its next state, and everything that goes with it, in this transaction. Returns them as stored."""
    paths = [list(_path(one, at)) for one in happened]
    stored = tuple(path[-1] for path in paths)
    tx.save_deliveries(stored)
    tx.record_all(at, actor, [_audited(step) for path in paths for step in path[1:]])
    delivered = [one for one in stored if one.state is DeliveryState.DELIVERED]
    if delivered:
        tx.set_installed({(one.client, one.environment): one.version for one in delivered}, at)
        tell_delivered(world, tx, delivered, at)
    tell_left_out(tx, [one for one in stored if one.state is DeliveryState.WITHDRAWN], at)
    return stored


def _path(one: Happened, at: datetime) -> Iterator[Delivery]:
    """The delivery as it was, then after each event; where there was none, as it stays."""
    delivery = one.delivery
    yield delivery if one.events else delivery.model_copy(update={"owner": "", "lease_until": None, "reason": one.note})
    for event, detail in one.events:
        delivery = _after(delivery, event, detail, at)
        yield delivery


def _after(old: Delivery, event: DeliveryEvent, detail: str, at: datetime) -> Delivery:
    state = after(old.name, old.state, event)
    changed: dict[str, Any] = {"state": state, "reason": detail}
    if event in _CAME_TO_NOTHING:
        changed["attempt"] = old.attempt - 1
    if state is DeliveryState.STARTED:
        changed |= {"started_at": at, "arrived_at": None, "settled_at": None, "attempt": old.attempt + 1}
    else:
        changed |= {"owner": "", "lease_until": None, "settled_at": at if state in SETTLED else None}
        changed |= {"arrived_at": at} if state is DeliveryState.ARRIVED else {}
        changed |= {"started_at": None, "arrived_at": None} if state is DeliveryState.PLANNED else {}
    return old.model_copy(update=changed)


def _audited(new: Delivery) -> tuple[str, str, dict[str, Any]]:
    data = {"version": new.version, "attempt": new.attempt}
    return f"delivery {new.state}", f"{new.client}/{new.environment}", data | ({"detail": new.reason} if new.reason else {})
