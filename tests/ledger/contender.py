"""A process of its own that does one thing to a ledger: python -m tests.ledger.contender URL NAME ACT

It prints `ready` when it has opened the ledger, waits for a line, acts, and prints what came of it as JSON.
"""

import json
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

from rollout.errors import Conflict
from rollout.ledger import open_ledger
from rollout.ports import Ledger
from tests.builders import NOON, delivery, notice, release

DELIVERIES = tuple(delivery(f"client-{number:03}") for number in range(200))
NOTICES = tuple(notice(f"notice-{number:03}") for number in range(50))
BATCH = 10


def main() -> None:
    url, name, act = sys.argv[1:]
    ledger = open_ledger(url, Path())
    say("ready")
    sys.stdin.readline()
    say(json.dumps(ACTS[act](ledger, name)))


def say(line: str) -> None:
    sys.stdout.write(f"{line}\n")
    sys.stdout.flush()


def claim(ledger: Ledger, name: str) -> list[str]:
    """Claims all deliveries as they were read before anybody claimed one, batch by batch, and returns whose it got."""
    won: list[str] = []
    for first in range(0, len(DELIVERIES), BATCH):
        with ledger.begin() as tx:
            got = tx.claim(DELIVERIES[first : first + BATCH], name, NOON + timedelta(hours=1))
            tx.record_all(NOON, name, [("delivery started", one.client, {}) for one in got])
        won += [one.client for one in got]
    return won


def put(ledger: Ledger, name: str) -> list[str]:
    """Puts the same notices as everybody else, and returns which of them were its own."""
    own: list[str] = []
    for one in NOTICES:
        with ledger.begin() as tx:
            if tx.put_notice(one.model_copy(update={"body": name})):
                tx.record(NOON, name, "notice put", one.key)
                own.append(one.key)
    return own


def edit(ledger: Ledger, name: str) -> int:
    """Edits one release 25 times, reading it again after each conflict; returns how many conflicts there were."""
    conflicts = edits = 0
    while edits < 25:
        with ledger.read() as tx:
            read = tx.release("2026.12")
        try:
            with ledger.begin() as tx:
                tx.save_release(read.model_copy(update={"revision": read.revision + 1}))
                tx.record(NOON, name, "release edited", read.version)
            edits += 1
        except Conflict:
            conflicts += 1
    return conflicts


def hang(ledger: Ledger, name: str) -> None:
    """Stops in the middle of a transaction, after it has written."""
    with ledger.begin() as tx:
        tx.save_release(release("2027.1"))
        tx.claim(DELIVERIES[:1], name, NOON)
        tx.record(NOON, name, "release opened", "2027.1")
        list(tx.audit())
        say("hangs")
        sys.stdin.readline()


ACTS: dict[str, Callable[[Ledger, str], Any]] = {"claim": claim, "put": put, "edit": edit, "hang": hang}

if __name__ == "__main__":
    main()
