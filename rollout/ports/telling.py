"""Whom we tell: help desks, mail, and places for pages."""

from collections.abc import Mapping
from typing import Protocol

from rollout.core.closing import Ticket


class Desk(Protocol):
    """A help desk. Every failure is an OutsideError."""

    name: str

    def ticket(self, ticket: str) -> Ticket | None:
        """The ticket as it is now; None if there is no such ticket."""
        ...

    def was_told(self, ticket: str, key: str) -> bool:
        """Whether the notice with that key already stands on the ticket."""
        ...

    def reply(self, ticket: str, body: str, key: str, resolve: bool) -> None:
        """Answer the requester in public with plain text, marked with the key; solve the ticket if asked to, in one step if the desk can."""
        ...

    def reopen(self, ticket: str, body: str, key: str) -> None:
        """Answer in public and open the ticket again."""
        ...


class Mailer(Protocol):
    """A way to send one mail."""

    def send(self, recipient: str, subject: str, body: str, key: str) -> None:
        """Send plain text; the key becomes the Message-ID. Raises OutsideError."""
        ...


class Publisher(Protocol):
    """A place for pages."""

    def publish(self, files: Mapping[str, str], why: str) -> str:
        """Put all files (relative path to text) there in one step; write nothing when nothing differs. Returns where they are read."""
        ...
