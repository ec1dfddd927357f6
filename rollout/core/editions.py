"""Editions of the Upcoming Release page: what each said, and what moved since the one before. Kept in the audit trail, compared here.

An edition names changes by their keys. What may be read of them is asked again each time: a change that has become internal is told no more.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from enum import StrEnum

from pydantic import Field

from rollout.core.notes import Listed, Stage
from rollout.core.releases import order
from rollout.core.values import ChangeKey, Moment, Value, Version
from rollout.core.wording import Span


class MoveKind(StrEnum):
    """What can happen to a release, or to changes in it, between two editions; in the order in which it is told."""

    OUT = "out"
    BEGUN = "begun"
    DROPPED = "dropped"
    REDATED = "redated"
    ANNOUNCED = "announced"
    JOINED = "joined"
    SHIFTED = "shifted"
    LEFT = "left"


class Moved(Value):
    """One thing that moved. `to` is the release that changes went to, `was` and `now` are the days of production."""

    kind: MoveKind
    version: Version
    to: Version | None = None
    keys: tuple[ChangeKey, ...] = ()
    was: Span | None = None
    now: Span | None = None


class Seen(Value):
    """What an edition said of one release, and since when it says so."""

    stage: Stage
    production: Span | None
    keys: tuple[ChangeKey, ...]
    fingerprint: str
    since: Moment


class Edition(Value):
    """What the page says from a moment on."""

    at: Moment
    seen: dict[Version, Seen] = Field(default_factory=dict)
    moved: tuple[Moved, ...] = ()


def next_edition(listed: Iterable[Listed], last: Edition | None, at: Moment) -> Edition | None:
    """The edition that says what is listed now; None where the last one says the same."""
    old = last.seen if last else {}
    seen = {one.version: _seen(one, old.get(one.version), at) for one in listed}
    if last is not None and seen == old:
        return None
    return Edition(at=at, seen=seen, moved=moved_between(old, seen) if last else ())


def _seen(one: Listed, before: Seen | None, at: Moment) -> Seen:
    since = before.since if before and before.fingerprint == one.fingerprint else at
    keys = tuple(note.key for note in one.notes)
    return Seen(stage=one.stage, production=one.production, keys=keys, fingerprint=one.fingerprint, since=since)


def moved_between(old: Mapping[Version, Seen], new: Mapping[Version, Seen]) -> tuple[Moved, ...]:
    """What moved, by release, the most important first."""
    kinds = list(MoveKind)
    found = [*_releases(old, new), *_changes(old, new)]
    return tuple(sorted(found, key=lambda one: (order(one.version), kinds.index(one.kind), order(one.to or ""))))


def _releases(old: Mapping[Version, Seen], new: Mapping[Version, Seen]) -> Iterator[Moved]:
    for version, now in new.items():
        kind = _happened(old.get(version), now)
        if kind is not None:
            was = old[version].production if version in old else None
            yield Moved(kind=kind, version=version, was=was, now=now.production)
    for version, was_seen in old.items():
        if version not in new and was_seen.stage is not Stage.OUT:
            yield Moved(kind=MoveKind.DROPPED, version=version)


def _happened(was: Seen | None, now: Seen) -> MoveKind | None:
    """What became of a release. One that was out before anybody read of it here is no news."""
    if was is None:
        return MoveKind.ANNOUNCED if now.stage is not Stage.OUT else None
    if now.stage is not was.stage and now.stage in _TOLD:
        return _TOLD[now.stage]
    return MoveKind.REDATED if now.stage is not Stage.OUT and now.production != was.production else None


_TOLD = {Stage.OUT: MoveKind.OUT, Stage.ROLLING: MoveKind.BEGUN}


def _changes(old: Mapping[Version, Seen], new: Mapping[Version, Seen]) -> Iterator[Moved]:
    """Changes that came, went, or went over, for releases that both editions know and that are still to come."""
    both = [version for version in new if version in old and new[version].stage is not Stage.OUT]
    left = {key: version for version in old for key in old[version].keys if version not in new or key not in new[version].keys}
    joined = {key: version for version in new for key in new[version].keys if version not in old or key not in old[version].keys}
    groups: defaultdict[tuple[MoveKind, Version, Version | None], list[ChangeKey]] = defaultdict(list)
    for key, version in joined.items():
        if key in left and left[key] in both:
            groups[MoveKind.SHIFTED, left[key], version].append(key)
        elif version in both:
            groups[MoveKind.JOINED, version, None].append(key)
    for key, version in left.items():
        if key not in joined and version in both:
            groups[MoveKind.LEFT, version, None].append(key)
    for (kind, version, to), keys in groups.items():
        yield Moved(kind=kind, version=version, to=to, keys=tuple(keys))


def keys_of(editions: Sequence[Edition]) -> frozenset[ChangeKey]:
    """Every change that the editions' moves name."""
    return frozenset(key for edition in editions for moved in edition.moved for key in moved.keys)
