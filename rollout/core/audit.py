"""The audit trail's hash chain: each row seals the one before it, so that no row can be changed, dropped or moved unseen.

Rows cut off at the end leave a chain that fits; they are seen by whoever noted a later row's number and hash somewhere else.
"""

import hashlib
import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from rollout.core.values import Moment, Value, aware

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


def _plain(value: Any) -> Any:
    if isinstance(value, Value):
        return value.model_dump(mode="json")
    if isinstance(value, datetime):
        return aware(value).isoformat()
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, set | frozenset):
        return sorted(value)
    raise TypeError(f"{value!r} has no JSON form; pass text, numbers, moments, sets, values, or lists and mappings of them")


_ENCODER = json.JSONEncoder(sort_keys=True, separators=(",", ":"), allow_nan=False, default=_plain)


def canonical(data: Any) -> str:
    """The one JSON text of that data, in ASCII, keys sorted. Values, moments and sets may be inside. Raises TypeError for what has no JSON form."""
    return _ENCODER.encode(data)


def seal(seq: int, at: str, actor: str, act: str, subject: str, data: dict[str, Any], previous: str) -> str:
    """The SHA-256, in hex, of the row's canonical JSON together with the hash of the row before it."""
    return hashlib.sha256(canonical([seq, at, actor, act, subject, data, previous]).encode()).hexdigest()


def follow(last: AuditRow | None, at: datetime, actor: str, act: str, subject: str, data: Mapping[str, Any]) -> AuditRow:
    """The row that comes after `last` (None: the first), sealed to it. Its `data` is what a reader of the JSON gets back."""
    seq, previous, moment = (last.seq + 1, last.hash, aware(at)) if last else (1, GENESIS, aware(at))
    details = json.loads(canonical(dict(data)))
    sealed = seal(seq, moment.isoformat(), actor, act, subject, details, previous)
    return AuditRow(seq=seq, at=moment, actor=actor, act=act, subject=subject, data=details, previous=previous, hash=sealed)


def first_broken(rows: Iterable[AuditRow], noted: Mapping[int, str] | None = None) -> tuple[int, str] | None:
    """The sequence number of the first row that does not fit the chain, and why; None when all fit.

    `noted` are hashes by sequence number that somebody kept outside: with them, a chain that was cut off or made anew is seen as well.
    """
    previous, expected, kept = GENESIS, 1, noted or {}
    for row in rows:
        why = _misfit(row, expected, previous, kept)
        if why:
            return min(expected, row.seq), why
        previous, expected = row.hash, expected + 1
    missing = [seq for seq in kept if seq >= expected]
    return (expected, f"the trail ends before it, but row {max(missing)} was noted once") if missing else None


def _misfit(row: AuditRow, expected: int, previous: str, noted: Mapping[int, str]) -> str:
    if row.seq > expected:
        return f"row {expected} is missing; the next one is {row.seq}"
    if row.seq < expected:
        return f"row {row.seq} is there twice"
    if row.previous != previous:
        return "it does not name the hash of the row before it"
    if seal(row.seq, row.at.isoformat(), row.actor, row.act, row.subject, row.data, row.previous) != row.hash:
        return "its content does not fit its hash"
    return "" if noted.get(row.seq, row.hash) == row.hash else "its hash is not the one that was noted once"
