"""Holds on clients and releases, and the stop."""

from datetime import UTC, datetime

from sqlalchemy import insert, select, update

from rollout.core.holds import Hold, Stop
from rollout.core.values import PersonId
from rollout.ledger.part import Part, fields
from rollout.ledger.tables import holds, stops

NEVER = datetime.max.replace(tzinfo=UTC)


class Holds(Part):
    """The part of a transaction that knows holds and stops. None is ever deleted."""

    def holds(self, at: datetime) -> tuple[Hold, ...]:
        in_force = select(*fields(Hold, holds)).where(holds.c.ends_at > at, holds.c.at <= at)
        return self.values(Hold, in_force.order_by(holds.c.at, holds.c.id))

    def add_hold(self, hold: Hold) -> None:
        self.write(insert(holds).values(**vars(hold), ends_at=hold.until or NEVER))

    def lift_hold(self, subject: str, at: datetime, by: PersonId, why: str) -> int:
        live = update(holds).where(holds.c.subject == subject, holds.c.ends_at > at)
        return self.write(live.values(ends_at=at, lifted_at=at, lifted_by=by, lifted_why=why))

    def stop(self) -> Stop | None:
        in_force = select(*fields(Stop, stops)).where(stops.c.lifted_at.is_(None))
        return next(iter(self.values(Stop, in_force.order_by(stops.c.at.desc()).limit(1))), None)

    def save_stop(self, stop: Stop) -> None:
        self.store(stops, [vars(stop)])
