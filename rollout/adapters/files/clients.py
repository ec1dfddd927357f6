"""Reads clients.yaml: who receives releases, where, and how. Ten thousand clients are read in about a second, so the work per client is small."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Annotated, Any

from pydantic import AfterValidator, ValidationError

from rollout.adapters.files import documents
from rollout.adapters.files.documents import Place, Remark, suggestion
from rollout.adapters.files.scanning import without_collecting
from rollout.adapters.files.words import mail_address, word, zone
from rollout.core.clients import Client, Contact, Installation
from rollout.core.redaction import names_secret
from rollout.core.values import ClientId, Value
from rollout.errors import Fault, FaultsFound

TIERS = ("premium", "standard-plus")
GIVEN = frozenset({"client", "environment", "version", "previous", "key"})
_BESIDE = ("./", "../")

Needs = Mapping[str, frozenset[str]]


def tier(text: str) -> str:
    """A tier that clients may be of. Raises ValueError."""
    if text not in TIERS:
        raise ValueError(f"there is no tier {text!r}. {suggestion(text, TIERS)}")
    return text


def _at_home(installation: Installation, home: Path) -> Installation:
    if not any(value.startswith(_BESIDE) for value in installation.params.values()):
        return installation
    params = {name: f"{home}/{value.removeprefix('./')}" if value.startswith(_BESIDE) else value for name, value in installation.params.items()}
    return installation.model_copy(update={"params": params})


def _reachable(contact: Contact) -> Contact:
    mail_address(contact.email)
    return contact


class ClientEntry(Value):
    """A client as clients.yaml writes it. `desk` is its organisation at the help desk; left out, it is the id."""

    id: Annotated[str, AfterValidator(word)]
    name: str
    tier: Annotated[str, AfterValidator(tier)]
    region: str = ""
    timezone: Annotated[str, AfterValidator(zone)] = "UTC"
    tags: frozenset[str] = frozenset()
    desk: str | None = None
    pinned: str | None = None
    opted_out: str = ""
    contacts: tuple[Annotated[Contact, AfterValidator(_reachable)], ...] = ()
    installations: tuple[Installation, ...] = ()

    def client(self, home: Path) -> Client:
        """The client as the core has it. All of it is sound by now, and not judged again: that would take most of the time."""
        values = {name: getattr(self, name) for name in Client.model_fields.keys() - {"desk_organization", "installations"}}
        installations = tuple(_at_home(each, home) for each in self.installations)
        return Client.model_construct(**values, installations=installations, desk_organization=self.desk or self.id)


class ClientsFile(Value):
    """The whole of clients.yaml."""

    clients: tuple[ClientEntry, ...]


def load_clients(path: Path, name: str, home: Path, executors: Needs | None, health: Needs | None) -> dict[ClientId, Client]:
    """The clients by id, in the order of the file. Raises FaultsFound with all faults.

    `name` is the file's in messages; params that begin with ./ or ../ are paths counted from `home`. `executors` and `health` are the profiles
    that installations may name, each with the placeholders that its installations must fill; None leaves that unjudged.
    """
    document, *more = documents.read(path, name)
    faults = [Fault(name, more[0].line(()), "", "begins a second document; keep all clients in one")] if more else []
    with without_collecting():
        found = documents.validate(document, ClientsFile, faults)
        listed = documents.entries(document, "clients")
        remarks = [*documents.twice(("clients",), listed, "id"), *_same_organisation(listed), *_installations(found, listed, executors, health)]
        faults += [document.fault(place, text) for place, text in remarks]
        if faults or found is None:
            raise FaultsFound(faults)
        return {ClientId(entry.id): entry.client(home) for entry in found.clients}


def _same_organisation(listed: list[Any]) -> Iterator[Remark]:
    """Clients who would be told of each other's tickets. Two with the same id, and nothing else, are told as that."""
    first: dict[str, tuple[int, str]] = {}
    for index, entry in enumerate(each if isinstance(each, dict) else {} for each in listed):
        field = "desk" if entry.get("desk") else "id"
        name = entry.get(field)
        other, others = first.setdefault(name, (index, field)) if isinstance(name, str) else (index, field)
        if other != index and (field, others) != ("id", "id"):
            yield (
                ("clients", index, field),
                f"{name!r} is the desk organisation of clients[{other}] already. Tickets of one are told to one client only",
            )


def _installations(found: ClientsFile | None, listed: list[Any], executors: Needs | None, health: Needs | None) -> Iterator[Remark]:
    """What is wrong with installations: of the sound clients, or, where any client is at fault, of all that can be read."""
    for index, client in enumerate(found.clients if found else listed):
        sound = client.installations if isinstance(client, ClientEntry) else tuple(_readable(client))
        place = ("clients", index, "installations")
        for number, installation in enumerate(sound):
            if installation is not None:
                yield from _installation((*place, number), installation, executors, health)
        yield from _same_environment(place, [installation for installation in sound if installation is not None])


def _readable(entry: Any) -> Iterator[Installation | None]:
    listed = entry.get("installations") if isinstance(entry, dict) else None
    for each in listed if isinstance(listed, list) else ():
        try:
            yield Installation.model_validate(each)
        except ValidationError:
            yield None


def _installation(place: Place, entry: Installation, executors: Needs | None, health: Needs | None) -> Iterator[Remark]:
    named = [((*place, "executor"), "executor", entry.executor, executors)]
    named += [((*place, "health", number), "health check", name, health) for number, name in enumerate(entry.health)]
    has = entry.params.keys() | GIVEN
    for where, what, name, profiles in named:
        if profiles is not None and name not in profiles:
            yield where, f"there is no {what} {name!r}. {suggestion(name, profiles)}".strip()
        elif profiles is not None and not profiles[name] <= has:
            yield (*place, "params"), f"lacks {', '.join(sorted(profiles[name] - has))}, which {what} {name} needs"
    for param in entry.params:
        if _is_secret(param):
            yield (*place, "params", param), "looks like a secret. Keep it out of this file: give the executor a token or secrets in rollout.yaml"


def _same_environment(place: Place, installations: Sequence[Installation]) -> Iterator[Remark]:
    if len({each.environment for each in installations}) < len(installations):
        twice = next(environment for environment, count in Counter(each.environment for each in installations).items() if count > 1)
        yield place, f"has more than one installation in {twice}; a client has one in each environment"


@cache
def _is_secret(param: str) -> bool:
    return names_secret(param)
