"""Moves the waves of a rollout: opens, halts, goes on, promotes; and finishes the rollout when there is nothing left to do."""

from collections.abc import Mapping, Set
from datetime import datetime
from typing import Any

from rollout.core.delivery import (
    BROKEN,
    PENDING,
    WAVE_LIFECYCLE,
    DeliveryState,
    WaveEvent,
    WaveProgress,
    WaveState,
    allowed_failures,
    failures,
    judge,
)
from rollout.core.errands import ErrandKind
from rollout.core.gates import OPEN, soak_of
from rollout.core.releases import Release, ReleaseEvent, ReleaseState, after, order
from rollout.core.values import ClientId, Verdict
from rollout.core.waves import Strategy, Wave
from rollout.ports import Tx, World
from rollout.steps.advance.settle import ACTOR
from rollout.steps.cut import put_errand

Counts = Mapping[DeliveryState, int]
_FEW = 1000  # that a wave still has to do: of more, it is not asked one by one what keeps them


def move_waves(world: World, tx: Tx, release: Release, strategy: Strategy, at: datetime) -> tuple[WaveProgress, ...]:
    """Carry every wave of the rollout as far as it goes at this moment; returns those that moved, in their new state."""
    counts, kept_back = tx.counts(release.version), _kept_back(world, tx, release, at)
    moved = []
    before = WaveState.PROMOTED
    for wave in tx.waves(release.version):
        new = _moved(world, tx, wave, strategy.waves[wave.index], counts.get(wave.index, {}), kept_back, before, at)
        if new.state is not wave.state:
            moved.append(new)
        before = new.state
    return tuple(moved)


def soak_verdict(world: World, tx: Tx, wave: WaveProgress, rule: Wave, at: datetime) -> Verdict:
    """Whether an open wave has soaked since its last delivery was settled. Calendars are read only for a wave that has a soak."""
    if wave.state is not WaveState.OPEN or not rule.soak:
        return OPEN
    return soak_of(wave, rule, world.coverage(), tx.last_settled(wave.version, wave.index), at)


def _moved(
    world: World, tx: Tx, wave: WaveProgress, rule: Wave, counts: Counts, kept_back: Set[ClientId], before: WaveState, at: datetime
) -> WaveProgress:
    """The wave after every event that is due for it: at one go it may open, go on and be promoted."""
    broken = sum(counts.get(state, 0) for state in BROKEN)
    if wave.forgiven > broken:  # what was forgiven has been dealt with since: the next failure counts again
        wave = wave.model_copy(update={"forgiven": broken})
        tx.save_wave(wave)
    for _ in WaveEvent:
        held = _held(world, tx, wave, kept_back, counts, at)
        event = judge(wave, rule.tolerance, counts, held, before, soak_verdict(world, tx, wave, rule, at))
        if event is None:
            break
        wave = _happen(tx, wave, rule, event, counts, at)
    return wave


def _kept_back(world: World, tx: Tx, release: Release, at: datetime) -> frozenset[ClientId]:
    """The clients that nothing goes to as long as a person keeps it so: by a hold, or in clients.yaml."""
    held = (ClientId(hold.subject) for hold in tx.holds(at))
    unwilling = (one.id for one in world.clients().values() if one.opted_out or one.pinned not in (None, release.version))
    return frozenset((*held, *unwilling))


def _held(world: World, tx: Tx, wave: WaveProgress, kept_back: Set[ClientId], counts: Counts, at: datetime) -> int:
    """How many planned deliveries of the wave nothing but a person can bring on: held, not wanted, of a client that is gone, or that has more."""
    planned = counts.get(DeliveryState.PLANNED, 0)
    found = tx.deliveries(wave.version, clients=kept_back, wave=wave.index, states=(DeliveryState.PLANNED,)) if planned and kept_back else ()
    if not 0 < planned - len(found) <= _FEW:
        return len(found)
    due = [one for one in tx.due(wave.version, wave.index, at, planned) if one.client not in kept_back]
    clients, runs = world.clients(), tx.installed([one.client for one in due])
    newer = {place for place, version in runs.items() if order(version) > order(wave.version)}
    return len(found) + sum(one.client not in clients or (one.client, one.environment) in newer for one in due)


def _happen(tx: Tx, wave: WaveProgress, rule: Wave, event: WaveEvent, counts: Counts, at: datetime) -> WaveProgress:
    size = sum(counts.values()) - counts.get(DeliveryState.WITHDRAWN, 0)
    changes: dict[WaveEvent, dict[str, Any]] = {
        WaveEvent.OPEN: {"opened_at": at, "size": size, "reason": ""},
        WaveEvent.HALT: {"reason": _too_many(wave, rule, counts)},
        WaveEvent.GO_ON: {"reason": ""},
        WaveEvent.PROMOTE: {"promoted_at": at, "reason": ""},
    }
    new = wave.model_copy(update={"state": WAVE_LIFECYCLE[wave.state, event], **changes[event]})
    tx.save_wave(new)
    told = {"wave": wave.name, "counts": {str(state): count for state, count in counts.items()}, "reason": new.reason}
    tx.record(at, ACTOR, f"wave {new.state}", wave.version, told)
    return new


def _too_many(wave: WaveProgress, rule: Wave, counts: Counts) -> str:
    broken, allowed = failures(wave, counts), allowed_failures(rule.tolerance, wave.size)
    return (
        f"wave {wave.name} is halted: {broken} of {wave.size} failed, {allowed} may. "
        f"See rollout status {wave.version}, then retry, skip or roll back each, or: rollout continue {wave.version} --reason …"
    )


def finish(world: World, tx: Tx, release: Release, at: datetime) -> bool:
    """Call the rollout delivered when every wave is promoted and no installation is left to do or to decide; JIRA is told by errands. False also
    where another process was quicker."""
    waves = tx.waves(release.version)
    if release.state is not ReleaseState.ROLLING_OUT or not waves or any(wave.state is not WaveState.PROMOTED for wave in waves):
        return False
    counts = tx.counts(release.version)
    open_states = (PENDING | BROKEN) - {DeliveryState.ROLLED_BACK}
    if any(count for states in counts.values() for state, count in states.items() if state in open_states):
        return False
    state = after(release.version, release.state, ReleaseEvent.FINISH)
    tx.save_release(release.model_copy(update={"state": state, "finished_at": at}))
    tx.record(at, ACTOR, "release delivered", release.version)
    if world.policies.write_back:
        for tracker in world.trackers:
            for name in release.fix_versions:
                words = {"name": name, "day": f"{at.astimezone(world.policies.zone):%Y-%m-%d}"}
                put_errand(tx, ErrandKind.RELEASE_FIX_VERSION, tracker.name, release.version, words, at)
    return True
