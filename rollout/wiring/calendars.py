"""A workspace's calendars as they stand on disk: compiled when they are asked for, and again once their files have changed."""

import hashlib
import os
from collections.abc import Callable, Iterable
from pathlib import Path
from threading import RLock
from typing import TYPE_CHECKING, NamedTuple

from rollout.adapters.files.calendar_folder import LARGEST, calendar_files, content_of, may_name

# The engine takes a while to import, and commands that only look at the ledger do without it.
if TYPE_CHECKING:
    from rollout.core.clients import Client
    from rollout.core.coverage import Approved, Coverage, Rule
    from rollout.wiring.feeds import FeedWatch

_Seen = tuple[bytes, str, int, int, int, int]


class _Files(NamedTuple):
    """What the files hold: their digest, and whether any speaks of days that have to be approved, or of feeds."""

    digest: str
    propose: bool
    subscribe: bool


class Calendars:
    """`digest` looks at the files, and forgets what it compiled if they differ; `coverage` looks only if it has nothing compiled, or a feed's copy
    has grown too old since. So whoever asks for the digest, as each tick does, works on with the calendars of that very digest. Safe to share
    between threads.

    `approved` gives the days that people approved; it is only asked where a file speaks of that. `feeds` knows which copies of feeds count;
    `clients` are whom scopes may name.
    """

    def __init__(
        self,
        folder: Path,
        name: str,
        timezone: str,
        approved: "Callable[[], Approved]",
        feeds: "FeedWatch",
        clients: "Callable[[], Iterable[Client]]",
    ) -> None:
        self._folder, self._name, self._timezone, self._approved, self._feeds = folder, name, timezone, approved, feeds
        self._clients = clients
        self._lock = RLock()
        self._seen: tuple[_Seen, ...] | None = None
        self._files = _Files("", False, False)
        self._days: Approved = frozenset()
        self._copies: tuple[str, ...] = ()
        self._coverage: Coverage | None = None

    def digest(self) -> str:
        """The SHA-256, in hex, of the names and contents of all files that count, and of the approved days and the feeds' copies where they do. Files
        are read again only if their names, sizes or times have changed."""
        with self._lock:
            seen = _seen(self._folder)
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
                coverage = self._coverage or compile_coverage(self._known(), timezone=self._timezone, approved=self._days)
                self._coverage = coverage
        return coverage

    def _known(self) -> "tuple[Rule, ...]":
        """The rules, those marked whose scope names nobody. The clients are only read where a scope names any."""
        from rollout.core.coverage import with_lost
        from rollout.core.coverage.scopes import ScopedRule

        rules = self.rules()
        named = any(isinstance(rule, ScopedRule) and not rule.scope.company for rule in rules)
        return with_lost(rules, self._clients()) if named else rules


def _seen(folder: Path) -> tuple[_Seen, ...]:
    """All files that count, and whatever else is wrong there: name, what is wrong, and what changes when the content does."""
    found = calendar_files(folder)
    odd = [(_name(path, folder), problem, 0, 0, 0, 0) for path, problem in found.problems.items()]
    return tuple(sorted((*odd, *(each for path in found.files if (each := _looked(path, folder)) is not None))))


def _looked(path: Path, folder: Path) -> _Seen | None:
    try:
        stat = path.stat()
    except FileNotFoundError:  # it was there a moment ago
        return None
    except OSError as error:
        return _name(path, folder), error.strerror or "", 0, 0, 0, 0
    return _name(path, folder), "", stat.st_mtime_ns, stat.st_size, stat.st_ino, stat.st_ctime_ns


def _name(path: Path, folder: Path) -> bytes:
    return os.fsencode(path.relative_to(folder).as_posix())


def _read(folder: Path, seen: tuple[_Seen, ...]) -> _Files:
    total, propose, subscribe = hashlib.sha256(), False, False
    for name, problem, changed, size, *_ in seen:
        path = folder / os.fsdecode(name)
        content, told = (b"", problem) if problem else _content(path, f"{size} {changed}")
        if path.suffix.lower() != ".ics":
            propose = propose or bool(told) or may_name(content, "approval")
            subscribe = subscribe or bool(told) or may_name(content, "feed")
        total.update(name + f"\0{told or hashlib.sha256(content).hexdigest()}\0".encode())
    return _Files(total.hexdigest(), propose, subscribe)


def _content(path: Path, size: str) -> tuple[bytes, str]:
    """What is in the file; or what stands for it, as it cannot be read, or is larger than calendars may be and so is a fault."""
    try:
        content = content_of(path)
    except OSError as error:
        return b"", f"{error.strerror}"
    return (content, "") if len(content) <= LARGEST[path.suffix.lower()] else (b"", size)


def _with(digest: str, days: "Approved", copies: tuple[str, ...]) -> str:
    if not days and not copies:
        return digest
    named = "".join(f"{rule}\0{day}\0" for rule, day in sorted(days)) + "".join(f"{copy}\1" for copy in copies)
    return hashlib.sha256(f"{digest}\0{named}".encode()).hexdigest()
