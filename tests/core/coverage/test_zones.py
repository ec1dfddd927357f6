"""Wall clocks and instants agree with the standard library, in every zone and on every night when clocks change."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollout.core.coverage.zones import Zone, instant, instant_after, moment_of, shown_at, wall_of
from tests.core.coverage.drawing import TRANSITIONS, ZONES
from tests.core.coverage.naive_events import first, last

EVERYWHERE = (
    *ZONES,
    "America/Phoenix",
    "America/Winnipeg",
    "America/Edmonton",
    "America/Mexico_City",
    "Asia/Tehran",
    "Asia/Amman",
    "Europe/Moscow",
    "Pacific/Fiji",
)


@pytest.mark.parametrize("name", EVERYWHERE)
def test_a_zone_agrees_with_the_standard_library_around_its_changes(name: str) -> None:
    zone = Zone(name)
    for change in TRANSITIONS.get(name, [datetime(2022, 9, 21, tzinfo=UTC)]):
        for quarter in range(-60, 60):
            moment = change + timedelta(minutes=15 * quarter)
            shown = moment.astimezone(ZoneInfo(name)).replace(tzinfo=None, fold=0)
            assert zone.wall(instant(moment)) == wall_of(shown)
            assert (zone.utc(wall_of(shown)), zone.utc(wall_of(shown), last=True)) == (first(shown, name), last(shown, name))


@settings(max_examples=40, deadline=None)
@given(st.sampled_from(ZONES), st.lists(st.integers(wall_of(datetime(1995, 1, 1)), wall_of(datetime(2045, 1, 1))), min_size=1, max_size=4))
def test_a_zone_may_be_asked_about_any_years_in_any_order(name: str, walls: list[int]) -> None:
    zone = Zone(name)
    for wall in walls:
        assert zone.utc(wall) == first(shown_at(wall), name)
        assert zone.utc(wall, last=True) == last(shown_at(wall), name)
        assert zone.wall(wall) == wall_of(datetime.fromtimestamp(wall, ZoneInfo(name)).replace(tzinfo=None))


def test_an_instant_is_a_whole_second_at_or_before_or_after() -> None:
    whole = moment_of(1_800_000_000)
    assert (instant(whole), instant_after(whole)) == (1_800_000_000, 1_800_000_000)
    assert (instant(whole + timedelta(microseconds=1)), instant_after(whole + timedelta(microseconds=1))) == (1_800_000_000, 1_800_000_001)
