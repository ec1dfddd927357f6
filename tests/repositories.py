"""Makes real git repositories for tests with `git fast-import`: empty trees, real messages, dates, parents, tags."""

import subprocess
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

NOON = datetime(2026, 12, 1, 12, tzinfo=UTC)


class Written(NamedTuple):
    """A commit to be made; `parents` are the names of earlier ones."""

    name: str
    message: str
    parents: tuple[str, ...] = ()
    at: datetime = NOON


def run_git(path: Path, *arguments: str, text: bytes | None = None) -> str:
    done = subprocess.run(["git", "-C", str(path), *arguments], input=text, capture_output=True, check=True, timeout=60)
    return done.stdout.decode(errors="replace").strip()


def make_repository(path: Path, commits: Sequence[Written], tags: Mapping[str, str] | None = None, *, bare: bool = True) -> dict[str, str]:
    """Make the repository; its branch main is the last commit, `tags` map a name to a commit's name. Returns the sha of each commit."""
    path.mkdir(parents=True)
    run_git(path, "init", "--quiet", "--initial-branch=main", *(["--bare"] if bare else []))
    marks = {commit.name: f":{number}" for number, commit in enumerate(commits, 1)}
    stream = [part for commit in commits for part in _commit(commit, marks)]
    stream += [f"reset refs/tags/{tag}\nfrom {marks[name]}\n\n".encode() for tag, name in (tags or {}).items()]
    run_git(path, "fast-import", "--quiet", "--export-marks=marks.txt", text=b"".join(stream))
    shas = dict(line.split() for line in (path / "marks.txt").read_text().splitlines())
    return {name: shas[mark] for name, mark in marks.items()}


def _commit(commit: Written, marks: Mapping[str, str]) -> Iterable[bytes]:
    message = commit.message.encode(errors="surrogateescape")
    seconds, zone = int(commit.at.timestamp()), commit.at.strftime("%z") or "+0000"
    yield b"reset refs/heads/main\n" if not commit.parents else b""
    yield f"commit refs/heads/main\nmark {marks[commit.name]}\ncommitter A Writer <writer@example.com> {seconds} {zone}\n".encode()
    yield b"data %d\n%b\n" % (len(message), message)
    for word, parent in zip(["from", *["merge"] * 15], commit.parents, strict=False):
        yield f"{word} {marks[parent]}\n".encode()
    yield b"\n"
