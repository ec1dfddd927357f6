"""For how long a copy counts: to the second, and never when it claims to come from the future."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout.core.coverage.freshness import SKEW, distrust, is_due, length

NOON = datetime(2026, 12, 9, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
AGES = st.timedeltas(min_value=-timedelta(days=3), max_value=timedelta(days=30))
SPANS = st.timedeltas(min_value=timedelta(seconds=1), max_value=timedelta(days=20))


@given(AGES, SPANS)
def test_a_copy_counts_from_its_fetch_up_to_its_age_and_no_longer(age: timedelta, max_age: timedelta) -> None:
    assert (distrust(NOON - age, max_age, NOON) == "") == (-SKEW <= age <= max_age)


@given(AGES, SPANS, SPANS)
def test_what_does_not_count_is_always_due(age: timedelta, refresh: timedelta, more: timedelta) -> None:
    if distrust(NOON - age, refresh + more, NOON):
        assert is_due(NOON - age, refresh, NOON)


def test_what_was_never_fetched_is_due() -> None:
    assert is_due(None, HOUR, NOON)
    assert is_due(NOON - HOUR, HOUR, NOON)
    assert not is_due(NOON - HOUR + timedelta(seconds=1), HOUR, NOON)


@pytest.mark.parametrize(("seconds", "told"), [(86_400, "24h"), (5400, "1h30m"), (45, "45s"), (90_061, "25h1m1s"), (0, "0s")])
def test_lengths_are_told_as_calendars_write_them(seconds: int, told: str) -> None:
    assert length(timedelta(seconds=seconds)) == told
