"""Collects changes and tickets, and refreshes subscribed calendars, every quarter of an hour."""

from datetime import datetime
from typing import Any

from prefect import flow, get_run_logger

from flows.opening import opened
from flows.telling import tell, tell_of_feed
from rollout.errors import FaultsFound
from rollout.ports import World
from rollout.steps import collect as step
from rollout.steps import feeds


@flow(name="collect")
def collect(workspace: str = ".", full: bool = False, at: datetime | None = None) -> dict[str, Any]:
    """Bring the ledger up to date with JIRA and the desks, and the kept copies with the feeds that are due; `full` also finds what is gone."""
    with opened(workspace, at) as world:
        refreshed = _refresh(world)
        found = step.collect(world, full)
    for version in found.releases:
        tell("release.opened", version)
    for version in found.voided:
        tell("release.voided", version)
    return {**found.model_dump(mode="json"), "feeds": [one.model_dump(mode="json") for one in refreshed]}


def _refresh(world: World) -> tuple[feeds.RefreshedFeed, ...]:
    """Refresh the feeds. What is wrong with one, or with the calendars, is told, and keeps no change waiting."""
    try:
        refreshed = feeds.refresh(world)
    except FaultsFound as error:
        get_run_logger().warning("no feed is refreshed: %s", error)
        return ()
    for one in refreshed:
        if one.problem:
            get_run_logger().warning(one.problem)
            tell_of_feed("feed.failed", one.name, why=one.problem, closes=one.closes)
    return refreshed
