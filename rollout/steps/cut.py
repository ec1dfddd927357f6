"""The cut: freezes a release's content, moves what is not ready to the next one, and takes changes in or out afterwards, each with a reason."""

from collections.abc import Sequence
from datetime import date, datetime, timedelta

from rollout.core.changes import Change, readiness
from rollout.core.clients import Environment
from rollout.core.coverage import Request
from rollout.core.errands import Errand, ErrandKind, ErrandState
from rollout.core.releases import Membership, Release, ReleaseEvent, ReleaseKind, ReleaseState, after, digest, order
from rollout.core.trains import next_version
from rollout.core.values import ChangeKey, PersonId, Reason, Value, Version
from rollout.errors import Conflict, NotFound, Refused
from rollout.ports import Tx, World
from rollout.steps.collect import kind_of, project_of, void
from rollout.steps.content import Content, changes_of, find, is_frozen, look, proof_of

_ON_THEIR_WAY = (ReleaseState.ROLLING_OUT, ReleaseState.DELIVERED)


class Moved(Value):
    """A change that does not make this release, why, and the release that it goes to."""

    key: ChangeKey
    to: Version
    reasons: tuple[Reason, ...]


class Cut(Value):
    """What a cut keeps, and what it moves to the next release."""

    version: Version
    kept: tuple[ChangeKey, ...]
    moved: tuple[Moved, ...]


def cut(world: World, version: str, actor: PersonId, dry_run: bool = False) -> Cut:
    """Freeze the release with what is ready now. Raises Refused if it is not a draft, or if nothing in it is ready; Conflict if it moved while it
    was being judged."""
    content = look(world, version)
    decided = decide(world, content)
    if not dry_run:
        _carry_out(world, content, decided, actor)
    return decided


def decide(world: World, content: Content) -> Cut:
    """What a cut at this moment would keep and move."""
    version = content.release.version
    after(version, content.release.state, ReleaseEvent.CUT)
    kept = tuple(change.key for change in content.changes if not content.reasons[change.key])
    if not kept:
        raise Refused(f"cannot cut {version}: none of its {len(content.changes)} changes is ready. See rollout release show {version}")
    following = _following(world, version) if content.unready else version
    moved = tuple(Moved(key=change.key, to=following, reasons=content.reasons[change.key]) for change in content.unready)
    return Cut(version=version, kept=kept, moved=moved)


def _following(world: World, version: Version) -> Version:
    """Where what misses the release goes. A hotfix takes nothing that was not meant for it."""
    with world.ledger.read() as tx:
        drafts = [release.version for release in tx.releases((ReleaseState.DRAFT,)) if release.kind is not ReleaseKind.HOTFIX]
    return next_version(version, drafts, world.policies.train)


def _carry_out(world: World, content: Content, decided: Cut, actor: PersonId) -> None:
    at = world.clock()
    with world.ledger.begin() as tx:
        release = find(tx, decided.version)
        state = after(release.version, release.state, ReleaseEvent.CUT)
        if changes_of(tx, release) != content.changes:
            raise Conflict(f"cannot cut {release.version}: JIRA changed it while it was being judged. Cut it again")
        saved = tx.save_release(release.model_copy(update={"state": state, "cut_at": at, "cut_by": actor}))
        for key in decided.kept:
            tx.save_member(Membership(version=release.version, key=key, joined_at=at, joined_why="ready at the cut"))
        for moved in decided.moved:
            _move_on(world, tx, release, moved, at)
        facts = {"kept": list(decided.kept), "moved": {moved.key: [reason.text for reason in moved.reasons] for moved in decided.moved}}
        tx.record(at, actor, "release cut", release.version, {**facts, "digest": digest(saved, changes_of(tx, saved))})


def _move_on(world: World, tx: Tx, release: Release, moved: Moved, at: datetime) -> None:
    """Note that and why the change left, and have JIRA told."""
    why = "; ".join(reason.text for reason in moved.reasons)
    left = Membership(version=release.version, key=moved.key, joined_at=at, joined_why="was in the draft", left_at=at, left_why=why)
    tx.save_member(left)
    defer(world, tx, release, moved.key, moved.to, why, at)


def defer(world: World, tx: Tx, release: Release, key: ChangeKey, to: Version, why: str, at: datetime) -> None:
    """Open the release that the change goes to if there is none yet, and put the errands that bring JIRA in line. What a person has given another
    release there stays in it."""
    name = world.policies.fix_version_of(to)
    opened = tx.release(to)
    if opened is None:
        opened = tx.save_release(Release(version=to, kind=kind_of(to, world), fix_versions=(name,)))
        tx.record(at, "train", "release opened", to, {"fix versions": [name], "why": f"{key} moved there from {release.version}"})
    change = tx.change(key)
    old = next((one for one in _carried(tx, change) if one in release.fix_versions), None) if change else None
    if old is not None:
        _put_move(world, tx, to, key, old, opened.fix_versions[0] if opened.fix_versions else name, f"Not in {release.version}: {why}", at)


