"""The simulated clock that stand-ins and the sandbox workspace share."""

import threading
from datetime import UTC, datetime
from pathlib import Path

from rollout.errors import Refused


class Clockwork:
    """A clock that is set by hand. It also stands in a file, from which the workspace's commands read what time it is."""

    def __init__(self, file: Path, at: datetime) -> None:
        self._file = file
        self._lock = threading.Lock()
        self._at = at.astimezone(UTC)
        self._write()

    def __call__(self) -> datetime:
        """The simulated moment, in UTC."""
        with self._lock:
            return self._at

    def set(self, at: datetime) -> None:
        """Let it be that moment. Raises Refused for one that is past: nothing in the sandbox could bear that."""
        with self._lock:
            if at < self._at:
                raise Refused(f"the sandbox's clock shows {self._at:%Y-%m-%d %H:%M} UTC and cannot go back to {at:%Y-%m-%d %H:%M} UTC")
            self._at = at.astimezone(UTC)
            self._write()

    def _write(self) -> None:
        self._file.write_text(self._at.isoformat().replace("+00:00", "Z") + "\n", encoding="utf-8")
