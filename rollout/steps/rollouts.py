"""A release on its way, as every step needs it: with the strategy that it rolls out by and the standing of its sign-offs."""

from dataclasses import dataclass
from datetime import datetime

from rollout.core.clients import Client
from rollout.core.coverage import Request
from rollout.core.openings import party_of
from rollout.core.releases import Release, digest
from rollout.core.values import Verdict
from rollout.core.waves import Strategy, Wave
from rollout.errors import Refused
from rollout.ports import Tx, World
from rollout.steps.content import changes_of, stand


@dataclass(frozen=True)
class Rollout:
    """One release on its way."""

    release: Release
    strategy: Strategy
    signed: Verdict

    def request(self, wave: Wave, client: Client | None) -> Request:
        """What the calendars are asked for this client in that wave: the whole expected stretch, and the runway after it."""
        return Request(
            kind=self.release.kind,
            environment=wave.environment,
            parties=(party_of(client),) if client else (),
            length=wave.expected,
            runway=self.strategy.runway,
            version=self.release.version,
        )


def load(world: World, tx: Tx, release: Release, at: datetime) -> Rollout:
    """The release with its strategy and the standing of its sign-offs. Raises Refused where the settings no longer have its strategy."""
    name = release.assessment.strategy if release.assessment else ""
    strategy = world.policies.strategies.get(name)
    waves = tx.waves(release.version)
    if strategy is None or [wave.name for wave in waves] != [wave.name for wave in strategy.waves]:
        names = ", ".join(wave.name for wave in waves)
        raise Refused(f"strategy {name} of rollout.yaml no longer has the waves that {release.version} is rolling out by ({names}). Put them back")
    agreed = digest(release, changes_of(tx, release))
    return Rollout(release=release, strategy=strategy, signed=stand(world, release, agreed, tx.signoffs(release.version), at))
