"""The types that a profile may have: those of this program, and those that installed packages bring through entry points."""

from collections.abc import Mapping
from functools import cache
from typing import Any

from rollout.core.values import Value
from rollout.settings.places import (
    CommandExecutorSettings,
    CommandHealthSettings,
    FolderSettings,
    HttpExecutorSettings,
    HttpHealthSettings,
    PagesSettings,
    ZendeskSettings,
)

Kinds = Mapping[str, type[Value]]

DESKS: Kinds = {"zendesk": ZendeskSettings}
EXECUTORS: Kinds = {"command": CommandExecutorSettings, "http": HttpExecutorSettings}
HEALTH: Kinds = {"command": CommandHealthSettings, "http": HttpHealthSettings}
PUBLISHERS: Kinds = {"folder": FolderSettings, "git": PagesSettings}


@cache
def installed(group: str) -> dict[str, Any]:
    """The entry points of the group, such as rollout.desks, by name. Looking takes a while: ask only for a type that is none of our own."""
    from importlib.metadata import entry_points

    return {point.name: point for point in entry_points(group=group)}
