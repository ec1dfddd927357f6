"""What a person decides when something broke: retry, skip, roll back, go on. Each is a typed act with a reason."""

from rollout.core.clients import Client, Environment, Installation, target
from rollout.core.delivery import BROKEN, Delivery, DeliveryEvent, DeliveryState, after, failures
from rollout.core.holds import Hold
from rollout.core.releases import Release, ReleaseState, order
from rollout.core.values import ClientId, PersonId, Version
from rollout.errors import Conflict, NotFound, OutsideError, Refused, RolloutError
from rollout.ports import OutcomeKind, Tx, World
from rollout.steps.advance.look_up import installed_version, whereabouts
from rollout.steps.advance.settle import Happened, settle
from rollout.steps.content import find
from rollout.steps.leases import lapsed
from rollout.steps.plan import relocate
from rollout.steps.rollouts import load
from rollout.steps.tell import tell_withdrawn


def retry(world: World, version: str, client: str, environment: Environment, why: str, actor: PersonId, dry_run: bool = False) -> Delivery:
    """Let the delivery start again, in the next open slot. Raises Refused if it did not break, or the release is not rolling out any more."""
    return _decide(world, _found(world, version, client, environment), DeliveryEvent.RETRY, why, actor, dry_run, again=True)


def skip(world: World, version: str, client: str, environment: Environment, why: str, actor: PersonId, dry_run: bool = False) -> Delivery:
    """Leave this installation out of the release; its tickets stay open."""
    found = _found(world, version, client, environment)
    event = DeliveryEvent.WITHDRAW if found.state is DeliveryState.PLANNED else DeliveryEvent.SKIP
    return _decide(world, found, event, why, actor, dry_run, again=False)


def _decide(world: World, found: Delivery, event: DeliveryEvent, why: str, actor: PersonId, dry_run: bool, again: bool) -> Delivery:
    after(found.name, found.state, event)
    at = world.clock()
    with world.ledger.begin() as tx:
        release = find(tx, found.version)
        if again:
            _refuse_ended(release, found)
        if dry_run:
            return found
        decided = settle(world, tx, [Happened(_again(tx, found), ((event, why),))], at, actor)[0]
        rollout = load(world, tx, release, at)
        wave = tx.waves(found.version)[found.wave]
    if again:
        relocate(world, rollout, wave, [decided], at)
    return _found(world, found.version, found.client, found.environment)


def _refuse_ended(release: Release, found: Delivery) -> None:
    if release.state is not ReleaseState.ROLLING_OUT:
        hint = f"{found.client} gets its changes with the next release, or with a hotfix"
        raise Refused(f"cannot retry {found.name}: {release.version} is {release.state}, so nothing would start it. {hint}")


def _again(tx: Tx, found: Delivery) -> Delivery:
    """The delivery as it is inside the transaction. Raises NotFound where it went away meanwhile."""
    now = tx.delivery(found.version, found.client, found.environment)
    if now is None:
        raise NotFound(f"there is no delivery of {found.name} any more")
    return now


def roll_back(world: World, version: str, client: str, environment: Environment, why: str, actor: PersonId, dry_run: bool = False) -> Delivery:
    """Bring the installation back to what it ran before, hold the client so that nothing goes there by itself, and tell its tickets honestly.

    One person at a time: the delivery is leased meanwhile. Repeatable: after a crash in the middle, do it again, and what runs already is not
    deployed once more. Until then the ledger, the pages and the tickets say what was so before, and a delivery that had only arrived is judged by
    the next tick as if nothing had happened. Raises Refused where the installation runs something else, before or afterwards.
    """
    found = _found(world, version, client, environment)
    after(found.name, found.state, DeliveryEvent.ROLL_BACK)
    if found.previous is None:
        raise Refused(f"cannot roll back {found.name}: nobody knows what it ran before")
    _refuse_at_work(world, found)
    is_back = _is_back(world, found)
    if dry_run:
        return found
    claimed = _claim_back(world, found, why, actor)
    try:
        if not is_back:
            _bring_back(world, claimed, found.previous)
    except RolloutError:
        _let_go(world, claimed)
        raise
    with world.ledger.begin() as tx:
        back = settle(world, tx, [Happened(_again(tx, found), ((DeliveryEvent.ROLL_BACK, why),))], world.clock(), actor)[0]
        tx.set_installed({(found.client, found.environment): found.previous}, world.clock())
        tell_withdrawn(world, tx, back, why, world.clock())
    return back


def _refuse_at_work(world: World, found: Delivery) -> None:
    """Raises Refused while anybody is at work there: a person, a tick, or a program that a lost process left running."""
    if not lapsed(world, found.owner, found.lease_until, world.clock()):
        raise Refused(
            f"cannot roll back {found.name}: {found.owner} is at work on it. Wait for its end, then look again: rollout status {found.version}"
        )
    _, installation = _place(world, found)
    if world.executors[installation.executor].is_at_work(_back_key(found)):
        raise Refused(f"cannot roll back {found.name}: a rollback that was begun before is still running there. Wait for its end")


