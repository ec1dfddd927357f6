"""From the ledger's URL to an engine whose transactions mean the same on both databases.

SQLite: one file in WAL mode, each commit on disk before it returns; writers queue at BEGIN IMMEDIATE. PostgreSQL: writers queue at one advisory
lock, so that reading and then writing is safe there as well, no two writers can deadlock, and the audit chain never forks.
"""

import sqlite3
from collections.abc import Iterable, Sequence
from pathlib import Path
from time import monotonic, sleep
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError

from rollout.errors import RolloutError

PATIENCE = 30.0  # seconds that a writer waits for the one before it
PAUSE = 0.01  # seconds between two tries where the database does not wait by itself
IDLE = 120.0  # seconds after which PostgreSQL gives up on a writer that hangs in the midst of its transaction
WRITERS = 0x726F6C6C6F7574  # the advisory lock of this program's writers: "rollout" in ASCII
TLS = {"verify-full": True, "verify-ca": True, "require": True, "prefer": False, "allow": False, "disable": False}

PARAMETERS = ("application_name", "host", "password", "sslmode", "sslrootcert", "unix_sock", "user")


def make_engine(url: str, base: Path) -> Engine:
    """The engine for that URL; nothing is opened yet. A relative SQLite path starts at `base`. Raises RolloutError for a URL that will not do."""
    try:
        parts = make_url(url)
    except (ArgumentError, ValueError):  # neither says anything but the text itself, which may have a password in it
        hint = "Write for example sqlite:///ledger.sqlite or postgresql://USER@HOST:5432/DATABASE."
        raise RolloutError(f"ledger.url is not a URL that can be read, or its port is not a number. {hint}") from None
    if parts.get_backend_name() == "sqlite":
        return _sqlite(parts, base)
    if parts.get_backend_name() in {"postgresql", "postgres"}:
        return _postgresql(parts)
    raise RolloutError(f"ledger.url names {parts.drivername}; the ledger is kept in sqlite:///FILE or postgresql://USER@HOST/DATABASE.")


def read_only(connection: Connection) -> Connection:
    """The connection, with its next transaction refusing to write."""
    return connection.execution_options(rollout_reads=True)


def _reads(connection: Connection) -> bool:
    return bool(connection.get_execution_options().get("rollout_reads"))


def repeatable(connection: Connection) -> Connection:
    """The connection for a transaction of what can be read again elsewhere: a power cut may lose the newest such ones, whole."""
    return connection.execution_options(rollout_repeatable=True)


def _is_repeatable(connection: Connection) -> bool:
    return bool(connection.get_execution_options().get("rollout_repeatable"))


# ── SQLite ─────────────────────────────────────────────────────────────────────────────────────────


def _sqlite(url: URL, base: Path) -> Engine:
    if not url.database or url.database == ":memory:":
        raise RolloutError("ledger.url names no file; the ledger must outlive the process. Write for example sqlite:///ledger.sqlite.")
    if url.host or url.username or url.port:
        raise RolloutError("ledger.url names a server of SQLite, which has none. Write three slashes: sqlite:///ledger.sqlite.")
    _refuse_others(url.query, ())
    path = base / url.database
    engine = create_engine(url.set(drivername="sqlite", database=str(path)), connect_args={"timeout": PATIENCE})
    event.listen(engine, "connect", _open_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _refuse_others(given: Iterable[str], known: Sequence[str]) -> None:
    """Raises RolloutError for parameters of the URL that mean nothing here; what they are set to may be secret."""
    odd = sorted(set(given) - set(known))
    if odd:
        told = (
            f"ledger.url has the parameter {odd[0]!r}; there are {', '.join(known)}." if known else f"ledger.url takes no parameters, has {odd[0]!r}."
        )
        raise RolloutError(told)


def _open_sqlite(connection: sqlite3.Connection, _record: Any) -> None:
    connection.isolation_level = None  # transactions are begun by _begin_sqlite, not guessed by the driver
    _write_ahead(connection)
    for setting in ("synchronous = FULL", "foreign_keys = ON"):
        connection.execute(f"PRAGMA {setting}")


def _write_ahead(connection: sqlite3.Connection) -> None:
    """Turn the write-ahead log on. SQLite waits for others everywhere but here: of several that open a new file at once it refuses some."""
    until = monotonic() + PATIENCE
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
            return
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or monotonic() > until:
                raise
        sleep(PAUSE)


def _begin_sqlite(connection: Connection) -> None:
    reads = _reads(connection)
    connection.exec_driver_sql(f"PRAGMA query_only = {int(reads)}")
    connection.exec_driver_sql(f"PRAGMA synchronous = {'NORMAL' if _is_repeatable(connection) else 'FULL'}")
    connection.exec_driver_sql("BEGIN" if reads else "BEGIN IMMEDIATE")


# ── PostgreSQL ─────────────────────────────────────────────────────────────────────────────────────


def _postgresql(url: URL) -> Engine:
    query = {name: value if isinstance(value, str) else value[-1] for name, value in url.query.items()}
    _refuse_others(query, PARAMETERS)
    if url.port is not None and not 0 < url.port < 1 << 16:
        raise RolloutError(f"ledger.url has the port {url.port}; ports go from 1 to 65535.")
    arguments = _tls(query)
    folder = query.pop("host", "")
    if folder.startswith("/"):  # libpq's way to name the folder of the server's Unix socket
        query["unix_sock"] = f"{folder}/.s.PGSQL.{url.port or 5432}"
    driven = url.set(drivername="postgresql+pg8000", query=query)
    engine = create_engine(driven, connect_args=arguments, pool_pre_ping=True)
    event.listen(engine, "connect", _open_postgresql)
    event.listen(engine, "begin", _begin_postgresql)
    return engine


def _tls(query: dict[str, str]) -> dict[str, Any]:
    """libpq's `sslmode`: whoever asks for TLS gets it with the server's certificate verified."""
    mode = query.pop("sslmode", "disable")
    if mode not in TLS:
        raise RolloutError(f"ledger.url has sslmode={mode}; there are {', '.join(TLS)}.")
    authority = query.pop("sslrootcert", None)
    if not TLS[mode]:
        return {}
    import ssl

    return {"ssl_context": ssl.create_default_context(cafile=authority)}


def _open_postgresql(connection: Any, _record: Any) -> None:
    connection.cursor().execute(
        "SET default_transaction_isolation = 'read committed'; "
        f"SET lock_timeout = {int(PATIENCE * 1000)}; SET idle_in_transaction_session_timeout = {int(IDLE * 1000)}"
    )
    connection.commit()


def _begin_postgresql(connection: Connection) -> None:
    if _reads(connection):
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
    else:
        connection.exec_driver_sql(f"SELECT pg_advisory_xact_lock({WRITERS})")
        if _is_repeatable(connection):
            connection.exec_driver_sql("SET LOCAL synchronous_commit = off")
