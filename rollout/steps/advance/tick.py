"""The tick itself: repeatable at any time and by several workers at once. It looks, does what is due, and ends."""

from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from pydantic import Field

from rollout.core.delivery import Delivery, WaveProgress, WaveState
from rollout.core.releases import Release, ReleaseState
from rollout.core.values import Moment, Value, Verdict, Version
from rollout.errors import Refused
from rollout.ports import Tx, World
from rollout.steps.advance.batch import Batch, Done
from rollout.steps.advance.carry_out import account, deliver
from rollout.steps.advance.recover import judge_left, recover
from rollout.steps.advance.start import Asked, ask_gates, claim, due_in, has_lost_slot
from rollout.steps.advance.waves import finish, move_waves, soak_verdict
from rollout.steps.content import find
from rollout.steps.plan import relocate, replan_if_closed
from rollout.steps.rollouts import Rollout, load

Runner = Callable[[World, Batch], Done]
"""Carries out one claimed batch: here and now, or by whoever is given it."""


class Tick(Value):
    """What one tick did. `waiting` counts the due deliveries that were not started, by the gate that was closed; `broken` tells what went
    wrong; `moved` are slots that changed; `next_at` is when there may be something to do again, None if nobody can tell."""

    at: Moment
    recovered: int = 0
    delivered: int = 0
    postponed: int = 0
    moved: int = 0
    broken: tuple[str, ...] = ()
    waves: tuple[str, ...] = ()
    finished: tuple[Version, ...] = ()
    waiting: dict[str, int] = Field(default_factory=dict)
    problems: tuple[str, ...] = ()
    next_at: Moment | None = None


@dataclass
class _Tally:
    recovered: int = 0
    delivered: int = 0
    postponed: int = 0
    moved: int = 0
    broken: list[str] = field(default_factory=list)
    waves: list[str] = field(default_factory=list)
    finished: list[Version] = field(default_factory=list)
    waiting: dict[str, str] = field(default_factory=dict)  # a delivery's name to the gate that was closed when it was last asked
    problems: list[str] = field(default_factory=list)

    def ask(self, asked: Asked) -> None:
        for one in asked.ready:
            self.waiting.pop(one.name, None)
        self.waiting |= {one.name: gate for one, gate, _ in asked.waiting}

    def add(self, done: Done) -> None:
        self.delivered += done.delivered
        self.postponed += done.postponed
        self.broken += done.broken


def advance(world: World, run: Runner = deliver) -> Tick:
    """Do what is due now, for everything that is rolling out. A rollout that cannot go on is a problem told, and keeps no other waiting."""
    at = world.clock()
    tally = _Tally()
    left = recover(world, at)
    tally.recovered = len(left)
    tally.add(account([*left, *judge_left(world, at)]))
    for version in rolling(world):
        try:
            _advance_release(world, version, run, tally)
        except Refused as refusal:
            tally.problems.append(f"{version}: {refusal}")
    return Tick(**_told(tally), at=at, next_at=foresee(world))


def _told(tally: _Tally) -> dict[str, object]:
    told = vars(tally)
    return {name: tuple(value) if isinstance(value, list) else value for name, value in told.items()} | {
        "waiting": dict(Counter(tally.waiting.values()))
    }


def rolling(world: World) -> tuple[Version, ...]:
    """The releases that are rolling out."""
    with world.ledger.read() as tx:
        return tuple(release.version for release in tx.releases((ReleaseState.ROLLING_OUT,)))


def _advance_release(world: World, version: Version, run: Runner, tally: _Tally) -> None:
    with world.ledger.read() as tx:
        rollout = load(world, tx, find(tx, version), world.clock())
    tally.moved += replan_if_closed(world, rollout)
    for _ in range(len(rollout.strategy.waves) + 1):
        _move(world, rollout, tally)
        if not sum(_advance_wave(world, rollout, wave, run, tally) for wave in _startable(world, version)):
            break
    _move(world, rollout, tally)
    with world.ledger.begin() as tx:
        if finish(world, tx, find(tx, version), world.clock()):
            tally.finished.append(version)


