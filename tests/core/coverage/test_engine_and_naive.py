"""Law 1: the compiled calendar and a naive one, minute by minute, are of one opinion: what is open, why the rest is not, what is waived."""

from collections.abc import Iterator
from datetime import datetime, time, timedelta

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from rollout.core.coverage import Coverage, Event, Request, Rule
from rollout.core.coverage.recurrence import occurrences
from rollout.core.coverage.zones import Zone, instant, moment_of
from rollout.core.values import Reason
from tests.core.coverage.drawing import FREEZE, TRANSITIONS, ZONES, World, events, places, requests, worlds
from tests.core.coverage.making import PARTIES, block, override, request, staffing, window
from tests.core.coverage.naive import Closed, Naive
from tests.core.coverage.naive_events import minute, occurrences_on

NONE = timedelta()


def named(reasons: tuple[Reason, ...]) -> set[Closed]:
    """What reasons say, as the naive calendar says it."""
    return {(one.code, one.rule, frozenset(one.source.split(", ")) - {""}) for one in reasons}


def opened(coverage: Coverage, asked: Request, naive: Naive) -> int:
    """The compiled calendar's windows, as the naive one writes minutes."""
    minutes = 0
    for one in coverage.windows(asked, moment_of(naive.low), moment_of(naive.at(naive.count))):
        minutes |= naive.bits(instant(one.start), instant(one.end))
    return minutes


