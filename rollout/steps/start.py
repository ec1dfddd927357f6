"""Starts a signed release: its plan becomes deliveries, clients learn their day, older releases that it contains give way."""

from collections.abc import Sequence
from datetime import datetime

from rollout.core.delivery import Delivery, DeliveryEvent, DeliveryState, WaveProgress
from rollout.core.planner import Plan
from rollout.core.releases import Release, ReleaseEvent, ReleaseState, after, order
from rollout.core.values import PersonId, Version
from rollout.core.waves import Strategy
from rollout.errors import Refused
from rollout.ports import Tx, World
from rollout.steps.advance.settle import Happened, settle
from rollout.steps.content import find, look
from rollout.steps.plan import make, strategy_of
from rollout.steps.sign import refuse_unready
from rollout.steps.survey import survey
from rollout.steps.tell import tell_planned


def start(world: World, version: str, actor: PersonId, dry_run: bool = False) -> Plan:
    """Begin the rollout. The plan is made anew from now, keeping every slot of the last one that still stands.

    Raises Refused if the release is not signed by a live quorum, a change is no longer ready, or nothing can be placed.
    """
    content = look(world, version)
    after(content.release.version, content.release.state, ReleaseEvent.START)
    refuse_unready(content, "start")
    if not content.standing.open:
        told = "; ".join(reason.text for reason in content.standing.reasons)
        raise Refused(f"cannot start {version}: {told}", tuple((reason.code, reason.text) for reason in content.standing.reasons))
    if not dry_run:
        survey(world)
    plan = make(world, content.release)
    if not plan.slots:
        raise Refused(f"cannot start {version}: the plan has no slot for anybody. See rollout plan {version}")
    if not dry_run:
        _begin(world, content.release, plan, actor)
    return plan


def _begin(world: World, release: Release, plan: Plan, actor: PersonId) -> None:
    at = world.clock()
    with world.ledger.begin() as tx:
        now = find(tx, release.version)
        state = after(now.version, now.state, ReleaseEvent.START)
        started = tx.save_release(now.model_copy(update={"state": state, "started_at": at, "calendars": world.calendars()}))
        tx.save_plan(plan)
        deliveries = _deliveries(world, tx, plan)
        tx.save_deliveries(deliveries)
        for wave in _waves(plan.version, strategy_of(world, release)):
            tx.save_wave(wave)
        tx.record(
            at, actor, "release started", release.version, {"slots": len(plan.slots), "ends": plan.ends_at.isoformat() if plan.ends_at else None}
        )
        _overtake(world, tx, started, actor, at)
        tx.save_deliveries(tell_planned(world, tx, started, deliveries, at))


def _deliveries(world: World, tx: Tx, plan: Plan) -> list[Delivery]:
    runs = tx.installed()
    return [
        Delivery(
            version=plan.version,
            client=slot.client,
            environment=slot.environment,
            wave=slot.wave,
            slot_start=slot.start,
            latest_start=slot.latest_start,
            slot_end=slot.end,
            provisional=slot.provisional,
            previous=runs.get((slot.client, slot.environment)),
        )
        for slot in plan.slots
    ]


def _waves(version: Version, strategy: Strategy) -> list[WaveProgress]:
    return [WaveProgress(version=version, index=index, name=wave.name, environment=wave.environment) for index, wave in enumerate(strategy.waves)]


def _overtake(world: World, tx: Tx, release: Release, actor: PersonId, at: datetime) -> None:
    """Older releases that this one contains give up what they have not started; their tickets and notes go along with the newer one."""
    if not world.policies.train.contains_older:
        return
    older = [one for one in tx.releases((ReleaseState.ROLLING_OUT,)) if order(one.version) < order(release.version)]
    for one in older:
        waiting: Sequence[Delivery] = tx.deliveries(one.version, states=(DeliveryState.PLANNED,))
        why = f"overtaken by {release.version}, which contains it"
        settle(world, tx, [Happened(delivery, ((DeliveryEvent.WITHDRAW, why),)) for delivery in waiting], at, actor)
        state = after(one.version, one.state, ReleaseEvent.SUPERSEDE)
        tx.save_release(one.model_copy(update={"state": state, "finished_at": at}))
        tx.record(at, actor, "release superseded", one.version, {"by": release.version, "withdrawn": len(waiting)})
