"""Acts: brings a claimed batch of deliveries to its installations, and judges the health of what arrived. Time is asked before each act."""

from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Lock

from rollout.core.clients import Client, Installation, target
from rollout.core.delivery import Delivery, DeliveryEvent, DeliveryState, after
from rollout.errors import OutsideError
from rollout.ports import Health, HealthKind, OutcomeKind, World
from rollout.steps.advance.batch import Batch, Done
from rollout.steps.advance.look_up import installed_version, whereabouts
from rollout.steps.advance.settle import Happened, settle_own
from rollout.steps.advance.watching import Watch
from rollout.steps.leases import in_good_time

_ROUNDS_PER_GROUP = 8
Group = list[Future[Happened]]


def deliver(world: World, batch: Batch) -> Done:
    """Deploy and judge one after the other, `at_once` at a time; note each group's outcomes in one transaction.

    Every intent is durable before this is called; a kill at any moment leaves deliveries that the next tick looks up.
    """
    budget, watch = _Budget(batch.tolerable), Watch(world, batch.seen)
    stored: list[Delivery] = []
    with ThreadPoolExecutor(max_workers=batch.at_once) as pool:
        for under_way in _one_ahead([pool.submit(_carry_out, world, one, budget, watch) for one in group] for group in _groups(batch)):
            happened = [one.result() for one in under_way]
            with world.ledger.begin() as tx:
                before = tx.audit_head()
                stored += settle_own(world, tx, happened, world.clock())
                watch.wrote(before, tx.audit_head())
    return account(stored)


def _one_ahead(groups: Iterable[Group]) -> Iterator[Group]:
    """The same groups, each given only once the next one is begun: there is work to do while outcomes are written down."""
    before: Group | None = None
    for group in groups:
        if before is not None:
            yield before
        before = group
    if before is not None:
        yield before


class _Budget:
    """How many more deliveries may fail before nothing new is started; shared by the threads of one batch."""

    def __init__(self, tolerable: int) -> None:
        self._left = tolerable
        self._lock = Lock()

    def spend(self) -> None:
        with self._lock:
            self._left -= 1

    @property
    def why_not(self) -> str:
        """Why nothing new may start; empty if it may."""
        return "" if self._left >= 0 else "too many deliveries of the wave have failed"


def _groups(batch: Batch) -> Iterator[Sequence[Delivery]]:
    """Small enough that outcomes are soon written down; large enough to share one transaction."""
    size = batch.at_once * _ROUNDS_PER_GROUP
    for first in range(0, len(batch.deliveries), size):
        yield batch.deliveries[first : first + size]


def _carry_out(world: World, delivery: Delivery, budget: _Budget, watch: Watch) -> Happened:
    why_not = budget.why_not or _too_late(world, delivery) or watch.why_not(delivery)
    if why_not:
        return Happened(delivery, ((DeliveryEvent.POSTPONE, why_not),))
    place = whereabouts(world, delivery)
    if place is None:
        return Happened(delivery, ((DeliveryEvent.POSTPONE, f"clients.yaml no longer has {delivery.client}/{delivery.environment}"),))
    client, installation = place
    event, detail = _act(world, delivery, client, installation)
    if after(delivery.name, delivery.state, event) is not DeliveryState.ARRIVED:
        budget.spend()
        return Happened(delivery, ((event, detail),))
    verdict = judge(world, delivery)
    judged = judgement(verdict)
    if verdict.kind is HealthKind.FAILED:
        budget.spend()
    return Happened(delivery, ((event, detail if judged else verdict.detail), *judged))


def _act(world: World, delivery: Delivery, client: Client, installation: Installation) -> tuple[DeliveryEvent, str]:
    """Deploy, and tell what came of it. Where the executor cannot tell, the installation is asked; only what it should run is an answer, for
    whatever hangs each time would be started again for ever."""
    try:
        executor = world.executors[installation.executor]
    except OutsideError as error:  # it lacks its secret: nothing was begun
        return DeliveryEvent.REPORT_FAILURE, str(error)
    outcome = executor.deploy(target(client, installation), delivery.version, delivery.key)
    if outcome.kind is OutcomeKind.UNKNOWN and _runs_target(world, delivery):
        return DeliveryEvent.FIND_TARGET, f"{outcome.detail} It runs {delivery.version}."
    return _REPORTS[outcome.kind], outcome.detail


