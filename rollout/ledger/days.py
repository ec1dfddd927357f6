"""Which proposed days of coverage a person approved."""

from sqlalchemy import select

from rollout.core.days import ApprovedDay
from rollout.ledger.part import Part, fields
from rollout.ledger.tables import approved_days

_STANDING = select(*fields(ApprovedDay, approved_days)).where(~approved_days.c.withdrawn).order_by(approved_days.c.day, approved_days.c.rule)


class Days(Part):
    """The part of a transaction that knows approved days."""

    def approved_days(self) -> tuple[ApprovedDay, ...]:
        return self.values(ApprovedDay, _STANDING)

    def save_approved_day(self, day: ApprovedDay) -> None:
        self.store(approved_days, [vars(day)])
