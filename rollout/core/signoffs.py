"""Sign-offs: what policy asks, what counts, what is still missing, and what voids what."""

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from rollout.core.values import Moment, PersonId, Reason, Value, Verdict, Version
from rollout.errors import Refused

Role = str


class Person(Value):
    """Somebody of the vendor, and the roles that they hold."""

    id: PersonId
    name: str
    email: str = ""
    roles: frozenset[Role] = frozenset()


class SignoffPolicy(Value):
    """How many people of each role must sign a release of one kind, and for how long a sign-off holds."""

    need: dict[Role, int]
    expires_after: timedelta = timedelta(days=14)


class Signoff(Value):
    """A named person's consent, or rejection, in one role, bound to the digest that they saw."""

    version: Version
    role: Role
    person: PersonId
    digest: str
    consents: bool = True
    note: str = ""
    at: Moment
    voided_at: Moment | None = None
    voided_why: str = ""


def is_live(signoff: Signoff, digest: str, policy: SignoffPolicy, people: Mapping[PersonId, Person], at: datetime) -> bool:
    """Whether the sign-off counts at that moment: not voided, for this very content, not expired, by somebody who still holds the role."""
    holder = people.get(signoff.person)
    return (
        signoff.voided_at is None
        and signoff.digest == digest
        and at < signoff.at + policy.expires_after
        and holder is not None
        and signoff.role in holder.roles
    )


def standing(
    policy: SignoffPolicy,
    signoffs: Iterable[Signoff],
    digest: str,
    people: Mapping[PersonId, Person],
    cut_by: PersonId | None,
    at: datetime,
) -> Verdict:
    """Whether a live quorum has signed. The reasons say exactly what is missing and who could give it. A rejection never expires; it
    falls only with its revision."""
    told = tuple(signoffs)
    rejections = [one for one in told if not one.consents and one.voided_at is None and one.digest == digest]
    if rejections:
        return Verdict(reasons=tuple(_rejected(one) for one in rejections))
    live = [one for one in told if is_live(one, digest, policy, people, at)]
    signers = {one.person for one in live}
    given = Counter(one.role for one in live)
    missing = [_missing(role, need - given[role], signers, people) for role, need in sorted(policy.need.items()) if given[role] < need]
    if not missing and signers == {cut_by}:
        missing = [Reason(code="four-eyes", text=f"{cut_by} cut this release; somebody else must sign as well")]
    return Verdict(reasons=tuple(missing))


def may_sign(role: Role, person: Person, policy: SignoffPolicy, live: Iterable[Signoff]) -> None:
    """Raises Refused if that person cannot sign in that role now, with what they can do instead."""
    if role not in policy.need:
        raise Refused(f"nobody needs to sign as {role}; this kind of release asks for {', '.join(sorted(policy.need))}.")
    if role not in person.roles:
        holds = ", ".join(sorted(person.roles)) or "no role"
        raise Refused(f"{person.id} does not hold the role {role}, only {holds}. Ask somebody who does, or have people.yaml changed.")
    for one in live:
        if one.person == person.id:
            raise Refused(f"{person.id} has signed this content already, as {one.role}. One person signs in one role only.")


def policy_faults(policy: SignoffPolicy, people: Iterable[Person]) -> tuple[str, ...]:
    """Roles that the policy asks for and that too few people hold."""
    held = Counter(role for person in people for role in person.roles)
    return tuple(
        f"asks for {need} x {role}, and {held[role]} {'person holds' if held[role] == 1 else 'people hold'} that role"
        for role, need in sorted(policy.need.items())
        if held[role] < need
    )


def _rejected(one: Signoff) -> Reason:
    note = f": {one.note}" if one.note else ""
    hint = f"change the release, or say that it was mended: rollout release revise {one.version} --reason …"
    return Reason(code="rejected", text=f"{one.person} rejected it as {one.role}{note}; {hint}")


def _missing(role: Role, count: int, signers: set[PersonId], people: Mapping[PersonId, Person]) -> Reason:
    could = sorted(person.id for person in people.values() if role in person.roles and person.id not in signers)
    who = f"could be given by {', '.join(could)}" if could else "nobody is left who could give it"
    return Reason(code="unsigned", text=f"{count} x {role} is missing; {who}")
