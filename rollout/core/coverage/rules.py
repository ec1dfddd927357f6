"""What calendars say: windows, blocks, staffing, overrides, each with its scope, its times and its why. Values only; `compile` gives them effect."""

from collections.abc import Mapping
from typing import Annotated, Any, Literal, Self

from pydantic import BeforeValidator, Field, model_validator

from rollout.core.coverage.hours import WallTime, ZoneName, check_order, instant_in
from rollout.core.coverage.rosters import StaffingRule
from rollout.core.coverage.scopes import Rule, Text, selection
from rollout.core.coverage.timed import BlockRule, WindowRule
from rollout.core.values import ClientId, Version

MOST_WAIVED = 100


def _few(names: Any) -> Any:
    if isinstance(names, list | tuple | set | frozenset) and len(names) > MOST_WAIVED:
        raise ValueError(f"names {len(names)} rules, and an override may waive {MOST_WAIVED}; write several")
    return names


class OverrideRule(Rule):
    """Waives the named rules (an id, a window's group, or roster/role) for one release at some clients between two moments. Never hard ones."""

    kind: Literal["override"] = "override"
    waives: Annotated[frozenset[str], BeforeValidator(_few)] = Field(min_length=1)
    release: Version
    clients: Annotated[frozenset[ClientId], BeforeValidator(selection)]
    start: WallTime
    end: WallTime
    timezone: ZoneName | None = None
    why: Text
    signers: tuple[Text, ...] = Field(min_length=1)
    ticket: str = ""

    @property
    def span(self) -> tuple[int, int]:
        """The instants between which it holds."""
        return instant_in(self.start, self.timezone), instant_in(self.end, self.timezone)

    @model_validator(mode="after")
    def _moments_are_known(self) -> Self:
        if self.timezone is None and (self.start.tzinfo is None or self.end.tzinfo is None):
            raise ValueError("start and end name no zone; add timezone, or write them as 2026-12-20T14:00Z")
        check_order(self.start, self.end, self.timezone)
        return self


AnyRule = Annotated[WindowRule | BlockRule | StaffingRule | OverrideRule, Field(discriminator="kind")]
RULE_KINDS: Mapping[str, type[Rule]] = {"window": WindowRule, "block": BlockRule, "staffing": StaffingRule, "override": OverrideRule}
