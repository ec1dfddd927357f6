"""Releases: their names and order, their lifecycle as one table, their assessment, and the digest that people sign."""

import hashlib
import json
import re
from collections.abc import Iterable, Mapping
from enum import StrEnum

from rollout.core.changes import Audience, Change, Kind
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
    """The changes shipped together. `fix_versions` are JIRA's names for it, `calendars` the digest of the calendars that its plan was made with;
    `row` counts edits, so that two people cannot overwrite each other."""

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
    calendars: str = ""
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


def digest(release: Release, changes: Iterable[Change]) -> str:
    """The SHA-256, in hex, of the canonical JSON of what people agree to. A slot that moves does not move it."""
    content = sorted(changes, key=lambda change: change.key)
    assessed = release.assessment
    agreed = {
        "version": release.version,
        "kind": release.kind,
        "changes": [change.key for change in content],
        "clients read": {change.key: change.note for change in content if change.audience is Audience.CLIENTS},
        "strategy": assessed.strategy if assessed else None,
        "downtime minutes": assessed.downtime_minutes if assessed else None,
    }
    text = json.dumps(agreed, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


MANY = 20


def propose(kind: ReleaseKind, changes: Iterable[Change], default: str, strategies: Iterable[str]) -> Assessment:
    """The assessment that the changes suggest, each line with its cause. A person confirms or changes it."""
    content = sorted(changes, key=lambda change: change.key)
    features = [change.key for change in content if change.kind is Kind.FEATURE]
    upgrades = [change.key for change in content if change.kind is Kind.UPGRADE]
    staged = [change.key for change in content if change.needs_staging]
    downtime = max((change.downtime_minutes for change in content), default=0)
    strategy = "staged" if staged and "staged" in set(strategies) else default
    return Assessment(
        impact=_impact(downtime, features, upgrades),
        risk=_risk(kind, len(content), features, upgrades),
        strategy=strategy,
        downtime_minutes=downtime,
        way_back="roll back to the version that each installation runs now",
        causes=tuple(
            _causes(
                {
                    "bring features": features,
                    "upgrade a part that others stand on": upgrades,
                    "ask for staging": staged,
                    f"need downtime, at most {downtime} minutes": [change.key for change in content if change.downtime_minutes],
                },
                len(content),
            )
        ),
    )


def _impact(downtime: int, features: list[ChangeKey], upgrades: list[ChangeKey]) -> Impact:
    if downtime:
        return Impact.DISRUPTIVE
    return Impact.VISIBLE if features or upgrades else Impact.TRANSPARENT


def _risk(kind: ReleaseKind, size: int, features: list[ChangeKey], upgrades: list[ChangeKey]) -> Risk:
    if upgrades or kind is ReleaseKind.UPGRADE:
        return Risk.HIGH
    return Risk.MEDIUM if features or size > MANY or kind is ReleaseKind.HOTFIX else Risk.LOW


def _causes(groups: Mapping[str, list[ChangeKey]], size: int) -> list[str]:
    told = [f"{len(keys)} of {size} changes {what}: {', '.join(keys)}" for what, keys in groups.items() if keys]
    return told or [f"none of the {size} changes is a feature or an upgrade, needs staging or downtime"]


def contained(older: Version | None, newer: Version, versions: Iterable[Version]) -> tuple[Version, ...]:
    """The versions that an installation gains when it goes from `older` to `newer`: those after the one and up to the other, in order."""
    low = order(older) if older else ()
    return tuple(sorted((version for version in versions if low < order(version) <= order(newer)), key=order))
