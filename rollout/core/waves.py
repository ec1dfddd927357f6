"""Waves: a strategy's ordered groups, and the real clients that fall into each."""

from datetime import timedelta

from pydantic import Field

from rollout.core.clients import Environment, Selector
from rollout.core.values import ClientId, Reason, Value


class Tolerance(Value):
    """Failures that a wave may have: a number, or a percentage of the wave's size when it starts, rounded up. 0 by default."""

    count: int = Field(0, ge=0)
    percent: float = Field(0, ge=0, le=100)


class Wave(Value):
    """One step of a strategy. `soak` is business time; `capacity` is installations per coverage window, None for no limit;
    `concurrency` is how many may be in flight at once; `expected` the time that one installation takes."""

    name: str
    environment: Environment
    select: Selector
    soak: timedelta = timedelta()
    capacity: int | None = Field(None, ge=1)
    concurrency: int = Field(4, ge=1)
    tolerance: Tolerance = Tolerance()
    expected: timedelta = timedelta(minutes=15)
    needs_preview: bool = False


class Strategy(Value):
    """Ordered waves, each environment's own order kept. `preview_soak` is business time between a client's preview and its production.
    `runway` must stay clear after each start, `max_pause` is the longest freeze that a rollout may straddle."""

    name: str
    waves: tuple[Wave, ...] = Field(min_length=1)
    preview_soak: timedelta = timedelta()
    runway: timedelta = timedelta()
    max_pause: timedelta = timedelta(days=14)


class Member(Value):
    """One installation in its wave. `wave` is the index in the strategy."""

    client: ClientId
    environment: Environment
    wave: int


class Excluded(Value):
    """An installation that the release will not go to, and why."""

    client: ClientId
    environment: Environment
    reason: Reason


class Assignment(Value):
    """Every installation of every client: in exactly one wave, or excluded with a reason. `remarks` tell what was decided on the way."""

    members: tuple[Member, ...]
    excluded: tuple[Excluded, ...] = ()
    remarks: tuple[str, ...] = ()
