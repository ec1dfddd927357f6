"""What time it is for a workspace: the real one, unless it is a sandbox."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from rollout.core.values import aware
from rollout.errors import Fault, FaultsFound, Refused
from rollout.settings import Settings


def clock_of(settings: Settings, at: datetime | None, reading: bool) -> Callable[[], datetime]:
    """The workspace's clock. A given moment stands still; a sandbox's clock file is read again each time, as somebody may move it.

    Raises Refused for a given moment where something real would be done at a time that is not now.
    """
    if at is not None:
        if not (reading or settings.sandbox):
            raise Refused(f"cannot act as if it were {at.isoformat()}: this workspace is no sandbox. Leave --at away, or only look.")
        moment = aware(at)
        return lambda: moment
    if settings.sandbox and settings.clock is not None:
        path, name = settings.path(settings.clock), settings.clock
        return lambda: _read(path, name)
    return lambda: datetime.now(UTC)


def _read(path: Path, name: str) -> datetime:
    try:
        return aware(datetime.fromisoformat(path.read_text(encoding="utf-8").strip()))
    except FileNotFoundError:
        raise FaultsFound([Fault(name, 0, "", "there is no such file; it holds the sandbox's time, as in 2026-12-09T14:00Z")]) from None
    except OSError as error:
        raise FaultsFound([Fault(name, 0, "", f"cannot be read: {error.strerror}")]) from None
    except ValueError as error:
        raise FaultsFound([Fault(name, 1, "", f"holds no moment: {error}")]) from None
