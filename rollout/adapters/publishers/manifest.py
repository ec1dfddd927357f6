"""The list of the files that a publisher wrote, kept beside them: so it knows what it may replace and remove, and leaves everything else alone."""

import json
from collections.abc import Collection, Iterable
from pathlib import PurePosixPath

from rollout.errors import BadAnswer

MANIFEST = ".rollout-pages.json"


def listed(names: Iterable[str]) -> str:
    """The manifest's text."""
    return json.dumps({"files": sorted(names)}, indent=1, ensure_ascii=False) + "\n"


def names_in(text: str) -> frozenset[str]:
    """The files that a manifest lists; none for what cannot be read as one."""
    try:
        names = json.loads(text)["files"]
    except (ValueError, TypeError, KeyError):
        return frozenset()
    return frozenset(name for name in names if isinstance(name, str) and _stays_inside(name)) if isinstance(names, list) else frozenset()


def check_names(system: str, names: Iterable[str]) -> None:
    """Raise BadAnswer for a name that is no plain relative path, or that is ours to use."""
    for name in names:
        if not _stays_inside(name):
            raise BadAnswer(system, f"{name!r} cannot be published: it must be a relative path without '..', and not {MANIFEST}")


def refuse_foreign(system: str, place: str, standing: Collection[str], wanted: Iterable[str], own: Collection[str]) -> None:
    """Raise BadAnswer where somebody else's file stands where one is to be written."""
    foreign = sorted(name for name in wanted if name in standing and name not in own)
    if foreign:
        raise BadAnswer(
            system, f"{', '.join(foreign)} in {place} was not written by rollout, and is not replaced. Move it away, or publish elsewhere."
        )


def _stays_inside(name: str) -> bool:
    path = PurePosixPath(name)
    plain = name.isprintable() and "\\" not in name and str(path) == name and not path.is_absolute()
    return plain and name not in (".", MANIFEST) and not {"..", ".git"} & set(path.parts)
