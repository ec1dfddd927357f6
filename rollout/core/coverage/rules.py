"""What calendars say: windows, blocks, staffing, overrides, each with its scope, its times and its why. Values only; `compile` gives them effect."""

from collections.abc import Mapping
from datetime import date, datetime
from functools import cached_property
from typing import Annotated, Any, Literal, Self
from zoneinfo import ZoneInfo

from pydantic import BeforeValidator, Field, StringConstraints, model_validator

from rollout.core.clients import Environment
from rollout.core.coverage.hours import Day, Hours, Leave, WallTime, Week, Weekly, ZoneName, week_of
from rollout.core.coverage.recurrence import Event
from rollout.core.coverage.zones import instant
from rollout.core.releases import ReleaseKind
from rollout.core.values import ClientId, Value, Version

RuleId = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]*$")]
Text = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1)]


def _selection(value: Any) -> Any:
    """`all` is the empty set, which selects everybody; a list that is written out must name somebody."""
    if value == "all":
        return frozenset()
    if isinstance(value, list) and not value:
        raise ValueError("names nobody; list who is meant, or leave it out to mean all")
    return value


class Scope(Value):
    """What a rule is about. An empty set is all; sets are joined by AND, their members by OR."""

    environments: Annotated[frozenset[Environment], BeforeValidator(_selection)] = frozenset()
    kinds: Annotated[frozenset[ReleaseKind], BeforeValidator(_selection)] = frozenset()
    clients: Annotated[frozenset[ClientId], BeforeValidator(_selection)] = frozenset()
    tags: Annotated[frozenset[str], BeforeValidator(_selection)] = frozenset()
    regions: Annotated[frozenset[str], BeforeValidator(_selection)] = frozenset()

    @property
    def company(self) -> bool:
        """Whether it is about the company as a whole, not about some of its clients."""
        return not (self.clients or self.tags or self.regions)

    def covers(self, kind: str, environment: Environment) -> bool:
        """Whether it is about that kind of release in that environment."""
        return (not self.kinds or kind in self.kinds) and (not self.environments or environment in self.environments)

    def takes(self, client: ClientId, tags: frozenset[str], region: str) -> bool:
        """Whether that client is among those it is about."""
        return (
            (not self.clients or client in self.clients)
            and (not self.tags or bool(self.tags & tags))
            and (not self.regions or region in self.regions)
        )


class ExceptDay(Value):
    """A date with hours of its own in place of its weekday's; without any it has none."""

    date: Day
    hours: tuple[Hours, ...] = ()
    why: str = ""


class Rule(Value):
    """What every rule has. `source` is the file and line that it was read from."""

    version: Literal[1] = 1
    id: RuleId
    why: str = ""
    source: str = ""


class ScopedRule(Rule):
    """A rule that closes time for whom its scope names. A `hard` one is never waived."""

    scope: Scope = Scope()
    hard: bool = False


class Timed(ScopedRule):
    """Weekly hours with exceptions, a stretch from start to end, the events of an iCalendar file. Its wall times are those of `timezone`."""

    timezone: ZoneName
    weekly: Weekly = Field(default_factory=dict)
    exceptions: tuple[ExceptDay, ...] = Field((), alias="except")
    start: WallTime | None = None
    end: WallTime | None = None
    events: tuple[Event, ...] = ()

    @cached_property
    def week(self) -> Week:
        """The hours of each weekday, Monday first."""
        return week_of(self.weekly)

    @cached_property
    def excepted(self) -> dict[date, ExceptDay]:
        """The exceptions by date."""
        return {one.date: one for one in self.exceptions}

    @model_validator(mode="after")
    def _stretch_has_two_ends(self) -> Self:
        if (self.start is None) != (self.end is None):
            raise ValueError(f"has {'a start but no end' if self.start else 'an end but no start'}; give both")
        if self.start and self.end:
            _in_order(self.start, self.end, self.timezone)
        return self

    @model_validator(mode="after")
    def _exceptions_differ(self) -> Self:
        days = [one.date for one in self.exceptions]
        twice = sorted({str(day) for day in days if days.count(day) > 1})
        if twice:
            raise ValueError(f"except names {', '.join(twice)} twice; keep one")
        return self


class WindowRule(Timed):
    """Closed outside its times. Windows of one `group` (the rule's own id by default) are united; groups are intersected."""

    kind: Literal["window"] = "window"
    group: str = ""

    @property
    def group_name(self) -> str:
        return self.group or self.id


class BlockRule(Timed):
    """Closed inside its times. `dates` are whole days in the rule's zone, each with its why; `generator` tells what wrote them."""

    kind: Literal["block"] = "block"
    dates: dict[Day, Text] = Field(default_factory=dict)
    date_sources: dict[date, str] = Field(default_factory=dict)
    generator: dict[str, Any] = Field(default_factory=dict)


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


class OverrideRule(Rule):
    """Waives the named rules (an id, a window's group, or roster/role) for one release at some clients between two moments. Never hard ones."""

    kind: Literal["override"] = "override"
    waives: frozenset[str] = Field(min_length=1)
    release: Version
    clients: Annotated[frozenset[ClientId], BeforeValidator(_selection)]
    start: WallTime
    end: WallTime
    timezone: ZoneName | None = None
    why: Text
    signers: tuple[Text, ...] = Field(min_length=1)
    ticket: str = ""

    @property
    def span(self) -> tuple[int, int]:
        """The instants between which it holds."""
        return _instant(self.start, self.timezone), _instant(self.end, self.timezone)

    @model_validator(mode="after")
    def _moments_are_known(self) -> Self:
        if self.timezone is None and (self.start.tzinfo is None or self.end.tzinfo is None):
            raise ValueError("start and end name no zone; add timezone, or write them as 2026-12-20T14:00Z")
        _in_order(self.start, self.end, self.timezone)
        return self


def _instant(shown: datetime, zone: str | None) -> int:
    return instant(shown if shown.tzinfo or zone is None else shown.replace(tzinfo=ZoneInfo(zone)))


def _in_order(start: datetime, end: datetime, zone: str | None) -> None:
    if _instant(end, zone) <= _instant(start, zone):
        raise ValueError(f"end {end.isoformat()} is not after start {start.isoformat()}; swap the two")


AnyRule = Annotated[WindowRule | BlockRule | StaffingRule | OverrideRule, Field(discriminator="kind")]
RULE_KINDS: Mapping[str, type[Rule]] = {"window": WindowRule, "block": BlockRule, "staffing": StaffingRule, "override": OverrideRule}
