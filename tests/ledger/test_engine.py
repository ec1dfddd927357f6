"""From a URL to a database: what is accepted, what is refused, and what a person is told when the database fails."""

import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path
from traceback import format_exception

import pytest

from rollout.errors import BadAnswer, RolloutError, Throttled, Unreachable
from rollout.ledger import engine as engines
from rollout.ledger import open_ledger
from rollout.ledger.engine import make_engine
from rollout.ports import Ledger
from tests.builders import release
from tests.databases import PostgresServer


def test_a_relative_file_is_looked_for_beside_the_workspace(tmp_path: Path) -> None:
    (tmp_path / "deep").mkdir()
    open_ledger("sqlite:///deep/ledger.sqlite", tmp_path).close()
    assert (tmp_path / "deep/ledger.sqlite").exists()


def test_an_absolute_file_is_taken_as_it_is(tmp_path: Path) -> None:
    open_ledger(f"sqlite:///{tmp_path}/ledger.sqlite", Path("/nowhere")).close()
    assert (tmp_path / "ledger.sqlite").exists()


def test_sqlite_is_safe_on_disk_and_keeps_its_rules(sqlite_url: str, tmp_path: Path) -> None:
    engine = make_engine(sqlite_url, tmp_path)
    with engine.connect() as connection:
        settings = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar() for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    engine.dispose()
    assert settings == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": engines.PATIENCE * 1000}


def test_postgresql_is_driven_by_pg8000_and_gives_up_waiting_sometime(postgres_url: str, tmp_path: Path) -> None:
    engine = make_engine(postgres_url, tmp_path)
    with engine.connect() as connection:
        names = ("transaction_isolation", "lock_timeout", "idle_in_transaction_session_timeout")
        settings = {name: connection.exec_driver_sql(f"SHOW {name}").scalar() for name in names}
    engine.dispose()
    assert engine.driver == "pg8000"
    assert settings == {"transaction_isolation": "read committed", "lock_timeout": "30s", "idle_in_transaction_session_timeout": "2min"}


@pytest.mark.parametrize(
    ("url", "told"),
    [
        ("ledger.sqlite", "ledger.url is not a URL that can be read, or its port is not a number. Write for example sqlite:///ledger.sqlite or"),
        ("sqlite://", "ledger.url names no file; the ledger must outlive the process. Write for example sqlite:///ledger.sqlite."),
        ("sqlite:///:memory:", "ledger.url names no file;"),
        ("sqlite://here/ledger.sqlite", "ledger.url names a server of SQLite, which has none. Write three slashes: sqlite:///ledger.sqlite."),
        ("sqlite:///ledger.sqlite?foo=bar", "ledger.url takes no parameters, has 'foo'."),
        ("postgresql://db/rollout?foo=bar", "ledger.url has the parameter 'foo'; there are application_name, host, password, sslmode,"),
        ("postgresql://db:none/rollout", "ledger.url is not a URL that can be read, or its port is not a number."),
        ("postgresql://db:99999/rollout", "ledger.url has the port 99999; ports go from 1 to 65535."),
        ("mysql://db/rollout", "ledger.url names mysql; the ledger is kept in sqlite:///FILE or postgresql://USER@HOST/DATABASE."),
        ("postgresql://db/rollout?sslmode=maybe", "ledger.url has sslmode=maybe; there are verify-full, verify-ca, require, prefer, allow, disable."),
    ],
)
def test_a_url_that_will_not_do_is_refused(url: str, told: str, tmp_path: Path) -> None:
    with pytest.raises(RolloutError) as refused:
        make_engine(url, tmp_path)
    assert str(refused.value).startswith(told)


@pytest.mark.parametrize(
    "url", ["me:s3cret@db/rollout", "postgresql:/me:s3cret@db/rollout", "postgresql://me:s3cret@db:none/rollout", "postgresql://db/r?foo=s3cret"]
)
def test_a_url_that_is_refused_keeps_its_password(url: str, tmp_path: Path) -> None:
    with pytest.raises(RolloutError) as refused:
        make_engine(url, tmp_path)
    assert "s3cret" not in "".join(format_exception(refused.value))


