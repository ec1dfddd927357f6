"""The days that a recurrence names are those that dateutil names, for every rule of the subset."""

from datetime import date, datetime, timedelta
from itertools import islice

import pytest
from dateutil.rrule import rrule, weekday
from hypothesis import example, given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from rollout.core.coverage.rrules import Frequency, Recurrence, recurrence_of
from rollout.core.coverage.rule_days import named_days, names_a_day
from rollout.core.coverage.zones import Zone

EPOCH = date(1970, 1, 1)
NUMBERS = {Frequency.YEARLY: 0, Frequency.MONTHLY: 1, Frequency.WEEKLY: 2, Frequency.DAILY: 3}
UTC = Zone("UTC")


def by_dateutil(rule: Recurrence, start: date, last: date) -> list[int]:
    """The same days, as numbers, as dateutil finds them."""
    found = rrule(
        NUMBERS[rule.freq],
        dtstart=datetime(start.year, start.month, start.day),
        interval=rule.interval,
        count=rule.count,
        until=None if rule.count else datetime(last.year, last.month, last.day),
        byweekday=[weekday(day, ordinal or None) for ordinal, day in rule.byday] or None,
        bymonth=rule.bymonth or None,
        bymonthday=rule.bymonthday or None,
        bysetpos=rule.bysetpos or None,
        wkst=rule.wkst,
    )
    return [(day.date() - EPOCH).days for day in islice(found, 400) if day.date() <= last]


@st.composite
def rules(draw: st.DrawFn) -> Recurrence:
    """Any rule of the subset; what does not go together is drawn again without it."""
    freq = draw(st.sampled_from(Frequency))
    numbered = freq in (Frequency.MONTHLY, Frequency.YEARLY) and draw(st.booleans())
    ordinals = st.sampled_from([1, 2, 3, 4, 5, -1, -2, -5, 20, 53, -53]) if numbered else st.just(0)
    few = {"max_size": 3, "unique": True}
    given = {
        "freq": freq,
        "interval": draw(st.sampled_from([1, 1, 2, 3, 5, 12, 17])),
        "count": draw(st.none() | st.integers(1, 60)),
        "byday": tuple(draw(st.lists(st.tuples(ordinals, st.integers(0, 6)), **few))),
        "bymonth": tuple(draw(st.lists(st.integers(1, 12), **few))),
        "bymonthday": tuple(draw(st.lists(st.sampled_from([1, 2, 15, 28, 29, 30, 31, -1, -2, -30, -31]), **few))),
        "bysetpos": tuple(draw(st.lists(st.sampled_from([1, 2, 3, 4, 10, -1, -2, -4]), **few))),
        "wkst": draw(st.integers(0, 6)),
    }
    for dropped in ("", "bysetpos", "bymonthday", "byday"):
        given.pop(dropped, None)
        try:
            return Recurrence.model_validate(given)
        except ValidationError:
            continue
    return Recurrence(freq=freq)


@settings(max_examples=200)
@given(rules(), st.dates(date(2019, 1, 1), date(2028, 12, 31)), st.integers(0, 1500), st.integers(0, 800))
@example(recurrence_of("FREQ=YEARLY;BYDAY=53MO", UTC), date(2024, 1, 1), 0, 5000)
@example(recurrence_of("FREQ=YEARLY;INTERVAL=3", UTC), date(2024, 2, 29), 0, 9000)
@example(recurrence_of("FREQ=MONTHLY;BYDAY=MO,TU;BYMONTHDAY=-1,13;BYSETPOS=1", UTC), date(2024, 1, 31), 200, 800)
@example(recurrence_of("FREQ=WEEKLY;INTERVAL=2;WKST=SU;BYDAY=SU,TU;COUNT=8", UTC), date(2026, 3, 3), 20, 100)
def test_a_recurrence_names_the_days_that_dateutil_names(rule: Recurrence, start: date, skip: int, span: int) -> None:
    low = (start - EPOCH).days + skip
    expected = by_dateutil(rule, start, start + timedelta(days=skip + span)) if names_a_day(rule, (start - EPOCH).days) else []
    high = min(low + span, expected[-1] if len(expected) == 400 else low + span)
    assert list(named_days(rule, (start - EPOCH).days, low, high)) == [day for day in expected if low <= day <= high]


@settings(max_examples=8)  # dateutil looks for years
@given(rules(), st.dates(date(2019, 1, 1), date(2028, 12, 31)))
def test_a_recurrence_of_which_no_day_is_found_names_none_for_dateutil_either(rule: Recurrence, start: date) -> None:
    if not names_a_day(rule, (start - EPOCH).days):
        assert by_dateutil(rule.model_copy(update={"count": None}), start, start + timedelta(days=12 * 366)) == []


@pytest.mark.parametrize(
    ("until", "last"),
    [
        ("20261101T051459Z", "20261101T011459"),  # 01:14:59, the first time that the clock shows it
        ("20261101T061459Z", "20261101T015959"),  # 01:14:59 again: all of the first hour lies before it
        ("20261101T065959Z", "20261101T015959"),
        ("20261101T070000Z", "20261101T020000"),
        ("20260308T065959Z", "20260308T015959"),
        ("20260308T070000Z", "20260308T030000"),
    ],
)
def test_an_until_in_utc_includes_what_the_clock_showed_before_it_also_in_the_hour_that_comes_twice(until: str, last: str) -> None:
    assert recurrence_of(f"FREQ=DAILY;UNTIL={until}", Zone("America/Toronto")).until == datetime.fromisoformat(last)
