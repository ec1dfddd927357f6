"""Opens the workspace for one page, and renders pages. Nothing is kept between requests: a page shows what stands now."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from rollout.ports import World
from rollout.wiring import open_world

SHOWN = 2000
"""Rows of a table that a page shows; how many more there are, it says."""
_TEMPLATES = Path(__file__).parent / "templates"


class Looking:
    """One workspace, as the console looks at it."""

    def __init__(self, workspace: Path) -> None:
        self._workspace = workspace
        self._pages = Environment(
            loader=FileSystemLoader(_TEMPLATES), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
        )

    @contextmanager
    def world(self) -> Iterator[World]:
        """The workspace, for looking only."""
        with open_world(self._workspace, reading=True) as world:
            yield world

    def page(self, template: str, **values: Any) -> str:
        """One page; `title` is among the values."""
        return self._pages.get_template(template).render(product="rollout", **values)


def local(at: str | None, zone: ZoneInfo) -> str:
    """A moment as people of that zone write it; empty for none."""
    return f"{datetime.fromisoformat(at).astimezone(zone):%a %d %b %Y, %H:%M %Z}" if at else ""
