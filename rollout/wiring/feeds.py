"""Subscribed calendars of a workspace: how they are asked, where their copies are kept, and which of them count now."""

from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING

from rollout.ports.feeds import Brought, Feeds
from rollout.settings import SecretReader

# Reading calendars takes a while to import, and most commands do without it.
if TYPE_CHECKING:
    from rollout.adapters.files.feed_reading import Copies, Subscription
    from rollout.adapters.files.feeds import Feed
    from rollout.adapters.files.kept import CopiesAt, KeptCopies, Label

PLACE = ".rollout/feeds"


class FeedWatch:
    """Which copies of the feeds of one folder's calendars count, by the clock. Cheap to ask: it looks at a copy's text only if it has changed."""

    def __init__(self, folder: Path, name: str, workspace: Path, clock: Callable[[], datetime]) -> None:
        self._folder, self._name, self._workspace, self._clock = folder, name, workspace, clock
        self._copies: KeptCopies | None = None
        self._subscriptions: tuple[Subscription, ...] = ()
        self._until: datetime | None = None

    def look(self, any_feed: bool) -> None:
        """Learn which feeds there are, after the calendars have changed. Those of files with faults are left out: they close everything."""
        self._subscriptions, self._until = (), None
        if any_feed:
            from rollout.adapters.files.calendars import load_subscriptions
            from rollout.errors import FaultsFound

            try:
                self._subscriptions = load_subscriptions(self._folder, self._name)
            except FaultsFound:
                return

    def states(self) -> tuple[str, ...]:
        """For each feed the checksum of its copy, or why it has none that counts."""
        self._until = None
        if not self._subscriptions:
            return ()
        from rollout.adapters.files.kept import CopiesAt

        copies = CopiesAt(self._kept(), self._clock())
        return tuple(self._state(copies, one) for one in self._subscriptions)

    def has_turned(self) -> bool:
        """Whether a copy that counted when the states were asked for last is too old by now."""
        return self._until is not None and self._clock() > self._until

    def copies(self) -> "Copies":
        """The copies that count now."""
        from rollout.adapters.files.kept import CopiesAt

        return CopiesAt(self._kept(), self._clock())

    def _state(self, copies: "CopiesAt", subscription: "Subscription") -> str:
        from rollout.adapters.files.feed_reading import NoCopy

        try:
            label = copies.label(subscription)
        except NoCopy as error:
            return str(error)
        until = label.fetched_at + subscription.feed.max_age
        self._until = until if self._until is None else min(until, self._until)
        return label.sha256

    def _kept(self) -> "KeptCopies":
        if self._copies is None:
            self._copies = kept_copies(self._workspace)
        return self._copies


class FeedAsking:
    """Asks feeds with the secrets of one workspace, which are read when they are used."""

    def __init__(self, secrets: SecretReader) -> None:
        self._secrets = secrets

    def place(self, name: str, feed: "Feed") -> str:
        """Its address. Raises Unauthorized."""
        from rollout.adapters.files.feeds import web_place
        from rollout.errors import Unauthorized

        if isinstance(feed.place, str):
            return feed.place
        try:
            return web_place(self._secrets.read(feed.place, name, "address").strip())
        except ValueError:
            raise Unauthorized(name, f"what is kept in {feed.place.place} is no web address such as https://example.com/basic.ics") from None

    def ask(self, name: str, feed: "Feed", place: str, known: "Label | None") -> Brought:
        """What the server answers. Raises OutsideError."""
        from rollout.adapters.feeds.asking import FeedServer
        from rollout.adapters.feeds.caldav import fetch_collection
        from rollout.adapters.feeds.ical import fetch_file

        password = self._secrets.read(feed.password, name, "password") if feed.password else ""
        server = FeedServer(name, feed.server, feed.user, password)
        if feed.caldav is not None:
            return fetch_collection(server, place)
        return fetch_file(server, place, known.etag if known else "", known.last_modified if known else "")


def kept_copies(workspace: Path) -> "KeptCopies":
    """The copies that a workspace keeps."""
    from rollout.adapters.files.kept import KeptCopies

    return KeptCopies(workspace / PLACE, PLACE)


def feeds_of(folder: Path, name: str, workspace: Path, secrets: SecretReader) -> Feeds:
    """The feeds that the calendars in that folder subscribe to."""
    from rollout.adapters.files.calendars import load_subscriptions
    from rollout.adapters.files.subscriptions import Subscriptions

    return Subscriptions(lambda: load_subscriptions(folder, name), kept_copies(workspace), FeedAsking(secrets))
