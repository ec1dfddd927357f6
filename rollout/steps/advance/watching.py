"""Watches, from the moment at which gates were asked to each single start, whether anything happened that might close one of them."""

from threading import Lock
from time import monotonic

from rollout.core.delivery import Delivery
from rollout.core.gates import first_closed
from rollout.ports import Tx, World
from rollout.steps.advance.batch import Seen, seen_now
from rollout.steps.advance.facts import facts_of
from rollout.steps.content import find
from rollout.steps.rollouts import load

_FRESH_SECONDS = 0.01


class Watch:
    """Asked before each start, from several threads. As long as nothing happened but what we did ourselves, that costs one small query, and
    not even that where somebody has looked a hundredth of a second ago: an act that is as quick as that loses no time with looking.
    """

    def __init__(self, world: World, seen: Seen) -> None:
        self._world = world
        self._seen = seen
        self._lock = Lock()
        self._looked = 0.0

    def why_not(self, delivery: Delivery) -> str:
        """Why the delivery may not start any more; empty if it may. Where something happened, every gate is asked again."""
        if monotonic() < self._looked + _FRESH_SECONDS:
            return ""
        with self._world.ledger.read() as tx:
            if seen_now(self._world, tx) != self._seen:
                return _asked_again(self._world, tx, delivery)
        self._looked = monotonic()
        return ""

    def wrote(self, before: int, after: int) -> None:
        """We wrote the audit rows from one to the other ourselves."""
        with self._lock:
            self._seen = self._seen.moved(before, after)


def _asked_again(world: World, tx: Tx, delivery: Delivery) -> str:
    at = world.clock()
    rollout = load(world, tx, find(tx, delivery.version), at)
    wave = tx.waves(delivery.version)[delivery.wave]
    shut = first_closed(facts_of(world, tx, rollout, wave, [delivery], 0, at)[0], at)
    return "; ".join(reason.text for reason in shut[1].reasons) if shut else ""
