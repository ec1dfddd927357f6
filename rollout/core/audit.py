"""The audit trail's hash chain: each row seals the one before it, so that no row can be changed, dropped or moved unseen."""

import hashlib
import json
from collections.abc import Iterable
from typing import Any

from rollout.core.values import Moment, Value

GENESIS = "0" * 64


class AuditRow(Value):
    """One decision or act: who did what to which thing, when, with which details. `seq` counts from 1 without gaps."""

    seq: int
    at: Moment
    actor: str
    act: str
    subject: str
    data: dict[str, Any]
    previous: str
    hash: str


def seal(seq: int, at: str, actor: str, act: str, subject: str, data: dict[str, Any], previous: str) -> str:
    """The SHA-256, in hex, of the row's canonical JSON together with the hash of the row before it."""
    text = json.dumps([seq, at, actor, act, subject, data, previous], sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()


def first_broken(rows: Iterable[AuditRow]) -> tuple[int, str] | None:
    """The sequence number of the first row that does not fit the chain, and why; None when all fit."""
    previous, expected = GENESIS, 1
    for row in rows:
        if row.seq != expected:
            return expected, f"row {expected} is missing; the next one is {row.seq}"
        if row.previous != previous:
            return row.seq, "it does not name the hash of the row before it"
        if seal(row.seq, row.at.isoformat(), row.actor, row.act, row.subject, row.data, row.previous) != row.hash:
            return row.seq, "its content does not fit its hash"
        previous, expected = row.hash, expected + 1
    return None
