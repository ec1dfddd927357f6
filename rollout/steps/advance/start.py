"""Decides which deliveries start now: asks every gate of what is due, claims what is open, and moves what has lost its slot."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime

from rollout.core.coverage import Request
from rollout.core.delivery import IN_FLIGHT, Delivery, DeliveryEvent, DeliveryState, WaveProgress, allowed_failures, failures
from rollout.core.gates import first_closed
from rollout.core.values import Verdict
from rollout.ports import Tx, World
from rollout.steps.advance.batch import Batch, Seen, seen_now
from rollout.steps.advance.facts import facts_of
from rollout.steps.advance.settle import Happened, settle
from rollout.steps.rollouts import Rollout

DUE_LIMIT = 20_000


@dataclass(frozen=True)
class Asked:
    """What the gates said of some deliveries of a wave: all open, or which one was closed first. `room` more may be under way at once,
    `tolerable` more may fail; `seen` is how far the world had come by then."""

    ready: tuple[Delivery, ...]
    waiting: tuple[tuple[Delivery, str, Verdict], ...]
    room: int
    tolerable: int
    seen: Seen


def due_in(world: World, rollout: Rollout, wave: WaveProgress, at: datetime) -> tuple[Delivery, ...]:
    """Every delivery of the wave whose slot has begun."""
    with world.ledger.read() as tx:
        return tx.due(rollout.release.version, wave.index, at, DUE_LIMIT)


def ask_gates(world: World, tx: Tx, rollout: Rollout, wave: WaveProgress, due: Sequence[Delivery], at: datetime) -> Asked:
    """Ask the gates of these deliveries of one wave."""
    seen, rule = seen_now(world, tx), rollout.strategy.waves[wave.index]
    counts = tx.counts(rollout.release.version).get(wave.index, {})
    in_flight = sum(counts.get(state, 0) for state in IN_FLIGHT)
    ready, waiting = [], []
    for facts in facts_of(world, tx, rollout, wave, due, in_flight, at):
        shut = first_closed(facts, at)
        if shut is None:
            ready.append(facts.delivery)
        else:
            waiting.append((facts.delivery, *shut))
    tolerable = allowed_failures(rule.tolerance, wave.size) - failures(wave, counts)
    return Asked(ready=tuple(ready), waiting=tuple(waiting), room=rule.concurrency - in_flight, tolerable=tolerable, seen=seen)


def claim(world: World, asked: Asked, at: datetime) -> Batch | None:
    """Take what is ready, as durable intents of this process; None if there is nothing to take, or others were quicker."""
    at_once = min(world.policies.workers, asked.room)
    if not asked.ready or at_once < 1:
        return None
    with world.ledger.begin() as tx:
        won = _with_previous(tx, tx.claim(asked.ready, world.owner, at + world.policies.lease))
        before = tx.audit_head()
        started = settle(world, tx, [Happened(one, ((DeliveryEvent.START, ""),)) for one in won], at)
        seen = asked.seen.moved(before, tx.audit_head())
    return Batch(deliveries=started, at_once=at_once, tolerable=asked.tolerable, seen=seen) if started else None


def _with_previous(tx: Tx, deliveries: Sequence[Delivery]) -> Iterator[Delivery]:
    """The deliveries with what their installations run now, which may be newer than what they ran when the rollout began: a hotfix came between."""
    runs = tx.installed([one.client for one in deliveries])
    for one in deliveries:
        now = runs.get((one.client, one.environment))
        yield one if now in (None, one.version) else one.model_copy(update={"previous": now})


def has_lost_slot(world: World, delivery: Delivery, request: Request, at: datetime) -> bool:
    """Whether the delivery can no longer start in its slot: it is over, or the calendars are closed for the rest of it."""
    if delivery.state is not DeliveryState.PLANNED:
        return False
    if at >= delivery.latest_start:
        return True
    begin = max(at, delivery.slot_start)
    return world.coverage().next_slot(request, begin, delivery.latest_start) is None