def _carried(tx: Tx, change: Change) -> Sequence[str]:
    """The fix versions that JIRA has on the change, or will have once our errands are done: it was collected before some of them."""
    names = list(change.fix_versions)
    for errand in tx.errands(states=(ErrandState.WAITING, ErrandState.DONE)):
        if errand.kind is not ErrandKind.MOVE_CHANGE or errand.words["key"] != change.key:
            continue
        if errand.state is ErrandState.WAITING or errand.not_before >= change.updated:
            names = [*(name for name in names if name not in (errand.words["old"], errand.words["new"])), errand.words["new"]]
    return names


def _put_move(world: World, tx: Tx, to: Version, key: ChangeKey, old: str, new: str, why: str, at: datetime) -> None:
    """Have JIRA make the fix version if need be, and move the change there. An errand for every move: it may go and come back."""
    tracker = next((one for one in world.trackers if project_of(key) in one.projects), None)
    if not world.policies.write_back or tracker is None:
        return
    put_errand(tx, ErrandKind.ENSURE_FIX_VERSION, tracker.name, to, {"name": new, "project": project_of(key), "release_date": ""}, at)
    put_errand(tx, ErrandKind.MOVE_CHANGE, tracker.name, to, {"key": key, "old": old, "new": new, "why": why, "at": f"{at:%Y-%m-%dT%H:%M:%S}"}, at)


def put_errand(tx: Tx, kind: ErrandKind, tracker: str, version: Version, words: dict[str, str], at: datetime) -> None:
    """Put a write to JIRA, once for the same words."""
    key = ":".join([kind, tracker, version, *(words[name] for name in sorted(words) if name != "why")])
    tx.put_errand(Errand(key=key, kind=kind, tracker=tracker, version=version, words=words, not_before=at))


# ── Changes that come or go later ──────────────────────────────────────────────────────────────────


def add(world: World, version: str, key: str, why: str, actor: PersonId, dry_run: bool = False) -> None:
    """Take a change into a cut release. Its sign-offs fall. Raises Refused if the change is not ready, or the release is already on its way."""
    with world.ledger.read() as tx:
        release, change = _still_open(find(tx, version)), tx.change(ChangeKey(key))
        if change is None or _is_gone(world, tx, change):
            raise NotFound(f"no change {key} is known. Is its project in rollout.yaml, and was it collected? rollout collect")
        if change.key in _members(tx, release):
            raise Refused(f"{key} is in {version} already")
    _ready_for(world, release, change)
    if dry_run:
        return
    at = world.clock()
    with world.ledger.begin() as tx:
        release = _still_open(find(tx, version))
        tx.save_member(Membership(version=release.version, key=change.key, joined_at=at, joined_why=why))
        tx.record(at, actor, "change added", release.version, {"key": key, "why": why})
        _bring_along(world, tx, release, change, why, at)
        void(tx, release, at, actor, f"{key} was added: {why}")


def _is_gone(world: World, tx: Tx, change: Change) -> bool:
    """Whether it was deleted in JIRA, or can no longer be seen there."""
    tracker = next((one for one in world.trackers if change.project in one.projects), None)
    return tracker is not None and change.issue_id not in tx.issue_ids(tracker.name)


def _members(tx: Tx, release: Release) -> dict[ChangeKey, Membership]:
    """What is in a cut release now."""
    return {one.key: one for one in tx.members(release.version) if one.left_at is None}


def _bring_along(world: World, tx: Tx, release: Release, change: Change, why: str, at: datetime) -> None:
    """Have JIRA put the change where it is now; what the change was in before stays known to its history only."""
    carried = _carried(tx, change)
    if set(carried) & set(release.fix_versions):
        return
    old = next((one for one in carried if world.policies.version_of(one) is not None), "")
    _put_move(world, tx, release.version, change.key, old, release.fix_versions[0], f"In {release.version} after all: {why}", at)


def _ready_for(world: World, release: Release, change: Change) -> None:
    proof = proof_of(world, release, [change.key])
    reasons = readiness(change, proof if proof.known else None, world.policies.readiness)
    if reasons:
        told = "; ".join(reason.text for reason in reasons)
        raise Refused(f"cannot add {change.key} to {release.version}: {told}", tuple((r.code, r.text) for r in reasons))


