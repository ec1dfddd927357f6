"""A workspace's calendars as they stand on disk: compiled when they are asked for, and again once their files have changed."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, NamedTuple

# The engine takes a while to import, and commands that only look at the ledger do without it.
if TYPE_CHECKING:
    from rollout.core.coverage import Approved, Coverage, Rule

_Seen = tuple[str, int, int, int]


class _Files(NamedTuple):
    """What the files hold: their digest, and whether any speaks of days that have to be approved."""

    digest: str
    propose: bool


class Calendars:
    """`digest` looks at the files, and forgets what it compiled if they differ; `coverage` looks only if it has nothing compiled. So whoever
    asks for the digest, as each tick does, works on with the calendars of that very digest. Safe to share between threads.

    `approved` gives the days that people approved; it is only asked where a file speaks of that.
    """

    def __init__(self, folder: Path, name: str, timezone: str, approved: "Callable[[], Approved]") -> None:
        self._folder, self._name, self._timezone, self._approved = folder, name, timezone, approved
        self._lock = RLock()
        self._seen: tuple[_Seen, ...] | None = None
        self._files = _Files("", False)
        self._days: Approved = frozenset()
        self._coverage: Coverage | None = None

    def digest(self) -> str:
        """The SHA-256, in hex, of all files' names and contents, and of the approved days where they count. Files are read again only if their
        names, sizes or times have changed."""
        with self._lock:
            seen = tuple(_seen(path, self._folder) for path in sorted(self._folder.rglob("*")) if path.is_file())
            days = self._approved() if self._files.propose else frozenset()
            if seen != self._seen:
                self._files = _read(self._folder, seen)
                days = self._approved() if self._files.propose else frozenset()
            if (seen, days) != (self._seen, self._days):
                self._seen, self._days, self._coverage = seen, days, None
            return _with_days(self._files.digest, days)

    def rules(self) -> "tuple[Rule, ...]":
        """The rules of all files as they are now. Raises FaultsFound."""
        from rollout.adapters.files.calendars import load_calendars

        return load_calendars(self._folder, self._name)

    def coverage(self) -> "Coverage":
        """The compiled calendars. Raises FaultsFound."""
        from rollout.core.coverage import compile_coverage

        coverage = self._coverage
        if coverage is None:
            with self._lock:
                self.digest()
                coverage = self._coverage = compile_coverage(self.rules(), timezone=self._timezone, approved=self._days)
        return coverage


def _seen(path: Path, folder: Path) -> _Seen:
    stat = path.stat()
    return path.relative_to(folder).as_posix(), stat.st_mtime_ns, stat.st_size, stat.st_ino


def _read(folder: Path, seen: tuple[_Seen, ...]) -> _Files:
    total, propose = hashlib.sha256(), False
    for name, *_ in seen:
        content = (folder / name).read_bytes()
        propose = propose or b"approval" in content
        total.update(f"{name}\0{hashlib.sha256(content).hexdigest()}\0".encode())
    return _Files(total.hexdigest(), propose)


def _with_days(digest: str, days: "Approved") -> str:
    if not days:
        return digest
    named = "".join(f"{rule}\0{day}\0" for rule, day in sorted(days))
    return hashlib.sha256(f"{digest}\0{named}".encode()).hexdigest()
