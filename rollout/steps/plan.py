"""Plans: who gets a release when. Made before the start, kept in force afterwards: what loses its slot is moved, everything else stays."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from rollout.core.delivery import Delivery, DeliveryState, WaveProgress
from rollout.core.planner import Move, Outline, Place, Plan, Slot, moves, replan, slot_after
from rollout.core.planner import plan as plan_anew
from rollout.core.releases import Release, ReleaseState
from rollout.core.values import PersonId
from rollout.core.waves import Strategy, assign
from rollout.errors import Conflict, NotFound, Refused
from rollout.ports import Tx, World
from rollout.steps.content import find
from rollout.steps.rollouts import Rollout
from rollout.steps.survey import Surveyed, survey
from rollout.steps.tell import tell_planned

_ACTOR = "plan"


@dataclass(frozen=True)
class Planned:
    """A plan, the names of its waves, and what it moved against the plan before."""

    plan: Plan
    waves: tuple[str, ...]
    moves: tuple[Move, ...]

    def model_dump(self, mode: str = "json") -> dict[str, object]:
        """As JSON has it: the plan itself, its waves by name, and the moves."""
        return {**self.plan.model_dump(mode=mode), "waves": list(self.waves), "moves": [one.model_dump(mode=mode) for one in self.moves]}


def strategy_of(world: World, release: Release) -> Strategy:
    """The strategy that the release's assessment chose, or its kind's own. Raises NotFound where the settings lack it."""
    name = release.assessment.strategy if release.assessment else world.policies.default_strategy.get(release.kind, "")
    if name not in world.policies.strategies:
        raise NotFound(f"rollout.yaml has no strategy {name!r}; it has {', '.join(sorted(world.policies.strategies))}")
    return world.policies.strategies[name]


def make(world: World, release: Release, surveyed: Surveyed) -> Planned:
    """A plan for the release from now on. Where one stands already, the fewest slots move. Nothing is stored. The plan also says whom the survey
    could not ask."""
    at = world.clock()
    with world.ledger.read() as tx:
        old, installed = tx.plan(release.version), tx.installed()
    strategy, clients = strategy_of(world, release), world.clients()
    assignment = assign(strategy, clients, installed, release.version)
    outline = Outline(release.version, release.kind, strategy, assignment, clients, at)
    if old is not None and old.strategy == strategy.name:
        made = replan(old, outline, world.coverage(), at, zone_data=world.zone_data)
    else:
        made = plan_anew(outline, world.coverage(), at, zone_data=world.zone_data)
    made = made.model_copy(update={"remarks": (*made.remarks, *surveyed.remarks)})
    return Planned(made, _names(strategy), moves(old, made, outline, world.coverage()) if old else ())


def plan(world: World, version: str, actor: PersonId, dry_run: bool = False) -> Planned:
    """Plan a release that is cut or signed, or plan anew what is rolling out; an announced day moves only if it closed."""
    with world.ledger.read() as tx:
        release = find(tx, version)
    if release.state is ReleaseState.ROLLING_OUT:
        return _replan_rolling(world, release, actor, dry_run)
    if release.state not in (ReleaseState.DRAFT, ReleaseState.CUT, ReleaseState.SIGNED):
        raise Refused(f"cannot plan {version}: it is {release.state}")
    planned = make(world, release, Surveyed() if dry_run else survey(world))
    if not dry_run:
        _store(world, planned.plan, actor)
    return planned


def _names(strategy: Strategy) -> tuple[str, ...]:
    return tuple(wave.name for wave in strategy.waves)


def _store(world: World, made: Plan, actor: PersonId) -> None:
    with world.ledger.begin() as tx:
        tx.save_plan(made)
        tx.record(world.clock(), actor, "release planned", made.version, {"slots": len(made.slots), "unplaced": len(made.unplaced)})


# ── A plan in force ────────────────────────────────────────────────────────────────────────────────


def replan_if_closed(world: World, rollout: Rollout) -> int:
    """Plan anew where the calendars are others than those that the plan was made with; returns how many slots moved. Of two that do so at once,
    one is heard."""
    if rollout.release.calendars == world.calendars():
        return 0
    try:
        return sum(move.new is not None for move in _replan_rolling(world, rollout.release, PersonId(_ACTOR), dry_run=False).moves)
    except Conflict:
        return 0


def _replan_rolling(world: World, release: Release, actor: PersonId, dry_run: bool) -> Planned:
    """Move what lost its slot, and nothing else; tell the clients whose day moved."""
    at = world.clock()
    with world.ledger.read() as tx:
        old, deliveries = tx.plan(release.version), tx.deliveries(release.version)
    if old is None:
        raise NotFound(f"{release.version} is rolling out without a plan; the ledger is damaged: rollout audit verify")
    current = old.model_copy(update={"slots": tuple(slot_of(one) for one in deliveries)})
    outline, kept, announced = _standing(world, release, deliveries, at)
    made = replan(current, outline, world.coverage(), at, announced=announced, kept=kept, zone_data=world.zone_data)
    moved = moves(current, made, outline, world.coverage())
    if not dry_run:
        with world.ledger.begin() as tx:
            tx.save_release(release.model_copy(update={"calendars": world.calendars()}))
            tx.save_plan(made)
            _apply(world, tx, release, moved, actor, at)
    return Planned(made, _names(strategy_of(world, release)), moved)


def _standing(world: World, release: Release, deliveries: Sequence[Delivery], at: datetime) -> tuple[Outline, dict[Place, Slot], set[Place]]:
    """What is to be planned anew; the slots of what is under way or done, which stand; and who was told of a day."""
    strategy, clients = strategy_of(world, release), world.clients()
    kept = {(one.client, one.environment): slot_of(one) for one in deliveries if one.state is not DeliveryState.PLANNED}
    announced = {(one.client, one.environment) for one in deliveries if one.announced_start is not None} - kept.keys()
    with world.ledger.read() as tx:
        runs = {place: version for place, version in tx.installed().items() if place not in kept}
    assignment = assign(strategy, clients, runs, release.version, on_its_way=True)
    return Outline(release.version, release.kind, strategy, assignment, clients, at), kept, announced


def _apply(world: World, tx: Tx, release: Release, moved: Sequence[Move], actor: PersonId, at: datetime) -> None:
    """Give the planned deliveries their new slots; a move without a new slot leaves the delivery waiting, with the reason."""
    changed = [(move, new) for move in moved for new in [_rearranged(tx, release, move)] if new is not None]
    tx.save_deliveries(new for _, new in changed)
    entries = [(_act(move), f"{move.client}/{move.environment}", {"version": release.version, "why": move.why}) for move, _ in changed]
    tx.record_all(at, actor, entries)
    tx.save_deliveries(tell_planned(world, tx, release, [new for move, new in changed if move.new is not None], at))


def _act(move: Move) -> str:
    return "slot lost" if move.new is None else "slot moved"


def _rearranged(tx: Tx, release: Release, move: Move) -> Delivery | None:
    """The delivery after the move; a new one for a client that came later. None where it is no longer waiting in the slot that it is to leave:
    another process has started or moved it."""
    now = tx.delivery(release.version, move.client, move.environment)
    if now is None:
        return _newcomer(tx, release, move.new, move.why) if move.new is not None else None
    if now.state is not DeliveryState.PLANNED or slot_of(now) != move.old:
        return None
    return now.model_copy(update={"reason": move.why}) if move.new is None else in_slot(now, move.new, move.why)


def _newcomer(tx: Tx, release: Release, slot: Slot, why: str) -> Delivery:
    fresh = Delivery(
        version=release.version,
        client=slot.client,
        environment=slot.environment,
        wave=slot.wave,
        slot_start=slot.start,
        latest_start=slot.latest_start,
        slot_end=slot.end,
        previous=tx.installed([slot.client]).get(slot.place),
    )
    return in_slot(fresh, slot, why)


def relocate(world: World, rollout: Rollout, wave: WaveProgress, lost: Sequence[Delivery], at: datetime) -> int:
    """Give each of these planned deliveries of one wave the next open slot; clients are told if their day moves. Returns how many moved.

    One that finds none keeps waiting, with the reasons, and its client is told nothing.
    """
    places = {(one.client, one.environment): one for one in lost}
    with world.ledger.read() as tx:
        others = tx.deliveries(rollout.release.version, wave=wave.index)
    used = Counter(one.slot_start for one in others if (one.client, one.environment) not in places)
    found = [_next_slot(world, rollout, wave, one, used, at) for one in sorted(lost, key=lambda one: (one.slot_start, one.client))]
    return _store_relocated(world, rollout.release, places, found, at)


def _next_slot(world: World, rollout: Rollout, wave: WaveProgress, delivery: Delivery, used: Counter[datetime], at: datetime) -> Delivery:
    """The delivery in the next slot that is open to it, which is noted as used; or where it was, with the reasons why there is none."""
    rule = rollout.strategy.waves[wave.index]
    client = world.clients().get(delivery.client)
    if client is None:
        return delivery.model_copy(update={"reason": f"{delivery.client} is no longer in clients.yaml"})
    slot = slot_after(world.coverage(), rollout.request(rule, client), rule, wave.index, at, used)
    if not isinstance(slot, Slot):
        return delivery.model_copy(update={"reason": "; ".join(reason.text for reason in slot.reasons)})
    used[slot.start] += 1
    return in_slot(delivery, slot, f"its slot of {delivery.slot_start:%Y-%m-%d %H:%M} UTC was lost")


def _store_relocated(world: World, release: Release, lost: Mapping[Place, Delivery], found: Sequence[Delivery], at: datetime) -> int:
    """Store what is not as it was; tell and record only of those that moved, and return how many did."""
    with world.ledger.begin() as tx:
        still = [one for one in found if tx.delivery(one.version, one.client, one.environment) == lost[one.client, one.environment]]
        tx.save_deliveries(one for one in still if one != lost[one.client, one.environment])
        moved = [one for one in still if slot_of(one) != slot_of(lost[one.client, one.environment])]
        entries = [("slot moved", f"{one.client}/{one.environment}", {"version": one.version, "why": one.reason}) for one in moved]
        tx.record_all(at, _ACTOR, entries)
        tx.save_deliveries(tell_planned(world, tx, release, moved, at))
    return len(moved)


def slot_of(delivery: Delivery) -> Slot:
    """The slot that a delivery has."""
    return Slot(
        client=delivery.client,
        environment=delivery.environment,
        wave=delivery.wave,
        start=delivery.slot_start,
        latest_start=delivery.latest_start,
        end=delivery.slot_end,
        provisional=delivery.provisional,
    )


def in_slot(delivery: Delivery, slot: Slot, why: str) -> Delivery:
    """The delivery in that slot, and why."""
    placed = {"slot_start": slot.start, "latest_start": slot.latest_start, "slot_end": slot.end, "provisional": slot.provisional}
    return delivery.model_copy(update={**placed, "reason": why})
