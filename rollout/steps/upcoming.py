"""Reads what the Upcoming Release page may say: releases, their public notes, their days, how far they are. Reads only."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta

from rollout.core.changes import Change
from rollout.core.clients import Environment
from rollout.core.coverage import Request
from rollout.core.delivery import DeliveryState
from rollout.core.discretion import Discretion
from rollout.core.editions import Edition, Seen
from rollout.core.notes import (
    OLDEST,
    STAGES,
    Listed,
    Note,
    Progress,
    Stage,
    day_of,
    downtime_of,
    in_order,
    is_public,
    notes_of,
    progress_of,
    spans_of,
)
from rollout.core.releases import Release, ReleaseKind, ReleaseState, order
from rollout.core.values import Version
from rollout.core.wording import Certainty, Span
from rollout.ports import Tx, World
from rollout.steps.content import changes_of
from rollout.steps.cut import cut_moment

_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
_Spans = Mapping[Environment, Span]


@dataclass(frozen=True)
class Upcoming:
    """What may be said, in the order of the page; `remarks` are for the vendor's own people: notes that had to be altered, and why."""

    listed: tuple[Listed, ...]
    discretion: Discretion
    remarks: tuple[str, ...]


def upcoming(world: World, at: datetime, last: Edition | None = None) -> Upcoming:
    """What may be said at that moment. A release of which clients may read nothing is not there at all. Of one that is out, the days stay those
    that the last edition said."""
    discretion = discretion_of(world)
    remarks: dict[str, None] = {}
    with world.ledger.read() as tx:
        listed = []
        for release, changes in _with_content(tx):
            notes = notes_of(changes, discretion, world.policies.readiness)
            remarks |= dict.fromkeys(_remarks(changes, discretion))
            if notes:
                said = last.seen.get(release.version) if last else None
                listed.append(_listed(world, tx, release, notes, said, at))
    return Upcoming(listed=in_order(listed), discretion=discretion, remarks=tuple(remarks))


def discretion_of(world: World) -> Discretion:
    """What must not be said to everybody: the keys of our projects, the names of our clients."""
    return Discretion(world.policies.projects, [name for client in world.clients().values() for name in (client.name, client.id)])


def _remarks(changes: Iterable[Change], discretion: Discretion) -> Iterator[str]:
    for change in changes:
        if is_public(change) and discretion.names_client(change.note):
            yield f"what clients read of {change.key} names a client; the page does not. Reword its release note in JIRA"
        if is_public(change) and not discretion.said(change.note):
            yield f"{change.key} says nothing that clients could read; the page leaves it out. Give it a release note in JIRA"


# ── Which releases, and what is in them ────────────────────────────────────────────────────────────


def _with_content(tx: Tx) -> Iterator[tuple[Release, tuple[Change, ...]]]:
    """What is coming, and the newest of what is out, each with its changes and those of the releases that it overtook."""
    releases = tx.releases()
    overtaken = _overtaken(tx, releases)
    coming = [release for release in releases if STAGES.get(release.state, Stage.OUT) is not Stage.OUT]
    out = [release for release in releases if release.state is ReleaseState.DELIVERED]
    newest = sorted(out, key=lambda release: (release.finished_at or _LONG_AGO, order(release.version)), reverse=True)
    for release in (*coming, *newest[: 2 * OLDEST]):  # some of them may have nothing to show
        parts = (release, *overtaken.get(release.version, ()))
        yield release, tuple({change.key: change for part in parts for change in changes_of(tx, part)}.values())


def _overtaken(tx: Tx, releases: Iterable[Release]) -> dict[Version, list[Release]]:
    """The releases that gave way to each one, directly or through another, as the audit trail has it."""
    gone = {release.version: release for release in releases if release.state is ReleaseState.SUPERSEDED}
    heirs = {version: str(row.data["by"]) for version in gone for row in tx.audit(version) if row.act == "release superseded"}
    found: dict[Version, list[Release]] = {}
    for version, release in gone.items():
        heir = Version(heirs.get(version, ""))
        while heir in heirs:
            heir = Version(heirs[heir])
        found.setdefault(heir, []).append(release)
    return found


