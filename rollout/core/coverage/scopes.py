"""Whom a rule is about, and what every rule has."""

from typing import Annotated, Any, ClassVar, Literal, Self

from pydantic import BeforeValidator, StringConstraints, model_validator

from rollout.core.clients import Environment
from rollout.core.releases import ReleaseKind
from rollout.core.values import ClientId, Value

RuleId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


def selection(value: Any) -> Any:
    """`all` is the empty set, which selects everybody; a list that is written out must name somebody."""
    if value == "all":
        return frozenset()
    if isinstance(value, list) and not value:
        raise ValueError("names nobody; list who is meant, or leave it out to mean all")
    return value


class Scope(Value):
    """What a rule is about. An empty set is all; sets are joined by AND, their members by OR.

    `staff`, written as `scope: staff`, is about our own people and nobody else: a block with it closes nothing by itself.
    """

    environments: Annotated[frozenset[Environment], BeforeValidator(selection)] = frozenset()
    kinds: Annotated[frozenset[ReleaseKind], BeforeValidator(selection)] = frozenset()
    clients: Annotated[frozenset[ClientId], BeforeValidator(selection)] = frozenset()
    tags: Annotated[frozenset[str], BeforeValidator(selection)] = frozenset()
    regions: Annotated[frozenset[str], BeforeValidator(selection)] = frozenset()

    staff: bool = False

    @model_validator(mode="before")
    @classmethod
    def _staff_is_a_word(cls, value: Any) -> Any:
        return {"staff": True} if value == "staff" else value

    @model_validator(mode="after")
    def _staff_is_all_of_it(self) -> Self:
        if self.staff and (self.environments or self.kinds or self.clients or self.tags or self.regions):
            raise ValueError("staff is not a part of a scope, it is the whole of it: write scope: staff")
        return self

    def told(self) -> str:
        """Whom it is about, in words."""
        if self.staff:
            return "our own staff"
        parts = (
            ("", sorted(map(str, self.environments))),
            ("", sorted(map(str, self.kinds))),
            ("clients ", sorted(self.clients)),
            ("tags ", sorted(self.tags)),
            ("regions ", sorted(self.regions)),
        )
        return "; ".join(word + ", ".join(names) for word, names in parts if names) or "everybody"

    @property
    def company(self) -> bool:
        """Whether it is about the company as a whole, not about some of its clients."""
        return not (self.staff or self.clients or self.tags or self.regions)

    def covers(self, kind: str, environment: Environment) -> bool:
        """Whether it is about that kind of release in that environment."""
        return (not self.kinds or kind in self.kinds) and (not self.environments or environment in self.environments)

    def takes(self, client: ClientId, tags: frozenset[str], region: str) -> bool:
        """Whether that client is among those it is about."""
        return (
            not self.staff
            and (not self.clients or client in self.clients)
            and (not self.tags or bool(self.tags & tags))
            and (not self.regions or region in self.regions)
        )


class Rule(Value):
    """What every rule has. `source` is the file and line that it was read from."""

    version: Literal[1] = 1
    id: RuleId
    why: str = ""
    source: str = ""


class ScopedRule(Rule):
    """A rule that closes time for whom its scope names. A `hard` one is never waived.

    `unknown` says why nobody knows its times now (a feed too old to be trusted); it then closes all time, for unknown is closed. `lost` says which
    part of its scope names nobody: nobody knows then whom it is about, and it closes all time for everybody.
    """

    for_staff: ClassVar[bool] = False
    scope: Scope = Scope()
    hard: bool = False
    unknown: str = ""
    lost: str = ""

    @model_validator(mode="after")
    def _staff_can_be_meant(self) -> Self:
        if self.scope.staff and not self.for_staff:
            raise ValueError("scope: staff is for blocks with dates, the holidays of people; say which clients or environments are meant")
        return self
