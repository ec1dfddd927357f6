"""Makes a new workspace: asks that the folder has none of its files yet, and has them written."""

from collections.abc import Mapping
from pathlib import Path
from typing import Protocol

from rollout.errors import Refused


class Starter(Protocol):
    """What a new workspace begins with."""

    def files(self) -> Mapping[str, str]:
        """Relative path to text."""
        ...

    def standing(self, folder: Path) -> tuple[str, ...]:
        """Those of the files that the folder has already."""
        ...

    def write(self, folder: Path) -> None:
        """Write all files, and no file over another."""
        ...


def init(starter: Starter, folder: Path, dry_run: bool = False) -> tuple[str, ...]:
    """Make a workspace in that folder; returns the names of its files. Raises Refused, and writes nothing, if any of them is there already."""
    standing = starter.standing(folder)
    if standing:
        names = ", ".join(standing)
        raise Refused(f"cannot make a workspace in {folder}: it has {names} already. Choose another folder, or move them away.")
    if not dry_run:
        starter.write(folder)
    return tuple(starter.files())
