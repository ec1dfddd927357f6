"""Publishes the Upcoming Release page when its content has changed."""

from datetime import datetime
from typing import Any

from prefect import flow

from flows.opening import opened
from flows.telling import show_text
from rollout.steps import publish as step


@flow(name="publish")
def publish(workspace: str = ".", at: datetime | None = None) -> dict[str, Any]:
    """Render the pages from the ledger, and put them where the settings say."""
    with opened(workspace, at) as world:
        done = step.publish(world)
    if done.changed:
        show_text("upcoming-release", "\n".join(f"- {place}" for place in done.places), "Where the Upcoming Release page is")
    return done.model_dump(mode="json")
