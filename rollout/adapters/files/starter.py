"""What a new workspace begins with: files of the product, found in a checkout as well as in an installed wheel."""

import os
from collections.abc import Mapping
from pathlib import Path

import rollout
from rollout.errors import Refused, RolloutError

_PACKAGE = Path(rollout.__file__).parent
_PLAIN = ("clients.yaml", "people.yaml", "prefect.yaml")
_LAST = "rollout.yaml"
_TEMPLATES = """\
# Templates of this workspace

Put a file here only to change what the product says: one with the same path as the product's own is used instead of it,
as in `ticket/available.txt.j2` or `page/index.html.j2`. Remove it, and the product's own is used again.
"""


def resource(name: str) -> Path:
    """A file or folder of the product, such as templates, calendars or prefect.yaml. Raises RolloutError if the installation lacks it."""
    for folder in (_PACKAGE / "starter", _PACKAGE.parent):
        if (folder / name).exists():
            return folder / name
    raise RolloutError(f"this installation of rollout has no {name}. Install it again.")


class StarterFiles:
    """The files of a new workspace, and the way to put them somewhere."""

    def files(self) -> Mapping[str, str]:
        """Relative path to text, in the order in which they are written. rollout.yaml is the last: with it, a folder is a workspace."""
        found = {name: resource(name).read_text(encoding="utf-8") for name in _PLAIN}
        calendars = resource("calendars")
        for path in sorted(each for each in calendars.rglob("*") if each.is_file() and not each.name.startswith(".")):
            found[f"calendars/{path.relative_to(calendars).as_posix()}"] = path.read_text(encoding="utf-8")
        found["templates/README.md"] = _TEMPLATES
        found[".gitignore"] = resource("gitignore").read_text(encoding="utf-8")
        found[_LAST] = resource(_LAST).read_text(encoding="utf-8")
        return found

    def standing(self, folder: Path) -> tuple[str, ...]:
        """Those of the files that the folder has already."""
        return tuple(name for name in self.files() if os.path.lexists(folder / name))

    def write(self, folder: Path) -> None:
        """Write all files, and no file over another. Raises Refused, RolloutError."""
        if folder.exists() and not folder.is_dir():
            raise RolloutError(f"{folder} is no folder; a workspace needs one of its own")
        for name, text in self.files().items():
            try:
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                with (folder / name).open("x", encoding="utf-8") as file:
                    file.write(text)
            except FileExistsError:
                raise Refused(f"{folder / name} is there already; nothing is written over it") from None
            except OSError as error:
                raise RolloutError(f"{folder / name} cannot be written: {error.strerror}") from None
