"""What is ambiguous about a rule's times is told with the day and with what counts; and what is told there agrees with what is decided."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings

from rollout.core.coverage import Event, Recurrence, Rule
from rollout.core.coverage.ambiguities import ambiguities
from rollout.core.coverage.availability import Availability
from rollout.core.coverage.recurrence import Frequency
from rollout.core.coverage.timed import Timed
from rollout.core.coverage.zones import Zones, instant
from tests.core.coverage.drawing import calendars
from tests.core.coverage.making import TORONTO, block, staffing, window

SPRING, AUTUMN = date(2026, 3, 8), date(2026, 11, 1)
YEAR = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)


def told(rule: Rule, low: datetime = YEAR[0], high: datetime = YEAR[1]) -> list[tuple[date, str]]:
    """What is ambiguous about the rule in 2026."""
    return ambiguities(rule, Zones(), instant(low), instant(high))


def nightly(minutes: int, **given: object) -> Event:
    """An hour of every night, of that many minutes after midnight."""
    usual = {"uid": "n", "summary": "Nightly", "zone": TORONTO, "seconds": 3600, "nominal": 3600, "recurrence": Recurrence(freq=Frequency.DAILY)}
    return Event.model_validate(usual | {"start": datetime(2026, 1, 1) + timedelta(minutes=minutes)} | given)


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        (window(), []),
        (
            window(weekly={"sun": ["01:30-02:30"]}),
            [
                (SPRING, "02:30 does not exist in America/Toronto; 03:30 counts"),
                (AUTUMN, "01:30 comes twice in America/Toronto; the first counts"),
            ],
        ),
        (block(weekly={"sat": ["22:00-01:30"]}), [(AUTUMN, "01:30 comes twice in America/Toronto; the last counts")]),
        (window(weekly={"sat": ["22:00-01:30"]}), [(AUTUMN, "01:30 comes twice in America/Toronto; the first counts")]),
        (
            window(weekly={"sun": ["02:30-03:00"]}),
            [
                (SPRING, "02:30 does not exist in America/Toronto; 03:30 counts"),
                (SPRING, "nothing is left of 02:30-03:00, for the clock of America/Toronto skips it"),
            ],
        ),
        (window(weekly={"mon": ["09:00-10:00"]}, except_=[{"date": AUTUMN, "hours": ["01:00-04:00"]}]), [(AUTUMN, "01:00 comes twice")]),
        (block(dates={SPRING: "Away", AUTUMN: "Away"}), []),
        (block(timezone="America/Havana", dates={SPRING: "Away"}), [(SPRING, "00:00 does not exist in America/Havana; 01:00 counts")]),
        (block(start="2026-11-01T01:30", end="2026-11-01T05:00"), [(AUTUMN, "01:30 comes twice in America/Toronto; the first counts")]),
        (block(start="2026-11-01T00:30", end="2026-11-01T01:30"), [(AUTUMN, "01:30 comes twice in America/Toronto; the last counts")]),
        (block(start="2026-11-01T01:30-04:00", end="2026-11-01T01:30-05:00"), []),
        (
            staffing(roster={"escalation": [{"person": "Dana", "weekly": {"sun": ["02:15-10:00"]}}]}),
            [(SPRING, "02:15 does not exist in America/Toronto; 03:15 counts")],
        ),
        (
            staffing(duties={"escalation": [{"person": "Dana", "event": nightly(90)}]}),
            [
                (AUTUMN, "Nightly: 01:30 comes twice in America/Toronto; the first counts"),
                (AUTUMN, "Nightly: ends at 01:30 by its length and at 02:30"),
            ],
        ),
        (
            block(events=[nightly(150)]),
            [
                (SPRING, "Nightly: 02:30 does not exist in America/Toronto; 03:30 counts"),
                (SPRING, "Nightly: ends at 04:30 by its length and at 03:30 by the clock of America/Toronto; the later counts"),
            ],
        ),
        (
            window(events=[nightly(150)]),
            [
                (SPRING, "Nightly: 02:30 does not exist in America/Toronto; 03:30 counts"),
                (
                    SPRING,
                    "Nightly: ends at 04:30 by its length and at 03:30 by the clock of America/Toronto; the earlier counts, so nothing is left of it",
                ),
            ],
        ),
        (
            window(availabilities=[Availability(uid="a", within=((0, 2**40),), events=(nightly(90, summary=""),))]),
            [(AUTUMN, "n: 01:30 comes twice in America/Toronto; the first counts"), (AUTUMN, "n: ends at 01:30 by")],
        ),
    ],
)
def test_what_is_ambiguous_is_told(rule: Rule, expected: list[tuple[date, str]]) -> None:
    found = sorted(told(rule))
    assert [(day, text[: len(begins)]) for (day, text), (_, begins) in zip(found, sorted(expected), strict=True)] == sorted(expected)


def test_only_what_lies_in_the_time_asked_about_is_told() -> None:
    rule = window(weekly={"sun": ["01:30-02:30"]}, events=[nightly(150)])
    assert told(rule, datetime(2026, 4, 1, tzinfo=UTC), datetime(2026, 10, 1, tzinfo=UTC)) == []
    assert {day for day, _ in told(rule, datetime(2026, 10, 1, tzinfo=UTC))} == {AUTUMN}


def test_the_west_of_canada_no_longer_sets_its_clocks() -> None:
    assert told(window(timezone="America/Vancouver", weekly={"sun": ["01:30-02:30"]}), datetime(2026, 10, 1, tzinfo=UTC)) == []


@settings(max_examples=60)
@given(calendars())
def test_what_is_told_of_hours_is_what_the_standard_library_says_of_them(drawn: tuple[datetime, list[Rule]]) -> None:
    """Every weekly hour whose two readings differ is told, and no other day is."""
    near, rules = drawn
    for rule in rules:
        if not isinstance(rule, Timed) or rule.events or rule.start:
            continue
        low, high = near - timedelta(days=3), near + timedelta(days=3)
        odd = set()
        for number in range(-5, 6):
            day = near.date() + timedelta(days=number)
            hours = rule.excepted[day].hours if day in rule.excepted else rule.week[day.weekday()]
            for wall in (datetime.combine(day, datetime.min.time()) + timedelta(minutes=minute) for span in hours for minute in span):
                first, last = (wall.replace(tzinfo=ZoneInfo(rule.timezone), fold=fold).astimezone(UTC) for fold in (0, 1))
                if first != last and low <= min(first, last) and max(first, last) < high:
                    odd.add(wall.date())
        found = {day for day, _ in told(rule, low, high)}
        assert odd - set(getattr(rule, "dates", ())) <= found
        assert all(_sets_its_clock(rule.timezone, day) for day in found)


def _sets_its_clock(zone: str, day: date) -> bool:
    """Whether the clock is set near that day."""
    around = (datetime.combine(day, datetime.min.time(), ZoneInfo(zone)) + timedelta(days=days) for days in (-1, 2))
    return len({moment.utcoffset() for moment in around}) == 2
