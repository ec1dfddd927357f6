"""Releases: nobody overwrites what somebody else changed; members and sign-offs."""

import pytest
from sqlalchemy.exc import DBAPIError

from rollout.core.releases import Assessment, Impact, Membership, ReleaseState, Risk
from rollout.core.signoffs import Signoff
from rollout.errors import Conflict
from rollout.ports import Ledger
from tests.builders import NOON, release


def signoff(person: str, role: str = "pm") -> Signoff:
    return Signoff(version="2026.12", role=role, person=person, digest="d", at=NOON)


def test_a_release_comes_back_as_it_was_saved(ledger: Ledger) -> None:
    assessed = Assessment(impact=Impact.VISIBLE, risk=Risk.LOW, strategy="staged", causes=("one", "two"), confirmed_by="dana", confirmed_at=NOON)
    full = release(fix_versions=("12",), cut_at=NOON, cut_by="dana", assessment=assessed, calendars="c")
    with ledger.begin() as tx:
        saved = tx.save_release(full)
        assert saved == full.model_copy(update={"row": 1})
        assert tx.release("2026.12") == saved
        assert tx.release("2026.13") is None


def test_the_loser_of_two_edits_is_told_who_won_and_what_to_do(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        read = tx.save_release(release())
    with ledger.begin() as tx:
        tx.save_release(read.model_copy(update={"state": ReleaseState.CUT}))
        tx.record(NOON, "dana", "release cut", "2026.12")
    with pytest.raises(Conflict) as told, ledger.begin() as tx:
        tx.save_release(read.model_copy(update={"state": ReleaseState.CANCELLED}))
    assert str(told.value) == (
        "release 2026.12 was changed by somebody else: since edit 1 was read, it is at edit 2; "
        "last was dana at 2026-12-01 12:00 UTC (release cut). Read it again, then repeat."
    )
    with ledger.read() as tx:
        assert tx.release("2026.12").state is ReleaseState.CUT


def test_a_release_is_opened_once(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        tx.save_release(release())
    with pytest.raises(Conflict, match=r"it is there already, at edit 1\. Read it again"), ledger.begin() as tx:
        tx.save_release(release())


def test_a_release_that_is_not_there_cannot_be_replaced(ledger: Ledger) -> None:
    with pytest.raises(Conflict, match=r"release 2026\.12 is not in the ledger, yet edit 3"), ledger.begin() as tx:
        tx.save_release(release(row=3))


def test_releases_come_in_the_natural_order_of_their_versions(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        for version in ("2026.10", "2026.9", "2026.12.1", "2026.12"):
            tx.save_release(release(version, state=ReleaseState.CUT if version == "2026.9" else ReleaseState.DRAFT))
        assert [one.version for one in tx.releases()] == ["2026.9", "2026.10", "2026.12", "2026.12.1"]
        assert [one.version for one in tx.releases([ReleaseState.CUT, ReleaseState.SIGNED])] == ["2026.9"]
        assert tx.releases([]) == ()


def test_a_member_that_left_is_still_told_of(ledger: Ledger) -> None:
    joined = Membership(version="2026.12", key="TIDE-1", joined_at=NOON, joined_why="ready at the cut")
    left = joined.model_copy(update={"left_at": NOON, "left_why": "pulled"})
    with ledger.begin() as tx:
        tx.save_release(release())
        tx.save_member(joined)
        assert tx.members("2026.12") == (joined,)
        tx.save_member(left)
        assert tx.members("2026.12") == (left,)
        assert tx.members("2026.13") == ()


def test_voiding_takes_all_live_signoffs_and_no_voided_one(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        tx.save_release(release())
        tx.add_signoff(signoff("dana"))
        tx.add_signoff(signoff("quinn", "qa"))
        assert tx.void_signoffs("2026.12", NOON, "TIDE-1 was pulled") == 2
        tx.add_signoff(signoff("dana"))
        assert tx.void_signoffs("2026.12", NOON, "again") == 1
        stored = tx.signoffs("2026.12")
    assert [(one.person, one.voided_why) for one in stored] == [("dana", "TIDE-1 was pulled"), ("quinn", "TIDE-1 was pulled"), ("dana", "again")]


def test_nothing_belongs_to_a_release_that_does_not_exist(ledger: Ledger) -> None:
    with pytest.raises(DBAPIError, match=r"(?i)foreign key"), ledger.begin() as tx:
        tx.add_signoff(signoff("dana"))
