"""Intents without outcome: looks up what became of them. Never retries blind."""

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime

from rollout.core.delivery import Delivery, DeliveryEvent, DeliveryState
from rollout.errors import OutsideError
from rollout.ports import World
from rollout.steps.advance.carry_out import installed_version, judge_arrived, lapsed
from rollout.steps.advance.settle import Happened, settle


def recover(world: World, at: datetime) -> tuple[Delivery, ...]:
    """Ask each installation whose delivery was left in the middle which version it runs, and go on from there. Returns what was settled.

    The target: on to health. The version it ran before: back to waiting. Anything else, or no answer: a person decides.
    """
    left = _claim_left(world, DeliveryState.STARTED, at)
    if not left:
        return ()
    with ThreadPoolExecutor(max_workers=world.policies.workers) as pool:
        happened = list(pool.map(lambda one: _look_up(world, one), left))
    with world.ledger.begin() as tx:
        return settle(world, tx, happened, world.clock())


def judge_left(world: World, at: datetime) -> tuple[Delivery, ...]:
    """Judge what arrived and was not judged: after a kill, or because a check could not tell."""
    left = _claim_left(world, DeliveryState.ARRIVED, at)
    return judge_arrived(world, left) if left else ()


def _claim_left(world: World, state: DeliveryState, at: datetime) -> Sequence[Delivery]:
    with world.ledger.read() as tx:
        left = [one for one in tx.deliveries(states=(state,)) if lapsed(world, one, at)]
    if not left:
        return ()
    with world.ledger.begin() as tx:
        return tx.claim(left, world.owner, at + world.policies.lease)


def _look_up(world: World, delivery: Delivery) -> Happened:
    event, detail = _found(world, delivery)
    return Happened(delivery, ((event, detail),))


def _found(world: World, delivery: Delivery) -> tuple[DeliveryEvent, str]:
    try:
        found = installed_version(world, delivery)
    except OutsideError as error:
        return DeliveryEvent.LOSE, f"nobody knows what became of attempt {delivery.attempt}: {error}"
    if found == delivery.version:
        return DeliveryEvent.FIND_TARGET, f"found {found} after the process at work was lost"
    if found is not None and found == delivery.previous:
        return DeliveryEvent.FIND_PREVIOUS, f"found {found}: attempt {delivery.attempt} did not take effect"
    runs = found or "no version that could be asked for"
    return DeliveryEvent.LOSE, f"found {runs}, neither {delivery.version} nor {delivery.previous}; a person decides"
