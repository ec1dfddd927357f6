"""Collects changes from JIRA and tickets from the desks, follows drafts, and voids sign-offs of content that has moved."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from itertools import groupby

from rollout.core.changes import Change, TicketLink
from rollout.core.clients import Client
from rollout.core.closing import Ticket
from rollout.core.releases import Release, ReleaseEvent, ReleaseKind, ReleaseState, after, digest, order
from rollout.core.values import ChangeKey, ClientId, Value, Version
from rollout.errors import BadAnswer, Gone, OutsideError
from rollout.ports import FixVersion, IssueTracker, Tx, World
from rollout.steps.content import changes_of

OVERLAP = timedelta(minutes=10)
AT_ONCE = 1000
_FROZEN = (ReleaseState.CUT, ReleaseState.SIGNED, ReleaseState.ROLLING_OUT)
OPEN_STATES = (ReleaseState.DRAFT, *_FROZEN)
_ACTOR = "collect"
_GONE = "deleted, moved away, or no longer visible"


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
            for stored in _changes(world, tracker, full):
                changes += stored
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


def _changes(world: World, tracker: IssueTracker, full: bool) -> Iterator[int]:
    """Store some pages at a time, and tell how many of each; they move the watermark with them, so that a collection that dies half-way goes on
    there."""
    for page in _some_at_a_time(tracker.changes(_since(world, tracker, full))):
        with world.ledger.begin(durable=False) as tx:
            known = {change.key: change for change in tx.changes([change.key for change in page])}
            stored = tx.save_changes(tracker.name, page)
            for change in page:
                _note_leaving(world, tx, known.get(change.key), change)
            _advance_watermark(tx, tracker.name, page)
        yield stored


def _some_at_a_time(pages: Iterator[Sequence[Change]]) -> Iterator[list[Change]]:
    """The changes of several pages at once, for a transaction costs more than a page. What came before a failure is not lost."""
    some: list[Change] = []
    try:
        for page in pages:
            some += page
            if len(some) >= AT_ONCE:
                yield some
                some = []
    except OutsideError:
        if some:
            yield some
        raise
    if some:
        yield some


def _advance_watermark(tx: Tx, tracker: str, page: Iterable[Change]) -> None:
    newest = max((change.updated for change in page), default=None)
    known = tx.watermark(tracker)
    if newest is not None and (known is None or newest > known):
        tx.set_watermark(tracker, newest)


def _note_leaving(world: World, tx: Tx, old: Change | None, new: Change) -> None:
    """Write down that and why a change left a draft, where JIRA's fix versions say so. What is cut no longer follows them."""
    if old is None or old.updated > new.updated:
        return
    now = _versions(world, new)
    why = f"JIRA has it in {', '.join(sorted(now, key=order)) or 'no release'} now"
    _record_left(world, tx, new.key, _versions(world, old) - now, why)


def _record_left(world: World, tx: Tx, key: ChangeKey, versions: Iterable[Version], why: str) -> None:
    for version in versions:
        release = tx.release(version)
        if release is not None and release.state is ReleaseState.DRAFT:
            tx.record(world.clock(), _ACTOR, "change left", version, {"key": key, "why": why})


def _versions(world: World, change: Change) -> set[Version]:
    """The versions that the change's fix versions stand for."""
    return {version for name in change.fix_versions if (version := world.policies.version_of(name)) is not None}


def _sweep(world: World, tracker: IssueTracker) -> tuple[ChangeKey, ...]:
    seen = tracker.issue_ids()
    with world.ledger.begin() as tx:
        gone = tx.mark_gone(tracker.name, tx.issue_ids(tracker.name) - seen, _GONE)
        shipping = {change.key for release in tx.releases(_FROZEN) for change in changes_of(tx, release)} if gone else set()
        for change in tx.changes(gone):
            tx.record(world.clock(), _ACTOR, "change gone", change.key, {"why": _GONE})
            _record_left(world, tx, change.key, _versions(world, change), _GONE)
            if change.key not in shipping:
                tx.set_links(change.key, ())  # no ticket waits for what will never come
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
            _links(world, tracker, [key for key in keys if project_of(key) in tracker.projects], problems)
    with world.ledger.read() as tx:
        known = sorted({(link.desk, link.ticket) for link in tx.links(list(keys))})
    owners = owners_of(world.clients().values()) if known else {}
    return sum(_at_desk(world, desk, [ticket for _, ticket in found], owners, problems) for desk, found in groupby(known, key=lambda one: one[0]))


def _links(world: World, tracker: IssueTracker, keys: Iterable[ChangeKey], problems: list[str]) -> None:
    """Read the links of each issue; one that is gone, or odd, is a problem of its own."""
    for key in keys:
        try:
            _link(world, key, tracker.ticket_links(key))
        except (Gone, BadAnswer) as error:
            problems.append(str(error))


def _link(world: World, key: ChangeKey, links: tuple[TicketLink, ...]) -> None:
    with world.ledger.read() as tx:
        if set(tx.links([key])) == set(links):
            return
    with world.ledger.begin() as tx:
        if tx.set_links(key, links):
            tx.record(world.clock(), _ACTOR, "tickets linked", key, {"tickets": [f"{link.desk}/{link.ticket}" for link in links]})


def _at_desk(world: World, desk: str, tickets: list[str], owners: Mapping[str, ClientId], problems: list[str]) -> int:
    """Read these tickets of one desk, as far as it answers; a ticket that makes no sense is a problem of its own. Returns how many are there."""
    if desk not in world.desks:
        problems.append(f"changes are linked to tickets of {desk}, which is no desk of rollout.yaml: {', '.join(tickets)}")
        return 0
    read = 0
    with _reporting(problems):
        for ticket in tickets:
            try:
                found = world.desks[desk].ticket(ticket)
                read += _keep(world, found, owners) if found else 0
            except BadAnswer as error:
                problems.append(str(error))
    return read


def _keep(world: World, found: Ticket, owners: Mapping[str, ClientId]) -> int:
    with world.ledger.begin() as tx:
        tx.save_ticket(found.model_copy(update={"client": owners.get(found.organization)}))
    return 1


def owners_of(clients: Iterable[Client]) -> dict[str, ClientId]:
    """Whose tickets an organisation of the desks opens. A ticket of an organisation that is not here is nobody's, and waits for a person."""
    return {client.desk_organization or client.id: client.id for client in clients}


def project_of(key: ChangeKey) -> str:
    """The JIRA project that a key belongs to."""
    return key.rpartition("-")[0]


# ── Content that moved under its sign-offs ─────────────────────────────────────────────────────────


def void_moved(world: World) -> tuple[Version, ...]:
    """Void the sign-offs of every cut release whose digest is no longer the one that they name; returns those releases.

    One that is rolling out stays so, and nothing more of it starts until people have signed what it is now.
    """
    with world.ledger.read() as tx:
        candidates = [release.version for release in tx.releases(_FROZEN) if _moved(tx, release)]
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
