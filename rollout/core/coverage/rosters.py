"""Rosters: who is on shift in which role, and how many each role needs."""

from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from rollout.core.coverage.hours import Day, Leave, Weekly, ZoneName
from rollout.core.coverage.scopes import ScopedRule, Text
from rollout.core.values import Value


class Shift(Value):
    """When one person is there. Leave is in whole days, both ends included, and hours that start on such a day fall away."""

    person: Text
    weekly: Weekly
    leave: tuple[Leave, ...] = ()
    timezone: ZoneName | None = None


class StaffingRule(ScopedRule):
    """How many different people each role needs at once. After the day `horizon` the roster is not known, and what is open is provisional."""

    kind: Literal["staffing"] = "staffing"
    timezone: ZoneName
    need: dict[Text, Annotated[int, Field(ge=1)]] = Field(min_length=1)
    roster: dict[str, tuple[Shift, ...]]
    horizon: Day | None = None

    @model_validator(mode="after")
    def _need_can_be_met(self) -> Self:
        for role, need in self.need.items():
            people = {shift.person for shift in self.roster.get(role, ())}
            if len(people) < need:
                raise ValueError(f"{role} needs {need}, but the roster names {len(people)}: add people, or lower the need")
        return self
