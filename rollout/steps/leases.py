"""Leases: whether anybody is still at work on what was claimed."""

from datetime import datetime

from rollout.ports import World


def lapsed(world: World, owner: str, until: datetime | None, at: datetime) -> bool:
    """Whether nobody is at work on it any more, so that it may be taken over.

    Another process of this machine is asked for by its name, whatever the lease says: as long as it lives it may be at work, and once it is gone
    it is not. Of a process elsewhere only the lease is known; and this one is not at work on what it left an hour ago.
    """
    alive = world.alive(owner)
    if alive is False:
        return True
    if alive and owner != world.owner:
        return False
    return until is None or until <= at


def in_good_time(world: World, until: datetime | None) -> bool:
    """Whether enough of one's own lease is left to begin an act: half of it. The settings see to it that an act takes no longer."""
    return until is not None and world.clock() < until - world.policies.lease / 2
