"""Publishes the Upcoming Release page, its feeds and its calendar: regenerated from the ledger each time, put out only where it differs.

What the page says, and what moved, is an edition; editions are rows of the audit trail. Which content a publisher has is remembered for each
of them, so that one that failed gets it the next time.
"""

import hashlib
from collections.abc import Iterator, Mapping

from pydantic import ValidationError

from rollout.core.audit import canonical
from rollout.core.calendar_text import folded
from rollout.core.changes import Change
from rollout.core.editions import Edition, keys_of, next_edition
from rollout.core.notes import is_public
from rollout.core.pages import page_of, told
from rollout.core.values import Value
from rollout.errors import RolloutError
from rollout.ports import Tx, World
from rollout.steps.upcoming import Upcoming, upcoming

FILES = {
    "index.html": "page/index.html.j2",
    "feed.atom": "page/feed.atom.j2",
    "feed.json": "page/feed.json.j2",
    "calendar.ics": "page/calendar.ics.j2",
}
_SUBJECT = "upcoming page"
_REMEMBERED = 30  # editions; the page tells what moved in them


class Published(Value):
    """Where the page is, as each publisher says. `changed`: at least one of them got new content (in a dry run: would get it). `problems` are
    publishers that failed, `remarks` notes in JIRA that were altered for the public."""

    changed: bool
    places: tuple[str, ...] = ()
    digest: str = ""
    problems: tuple[str, ...] = ()
    remarks: tuple[str, ...] = ()


def publish(world: World, dry_run: bool = False, again: bool = False, actor: str = "publish") -> Published:
    """Render the page, and give it to every publisher that has not got this content (`again`: to all). One that fails keeps no other waiting."""
    editions, found = _current(world, actor, dry_run)
    files = _rendered(world, editions, found)
    digest = hashlib.sha256(canonical(files).encode()).hexdigest()
    behind = _behind(world, digest, again)
    why = _why(editions[-1])
    outcomes = {} if dry_run else {name: _give(world, actor, name, files, digest, why) for name in behind}
    problems = tuple(text for text in outcomes.values() if text)
    changed = bool(behind) if dry_run else len(outcomes) > len(problems)
    return Published(changed=changed, places=_places(world), digest=digest, problems=problems, remarks=found.remarks)


# ── What it says ───────────────────────────────────────────────────────────────────────────────────


def _current(world: World, actor: str, dry_run: bool) -> tuple[tuple[Edition, ...], Upcoming]:
    """The editions, oldest first, up to the one that says what is so now; that one is kept, unless it is a dry run."""
    at = world.clock()
    with world.ledger.read() as tx:
        editions = _editions(tx)
    found = upcoming(world, at, editions[-1] if editions else None)
    new = next_edition(found.listed, editions[-1] if editions else None, at)
    if new is None:
        return editions, found
    if not dry_run:
        with world.ledger.begin() as tx:
            tx.record(at, actor, "page changed", _SUBJECT, new.model_dump(mode="json"))
    return (*editions, new), found


def _editions(tx: Tx) -> tuple[Edition, ...]:
    return tuple(edition for row in tx.audit(_SUBJECT, _REMEMBERED) for edition in _edition(row.data))


def _edition(data: Mapping[str, object]) -> Iterator[Edition]:
    """The edition in a row; none where another version of this program wrote it in a way that cannot be read here."""
    try:
        yield Edition.model_validate(data)
    except ValidationError:
        return


def _rendered(world: World, editions: tuple[Edition, ...], found: Upcoming) -> dict[str, str]:
    """Every file by its name. The calendar's lines end and fold as RFC 5545 asks."""
    with world.ledger.read() as tx:
        public = {change.key: said for change, said in _said(tx.changes(keys_of(editions)), found)}
    page = page_of(world.policies.product, world.policies.zone, found.listed, editions, public)
    files = {name: world.render(template, {"page": page}) for name, template in FILES.items()}
    return {name: folded(text) if name.endswith(".ics") else text for name, text in files.items()}


def _said(changes: tuple[Change, ...], found: Upcoming) -> Iterator[tuple[Change, str]]:
    for change in changes:
        text = found.discretion.said(change.note) if is_public(change) else ""
        if text:
            yield change, text


def _why(edition: Edition) -> str:
    """What moved, in one line; fit to be public."""
    text = " ".join(told(moved).rstrip(".") + "." for moved in edition.moved)
    return text if 0 < len(text) <= 200 else "Update the Upcoming Release page."


# ── Where it goes ──────────────────────────────────────────────────────────────────────────────────


def _page(name: str) -> str:
    """What the page is called in the ledger, at that publisher."""
    return f"{_SUBJECT}/{name}"


def _behind(world: World, digest: str, again: bool) -> tuple[str, ...]:
    with world.ledger.read() as tx:
        return tuple(name for name in world.publishers if again or tx.page(_page(name)) != digest)


def _give(world: World, actor: str, name: str, files: Mapping[str, str], digest: str, why: str) -> str:
    """Have one publisher publish, and remember it; returns what went wrong, if anything did."""
    try:
        place = world.publishers[name].publish(files, why)
    except RolloutError as error:
        return f"{name}: {error}"
    at = world.clock()
    with world.ledger.begin() as tx:
        tx.save_page(_page(name), digest, at)
        tx.record(at, actor, "page published", _page(name), {"digest": digest, "place": place})
    return ""


def _places(world: World) -> tuple[str, ...]:
    with world.ledger.read() as tx:
        rows = [row for name in world.publishers for row in tx.audit(_page(name), 1)]
    return tuple(str(row.data["place"]) for row in rows)
