"""Where releases go: executors, and the health of what they brought."""

from enum import StrEnum
from typing import Protocol

from rollout.core.clients import Target
from rollout.core.values import Value, Version


class OutcomeKind(StrEnum):
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Outcome(Value):
    """What became of an act. `unknown` means that it may or may not have taken effect."""

    kind: OutcomeKind
    detail: str = ""


class Executor(Protocol):
    """Brings a version to one installation. Blocking, bounded by its own timeout, safe to call from several threads. Never raises for a failed
    deployment: that is an Outcome."""

    def deploy(self, target: Target, version: Version, key: str) -> Outcome:
        """Bring the version there. `key` is the same for the same attempt."""
        ...

    def installed_version(self, target: Target) -> Version | None:
        """The version that is installed there now; None if nothing is, or the executor has no way to ask. Raises OutsideError if asking failed."""
        ...

    def is_at_work(self, key: str) -> bool:
        """Whether an act with that key may still be under way although the process that began it is gone, so that it must not be begun again.
        False where a repeat does no harm: the key tells the other side that it is one."""
        ...

    def roll_back(self, target: Target, version: Version, key: str) -> Outcome:
        """Bring the installation back to that earlier version."""
        ...


class HealthKind(StrEnum):
    HEALTHY = "healthy"
    FAILED = "failed"
    ERRORED = "errored"
    INCONCLUSIVE = "inconclusive"


class Health(Value):
    """What a check found. `failed`: it said no; `errored`: it could not tell; `inconclusive`: too few samples, a person decides."""

    kind: HealthKind
    detail: str = ""


class HealthCheck(Protocol):
    """Judges one installation after a release arrived there. Blocking, bounded, safe to call from several threads, never raises."""

    def check(self, target: Target, version: Version) -> Health: ...