# ── Its days ───────────────────────────────────────────────────────────────────────────────────────


def _listed(world: World, tx: Tx, release: Release, notes: tuple[Note, ...], said: Seen | None, at: datetime) -> Listed:
    today = day_of(at, world.policies.zone)
    spans = _spans(world, tx, release, said, today)
    finished = release.state is ReleaseState.DELIVERED and release.finished_at
    return Listed(
        version=release.version,
        kind=release.kind,
        stage=STAGES[release.state],
        notes=notes,
        preview=spans.get(Environment.PREVIEW),
        production=spans.get(Environment.PRODUCTION),
        settled_on=_settled_on(world, release, today) if release.state is ReleaseState.DRAFT else None,
        out_on=day_of(finished, world.policies.zone) if finished else None,
        progress=_progress(tx, release) if release.state is ReleaseState.ROLLING_OUT else None,
        downtime_minutes=downtime_of(release),
    )


def _spans(world: World, tx: Tx, release: Release, said: Seen | None, today: date) -> _Spans:
    """By its plan; by the train as long as there is none. What is not under way is not said to have begun in the past."""
    if release.state is ReleaseState.DELIVERED:
        return {Environment.PRODUCTION: said.production} if said and said.production else {}
    plan = tx.plan(release.version)
    planned = spans_of(plan, world.policies.zone) if plan else {}
    if release.state is ReleaseState.ROLLING_OUT:
        return {environment: span.until(_last_waiting(world, tx, release, environment) or span.first) for environment, span in planned.items()}
    if planned and min(span.first for span in planned.values()) >= today:
        return planned
    expected = _expected(world, release)
    return {Environment.PRODUCTION: Span(first=expected, certainty=Certainty.EXPECTED)} if expected and expected >= today else {}


def _expected(world: World, release: Release) -> date | None:
    """The first coverage day on or after the train's day; None for what the train does not date."""
    earliest = world.policies.train.rollout_day(release.version) if release.kind is ReleaseKind.MONTHLY else None
    if earliest is None:
        return None
    request = Request(kind=release.kind, environment=Environment.PRODUCTION)
    days = world.coverage().days(request, earliest, earliest + timedelta(days=31))
    return next((day.day for day in days if day.windows), None)


def _settled_on(world: World, release: Release, today: date) -> date | None:
    """The day of the cut, as long as it is ahead."""
    moment = cut_moment(world, release.version) if release.kind is ReleaseKind.MONTHLY else None
    day = day_of(moment, world.policies.zone) if moment else None
    return day if day and day >= today else None


def _last_waiting(world: World, tx: Tx, release: Release, environment: Environment) -> date | None:
    """The last day on which a delivery there still waits for its slot. Walks from day to day along an index, whatever the number of deliveries."""
    last = None
    for wave in tx.waves(release.version):
        moment = tx.next_slot_start(release.version, wave.index, _LONG_AGO) if wave.environment is environment else None
        while moment is not None:
            day = day_of(moment, world.policies.zone)
            last = max(day, last or day)
            midnight = datetime.combine(day + timedelta(days=1), time(), world.policies.zone)
            moment = tx.next_slot_start(release.version, wave.index, max(moment, midnight - timedelta(microseconds=1)))
    return last


def _progress(tx: Tx, release: Release) -> Progress:
    environments = {wave.index: wave.environment for wave in tx.waves(release.version)}
    counts: dict[Environment, dict[DeliveryState, int]] = {}
    for wave, states in tx.counts(release.version).items():
        total = counts.setdefault(environments[wave], {})
        for state, count in states.items():
            total[state] = total.get(state, 0) + count
    return progress_of(counts)
