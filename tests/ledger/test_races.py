"""Processes that race for the same rows, and processes that die in the middle."""

import json
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from rollout.core.audit import first_broken
from rollout.ports import Ledger
from tests.builders import NOON, release
from tests.ledger.contender import DELIVERIES, NOTICES

ROOT = Path(__file__).resolve().parents[2]
Contender = subprocess.Popen[str]


@contextmanager
def contender(url: str, name: str, act: str) -> Iterator[Contender]:
    command = [sys.executable, "-m", "tests.ledger.contender", url, name, act]
    with subprocess.Popen(command, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            assert process.stdout.readline() == "ready\n"
            yield process
        finally:
            process.kill()


def go(*processes: Contender) -> None:
    for process in processes:
        process.stdin.write("go\n")
        process.stdin.flush()


def race(url: str, act: str) -> list[Any]:
    """What came of the same act in two processes that began it together."""
    with contender(url, "host:1", act) as one, contender(url, "host:2", act) as other:
        go(one, other)
        return [json.loads(process.communicate(timeout=60)[0]) for process in (one, other)]


def chain_holds(ledger: Ledger) -> bool:
    with ledger.read() as tx:
        return first_broken(tx.audit()) is None


@pytest.fixture
def filled(ledger: Ledger) -> Ledger:
    with ledger.begin() as tx:
        tx.save_release(release())
        tx.save_deliveries(DELIVERIES)
    return ledger


def test_no_delivery_is_claimed_by_two_processes(filled: Ledger, ledger_url: str) -> None:
    one, other = race(ledger_url, "claim")
    assert sorted(one + other) == [delivery.client for delivery in DELIVERIES]
    with filled.read() as tx:
        owners = {delivery.client: delivery.owner for delivery in tx.deliveries()}
        recorded = {row.subject: row.actor for row in tx.audit()}
    assert owners == dict.fromkeys(one, "host:1") | dict.fromkeys(other, "host:2") == recorded
    assert chain_holds(filled)


def test_no_notice_is_put_by_two_processes(filled: Ledger, ledger_url: str) -> None:
    one, other = race(ledger_url, "put")
    assert sorted(one + other) == [notice.key for notice in NOTICES]
    with filled.read() as tx:
        assert {notice.key: notice.body for notice in tx.notices()} == dict.fromkeys(one, "host:1") | dict.fromkeys(other, "host:2")
    assert chain_holds(filled)


def test_no_edit_of_a_release_is_lost_between_two_processes(filled: Ledger, ledger_url: str) -> None:
    race(ledger_url, "edit")
    with filled.read() as tx:
        assert tx.release("2026.12").revision == 51
        assert len(list(tx.audit("2026.12"))) == 50
    assert chain_holds(filled)


def test_a_process_killed_in_a_transaction_leaves_nothing_and_locks_nobody_out(filled: Ledger, ledger_url: str) -> None:
    with contender(ledger_url, "host:1", "hang") as process:
        go(process)
        assert process.stdout.readline() == "hangs\n"
        process.kill()
        process.wait(10)
        with filled.begin() as tx:
            assert tx.release("2027.1") is None
            assert tx.deliveries() == DELIVERIES
            tx.record(NOON, "dana", "went on", "2026.12")
            assert [row.seq for row in tx.audit()] == [1]
    assert chain_holds(filled)
