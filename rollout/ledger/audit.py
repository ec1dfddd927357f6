"""The audit trail in the database. Rows are sealed as they are recorded, and written together before the transaction ends."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, func, select

from rollout.core.audit import AuditRow, follow
from rollout.ledger.columns import clean
from rollout.ledger.part import Part, fields
from rollout.ledger.tables import audit

PAGE = 1000
_SELECT = select(*fields(AuditRow, audit))


class Audit(Part):
    """The part of a transaction that knows the audit trail. Writers come one after the other, so whoever reads the last row may follow it."""

    def __init__(self, connection: Connection) -> None:
        super().__init__(connection)
        self._last: AuditRow | None = None
        self._unwritten: list[AuditRow] = []

    def record(self, at: datetime, actor: str, act: str, subject: str, data: Mapping[str, Any] | None = None) -> AuditRow:
        last = self._last or self.value(AuditRow, _SELECT.order_by(audit.c.seq.desc()).limit(1))
        self._last = follow(last, at, clean(actor), clean(act), clean(subject), data or {})
        self._unwritten.append(self._last)
        return self._last

    def record_all(self, at: datetime, actor: str, entries: Iterable[tuple[str, str, Mapping[str, Any]]]) -> None:
        for act, subject, data in entries:
            self.record(at, actor, act, subject, data)

    def audit_head(self) -> int:
        if self._last is not None:
            return self._last.seq
        return self.scalar(select(func.max(audit.c.seq))) or 0

    def audit(self, subject: str | None = None, limit: int | None = None) -> Iterator[AuditRow]:
        self.write_audit()
        wanted = _SELECT if subject is None else _SELECT.where(audit.c.subject == subject)
        first = 0 if limit is None else self._first_of_newest(wanted, limit)
        return iter(()) if first is None else self._from(wanted, first)

    def write_audit(self) -> None:
        """Write what was recorded; called before anybody reads the trail, and before the transaction ends."""
        rows, self._unwritten = self._unwritten, []
        self.store(audit, map(vars, rows))

    def _first_of_newest(self, wanted: Select[Any], limit: int) -> int | None:
        """The number of the first of the newest `limit` rows; None if there are no rows to give."""
        newest = wanted.with_only_columns(audit.c.seq).order_by(audit.c.seq.desc()).limit(limit)
        return min(self.connection.scalars(newest), default=None)

    def _from(self, wanted: Select[Any], seq: int) -> Iterator[AuditRow]:
        """The rows from that number on, a page at a time: a trail of a million rows is never in memory."""
        while page := self.values(AuditRow, wanted.where(audit.c.seq >= seq).order_by(audit.c.seq).limit(PAGE)):
            yield from page
            seq = page[-1].seq + 1
