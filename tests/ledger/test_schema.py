"""The schema: what the migrations make is what the code expects, once, whoever comes first."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest
from alembic.autogenerate import compare_metadata
from alembic.command import downgrade
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Engine, Table, Text, event, inspect, text

from rollout.core.audit import AuditRow
from rollout.core.changes import TicketLink
from rollout.core.clocks import ServiceClock
from rollout.core.closing import Notice, Ticket
from rollout.core.delivery import Delivery, WaveProgress
from rollout.core.errands import Errand
from rollout.core.holds import Hold, Stop
from rollout.core.releases import Membership, Release
from rollout.core.signoffs import Signoff
from rollout.core.values import Value
from rollout.errors import RolloutError
from rollout.ledger import open_ledger, tables
from rollout.ledger.engine import make_engine
from rollout.ledger.schema import REVISIONS
from tests.databases import PostgresServer

STORED: dict[type[Value], Table] = {
    AuditRow: tables.audit,
    Delivery: tables.deliveries,
    Errand: tables.errands,
    Hold: tables.holds,
    Membership: tables.memberships,
    Notice: tables.notices,
    Release: tables.releases,
    ServiceClock: tables.clocks,
    Signoff: tables.signoffs,
    Stop: tables.stops,
    Ticket: tables.tickets,
    TicketLink: tables.ticket_links,
    WaveProgress: tables.waves,
}


@pytest.fixture(params=["sqlite", "postgres"])
def bare_url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database without a table, on both databases in turn."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path}/new.sqlite"
    else:
        server: PostgresServer = request.getfixturevalue("postgres")
        with server.database("bare") as url:
            yield url


@pytest.fixture
def engine(ledger_url: str, tmp_path: Path) -> Iterator[Engine]:
    engine = make_engine(ledger_url, tmp_path)
    yield engine
    engine.dispose()


@pytest.mark.parametrize("model", STORED, ids=lambda model: model.__name__)
def test_every_field_of_what_is_stored_has_a_column(model: type[Value]) -> None:
    assert set(model.model_fields) <= set(STORED[model].columns.keys())


def test_the_migrations_make_the_tables_that_the_code_expects(engine: Engine) -> None:
    with engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True})
        assert compare_metadata(context, tables.metadata) == []


def test_the_code_knows_every_migration_in_order() -> None:
    config = Config()
    config.set_main_option("script_location", "rollout.ledger:migrations")
    scripts = ScriptDirectory.from_config(config)
    assert tuple(script.revision for script in scripts.walk_revisions())[::-1] == REVISIONS


def test_a_migration_can_be_taken_back(engine: Engine) -> None:
    with engine.begin() as connection:
        config = Config()
        config.set_main_option("script_location", "rollout.ledger:migrations")
        config.attributes["connection"] = connection
        downgrade(config, "base")
        assert inspect(connection).get_table_names() == ["alembic_version"]
        connection.rollback()


def test_postgresql_sorts_every_text_by_code_point(postgres_url: str, tmp_path: Path) -> None:
    engine = make_engine(postgres_url, tmp_path)
    with engine.connect() as connection:
        inspected = inspect(connection)
        kinds = {(table, column["name"]): column["type"] for table in tables.metadata.tables for column in inspected.get_columns(table)}
    engine.dispose()
    assert {name: kind.collation for name, kind in kinds.items() if isinstance(kind, Text) and kind.collation != "C"} == {}
    assert isinstance(kinds["deliveries", "client"], Text)


def test_opening_what_is_up_to_date_asks_one_question(ledger_url: str, tmp_path: Path) -> None:
    asked: list[str] = []

    def listen(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if "alembic_version" in statement or "CREATE" in statement:
            asked.append(statement)

    event.listen(Engine, "before_cursor_execute", listen)
    try:
        open_ledger(ledger_url, tmp_path).close()
    finally:
        event.remove(Engine, "before_cursor_execute", listen)
    assert asked == ["SELECT version_num FROM alembic_version"]


def test_of_many_that_open_a_new_ledger_at_once_one_makes_it(bare_url: str, tmp_path: Path) -> None:
    barrier = Barrier(4)

    def first_use(_: int) -> int:
        barrier.wait(10)
        ledger = open_ledger(bare_url, tmp_path)
        with ledger.read() as tx:
            found = len(tx.releases())
        ledger.close()
        return found

    with ThreadPoolExecutor(4) as pool:
        assert list(pool.map(first_use, range(4))) == [0, 0, 0, 0]


def test_a_ledger_of_a_newer_program_is_refused_and_left_alone(bare_url: str, tmp_path: Path) -> None:
    engine = make_engine(bare_url, tmp_path)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE alembic_version (version_num VARCHAR(32))"))
        connection.execute(text("INSERT INTO alembic_version VALUES ('9999')"))
    with pytest.raises(RolloutError, match=r"is of schema 9999; this program knows 0001 at most\. Install the newer rollout that wrote it\."):
        open_ledger(bare_url, tmp_path)
    with engine.connect() as connection:
        assert inspect(connection).get_table_names() == ["alembic_version"]
    engine.dispose()


def test_a_migration_that_fails_leaves_the_database_as_it_was(bare_url: str, tmp_path: Path) -> None:
    engine = make_engine(bare_url, tmp_path)
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE audit (mine INTEGER)"))
    with pytest.raises(Exception, match=r"(?i)already exists"):
        open_ledger(bare_url, tmp_path)
    with engine.connect() as connection:
        assert inspect(connection).get_table_names() == ["audit"]
    engine.dispose()
