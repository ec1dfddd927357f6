"""The ledger: what was planned and what happened, in SQLite or PostgreSQL. Importing this loads no database library."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from rollout.ports import Ledger


def open_ledger(url: str, base: Path) -> Ledger:
    """The ledger at that URL, its schema brought up to date; a relative SQLite path starts at `base`.

    Raises RolloutError for a URL that will not do, for a ledger that a newer program wrote, and where the database cannot be reached.
    """
    from rollout.ledger.engine import make_engine
    from rollout.ledger.ledger import DatabaseLedger

    return DatabaseLedger(make_engine(url, base))