def test_a_password_among_the_parameters_is_not_told_either(tmp_path: Path) -> None:
    with pytest.raises(Unreachable, match="no connection") as told:
        open_ledger(f"postgresql://me@/rollout?host={tmp_path}&password=s3cret", tmp_path)
    assert "s3cret" not in str(told.value)


def test_urls_as_libpq_writes_them_are_understood(tmp_path: Path) -> None:
    engine = make_engine("postgres://me:secret@db.example/rollout?sslmode=require", tmp_path)
    _, arguments = engine.dialect.create_connect_args(engine.url)
    assert arguments == {"host": "db.example", "database": "rollout", "user": "me", "password": "secret"}


def test_a_folder_that_does_not_exist_is_told(tmp_path: Path) -> None:
    with pytest.raises(Unreachable, match=r"ledger: sqlite:///.*/none/l.sqlite: the file cannot be opened\. See that its folder exists"):
        open_ledger("sqlite:///none/l.sqlite", tmp_path)


def test_a_file_that_is_no_database_is_told_and_left_alone(tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("not a database\n" * 100)
    with pytest.raises(BadAnswer, match=r"notes\.txt: the file is no SQLite database\. Name another one in ledger\.url\."):
        open_ledger("sqlite:///notes.txt", tmp_path)
    assert (tmp_path / "notes.txt").read_text() == "not a database\n" * 100


def test_a_server_that_is_not_there_is_told_without_the_password(tmp_path: Path) -> None:
    with pytest.raises(Unreachable, match=r"ledger: postgresql\+pg8000://me:\*\*\*@.*: no connection \(communication error\)\. See") as told:
        open_ledger(f"postgresql://me:secret@/rollout?host={tmp_path}", tmp_path)
    assert "secret" not in str(told.value)


def test_a_database_that_is_not_there_is_told(postgres: PostgresServer, tmp_path: Path) -> None:
    with pytest.raises(Unreachable, match=r"there is no such database\. Create it: createdb NAME\."):
        open_ledger(postgres.url("absent"), tmp_path)


def test_a_connection_that_breaks_in_a_transaction_is_told_and_the_next_one_is_new(
    postgres: PostgresServer, postgres_url: str, tmp_path: Path
) -> None:
    ledger = open_ledger(postgres_url, tmp_path)
    with ExitStack() as transaction:
        tx = transaction.enter_context(ledger.begin())
        tx.save_release(release())
        postgres.emptied_ledger()
        with pytest.raises(Unreachable, match=r"connection.*\. Whether the last act was stored is not known") as told:
            transaction.close()
    assert told.value.retryable
    with ledger.begin() as tx:
        assert tx.releases() == ()
    ledger.close()


def test_a_writer_that_hangs_keeps_others_waiting_only_so_long(ledger: Ledger, ledger_url: str) -> None:
    """The other one is in a process with little patience, for the waiting is the database's own."""
    impatient = (
        "import sys; from pathlib import Path; from rollout.ledger import engine, open_ledger; engine.PATIENCE = 0.05\n"
        "ledger = open_ledger(sys.argv[1], Path())\n"
        "try:\n    ledger.begin().__enter__()\nexcept Exception as error: print(type(error).__name__, error)"
    )
    with ledger.begin():
        done = subprocess.run([sys.executable, "-c", impatient, ledger_url], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.startswith(f"{Throttled.__name__} ledger: {ledger_url.partition(':')[0]}")
    assert done.stdout.endswith("another process has been writing to it for too long. Try again; if it stays so, look for one that hangs.\n")


def test_importing_the_ledger_loads_no_database_library() -> None:
    loaded = "import sys, rollout.ledger; print(sorted({'sqlalchemy', 'alembic', 'pg8000', 'sqlite3'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", loaded], capture_output=True, text=True, check=True, timeout=60).stdout == "[]\n"


def test_opening_a_ledger_that_is_up_to_date_loads_only_its_own_driver(sqlite_url: str) -> None:
    loaded = (
        "import sys; from pathlib import Path; from rollout.ledger import open_ledger; open_ledger(sys.argv[1], Path());"
        "print(sorted({'alembic', 'pg8000', 'sqlalchemy.orm', 'sqlalchemy.dialects.postgresql'} & set(sys.modules)))"
    )
    assert subprocess.run([sys.executable, "-c", loaded, sqlite_url], capture_output=True, text=True, check=True, timeout=60).stdout == "[]\n"
