"""The assessment: proposed from the changes, confirmed or changed by a person."""

from collections.abc import Mapping
from typing import Any

from rollout.core.releases import Assessment, ReleaseState, propose
from rollout.core.values import PersonId
from rollout.errors import NotFound, Refused
from rollout.ports import World
from rollout.steps.collect import void
from rollout.steps.content import find, look


def proposal(world: World, version: str) -> Assessment:
    """What the changes of the release suggest, each line with its cause."""
    content = look(world, version)
    default = world.policies.default_strategy.get(content.release.kind, "")
    return propose(content.release.kind, content.changes, default, world.policies.strategies)


def assess(world: World, version: str, edits: Mapping[str, Any], actor: PersonId, dry_run: bool = False) -> Assessment:
    """Confirm the proposal, with a person's edits to its fields. Sign-offs of another strategy or downtime fall.

    Raises Refused once the release is on its way, NotFound for a strategy that the settings do not have.
    """
    at = world.clock()
    proposed = proposal(world, version).model_dump() | dict(edits)
    confirmed = Assessment.model_validate(proposed | {"confirmed_by": actor, "confirmed_at": at})
    if confirmed.strategy not in world.policies.strategies:
        known = ", ".join(sorted(world.policies.strategies))
        raise NotFound(f"rollout.yaml has no strategy {confirmed.strategy!r}. It has: {known}")
    with world.ledger.begin() as tx:
        release = find(tx, version)
        if release.state not in (ReleaseState.DRAFT, ReleaseState.CUT, ReleaseState.SIGNED):
            raise Refused(f"cannot assess {version}: it is {release.state}")
        if dry_run:
            return confirmed
        saved = tx.save_release(release.model_copy(update={"assessment": confirmed}))
        tx.record(at, actor, "release assessed", release.version, confirmed.model_dump(mode="json"))
        if _differs(release.assessment, confirmed) and tx.signoffs(release.version):
            void(tx, saved, at, actor, "the assessment changed")
    return confirmed


def _differs(old: Assessment | None, new: Assessment) -> bool:
    return old is None or (old.strategy, old.downtime_minutes) != (new.strategy, new.downtime_minutes)
