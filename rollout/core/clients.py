"""Who receives releases: clients, their installations, and the selectors that name groups of them."""

from enum import StrEnum

from pydantic import Field

from rollout.core.values import ClientId, Value, Version


class Environment(StrEnum):
    """The two installations that a client has."""

    PREVIEW = "preview"
    PRODUCTION = "production"


class Installation(Value):
    """One environment of a client. `executor` and `health` name profiles of the settings; `params` fill their placeholders."""

    environment: Environment
    executor: str
    health: tuple[str, ...] = ()
    params: dict[str, str] = Field(default_factory=dict)


class Contact(Value):
    """Somebody at the client who is told by mail or by telephone."""

    name: str
    email: str = ""
    phone: str = ""


class Client(Value):
    """A client of the vendor. `timezone` is an IANA name; `pinned` keeps the client on that version; `opted_out` says why it gets nothing."""

    id: ClientId
    name: str
    tier: str
    region: str = ""
    timezone: str = "UTC"
    tags: frozenset[str] = frozenset()
    desk_organization: str = ""
    installations: tuple[Installation, ...] = ()
    contacts: tuple[Contact, ...] = ()
    pinned: Version | None = None
    opted_out: str = ""

    def installation(self, environment: Environment) -> Installation | None:
        """The client's installation in that environment, if it has one."""
        return next((one for one in self.installations if one.environment == environment), None)


class Target(Value):
    """One installation, as executors and health checks see it. `params` hold client, environment and the installation's own."""

    client: ClientId
    environment: Environment
    params: dict[str, str] = Field(default_factory=dict)

    @property
    def name(self) -> str:
        return f"{self.client}/{self.environment}"


def target(client: Client, installation: Installation) -> Target:
    """The installation as a target of work."""
    params = {**installation.params, "client": client.id, "environment": str(installation.environment)}
    return Target(client=client.id, environment=installation.environment, params=params)


class Selector(Value):
    """Names a group of clients: OR inside each set, AND across the sets that are given. `rest` takes whoever is left."""

    tags: frozenset[str] = frozenset()
    tiers: frozenset[str] = frozenset()
    regions: frozenset[str] = frozenset()
    timezones: frozenset[str] = frozenset()
    versions: frozenset[Version] = frozenset()
    clients: frozenset[ClientId] = frozenset()
    rest: bool = False

    def matches(self, client: Client, installed: Version | None = None) -> bool:
        """Whether the client belongs to the group, given the version that it runs."""
        if self.rest:
            return True
        asked = (
            (self.tags, bool(self.tags & client.tags)),
            (self.tiers, client.tier in self.tiers),
            (self.regions, client.region in self.regions),
            (self.timezones, client.timezone in self.timezones),
            (self.versions, installed in self.versions),
            (self.clients, client.id in self.clients),
        )
        return any(given for given, _ in asked) and all(met for given, met in asked if given)
