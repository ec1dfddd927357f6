"""Which pages were published, and the clocks of after-hours service."""

from datetime import datetime

from sqlalchemy import select

from rollout.core.clocks import ServiceClock
from rollout.ledger.part import Part, fields
from rollout.ledger.tables import clocks, pages


class Pages(Part):
    """The part of a transaction that knows pages and clocks."""

    def page(self, name: str) -> str | None:
        digest: str | None = self.scalar(select(pages.c.digest).where(pages.c.name == name))
        return digest

    def save_page(self, name: str, digest: str, at: datetime) -> None:
        self.store(pages, [{"name": name, "digest": digest, "at": at}])

    def clocks(self) -> tuple[ServiceClock, ...]:
        return self.values(ServiceClock, select(*fields(ServiceClock, clocks)).order_by(clocks.c.opened_at, clocks.c.id))

    def save_clock(self, clock: ServiceClock) -> None:
        self.store(clocks, [vars(clock)])
