"""Writes down what became of deliveries: state, audit rows, what runs where, and whom to tell, in one transaction."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rollout.core.delivery import Delivery, DeliveryEvent, DeliveryState, after
from rollout.ports import Tx, World
from rollout.steps.tell import tell_delivered

ACTOR = "advance"
SETTLED = frozenset({DeliveryState.DELIVERED, DeliveryState.FAILED, DeliveryState.UNKNOWN, DeliveryState.WITHDRAWN, DeliveryState.ROLLED_BACK})


@dataclass(frozen=True)
class Happened:
    """What happened to one delivery, in order: each an event, and what a person should know of it. None at all is a look without a result."""

    delivery: Delivery
    events: tuple[tuple[DeliveryEvent, str], ...]


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
    return stored


def _path(one: Happened, at: datetime) -> Iterator[Delivery]:
    """The delivery as it was, then after each event."""
    delivery = one.delivery
    yield delivery
    for event, detail in one.events:
        delivery = _after(delivery, event, detail, at)
        yield delivery


def _after(old: Delivery, event: DeliveryEvent, detail: str, at: datetime) -> Delivery:
    state = after(old.name, old.state, event)
    changed: dict[str, Any] = {"state": state, "reason": detail}
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


def released(deliveries: Sequence[Delivery]) -> tuple[Delivery, ...]:
    """The same deliveries, leased to nobody."""
    return tuple(one.model_copy(update={"owner": "", "lease_until": None}) for one in deliveries)
