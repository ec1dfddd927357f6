"""Days as people read them."""

from datetime import date

import pytest

from rollout.core.wording import Certainty, day_text, weekday_text
from tests.upcoming import span


@pytest.mark.parametrize(
    ("first", "last", "text"),
    [
        ("2026-12-08", "2026-12-08", "8 December 2026"),
        ("2026-12-08", "2026-12-10", "8 to 10 December 2026"),
        ("2026-11-28", "2026-12-02", "28 November to 2 December 2026"),
        ("2026-12-30", "2027-01-04", "30 December 2026 to 4 January 2027"),
        ("2026-12-08", None, "from 8 December 2026"),
    ],
)
def test_a_span_is_written_without_saying_anything_twice(first: str, last: str | None, text: str) -> None:
    assert str(span(first, last)) == text


def test_days_are_written_in_english_whatever_the_machine_speaks() -> None:
    short = [day_text(date(2026, month, 1)).split()[1][:3] for month in range(1, 13)]
    assert " ".join(short) == "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec"
    assert weekday_text(date(2026, 12, 8)) == "Tuesday"


def test_the_day_after_an_open_ended_span_is_the_one_after_its_first() -> None:
    assert span("2026-12-31").after == date(2027, 1, 1)
    assert span("2026-12-30", "2026-12-31").after == date(2027, 1, 1)


def test_a_span_can_be_made_longer_but_not_shorter() -> None:
    assert str(span("2026-12-08", "2026-12-10").until(date(2026, 12, 14))) == "8 to 14 December 2026"
    assert str(span("2026-12-08", "2026-12-10").until(date(2026, 12, 9))) == "8 to 10 December 2026"


def test_only_what_is_planned_is_sure() -> None:
    assert [span("2026-12-08", certainty=each).sure for each in Certainty] == [False, True, False]
