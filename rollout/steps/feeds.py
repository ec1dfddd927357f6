"""Refreshes subscribed calendars, those that are due, side by side. Nothing else asks other people's servers when one may deploy."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime
from difflib import get_close_matches
from enum import StrEnum

from rollout.core.coverage.freshness import distrust, is_due
from rollout.core.values import Moment, Value
from rollout.errors import NotFound, RolloutError
from rollout.ports import World
from rollout.ports.feeds import Subscribed

_AT_ONCE = 8


class FeedState(StrEnum):
    FETCHED = "fetched"
    UNCHANGED = "unchanged"
    FAILED = "failed"
    FRESH = "fresh"


class RefreshedFeed(Value):
    """How one feed stands after a refresh. `fresh`: it was not due, and nobody asked. `fetched_at` is that of the copy that there is now.

    `problem` tells what went wrong this time; `closes` why what it is about is closed, empty while its copy counts.
    """

    name: str
    server: str
    source: str
    state: FeedState
    events: int
    fetched_at: Moment | None
    problem: str = ""
    closes: str = ""


def refresh(world: World, only: str | None = None, dry_run: bool = False) -> tuple[RefreshedFeed, ...]:
    """Fetch every feed that is due, or the one that is named, due or not; a failing one keeps no other waiting, and leaves its copy as it is.

    Repeatable, and safe to run twice at once. Raises NotFound, and FaultsFound where a calendar that subscribes to a feed has faults.
    """
    at, feeds = world.clock(), world.feeds.subscribed()
    if only is not None:
        feeds = (_named(feeds, only),)
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        return tuple(pool.map(lambda feed: _refreshed(world, feed, at, only is not None, dry_run), feeds))


def judged(feed: Subscribed, at: datetime) -> str:
    """Why its copy does not count at that moment; empty if it does."""
    if feed.problem or feed.fetched_at is None:
        return feed.problem or "it was never fetched"
    return distrust(feed.fetched_at, feed.max_age, at)


def _named(feeds: tuple[Subscribed, ...], name: str) -> Subscribed:
    found = {feed.name: feed for feed in feeds}
    if name not in found:
        close = get_close_matches(name, found, n=1)
        hint = f"Did you mean {close[0]}?" if close else f"There are {', '.join(found)}." if found else "There is none."
        raise NotFound(f"no calendar subscribes to a feed {name}. {hint}")
    return found[name]


def _refreshed(world: World, feed: Subscribed, at: datetime, asked: bool, dry_run: bool) -> RefreshedFeed:
    before = RefreshedFeed(
        name=feed.name,
        server=feed.server,
        source=feed.source,
        state=FeedState.FRESH,
        events=feed.events,
        fetched_at=feed.fetched_at,
        closes=judged(feed, at),
    )
    if not asked and not is_due(feed.fetched_at, feed.refresh, at):
        return before
    try:
        found = world.feeds.fetch(feed.name, at, keep=not dry_run)
    except RolloutError as error:
        return before.model_copy(update={"state": FeedState.FAILED, "problem": str(error)})
    state = FeedState.FETCHED if found.changed else FeedState.UNCHANGED
    return before.model_copy(update={"state": state, "events": found.events, "fetched_at": at, "closes": ""})
