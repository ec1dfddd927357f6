"""The outbox: each notice and errand once, found when it is due, sent by one process only. And pages and clocks."""

from datetime import timedelta
from typing import Any

from rollout.core.clocks import ServiceClock
from rollout.core.closing import Channel, NoticeState
from rollout.core.errands import Errand, ErrandKind, ErrandState
from rollout.ports import Ledger
from tests.builders import NOON, notice

HOUR = timedelta(hours=1)
N = NoticeState


def errand(key: str, **given: Any) -> Errand:
    usual = {"key": key, "kind": ErrandKind.MOVE_CHANGE, "tracker": "jira", "version": "2026.12", "words": {"key": "TIDE-1"}, "not_before": NOON}
    return Errand(**usual | given)


def test_a_notice_is_written_once_whatever_is_put_later(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        assert tx.put_notice(notice())
        assert not tx.put_notice(notice(body="something else"))
        assert tx.notice(notice().key) == notice()
        assert tx.notice("none") is None


def test_a_notice_comes_back_as_it_was_saved(ledger: Ledger) -> None:
    full = notice(state=N.SENT, attempts=3, owner="host:1", lease_until=NOON, last_error="503", sent_at=NOON, resolve=True, changes=("B-1", "A-1"))
    with ledger.begin() as tx:
        tx.put_notice(notice())
        tx.save_notice(full)
        assert tx.notice(full.key) == full


def test_notices_come_in_order_of_their_moment_then_key(ledger: Ledger) -> None:
    ordered = (notice("b"), notice("c"), notice("a", not_before=NOON + HOUR))
    with ledger.begin() as tx:
        for one in reversed(ordered):
            tx.put_notice(one)
        assert tx.notices() == ordered
        assert tx.notices(limit=2) == ordered[:2]


def test_due_notices_are_those_that_wait_and_may_be_sent_by_then(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        for one in (
            notice("now"),
            notice("later", not_before=NOON + HOUR),
            notice("sent", state=N.SENT),
            notice("sending", state=N.SENDING),
            notice("call", channel=Channel.CALL),
        ):
            tx.put_notice(one)
        assert [one.key for one in tx.notices(due_at=NOON)] == ["call", "now"]
        assert [one.key for one in tx.notices(due_at=NOON, channels=[Channel.TICKET, Channel.MAIL])] == ["now"]
        assert [one.key for one in tx.notices(due_at=NOON, states=[N.SENDING, N.WAITING])] == ["call", "now", "sending"]
        assert [one.key for one in tx.notices(due_at=NOON + HOUR, limit=2)] == ["call", "now"]
        assert tx.notices(due_at=NOON - HOUR) == ()


def test_notices_are_chosen_by_version_client_and_state(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        for one in (notice("a"), notice("b", client="wave"), notice("c", version="2027.1"), notice("d", state=N.REVIEW)):
            tx.put_notice(one)
        assert [one.key for one in tx.notices(version="2026.12", client="acme")] == ["a", "d"]
        assert [one.key for one in tx.notices(client="acme", states=[N.WAITING])] == ["a", "c"]
        assert [one.key for one in tx.notices(version="2027.1")] == ["c"]
        assert tx.notices(states=[]) == ()


def test_of_two_processes_that_read_the_same_notice_one_sends_it(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        for one in (notice("a"), notice("b")):
            tx.put_notice(one)
    with ledger.begin() as tx:
        assert [one.key for one in tx.claim_notices([notice("a")], "host:1", NOON + HOUR)] == ["a"]
    with ledger.begin() as tx:
        won = tx.claim_notices([notice("a"), notice("b"), notice("never put")], "host:2", NOON + HOUR)
        assert won == (notice("b", state=N.SENDING, owner="host:2", lease_until=NOON + HOUR),)
        assert [(one.owner, one.state) for one in tx.notices()] == [("host:1", N.SENDING), ("host:2", N.SENDING)]


def test_a_notice_that_a_person_edited_since_is_not_sent_as_it_was(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        tx.put_notice(notice())
        tx.save_notice(notice(body="by hand"))
        assert tx.claim_notices([notice()], "host:1", NOON + HOUR) == ()


def test_what_a_lost_process_was_sending_is_taken_over_once(ledger: Ledger) -> None:
    left = notice(state=N.SENDING, owner="dead:1", lease_until=NOON)
    with ledger.begin() as tx:
        tx.put_notice(left)
        assert len(tx.claim_notices([left], "host:1", NOON + HOUR)) == 1
        assert tx.claim_notices([left], "host:2", NOON + HOUR) == ()
        assert tx.claim_notices(tx.notices(), "host:1", NOON + HOUR) == ()


def test_errands_are_put_once_and_keep_the_order_in_which_they_were_put(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        assert [tx.put_errand(errand(key)) for key in ("z", "a", "z", "m")] == [True, True, False, True]
        stored = tx.errands()
        assert [one.key for one in stored] == ["z", "a", "m"]
        assert stored[1] == errand("a", seq=stored[1].seq)
        tx.save_errand(stored[0].model_copy(update={"state": ErrandState.DONE}))
        tx.put_errand(errand("b"))
        assert [one.key for one in tx.errands(states=[ErrandState.WAITING])] == ["a", "m", "b"]
        assert [one.key for one in tx.errands(states=[ErrandState.DONE, ErrandState.DEAD])] == ["z"]


def test_a_dead_errand_that_is_put_again_waits_again_behind_the_others(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        for key in ("dead", "other"):
            tx.put_errand(errand(key))
        tx.save_errand(tx.errands()[0].model_copy(update={"state": ErrandState.DEAD, "attempts": 8, "last_error": "no"}))
        assert tx.put_errand(errand("dead"))
        assert [(one.key, one.state, one.attempts, one.last_error) for one in tx.errands()] == [
            ("other", ErrandState.WAITING, 0, ""),
            ("dead", ErrandState.WAITING, 0, ""),
        ]


def test_a_page_has_the_digest_that_was_published_last(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        assert tx.page("index") is None
        tx.save_page("index", "one", NOON)
        tx.save_page("index", "two", NOON + HOUR)
        assert (tx.page("index"), tx.page("feed")) == ("two", None)


def test_clocks_come_in_the_order_in_which_they_were_opened(ledger: Ledger) -> None:
    late, early = (ServiceClock(id=name, keys=("TIDE-1",), opened_at=NOON + hours * HOUR, opened_by="dana") for name, hours in (("a", 1), ("b", 0)))
    triaged = late.model_copy(update={"triaged_at": NOON + 2 * HOUR, "eta": NOON + 3 * HOUR})
    with ledger.begin() as tx:
        for clock in (late, early, triaged):
            tx.save_clock(clock)
        assert tx.clocks() == (early, triaged)


def test_of_two_processes_that_read_the_same_errand_one_runs_it(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        tx.put_errand(errand("a"))
        read = tx.errands()[0]
    with ledger.begin() as tx:
        claimed = tx.claim_errand(read, "host:1", NOON + HOUR)
        assert claimed == read.model_copy(update={"owner": "host:1", "lease_until": NOON + HOUR}) == tx.errands()[0]
    with ledger.begin() as tx:
        assert tx.claim_errand(read, "host:2", NOON + HOUR) is None
        assert tx.claim_errand(errand("never put"), "host:2", NOON + HOUR) is None
        assert tx.errands() == (claimed,)
