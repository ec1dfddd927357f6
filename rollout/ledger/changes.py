"""Changes as last collected, and how far collecting has come."""

import json
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any

from pydantic_core import PydanticSerializationError
from sqlalchemy import ColumnElement, Executable, and_, delete, select, tuple_, update

from rollout.core.changes import Change
from rollout.core.values import ChangeKey
from rollout.ledger.bulk import Row
from rollout.ledger.columns import among, clean
from rollout.ledger.part import Part
from rollout.ledger.tables import change_versions, changes, watermarks

# A key may move from one issue to another; the one that is still there, and was updated last, has it.
_HOLDERS_FIRST = (changes.c.gone_why.is_not(None), changes.c.updated.desc())


class Changes(Part):
    """The part of a transaction that knows changes."""

    def save_changes(self, tracker: str, changes: Iterable[Change]) -> int:
        newest: dict[str, Change] = {}
        for change in sorted(changes, key=lambda one: one.updated):
            newest[change.issue_id] = change
        standing = self._standing(tracker, newest)
        fresh = [row for change in newest.values() if _is_fresh(row := _row(tracker, change), standing.get(change.issue_id))]
        self._store(tracker, fresh, [newest[row["issue_id"]] for row in fresh])
        return len(fresh)

    def change(self, key: ChangeKey) -> Change | None:
        found = self.scalar(select(changes.c.data).where(changes.c.key == key).order_by(*_HOLDERS_FIRST).limit(1))
        return None if found is None else Change.model_validate_json(found)

    def changes(self, keys: Iterable[ChangeKey]) -> tuple[Change, ...]:
        found: dict[ChangeKey, Change] = {}
        for change in self._read(select(changes.c.data).where(among(changes.c.key, keys)).order_by(changes.c.key, *_HOLDERS_FIRST)):
            found.setdefault(change.key, change)
        return tuple(found.values())

    def changes_of(self, fix_versions: Iterable[str]) -> tuple[Change, ...]:
        carriers = select(change_versions.c.tracker, change_versions.c.issue_id).where(among(change_versions.c.fix_version, fix_versions))
        there = tuple_(changes.c.tracker, changes.c.issue_id).in_(carriers) & changes.c.gone_why.is_(None)
        return self._read(select(changes.c.data).where(there).order_by(changes.c.key))

    def _read(self, query: Executable) -> tuple[Change, ...]:
        return tuple(map(Change.model_validate_json, self.connection.scalars(query)))

    def issue_ids(self, tracker: str) -> frozenset[str]:
        there = select(changes.c.issue_id).where(changes.c.tracker == tracker, changes.c.gone_why.is_(None))
        return frozenset(self.connection.scalars(there))

    def mark_gone(self, tracker: str, issue_ids: Iterable[str], why: str) -> tuple[ChangeKey, ...]:
        there = and_(_these(tracker, issue_ids), changes.c.gone_why.is_(None))
        keys = self.connection.scalars(select(changes.c.key).where(there).order_by(changes.c.key)).all()
        self.write(update(changes).where(there).values(gone_why=why))
        return tuple(keys)

    def gone(self, keys: Iterable[ChangeKey]) -> dict[ChangeKey, str]:
        found: dict[ChangeKey, str | None] = {}
        stored = select(changes.c.key, changes.c.gone_why).where(among(changes.c.key, keys)).order_by(changes.c.key, *_HOLDERS_FIRST)
        for row in self.connection.execute(stored):
            found.setdefault(row.key, row.gone_why)
        return {key: why for key, why in found.items() if why is not None}

    def watermark(self, tracker: str) -> datetime | None:
        found: datetime | None = self.scalar(select(watermarks.c.at).where(watermarks.c.tracker == tracker))
        return found

    def set_watermark(self, tracker: str, at: datetime) -> None:
        self.store(watermarks, [{"tracker": tracker, "at": at}])

    def _standing(self, tracker: str, issue_ids: Iterable[str]) -> dict[str, tuple[datetime, str]]:
        """When each issue that is stored, and not gone, was updated, and its text."""
        stored = select(changes.c.issue_id, changes.c.updated, changes.c.data).where(_these(tracker, issue_ids), changes.c.gone_why.is_(None))
        return {row.issue_id: (row.updated, row.data) for row in self.connection.execute(stored)}

    def _store(self, tracker: str, rows: Sequence[Row], fresh: Iterable[Change]) -> None:
        self.store(changes, rows)
        issue_ids = [row["issue_id"] for row in rows]
        self.write(delete(change_versions).where(change_versions.c.tracker == tracker, among(change_versions.c.issue_id, issue_ids)))
        carried = {(name, change.issue_id) for change in fresh for name in change.fix_versions}
        self.store(change_versions, ({"fix_version": name, "tracker": tracker, "issue_id": issue} for name, issue in sorted(carried)))


def _row(tracker: str, change: Change) -> dict[str, Any]:
    return {
        "tracker": tracker,
        "issue_id": change.issue_id,
        "key": change.key,
        "updated": change.updated,
        "gone_why": None,
        "data": _document(change),
    }


def _document(change: Change) -> str:
    """The change as JSON, without halves of surrogate pairs, which JSON has no text for."""
    try:
        return change.model_dump_json()
    except PydanticSerializationError:
        return clean(json.dumps(change.model_dump(mode="python"), default=_plain, ensure_ascii=False))


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else sorted(value)


def _is_fresh(row: Row, standing: tuple[datetime, str] | None) -> bool:
    """Whether the issue is not stored yet as it is now. JIRA may change twice within the same moment."""
    return standing is None or standing[0] < row["updated"] or (standing[0] == row["updated"] and not _alike(standing[1], row["data"]))


def _alike(one: str, other: str) -> bool:
    """Whether two texts are of the same change: another process may have written its labels in another order."""
    return one == other or Change.model_validate_json(one) == Change.model_validate_json(other)


def _these(tracker: str, issue_ids: Iterable[str]) -> ColumnElement[bool]:
    return and_(changes.c.tracker == tracker, among(changes.c.issue_id, issue_ids))
