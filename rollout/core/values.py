"""What every value is made of: frozen models, typed ids, aware moments, reasons and verdicts."""

from datetime import UTC, datetime
from typing import Annotated, NewType

from pydantic import AfterValidator, BaseModel, ConfigDict

ClientId = NewType("ClientId", str)
ChangeKey = NewType("ChangeKey", str)
Version = NewType("Version", str)
PersonId = NewType("PersonId", str)


def aware(moment: datetime) -> datetime:
    """Return the moment in UTC. Raises ValueError for a naive one: it does not say when it is."""
    if moment.tzinfo is None:
        raise ValueError(f"{moment.isoformat()} names no time zone; add one, for example {moment.isoformat()}Z")
    return moment.astimezone(UTC)


Moment = Annotated[datetime, AfterValidator(aware)]


class Value(BaseModel):
    """A frozen value that refuses unknown fields. Its validator is built when it is first used: commands start sooner."""

    model_config = ConfigDict(frozen=True, extra="forbid", defer_build=True)


class Reason(Value):
    """Why something is not so: a stable code for programs, a sentence for people.

    `source` is the file and line, or the record, that it comes from; it holds from `begins` until `clears_at`, as far as that is known. A calendar
    also tells its `rule`, of which `kind`, whom it is about (`scope`), and what an override would have to name to waive it (`waivable_by`).
    """

    code: str
    text: str
    source: str = ""
    clears_at: Moment | None = None
    begins: Moment | None = None
    rule: str = ""
    kind: str = ""
    scope: str = ""
    waivable_by: tuple[str, ...] = ()


class Verdict(Value):
    """An answer that can be shown to a person: yes or no, every reason, and when next.

    `waived` are the reasons that would have closed it, but for a live override. `provisional`: it is open as far as one can know, for it reaches
    past the day up to which a roster is known.
    """

    reasons: tuple[Reason, ...] = ()
    next_open: Moment | None = None
    waived: tuple[Reason, ...] = ()
    provisional: bool = False

    @property
    def open(self) -> bool:
        return not self.reasons


def closed(code: str, text: str, *, source: str = "", clears_at: datetime | None = None) -> Verdict:
    """A verdict with a single reason against; it next opens when that reason clears."""
    return Verdict(reasons=(Reason(code=code, text=text, source=source, clears_at=clears_at),), next_open=clears_at)
