"""The family of errors. Every message says what happened, to which thing, and what to do.

RolloutError                 everything that this program refuses or cannot do; the CLI prints it in one line
├── FaultsFound              files with faults, all of them at once, each with file, line and field
├── NotFound                 no such client, release, ticket, person
├── Refused                  an act that a rule forbids; carries the reasons
├── Conflict                 somebody else changed the thing in the meantime
└── OutsideError             another system did not do what was asked
    ├── Unreachable          no connection, no answer in time, a server fault   (retryable)
    ├── Throttled            asked to wait                                      (retryable)
    ├── Unauthorized         the credential was not accepted
    ├── Gone                 the address no longer exists there
    └── BadAnswer            an answer that makes no sense, or a refusal of the request itself
"""

from dataclasses import dataclass
from typing import ClassVar


class RolloutError(Exception):
    """Anything that a person can act upon; `retryable` says whether the same call may succeed later."""

    retryable: ClassVar[bool] = False


@dataclass(frozen=True, order=True)
class Fault:
    """One mistake in one file. `line` counts from 1, or is 0 where no line can be named."""

    file: str
    line: int
    field: str
    text: str

    def __str__(self) -> str:
        place = f"{self.file}:{self.line}" if self.line else self.file
        return f"{place} {self.field}: {self.text}" if self.field else f"{place} {self.text}"


class FaultsFound(RolloutError):
    """All faults of all files that were read, in the order of file and line."""

    def __init__(self, faults: list[Fault]) -> None:
        self.faults = sorted(faults)
        super().__init__("\n".join(str(fault) for fault in self.faults))


class NotFound(RolloutError):
    """The named thing does not exist."""


class Refused(RolloutError):
    """A rule forbids the act. `reasons` are (code, text) pairs, all of them."""

    def __init__(self, text: str, reasons: tuple[tuple[str, str], ...] = ()) -> None:
        self.reasons = reasons
        super().__init__(text)


class Conflict(RolloutError):
    """The thing was changed by somebody else since it was read; the message names them."""


class OutsideError(RolloutError):
    """Another system failed us. `system` names it as the settings do."""

    def __init__(self, system: str, text: str) -> None:
        self.system = system
        super().__init__(f"{system}: {text}")


class Unreachable(OutsideError):
    """No connection, no answer in time, or a fault on the other side. Whether a write took effect is unknown."""

    retryable = True


class Throttled(OutsideError):
    """The other side asks for patience. `retry_after` is in seconds, None where it did not say."""

    retryable = True

    def __init__(self, system: str, text: str, retry_after: float | None = None) -> None:
        self.retry_after = retry_after
        super().__init__(system, text)


class Unauthorized(OutsideError):
    """The credential was not accepted, or does not reach this thing."""


class Gone(OutsideError):
    """What was asked for no longer exists there."""


class BadAnswer(OutsideError):
    """The other side refused the request, or answered with something that makes no sense."""
