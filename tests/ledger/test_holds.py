"""Holds and stops: in force from one moment to another, and never forgotten."""

from datetime import timedelta

from rollout.core.holds import Hold, Stop
from rollout.ports import Ledger
from tests.builders import NOON

HOUR = timedelta(hours=1)


def hold(subject: str = "acme", **given: object) -> Hold:
    return Hold(**{"subject": subject, "by": "dana", "at": NOON, "why": "their audit"} | given)


def test_a_hold_is_in_force_from_its_moment_until_its_end(ledger: Ledger) -> None:
    ends = hold(until=NOON + HOUR)
    with ledger.begin() as tx:
        tx.add_hold(ends)
        tx.add_hold(hold("2026.12", at=NOON + HOUR))
        assert tx.holds(NOON - HOUR) == ()
        assert tx.holds(NOON) == (ends,)
        assert tx.holds(NOON + HOUR) == (hold("2026.12", at=NOON + HOUR),)


def test_lifting_takes_every_hold_on_the_subject_and_no_other(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        for one in (hold(), hold(why="again", until=NOON + 9 * HOUR), hold("wave")):
            tx.add_hold(one)
        assert tx.lift_hold("acme", NOON + HOUR, "kim", "done") == 2
        assert tx.lift_hold("acme", NOON + HOUR, "kim", "done") == 0
        assert tx.holds(NOON + HOUR) == (hold("wave"),)


def test_a_hold_that_was_lifted_was_still_in_force_before(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        tx.add_hold(hold())
        tx.lift_hold("acme", NOON + HOUR, "kim", "done")
        assert tx.holds(NOON) == (hold(),)


def test_a_hold_that_ran_out_is_not_there_to_be_lifted(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        tx.add_hold(hold(until=NOON + HOUR))
        assert tx.lift_hold("acme", NOON + HOUR, "kim", "done") == 0


def test_a_stop_is_in_force_until_it_is_lifted(ledger: Ledger) -> None:
    stop = Stop(by="dana", at=NOON, why="wrong build")
    resumed = stop.model_copy(update={"resumed_by": ("kim",)})
    with ledger.begin() as tx:
        assert tx.stop() is None
        tx.save_stop(stop)
        assert tx.stop() == stop
        tx.save_stop(resumed)
        assert tx.stop() == resumed
        tx.save_stop(resumed.model_copy(update={"resumed_by": ("kim", "lee"), "lifted_at": NOON + HOUR}))
        assert tx.stop() is None


def test_one_stop_lifted_leaves_another_in_force(ledger: Ledger) -> None:
    first, second = Stop(by="dana", at=NOON, why="wrong build"), Stop(by="kim", at=NOON + HOUR, why="and worse")
    with ledger.begin() as tx:
        tx.save_stop(first)
        tx.save_stop(second)
        assert tx.stop() == second
        tx.save_stop(second.model_copy(update={"lifted_at": NOON + 2 * HOUR}))
        assert tx.stop() == first
