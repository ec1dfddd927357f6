"""People: who may decide anything here is named in people.yaml."""

from rollout.core.signoffs import Person
from rollout.core.values import PersonId
from rollout.errors import NotFound, Refused
from rollout.ports import World


def known_person(world: World, actor: str) -> Person:
    """The person of that id. Raises NotFound for somebody whom people.yaml does not know."""
    person = world.policies.people.get(PersonId(actor))
    if person is None:
        known = ", ".join(sorted(world.policies.people)) or "nobody"
        raise NotFound(f"people.yaml does not know {actor!r}. It has: {known}. Say who you are with --as")
    return person


def with_role(world: World, actor: PersonId, act: str) -> Person:
    """The person, who holds some role. Raises Refused for anybody else; `act` says what they wanted to do."""
    person = world.policies.people.get(actor)
    if person is None or not person.roles:
        known = ", ".join(sorted(one.id for one in world.policies.people.values() if one.roles))
        raise Refused(f"{actor!r} may not {act}: only people with a role in people.yaml may ({known}). Say who you are with --as")
    return person
