"""Brings subscribed calendars: asks, judges what came by the same reading that decides later, and keeps it if it is sound."""

import hashlib
import re
from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from rollout.adapters.files.feed_reading import NoCopy, Subscription, categories_in, first_faults
from rollout.adapters.files.feeds import Feed
from rollout.adapters.files.kept import KeptCopies, Label
from rollout.errors import BadAnswer, FaultsFound, NotFound
from rollout.ports.feeds import Brought, Refreshed, Subscribed

# What many servers write anew into each answer; it means nothing to us.
_WRITTEN_ANEW = re.compile(rb"^(?:DTSTAMP|LAST-MODIFIED|CREATED|PRODID)[;:][^\n]*\n(?:[ \t][^\n]*\n)*", re.MULTILINE | re.IGNORECASE)


class Asking(Protocol):
    """How a feed is asked."""

    def place(self, name: str, feed: Feed) -> str:
        """Its address, which may be a secret. Raises Unauthorized."""
        ...

    def ask(self, name: str, feed: Feed, place: str, known: Label | None) -> Brought:
        """What the server answers; `known` lets it say that nothing has changed. Raises OutsideError."""
        ...


class Subscriptions:
    """A `Feeds` port. `find` reads the calendars' feeds anew."""

    def __init__(self, find: Callable[[], tuple[Subscription, ...]], copies: KeptCopies, asking: Asking) -> None:
        self._find, self._copies, self._asking = find, copies, asking
        self._found: dict[str, Subscription] = {}

    def subscribed(self) -> tuple[Subscribed, ...]:
        """All feeds as they stand."""
        found = self._find()
        self._found = {one.name: one for one in found}
        return tuple(self._state(one) for one in found)

    def fetch(self, name: str, at: datetime, *, keep: bool = True) -> Refreshed:
        """Ask for one feed, and keep what came if it is sound."""
        subscription = self._found.get(name) or next((one for one in self._find() if one.name == name), None)
        if subscription is None:
            raise NotFound(f"no calendar subscribes to a feed {name}")
        known, place = self._known(subscription), self._asking.place(name, subscription.feed)
        asked = hashlib.sha256(place.encode()).hexdigest()
        brought = self._asking.ask(name, subscription.feed, place, known[0] if known and known[0].asked == asked else None)
        content = _content(subscription, brought, known)
        before = known[0] if known else None
        events, categories = _judged(subscription, content, before.categories if before else frozenset())
        label = Label(
            of=subscription.feed.fingerprint,
            server=subscription.feed.server,
            asked=asked,
            fetched_at=at,
            sha256=hashlib.sha256(content).hexdigest(),
            etag=brought.etag or (before.etag if before and brought.content is None else ""),
            last_modified=brought.last_modified or (before.last_modified if before and brought.content is None else ""),
            categories=categories,
        )
        if keep:
            self._copies.keep(name, label, content)
        return Refreshed(changed=known is None or content is not known[1], events=events)

    def _state(self, subscription: Subscription) -> Subscribed:
        feed = subscription.feed
        state = Subscribed(name=subscription.name, source=subscription.source, server=feed.server, max_age=feed.max_age, refresh=feed.refresh)
        try:
            label, content = self._copies.content(subscription)
            events = subscription.check(content, self._copies.file(subscription.name), label.categories)
        except NoCopy as error:
            return state.model_copy(update={"problem": str(error)})
        except FaultsFound as error:
            return state.model_copy(update={"problem": f"its kept copy cannot be used: {first_faults(error)}"})
        return state.model_copy(update={"fetched_at": label.fetched_at, "events": events})

    def _known(self, subscription: Subscription) -> tuple[Label, bytes] | None:
        try:
            return self._copies.content(subscription)
        except NoCopy:
            return None


def _content(subscription: Subscription, brought: Brought, known: tuple[Label, bytes] | None) -> bytes:
    """What the feed says now: the very copy, if what came says nothing else. Raises BadAnswer."""
    if known and (brought.content is None or _meaning(brought.content) == _meaning(known[1])):
        return known[1]
    if brought.content is None:
        raise BadAnswer(subscription.name, f"{subscription.feed.server} answered that nothing has changed, and was not asked that. Try again.")
    return brought.content


def _judged(subscription: Subscription, content: bytes, seen: frozenset[str]) -> tuple[int, frozenset[str]]:
    """How many events there are, and all categories that the feed ever had. Raises BadAnswer."""
    try:
        return subscription.check(content, "its answer", seen), seen | categories_in(content, "its answer")
    except FaultsFound as error:
        text = f"{subscription.feed.server} sent a calendar that cannot be used. The last good copy stays. {first_faults(error)}"
        raise BadAnswer(subscription.name, text) from None


def _meaning(content: bytes) -> bytes:
    return _WRITTEN_ANEW.sub(b"", content)
