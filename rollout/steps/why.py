"""Why a client has what it has, and has not what it has not: every gate's verdict on each of its deliveries."""

from datetime import datetime
from typing import Any

from rollout.core.delivery import IN_FLIGHT, Delivery, DeliveryState
from rollout.core.gates import ask
from rollout.core.releases import ReleaseState
from rollout.core.values import Verdict, Version
from rollout.ports import Tx, World
from rollout.steps.advance.facts import facts_of
from rollout.steps.content import find
from rollout.steps.coverage import find_client
from rollout.steps.rollouts import load

RELEVANT = (ReleaseState.CUT, ReleaseState.SIGNED, ReleaseState.ROLLING_OUT)


def why(world: World, client: str) -> dict[str, Any]:
    """The gates of every delivery to the client that is still to come, the result of the others, and what plans leave it out of;
    what its installations run, as far as we know, and the holds on it."""
    at = world.clock()
    known = find_client(world, client)
    with world.ledger.read() as tx:
        rolling = {release.version for release in tx.releases((ReleaseState.ROLLING_OUT,))}
        mine = [one for one in tx.deliveries(clients=[known.id]) if one.version in rolling]
        views = [_view(world, tx, one, at) for one in mine]
        runs = {str(environment): version for (_, environment), version in tx.installed([known.id]).items()}
        holds = [hold.model_dump(mode="json") for hold in tx.holds(at) if hold.subject == known.id]
        deliveries = views + _left_out(tx, client)
        return {"client": client, "runs": runs, "holds": holds, "deliveries": deliveries}


def _view(world: World, tx: Tx, delivery: Delivery, at: datetime) -> dict[str, Any]:
    gates = _gates(world, tx, delivery, at) if delivery.state is DeliveryState.PLANNED else {}
    return {
        "version": delivery.version,
        "environment": str(delivery.environment),
        "state": str(delivery.state),
        "slot": delivery.slot_start.isoformat(),
        "reasons": [{"code": str(delivery.state), "text": delivery.reason}] if delivery.reason else [],
        "gates": [_gate(name, verdict) for name, verdict in gates.items()],
    }


def _gates(world: World, tx: Tx, delivery: Delivery, at: datetime) -> dict[str, Verdict]:
    rollout = load(world, tx, find(tx, delivery.version), at)
    wave = tx.waves(delivery.version)[delivery.wave]
    counts = tx.counts(delivery.version).get(delivery.wave, {})
    in_flight = sum(counts.get(state, 0) for state in IN_FLIGHT)
    return ask(facts_of(world, tx, rollout, wave, [delivery], in_flight, at)[0], at)


def _gate(name: str, verdict: Verdict) -> dict[str, Any]:
    return {
        "name": name,
        "open": verdict.open,
        "reasons": [{"code": one.code, "text": one.text, "source": one.source} for one in verdict.reasons],
        "waived": [{"code": one.code, "text": one.text, "source": one.source} for one in verdict.waived],
        "next_open": verdict.next_open.isoformat() if verdict.next_open else None,
    }


def _left_out(tx: Tx, client: str) -> list[dict[str, Any]]:
    """Plans that have no slot for an installation of the client, with the reasons."""
    found = []
    for release in tx.releases(RELEVANT):
        plan = tx.plan(release.version)
        for one in plan.unplaced if plan else ():
            if one.client == client:
                found.append(_absent(release.version, str(one.environment), "unplaced", [(each.code, each.text) for each in one.reasons]))
        for other in plan.excluded if plan else ():
            if other.client == client:
                found.append(_absent(release.version, str(other.environment), "excluded", [(other.reason.code, other.reason.text)]))
    return found


def _absent(version: Version, environment: str, state: str, reasons: list[tuple[str, str]]) -> dict[str, Any]:
    told = [{"code": code, "text": text} for code, text in reasons]
    return {"version": version, "environment": environment, "state": state, "slot": None, "reasons": told, "gates": []}
