"""Notices wait for the client's business hours, exactly, also where clocks are changed."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo, available_timezones

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from rollout.core.closing import business_moment

ZONES = st.sampled_from(sorted(available_timezones()))
MOMENTS = st.datetimes(datetime(1860, 1, 1), datetime(2090, 1, 1), timezones=st.just(UTC))
QUARTER = timedelta(minutes=15)


def _open(at: datetime, zone: str) -> bool:
    shown = at.astimezone(ZoneInfo(zone))
    return shown.isoweekday() <= 5 and 9 <= shown.hour < 17


@given(MOMENTS, ZONES)
@example(datetime(2011, 12, 30, 8, 0, tzinfo=UTC), "Pacific/Apia")
@example(datetime(1867, 10, 18, 20, 0, tzinfo=UTC), "America/Juneau")
@example(datetime(1947, 1, 1, 0, 0, tzinfo=UTC), "Antarctica/DumontDUrville")
def test_it_is_the_first_open_moment_and_none_before_it_is_open(at: datetime, zone: str) -> None:
    found = business_moment(at, zone)
    assert found >= at
    assert found.tzinfo is UTC
    assert _open(found, zone)
    if found != at:
        assert not _open(found - timedelta(microseconds=1), zone)
        assert not any(_open(at + step * QUARTER, zone) for step in range(-((at - found) // QUARTER)))


@given(MOMENTS, ZONES)
def test_an_open_moment_is_its_own_answer(at: datetime, zone: str) -> None:
    found = business_moment(at, zone)
    assert business_moment(found, zone) == found


@given(MOMENTS, MOMENTS, ZONES)
def test_a_later_question_never_has_an_earlier_answer(one: datetime, other: datetime, zone: str) -> None:
    first, second = sorted((one, other))
    assert business_moment(first, zone) <= business_moment(second, zone)


@given(MOMENTS, ZONES)
def test_the_zone_of_the_question_does_not_matter(at: datetime, zone: str) -> None:
    assert business_moment(at.astimezone(ZoneInfo(zone)), "America/Toronto") == business_moment(at, "America/Toronto")


@pytest.mark.parametrize(
    ("at", "zone", "expected"),
    [
        ("2026-12-03T14:30:00+00:00", "America/Toronto", "2026-12-03T14:30:00+00:00"),  # Thursday, 09:30
        ("2026-12-03T13:59:59.5+00:00", "America/Toronto", "2026-12-03T14:00:00+00:00"),  # half a second before nine
        ("2026-12-03T22:00:00+00:00", "America/Toronto", "2026-12-04T14:00:00+00:00"),  # 17:00 is closed
        ("2026-12-03T21:59:59+00:00", "America/Toronto", "2026-12-03T21:59:59+00:00"),  # one second earlier is open
        ("2026-12-04T22:00:00+00:00", "America/Toronto", "2026-12-07T14:00:00+00:00"),  # Friday evening waits for Monday
        ("2026-03-06T23:00:00+00:00", "America/Toronto", "2026-03-09T13:00:00+00:00"),  # summer time begins on that Sunday
        ("2026-10-30T22:00:00+00:00", "America/Toronto", "2026-11-02T14:00:00+00:00"),  # and ends on this one
        ("2026-12-04T12:00:00+00:00", "Pacific/Kiritimati", "2026-12-06T19:00:00+00:00"),  # Saturday there already
        ("2011-12-30T04:00:00+00:00", "Pacific/Apia", "2012-01-01T19:00:00+00:00"),  # Thursday evening, and there was no Friday
    ],
)
def test_days_that_were_worked_out_by_hand(at: str, zone: str, expected: str) -> None:
    assert business_moment(datetime.fromisoformat(at), zone) == datetime.fromisoformat(expected)


def test_a_clock_that_is_put_back_into_business_hours_opens_there() -> None:
    saturday = datetime(1867, 10, 18, 20, tzinfo=UTC)  # at 15:33:32 of that Saturday, Juneau had Friday once more
    assert business_moment(saturday, "America/Juneau") == datetime(1867, 10, 19, 0, 31, 13, tzinfo=UTC)


def test_a_naive_moment_is_refused() -> None:
    with pytest.raises(ValueError, match="names no time zone"):
        business_moment(datetime(2026, 12, 3, 9), "America/Toronto")
