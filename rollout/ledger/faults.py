"""What a database's error means to a person. An error that only a mistake in this program can cause is left as it is."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolEmpty

from rollout.errors import BadAnswer, OutsideError, Throttled, Unauthorized, Unreachable

SYSTEM = "ledger"
BUSY = "another process has been writing to it for too long. Try again; if it stays so, look for one that hangs."
LOST = "Whether the last act was stored is not known: look, then repeat it."

Meaning = tuple[type[OutsideError], str]

_SQLITE: dict[str, Meaning] = {
    "SQLITE_BUSY": (Throttled, BUSY),
    "SQLITE_LOCKED": (Throttled, BUSY),
    "SQLITE_CANTOPEN": (Unreachable, "the file cannot be opened. See that its folder exists and may be written to."),
    "SQLITE_FULL": (Unreachable, "the disk is full; nothing of this transaction was stored. Make room, then repeat it."),
    "SQLITE_IOERR": (Unreachable, f"the disk failed. {LOST}"),
    "SQLITE_NOTADB": (BadAnswer, "the file is no SQLite database. Name another one in ledger.url."),
    "SQLITE_CORRUPT": (BadAnswer, "the file is damaged. Restore it from a backup."),
}
# By SQLSTATE, or its first two letters; https://www.postgresql.org/docs/current/errcodes-appendix.html
_POSTGRESQL: dict[str, Meaning] = {
    "55P03": (Throttled, BUSY),
    "40P01": (Throttled, BUSY),
    "3D000": (Unreachable, "there is no such database. Create it: createdb NAME."),
    "28": (Unauthorized, "the server does not accept that user or password."),
    "08": (Unreachable, f"the connection broke. {LOST}"),
    "53": (Unreachable, "the server has no connections, memory or disk left. Try again later."),
    "57P": (Unreachable, f"the server ended the connection: it is being stopped or started. {LOST}"),
    "25P03": (Unreachable, "this transaction did nothing for so long that the server gave it up; nothing of it was stored."),
}


@contextmanager
def told(where: str) -> Iterator[None]:
    """Turn the errors of the database at `where` into ours, as far as a person can act upon them."""
    try:
        yield
    except DBAPIError as error:
        meaning = _meaning(error.orig)
        if meaning is None:
            raise
        kind, text = meaning
        raise kind(SYSTEM, f"{where}: {text}") from error
    except PoolEmpty as error:
        raise Throttled(SYSTEM, f"{where}: this process has too many transactions open at once. Try again with fewer workers.") from error


def _meaning(error: Any) -> Meaning | None:
    name = getattr(error, "sqlite_errorname", None)
    if name is not None:
        return next((meaning for start, meaning in _SQLITE.items() if name.startswith(start)), None)
    if not type(error).__module__.startswith("pg8000"):
        return None
    state = _sqlstate(error)
    if state:
        return next((meaning for start, meaning in _POSTGRESQL.items() if state.startswith(start)), None)
    text = str(error)
    if text in {"network error", "connection is closed"}:
        return Unreachable, f"the connection broke. {LOST}"
    unanswered = text.startswith(("Can't create a connection", "communication error"))
    return (Unreachable, f"no connection ({text}). See that the server runs, and where.") if unanswered else None


def _sqlstate(error: BaseException | None) -> str:
    """What the server gave as the reason: pg8000 may hide it behind the failure to say goodbye to a server that has hung up already."""
    while error is not None:
        details = error.args[0] if error.args else None
        if isinstance(details, dict):
            return str(details.get("C", ""))
        error = error.__context__
    return ""
