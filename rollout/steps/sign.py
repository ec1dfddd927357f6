"""Sign-offs: a named person's consent or rejection, in one role, bound to the digest of what they saw."""

from rollout.core.releases import Release, ReleaseEvent, ReleaseState, after, digest
from rollout.core.signoffs import Person, Signoff, is_live, may_sign
from rollout.core.values import PersonId, Value, Verdict, Version
from rollout.errors import Conflict, Refused
from rollout.ports import Tx, World
from rollout.steps.content import Content, changes_of, find, look, policy_of, stand
from rollout.steps.people import known_person


class Signed(Value):
    """A sign-off that was given, and what is still missing after it."""

    version: Version
    role: str
    person: PersonId
    digest: str
    state: ReleaseState
    missing: Verdict


def sign(world: World, version: str, role: str, actor: PersonId, note: str = "", reject: bool = False, dry_run: bool = False) -> Signed:
    """Sign, or reject, the release as it stands now. With the last consent that policy asks for, the release is signed.

    Raises Refused for a draft, an unassessed release, a change that is no longer ready, a role the person does not hold, a rejection of what is
    rolling out already; Conflict for content that moved while it was being looked at.
    """
    person = known_person(world, actor)
    content = look(world, version)
    if not reject:
        _signable(content)
    at = world.clock()
    given = Signoff(version=content.release.version, role=role, person=actor, digest=content.digest, consents=not reject, note=note, at=at)
    with world.ledger.begin() as tx:
        return _sign(world, tx, person, given, dry_run)


def _sign(world: World, tx: Tx, person: Person, given: Signoff, dry_run: bool) -> Signed:
    release, signoffs = find(tx, given.version), tx.signoffs(given.version)
    _in_time(release)
    if not given.consents and release.state is ReleaseState.ROLLING_OUT:
        ways = f"Keep it from going on: rollout hold {release.version} --reason …, or stop everything: rollout stop --reason …"
        raise Refused(f"cannot reject {release.version}: it is rolling out already. {ways}")
    if digest(release, changes_of(tx, release)) != given.digest:
        hint = f"Look again: rollout release show {given.version}"
        raise Conflict(f"cannot sign {given.version}: its content moved while it was being looked at. {hint}")
    policy, people = policy_of(world, release), world.policies.people
    may_sign(given.role, person, policy, [one for one in signoffs if is_live(one, given.digest, policy, people, given.at)])
    missing = stand(world, release, given.digest, [*signoffs, given], given.at)
    complete = missing.open and release.state is ReleaseState.CUT
    state = after(release.version, release.state, ReleaseEvent.SIGN) if complete else release.state
    if not dry_run:
        tx.add_signoff(given)
        act = "release signed off" if given.consents else "release rejected"
        tx.record(given.at, given.person, act, given.version, {"role": given.role, "digest": given.digest, "note": given.note})
        if complete:
            tx.save_release(release.model_copy(update={"state": state}))
            tx.record(given.at, given.person, "release signed", given.version, {"digest": given.digest})
    return Signed(version=given.version, role=given.role, person=given.person, digest=given.digest, state=state, missing=missing)


def _in_time(release: Release) -> None:
    if release.state is ReleaseState.DRAFT:
        raise Refused(
            f"cannot sign {release.version}: it is a draft, and its content still moves. Cut it first: rollout release cut {release.version}"
        )
    if release.state in (ReleaseState.DELIVERED, ReleaseState.CANCELLED, ReleaseState.SUPERSEDED):
        raise Refused(f"cannot sign {release.version}: it is {release.state}")


def _signable(content: Content) -> None:
    version = content.release.version
    _in_time(content.release)
    if content.release.assessment is None:
        raise Refused(f"cannot sign {version}: it is not assessed. Do that first: rollout release assess {version}")
    refuse_unready(content, "sign")


def refuse_unready(content: Content, act: str) -> None:
    """Raises Refused, with every reason, if a change of the release is not ready."""
    if not content.unready:
        return
    told = [f"{change.key} ({'; '.join(reason.text for reason in content.reasons[change.key])})" for change in content.unready]
    key = content.unready[0].key
    version = content.release.version
    hint = f"Pull it, or have it mended: rollout release pull {version} {key} --reason …"
    reasons = tuple((reason.code, f"{change.key}: {reason.text}") for change in content.unready for reason in content.reasons[change.key])
    raise Refused(f"cannot {act} {version}: not ready any more: {', '.join(told)}. {hint}", reasons)
