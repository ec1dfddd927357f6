"""The facts that the gates look at, read in a few queries for many deliveries."""

from collections.abc import Sequence
from datetime import datetime

from rollout.core.clients import Environment
from rollout.core.delivery import IN_FLIGHT, Delivery, WaveProgress
from rollout.core.gates import Facts
from rollout.ports import Tx, World
from rollout.steps.rollouts import Rollout


def facts_of(world: World, tx: Tx, rollout: Rollout, wave: WaveProgress, deliveries: Sequence[Delivery], in_flight: int, at: datetime) -> list[Facts]:
    """The facts for the gates of these deliveries of one wave, read in a few queries for all of them."""
    if not deliveries:
        return []
    release, strategy, rule = rollout.release, rollout.strategy, rollout.strategy.waves[wave.index]
    ids = [one.client for one in deliveries]
    clients, runs = world.clients(), tx.installed(ids)
    elsewhere = {(one.client, one.environment): one for one in tx.deliveries(clients=ids, states=IN_FLIGHT) if one.version != release.version}
    previews = {one.client: one for one in tx.deliveries(release.version, clients=ids) if one.environment is Environment.PREVIEW}
    holds, stop, coverage = tx.holds(at), tx.stop(), world.coverage()
    return [
        Facts(
            release=release,
            signed=rollout.signed,
            delivery=one,
            wave=wave,
            rule=rule,
            preview=previews.get(one.client),
            preview_soak=strategy.preview_soak,
            holds=holds,
            stop=stop,
            pinned=clients[one.client].pinned if one.client in clients else None,
            opted_out=clients[one.client].opted_out if one.client in clients else "",
            runs=runs.get((one.client, one.environment)),
            runs_in_preview=runs.get((one.client, Environment.PREVIEW)),
            has_preview=one.client in clients and clients[one.client].installation(Environment.PREVIEW) is not None,
            elsewhere=elsewhere.get((one.client, one.environment)),
            in_flight=in_flight,
            coverage=coverage,
            request=rollout.request(rule, clients.get(one.client)),
            known=one.client in clients,
        )
        for one in deliveries
    ]
