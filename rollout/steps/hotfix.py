"""Critical hotfixes: opening one starts the two after-hours service clocks; triage and the status notice stop them."""

from datetime import datetime
from typing import Any

from rollout.core.clocks import ServiceClock, warnings
from rollout.core.values import ChangeKey, PersonId, Reason
from rollout.errors import NotFound, Refused
from rollout.ports import World


def open_hotfix(world: World, keys: tuple[str, ...], actor: PersonId, dry_run: bool = False) -> ServiceClock:
    """Start the clocks for these changes: triage within 15 minutes, a status notice with an ETA within the hour."""
    at = world.clock()
    with world.ledger.begin() as tx:
        missing = [key for key in keys if tx.change(ChangeKey(key)) is None]
        if missing:
            raise NotFound(f"no change {', '.join(missing)} is known; collect first: rollout collect")
        clock = ServiceClock(id=f"{at:%Y%m%d-%H%M}-{keys[0]}", keys=tuple(ChangeKey(key) for key in keys), opened_at=at, opened_by=actor)
        if any(one.id == clock.id for one in tx.clocks()):
            raise Refused(f"hotfix {clock.id} is open already")
        if not dry_run:
            tx.save_clock(clock)
            tx.record(at, actor, "hotfix opened", clock.id, {"keys": list(keys)})
    return clock


def triaged(world: World, clock_id: str, actor: PersonId, dry_run: bool = False) -> ServiceClock:
    """Note that the hotfix was triaged now."""
    return _met(world, clock_id, actor, "hotfix triaged", {"triaged_at": world.clock()}, "triaged_at", dry_run)


def notice_given(world: World, clock_id: str, eta: datetime, actor: PersonId, dry_run: bool = False) -> ServiceClock:
    """Note that the clients were given a status notice with that estimated time to resolution now."""
    return _met(world, clock_id, actor, "hotfix status given", {"notice_at": world.clock(), "eta": eta}, "notice_at", dry_run)


def running(world: World) -> tuple[tuple[ServiceClock, tuple[Reason, ...]], ...]:
    """Every hotfix with the promises that are still open, or broken."""
    at = world.clock()
    with world.ledger.read() as tx:
        return tuple((clock, warnings(clock, at)) for clock in tx.clocks())


def _met(world: World, clock_id: str, actor: PersonId, act: str, changed: dict[str, Any], field: str, dry_run: bool) -> ServiceClock:
    at = world.clock()
    with world.ledger.begin() as tx:
        clock = next((one for one in tx.clocks() if one.id == clock_id), None)
        if clock is None:
            known = ", ".join(one.id for one in tx.clocks()) or "none"
            raise NotFound(f"there is no hotfix {clock_id}. Open: {known}")
        if getattr(clock, field) is not None:
            raise Refused(f"{act} was noted already for {clock_id}")
        new = clock.model_copy(update=changed)
        if not dry_run:
            tx.save_clock(new)
            tx.record(at, actor, act, clock_id)
    return new