def pull(world: World, version: str, key: str, why: str, actor: PersonId, dry_run: bool = False) -> Version:
    """Take a change out of a cut release, into the next one, which is returned. The sign-offs of the release fall."""
    at, following = world.clock(), _following(world, Version(version))
    with world.ledger.begin() as tx:
        release = _still_open(find(tx, version))
        members = _members(tx, release)
        if ChangeKey(key) not in members:
            raise NotFound(f"{key} is not in {version}. What is: {', '.join(sorted(members))}")
        if len(members) == 1:
            raise Refused(f"{key} is the last change of {version}. Cancel the release instead: rollout release cancel {version} --reason …")
        if not dry_run:
            _take_out(world, tx, release, members[ChangeKey(key)], following, why, actor, at)
    return following


def _take_out(world: World, tx: Tx, release: Release, member: Membership, following: Version, why: str, actor: PersonId, at: datetime) -> None:
    tx.save_member(member.model_copy(update={"left_at": at, "left_why": why}))
    tx.record(at, actor, "change pulled", release.version, {"key": member.key, "why": why, "to": following})
    defer(world, tx, release, member.key, following, why, at)
    void(tx, release, at, actor, f"{member.key} was pulled: {why}")


def revise(world: World, version: str, why: str, actor: PersonId, dry_run: bool = False) -> int:
    """Start a new revision of the same content, which is returned: sign-offs and rejections fall. Raises Refused unless it is cut or signed."""
    at = world.clock()
    with world.ledger.begin() as tx:
        release = find(tx, version)
        if release.state not in (ReleaseState.CUT, ReleaseState.SIGNED):
            raise Refused(f"cannot revise {version}: it is {release.state}; people sign what is cut, until it is rolling out")
        if dry_run:
            return release.revision + 1
        tx.record(at, actor, "release revised", release.version, {"why": why})
        return void(tx, release, at, actor, why).revision


def _still_open(release: Release) -> Release:
    """The release itself. Raises Refused unless its content may still be changed by hand."""
    if not is_frozen(release):
        raise Refused(f"{release.version} is a draft, and follows JIRA by itself: change the fix version there")
    if release.state not in (ReleaseState.CUT, ReleaseState.SIGNED):
        raise Refused(f"{release.version} is {release.state}; its content can no longer change. Make a hotfix")
    return release


def cancel(world: World, version: str, why: str, actor: PersonId, dry_run: bool = False) -> None:
    """Give the release up. Its changes stay in JIRA as they are."""
    with world.ledger.begin() as tx:
        release = find(tx, version)
        state = after(release.version, release.state, ReleaseEvent.CANCEL)
        if not dry_run:
            tx.save_release(release.model_copy(update={"state": state, "finished_at": world.clock()}))
            tx.record(world.clock(), actor, "release cancelled", release.version, {"why": why})


# ── The train ──────────────────────────────────────────────────────────────────────────────────────


def due(world: World) -> tuple[Version, ...]:
    """The monthly drafts whose cut, by the train, has come: N coverage days before the first coverage day of their rollout.

    A draft that a later release of the train has overtaken on its way to clients is not cut any more.
    """
    at, train = world.clock(), world.policies.train
    with world.ledger.read() as tx:
        newest = max((order(one.version) for one in tx.releases(_ON_THEIR_WAY) if train.fits(one.version)), default=())
        wanted = [one for one in tx.releases((ReleaseState.DRAFT,)) if one.kind is ReleaseKind.MONTHLY and order(one.version) > newest]
        drafts = [release for release in wanted if changes_of(tx, release)]
    moments = {release.version: cut_moment(world, release.version) for release in drafts}
    return tuple(version for version, moment in moments.items() if moment is not None and moment <= at)


def cut_due(world: World, actor: PersonId) -> tuple[tuple[Cut, ...], dict[Version, str]]:
    """Cut every release that is due; one that cannot be keeps no other waiting. Returns what was cut, and why the others were not."""
    done, refused = list[Cut](), dict[Version, str]()
    for version in due(world):
        try:
            done.append(cut(world, version, actor))
        except (Refused, Conflict) as error:
            refused[version] = str(error)
    return tuple(done), refused


def cut_moment(world: World, version: Version) -> datetime | None:
    """When the train cuts that release: at the start of coverage on the day; None for a version that the train does not name."""
    first = world.policies.train.rollout_day(version)
    if first is None:
        return None
    days = _coverage_days(world, first)
    return days[0] if days else None


def _coverage_days(world: World, first: date) -> list[datetime]:
    """The openings of the last N coverage days before the first one on or after that day."""
    train, coverage = world.policies.train, world.coverage()
    request = Request(kind=ReleaseKind.MONTHLY, environment=Environment.PRODUCTION)
    around = coverage.days(request, first - timedelta(days=4 * train.cut_days + 14), first + timedelta(days=31))
    openings = [(day.day, day.windows[0].start) for day in around if day.windows]
    before = [start for day, start in openings if day < first]
    later = [start for day, start in openings if day >= first]
    return before[-train.cut_days :] if later and len(before) >= train.cut_days else []
