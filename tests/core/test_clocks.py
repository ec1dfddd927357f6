"""The after-hours service clocks."""

from datetime import timedelta

from rollout.core.clocks import ServiceClock, warnings
from rollout.core.values import ChangeKey
from tests.builders import NOON

CLOCK = ServiceClock(id="h1", keys=(ChangeKey("TIDE-1"),), opened_at=NOON, opened_by="lee")


def told(clock: ServiceClock, minutes: int) -> list[tuple[str, str]]:
    return [(one.code, one.text) for one in warnings(clock, NOON + timedelta(minutes=minutes))]


def test_both_promises_run_from_the_opening() -> None:
    assert told(CLOCK, 5) == [
        ("clock-running", "hotfix h1: triage is due in 10 minutes"),
        ("clock-running", "hotfix h1: status notice is due in 55 minutes"),
    ]


def test_a_broken_promise_says_by_how_much() -> None:
    assert told(CLOCK, 30)[0] == ("clock-broken", "hotfix h1: triage is 15 minutes late")


def test_a_promise_that_was_kept_is_silent() -> None:
    assert told(CLOCK.model_copy(update={"triaged_at": NOON, "notice_at": NOON}), 600) == []
