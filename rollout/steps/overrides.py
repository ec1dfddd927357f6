"""What has become of the calendars' overrides, by the calendars themselves and by what the ledger knows of the releases that they name."""

from collections.abc import Iterator

from rollout.core.clients import Environment
from rollout.core.coverage import OverrideRule
from rollout.core.coverage.overrides import OverrideState, Progress, override_states
from rollout.core.delivery import DeliveryState
from rollout.core.openings import party_of
from rollout.core.releases import ReleaseKind, ReleaseState
from rollout.core.values import Version
from rollout.ports import Tx, World

_WITHDRAWN = (ReleaseState.CANCELLED, ReleaseState.SUPERSEDED)


def states(world: World) -> tuple[OverrideState, ...]:
    """Every override, in order of id. Raises FaultsFound."""
    coverage = world.coverage()
    named = {rule.release for rule in coverage.rules if isinstance(rule, OverrideRule)}
    if not named:
        return ()
    with world.ledger.read() as tx:
        progress = dict(_progress(tx, named))
    return override_states(coverage, world.clock(), map(party_of, world.clients().values()), ReleaseKind, progress)


def _progress(tx: Tx, versions: set[Version]) -> Iterator[tuple[Version, Progress]]:
    for version in sorted(versions):
        release = tx.release(version)
        if release is None:
            continue
        found = [one for one in tx.deliveries(version) if one.environment is Environment.PRODUCTION and one.state is not DeliveryState.WITHDRAWN]
        yield (
            version,
            Progress(
                clients=frozenset(one.client for one in found),
                delivered=frozenset(one.client for one in found if one.state is DeliveryState.DELIVERED),
                started={one.client: (one.started_at,) for one in found if one.started_at},
                withdrawn=release.state in _WITHDRAWN,
            ),
        )
