"""Transactions: all or nothing, reads that stay still, and writers that wait for one another instead of failing."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier, Event

import pytest
from sqlalchemy.exc import DBAPIError

from rollout.core.releases import ReleaseState
from rollout.errors import Conflict
from rollout.ledger import open_ledger
from rollout.ports import Ledger
from tests.builders import NOON, notice, release
from tests.databases import trial


def test_a_transaction_sees_its_own_writes_and_others_see_them_when_it_ends(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        tx.put_notice(notice())
        assert tx.notice(notice().key) is not None
        with ledger.read() as other:
            assert other.notice(notice().key) is None
    with ledger.read() as other:
        assert other.notice(notice().key) is not None


def test_of_a_transaction_that_fails_nothing_stays(ledger: Ledger) -> None:
    with trial(ledger) as tx:
        tx.save_release(release())
        tx.record(NOON, "dana", "release opened", "2026.12")
    with ledger.read() as tx:
        assert tx.releases() == ()
        assert list(tx.audit()) == []


def test_a_read_stays_at_one_moment_while_others_write(ledger: Ledger) -> None:
    with ledger.read() as tx:
        before = tx.releases()
        with ledger.begin() as other:
            other.save_release(release())
        assert tx.releases() == before
        assert tx.release("2026.12") is None


def test_writing_in_a_read_is_an_error_and_leaves_nothing(ledger: Ledger) -> None:
    with pytest.raises(DBAPIError, match=r"(?i)read.?only"), ledger.read() as tx:
        tx.put_notice(notice())
    with ledger.begin() as tx:
        assert tx.put_notice(notice())


def test_a_connection_that_read_can_write_again(ledger: Ledger) -> None:
    for number in range(3):
        with ledger.read() as tx:
            assert len(tx.releases()) == number
        with ledger.begin() as tx:
            tx.save_release(release(f"2026.{number}"))


def test_a_ledger_that_was_closed_keeps_everything(ledger: Ledger, ledger_url: str, tmp_path: object) -> None:
    with ledger.begin() as tx:
        tx.save_release(release())
    ledger.close()
    again = open_ledger(ledger_url, tmp_path)
    with again.read() as tx:
        assert tx.release("2026.12") is not None
    again.close()


def test_what_a_writer_read_is_still_so_when_it_writes(ledger: Ledger) -> None:
    """Without that, two threads that each read n and write n + 1 lose writes."""
    with ledger.begin() as tx:
        tx.save_release(release())

    def edit(_: int) -> None:
        with ledger.begin() as tx:
            read = tx.release("2026.12")
            tx.save_release(read.model_copy(update={"revision": read.revision + 1}))

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(edit, range(40)))
    with ledger.read() as tx:
        assert tx.release("2026.12").revision == 41


def test_a_writer_waits_for_the_one_before_it(ledger: Ledger) -> None:
    writing, goes_on = Event(), Event()

    def slow() -> None:
        with ledger.begin() as tx:
            tx.save_release(release())
            writing.set()
            goes_on.wait(10)

    def second() -> bool:
        with ledger.begin() as tx:
            return tx.release("2026.12") is not None

    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(slow)
        writing.wait(10)
        waiting = pool.submit(second)
        with ledger.read() as tx:
            assert tx.releases() == ()
        assert not waiting.done()
        goes_on.set()
        first.result(10)
        assert waiting.result(10)


def test_of_two_that_edit_what_they_read_before_one_wins(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        read = tx.save_release(release())
    barrier = Barrier(2)

    def edit(state: ReleaseState) -> ReleaseState | None:
        barrier.wait(10)
        try:
            with ledger.begin() as tx:
                return tx.save_release(read.model_copy(update={"state": state})).state
        except Conflict:
            return None

    with ThreadPoolExecutor(2) as pool:
        ended = list(pool.map(edit, [ReleaseState.CUT, ReleaseState.CANCELLED]))
    with ledger.read() as tx:
        assert {tx.release("2026.12").state, None} == set(ended)
