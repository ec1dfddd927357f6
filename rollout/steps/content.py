"""A release as it stands now: its changes, whether each is ready, what proves them, who has signed. Reads only."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from rollout.core.changes import Change, Proof, TicketLink, prove, readiness
from rollout.core.releases import Release, ReleaseState, digest
from rollout.core.signoffs import Signoff, SignoffPolicy, standing
from rollout.core.trains import previous
from rollout.core.values import ChangeKey, Reason, Verdict, Version
from rollout.errors import NotFound
from rollout.ports import Tx, World


@dataclass(frozen=True)
class Content:
    """A release and everything that one needs to know in order to judge it. `reasons` are why a change is not ready, empty if it is; `gone` are
    those that JIRA no longer shows, and why."""

    release: Release
    changes: tuple[Change, ...]
    gone: Mapping[ChangeKey, str]
    proof: Proof
    reasons: Mapping[ChangeKey, tuple[Reason, ...]]
    links: tuple[TicketLink, ...]
    digest: str
    signoffs: tuple[Signoff, ...]
    standing: Verdict

    @property
    def unready(self) -> tuple[Change, ...]:
        return tuple(change for change in self.changes if self.reasons[change.key])


def find(tx: Tx, version: str) -> Release:
    """The release of that name. Raises NotFound, and names those that come close."""
    release = tx.release(Version(version))
    if release is not None:
        return release
    known = [one.version for one in tx.releases()]
    near = sorted(known, key=lambda name: abs(len(name) - len(version)) + sum(a != b for a, b in zip(name, version, strict=False)))[:3]
    hint = f"The closest ones: {', '.join(near)}." if near else "There are no releases yet: rollout collect"
    raise NotFound(f"there is no release {version}. {hint}")


def changes_of(tx: Tx, release: Release) -> tuple[Change, ...]:
    """The changes of a release: JIRA's own list while it is a draft, the frozen one from the cut on.

    A release that was out in JIRA before this ledger knew it was never cut here: JIRA's list is its content.
    """
    members = tx.members(release.version) if is_frozen(release) else ()
    if not members:
        return tx.changes_of(release.fix_versions)
    return tx.changes([member.key for member in members if member.left_at is None])


def proof_of(world: World, release: Release, keys: Iterable[ChangeKey]) -> Proof:
    """What git says of these keys: the commits since the tag of the newest earlier version that has one, up to this one's tag or the branch."""
    if world.history is None:
        return Proof(known=False)
    tags = world.history.tags()
    own = tags.get(world.policies.tag_of(release.version))
    commits = world.history.commits(_base(world, release.version, tags), own or world.history.head())
    return prove(keys, commits, world.policies.projects)


def look(world: World, version: str) -> Content:
    """Everything about one release, as of now."""
    with world.ledger.read() as tx:
        seen = look_again(world, tx, version, Proof(known=False))
    proof = proof_of(world, seen.release, [change.key for change in seen.changes])
    return replace(seen, proof=proof, reasons=_reasons(world, seen.changes, seen.gone, proof))


def look_again(world: World, tx: Tx, version: str, proof: Proof) -> Content:
    """The same inside a transaction, with what git said before."""
    release = find(tx, version)
    changes = changes_of(tx, release)
    gone = tx.gone([change.key for change in changes])
    signoffs = tx.signoffs(release.version)
    agreed = digest(release, changes)
    return Content(
        release=release,
        changes=changes,
        gone=gone,
        proof=proof,
        reasons=_reasons(world, changes, gone, proof),
        links=tx.links([change.key for change in changes]),
        digest=agreed,
        signoffs=signoffs,
        standing=stand(world, release, agreed, signoffs, world.clock()),
    )


def _reasons(world: World, changes: Iterable[Change], gone: Mapping[ChangeKey, str], proof: Proof) -> dict[ChangeKey, tuple[Reason, ...]]:
    known, rules = proof if proof.known else None, world.policies.readiness
    lost = {key: (Reason(code="gone", text=f"it is gone from JIRA: {why}"),) for key, why in gone.items()}
    return {change.key: (*lost.get(change.key, ()), *readiness(change, known, rules)) for change in changes}


def stand(world: World, release: Release, agreed: str, signoffs: Iterable[Signoff], at: datetime) -> Verdict:
    """Whether a live quorum stands behind that digest of the release."""
    return standing(policy_of(world, release), signoffs, agreed, world.policies.people, release.cut_by, at)


def policy_of(world: World, release: Release) -> SignoffPolicy:
    """The sign-off policy of the release's kind. Raises NotFound where the settings have none."""
    policy = world.policies.signoff.get(release.kind)
    if policy is None:
        raise NotFound(f"rollout.yaml has no sign-off policy for {release.kind} releases; add signoff.{release.kind}.need")
    return policy


def is_frozen(release: Release) -> bool:
    """Whether its content no longer follows JIRA by itself."""
    return release.state is not ReleaseState.DRAFT


def _base(world: World, version: Version, tags: Mapping[str, str]) -> str | None:
    """The commit of the newest version before this one that is tagged; None if there is none: then everything counts."""
    known = tagged_versions(world, tags)
    before = previous(version, known)
    return known[before] if before else None


def tagged_versions(world: World, tags: Mapping[str, str]) -> dict[Version, str]:
    """Version to commit, for every tag that marks one: the tag's numbers, written back through the pattern, give the tag again."""
    found = {}
    for tag, sha in tags.items():
        version = world.policies.version_of(tag)
        if version is not None and world.policies.tag_of(version) == tag:
            found[version] = sha
    return found
