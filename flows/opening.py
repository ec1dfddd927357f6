"""Opens the workspace of a flow run, with secrets from Prefect blocks where the settings ask for them."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path

from prefect.blocks.system import Secret

from rollout.errors import Unauthorized
from rollout.ports import World
from rollout.wiring import open_world


def read_block(name: str) -> str:
    """The text of the Secret block of that name. Raises Unauthorized where there is none."""
    try:
        block = Secret.load(name)
    except ValueError as error:  # Prefect's word for a block that it does not have
        raise Unauthorized("prefect", f"has no Secret block named {name}. Save the secret there under that name, or name another block.") from error
    return str(block.get())  # type: ignore[union-attr]


@contextmanager
def opened(workspace: str, at: datetime | None) -> Iterator[World]:
    """The workspace in that folder. `at` answers and acts as if it were then, and is refused outside a sandbox workspace."""
    with open_world(Path(workspace), at=at, read_block=read_block) as world:
        yield world
