"""A workspace's calendars as they stand on disk: compiled when they are asked for, and again once their files have changed."""

import hashlib
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING

# The engine takes a while to import, and commands that only look at the ledger do without it.
if TYPE_CHECKING:
    from rollout.core.coverage import Coverage, Rule

_Seen = tuple[str, int, int, int]


class Calendars:
    """`digest` looks at the files, and forgets what it compiled if they differ; `coverage` looks only if it has nothing compiled. So whoever
    asks for the digest, as each tick does, works on with the calendars of that very digest. Safe to share between threads."""

    def __init__(self, folder: Path, name: str, timezone: str) -> None:
        self._folder, self._name, self._timezone = folder, name, timezone
        self._lock = RLock()
        self._seen: tuple[_Seen, ...] | None = None
        self._digest = ""
        self._coverage: Coverage | None = None

    def digest(self) -> str:
        """The SHA-256, in hex, of all files' names and contents. They are read again only if their names, sizes or times have changed."""
        with self._lock:
            seen = tuple(_seen(path, self._folder) for path in sorted(self._folder.rglob("*")) if path.is_file())
            if seen != self._seen:
                self._digest = _digest(self._folder, seen)
                self._seen, self._coverage = seen, None
            return self._digest

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
                coverage = self._coverage = compile_coverage(self.rules(), timezone=self._timezone)
        return coverage


def _seen(path: Path, folder: Path) -> _Seen:
    stat = path.stat()
    return path.relative_to(folder).as_posix(), stat.st_mtime_ns, stat.st_size, stat.st_ino


def _digest(folder: Path, seen: tuple[_Seen, ...]) -> str:
    total = hashlib.sha256()
    for name, *_ in seen:
        total.update(f"{name}\0{hashlib.sha256((folder / name).read_bytes()).hexdigest()}\0".encode())
    return total.hexdigest()
