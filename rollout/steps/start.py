"""Starts a signed release: its plan becomes deliveries, clients learn their day, older releases that it contains give way."""

from collections.abc import Collection
from datetime import datetime

from rollout.core.delivery import BROKEN, PENDING, Delivery, DeliveryEvent, DeliveryState, WaveProgress
from rollout.core.errands import ErrandKind
from rollout.core.planner import Place, Plan
from rollout.core.releases import Release, ReleaseEvent, ReleaseKind, ReleaseState, after, order
from rollout.core.values import PersonId, Version
from rollout.core.waves import Strategy
from rollout.errors import Conflict, Refused
from rollout.ports import Tx, World
from rollout.steps.advance.settle import Happened, settle
from rollout.steps.collect import project_of
from rollout.steps.content import Content, look, look_again
from rollout.steps.cut import put_errand
from rollout.steps.plan import make, strategy_of
from rollout.steps.sign import refuse_unready
from rollout.steps.survey import Surveyed, survey
from rollout.steps.tell import tell_planned


def start(world: World, version: str, actor: PersonId, dry_run: bool = False) -> Plan:
    """Begin the rollout. The plan is made anew from now, keeping every slot of the last one that still stands.

    Raises Refused if the release is not signed by a live quorum, a change is no longer ready, or nothing can be placed.
    """
    content = look(world, version)
    _refuse_unfit(content)
    plan = make(world, content.release, Surveyed() if dry_run else survey(world)).plan
    if not plan.slots:
        raise Refused(f"cannot start {version}: the plan has no slot for anybody. See rollout plan {version}")
    if not dry_run:
        _begin(world, content, plan, actor)
    return plan


def _refuse_unfit(content: Content) -> None:
    """Raises Refused if the release cannot start as it stands."""
    version, standing = content.release.version, content.standing
    after(version, content.release.state, ReleaseEvent.START)
    refuse_unready(content, "start")
    if not standing.open:
        told = "; ".join(reason.text for reason in standing.reasons)
        raise Refused(f"cannot start {version}: {told}", tuple((reason.code, reason.text) for reason in standing.reasons))


def _begin(world: World, content: Content, plan: Plan, actor: PersonId) -> None:
    """Judge once more what was planned for: a person may have rejected it, or a change been pulled, while the installations were asked."""
    at = world.clock()
    with world.ledger.begin() as tx:
        now = look_again(world, tx, plan.version, content.proof)
        _refuse_unfit(now)
        if now.digest != content.digest:
            raise Conflict(f"cannot start {plan.version}: its content moved meanwhile. Look again: rollout release show {plan.version}")
        state = after(now.release.version, now.release.state, ReleaseEvent.START)
        started = tx.save_release(now.release.model_copy(update={"state": state, "started_at": at, "calendars": world.calendars()}))
        tx.save_plan(plan)
        deliveries = _deliveries(tx, plan)
        tx.save_deliveries(deliveries)
        for wave in _waves(plan.version, strategy_of(world, started)):
            tx.save_wave(wave)
        tx.record(
            at, actor, "release started", started.version, {"slots": len(plan.slots), "ends": plan.ends_at.isoformat() if plan.ends_at else None}
        )
        _date(world, tx, now, plan, at)
        _overtake(world, tx, started, plan, actor, at)
        tx.save_deliveries(tell_planned(world, tx, started, deliveries, at))


def _date(world: World, tx: Tx, content: Content, plan: Plan, at: datetime) -> None:
    """Have JIRA date the release: on the day on which its plan ends, in every project that has a change in it."""
    if not world.policies.write_back or plan.ends_at is None:
        return
    day = f"{plan.ends_at.astimezone(world.policies.zone):%Y-%m-%d}"
    names = {(project_of(change.key), name) for change in content.changes for name in change.fix_versions if name in content.release.fix_versions}
    for tracker in world.trackers:
        for project, name in sorted(names):
            if project in tracker.projects:
                words = {"name": name, "project": project, "release_date": day}
                put_errand(tx, ErrandKind.ENSURE_FIX_VERSION, tracker.name, plan.version, words, at)


def _deliveries(tx: Tx, plan: Plan) -> list[Delivery]:
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


def _overtake(world: World, tx: Tx, release: Release, plan: Plan, actor: PersonId, at: datetime) -> None:
    """Older releases that a monthly one contains give up what they have not started where it has a slot itself; their tickets and notes go along
    with the newer one. What is left of them goes on."""
    if not world.policies.train.contains_older or release.kind is not ReleaseKind.MONTHLY:
        return
    places = {slot.place for slot in plan.slots}
    for one in tx.releases((ReleaseState.ROLLING_OUT,)):
        if order(one.version) < order(release.version):
            _give_way(world, tx, one, release.version, places, actor, at)


def _give_way(world: World, tx: Tx, older: Release, newer: Version, places: Collection[Place], actor: PersonId, at: datetime) -> None:
    waiting = [one for one in tx.deliveries(older.version, states=(DeliveryState.PLANNED,)) if _place(one) in places]
    why = f"overtaken by {newer}, which contains it"
    settle(world, tx, [Happened(one, ((DeliveryEvent.WITHDRAW, why),)) for one in waiting], at, actor)
    told = {"by": newer, "withdrawn": len(waiting)}
    if _is_left(tx, older, places):
        tx.record(at, actor, "release overtaken in part", older.version, told)
        return
    tx.save_release(older.model_copy(update={"state": after(older.version, older.state, ReleaseEvent.SUPERSEDE), "finished_at": at}))
    tx.record(at, actor, "release superseded", older.version, told)


def _is_left(tx: Tx, older: Release, places: Collection[Place]) -> bool:
    """Whether anything of the older release is still to come or under way, or waits for a person where the newer one does not go."""
    if tx.deliveries(older.version, states=PENDING):
        return True
    return any(_place(one) not in places for one in tx.deliveries(older.version, states=BROKEN - {DeliveryState.ROLLED_BACK}))


def _place(delivery: Delivery) -> Place:
    return delivery.client, delivery.environment
