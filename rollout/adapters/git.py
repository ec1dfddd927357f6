"""Reads the tags and commits of a git repository, bare or not. Never writes, never asks a remote, runs nothing that the repository brings.

No text from outside reaches git as an argument: names are looked up among the refs that git lists, and only shas are passed on.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from rollout.core.commits import Commit
from rollout.errors import BadAnswer, NotFound, Unreachable

if TYPE_CHECKING:
    import git

_SYSTEM = "git"
_SHA = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")
_REF = re.compile(r"(?!.*(?:\.\.|//|@\{))[\w.][\w./+@=%#-]*")
_BRANCHES = ("refs/heads/", "refs/remotes/origin/")
_TAGS = "refs/tags/"
_REF_FIELDS = "%(refname)%00%(objecttype)%00%(objectname)%00%(*objecttype)%00%(*objectname)"
_COMMIT_FIELDS = "%H%x00%P%x00%ct%x00%s%x00%b"
_LATEST = 253_402_300_799  # the last second that a datetime can hold: commits may claim any date
_CONSTANT = ("--no-replace-objects", "--no-pager", "-c", "log.showSignature=false", "-c", "core.fsmonitor=false")
_ENVIRONMENT = {"GIT_TERMINAL_PROMPT": "0", "GIT_ALLOW_PROTOCOL": "none", "GIT_NO_LAZY_FETCH": "1", "GIT_OPTIONAL_LOCKS": "0"}


class GitHistory:
    """One repository; `branch` is the one that releases are built from, here or as `origin` had it at the last fetch.

    Each call opens the repository and closes it again, and is safe from any thread; `timeout` is in seconds, for each git command."""

    def __init__(self, path: Path, branch: str = "main", timeout: float = 60.0) -> None:
        self._path = path
        self._branch = branch
        self._timeout = timeout

    def tags(self) -> Mapping[str, str]:
        """Tag name to the sha of the commit that it marks; tags of other things are left out."""
        with self._open() as repo:
            return {name.removeprefix(_TAGS): sha for name, sha in self._refs(repo).items() if name.startswith(_TAGS)}

    def head(self) -> str:
        """The sha that the branch points to. Raises NotFound without such a branch."""
        with self._open() as repo:
            return self._find(self._branch, self._refs(repo), _BRANCHES, "branch")

    def commits(self, base: str | None, head: str) -> Sequence[Commit]:
        """The commits reachable from `head` and not from `base` (full shas, tags or branches), oldest first, parents before children.

        Raises NotFound where a name or a sha is not there, BadAnswer for a shallow clone: what it cut off would look as if nobody had written it."""
        with self._open() as repo:
            self._refuse_shallow(repo)
            refs = self._refs(repo)
            shas = [self._sha(repo, name, refs) for name in (head, base) if name is not None]
            revisions = [shas[0], *(f"^{sha}" for sha in shas[1:])]
            return _commits(self._log(repo, revisions))

    @contextmanager
    def _open(self) -> Iterator[git.Repo]:
        try:
            import git  # takes a tenth of a second, and fails without a git program
        except ImportError:
            raise NotFound("there is no git program on the PATH. Install git, or leave `git` out of rollout.yaml") from None
        try:
            with git.Repo(self._path, search_parent_directories=False, expand_vars=False) as repo:
                yield repo
        except git.NoSuchPathError:
            raise NotFound(f"there is no git repository at {self._path}. Clone it there, or correct git.path") from None
        except git.InvalidGitRepositoryError:
            raise BadAnswer(_SYSTEM, f"{self._path} is not a git repository. Clone one there, or correct git.path") from None

    def _run(self, repo: git.Repo, *arguments: str) -> str:
        """What git prints. Raises Unreachable when it takes too long, BadAnswer when it fails."""
        status, printed, said = self._ask(repo, *arguments)
        if status == 0:
            return printed
        if "did not complete in" in said:
            raise Unreachable(_SYSTEM, f"{self._path} gave no answer within {self._timeout:g} s. Is its disk slow, or the repository being packed?")
        raise BadAnswer(_SYSTEM, f"{self._path} cannot be read: {' '.join(said.split()) or f'git {arguments[0]} ended with {status}'}")

    def _ask(self, repo: git.Repo, *arguments: str) -> tuple[int, str, str]:
        """Git's exit status, what it prints, and what it complains of."""
        status, printed, said = repo.git.execute(
            [repo.git.GIT_PYTHON_GIT_EXECUTABLE, *_CONSTANT, *arguments],
            with_extended_output=True,
            with_exceptions=False,
            stdout_as_string=False,
            kill_after_timeout=self._timeout,
            env=_ENVIRONMENT,
        )
        return status, printed.decode("utf-8", errors="replace"), said

    def _log(self, repo: git.Repo, revisions: list[str]) -> str:
        options = ("--date-order", "--reverse", "--no-patch", "--no-color", "--encoding=UTF-8", "-z", f"--format=tformat:{_COMMIT_FIELDS}")
        return self._run(repo, "log", *options, "--end-of-options", *revisions, "--")

    def _refs(self, repo: git.Repo) -> dict[str, str]:
        """Every branch and tag, by its full name, with the commit that it leads to."""
        listed = self._run(repo, "for-each-ref", f"--format={_REF_FIELDS}", "--", *_BRANCHES, _TAGS)
        rows = (line.split("\0") for line in listed.splitlines())
        found = {name: self._commit_of(repo, *objects) for name, *objects in rows}
        return {name: sha for name, sha in found.items() if sha}

    def _commit_of(self, repo: git.Repo, kind: str, sha: str, inner_kind: str, inner_sha: str) -> str:
        if kind == "commit":
            return sha
        return self._peeled(repo, inner_sha) if inner_kind == "tag" else inner_sha if inner_kind == "commit" else ""

    def _peeled(self, repo: git.Repo, sha: str) -> str:
        """The commit behind a sha; empty if there is none."""
        status, printed, _ = self._ask(repo, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{sha}^{{commit}}")
        return printed.strip() if status == 0 else ""

    def _sha(self, repo: git.Repo, name: str, refs: Mapping[str, str]) -> str:
        if not _SHA.fullmatch(name):
            return self._find(name, refs, (_TAGS, *_BRANCHES), "tag or branch")
        if not (found := self._peeled(repo, name)):
            raise NotFound(f"{self._path} has no commit {name}. Fetch it: git -C {self._path} fetch --tags")
        return found

    def _find(self, name: str, refs: Mapping[str, str], places: Sequence[str], what: str) -> str:
        if not _REF.fullmatch(name):
            raise BadAnswer(_SYSTEM, f"{name!r} cannot be the name of a {what}")
        for place in places:
            if place + name in refs:
                return refs[place + name]
        known = sorted({ref.removeprefix(place) for place in places for ref in refs if ref.startswith(place)})
        close = difflib.get_close_matches(name, known, n=3)
        hint = f"Close ones: {', '.join(close)}." if close else f"Fetch it: git -C {self._path} fetch --tags"
        raise NotFound(f"{self._path} has no {what} {name}. {hint}")

    def _refuse_shallow(self, repo: git.Repo) -> None:
        if self._run(repo, "rev-parse", "--is-shallow-repository").strip() == "true":
            raise BadAnswer(_SYSTEM, f"{self._path} is a shallow clone: older commits are missing. Run: git -C {self._path} fetch --unshallow --tags")


def _commits(log: str) -> list[Commit]:
    fields = log.split("\0")
    return [_commit(*fields[at : at + 5]) for at in range(0, len(fields) - 4, 5)]


def _commit(sha: str, parents: str, seconds: str, subject: str, body: str) -> Commit:
    at = datetime.fromtimestamp(min(max(int(seconds), 0), _LATEST), UTC)
    return Commit(sha=sha.strip(), parents=tuple(parents.split()), subject=subject, body=body.strip(), at=at)