def _is_back(world: World, found: Delivery) -> bool:
    """Whether the installation says that it is back already. Raises Refused where it, or else the ledger, knows of a third version there."""
    asked = _asked(world, found)
    with world.ledger.read() as tx:
        runs = asked or tx.installed([found.client]).get((found.client, found.environment))
    if runs not in (None, found.version, found.previous):
        hint = f"To take that back: rollout rollback {runs} {found.client} {found.environment} --reason …"
        raise Refused(f"cannot roll back {found.name}: it runs {runs}, neither {found.version} nor {found.previous}. {hint}")
    return asked == found.previous


def _claim_back(world: World, found: Delivery, why: str, actor: PersonId) -> Delivery:
    """The delivery, leased to this process, its client held. Raises Conflict where somebody else was quicker."""
    at = world.clock()
    with world.ledger.begin() as tx:
        claimed = tx.claim([found], world.owner, at + world.policies.lease)
        if not claimed:
            raise Conflict(f"cannot roll back {found.name}: somebody else has begun something there. Look again: rollout status {found.version}")
        tx.add_hold(Hold(subject=found.client, by=actor, at=at, why=f"rolled back from {found.version}: {why}"))
        tx.record(at, actor, "rolling back", f"{found.client}/{found.environment}", {"from": found.version, "to": found.previous, "why": why})
    return claimed[0]


def _let_go(world: World, claimed: Delivery) -> None:
    with world.ledger.begin() as tx:
        if tx.delivery(claimed.version, claimed.client, claimed.environment) == claimed:
            tx.save_deliveries([claimed.model_copy(update={"owner": "", "lease_until": None})])


def _bring_back(world: World, claimed: Delivery, previous: Version) -> None:
    """Raises Refused, with what is known, where the executor or the installation says that it is not back afterwards."""
    client, installation = _place(world, claimed)
    outcome = world.executors[installation.executor].roll_back(target(client, installation), previous, _back_key(claimed))
    runs = _asked(world, claimed)
    if runs == previous or (runs is None and outcome.kind is OutcomeKind.SUCCEEDED):
        return
    told = f"the executor says: {outcome.kind} {outcome.detail}".strip()
    raise Refused(f"the rollback of {claimed.name} did not succeed ({told}); it runs {runs or 'nobody knows what'}. {claimed.client} is held")


def _asked(world: World, delivery: Delivery) -> Version | None:
    """What the installation says that it runs; None if it cannot be asked."""
    try:
        return installed_version(world, delivery)
    except OutsideError:
        return None


def _place(world: World, delivery: Delivery) -> tuple[Client, Installation]:
    place = whereabouts(world, delivery)
    if place is None:
        raise NotFound(f"clients.yaml no longer has {delivery.client}/{delivery.environment}")
    return place


def _back_key(delivery: Delivery) -> str:
    return f"{delivery.key}:back"


def go_on(world: World, version: str, why: str, actor: PersonId, dry_run: bool = False) -> int:
    """Go on with a halted rollout in spite of its failures, which stay as they are; returns how many were forgiven."""
    at = world.clock()
    forgiven = 0
    with world.ledger.begin() as tx:
        release = find(tx, version)
        if release.state is not ReleaseState.ROLLING_OUT:
            raise Refused(f"{version} is {release.state}, not rolling out")
        for wave in tx.waves(release.version):
            count = failures(wave, tx.counts(release.version).get(wave.index, {}))
            if count > 0:
                forgiven += count
                if not dry_run:
                    tx.save_wave(wave.model_copy(update={"forgiven": wave.forgiven + count}))
        if not forgiven:
            raise Refused(f"nothing has failed in {version} that was not forgiven already")
        if not dry_run:
            tx.record(at, actor, "went on in spite of failures", release.version, {"why": why, "failures": forgiven})
    return forgiven


def accept(world: World, version: str, client: str, environment: Environment, why: str, actor: PersonId, dry_run: bool = False) -> Delivery:
    """A person's word that a delivery which nobody could judge is good: one that arrived, or whose outcome is unknown."""
    found = _found(world, version, client, environment)
    path = ((DeliveryEvent.FIND_TARGET, why),) if found.state is DeliveryState.UNKNOWN else ()
    if found.state not in (DeliveryState.UNKNOWN, DeliveryState.ARRIVED):
        raise Refused(f"cannot accept {found.name}: it is {found.state}; only what arrived or is unknown needs a person's word")
    with world.ledger.begin() as tx:
        runs = tx.installed([found.client]).get((found.client, found.environment))
        if runs is not None and order(runs) > order(found.version):
            raise Refused(
                f"cannot accept {found.name}: it runs {runs} by now. Leave it out: rollout skip {version} {client} {environment} --reason …"
            )
        if dry_run:
            return found
        return settle(world, tx, [Happened(_again(tx, found), (*path, (DeliveryEvent.PASS, why)))], world.clock(), actor)[0]


def broken(world: World) -> tuple[Delivery, ...]:
    """Every delivery that waits for a person's decision."""
    with world.ledger.read() as tx:
        return tuple(one for one in tx.deliveries(states=tuple(BROKEN)) if one.state is not DeliveryState.ROLLED_BACK)


def _found(world: World, version: str, client: str, environment: Environment) -> Delivery:
    with world.ledger.read() as tx:
        release = find(tx, version)
        delivery = tx.delivery(release.version, ClientId(client), environment)
    if delivery is None:
        raise NotFound(f"{version} has no delivery to {client}/{environment}. See rollout status {version}")
    return delivery
