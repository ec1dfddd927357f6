"""The files of a folder of calendars: which count, what hides others from us, and how they are read without waiting or running out of memory."""

import errno
import os
import stat
from pathlib import Path
from typing import NamedTuple

LARGEST = {".yaml": 4_000_000, ".yml": 4_000_000, ".ics": 10_000_000}
"""The endings of the files that count, and how many bytes one of them may have."""


class Found(NamedTuple):
    """The files that count, sorted; and, by their paths, what is wrong with what else stands there and could hide such a file."""

    files: tuple[Path, ...]
    problems: dict[Path, str]


def calendar_files(folder: Path) -> Found:
    """Look through the folder and all below it, but not through hidden ones. Folders that are links are problems, and are not entered."""
    files: list[Path] = []
    problems: dict[Path, str] = {}

    def unreadable(error: OSError) -> None:
        if not isinstance(error, FileNotFoundError):  # it was there a moment ago
            problems[Path(error.filename)] = f"cannot be read: {error.strerror}. Give this account the right to."

    for here, folders, names in os.walk(folder, onerror=unreadable):
        folders[:] = [name for name in folders if not name.startswith(".")]
        for name in (*folders, *(name for name in names if not name.startswith("."))):
            path = Path(here, name)
            counts = path.suffix.lower() in LARGEST and name in names
            problem = _problem(path, counts)
            if problem:
                problems[path] = problem
            elif counts:
                files.append(path)
    return Found(tuple(sorted(files)), problems)


def content_of(path: Path) -> bytes:
    """The file's bytes; of one that is too large, the beginning, longer than it may be. Raises OSError, also for what is no file, as a pipe is."""
    with open(path, "rb", opener=lambda name, flags: os.open(name, flags | os.O_NONBLOCK)) as file:
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(errno.EINVAL, "it is no ordinary file", str(path))
        return file.read(LARGEST[path.suffix.lower()] + 1)


def may_name(content: bytes, word: str) -> bool:
    """Whether a YAML file may have a key of that name. A backslash can spell any."""
    return word.encode() in content or b"\\" in content


def legible(path: Path) -> str:
    """The path as a message shows it, whatever bytes its name is made of."""
    return os.fsencode(path).decode("utf-8", "replace")


def _problem(path: Path, counts: bool) -> str:
    """What is wrong with that entry of the folder. What is gone by now is nothing; a link to a file is as good as the file."""
    if (counts or os.path.isdir(path)) and "\N{REPLACEMENT CHARACTER}" in legible(Path(path.name)):
        return "has a name that is not UTF-8; give it another"
    if not os.path.islink(path):
        return ""
    if os.path.isdir(path):
        return "is a link to a folder, and what is in there does not count; put the files here"
    return "" if os.path.isfile(path) else "is a link that leads to no file; correct it, or delete it"
