"""Calendars that come from elsewhere: an iCalendar file that somebody wants among ours, and what we would make of it."""

from typing import Literal, Protocol

from rollout.core.coverage.rules import AnyRule
from rollout.core.values import ClientId, Value


class Wish(Value):
    """What somebody says of the file. What is left out is as in the sidecar that is to be replaced, or as the file has it; a block, by its name."""

    kind: Literal["block", "window"] | None = None
    id: str | None = None
    timezone: str | None = None
    categories: frozenset[str] = frozenset()
    clients: frozenset[ClientId] = frozenset()
    transparent: bool | None = None
    why: str | None = None


class Skipped(Value):
    """A part of the file that does not count, and why."""

    line: int
    what: str
    why: str


class Incoming(Value):
    """What the file would be: its rule, how many events count, what does not, and what is worth knowing. `files` are those to be written."""

    rule: AnyRule
    events: int
    skipped: tuple[Skipped, ...] = ()
    remarks: tuple[str, ...] = ()
    files: tuple[str, ...] = ()


class Importer(Protocol):
    """One file, on its way into the calendars."""

    def read(self, wish: Wish, *, replace: bool) -> Incoming:
        """Read it as it would be read among the calendars; nothing is written. Raises FaultsFound, Refused, NotFound."""
        ...

    def write(self) -> None:
        """Put there what was read. Raises Refused if a file has come to stand there meanwhile, RolloutError."""
        ...