def _runs_target(world: World, delivery: Delivery) -> bool:
    try:
        return installed_version(world, delivery) == delivery.version
    except OutsideError:
        return False


def _too_late(world: World, delivery: Delivery) -> str:
    """Why the act may not begin at this moment; empty if it may."""
    if world.clock() >= delivery.latest_start:
        return "its window closed"
    return "" if in_good_time(world, delivery.lease_until) else "its turn did not come in time"


_REPORTS = {
    OutcomeKind.SUCCEEDED: DeliveryEvent.REPORT_SUCCESS,
    OutcomeKind.FAILED: DeliveryEvent.REPORT_FAILURE,
    OutcomeKind.UNKNOWN: DeliveryEvent.LOSE,
}


# ── Health ─────────────────────────────────────────────────────────────────────────────────────────


def judge(world: World, delivery: Delivery) -> Health:
    """Ask the installation what it runs, then all its configured checks; the first that is not well decides."""
    place = whereabouts(world, delivery)
    if place is None:
        return Health(kind=HealthKind.ERRORED, detail=f"clients.yaml no longer has {delivery.client}/{delivery.environment}")
    client, installation = place
    aim = target(client, installation)
    unlike = _runs_something_else(world, delivery)
    if unlike is not None:
        return unlike
    for name in installation.health:
        verdict = world.health[name].check(aim, delivery.version)
        if verdict.kind is not HealthKind.HEALTHY:
            return verdict.model_copy(update={"detail": f"{name}: {verdict.detail}"})
    return Health(kind=HealthKind.HEALTHY)


def _runs_something_else(world: World, delivery: Delivery) -> Health | None:
    """What is against the executor's word that it brought the version; None if nothing is, or it has no way to ask."""
    try:
        found = installed_version(world, delivery)
    except OutsideError as error:
        return Health(kind=HealthKind.ERRORED, detail=f"nobody can tell what it runs: {error}")
    if found in (None, delivery.version):
        return None
    return Health(kind=HealthKind.FAILED, detail=f"it runs {found}, though the deployment was reported to have succeeded")


def judgement(verdict: Health) -> tuple[tuple[DeliveryEvent, str], ...]:
    """What a verdict makes of a delivery that arrived. Where a check could not tell, it is asked again; where it has too little to go by, a
    person decides."""
    events = {HealthKind.HEALTHY: DeliveryEvent.PASS, HealthKind.FAILED: DeliveryEvent.FAIL, HealthKind.INCONCLUSIVE: DeliveryEvent.DOUBT}
    return ((events[verdict.kind], verdict.detail),) if verdict.kind in events else ()


def judge_arrived(world: World, arrived: Sequence[Delivery]) -> tuple[Delivery, ...]:
    """Judge deliveries that arrived earlier, and store the verdicts. What nobody could judge stays arrived, with the reason, leased to nobody."""
    with ThreadPoolExecutor(max_workers=world.policies.workers) as pool:
        verdicts = list(pool.map(lambda one: judge(world, one), arrived))
    happened = [Happened(one, judgement(verdict), note=verdict.detail) for one, verdict in zip(arrived, verdicts, strict=True)]
    with world.ledger.begin() as tx:
        return settle_own(world, tx, happened, world.clock())


def account(stored: Sequence[Delivery]) -> Done:
    """Count what became of deliveries."""
    good = (DeliveryState.DELIVERED, DeliveryState.PLANNED)
    return Done(
        delivered=sum(one.state is DeliveryState.DELIVERED for one in stored),
        postponed=sum(one.state is DeliveryState.PLANNED for one in stored),
        broken=tuple(f"{one.name} is {one.state}: {one.reason}" for one in stored if one.state not in good),
    )