def _move(world: World, rollout: Rollout, tally: _Tally) -> None:
    with world.ledger.begin() as tx:
        moved = move_waves(world, tx, rollout.release, rollout.strategy, world.clock())
    tally.waves += [f"{rollout.release.version}: {wave.reason or f'wave {wave.name} is {wave.state}'}" for wave in moved]


def _startable(world: World, version: Version) -> tuple[WaveProgress, ...]:
    with world.ledger.read() as tx:
        return tuple(wave for wave in tx.waves(version) if wave.state in (WaveState.OPEN, WaveState.PROMOTED))


def _advance_wave(world: World, rollout: Rollout, wave: WaveProgress, run: Runner, tally: _Tally) -> int:
    """Start what is due in the wave, batch by batch, until it is done or the wave is halted; returns how many were carried out, or got another slot,
    which may have begun."""
    progress = 0
    for some in _batches(due_in(world, rollout, wave, world.clock()), world.policies.batch):
        asked = _ask(world, rollout, wave, some)
        if asked is None:
            break
        tally.ask(asked)
        moved = _relocate_lost(world, rollout, wave, asked)
        tally.moved += moved
        progress += moved
        batch = claim(world, asked, world.clock())
        if batch is not None:
            tally.add(run(world, batch))
            progress += len(batch.deliveries)
            _move(world, rollout, tally)
    return progress


def _batches(due: Sequence[Delivery], size: int) -> Iterator[Sequence[Delivery]]:
    return (due[first : first + size] for first in range(0, len(due), size))


def _ask(world: World, rollout: Rollout, wave: WaveProgress, some: Sequence[Delivery]) -> Asked | None:
    """The gates' answers, with the wave and the sign-offs as they are now; None if the wave has been halted meanwhile."""
    with world.ledger.read() as tx:
        now, at = tx.waves(rollout.release.version)[wave.index], world.clock()
        if now.state is WaveState.HALTED:
            return None
        return ask_gates(world, tx, load(world, tx, find(tx, rollout.release.version), at), now, some, at)


WAIT_FOR_PEOPLE = frozenset({"stop", "signed", "hold", "wanted", "path"})
"""Gates that people open. Until they do, nobody is promised another day; the same holds for a preview that broke."""


def _relocate_lost(world: World, rollout: Rollout, wave: WaveProgress, asked: Asked) -> int:
    at, rule, clients = world.clock(), rollout.strategy.waves[wave.index], world.clients()
    waiting = [one for one, gate, verdict in asked.waiting if gate not in WAIT_FOR_PEOPLE and (gate != "preview" or verdict.next_open is not None)]
    lost = [one for one in waiting if has_lost_slot(world, one, rollout.request(rule, clients.get(one.client)), at)]
    return relocate(world, rollout, wave, lost, at) if lost else 0


# ── What comes next ────────────────────────────────────────────────────────────────────────────────


def foresee(world: World) -> datetime | None:
    """When there may be something to do again: the next slot, the end of a soak, the next opening."""
    at = world.clock()
    with world.ledger.read() as tx:
        moments = [moment for release in tx.releases((ReleaseState.ROLLING_OUT,)) for moment in _ahead(world, tx, release, at)]
    return min((moment for moment in moments if moment > at), default=None)


def _ahead(world: World, tx: Tx, release: Release, at: datetime) -> Iterator[datetime]:
    try:
        rollout = load(world, tx, release, at)
    except Refused:
        return
    for wave in tx.waves(release.version):
        rule = rollout.strategy.waves[wave.index]
        soak = soak_verdict(world, tx, wave, rule, at)
        if soak.next_open is not None:
            yield soak.next_open
        if wave.state in (WaveState.OPEN, WaveState.PROMOTED):
            yield from _slots_ahead(tx, rollout, wave, world, at)


def _slots_ahead(tx: Tx, rollout: Rollout, wave: WaveProgress, world: World, at: datetime) -> Iterator[datetime]:
    upcoming = tx.next_slot_start(rollout.release.version, wave.index, at)
    if upcoming is not None:
        yield upcoming
    due = tx.due(rollout.release.version, wave.index, at, world.policies.batch)
    if due:
        verdicts: list[Verdict] = [verdict for _, _, verdict in ask_gates(world, tx, rollout, wave, due, at).waiting]
        yield from (verdict.next_open for verdict in verdicts if verdict.next_open is not None)
