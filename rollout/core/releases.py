"""Releases: their names and order, their lifecycle as one table, their assessment, and the digest that people sign."""

import re
from enum import StrEnum

from rollout.core.values import ChangeKey, Moment, PersonId, Value, Version
from rollout.errors import Refused


class ReleaseKind(StrEnum):
    MONTHLY = "monthly"
    HOTFIX = "hotfix"
    FEATURE = "feature"
    UPGRADE = "upgrade"


class ReleaseState(StrEnum):
    DRAFT = "draft"
    CUT = "cut"
    SIGNED = "signed"
    ROLLING_OUT = "rolling_out"
    DELIVERED = "delivered"
    CANCELLED = "cancelled"
    SUPERSEDED = "superseded"


class ReleaseEvent(StrEnum):
    CUT = "cut"
    SIGN = "sign"
    VOID = "void"
    START = "start"
    FINISH = "finish"
    CANCEL = "cancel"
    SUPERSEDE = "supersede"


_S, _E = ReleaseState, ReleaseEvent
LIFECYCLE: dict[tuple[ReleaseState, ReleaseEvent], ReleaseState] = {
    (_S.DRAFT, _E.CUT): _S.CUT,
    (_S.CUT, _E.SIGN): _S.SIGNED,
    (_S.SIGNED, _E.VOID): _S.CUT,
    (_S.SIGNED, _E.START): _S.ROLLING_OUT,
    (_S.ROLLING_OUT, _E.FINISH): _S.DELIVERED,
    (_S.DRAFT, _E.CANCEL): _S.CANCELLED,
    (_S.CUT, _E.CANCEL): _S.CANCELLED,
    (_S.SIGNED, _E.CANCEL): _S.CANCELLED,
    (_S.DRAFT, _E.SUPERSEDE): _S.SUPERSEDED,
    (_S.CUT, _E.SUPERSEDE): _S.SUPERSEDED,
    (_S.SIGNED, _E.SUPERSEDE): _S.SUPERSEDED,
    (_S.ROLLING_OUT, _E.SUPERSEDE): _S.SUPERSEDED,
}
FROZEN = frozenset({_S.CUT, _S.SIGNED, _S.ROLLING_OUT, _S.DELIVERED})


def after(version: Version, state: ReleaseState, event: ReleaseEvent) -> ReleaseState:
    """The state that the event leads to. Raises Refused where the table has no such move."""
    if (state, event) not in LIFECYCLE:
        can = ", ".join(sorted(move for was, move in LIFECYCLE if was == state)) or "nothing more"
        raise Refused(f"cannot {event} {version}: it is {state}. From there one can: {can}.")
    return LIFECYCLE[state, event]


class Impact(StrEnum):
    TRANSPARENT = "transparent"
    VISIBLE = "visible"
    DISRUPTIVE = "disruptive"


class Risk(StrEnum):
    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"


class Assessment(Value):
    """Project management's judgement. `downtime_minutes` is per installation; `confirmed_by` is None while it is only proposed."""

    impact: Impact
    risk: Risk
    strategy: str
    downtime_minutes: int = 0
    way_back: str = ""
    causes: tuple[str, ...] = ()
    confirmed_by: PersonId | None = None
    confirmed_at: Moment | None = None


class Release(Value):
    """The changes shipped together. `row` counts edits, so that two people cannot overwrite each other."""

    version: Version
    kind: ReleaseKind
    state: ReleaseState = ReleaseState.DRAFT
    fix_versions: tuple[str, ...] = ()
    revision: int = 1
    cut_at: Moment | None = None
    cut_by: PersonId | None = None
    started_at: Moment | None = None
    finished_at: Moment | None = None
    assessment: Assessment | None = None
    row: int = 0


class Membership(Value):
    """A change in a cut release; `left_at` and `left_why` say that and why it is there no more."""

    version: Version
    key: ChangeKey
    joined_at: Moment
    joined_why: str
    left_at: Moment | None = None
    left_why: str = ""


def order(version: str) -> tuple[int, ...]:
    """The key that sorts versions: 2026.9 before 2026.12 before 2026.12.1. Names without numbers sort first."""
    return tuple(int(part) for part in re.findall(r"\d+", version))
