"""Law 11, and the arrival of deliveries: business time adds up, is the inverse of its measure, and follows the next slot."""

from datetime import datetime, timedelta

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from rollout.core.coverage import Coverage, Request, Rule, WindowRule, compile_coverage
from rollout.errors import Refused
from tests.core.coverage.drawing import World, calendars, requests, worlds
from tests.core.coverage.making import PARTIES, TORONTO, at, block, request, window

seconds = st.integers(0, 40 * 3600).map(lambda count: timedelta(seconds=count))
HOUR = timedelta(hours=1)


@settings(max_examples=25, deadline=None)
@given(calendars(), st.integers(-3000, 3000), seconds, seconds)
def test_business_time_adds_up_and_is_the_inverse_of_its_measure(
    calendar: tuple[datetime, list[Rule]], offset: int, one: timedelta, two: timedelta
) -> None:
    near, rules = calendar
    coverage = compile_coverage(
        [*rules, window("desk-too", group=next((rule.group_name for rule in rules if isinstance(rule, WindowRule)), ""))], timezone="UTC"
    )
    at = near + timedelta(minutes=offset, microseconds=offset)
    assume(coverage.business_between(at, at + timedelta(days=60)) >= one + two)
    both = coverage.business_add(at, one + two)
    assert coverage.business_add(coverage.business_add(at, one), two) == both
    assert coverage.business_between(at, both) == one + two
    assert one + two == timedelta() or coverage.business_between(at, both - timedelta(microseconds=1)) < one + two


@settings(max_examples=30, deadline=None)
@given(worlds(), requests, st.integers(-1500, 1500), seconds)
def test_a_delivery_arrives_after_its_slot_its_length_and_its_soak(world: World, asked: Request, offset: int, soak: timedelta) -> None:
    coverage, after = world.coverage(), world.near + timedelta(minutes=offset, microseconds=offset)
    slot = coverage.next_slot(asked, after, after + timedelta(days=400))
    assume(slot is None or coverage.business_between(slot.start, slot.start + timedelta(days=60)) > soak + timedelta(hours=7))
    eta = coverage.eta(asked, after, soak)
    if slot is None or eta is None:
        assert slot is None
        assert eta is None
        return
    assert coverage.business_between(slot.start + asked.length, eta) == soak
    assert eta == coverage.business_add(slot.start + asked.length, soak)


def test_a_delivery_is_watched_in_the_hours_of_the_company_not_in_those_of_its_client() -> None:
    night = window("acme-window", scope={"clients": ["acme"]}, weekly={"mon-fri": ["15:00-17:00"]})
    freeze = block(start="2026-12-10T00:00", end="2026-12-15T00:00")
    coverage = Coverage([window(), night, freeze], TORONTO)
    assert coverage.eta(request(PARTIES[0], hours=1, runway=0.5), at("2026-12-09T03:00Z"), 3 * HOUR) == at("2026-12-15T16:00Z")
    assert coverage.eta(request(PARTIES[0], hours=1), at("2026-12-09T20:30:00.5Z"), timedelta()) == at("2026-12-09T21:30:00.5Z")
    assert coverage.eta(request(PARTIES[0], hours=3), at("2026-12-09T03:00Z"), HOUR) is None


def test_business_time_that_comes_only_after_a_gap_of_400_days_is_refused_whatever_was_asked_before() -> None:
    rules = [
        window("first", start="2026-12-08T09:00", end="2026-12-08T10:00", group="desk"),
        window("then", start="2029-01-08T09:00", end="2029-01-08T17:00", group="desk"),
    ]
    fresh, used = Coverage(rules, TORONTO), Coverage(rules, TORONTO)
    assert used.verdict(request(), at("2029-01-08T15:00Z")).open
    assert not used.verdict(request(), at("2026-12-07T15:00Z")).open
    for coverage in (fresh, used):
        with pytest.raises(Refused, match="400 days without coverage"):
            coverage.business_add(at("2026-12-08T14:00Z"), 2 * HOUR)
        assert coverage.next_slot(request(hours=2), at("2026-12-08T14:00Z"), at("2029-12-08T14:00Z")) is None
