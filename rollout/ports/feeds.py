"""Subscribed calendars: those that somebody else keeps, of which we keep the last good copy."""

from datetime import datetime, timedelta
from typing import Protocol

from rollout.core.values import Moment, Value


class Brought(Value):
    """What a server answered. `content` is None where it says that nothing has changed since the answer that `etag` or `last_modified` came with."""

    content: bytes | None
    etag: str = ""
    last_modified: str = ""


class Subscribed(Value):
    """A subscribed calendar and its kept copy. `name` is what it is refreshed by; `server` is all of its address that may be shown.

    `fetched_at` is None, and `problem` says why, if there is no copy that can be used; its age is not judged here.
    """

    name: str
    source: str
    server: str
    max_age: timedelta
    refresh: timedelta
    fetched_at: Moment | None = None
    events: int = 0
    problem: str = ""


class Refreshed(Value):
    """What a fetch brought: whether anything is different from before, and how many events there are now."""

    changed: bool
    events: int


class Feeds(Protocol):
    """The subscribed calendars of a workspace. Safe to call from several threads."""

    def subscribed(self) -> tuple[Subscribed, ...]:
        """All of them as they stand, in order of file and place. Raises FaultsFound if a file that subscribes to one has faults."""
        ...

    def fetch(self, name: str, at: datetime, *, keep: bool = True) -> Refreshed:
        """Ask for one, as `subscribed` told of it last if it did, and put what comes in place of the kept copy if it is sound.

        `at` is now. Takes a minute at most. Without `keep` it only tells what it would do. Raises OutsideError; whatever the copy was, it then stays.
        """
        ...