@settings(max_examples=100, deadline=None)
@given(worlds(), requests, st.lists(st.integers(-4000, 4000), min_size=6, max_size=6))
def test_the_open_minutes_and_all_blockers_are_those_of_a_naive_calendar(world: World, asked: Request, offsets: list[int]) -> None:
    near, naive, coverage = world.near, Naive(world.rules, world.near, approved=world.approved), world.coverage()
    at_once, told = asked.model_copy(update={"length": NONE, "runway": NONE}), naive.told(asked)
    assert opened(coverage, at_once, naive) == naive.open(asked)
    for offset in offsets:
        start = near + timedelta(minutes=offset)
        verdict = coverage.verdict(asked, start)
        asked_for = naive.bits(minute(start), max(minute(start) + 60, minute(start + asked.length + asked.runway)))
        assert named(verdict.reasons) == {key for key, minutes in told.standing.items() if minutes & asked_for}
        assert verdict.open == bool(naive.starts(asked) >> (minute(start) - naive.low) // 60 & 1)
        instantly, now = coverage.verdict(at_once, start), naive.bits(minute(start), minute(start) + 60)
        standing = {key for key, minutes in told.standing.items() if minutes & now}
        assert named(instantly.waived) == {key for key, minutes in told.waived.items() if minutes & now} - standing
        event(f"{'open' if verdict.open else 'closed'}, {'some' if instantly.waived else 'nothing'} waived")


@settings(max_examples=40, deadline=None)
@given(worlds(), requests)
def test_what_reaches_past_the_horizon_of_a_roster_is_provisional_and_nothing_else(world: World, asked: Request) -> None:
    near, naive, coverage = world.near, Naive(world.rules, world.near, approved=world.approved), world.coverage()
    known_until = naive.known_until(asked)
    for found in coverage.windows(asked, near - timedelta(days=2), near + timedelta(days=2)):
        assert found.provisional == (known_until is not None and instant(found.end) > known_until)


@settings(max_examples=100, deadline=None)
@given(places.flatmap(lambda place: st.tuples(events(*place), st.just(place[1]))), st.booleans())
def test_occurrences_are_those_that_a_walk_over_the_days_finds(drawn: tuple[Event, datetime], blocks: bool) -> None:
    event, near = drawn
    low, high = minute(near - timedelta(days=40)), minute(near + timedelta(days=40))
    walked = {span for number in range(-45, 46) for span in occurrences_on(event, (near + timedelta(days=number)).date(), blocks)}
    expected = sorted((start, end) for start, end in walked if start < end and start < high and end > low)
    assert occurrences(event, Zone(event.zone), low, high, blocks=blocks) == expected


# ── Every change of clocks ─────────────────────────────────────────────────────────────────────────

NIGHTS = ["00:00-01:15", "01:45-02:15", "02:30-03:30", "05:00-12:00", "12:30-22:00", "22:30-00:30"]


def all_sorts(zone: str) -> list[Rule]:
    """Rules of every sort that open and close all through the nights of one zone, over the seven years."""
    night = {"person": "Dana", "weekly": {"mon-sun": ["20:00-02:15"]}, "leave": ["2027-03-28", "2026-11-01"]}
    day = {"person": "Sam", "weekly": {"mon-sun": ["01:50-21:00"]}, "timezone": TORONTO_OR[zone]}
    changes = [moment.date() for moment in TRANSITIONS[zone]]
    year, waived = datetime.combine(changes[0], time(2, 30)) - FREEZE / 2, TRANSITIONS[zone][-1]
    return [
        window("nights", timezone=zone, weekly={"mon-sun": NIGHTS}, group="desk"),
        window("all-day", timezone=zone, weekly={"mon-sun": ["00:00-24:00"]}, scope={"clients": ["acme"]}),
        window("proposed", timezone=zone, weekly={"mon-sun": ["22:00-03:00"]}, group="desk", approval="required"),
        block("short", timezone=zone, weekly={"mon-sun": ["02:00-02:20", "23:10-00:05"]}, scope={"tags": ["pilot"]}),
        block("changes", timezone=zone, dates=dict.fromkeys(changes[2:6], "the clocks change"), scope={"tags": ["pilot"]}),
        block("freeze", timezone=zone, start=year, end=year + FREEZE, scope={"regions": ["west"]}),
        staffing("roster", timezone=zone, need={"escalation": 1}, roster={"escalation": [night, day]}),
        override("desk", "roster", id="one", clients=["acme"], start=TRANSITIONS[zone][0] - timedelta(minutes=90), end=TRANSITIONS[zone][0]),
        override("short", "desk", start=waived - timedelta(minutes=45), end=waived + timedelta(minutes=90)),
    ]


TORONTO_OR = {zone: None if number % 2 else "America/Toronto" for number, zone in enumerate(ZONES)}
ASKED = (
    request(kind="monthly", hours=0.5, version="2026.12.1"),
    request(*PARTIES, kind="monthly", runway=0.25, version="2026.12.1"),
)


def around(change: datetime) -> Iterator[datetime]:
    """Moments before and after a change of clocks."""
    for minutes in (-1441, -150, -61, -31, -1, 0, 1, 29, 45, 60, 119, 150, 1439):
        yield change + timedelta(minutes=minutes)


@pytest.mark.parametrize("zone", ZONES)
def test_around_every_change_of_clocks_until_2030_both_calendars_are_of_one_opinion(zone: str) -> None:
    rules = all_sorts(zone)
    approved = frozenset(("proposed", (moment + timedelta(days=more)).date()) for moment in TRANSITIONS[zone][::2] for more in (-1, 1))
    coverage = Coverage(rules, zone, approved)
    for change in TRANSITIONS[zone]:
        naive = Naive(rules, change, approved=approved, reach=3)
        for asked in ASKED:
            at_once, told = asked.model_copy(update={"length": NONE, "runway": NONE}), naive.told(asked)
            assert opened(coverage, at_once, naive) == naive.open(asked)
            for at in around(change):
                asked_for = naive.bits(minute(at), max(minute(at) + 60, minute(at + asked.length + asked.runway)))
                assert named(coverage.verdict(asked, at).reasons) == {key for key, minutes in told.standing.items() if minutes & asked_for}


def test_at_least_thirty_zones_change_their_clocks_and_some_stand_still_or_stop_doing_so() -> None:
    changes = {zone: len(TRANSITIONS[zone]) - 1 for zone in ZONES}
    assert sum(count > 0 for count in changes.values()) >= 30
    assert {zone for zone, count in changes.items() if not count} >= {"Asia/Kathmandu", "UTC"}
    assert 0 < changes["America/Vancouver"] < changes["America/Toronto"] == 14
