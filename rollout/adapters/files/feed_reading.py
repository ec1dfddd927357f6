"""Reads rules whose events come from a feed: from its kept copy, never from the network. A rule without a copy that counts is unknown."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from rollout.adapters.files.components import categories
from rollout.adapters.files.documents import Document, validate
from rollout.adapters.files.events import Choice, Contents, read_ics
from rollout.adapters.files.feeds import Feed
from rollout.adapters.files.ics import parse_ics
from rollout.core.coverage.timed import Timed, WindowRule
from rollout.core.redaction import shown
from rollout.errors import Fault, FaultsFound, NotFound

COMMAND = "rollout coverage refresh"
_TOLD = 3


@dataclass(frozen=True)
class Subscription:
    """A feed, and what its answers must be. `name` is what its kept copy is called.

    `check` reads an answer as deciding will read it, and counts what in it matters; it is given the answer, a name for it in faults, and the
    categories that the feed had before: one that never was there is a fault, one that is gone is none. It raises FaultsFound.
    """

    name: str
    source: str
    feed: Feed
    check: Callable[[bytes, str, frozenset[str]], int]

    def distrusted(self, why: str) -> str:
        """Why the rule is unknown, with what to do."""
        return f"the feed {self.name} from {self.feed.server} has no copy that counts: {why}. Fetch it: {COMMAND}"


class Copy(NamedTuple):
    """A kept copy that counts: its text, what faults call it, and all categories that the feed ever had."""

    content: bytes
    file: str
    seen: frozenset[str]


class NoCopy(NotFound):
    """There is no copy that counts; the message says why."""


Copies = Callable[[Subscription], Copy]


def no_copies(subscription: Subscription) -> Copy:
    """For whoever reads calendars without their feeds."""
    raise NoCopy(subscription.distrusted("it was not looked at"))


class FeedReader:
    """Reads the feeds of one folder's rules from `copies`, and lists them."""

    def __init__(self, copies: Copies) -> None:
        self._copies = copies
        self.subscriptions: list[Subscription] = []

    def take(self, document: Document, faults: list[Fault]) -> Feed | None:
        """What a document says of its feed, taken out of it; None, and what is wrong added to `faults`, if that cannot be read."""
        feed = validate(document, Feed, faults, ("feed",))
        document.data.pop("feed")
        return feed

    def read(self, rule: Timed, feed: Feed, choice: Choice) -> Timed:
        """The rule with the feed's events, or unknown."""

        def contents(content: bytes, file: str, seen: frozenset[str]) -> Contents:
            return read_ics(content, file, blocks=not isinstance(rule, WindowRule), timezone=rule.timezone, choice=choice, seen=seen)

        def count(content: bytes, file: str, seen: frozenset[str]) -> int:
            found = contents(content, file, seen)
            return len(found.events) + len(found.availabilities)

        found, unknown = self.asked(Subscription(rule.id, rule.source, feed, count), contents)
        return rule.model_copy(update={"unknown": unknown} if found is None else {"events": found.events, "availabilities": found.availabilities})

    def asked(self, subscription: Subscription, read: Callable[[bytes, str, frozenset[str]], Any]) -> tuple[Any, str]:
        """What `read` finds in the copy; or None, and why it is not known."""
        self.subscriptions.append(subscription)
        try:
            return read(*self._copies(subscription)), ""
        except NoCopy as error:
            return None, str(error)
        except FaultsFound as error:
            return None, subscription.distrusted(f"what is kept cannot be used: {first_faults(error)}")


def categories_in(content: bytes, file: str) -> frozenset[str]:
    """All categories that something there has."""
    return frozenset(name for calendar in parse_ics(content, file) for part in calendar.parts for name in categories(part))


def first_faults(error: FaultsFound) -> str:
    """The first faults of several, in one line."""
    more = f"; and {len(error.faults) - _TOLD} more" if len(error.faults) > _TOLD else ""
    return shown("; ".join(str(fault) for fault in error.faults[:_TOLD]), limit=600) + more
