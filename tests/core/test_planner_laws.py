"""What holds for every plan, whatever the calendars, the strategy and the clients."""

from collections import Counter
from dataclasses import replace
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from rollout.core.clients import Environment
from rollout.core.drafts import soaked
from rollout.core.matching import Kind
from rollout.core.openings import party_of
from rollout.core.planner import Outline, Plan, Slot, plan
from tests.core.flows import most
from tests.core.paper import PaperCoverage
from tests.core.planning import MADE
from tests.core.scenarios import scenarios

INSTANT = timedelta(microseconds=1)


@settings(max_examples=40)
@given(scenarios())
def test_every_installation_has_one_slot_or_reasons_or_is_excluded(scenario):
    outline, coverage = scenario
    made = plan(outline, coverage, MADE)
    told = [(row.client, row.environment) for row in (*made.slots, *made.unplaced, *made.excluded)]
    assert sorted(told) == sorted((one.id, each.environment) for one in outline.clients.values() for each in one.installations)
    assert all(reason.text for one in made.unplaced for reason in one.reasons)
    assert all(one.reasons for one in made.unplaced)


@settings(max_examples=40)
@given(scenarios())
def test_every_start_in_a_slot_is_clear_of_all_calendars(scenario):
    outline, coverage = scenario
    for slot in plan(outline, coverage, MADE).slots:
        wave = outline.strategy.waves[slot.wave]
        request = outline.request(wave, (party_of(outline.clients[slot.client]),))
        assert outline.starts_at <= slot.start < slot.latest_start < slot.end
        assert slot.latest_start == slot.end - wave.expected - outline.strategy.runway
        assert coverage.verdict(request, slot.start).open
        assert coverage.verdict(request, slot.latest_start - INSTANT).open


@settings(max_examples=40)
@given(scenarios())
def test_waves_and_previews_are_over_and_soaked_before_what_follows_them(scenario):
    outline, coverage = scenario
    made = plan(outline, coverage, MADE)
    for slot in made.slots:
        assert slot.start >= earliest(outline, coverage, made, slot)


@settings(max_examples=40)
@given(scenarios())
def test_no_window_takes_more_of_a_wave_than_its_capacity(scenario):
    outline, coverage = scenario
    made = plan(outline, coverage, MADE)
    counts = Counter((slot.wave, window_of(coverage, slot)) for slot in made.slots)
    assert all(count <= (outline.strategy.waves[wave].capacity or count) for (wave, _), count in counts.items())


@settings(max_examples=40)
@given(scenarios())
def test_every_wave_places_as_many_as_a_maximum_flow(scenario):
    given, coverage = scenario
    outline = replace(given, strategy=given.strategy.model_copy(update={"max_pause": timedelta(days=92)}))
    made = plan(outline, coverage, MADE)
    for number, wave in enumerate(outline.strategy.waves):
        members = [one for one in (*made.slots, *made.unplaced) if one.wave == number]
        lost = {one.client for one in made.unplaced if one.environment is Environment.PREVIEW and wave.needs_preview}
        seekers = {one.client: Kind(usable(outline, coverage, made, one)) for one in members if one.client not in lost}
        placed = sum(isinstance(one, Slot) for one in members)
        room = [wave.capacity or len(members)] * len(coverage.company)
        assert placed == most(seekers, room)


@settings(max_examples=40)
@given(scenarios(), st.randoms())
def test_the_same_input_in_any_order_gives_the_same_plan(scenario, random):
    outline, coverage = scenario
    made = plan(outline, coverage, MADE)
    members = random.sample(outline.assignment.members, len(outline.assignment.members))
    shuffled = replace(
        outline,
        assignment=outline.assignment.model_copy(update={"members": tuple(members)}),
        clients=dict(random.sample(list(outline.clients.items()), len(outline.clients))),
    )
    again = PaperCoverage(
        random.sample(coverage.company, len(coverage.company)), dict(random.sample(list(coverage.closed.items()), len(coverage.closed)))
    )
    assert plan(shuffled, again, MADE).model_dump_json() == made.model_dump_json()


@settings(max_examples=40)
@given(scenarios())
def test_a_rollout_straddles_a_long_freeze_only_if_it_says_so(scenario):
    outline, coverage = scenario
    made = plan(outline, coverage, MADE)
    spans = sorted((slot.start, slot.end) for slot in made.slots)
    pauses = [
        after.start - before.end
        for before, after in zip(coverage.company, coverage.company[1:], strict=False)
        if any(start < before.end for start, _ in spans) and any(start >= after.start for start, _ in spans)
    ]
    straddles = any(pause > outline.strategy.max_pause for pause in pauses)
    assert straddles == any("the rollout pauses" in remark for remark in made.remarks)


def earliest(outline: Outline, coverage: PaperCoverage, made: Plan, one) -> object:
    """When this installation may start, going by the slots of the others."""
    wave = outline.strategy.waves[one.wave]
    bounds = [outline.starts_at]
    for number, before in enumerate(outline.strategy.waves[: one.wave]):
        ends = [slot.end for slot in made.slots if slot.wave == number]
        bounds += [soaked(coverage, max(ends), before.soak)] if ends else []
    if wave.needs_preview:
        own = [slot.end for slot in made.slots if slot.client == one.client and slot.environment is Environment.PREVIEW]
        bounds += [soaked(coverage, end, outline.strategy.preview_soak) for end in own]
    return max(bounds)


def window_of(coverage: PaperCoverage, slot: Slot) -> int:
    return next(number for number, window in enumerate(coverage.company) if window.start <= slot.start < window.end)


def usable(outline: Outline, coverage: PaperCoverage, made: Plan, one) -> int:
    """The company's windows, as bits, in which the installation could start, tried every five minutes."""
    request = outline.request(outline.strategy.waves[one.wave], (party_of(outline.clients[one.client]),))
    bound, mask = earliest(outline, coverage, made, one), 0
    for number, window in enumerate(coverage.company):
        minutes = range(0, int((window.end - window.start) / timedelta(minutes=1)), 5)
        moments = (max(window.start + minute * timedelta(minutes=1), bound) + INSTANT for minute in minutes if bound < window.end)
        mask |= any(moment < window.end and coverage.verdict(request, moment).open for moment in moments) << number
    return mask
