"""Changes as last collected, and how far collecting has come."""

from collections.abc import Iterable
from datetime import datetime

from sqlalchemy import ColumnElement, and_, delete, select, tuple_, update

from rollout.core.changes import Change
from rollout.core.values import ChangeKey
from rollout.ledger.columns import among
from rollout.ledger.part import Part, fields
from rollout.ledger.tables import change_versions, changes, watermarks

_FIELDS = fields(Change, changes)
# A key may move from one issue to another; the one that is still there, and was updated last, has it.
_HOLDERS_FIRST = (changes.c.gone_why.is_not(None), changes.c.updated.desc())


class Changes(Part):
    """The part of a transaction that knows changes."""

    def save_changes(self, tracker: str, changes: Iterable[Change]) -> int:
        newest: dict[str, Change] = {}
        for change in sorted(changes, key=lambda one: one.updated):
            newest[change.issue_id] = change
        known = self._standing(tracker, newest)
        fresh = [change for change in newest.values() if change.issue_id not in known or known[change.issue_id] < change.updated]
        self._store(tracker, fresh)
        return len(fresh)

    def change(self, key: ChangeKey) -> Change | None:
        return self.value(Change, select(*_FIELDS).where(changes.c.key == key).order_by(*_HOLDERS_FIRST).limit(1))

    def changes(self, keys: Iterable[ChangeKey]) -> tuple[Change, ...]:
        found: dict[ChangeKey, Change] = {}
        for change in self.values(Change, select(*_FIELDS).where(among(changes.c.key, keys)).order_by(changes.c.key, *_HOLDERS_FIRST)):
            found.setdefault(change.key, change)
        return tuple(found.values())

    def changes_of(self, fix_versions: Iterable[str]) -> tuple[Change, ...]:
        carriers = select(change_versions.c.tracker, change_versions.c.issue_id).where(among(change_versions.c.fix_version, fix_versions))
        there = tuple_(changes.c.tracker, changes.c.issue_id).in_(carriers) & changes.c.gone_why.is_(None)
        return self.values(Change, select(*_FIELDS).where(there).order_by(changes.c.key))

    def issue_ids(self, tracker: str) -> frozenset[str]:
        there = select(changes.c.issue_id).where(changes.c.tracker == tracker, changes.c.gone_why.is_(None))
        return frozenset(self.connection.scalars(there))

    def mark_gone(self, tracker: str, issue_ids: Iterable[str], why: str) -> tuple[ChangeKey, ...]:
        there = and_(_these(tracker, issue_ids), changes.c.gone_why.is_(None))
        keys = self.connection.scalars(select(changes.c.key).where(there).order_by(changes.c.key)).all()
        self.write(update(changes).where(there).values(gone_why=why))
        return tuple(keys)

    def watermark(self, tracker: str) -> datetime | None:
        found: datetime | None = self.scalar(select(watermarks.c.at).where(watermarks.c.tracker == tracker))
        return found

    def set_watermark(self, tracker: str, at: datetime) -> None:
        self.store(watermarks, [{"tracker": tracker, "at": at}])

    def _standing(self, tracker: str, issue_ids: Iterable[str]) -> dict[str, datetime]:
        """When each issue that is stored, and not gone, was updated."""
        stored = select(changes.c.issue_id, changes.c.updated).where(_these(tracker, issue_ids), changes.c.gone_why.is_(None))
        return {row.issue_id: row.updated for row in self.connection.execute(stored)}

    def _store(self, tracker: str, fresh: list[Change]) -> None:
        self.store(changes, ({**vars(change), "tracker": tracker, "gone_why": None} for change in fresh))
        issue_ids = [change.issue_id for change in fresh]
        self.write(delete(change_versions).where(change_versions.c.tracker == tracker, among(change_versions.c.issue_id, issue_ids)))
        carried = {(name, change.issue_id) for change in fresh for name in change.fix_versions}
        self.store(change_versions, ({"fix_version": name, "tracker": tracker, "issue_id": issue} for name, issue in sorted(carried)))


def _these(tracker: str, issue_ids: Iterable[str]) -> ColumnElement[bool]:
    return and_(changes.c.tracker == tracker, among(changes.c.issue_id, issue_ids))
