"""What a person decides when something broke: retry, skip, roll back, go on. Each is a typed act with a reason."""

from datetime import datetime

from rollout.core.clients import Environment, target
from rollout.core.delivery import BROKEN, Delivery, DeliveryEvent, DeliveryState, after, failures
from rollout.core.holds import Hold
from rollout.core.releases import ReleaseState
from rollout.core.values import ClientId, PersonId, Version
from rollout.errors import NotFound, Refused
from rollout.ports import OutcomeKind, Tx, World
from rollout.steps.advance.look_up import installed_version, whereabouts
from rollout.steps.advance.settle import Happened, settle
from rollout.steps.content import find
from rollout.steps.plan import relocate
from rollout.steps.rollouts import load
from rollout.steps.tell import tell_withdrawn


def retry(world: World, version: str, client: str, environment: Environment, why: str, actor: PersonId, dry_run: bool = False) -> Delivery:
    """Let the delivery start again, in the next open slot. Raises Refused if it did not break."""
    return _decide(world, _found(world, version, client, environment), DeliveryEvent.RETRY, why, actor, dry_run, again=True)


def skip(world: World, version: str, client: str, environment: Environment, why: str, actor: PersonId, dry_run: bool = False) -> Delivery:
    """Leave this installation out of the release; its tickets stay open."""
    found = _found(world, version, client, environment)
    event = DeliveryEvent.WITHDRAW if found.state is DeliveryState.PLANNED else DeliveryEvent.SKIP
    return _decide(world, found, event, why, actor, dry_run, again=False)


def _decide(world: World, found: Delivery, event: DeliveryEvent, why: str, actor: PersonId, dry_run: bool, again: bool) -> Delivery:
    after(found.name, found.state, event)
    if dry_run:
        return found
    at = world.clock()
    with world.ledger.begin() as tx:
        decided = settle(world, tx, [Happened(_again(tx, found), ((event, why),))], at, actor)[0]
        rollout = load(world, tx, find(tx, found.version), at)
        wave = tx.waves(found.version)[found.wave]
    if again:
        relocate(world, rollout, wave, [decided], at)
    return _found(world, found.version, found.client, found.environment)


def _again(tx: Tx, found: Delivery) -> Delivery:
    """The delivery as it is inside the transaction. Raises NotFound where it went away meanwhile."""
    now = tx.delivery(found.version, found.client, found.environment)
    if now is None:
        raise NotFound(f"there is no delivery of {found.name} any more")
    return now


def roll_back(world: World, version: str, client: str, environment: Environment, why: str, actor: PersonId, dry_run: bool = False) -> Delivery:
    """Bring the installation back to what it ran before, hold the client so that nothing goes there by itself, and tell its tickets honestly."""
    found = _found(world, version, client, environment)
    after(found.name, found.state, DeliveryEvent.ROLL_BACK)
    if found.previous is None:
        raise Refused(f"cannot roll back {found.name}: nobody knows what it ran before")
    if dry_run:
        return found
    at = world.clock()
    with world.ledger.begin() as tx:
        tx.add_hold(Hold(subject=found.client, by=actor, at=at, why=f"rolled back from {version}: {why}"))
        tx.record(at, actor, "rolling back", f"{found.client}/{found.environment}", {"from": version, "to": found.previous, "why": why})
    _bring_back(world, found, found.previous)
    with world.ledger.begin() as tx:
        back = settle(world, tx, [Happened(_again(tx, found), ((DeliveryEvent.ROLL_BACK, why),))], world.clock(), actor)[0]
        tx.set_installed({(found.client, found.environment): found.previous}, world.clock())
        tell_withdrawn(world, tx, back, why, world.clock())
    return back


def _bring_back(world: World, found: Delivery, previous: Version) -> None:
    """Raises Refused, with what is known, unless the installation runs the previous version afterwards."""
    place = whereabouts(world, found)
    if place is None:
        raise NotFound(f"clients.yaml no longer has {found.client}/{found.environment}")
    client, installation = place
    outcome = world.executors[installation.executor].roll_back(target(client, installation), previous, f"{found.key}:back")
    runs = installed_version(world, found)
    if outcome.kind is not OutcomeKind.SUCCEEDED and runs != previous:
        raise Refused(
            f"the rollback of {found.name} did not succeed ({outcome.detail}); it runs {runs or 'nobody knows what'}. {found.client} is held"
        )


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
    if dry_run:
        return found
    with world.ledger.begin() as tx:
        return settle(world, tx, [Happened(_again(tx, found), (*path, (DeliveryEvent.PASS, why)))], world.clock(), actor)[0]


def broken(world: World, at: datetime) -> tuple[Delivery, ...]:
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
