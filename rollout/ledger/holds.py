"""Holds on clients and releases, and the stop."""

from datetime import UTC, datetime

from sqlalchemy import bindparam, insert, select, update

from rollout.core.holds import Hold, Stop
from rollout.core.values import PersonId
from rollout.ledger.columns import MomentText
from rollout.ledger.part import Part, fields
from rollout.ledger.tables import holds, stops

NEVER = datetime.max.replace(tzinfo=UTC)
_NOW = bindparam("now", type_=MomentText)
_HOLDS = select(*fields(Hold, holds)).where(holds.c.ends_at > _NOW, holds.c.at <= _NOW).order_by(holds.c.at, holds.c.id)
_STOP = select(*fields(Stop, stops)).where(stops.c.lifted_at.is_(None)).order_by(stops.c.at.desc()).limit(1)


class Holds(Part):
    """The part of a transaction that knows holds and stops. None is ever deleted."""

    def holds(self, at: datetime) -> tuple[Hold, ...]:
        return self.values(Hold, _HOLDS, now=at)

    def add_hold(self, hold: Hold) -> None:
        self.write(insert(holds).values(**vars(hold), ends_at=hold.until or NEVER))

    def lift_hold(self, subject: str, at: datetime, by: PersonId, why: str) -> int:
        live = update(holds).where(holds.c.subject == subject, holds.c.ends_at > at)
        return self.write(live.values(ends_at=at, lifted_at=at, lifted_by=by, lifted_why=why))

    def stop(self) -> Stop | None:
        return self.value(Stop, _STOP)

    def save_stop(self, stop: Stop) -> None:
        self.store(stops, [vars(stop)])
