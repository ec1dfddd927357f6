"""Cuts the releases whose time has come by the train, or the one that is named."""

from datetime import datetime
from typing import Any

from prefect import flow, get_run_logger

from flows.opening import opened
from flows.telling import tell
from rollout.core.values import PersonId
from rollout.steps import cut as step


@flow(name="cut")
def cut(workspace: str = ".", version: str | None = None, actor: str = "train", at: datetime | None = None) -> list[dict[str, Any]]:
    """Freeze each due release with what is ready; the rest moves to the next one. One that cannot be cut is told, and keeps no other waiting."""
    with opened(workspace, at) as world:
        decided, refused = ((step.cut(world, version, PersonId(actor)),), {}) if version else step.cut_due(world, PersonId(actor))
    for one in decided:
        tell("release.cut", one.version, kept=len(one.kept), moved=len(one.moved))
    for name, why in refused.items():
        tell("release.not_cut", name, why=why)
        get_run_logger().warning(why)
    return [one.model_dump(mode="json") for one in decided]
