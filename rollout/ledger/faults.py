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

_SQLITE = {
    "SQLITE_BUSY": (Throttled, BUSY),
    "SQLITE_LOCKED": (Throttled, BUSY),
    "SQLITE_CANTOPEN": (Unreachable, "the file cannot be opened. See that its folder exists and may be written to."),
    "SQLITE_FULL": (Unreachable, "the disk is full; nothing of this transaction was stored. Make room, then repeat it."),
    "SQLITE_IOERR": (Unreachable, f"the disk failed. {LOST}"),
    "SQLITE_NOTADB": (BadAnswer, "the file is no SQLite database. Name another one in ledger.url."),
    "SQLITE_CORRUPT": (BadAnswer, "the file is damaged. Restore it from a backup."),
}
# By SQLSTATE, or its first two letters; https://www.postgresql.org/docs/current/errcodes-appendix.html
_POSTGRESQL = {
    "55P03": (Throttled, BUSY),
    "40P01": (Throttled, BUSY),
    "3D000": (Unreachable, "there is no such database. Create it: createdb NAME."),
    "28": (Unauthorized, "the server does not accept that user or password."),
    "08": (Unreachable, f"the connection broke. {LOST}"),
    "53": (Unreachable, "the server has no connections, memory or disk left. Try again later."),
    "57P": (Unreachable, f"the server is shutting down or starting. {LOST}"),
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


def _meaning(error: Any) -> tuple[type[OutsideError], str] | None:
    name = getattr(error, "sqlite_errorname", None)
    if name is not None:
        return next((meaning for start, meaning in _SQLITE.items() if name.startswith(start)), None)
    if not type(error).__module__.startswith("pg8000"):
        return None
    if type(error).__name__ == "InterfaceError":
        lost = "network error" in str(error)
        return Unreachable, f"the connection broke. {LOST}" if lost else f"no connection ({error}). See that the server runs, and where."
    details = error.args[0] if error.args else None
    state = str(details.get("C", "")) if isinstance(details, dict) else ""
    return next((meaning for start, meaning in _POSTGRESQL.items() if state.startswith(start)), None)
