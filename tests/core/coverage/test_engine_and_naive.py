"""Law 1: the compiled calendar and a naive one, minute by minute around the nights when clocks change, are of one opinion."""

from datetime import datetime, timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from rollout.core.coverage import Event, Request, Rule, compile_coverage
from rollout.core.coverage.recurrence import occurrences
from rollout.core.coverage.zones import Zone, instant, moment_of
from tests.core.coverage.making import calendars, events, places, requests
from tests.core.coverage.naive import Naive, minute, occurrences_on

AROUND = timedelta(hours=20)


@settings(max_examples=30, deadline=None)
@given(calendars(), requests)
def test_the_open_minutes_are_those_of_a_naive_calendar(calendar: tuple[datetime, list[Rule]], request: Request) -> None:
    near, rules = calendar
    request = request.model_copy(update={"length": timedelta()})
    naive = Naive(rules, near)
    low, high = minute(near - AROUND), minute(near + AROUND)
    windows = compile_coverage(rules, timezone="UTC").windows(request, moment_of(low), moment_of(high))
    compiled = {at for one in windows for at in range(instant(one.start), instant(one.end), 60)}
    assert compiled == {at for at in range(low, high, 60) if not naive.closed(request, at)}


@settings(max_examples=60, deadline=None)
@given(calendars(), requests, st.integers(-1500, 1500))
def test_every_blocker_of_the_whole_stretch_is_named_and_nothing_else(calendar: tuple[datetime, list[Rule]], request: Request, offset: int) -> None:
    near, rules = calendar
    start = near + timedelta(minutes=offset)
    verdict = compile_coverage(rules, timezone="UTC").verdict(request, start)
    named = {(reason.code, frozenset(reason.source.split(", ")) - {""}) for reason in verdict.reasons}
    assert named == Naive(rules, near).closed_within(request, minute(start), minute(start + request.length))


@settings(max_examples=100, deadline=None)
@given(places.flatmap(lambda place: st.tuples(events(*place), st.just(place[1]))), st.booleans())
def test_occurrences_are_those_that_a_walk_over_the_days_finds(drawn: tuple[Event, datetime], blocks: bool) -> None:
    event, near = drawn
    low, high = minute(near - timedelta(days=40)), minute(near + timedelta(days=40))
    walked = {span for number in range(-45, 46) for span in occurrences_on(event, (near + timedelta(days=number)).date(), blocks)}
    expected = sorted((start, end) for start, end in walked if start < end and start < high and end > low)
    assert occurrences(event, Zone(event.zone), low, high, blocks=blocks) == expected
