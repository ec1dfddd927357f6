"""A workspace's calendars as they stand on disk: compiled when they are asked for, and again once their files have changed."""

import hashlib
from collections.abc import Callable
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, NamedTuple

# The engine takes a while to import, and commands that only look at the ledger do without it.
if TYPE_CHECKING:
    from rollout.core.coverage import Approved, Coverage, Rule
    from rollout.wiring.feeds import FeedWatch

_Seen = tuple[str, int, int, int]


class _Files(NamedTuple):
    """What the files hold: their digest, and whether any speaks of days that have to be approved, or of feeds."""

    digest: str
    propose: bool
    subscribe: bool


class Calendars:
    """`digest` looks at the files, and forgets what it compiled if they differ; `coverage` looks only if it has nothing compiled, or a feed's copy
    has grown too old since. So whoever asks for the digest, as each tick does, works on with the calendars of that very digest. Safe to share
    between threads.

    `approved` gives the days that people approved; it is only asked where a file speaks of that. `feeds` knows which copies of feeds count.
    """

    def __init__(self, folder: Path, name: str, timezone: str, approved: "Callable[[], Approved]", feeds: "FeedWatch") -> None:
        self._folder, self._name, self._timezone, self._approved, self._feeds = folder, name, timezone, approved, feeds
        self._lock = RLock()
        self._seen: tuple[_Seen, ...] | None = None
        self._files = _Files("", False, False)
        self._days: Approved = frozenset()
        self._copies: tuple[str, ...] = ()
        self._coverage: Coverage | None = None

    def digest(self) -> str:
        """The SHA-256, in hex, of all files' names and contents, and of the approved days and the feeds' copies where they count. Files are read
        again only if their names, sizes or times have changed."""
        with self._lock:
            seen = tuple(_seen(path, self._folder) for path in sorted(self._folder.rglob("*")) if path.is_file())
            days = self._approved() if self._files.propose else frozenset()
            if seen != self._seen:
                self._files = _read(self._folder, seen)
                days = self._approved() if self._files.propose else frozenset()
                self._feeds.look(self._files.subscribe)
            copies = self._feeds.states()
            if (seen, days, copies) != (self._seen, self._days, self._copies):
                self._seen, self._days, self._copies, self._coverage = seen, days, copies, None
            return _with(self._files.digest, days, copies)

    def rules(self) -> "tuple[Rule, ...]":
        """The rules of all files as they are now. Raises FaultsFound."""
        from rollout.adapters.files.calendars import load_calendars

        return load_calendars(self._folder, self._name, self._feeds.copies())

    def coverage(self) -> "Coverage":
        """The compiled calendars. Raises FaultsFound."""
        from rollout.core.coverage import compile_coverage

        coverage = self._coverage
        if coverage is None or self._feeds.has_turned():
            with self._lock:
                self.digest()
                coverage = self._coverage or compile_coverage(self.rules(), timezone=self._timezone, approved=self._days)
                self._coverage = coverage
        return coverage


def _seen(path: Path, folder: Path) -> _Seen:
    stat = path.stat()
    return path.relative_to(folder).as_posix(), stat.st_mtime_ns, stat.st_size, stat.st_ino


def _read(folder: Path, seen: tuple[_Seen, ...]) -> _Files:
    total, propose, subscribe = hashlib.sha256(), False, False
    for name, *_ in seen:
        content = (folder / name).read_bytes()
        propose, subscribe = propose or b"approval" in content, subscribe or b"feed" in content
        total.update(f"{name}\0{hashlib.sha256(content).hexdigest()}\0".encode())
    return _Files(total.hexdigest(), propose, subscribe)


def _with(digest: str, days: "Approved", copies: tuple[str, ...]) -> str:
    if not days and not copies:
        return digest
    named = "".join(f"{rule}\0{day}\0" for rule, day in sorted(days)) + "".join(f"{copy}\1" for copy in copies)
    return hashlib.sha256(f"{digest}\0{named}".encode()).hexdigest()
