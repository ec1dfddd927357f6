"""Reads people.yaml: who of the vendor holds which role."""

from pathlib import Path
from typing import Annotated

from pydantic import AfterValidator

from rollout.adapters.files import documents
from rollout.adapters.files.words import mail_address, word
from rollout.core.signoffs import Person
from rollout.core.values import PersonId, Value
from rollout.errors import Fault, FaultsFound


class PersonEntry(Value):
    """A person as people.yaml writes them."""

    id: Annotated[str, AfterValidator(word)]
    name: str
    email: Annotated[str, AfterValidator(mail_address)] = ""
    roles: tuple[Annotated[str, AfterValidator(word)], ...] = ()


class PeopleFile(Value):
    """The whole of people.yaml."""

    people: tuple[PersonEntry, ...]


def load_people(path: Path, name: str) -> dict[PersonId, Person]:
    """The people by id, in the order of the file; `name` is the file's in messages. Raises FaultsFound with all faults."""
    document, *more = documents.read(path, name)
    faults = [Fault(name, more[0].line(()), "", "begins a second document; keep all people in one")] if more else []
    found = documents.validate(document, PeopleFile, faults)
    faults += [document.fault(place, text) for place, text in documents.twice(("people",), documents.entries(document, "people"), "id")]
    if faults or found is None:
        raise FaultsFound(faults)
    return {PersonId(each.id): Person(id=PersonId(each.id), name=each.name, email=each.email, roles=frozenset(each.roles)) for each in found.people}
