"""Rosters: who is on shift in which role, who is away, and how many each role needs on which day of the week."""

import unicodedata
from collections.abc import Iterable
from datetime import date
from functools import cached_property
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Discriminator, Field, Tag, model_validator

from rollout.core.coverage.hours import WEEKDAYS, Day, DayNames, Leave, Week, Weekly, ZoneName, named_twice, week_of
from rollout.core.coverage.recurrence import Event
from rollout.core.coverage.scopes import Rule, RuleId, ScopedRule, Text
from rollout.core.coverage.timed import BlockRule, DayOff
from rollout.core.values import Value

MOST_PEOPLE = 10_000


def _somebody(need: int | dict[tuple[int, ...], int]) -> int | dict[tuple[int, ...], int]:
    if isinstance(need, int):
        return need
    if twice := named_twice(need):
        raise ValueError(f"{twice} is named twice; say once how many are needed")
    if not any(need.values()):
        raise ValueError("needs nobody on any day; take the role out")
    return need


def _form(value: Any) -> str:
    return "by each" if isinstance(value, dict) else "always"


Count = Annotated[int, Field(ge=0, le=MOST_PEOPLE)]
NeedByDay = dict[DayNames, Count]
NeedAlways = Annotated[int, Field(ge=1, le=MOST_PEOPLE)]
Need = Annotated[Annotated[NeedAlways, Tag("always")] | Annotated[NeedByDay, Tag("by each")], Discriminator(_form), AfterValidator(_somebody)]
Horizon = Annotated[Annotated[Day, Tag("always")] | Annotated[dict[Text, Day], Tag("by each")], Discriminator(_form)]


class Shift(Value):
    """When one person is there. Leave is in whole days, both ends included, and hours that start on such a day fall away.

    So do those of the days off in `holidays`, the id of a block with dates. Both are days of the person's own zone.
    """

    person: Text
    weekly: Weekly
    leave: tuple[Leave, ...] = ()
    holidays: RuleId | None = None
    timezone: ZoneName | None = None

    @cached_property
    def week(self) -> Week:
        """The hours of each weekday, Monday first."""
        return week_of(self.weekly)


class RosterSource(Value):
    """A roster that an on-call tool keeps: each event of the iCalendar file is a shift of the person whom it names.

    `ics` is a path below the calendars' folder, `feed` says where it is subscribed to; one of the two is given. The role is known up to the end of
    the day on which the last event ends, or of the day `horizon`.
    """

    ics: str = ""
    feed: dict[str, Any] | None = None
    role: Text
    person_from: Literal["summary", "attendee", "organizer"] = "summary"
    horizon: Day | None = None

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if bool(self.ics) == (self.feed is not None):
            raise ValueError("must name exactly one of ics (a file) and feed")
        return self


class Duty(Value):
    """A shift that an event gives to a person."""

    person: Text
    event: Event


class StaffingRule(ScopedRule):
    """How many different people each role needs at once, always or by the day of the week in the rule's zone.

    After the day `horizon`, of all roles or of one, the roster is not known, and what is open is provisional. `duties` and `read_until` are what
    whoever read the sources found there, by role; `days_off` are the holidays that its shifts name, by the id of their rule.
    """

    kind: Literal["staffing"] = "staffing"
    timezone: ZoneName
    need: dict[Text, Need] = Field(min_length=1)
    roster: dict[str, tuple[Shift, ...]] = Field(default_factory=dict)
    sources: tuple[RosterSource, ...] = ()
    horizon: Horizon | None = None
    duties: dict[str, tuple[Duty, ...]] = Field(default_factory=dict)
    read_until: dict[str, date] = Field(default_factory=dict)
    days_off: dict[str, dict[date, DayOff]] = Field(default_factory=dict)

    @cached_property
    def weekly_need(self) -> dict[str, tuple[int, ...]]:
        """How many each role needs on each day of the week, Monday first."""
        return {role: _week_of(need) for role, need in self.need.items()}

    @property
    def holidays(self) -> tuple[str, ...]:
        """The rules whose dates are holidays of its people."""
        return tuple(sorted({shift.holidays for shifts in self.roster.values() for shift in shifts if shift.holidays}))

    def known_until(self, role: str) -> date | None:
        """The last day on which it is known who has that role; None if it is known for ever."""
        own = self.horizon.get(role) if isinstance(self.horizon, dict) else self.horizon
        return min((day for day in (own, self.read_until.get(role)) if day is not None), default=None)

    @model_validator(mode="after")
    def _roles_are_needed(self) -> Self:
        self._check_roles("sources", [one.role for one in self.sources])
        self._check_roles("horizon", self.horizon if isinstance(self.horizon, dict) else ())
        return self

    @model_validator(mode="after")
    def _need_can_be_met(self) -> Self:
        read = {one.role for one in self.sources} | self.duties.keys()
        for role, week in self.weekly_need.items():
            people = {same_person(shift.person) for shift in self.roster.get(role, ())}
            if role not in read and len(people) < max(week):
                raise ValueError(f"{role} needs {max(week)}, but the roster names {len(people)}: add people, or lower the need")
        self._check_roles("roster", self.roster)
        return self

    def _check_roles(self, field: str, roles: Iterable[str]) -> None:
        for role in roles:
            if role not in self.need:
                raise ValueError(f"{field} names the role {role}, which need does not have: it has {', '.join(sorted(self.need))}")


def _week_of(need: int | dict[tuple[int, ...], int]) -> tuple[int, ...]:
    if isinstance(need, int):
        return (need,) * len(WEEKDAYS)
    return tuple(next((count for days, count in need.items() if day in days), 0) for day in range(len(WEEKDAYS)))


def same_person(name: str) -> str:
    """What two ways of writing a name have in common: capitals, blanks, invisible signs and another encoding make nobody another person."""
    if name.isascii():
        return " ".join(name.casefold().split())
    seen = "".join(sign for sign in unicodedata.normalize("NFKC", name) if unicodedata.category(sign) != "Cf")
    return " ".join(unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", seen).casefold()).split())


def with_days_off(rules: Iterable[Rule]) -> tuple[Rule, ...]:
    """The rules, each roster with the days off that its shifts name. One whose holidays nobody knows is not known itself."""
    known = tuple(rules)
    blocks = {rule.id: rule for rule in known if isinstance(rule, BlockRule) and rule.dates and not rule.unknown}
    return tuple(_with_days_off(rule, blocks) if isinstance(rule, StaffingRule) and rule.holidays else rule for rule in known)


def _with_days_off(rule: StaffingRule, blocks: dict[str, BlockRule]) -> StaffingRule:
    missing = [name for name in rule.holidays if name not in blocks]
    if missing:
        return rule.model_copy(update={"unknown": rule.unknown or f"nobody knows the dates of {', '.join(missing)}, its people's holidays"})
    return rule.model_copy(update={"days_off": {name: blocks[name].days_off for name in rule.holidays}})
