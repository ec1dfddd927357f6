"""Windows and blocks: rules that say when, by weekly hours, dates, stretches and events."""

from datetime import date
from functools import cached_property
from typing import Any, ClassVar, Literal, NamedTuple, Self

from pydantic import Field, model_validator

from rollout.core.coverage.availability import Availability
from rollout.core.coverage.hours import LAST_MINUTE, Day, HoursOfDay, WallTime, Week, Weekly, ZoneName, check_order, week_of
from rollout.core.coverage.recurrence import Event
from rollout.core.coverage.scopes import ScopedRule, Text
from rollout.core.values import Value

WHOLE_DAY = ((0, LAST_MINUTE),)


class ExceptDay(Value):
    """A date with hours of its own in place of its weekday's, and of what `dates` say of it; without any it has none."""

    date: Day
    hours: HoursOfDay = ()
    why: str = ""


class DayOff(NamedTuple):
    """What a block says of one of its dates: why, and the hours that it closes, in minutes from midnight."""

    why: str
    hours: tuple[tuple[int, int], ...]

    @property
    def whole(self) -> bool:
        """Whether it is all of the day."""
        return self.hours == WHOLE_DAY


class Timed(ScopedRule):
    """Weekly hours with exceptions, a stretch from start to end, what an iCalendar file says. Its wall times are those of `timezone`."""

    timezone: ZoneName
    weekly: Weekly = Field(default_factory=dict)
    exceptions: tuple[ExceptDay, ...] = Field((), alias="except")
    start: WallTime | None = None
    end: WallTime | None = None
    events: tuple[Event, ...] = ()
    availabilities: tuple[Availability, ...] = ()

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
            check_order(self.start, self.end, self.timezone)
        return self

    @model_validator(mode="after")
    def _exceptions_differ(self) -> Self:
        days = [one.date for one in self.exceptions]
        twice = sorted({str(day) for day in days if days.count(day) > 1})
        if twice:
            raise ValueError(f"except names {', '.join(twice)} twice; keep one")
        return self


class WindowRule(Timed):
    """Closed outside its times. Windows of one `group` (the rule's own id by default) are united; groups are intersected.

    With `approval: required` its hours count only on days that a person approved; until then it merely proposes them.
    """

    kind: Literal["window"] = "window"
    group: str = ""
    approval: Literal["none", "required"] = "none"

    @property
    def group_name(self) -> str:
        return self.group or self.id


class BlockRule(Timed):
    """Closed inside its times. `dates` are whole days in the rule's zone, each with its why; `generator` tells what wrote them.

    With `scope: staff` it closes nothing: its dates only take the people away whose shifts name it as their holidays.
    """

    for_staff: ClassVar[bool] = True

    kind: Literal["block"] = "block"
    dates: dict[Day, Text] = Field(default_factory=dict)
    date_sources: dict[date, str] = Field(default_factory=dict)
    generator: dict[str, Any] = Field(default_factory=dict)

    @cached_property
    def whole_days(self) -> dict[date, str]:
        """The dates that it closes as a whole, with the why of each; those with exceptions have hours of their own."""
        return {day: why for day, why in self.dates.items() if day not in self.excepted}

    @cached_property
    def days_off(self) -> dict[date, DayOff]:
        """Its dates, and its exceptions, as holidays of people."""
        own = {day: DayOff(one.why or self.dates.get(day, "") or self.why or self.id, one.hours) for day, one in self.excepted.items() if one.hours}
        return {day: DayOff(why, WHOLE_DAY) for day, why in self.whole_days.items()} | own

    @model_validator(mode="after")
    def _staff_has_dates(self) -> Self:
        if self.scope.staff and (not self.dates or self.weekly or self.start or self.events or self.availabilities):
            raise ValueError("scope: staff is for a block that has dates, and nothing else: it closes nothing, it only takes people away on them")
        return self
