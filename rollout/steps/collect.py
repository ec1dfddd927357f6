"""Collects changes from JIRA and tickets from the desks, follows drafts, and voids sign-offs of content that has moved."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime, timedelta

from rollout.core.changes import Change, TicketLink
from rollout.core.clients import Client
from rollout.core.closing import Ticket
from rollout.core.releases import Release, ReleaseEvent, ReleaseKind, ReleaseState, after, digest, order
from rollout.core.values import ChangeKey, ClientId, Value, Version
from rollout.errors import OutsideError
from rollout.ports import FixVersion, IssueTracker, Tx, World
from rollout.steps.content import changes_of

OVERLAP = timedelta(minutes=10)
OPEN_STATES = (ReleaseState.DRAFT, ReleaseState.CUT, ReleaseState.SIGNED, ReleaseState.ROLLING_OUT)
_ACTOR = "collect"


class Collected(Value):
    """What a collection brought. `problems` are systems that failed; what they hold is collected the next time."""

    changes: int = 0
    gone: tuple[ChangeKey, ...] = ()
    releases: tuple[Version, ...] = ()
    tickets: int = 0
    voided: tuple[Version, ...] = ()
    problems: tuple[str, ...] = ()


def collect(world: World, full: bool = False) -> Collected:
    """Bring the ledger up to date. Repeatable; a failing system is reported and does not keep the others waiting.

    `full` reads every issue again, and finds those that were deleted, moved away or hidden.
    """
    problems: list[str] = []
    changes, gone, opened = 0, list[ChangeKey](), list[Version]()
    for tracker in world.trackers:
        with _reporting(problems):
            changes += _changes(world, tracker, full)
            gone += _sweep(world, tracker) if full else ()
            opened += _releases(world, tracker)
    tickets = _tickets(world, problems)
    return Collected(changes=changes, gone=tuple(gone), releases=tuple(opened), tickets=tickets, voided=void_moved(world), problems=tuple(problems))


def preview(world: World) -> Collected:
    """What `collect` would read from the trackers now, without storing anything."""
    problems: list[str] = []
    changes = 0
    for tracker in world.trackers:
        with _reporting(problems):
            changes += sum(len(page) for page in tracker.changes(_since(world, tracker, full=False)))
    return Collected(changes=changes, problems=tuple(problems))


@contextmanager
def _reporting(problems: list[str]) -> Iterator[None]:
    try:
        yield
    except OutsideError as error:
        problems.append(str(error))


def _since(world: World, tracker: IssueTracker, full: bool) -> datetime | None:
    with world.ledger.read() as tx:
        watermark = None if full else tx.watermark(tracker.name)
    return watermark - OVERLAP if watermark else None


def _changes(world: World, tracker: IssueTracker, full: bool) -> int:
    """Store page by page; each page moves the watermark with it, so that a collection that dies half-way goes on where it was."""
    stored = 0
    for page in tracker.changes(_since(world, tracker, full)):
        with world.ledger.begin() as tx:
            stored += tx.save_changes(tracker.name, page)
            _advance_watermark(tx, tracker.name, page)
    return stored


def _advance_watermark(tx: Tx, tracker: str, page: Iterable[Change]) -> None:
    newest = max((change.updated for change in page), default=None)
    known = tx.watermark(tracker)
    if newest is not None and (known is None or newest > known):
        tx.set_watermark(tracker, newest)


def _sweep(world: World, tracker: IssueTracker) -> tuple[ChangeKey, ...]:
    seen = tracker.issue_ids()
    with world.ledger.begin() as tx:
        gone = tx.mark_gone(tracker.name, tx.issue_ids(tracker.name) - seen, "deleted, moved away, or no longer visible")
        for key in gone:
            tx.record(world.clock(), _ACTOR, "change gone", key)
    return gone


def _releases(world: World, tracker: IssueTracker) -> list[Version]:
    """Open a release for every fix version whose name is one of ours; several names may stand for one version."""
    named: dict[Version, list[FixVersion]] = {}
    for fix_version in tracker.fix_versions():
        version = world.policies.version_of(fix_version.name)
        if version is not None and not fix_version.archived:
            named.setdefault(version, []).append(fix_version)
    with world.ledger.begin() as tx:
        return [version for version in sorted(named, key=order) if _follow(world, tx, version, named[version])]


def _follow(world: World, tx: Tx, version: Version, named: list[FixVersion]) -> bool:
    """Make the release known, and its names; returns whether it is new."""
    names = {one.name for one in named}
    release = tx.release(version)
    if release is not None:
        if not names <= set(release.fix_versions):
            tx.save_release(release.model_copy(update={"fix_versions": tuple(sorted(names | set(release.fix_versions)))}))
        return False
    out = all(one.released for one in named)
    state = ReleaseState.DELIVERED if out else ReleaseState.DRAFT
    tx.save_release(Release(version=version, kind=kind_of(version, world), state=state, fix_versions=tuple(sorted(names))))
    tx.record(world.clock(), _ACTOR, "release opened", version, {"fix versions": sorted(names), "state": state})
    return True


def kind_of(version: Version, world: World) -> ReleaseKind:
    """What kind of release a name stands for: one number more than the train's own names makes a hotfix."""
    length = len(order(version))
    usual = len(order(world.policies.train.name(2026, 12)))
    return ReleaseKind.HOTFIX if length > usual and world.policies.train.fits(version) else ReleaseKind.MONTHLY


