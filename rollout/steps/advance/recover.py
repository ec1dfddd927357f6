"""Intents without outcome: takes over what a lost process left in the middle, and finds out what became of it."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from rollout.core.delivery import Delivery, DeliveryState
from rollout.ports import World
from rollout.steps.advance.carry_out import judge_arrived
from rollout.steps.advance.look_up import look_up
from rollout.steps.advance.settle import settle_own
from rollout.steps.leases import lapsed


def recover(world: World, at: datetime) -> tuple[Delivery, ...]:
    """Ask each installation whose delivery was left in the middle which version it runs, and go on from there. Returns what was settled."""
    left = _claim_left(world, DeliveryState.STARTED, at)
    if not left:
        return ()
    with ThreadPoolExecutor(max_workers=world.policies.workers) as pool:
        happened = list(pool.map(lambda one: look_up(world, one), left))
    with world.ledger.begin() as tx:
        return settle_own(world, tx, happened, world.clock())


def judge_left(world: World, at: datetime) -> tuple[Delivery, ...]:
    """Judge what arrived and was not judged: after a kill, or because a check could not tell."""
    left = _claim_left(world, DeliveryState.ARRIVED, at)
    return judge_arrived(world, left) if left else ()


def _claim_left(world: World, state: DeliveryState, at: datetime) -> Sequence[Delivery]:
    with world.ledger.read() as tx:
        left = [one for one in tx.deliveries(states=(state,)) if lapsed(world, one.owner, one.lease_until, at)]
    if not left:
        return ()
    with world.ledger.begin() as tx:
        return tx.claim(left, world.owner, at + world.policies.lease)
