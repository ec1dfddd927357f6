"""Collects changes and tickets, every quarter of an hour."""

from datetime import datetime
from typing import Any

from prefect import flow

from flows.opening import opened
from flows.telling import tell
from rollout.steps import collect as step


@flow(name="collect")
def collect(workspace: str = ".", full: bool = False, at: datetime | None = None) -> dict[str, Any]:
    """Bring the ledger up to date with JIRA and the desks; `full` also finds what is gone."""
    with opened(workspace, at) as world:
        found = step.collect(world, full)
    for version in found.releases:
        tell("release.opened", version)
    for version in found.voided:
        tell("release.voided", version)
    return found.model_dump(mode="json")
