"""The moments that JQL can name, on a clock that a zone moves."""

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from rollout.sandbox.jira.dates import function, moment

EASTERN = ZoneInfo("America/Toronto")
NOW = datetime(2026, 11, 20, 17, 30, tzinfo=UTC)  # a Friday, half past twelve in Toronto


@pytest.mark.parametrize(
    ("text", "at"),
    [
        ("2026-11-01 00:00", "2026-11-01T04:00+00:00"),  # still summer time
        ("2026-11-02 00:00", "2026-11-02T05:00+00:00"),
        ("2026/1/2", "2026-01-02T05:00+00:00"),
        ("-7d", "2026-11-13T17:30+00:00"),
        ("-4w 2d", "2026-10-21T17:30+00:00"),
        ("30m", "2026-11-20T18:00+00:00"),
        (" -1h ", "2026-11-20T16:30+00:00"),
    ],
)
def test_a_literal_is_read_in_the_zone_and_a_period_from_now(text: str, at: str) -> None:
    assert moment(text, NOW, EASTERN) == datetime.fromisoformat(at)


@pytest.mark.parametrize(
    "text", ["", "today", "2026-11-01T00:00", "2026-11-01 00:00:00", "2026-02-30", "2026-11-01 24:00", "7", "-7y", "0000-01-01", "99999999999w"]
)
def test_what_is_no_moment_is_none(text: str) -> None:
    assert moment(text, NOW, EASTERN) is None


@pytest.mark.parametrize(
    ("name", "arguments", "at"),
    [
        ("now", (), "2026-11-20T17:30+00:00"),
        ("startOfDay", (), "2026-11-20T05:00+00:00"),
        ("startOfDay", ("-20d",), "2026-10-31T04:00+00:00"),
        ("endOfDay", (), "2026-11-21T04:59:59.999+00:00"),
        ("startOfWeek", (), "2026-11-15T05:00+00:00"),
        ("endOfWeek", ("1",), "2026-11-29T04:59:59.999+00:00"),
        ("startOfMonth", ("-1",), "2026-10-01T04:00+00:00"),
        ("ENDOFMONTH", (), "2026-12-01T04:59:59.999+00:00"),
        ("startOfYear", ("+1M",), "2026-02-01T05:00+00:00"),
        ("endOfYear", (), "2027-01-01T04:59:59.999+00:00"),
    ],
)
def test_a_function_counts_on_the_clock_of_the_zone(name: str, arguments: tuple[str, ...], at: str) -> None:
    assert function(name, arguments, NOW, EASTERN) == datetime.fromisoformat(at)


def test_a_week_begins_on_sunday() -> None:
    sunday = datetime(2026, 11, 22, 12, tzinfo=UTC)
    assert function("startOfWeek", (), sunday, ZoneInfo("UTC")) == datetime(2026, 11, 22, tzinfo=UTC)


@pytest.mark.parametrize(
    ("name", "arguments"),
    [("startOfTime", ()), ("startOfDay", ("soon",)), ("startOfDay", ("1", "2")), ("now", ("1d",)), ("startOfYear", ("9999999",))],
)
def test_what_is_no_function_is_none(name: str, arguments: tuple[str, ...]) -> None:
    assert function(name, arguments, NOW, EASTERN) is None
