"""Sends the notices and runs the errands that are due."""

from datetime import datetime
from typing import Any

from prefect import flow

from flows.opening import opened
from rollout.steps import notify as step


@flow(name="notify")
def notify(workspace: str = ".", at: datetime | None = None) -> dict[str, Any]:
    """Tell clients what they have now: on their tickets, by mail. What fails is tried again by a later run."""
    with opened(workspace, at) as world:
        return step.notify(world).model_dump(mode="json")
