"""The last good copy of each subscribed calendar, in a folder of the workspace: what came, and beside it when, from where, and its checksum.

A copy that is damaged, or that is not of the feed that a calendar names, is none. Written whole or not at all; of two that fetch at once, the later
answer stays.
"""

import fcntl
import hashlib
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Literal

from pydantic import ValidationError

from rollout.adapters.files.feed_reading import Copy, NoCopy, Subscription
from rollout.core.coverage.freshness import SKEW, distrust
from rollout.core.values import Moment, Value
from rollout.errors import RolloutError

_FIRST, _LAST = 1970, 9000
_Stats = tuple[tuple[int, int, int] | None, ...]


class Label(Value):
    """What is written beside a copy. `of` tells which feed it is of, `server` as much of its address as may be shown.

    `categories` are all that the feed ever had; `asked` is the checksum of the address that `etag` and `last_modified` belong to.
    """

    version: Literal[1] = 1
    of: str
    server: str
    asked: str
    fetched_at: Moment
    sha256: str
    etag: str = ""
    last_modified: str = ""
    categories: frozenset[str] = frozenset()


class KeptCopies:
    """The copies in one folder; `shown` is how messages name it. Safe for several threads and processes."""

    def __init__(self, folder: Path, shown: str) -> None:
        self._folder, self._shown = folder, shown
        self._lock = Lock()
        self._known: dict[str, tuple[_Stats, Label | NoCopy]] = {}

    def file(self, name: str) -> str:
        """How messages name the copy."""
        return f"{self._shown}/{name}.ics"

    def label(self, subscription: Subscription) -> Label:
        """What is known of its copy. The copy itself is read only if its name, size or time has changed. Raises NoCopy."""
        name = subscription.name
        with self._lock:
            stats = tuple(_stats(path) for path in self._paths(name))
            if name not in self._known or self._known[name][0] != stats:
                self._known[name] = stats, self._examine(name)
            found = self._known[name][1]
        if isinstance(found, NoCopy):
            raise found
        if found.of != subscription.feed.fingerprint:
            raise NoCopy(f"what is kept in {self.file(name)} is of another feed, from {found.server}")
        return found

    def content(self, subscription: Subscription) -> tuple[Label, bytes]:
        """The copy with its label. Raises NoCopy."""
        label, content = self._read(subscription.name)
        if label.of != subscription.feed.fingerprint:
            raise NoCopy(f"what is kept in {self.file(subscription.name)} is of another feed, from {label.server}")
        return label, content

    def keep(self, name: str, label: Label, content: bytes) -> None:
        """Put both there, the content only if it is another; nothing if a later answer is there already. Raises RolloutError."""
        try:
            self._folder.mkdir(parents=True, exist_ok=True)
            with _locked(self._folder, fcntl.LOCK_EX):
                self._put(name, label, content)
        except OSError as error:
            raise RolloutError(f"{error.filename or self._folder} cannot be written: {error.strerror}. Give this account the right to.") from None

    def _put(self, name: str, label: Label, content: bytes) -> None:
        ics, json = self._paths(name)
        try:
            kept, same = self._once(name)[0], True
        except NoCopy:
            kept, same = label, False
        if kept.of == label.of and label.fetched_at < kept.fetched_at <= label.fetched_at + SKEW:
            return
        if not same or kept.sha256 != label.sha256:
            _replace(ics, content)
        _replace(json, label.model_dump_json(indent=1).encode())

    def _examine(self, name: str) -> Label | NoCopy:
        try:
            return self._read(name)[0]
        except NoCopy as error:
            return error

    def _read(self, name: str) -> tuple[Label, bytes]:
        """Read both files; if they do not fit, once more while nobody writes them."""
        try:
            return self._once(name)
        except NoCopy:
            if not self._folder.is_dir():
                raise
        try:
            with _locked(self._folder, fcntl.LOCK_SH):
                return self._once(name)
        except OSError as error:
            raise NoCopy(f"{self._shown} cannot be read: {error.strerror}") from None

    def _once(self, name: str) -> tuple[Label, bytes]:
        ics, json = self._paths(name)
        try:
            label = Label.model_validate_json(json.read_bytes())
            content = ics.read_bytes()
        except FileNotFoundError:
            raise NoCopy("it was never fetched") from None
        except OSError as error:
            raise NoCopy(f"its kept copy {self.file(name)} cannot be read: {error.strerror}") from None
        except (ValidationError, OverflowError):  # the latter for a moment that is out of all calendars in UTC
            raise self._damaged(name) from None
        if not _FIRST <= label.fetched_at.year <= _LAST:
            raise self._damaged(name)
        if hashlib.sha256(content).hexdigest() != label.sha256:
            raise NoCopy(f"its kept copy {self.file(name)} is damaged: it is not what was fetched on {label.fetched_at:%Y-%m-%d %H:%M} UTC")
        return label, content

    def _damaged(self, name: str) -> NoCopy:
        return NoCopy(f"what is written beside its kept copy, {self._shown}/{name}.json, is damaged")

    def _paths(self, name: str) -> tuple[Path, Path]:
        return self._folder / f"{name}.ics", self._folder / f"{name}.json"


class CopiesAt:
    """The copies that count at one moment."""

    def __init__(self, copies: KeptCopies, at: datetime) -> None:
        self._copies, self._at = copies, at

    def __call__(self, subscription: Subscription) -> Copy:
        """The copy. Raises NoCopy, with a sentence for people."""
        self.label(subscription)
        label, content = self._copies.content(subscription)
        return Copy(content, self._copies.file(subscription.name), label.categories)

    def label(self, subscription: Subscription) -> Label:
        """What is written beside it. Raises NoCopy, with a sentence for people."""
        try:
            label = self._copies.label(subscription)
        except NoCopy as error:
            raise NoCopy(subscription.distrusted(str(error))) from None
        doubt = distrust(label.fetched_at, subscription.feed.max_age, self._at)
        if doubt:
            raise NoCopy(subscription.distrusted(doubt))
        return label


def _stats(path: Path) -> tuple[int, int, int] | None:
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_mtime_ns, found.st_size, found.st_ino


@contextmanager
def _locked(folder: Path, how: int) -> Iterator[None]:
    """Wait for the folder; whoever has it only writes or reads two files."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        fcntl.flock(handle, how)
        yield
    finally:
        os.close(handle)


def _replace(path: Path, content: bytes) -> None:
    beside = path.with_name(f".{path.name}.new")
    with beside.open("wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())
    beside.replace(path)
