"""Questions to the calendar, and its answers."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from rollout.core.clients import Environment
from rollout.core.values import ClientId, Moment, Reason, Value, Verdict, Version


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
    length: timedelta = timedelta()
    runway: timedelta = timedelta()
    version: Version | None = None


class Window(Value):
    """A half-open stretch of time, [start, end)."""

    start: Moment
    end: Moment
    provisional: bool = False


class Day(Value):
    """One day in the company's zone: its open stretches, and why it is closed for the rest."""

    day: date
    windows: tuple[Window, ...]
    reasons: tuple[Reason, ...]


class Coverage:
    """A compiled set of calendars. Immutable, pure, safe to share between threads; preview and enforcement ask the same functions."""

    def verdict(self, request: Request, at: datetime) -> Verdict:
        """Whether the whole stretch from `at` for length and runway is clear; every blocker in it with source, and when one may start next."""
        raise NotImplementedError

    def next_slot(self, request: Request, after: datetime, until: datetime) -> Window | None:
        """The earliest start in [after, until) for which the whole stretch is clear, with the end of the clear stretch around it."""
        raise NotImplementedError

    def windows(self, request: Request, start: datetime, end: datetime) -> Sequence[Window]:
        """The maximal clear stretches within [start, end), in order, each at least as long as the request's length and runway."""
        raise NotImplementedError

    def business_add(self, at: datetime, span: timedelta) -> datetime:
        """The moment by which `span` of business time (the company's coverage hours) has passed since `at`."""
        raise NotImplementedError

    def business_between(self, start: datetime, end: datetime) -> timedelta:
        """How much business time lies in [start, end)."""
        raise NotImplementedError

    def days(self, request: Request, first: date, last: date) -> tuple[Day, ...]:
        """Each day from first to last, both included."""
        raise NotImplementedError
