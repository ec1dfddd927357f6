"""Sign-offs: what policy asks, what counts, what is still missing, and what voids what."""

from datetime import timedelta

from rollout.core.values import Moment, PersonId, Value, Version

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
