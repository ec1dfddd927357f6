"""Setbacks: when something that another system did not do is tried again, and when a person has to see it."""

from datetime import datetime, timedelta

from rollout.errors import OutsideError, Throttled, Unauthorized
from rollout.ports import World

_FIRST_WAIT = timedelta(minutes=1)
_LONGEST_WAIT = timedelta(hours=6)
_MENDING = timedelta(minutes=15)


def counted(error: OutsideError, attempts: int) -> int:
    """How many attempts there were with this one. A credential that was not accepted says nothing of what it was to do: that one does not count."""
    return attempts if isinstance(error, Unauthorized) else attempts + 1


def next_try(world: World, error: OutsideError, attempts: int, at: datetime) -> datetime | None:
    """The moment to try again after that many attempts; None where it would not help, or was tried often enough. A credential can be mended."""
    if isinstance(error, Unauthorized):
        return at + _MENDING
    if not error.retryable or attempts >= world.policies.notice_attempts:
        return None
    return at + _wait(error, attempts)


def _wait(error: OutsideError, attempts: int) -> timedelta:
    """Twice as long each time, and never less than the other side asked for."""
    asked = timedelta(seconds=error.retry_after or 0) if isinstance(error, Throttled) else timedelta()
    return max(asked, min(_FIRST_WAIT * (1 << (attempts - 1)), _LONGEST_WAIT))
