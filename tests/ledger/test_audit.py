"""The audit trail in the database: one chain, in the same transaction as the act, read a page at a time."""

from datetime import timedelta

from rollout.core.audit import first_broken
from rollout.ledger.audit import PAGE
from rollout.ports import Ledger, Tx
from tests.builders import NOON, notice
from tests.databases import trial


def note(tx: Tx, *subjects: str) -> None:
    for subject in subjects:
        tx.record(NOON, "dana", "held", subject, {"why": f"for {subject}"})


def test_rows_of_several_transactions_make_one_chain(ledger: Ledger) -> None:
    for subject in ("a", "b", "c"):
        with ledger.begin() as tx:
            note(tx, subject, subject)
    with ledger.read() as tx:
        rows = list(tx.audit())
    assert [(row.seq, row.subject) for row in rows] == [(1, "a"), (2, "a"), (3, "b"), (4, "b"), (5, "c"), (6, "c")]
    assert first_broken(rows) is None


def test_a_row_is_returned_as_it_will_be_read(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        row = tx.record(NOON + timedelta(microseconds=1), "dana", "held", "acme", {"ü": ("x", 1.5), "nothing": None})
        assert list(tx.audit()) == [row]
        assert tx.record(NOON, "dana", "lifted", "acme").data == {}


def test_many_rows_at_once_are_the_same_as_one_after_the_other(ledger: Ledger) -> None:
    entries = [("held", "a", {"n": 1}), ("held", "b", {}), ("lifted", "a", {"n": 2})]
    with ledger.begin() as tx:
        tx.record_all(NOON, "dana", entries)
        tx.record_all(NOON, "dana", [])
        assert [(row.act, row.subject, row.data) for row in tx.audit()] == entries


def test_the_trail_of_one_subject_and_the_newest_of_it(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        note(tx, "a", "b", "a", "b", "a")
        assert [row.seq for row in tx.audit("a")] == [1, 3, 5]
        assert [row.seq for row in tx.audit("a", limit=2)] == [3, 5]
        assert [row.seq for row in tx.audit(limit=2)] == [4, 5]
        assert [row.seq for row in tx.audit(limit=9)] == [1, 2, 3, 4, 5]
        assert [row.seq for row in tx.audit("nothing", limit=2)] == []
        assert [row.seq for row in tx.audit(limit=0)] == []


def test_a_long_trail_is_read_whole(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        tx.record_all(NOON, "dana", [("held", f"client {number % 2}", {}) for number in range(2 * PAGE + 1)])
    with ledger.read() as tx:
        assert [row.seq for row in tx.audit()] == list(range(1, 2 * PAGE + 2))
        assert [row.seq for row in tx.audit("client 1")] == list(range(2, 2 * PAGE + 1, 2))


def test_an_act_that_failed_leaves_neither_row_nor_gap(ledger: Ledger) -> None:
    with trial(ledger) as tx:
        tx.put_notice(notice())
        note(tx, "a")
    with ledger.begin() as tx:
        note(tx, "b")
        assert [(row.seq, row.subject) for row in tx.audit()] == [(1, "b")]
        assert tx.notices() == ()


def test_text_that_no_database_holds_does_not_break_the_chain(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        tx.record(NOON, "da\0na", "held", "a\ud800", {"why": "\0 and \ud800"})
    with ledger.read() as tx:
        rows = list(tx.audit())
    assert first_broken(rows) is None
    assert rows[0].data == {"why": "\0 and \ud800"}
