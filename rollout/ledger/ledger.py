"""The ledger: transactions over one database."""

from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy import Engine

from rollout.ledger.audit import Audit
from rollout.ledger.changes import Changes
from rollout.ledger.days import Days
from rollout.ledger.deliveries import Deliveries
from rollout.ledger.engine import read_only, repeatable
from rollout.ledger.faults import told
from rollout.ledger.holds import Holds
from rollout.ledger.notices import Notices
from rollout.ledger.pages import Pages
from rollout.ledger.plans import Plans
from rollout.ledger.releases import Releases
from rollout.ledger.schema import bring_up_to_date
from rollout.ledger.tickets import Tickets


class Transaction(Audit, Changes, Tickets, Releases, Plans, Deliveries, Holds, Days, Notices, Pages):
    """One transaction: rollout.ports.Tx."""


class DatabaseLedger:
    """One database as the ledger: rollout.ports.Ledger. Safe to share between threads; each transaction has a connection of its own."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._where = engine.url.difference_update_query(["password"]).render_as_string(hide_password=True)
        with told(self._where):
            bring_up_to_date(engine)

    @contextmanager
    def begin(self, durable: bool = True) -> Iterator[Transaction]:
        """A writing transaction. Writers come one after the other, on either database: what was read in it is still so when it writes."""
        with told(self._where), self._engine.connect() as connection, (connection if durable else repeatable(connection)).begin():
            tx = Transaction(connection)
            yield tx
            tx.write_audit()

    @contextmanager
    def read(self) -> Iterator[Transaction]:
        """A reading transaction: one moment's state throughout, and neither waits for writers nor keeps them waiting."""
        with told(self._where), self._engine.connect() as connection, read_only(connection).begin():
            yield Transaction(connection)

    def close(self) -> None:
        """Give back all connections; the ledger can be used again afterwards."""
        self._engine.dispose()
