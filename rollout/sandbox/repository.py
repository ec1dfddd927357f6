"""Rebuilds a git history from a list of its commits: real messages, dates, parents and tags, and no files.

`git fast-import` writes the objects. Hooks, configuration and identities of the machine take no part, so the same list always gives the same shas.
Two commits that are alike in all that is kept (message, date, parents) become one, as git has it.
"""

import os
import subprocess
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from graphlib import CycleError, TopologicalSorter
from pathlib import Path
from typing import Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, ValidationError

from rollout.errors import RolloutError

_WHO = b"Nobody <nobody@example.invalid>"
_WITHIN_SECONDS = 120
_ENVIRONMENT = {"GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": os.devnull, "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}


class RecordedCommit(BaseModel):
    """One commit as an export has it; what else the export says is passed over. `date` must name its zone, which is kept."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    sha: str
    parents: tuple[str, ...] = ()
    date: AwareDatetime
    subject: str
    tags: tuple[str, ...] = ()
    body: str = ""

    @property
    def message(self) -> bytes:
        return (f"{self.subject}\n\n{self.body}\n" if self.body else f"{self.subject}\n").encode("utf-8", "replace")


@dataclass(frozen=True)
class Rebuilt:
    """A bare repository. `shas` maps each old sha to its new one; `cut` are parents that the list names and does not have."""

    path: Path
    shas: Mapping[str, str]
    cut: tuple[str, ...]


def rebuild(path: Path, commits: Iterable[Mapping[str, Any] | RecordedCommit], branch: str = "main") -> Rebuilt:
    """Make a bare repository at `path` from the commits, in whatever order they come.

    The branch points to the youngest commit that is nobody's parent; the others of that sort are kept under refs/kept/. Raises RolloutError.
    """
    records = [_record(place, each) for place, each in enumerate(commits)]
    _refuse_repeated("commit", (record.sha for record in records))
    _refuse_repeated("tag", (tag for record in records for tag in record.tags))
    known = {record.sha: record for record in records}
    ordered = [known[sha] for sha in _parents_first(known)]
    marks = {record.sha: number for number, record in enumerate(ordered, start=1)}
    empty_repository(path, branch)
    exported = path / "marks"
    _git(
        path, "fast-import", "--quiet", "--date-format=raw-permissive", f"--export-marks={exported}", stream=b"".join(_stream(ordered, marks, branch))
    )
    shas = _read_marks(exported, ordered)
    exported.unlink(missing_ok=True)
    cut = {parent for record in records for parent in record.parents} - known.keys()
    return Rebuilt(path, shas, tuple(sorted(cut)))


def empty_repository(path: Path, branch: str = "main") -> None:
    """Make a bare repository without a commit at `path`. Raises RolloutError."""
    _git(path.parent, "init", "--quiet", "--bare", "--template=", f"--initial-branch={branch}", str(path))


def _record(place: int, commit: Mapping[str, Any] | RecordedCommit) -> RecordedCommit:
    try:
        return commit if isinstance(commit, RecordedCommit) else RecordedCommit.model_validate(commit)
    except ValidationError as error:
        first = error.errors()[0]
        field = ".".join(str(part) for part in first["loc"])
        raise RolloutError(f"commits[{place}].{field}: {first['msg']}, is {first['input']!r}") from None


def _refuse_repeated(what: str, names: Iterable[str]) -> None:
    repeated = [name for name, times in Counter(names).items() if times > 1]
    if repeated:
        raise RolloutError(f"the list has the {what} {repeated[0]} twice; keep one")


def _parents_first(known: Mapping[str, RecordedCommit]) -> list[str]:
    graph = {sha: [parent for parent in record.parents if parent in known] for sha, record in known.items()}
    try:
        return list(TopologicalSorter(graph).static_order())
    except CycleError as error:
        raise RolloutError(f"the commits {', '.join(error.args[1])} are each other's parents; such a history cannot be") from None


def _stream(ordered: Sequence[RecordedCommit], marks: Mapping[str, int], branch: str) -> Iterator[bytes]:
    """The fast-import stream: every commit on a passing branch, then the refs that stay."""
    for record in ordered:
        yield from _commit(record, marks)
    parents = {parent for record in ordered for parent in record.parents}
    tips = sorted((record for record in ordered if record.sha not in parents), key=lambda record: (record.date, record.sha))
    for record in tips[:-1]:
        yield _reference(f"refs/kept/{record.sha}", marks[record.sha])
    if tips:
        yield _reference(f"refs/heads/{branch}", marks[tips[-1].sha])
    for record in ordered:
        yield from (_reference(f"refs/tags/{tag}", marks[record.sha]) for tag in record.tags)
    yield b"reset refs/passing\nfrom 0000000000000000000000000000000000000000\n"


def _commit(record: RecordedCommit, marks: Mapping[str, int]) -> Iterator[bytes]:
    parents = [marks[parent] for parent in record.parents if parent in marks]
    when = f"{int(record.date.timestamp())} {_offset(record.date.utcoffset() or timedelta())}".encode()
    yield b"reset refs/passing\n\ncommit refs/passing\nmark :%d\n" % marks[record.sha]
    yield b"author %s %s\ncommitter %s %s\n" % (_WHO, when, _WHO, when)
    yield b"data %d\n%s\n" % (len(record.message), record.message)
    yield from (b"%s :%d\n" % (b"merge" if place else b"from", mark) for place, mark in enumerate(parents))
    yield b"\n"


def _reference(name: str, mark: int) -> bytes:
    return b"reset %s\nfrom :%d\n\n" % (name.encode(), mark)


def _offset(offset: timedelta) -> str:
    sign, minutes = ("-", -offset) if offset < timedelta() else ("+", offset)
    return f"{sign}{minutes // timedelta(hours=1):02d}{minutes // timedelta(minutes=1) % 60:02d}"


def _read_marks(file: Path, ordered: Sequence[RecordedCommit]) -> dict[str, str]:
    lines = file.read_text(encoding="ascii").splitlines() if file.exists() else []
    new = dict(line.split(" ", 1) for line in lines)
    return {record.sha: new[f":{number}"] for number, record in enumerate(ordered, start=1)}


def _git(place: Path, *arguments: str, stream: bytes = b"") -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("GIT_")} | _ENVIRONMENT
    command = ["git", "-C", str(place), *arguments]
    done = subprocess.run(command, input=stream, capture_output=True, env=environment, timeout=_WITHIN_SECONDS, check=False)
    if done.returncode:
        told = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise RolloutError(f"git {arguments[0]} failed at {place.name}: {told[0] if told else f'exit {done.returncode}'}")
