"""Questions to the calendar, and the shapes of its answers."""

from datetime import date, timedelta
from typing import Literal

from pydantic import Field

from rollout.core.clients import Environment
from rollout.core.values import ClientId, Moment, Reason, Value, Version

DayState = Literal["approved", "provisional", "proposed", "closed"]


class Party(Value):
    """A client as far as calendars know it."""

    id: ClientId
    tags: frozenset[str] = frozenset()
    region: str = ""


class Request(Value):
    """What is to be done: which kind of release, in which environment, for whom, for how long; `runway` must stay clear after it."""

    kind: str
    environment: Environment
    parties: tuple[Party, ...] = ()
    length: timedelta = Field(timedelta(), ge=timedelta())
    runway: timedelta = Field(timedelta(), ge=timedelta())
    version: Version | None = None


class Window(Value):
    """A half-open stretch of time, [start, end). `provisional`: it reaches past the day up to which a roster is known."""

    start: Moment
    end: Moment
    provisional: bool = False


class Day(Value):
    """One day in the company's zone: its open stretches, and why it is closed for the rest.

    A day without any may have stretches that are `proposed`: they would be open if a person approved it.
    """

    day: date
    windows: tuple[Window, ...]
    reasons: tuple[Reason, ...]
    proposed: tuple[Window, ...] = ()

    @property
    def state(self) -> DayState:
        if self.windows:
            return "provisional" if all(window.provisional for window in self.windows) else "approved"
        return "proposed" if self.proposed else "closed"
