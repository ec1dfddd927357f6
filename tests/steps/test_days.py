"""Days that a window proposes count once a person with a role has approved them."""

from datetime import date

import pytest

from rollout.errors import NotFound, Refused
from rollout.steps import coverage, days
from tests.playing import DANA, LEE, TARGET, TUESDAY, WEDNESDAY, Play

DESK = "calendars/coverage.yaml"
RULE = "support-coverage"


@pytest.fixture
def proposing(play: Play) -> Play:
    """The play in which nothing may be deployed on any day that nobody approved."""
    play.go_to("signed")
    need_approval(play)
    return play


def need_approval(play: Play) -> None:
    file = play.folder / DESK
    file.write_text(file.read_text(encoding="utf-8").replace(f"id: {RULE}\n", f"id: {RULE}\napproval: required\n"), encoding="utf-8")
    play.reopen()


def codes(play: Play) -> set[str]:
    verdict = coverage.explain(play.world, TUESDAY, coverage.request(play.world, None))
    return {reason.code for reason in verdict.reasons}


def test_a_day_counts_once_it_is_approved_and_no_longer_once_that_is_withdrawn(proposing: Play) -> None:
    assert codes(proposing) == {"not-approved"}
    (approved,) = days.approve(proposing.world, [TUESDAY.date()], "two at the desk", DANA)
    assert (approved.rule, approved.day, approved.by, approved.note) == (RULE, TUESDAY.date(), DANA, "two at the desk")
    proposing.world.calendars()
    assert codes(proposing) == set()
    days.withdraw(proposing.world, [TUESDAY.date()], "Sam is ill", LEE)
    proposing.world.calendars()
    assert codes(proposing) == {"not-approved"}
    with proposing.world.ledger.read() as tx:
        told = [(row.act, row.actor, row.subject) for row in tx.audit()][-2:]
    assert told == [("approved day", DANA, str(TUESDAY.date())), ("withdrew day", LEE, str(TUESDAY.date()))]


def test_what_counts_already_is_not_approved_again(proposing: Play) -> None:
    days.approve(proposing.world, [TUESDAY.date()], "", DANA)
    assert [one.day for one in days.approve(proposing.world, [TUESDAY.date(), WEDNESDAY.date()], "", LEE)] == [WEDNESDAY.date()]
    with proposing.world.ledger.read() as tx:
        assert [(one.day, one.by) for one in tx.approved_days()] == [(TUESDAY.date(), DANA), (WEDNESDAY.date(), LEE)]


def test_a_dry_run_approves_nothing(proposing: Play) -> None:
    assert len(days.approve(proposing.world, [TUESDAY.date()], "", DANA, dry_run=True)) == 1
    with proposing.world.ledger.read() as tx:
        assert tx.approved_days() == ()


def test_nothing_is_planned_on_a_day_that_nobody_approved(proposing: Play) -> None:
    days.approve(proposing.world, [TUESDAY.date(), WEDNESDAY.date()], "", DANA)
    proposing.reopen()
    proposing.begin()
    with proposing.world.ledger.read() as tx:
        plan = tx.plan(TARGET)
    assert plan is not None
    assert {slot.start.date() for slot in plan.slots} <= {TUESDAY.date(), WEDNESDAY.date()}


def test_what_was_planned_on_a_day_does_not_start_before_the_day_is_approved(play: Play) -> None:
    play.go_to("previewed")
    need_approval(play)
    tick = play.at(TUESDAY).tick()
    assert tick.delivered == 0
    assert set(play.states().values()) == {"planned"}
    days.approve(play.world, [TUESDAY.date()], "we are there after all", DANA)
    assert play.tick().delivered == 4


@pytest.mark.parametrize(
    ("on", "rule", "actor", "says"),
    [
        (date(2026, 12, 12), None, DANA, r"support-coverage proposes no hours on Sat 2026-12-12: there is nothing to approve"),
        (date(2026, 12, 9), "suport-coverage", DANA, r"no window suport-coverage needs its days approved\. Did you mean support-coverage\?"),
        (date(2026, 12, 9), None, "nobody", r"'nobody' may not approve a day of coverage: only people with a role"),
    ],
)
def test_what_cannot_be_approved_says_why(proposing: Play, on: date, rule: str | None, actor: str, says: str) -> None:
    with pytest.raises((Refused, NotFound), match=says):
        days.approve(proposing.world, [on], "", actor, rule)  # type: ignore[arg-type]  # whoever calls it, as the command line does


def test_where_no_window_asks_for_it_there_is_nothing_to_approve(play: Play) -> None:
    with pytest.raises(Refused, match="no window of the calendars needs its days approved; one that should says approval: required"):
        days.approve(play.world, [TUESDAY.date()], "", DANA)
    with pytest.raises(NotFound, match=r"nothing is approved on Tue 2026-12-\d\d\. See rollout coverage show"):
        days.withdraw(play.world, [TUESDAY.date()], "", DANA)


def test_a_whole_week_is_approved_and_taken_back_for_the_days_that_have_hours(proposing: Play) -> None:
    week = [date(2026, 12, day) for day in range(7, 14)]
    weekdays = week[:5]
    assert [one.day for one in days.approve(proposing.world, week, "", DANA)] == weekdays
    assert [one.day for one in days.withdraw(proposing.world, week, "", DANA)] == weekdays