# ── Tickets ────────────────────────────────────────────────────────────────────────────────────────


def _tickets(world: World, problems: list[str]) -> int:
    """Read the ticket links of every change that is still on its way, and the tickets behind them."""
    with world.ledger.read() as tx:
        keys = {change.key: None for release in tx.releases(OPEN_STATES) for change in changes_of(tx, release)}
    for tracker in world.trackers:
        with _reporting(problems):
            for key in keys:
                if project_of(key) in tracker.projects:
                    _link(world, key, tracker.ticket_links(key))
    with world.ledger.read() as tx:
        known = sorted({(link.desk, link.ticket) for link in tx.links(list(keys))})
    owners = owners_of(world.clients().values()) if known else {}
    return sum(_ticket(world, desk, ticket, owners, problems) for desk, ticket in known)


def _link(world: World, key: ChangeKey, links: tuple[TicketLink, ...]) -> None:
    with world.ledger.read() as tx:
        if set(tx.links([key])) == set(links):
            return
    with world.ledger.begin() as tx:
        if tx.set_links(key, links):
            tx.record(world.clock(), _ACTOR, "tickets linked", key, {"tickets": [f"{link.desk}/{link.ticket}" for link in links]})


def _ticket(world: World, desk: str, ticket: str, owners: Mapping[str, ClientId], problems: list[str]) -> bool:
    found: Ticket | None = None
    if desk not in world.desks:
        problems.append(f"a change is linked to ticket {ticket} of {desk}, which is no desk of rollout.yaml")
        return False
    with _reporting(problems):
        found = world.desks[desk].ticket(ticket)
    if found is None:
        return False
    matched = found.model_copy(update={"client": owners.get(found.organization)})
    with world.ledger.begin() as tx:
        tx.save_ticket(matched)
    return True


def owners_of(clients: Iterable[Client]) -> dict[str, ClientId]:
    """Whose tickets an organisation of the desks opens. A ticket of an organisation that is not here is nobody's, and waits for a person."""
    return {client.desk_organization or client.id: client.id for client in clients}


def project_of(key: ChangeKey) -> str:
    """The JIRA project that a key belongs to."""
    return key.rpartition("-")[0]


# ── Content that moved under its sign-offs ─────────────────────────────────────────────────────────


def void_moved(world: World) -> tuple[Version, ...]:
    """Void the sign-offs of every cut release whose digest is no longer the one that they name; returns those releases."""
    with world.ledger.read() as tx:
        candidates = [release.version for release in tx.releases((ReleaseState.CUT, ReleaseState.SIGNED)) if _moved(tx, release)]
    voided = []
    for version in candidates:
        with world.ledger.begin() as tx:
            release = tx.release(version)
            if release is not None and _moved(tx, release):
                void(tx, release, world.clock(), _ACTOR, "JIRA changed what clients will read")
                voided.append(version)
    return tuple(voided)


def _moved(tx: Tx, release: Release) -> bool:
    agreed = digest(release, changes_of(tx, release))
    return any(one.voided_at is None and one.digest != agreed for one in tx.signoffs(release.version))


def void(tx: Tx, release: Release, at: datetime, actor: str, why: str) -> Release:
    """Let all sign-offs fall, say who moved the content and why, and start a new revision."""
    fallen = tx.void_signoffs(release.version, at, why)
    state = after(release.version, release.state, ReleaseEvent.VOID) if release.state is ReleaseState.SIGNED else release.state
    saved = tx.save_release(release.model_copy(update={"state": state, "revision": release.revision + 1}))
    tx.record(at, actor, "sign-offs voided", release.version, {"why": why, "fallen": fallen, "revision": saved.revision})
    return saved
