"""Deliveries and waves: the tables, tolerance, and what happens to a wave."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout.core.clients import Environment
from rollout.core.delivery import (
    BROKEN,
    LIFECYCLE,
    PENDING,
    DeliveryEvent,
    DeliveryState,
    WaveEvent,
    WaveProgress,
    WaveState,
    after,
    allowed_failures,
    judge,
    soaked,
    span,
)
from rollout.core.values import Verdict, Version, closed
from rollout.core.waves import Tolerance
from rollout.errors import Refused
from tests.builders import NOON, delivery

STATES = st.sampled_from(list(DeliveryState))
COUNTS = st.dictionaries(STATES, st.integers(0, 5), max_size=6)
SOAKING = closed("soak", "not yet", clears_at=NOON)


def wave(state: WaveState = WaveState.OPEN, **given_: object) -> WaveProgress:
    return WaveProgress(version=Version("2026.12"), index=1, name="pilot", environment=Environment.PRODUCTION, state=state, **given_)  # type: ignore[arg-type]


def event(
    state: WaveState = WaveState.OPEN,
    counts: dict[DeliveryState, int] | None = None,
    tolerance: Tolerance = Tolerance(),  # noqa: B008 - frozen
    held: int = 0,
    before: WaveState = WaveState.PROMOTED,
    soak: Verdict = Verdict(),  # noqa: B008 - frozen
    **given_: object,
) -> WaveEvent | None:
    return judge(wave(state, **given_), tolerance, counts or {}, held, before, soak)


def test_a_delivery_is_delivered_only_after_it_arrived() -> None:
    assert after("x", DeliveryState.ARRIVED, DeliveryEvent.PASS) is DeliveryState.DELIVERED
    with pytest.raises(Refused, match="cannot pass acme: it is started"):
        after("acme", DeliveryState.STARTED, DeliveryEvent.PASS)


def test_an_unknown_outcome_is_never_started_again_without_a_look() -> None:
    assert (DeliveryState.UNKNOWN, DeliveryEvent.START) not in LIFECYCLE
    assert after("x", DeliveryState.UNKNOWN, DeliveryEvent.FIND_PREVIOUS) is DeliveryState.PLANNED


def test_every_state_is_settled_or_leads_somewhere() -> None:
    stuck = set(DeliveryState) - {state for state, _ in LIFECYCLE}
    assert stuck == {DeliveryState.WITHDRAWN}


def test_the_key_of_an_attempt_is_the_same_whoever_performs_it() -> None:
    assert delivery(attempt=2).key == delivery(attempt=2, owner="other").key == "2026.12:acme:production:2"
    assert delivery(attempt=2).key != delivery(attempt=3).key


@pytest.mark.parametrize(("percent", "count", "size", "allowed"), [(0, 0, 50, 0), (5, 0, 50, 3), (5, 0, 1, 1), (1, 4, 100, 4), (10, 0, 0, 0)])
def test_tolerance_rounds_up_and_takes_the_larger(percent: float, count: int, size: int, allowed: int) -> None:
    assert allowed_failures(Tolerance(count=count, percent=percent), size) == allowed


def test_a_wave_waits_for_the_one_before() -> None:
    assert event(WaveState.WAITING, before=WaveState.OPEN) is None
    assert event(WaveState.WAITING, before=WaveState.HALTED) is None
    assert event(WaveState.WAITING, before=WaveState.PROMOTED) is WaveEvent.OPEN


def test_one_failure_more_than_tolerated_halts() -> None:
    assert event(counts={DeliveryState.FAILED: 1, DeliveryState.PLANNED: 3}) is WaveEvent.HALT
    assert event(counts={DeliveryState.FAILED: 1, DeliveryState.PLANNED: 3}, tolerance=Tolerance(count=1)) is None
    assert event(counts={DeliveryState.UNKNOWN: 1, DeliveryState.ROLLED_BACK: 1}, tolerance=Tolerance(count=1)) is WaveEvent.HALT


def test_a_halted_wave_goes_on_once_its_failures_are_dealt_with_or_forgiven() -> None:
    assert event(WaveState.HALTED, {DeliveryState.FAILED: 1}) is None
    assert event(WaveState.HALTED, {DeliveryState.PLANNED: 1}) is WaveEvent.GO_ON
    assert event(WaveState.HALTED, {DeliveryState.FAILED: 1}, forgiven=1) is WaveEvent.GO_ON


def test_a_wave_is_promoted_when_all_is_settled_and_soaked() -> None:
    done = {DeliveryState.DELIVERED: 3, DeliveryState.WITHDRAWN: 1}
    assert event(counts=done) is WaveEvent.PROMOTE
    assert event(counts=done, soak=SOAKING) is None
    assert event(counts=done | {DeliveryState.ARRIVED: 1}) is None


def test_a_held_client_keeps_nobody_else_waiting() -> None:
    assert event(counts={DeliveryState.DELIVERED: 3, DeliveryState.PLANNED: 1}, held=1) is WaveEvent.PROMOTE
    assert event(counts={DeliveryState.DELIVERED: 3, DeliveryState.PLANNED: 2}, held=1) is None


def test_a_wave_of_which_nobody_has_the_release_is_not_promoted_because_the_rest_is_held() -> None:
    assert event(counts={DeliveryState.PLANNED: 1}, held=1) is None


@given(COUNTS, st.integers(0, 3), st.integers(0, 30), st.integers(0, 3))
def test_no_wave_is_promoted_over_open_work_or_untolerated_failures(counts: dict[DeliveryState, int], count: int, size: int, forgiven: int) -> None:
    tolerance = Tolerance(count=count)
    if event(counts=counts, tolerance=tolerance, size=size, forgiven=forgiven) is WaveEvent.PROMOTE:
        assert not any(counts.get(state, 0) for state in PENDING)
        assert sum(counts.get(state, 0) for state in BROKEN) - forgiven <= count


@given(COUNTS, st.sampled_from(list(WaveState)))
def test_a_promoted_wave_stays_promoted(counts: dict[DeliveryState, int], before: WaveState) -> None:
    assert event(WaveState.PROMOTED, counts, before=before) is None


def test_soak_says_how_long_it_was_watched() -> None:
    verdict = soaked(wave(), timedelta(hours=8), timedelta(hours=2, minutes=30), NOON)
    assert verdict.reasons[0].text == "wave pilot has been watched for 2 h 30 min of 8 h business time"
    assert verdict.next_open == NOON
    assert soaked(wave(), timedelta(hours=8), timedelta(hours=8), None).open


@pytest.mark.parametrize(("minutes", "text"), [(0, "0 min"), (59, "59 min"), (60, "1 h"), (150, "2 h 30 min"), (1500, "25 h")])
def test_lengths_are_said_as_people_say_them(minutes: int, text: str) -> None:
    assert span(timedelta(minutes=minutes)) == text
