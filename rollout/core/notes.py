"""The Upcoming Release page's facts: what may be said of each release, and how it is grouped. From the ledger's facts, by rules; no words yet.

Internal changes leave no trace here: whatever is not for clients is dropped first, and nothing is counted, ordered or numbered by it.
"""

import hashlib
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from enum import StrEnum
from zoneinfo import ZoneInfo

from rollout.core.audit import canonical
from rollout.core.changes import Audience, Change, Kind, ReadinessRules, key_order
from rollout.core.clients import Environment
from rollout.core.delivery import DeliveryState
from rollout.core.discretion import Discretion
from rollout.core.plans import Plan
from rollout.core.releases import Release, ReleaseKind, ReleaseState, order
from rollout.core.values import ChangeKey, Value, Version
from rollout.core.wording import Certainty, Span

OLDEST = 6  # how many delivered releases are listed


class Stage(StrEnum):
    """How far a release is, as clients need to know it."""

    PREPARED = "prepared"
    CHECKED = "checked"
    CONFIRMED = "confirmed"
    ROLLING = "rolling"
    OUT = "out"


STAGES: dict[ReleaseState, Stage] = {
    ReleaseState.DRAFT: Stage.PREPARED,
    ReleaseState.CUT: Stage.CHECKED,
    ReleaseState.SIGNED: Stage.CONFIRMED,
    ReleaseState.ROLLING_OUT: Stage.ROLLING,
    ReleaseState.DELIVERED: Stage.OUT,
}


class Progress(StrEnum):
    """How much of a rollout is done, in general terms."""

    BEGUN = "begun"
    PREVIEW = "preview"
    SOME = "some"
    MOST = "most"
    ALL = "all"


class Note(Value):
    """One change that clients may read of. The key is for comparing, and is never shown."""

    key: ChangeKey
    kind: Kind
    text: str


class Listed(Value):
    """What the page may say of one release. `settled_on` is when a draft's content is frozen, `out_on` when everybody had it."""

    version: Version
    kind: ReleaseKind
    stage: Stage
    notes: tuple[Note, ...]
    preview: Span | None = None
    production: Span | None = None
    settled_on: date | None = None
    out_on: date | None = None
    progress: Progress | None = None
    downtime_minutes: int | None = None

    @property
    def fingerprint(self) -> str:
        """Differs as soon as anything that can be read of the release does."""
        return hashlib.sha256(canonical(self).encode()).hexdigest()[:20]


def notes_of(changes: Iterable[Change], discretion: Discretion, rules: ReadinessRules) -> tuple[Note, ...]:
    """What clients may read of these changes, in natural order of their keys; what will not ship, or says nothing, is left out."""
    ships = {name.casefold() for name in rules.shipping_resolutions}
    public = {change.key: change for change in changes if is_public(change) and (not change.resolution or change.resolution.casefold() in ships)}
    notes = (Note(key=key, kind=public[key].kind, text=discretion.said(public[key].note)) for key in sorted(public, key=key_order))
    return tuple(note for note in notes if note.text)


def is_public(change: Change) -> bool:
    """Whether clients may read of it."""
    return change.audience is Audience.CLIENTS


def spans_of(plan: Plan, zone: ZoneInfo) -> dict[Environment, Span]:
    """The first and the last day, in that zone, on which the plan starts anything in each environment."""
    days: dict[Environment, list[date]] = {}
    for slot in plan.slots:
        days.setdefault(slot.environment, []).append(slot.start.astimezone(zone).date())
    unsure = {slot.environment for slot in plan.slots if slot.provisional}
    return {
        environment: Span(first=min(found), last=max(found), certainty=Certainty.PROVISIONAL if environment in unsure else Certainty.PLANNED)
        for environment, found in days.items()
    }


def progress_of(counts: Mapping[Environment, Mapping[DeliveryState, int]]) -> Progress:
    """How much is done, from how many deliveries of each environment are in each state; those that were given up do not count."""
    total, done = ({environment: _size(states, wanted) for environment, states in counts.items()} for wanted in (False, True))
    there, all_of_them = done.get(Environment.PRODUCTION, 0), total.get(Environment.PRODUCTION, 0)
    if there:
        return Progress.ALL if there == all_of_them else Progress.MOST if 2 * there >= all_of_them else Progress.SOME
    tried = total.get(Environment.PREVIEW, 0)
    return Progress.PREVIEW if tried and done[Environment.PREVIEW] == tried else Progress.BEGUN


def _size(states: Mapping[DeliveryState, int], delivered: bool) -> int:
    if delivered:
        return states.get(DeliveryState.DELIVERED, 0)
    return sum(count for state, count in states.items() if state not in (DeliveryState.WITHDRAWN, DeliveryState.ROLLED_BACK))


def downtime_of(release: Release) -> int | None:
    """The minutes of downtime that a person has confirmed; None as long as they are only proposed."""
    assessed = release.assessment
    return assessed.downtime_minutes if assessed and assessed.confirmed_by is not None else None


def in_order(listed: Iterable[Listed]) -> tuple[Listed, ...]:
    """What is coming in the order in which it comes, then what is out, newest first."""
    rows = tuple(listed)
    coming = sorted((one for one in rows if one.stage is not Stage.OUT), key=_soonest)
    out = sorted((one for one in rows if one.stage is Stage.OUT), key=lambda one: (one.out_on or date.min, order(one.version)), reverse=True)
    return (*coming, *out[:OLDEST])


def _soonest(one: Listed) -> tuple[bool, date, tuple[int, ...]]:
    """What rolls out comes first. Without a day a hotfix is near, and everything else far."""
    unknown = date.min if one.kind is ReleaseKind.HOTFIX else date.max
    return one.stage is not Stage.ROLLING, one.production.first if one.production else unknown, order(one.version)


def day_of(at: datetime, zone: ZoneInfo) -> date:
    """The day that a calendar in that zone shows."""
    return at.astimezone(zone).date()
