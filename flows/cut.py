"""Cuts the releases whose time has come by the train, or the one that is named."""

from datetime import datetime
from typing import Any

from prefect import flow

from flows.opening import opened
from flows.telling import tell
from rollout.core.values import PersonId
from rollout.steps import cut as step


@flow(name="cut")
def cut(workspace: str = ".", version: str | None = None, actor: str = "train", at: datetime | None = None) -> list[dict[str, Any]]:
    """Freeze each due release with what is ready; the rest moves to the next one."""
    with opened(workspace, at) as world:
        due = (version,) if version else step.due(world)
        decided = [step.cut(world, one, PersonId(actor)) for one in due]
    for one in decided:
        tell("release.cut", one.version, kept=len(one.kept), moved=len(one.moved))
    return [one.model_dump(mode="json") for one in decided]
