"""Publishes as commits on one branch of a local git repository. Goes through git's plumbing only: no work tree is touched, no hook is run.

Other files on the branch stay as they are. Nothing is pushed anywhere: whoever serves the branch reads it here, or fetches it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from rollout.adapters.publishers.manifest import MANIFEST, check_names, listed, names_in, refuse_foreign
from rollout.core.discretion import plain
from rollout.errors import BadAnswer, Unreachable

if TYPE_CHECKING:
    import git

_SYSTEM = "git"
_BRANCH = re.compile(r"(?!.*(?:\.\.|//|@\{|\.lock(?:/|$)|/\.|\.$|/$))[A-Za-z0-9][A-Za-z0-9._/+=%-]*")
_CONSTANT = ("-c", "core.hooksPath=/dev/null", "-c", "core.fsmonitor=false", "-c", "core.splitIndex=false")
_ENVIRONMENT = {"GIT_TERMINAL_PROMPT": "0", "GIT_ALLOW_PROTOCOL": "none", "GIT_NO_LAZY_FETCH": "1", "GIT_OPTIONAL_LOCKS": "0"}
_WHO = {"NAME": "rollout", "EMAIL": "rollout@localhost"}


class GitPublisher:
    """A `Publisher` port. `branch` begins without history if it is not there. `clock` dates the commits; `timeout` is for each command, in s."""

    def __init__(
        self, path: Path, branch: str = "pages", *, clock: Callable[[], datetime] = lambda: datetime.now(UTC), timeout: float = 60.0
    ) -> None:
        if not _BRANCH.fullmatch(branch):
            raise BadAnswer(_SYSTEM, f"{branch!r} cannot be the name of a branch. Correct publish.branch")
        self._path, self._branch, self._clock, self._timeout = path, branch, clock, timeout

    def publish(self, files: Mapping[str, str], why: str) -> str:
        """Commit these files if the branch says anything else, and of the others only drop what this publisher wrote.

        Raises BadAnswer where a foreign file is in the way or the branch is checked out, and Unreachable if it may work later."""
        check_names(_SYSTEM, files)
        with self._open() as repo, TemporaryDirectory(prefix="rollout-pages-") as folder:
            work = _Work(repo, self._path, Path(folder), self._timeout)
            work.refuse_checked_out(self._branch)
            tip = work.commit_at(self._branch)
            tree = work.tree(files, tip)
            if tip is None or tree != work.ask("rev-parse", "--verify", f"{tip}^{{tree}}"):
                work.commit(self._branch, tree, tip, plain(why), self._clock())
        return f"{self._path.resolve()}, branch {self._branch}"

    @contextmanager
    def _open(self) -> Iterator[git.Repo]:
        try:
            import git  # takes a tenth of a second, and fails without a git program
        except ImportError:
            raise BadAnswer(_SYSTEM, "there is no git program on the PATH. Install git, or publish to a folder") from None
        try:
            with git.Repo(self._path, search_parent_directories=False, expand_vars=False) as repo:
                yield repo
        except (git.NoSuchPathError, git.InvalidGitRepositoryError):
            raise BadAnswer(_SYSTEM, f"there is no git repository at {self._path}. Make one: git init --bare {self._path}") from None


class _Work:
    """One publication: commands with constant options, an index and files of its own in a temporary folder."""

    def __init__(self, repo: git.Repo, path: Path, folder: Path, timeout: float) -> None:
        self._repo, self._path, self._folder, self._timeout = repo, path, folder, timeout

    def ask(self, *arguments: str, who: Mapping[str, str] | None = None, work_tree: bool = True) -> str:
        """What git prints. Raises Unreachable when it takes too long, BadAnswer when it fails."""
        status, printed, said = self._run(*arguments, who=who, work_tree=work_tree)
        if status == 0:
            return printed
        if "did not complete in" in said:
            raise Unreachable(_SYSTEM, f"{self._path} gave no answer within {self._timeout:g} s. Is its disk slow, or the repository being packed?")
        raise BadAnswer(_SYSTEM, f"{self._path} cannot be written: {' '.join(said.split()) or f'git {arguments[0]} ended with {status}'}")

    def refuse_checked_out(self, branch: str) -> None:
        """Raise BadAnswer if a work tree shows the branch: it would seem to be edited by whoever works there."""
        for entry in self.ask("worktree", "list", "--porcelain", work_tree=False).split("\n\n"):
            lines = entry.splitlines()
            if f"branch refs/heads/{branch}" in lines:
                where = lines[0].removeprefix("worktree ")
                raise BadAnswer(_SYSTEM, f"branch {branch} is checked out in {where}. Check out another branch there, or publish to another one.")

    def commit_at(self, branch: str) -> str | None:
        """The commit that the branch points to; None if there is no such branch."""
        status, printed, _ = self._run("rev-parse", "--verify", "--quiet", f"refs/heads/{branch}^{{commit}}")
        return printed if status == 0 else None

    def tree(self, files: Mapping[str, str], tip: str | None) -> str:
        """The tree of the commit (an empty one for None) with these files in it, and without others of ours."""
        self.ask("read-tree", tip or "--empty")
        standing = self._standing()
        own = names_in(self.ask("cat-file", "blob", standing[MANIFEST])) if MANIFEST in standing else frozenset()
        refuse_foreign(_SYSTEM, str(self._path), standing, files, own)
        gone = sorted(own & standing.keys() - files.keys())
        if gone:
            self.ask("update-index", "--force-remove", "--", *gone)
        self.ask("update-index", "--add", *self._stored({**files, MANIFEST: listed(files)}))
        return self.ask("write-tree")

    def commit(self, branch: str, tree: str, tip: str | None, message: str, at: datetime) -> None:
        """Commit the tree, and move the branch from where it was. Raises Unreachable if it is no longer there."""
        who = {f"GIT_{role}_{name}": value for role in ("AUTHOR", "COMMITTER") for name, value in {**_WHO, "DATE": _date(at)}.items()}
        parents = ("-p", tip) if tip else ()
        made = self.ask("commit-tree", tree, *parents, "-m", f"{message}\n", who=who)
        try:
            self.ask("update-ref", f"refs/heads/{branch}", made, tip or "0" * len(made), who=who)
        except BadAnswer as error:
            raise Unreachable(_SYSTEM, f"branch {branch} was moved by somebody else, or is locked: {error}") from None

    def _standing(self) -> dict[str, str]:
        """The files of the index, with the sha of each."""
        rows = (row.partition("\t") for row in self.ask("ls-files", "--stage", "-z").split("\0") if row)
        return {name: about.split()[1] for about, _, name in rows}

    def _stored(self, files: Mapping[str, str]) -> Iterator[str]:
        """Store the contents, byte for byte; what `update-index` needs to know of each."""
        for number, text in enumerate(files.values()):
            (self._folder / f"file-{number}").write_bytes(text.encode())
        paths = [str(self._folder / f"file-{number}") for number in range(len(files))]
        for name, sha in zip(files, self.ask("hash-object", "-w", "--no-filters", "--", *paths).split(), strict=True):
            yield from ("--cacheinfo", f"100644,{sha},{name}")

    def _run(self, *arguments: str, who: Mapping[str, str] | None = None, work_tree: bool = True) -> tuple[int, str, str]:
        """Git's exit status and what it prints. Repository, index and work tree (our folder: so no real one can be touched) are named, so that
        variables from around us cannot stand in for them."""
        places = (f"--git-dir={self._repo.git_dir}", *((f"--work-tree={self._folder}",) if work_tree else ()))
        program = [self._repo.git.GIT_PYTHON_GIT_EXECUTABLE, *places, "--no-replace-objects", *_CONSTANT, *arguments]
        status, printed, said = self._repo.git.execute(
            program,
            with_extended_output=True,
            with_exceptions=False,
            stdout_as_string=False,
            kill_after_timeout=self._timeout,
            env={**_ENVIRONMENT, "GIT_INDEX_FILE": str(self._folder / "index"), **(who or {})},
        )
        return status, printed.decode("utf-8", errors="replace").strip(), said


def _date(at: datetime) -> str:
    return f"{int(at.timestamp())} +0000"
