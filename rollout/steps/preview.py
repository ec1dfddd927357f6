"""What a tick would do now, without doing it: every due delivery with the decision and the reasons."""

from typing import Any

from rollout.core.delivery import WaveProgress, WaveState
from rollout.core.values import Version
from rollout.errors import Refused
from rollout.ports import World
from rollout.steps.advance.start import ask_gates, due_in
from rollout.steps.advance.tick import rolling
from rollout.steps.content import find
from rollout.steps.rollouts import Rollout, load


def due_now(world: World) -> list[dict[str, Any]]:
    """Every due delivery of every wave that is open, and whether a tick at this moment would start it. A rollout that cannot go on says so."""
    return [row for version in rolling(world) for row in _of_release(world, version)]


def _of_release(world: World, version: Version) -> list[dict[str, Any]]:
    try:
        with world.ledger.read() as tx:
            rollout = load(world, tx, find(tx, version), world.clock())
            waves = [wave for wave in tx.waves(version) if wave.state in (WaveState.OPEN, WaveState.PROMOTED)]
    except Refused as refusal:
        told = [{"code": "refused", "text": str(refusal)}]
        return [{"version": version, "client": "", "environment": "", "decision": "cannot go on", "reasons": told}]
    return [row for wave in waves for row in _decide(world, rollout, wave)]


def _decide(world: World, rollout: Rollout, wave: WaveProgress) -> list[dict[str, Any]]:
    due = due_in(world, rollout, wave, world.clock())
    with world.ledger.read() as tx:
        asked = ask_gates(world, tx, rollout, wave, due, world.clock())
    decisions: list[tuple[Any, str, Any]] = [(one, "start", ()) for one in asked.ready]
    decisions += [(one, f"wait for {gate}", verdict.reasons) for one, gate, verdict in asked.waiting]
    return [
        {
            "version": one.version,
            "client": one.client,
            "environment": str(one.environment),
            "decision": decision,
            "reasons": [{"code": reason.code, "text": reason.text} for reason in reasons],
        }
        for one, decision, reasons in decisions
    ]
