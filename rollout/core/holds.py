"""Holds keep one client or release out of automation; a stop keeps everything out. Both say who, when and why."""

from rollout.core.values import Moment, PersonId, Value


class Hold(Value):
    """A hold on one subject: a client id, or a version. `until` ends it by itself."""

    subject: str
    by: PersonId
    at: Moment
    why: str
    until: Moment | None = None


class Stop(Value):
    """The emergency brake. It is released once two different people have resumed."""

    by: PersonId
    at: Moment
    why: str
    resumed_by: tuple[PersonId, ...] = ()
    lifted_at: Moment | None = None
