"""How days and stretches of days are written for people, in plain English, whatever the machine's language."""

from datetime import date, timedelta
from enum import StrEnum
from typing import Self

from rollout.core.values import Value

_MONTHS = ["January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"]
_DAYS = ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"]


class Certainty(StrEnum):
    """How sure a stretch of days is: by the train alone, by a plan, by a plan for days whose roster is not known yet."""

    EXPECTED = "expected"
    PLANNED = "planned"
    PROVISIONAL = "provisional"


class Span(Value):
    """Days from the first to the last, both included; open-ended without a last one."""

    first: date
    last: date | None = None
    certainty: Certainty = Certainty.PLANNED

    @property
    def sure(self) -> bool:
        """Whether it was planned, and nothing is left open."""
        return self.certainty is Certainty.PLANNED

    @property
    def after(self) -> date:
        """The day after the last known one."""
        return (self.last or self.first) + timedelta(days=1)

    def until(self, day: date) -> Self:
        """The same, but not ending before that day."""
        return self.model_copy(update={"last": max(self.last or self.first, day)})

    def __str__(self) -> str:
        if self.last is None:
            return f"from {day_text(self.first)}"
        if self.first == self.last:
            return day_text(self.first)
        if self.first.year != self.last.year:
            return f"{day_text(self.first)} to {day_text(self.last)}"
        if self.first.month != self.last.month:
            return f"{self.first.day} {_MONTHS[self.first.month - 1]} to {day_text(self.last)}"
        return f"{self.first.day} to {day_text(self.last)}"


def day_text(day: date) -> str:
    """8 December 2026."""
    return f"{day.day} {month_text(day)} {day.year}"


def month_text(day: date) -> str:
    """December."""
    return _MONTHS[day.month - 1]


def weekday_text(day: date) -> str:
    """Tuesday."""
    return _DAYS[day.weekday()]
