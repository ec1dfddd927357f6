"""Who gets it when: windows, capacity, waves, soaks, previews, freezes; and for those without a slot, every reason."""

from datetime import timedelta

import pytest

from rollout.core.clients import Environment, Selector
from rollout.core.openings import party_of
from rollout.core.planner import Slot, Unplaced, plan, slot_after
from tests.builders import client
from tests.core.paper import HOUR, MONDAY, PaperCoverage, hours
from tests.core.planning import DECEMBER, MADE, outline, starts, strategy, wave

PREVIEW, PRODUCTION = Environment.PREVIEW, Environment.PRODUCTION
WEEK = [hours(day) for day in range(5)]
FORTNIGHT = [*WEEK, *(hours(day) for day in range(7, 12))]


def fleet(*names: str, environments: str = "production", **given):
    return [client(name, environments, **given) for name in names]


def test_a_slot_is_the_clients_part_of_a_window_and_its_latest_start_leaves_time_and_runway():
    coverage = PaperCoverage(WEEK, closed={"acme": [hours(0, 0, 11)]})
    made = plan(outline(strategy(runway=HOUR / 2), fleet("acme")), coverage, MADE, zone_data="2026f")
    day = hours(0, 11)
    slot = Slot(client="acme", environment=PRODUCTION, wave=0, start=day.start, latest_start=day.end - 1.5 * HOUR, end=day.end)
    assert made.slots == (slot,)
    assert (made.version, made.strategy, made.made_at, made.zone_data, made.ends_at) == ("2026.12", "careful", MADE, "2026f", day.end)


def test_of_two_parts_of_a_window_the_client_gets_the_first_that_still_fits():
    coverage = PaperCoverage(WEEK, closed={"acme": [hours(0, 11, 13)]})
    (early,) = plan(outline(strategy(), fleet("acme")), coverage, MADE).slots
    assert (early.start, early.end) == (hours(0, 9, 11).start, hours(0, 9, 11).end)
    (late,) = plan(outline(strategy(), fleet("acme"), starts_at=hours(0, 10.5).start), coverage, MADE).slots
    assert (late.start, late.end) == (hours(0, 13, 17).start, hours(0, 13, 17).end)


def test_capacity_counts_in_the_companys_window_whichever_part_of_it_a_client_uses():
    coverage = PaperCoverage(WEEK, closed={"acme": [hours(0, 0, 11)], "bolt": [hours(0, 12, 24)]})
    made = plan(outline(strategy(wave(capacity=2)), fleet("acme", "bolt", "core")), coverage, MADE)
    assert starts(made) == {"acme": "Mon 07 11:00", "bolt": "Mon 07 09:00", "core": "Tue 08 09:00"}


def test_whoever_has_the_least_time_left_goes_first():
    coverage = PaperCoverage(WEEK, closed={"core": [hours(day) for day in range(1, 5)]})
    made = plan(outline(strategy(wave(capacity=1)), fleet("acme", "bolt", "core")), coverage, MADE)
    assert starts(made) == {"acme": "Tue 08 09:00", "bolt": "Wed 09 09:00", "core": "Mon 07 09:00"}


def test_the_next_wave_starts_when_the_one_before_has_ended_and_soaked_in_business_time():
    pilot = wave("pilot", select=Selector(tags=frozenset({"pilot"})), soak=10 * HOUR)
    some = [*fleet("acme", tags={"pilot"}), *fleet("bolt")]
    made = plan(outline(strategy(pilot, wave("all")), some), PaperCoverage(FORTNIGHT), MADE)
    assert starts(made) == {"acme": "Mon 07 09:00", "bolt": "Wed 09 11:00"}


def test_a_wave_in_which_nobody_needs_anything_delays_nothing():
    pilot = wave("pilot", select=Selector(tags=frozenset({"pilot"})), soak=10 * HOUR)
    some = [*fleet("acme", tags={"pilot"}, opted_out="their audit"), *fleet("bolt")]
    assert starts(plan(outline(strategy(pilot, wave("all")), some), PaperCoverage(WEEK), MADE)) == {"bolt": "Mon 07 09:00"}


def test_production_waits_for_the_clients_own_preview_and_its_soak():
    previews = wave("preview", PREVIEW, capacity=1)
    needs = strategy(previews, wave(needs_preview=True), preview_soak=12 * HOUR)
    some = fleet("acme", "bolt", environments="preview production")
    made = plan(outline(needs, [*some, *fleet("core")]), PaperCoverage(FORTNIGHT), MADE)
    assert starts(made, PREVIEW) == {"acme": "Mon 07 09:00", "bolt": "Tue 08 09:00"}
    assert starts(made) == {"acme": "Wed 09 13:00", "bolt": "Thu 10 13:00", "core": "Wed 09 09:00"}


def test_a_client_whose_preview_found_no_slot_gets_none_in_production():
    coverage = PaperCoverage(WEEK, shut={PREVIEW: WEEK})
    made = plan(
        outline(strategy(wave("preview", PREVIEW), wave(needs_preview=True)), fleet("acme", environments="preview production")), coverage, MADE
    )
    preview, production = made.unplaced
    assert preview.reasons[0].code == "no-coverage"
    text = "the company's calendars open no window for preview from 2026-12-07 00:00 UTC on (the company is closed at Mon 00:00)"
    assert preview.reasons[0].text == f"{text}; add coverage, or start later"
    assert preview.reasons[0].source == "paper.yaml:1"
    assert production.reasons[0].text == "wave all needs the preview of acme, which found no slot itself"


def test_a_window_that_leaves_no_moment_to_start_in_is_not_used():
    assert starts(plan(outline(strategy(), fleet("acme")), PaperCoverage([hours(0, 9, 10), hours(1, 9, 11)]), MADE)) == {"acme": "Tue 08 09:00"}


def test_coverage_around_the_clock_is_counted_by_the_companys_days():
    made = plan(outline(strategy(wave(capacity=1)), fleet("acme", "bolt")), PaperCoverage([hours(0, 9, 120)]), MADE)
    assert starts(made) == {"acme": "Mon 07 09:00", "bolt": "Tue 08 00:00"}
    assert made.slots[0].end == MONDAY + timedelta(days=1)


def test_a_stretch_that_is_waived_for_one_client_is_a_window_of_its_own():
    coverage = PaperCoverage([hours(3)], waived={"acme": [hours(1)], "bolt": [hours(1, 12, 20)]})
    made = plan(outline(strategy(wave(capacity=1)), fleet("acme", "bolt")), coverage, MADE)
    assert starts(made) == {"acme": "Tue 08 09:00", "bolt": "Thu 10 09:00"}


def test_no_slot_is_later_than_ninety_two_days():
    late = outline(strategy(), fleet("acme"), starts_at=MONDAY - timedelta(days=92))
    assert plan(late, PaperCoverage(WEEK), MADE).unplaced[0].reasons[0].code == "no-coverage"
    assert plan(outline(strategy(), fleet("acme"), starts_at=MONDAY - timedelta(days=91)), PaperCoverage(WEEK), MADE).unplaced == ()


def test_who_finds_every_window_full_is_told_which_and_what_would_help():
    coverage = PaperCoverage(WEEK[:3], closed={name: [hours(2)] for name in ("acme", "bolt", "core")})
    made = plan(outline(strategy(wave(capacity=1)), fleet("acme", "bolt", "core")), coverage, MADE)
    assert [(one.client, one.environment, one.wave) for one in made.unplaced] == [("core", PRODUCTION, 0)]
    assert [(reason.code, reason.text, reason.source) for reason in made.unplaced[0].reasons] == [
        (
            "windows-full",
            "2 windows that are open to it are full: 2026-12-07 09:00 UTC, 2026-12-08 09:00 UTC. "
            "Raise the capacity of wave all (1 per window), or widen the windows",
            "",
        ),
        (
            "windows-closed",
            "1 window is closed to it, as at 2026-12-09 09:00 UTC: core is closed at Wed 09:00. Widen the client's windows",
            "paper.yaml:1",
        ),
    ]


def test_the_windows_that_block_through_others_are_named_too():
    only_monday = {"core": [hours(1)], "bolt": [hours(1)]}
    made = plan(outline(strategy(wave(capacity=1)), fleet("acme", "bolt", "core")), PaperCoverage(WEEK[:2], closed=only_monday), MADE)
    assert starts(made) == {"acme": "Tue 08 09:00", "bolt": "Mon 07 09:00"}
    assert made.unplaced[0].reasons[0].text.startswith("1 window that is open to it is full: 2026-12-07 09:00 UTC. Raise")


def test_a_wave_that_its_soaks_push_beyond_the_last_window_says_so():
    pilot = wave("pilot", select=Selector(tags=frozenset({"pilot"})), soak=40 * HOUR)
    made = plan(outline(strategy(pilot, wave("all")), [*fleet("acme", tags={"pilot"}), *fleet("bolt")]), PaperCoverage(WEEK), MADE)
    assert made.unplaced[0].reasons[0].text == (
        "wave all waits for a soak, but the calendars never have as much business time; shorten the soak, or add coverage"
    )
    inside = wave("pilot", select=Selector(tags=frozenset({"pilot"})), soak=32 * HOUR)
    made = plan(outline(strategy(inside, wave("all")), [*fleet("acme", tags={"pilot"}), *fleet("bolt")]), PaperCoverage(WEEK), MADE)
    assert made.unplaced[0].reasons[0].text == (
        "wave all may start at 2026-12-11 17:00 UTC, when the last window, until 2026-12-11 17:00 UTC, is over; shorten the soaks, or start earlier"
    )


def test_slots_that_are_kept_stand_take_up_capacity_and_count_for_the_waves():
    closed_day = Slot(client="acme", environment=PRODUCTION, wave=0, start=hours(1).start, latest_start=hours(1).end - HOUR, end=hours(1).end)
    coverage = PaperCoverage(WEEK, closed={"acme": [hours(1)], "bolt": [hours(0)], "core": [hours(0)]})
    made = plan(outline(strategy(wave(capacity=2)), fleet("acme", "bolt", "core")), coverage, MADE, kept={closed_day.place: closed_day})
    assert closed_day in made.slots
    assert starts(made) == {"acme": "Tue 08 09:00", "bolt": "Tue 08 09:00", "core": "Wed 09 09:00"}


def test_a_delivery_that_is_under_way_is_kept_although_the_installation_runs_the_version_by_now():
    slot = Slot(client="acme", environment=PREVIEW, wave=0, start=hours(0).start, latest_start=hours(0).end - HOUR, end=hours(0).end)
    needs = strategy(wave("preview", PREVIEW), wave(needs_preview=True), preview_soak=8 * HOUR)
    some = fleet("acme", environments="preview production")
    one = outline(needs, some, starts_at=hours(0).start, installed={("acme", PREVIEW): DECEMBER})
    assert starts(plan(one, PaperCoverage(WEEK), MADE)) == {"acme": "Mon 07 09:00"}
    made = plan(one, PaperCoverage(WEEK), MADE, kept={slot.place: slot})
    assert starts(made) == {"acme": "Wed 09 09:00"}
    assert made.excluded == ()


FROZEN = [hours(0), hours(1), hours(30), hours(31), hours(32)]


def test_a_rollout_that_would_pause_for_too_long_in_the_middle_starts_after_the_freeze():
    made = plan(outline(strategy(wave(capacity=1)), fleet("acme", "bolt", "core")), PaperCoverage(FROZEN), MADE)
    assert starts(made) == {"acme": "Wed 06 09:00", "bolt": "Thu 07 09:00", "core": "Fri 08 09:00"}
    told = "the rollout starts after the closed stretch from 2026-12-08 17:00 UTC to 2027-01-06 09:00 UTC: it is longer than 14 days"
    assert told in made.remarks


def test_a_rollout_that_is_done_before_the_freeze_goes_before_it():
    made = plan(outline(strategy(wave(capacity=2)), fleet("acme", "bolt", "core")), PaperCoverage(FROZEN), MADE)
    assert starts(made) == {"acme": "Mon 07 09:00", "bolt": "Mon 07 09:00", "core": "Tue 08 09:00"}
    assert not [remark for remark in made.remarks if "closed stretch" in remark]


def test_previews_before_a_freeze_of_production_alone_are_half_a_rollout_too():
    coverage = PaperCoverage([hours(day) for day in range(40)], shut={PRODUCTION: [hours(day) for day in range(2, 30)]})
    needs = strategy(wave("preview", PREVIEW), wave(needs_preview=True), preview_soak=12 * HOUR)
    made = plan(outline(needs, fleet("acme", environments="preview production")), coverage, MADE)
    assert starts(made, PREVIEW) == {"acme": "Wed 06 09:00"}


def test_a_short_pause_is_no_reason_to_wait():
    patient = strategy(wave(capacity=1), max_pause=timedelta(days=30))
    assert starts(plan(outline(patient, fleet("acme", "bolt", "core")), PaperCoverage(FROZEN), MADE))["acme"] == "Mon 07 09:00"


def test_a_rollout_that_fits_on_neither_side_of_a_freeze_says_that_it_pauses():
    made = plan(outline(strategy(wave(capacity=1)), fleet("acme", "bolt", "core")), PaperCoverage([*FROZEN[:2], FROZEN[2]]), MADE)
    assert made.unplaced == ()
    assert "for longer than 14 days: it does not fit before, nor after it" in made.remarks[-1]


def test_work_under_way_before_a_freeze_keeps_the_rest_from_being_put_off():
    begun = Slot(client="acme", environment=PRODUCTION, wave=0, start=hours(0).start, latest_start=hours(0).end - HOUR, end=hours(0).end)
    one = outline(strategy(wave(capacity=1)), fleet("acme", "bolt", "core"), starts_at=hours(0).start)
    made = plan(one, PaperCoverage(FROZEN), MADE, kept={begun.place: begun})
    assert starts(made) == {"acme": "Mon 07 09:00", "bolt": "Tue 08 09:00", "core": "Wed 06 09:00"}
    assert "what is planned before it has begun or was announced" in made.remarks[-1]


def test_remarks_name_what_binds_and_what_is_provisional():
    coverage = PaperCoverage(WEEK, provisional_from=hours(0).end)
    remarks = plan(outline(strategy(wave(capacity=2)), fleet("acme", "bolt", "core")), coverage, MADE).remarks
    assert "wave all spreads 3 installations over 2 windows: its capacity of 2 per window binds" in remarks
    assert "1 of 3 slots are provisional: the roster is not known that far" in remarks
    apart = PaperCoverage(WEEK, closed={"acme": [hours(0)]})
    remarks = plan(outline(strategy(), fleet("acme", "bolt")), apart, MADE).remarks
    assert remarks == ("wave all spreads 2 installations over 2 windows: the windows of its own clients bind",)


def test_the_calendars_are_asked_once_for_all_clients_that_are_alike():
    coverage = PaperCoverage(WEEK, closed={"core": [hours(0)]})
    waves = strategy(wave("pilot", select=Selector(tags=frozenset({"pilot"}))), wave("rest"))
    plan(outline(waves, [client("acme", "production", tags={"pilot"}), *fleet("bolt", "core", "dune", "east")]), coverage, MADE)
    assert coverage.asked == len(["the company", "all but core", "core", "before the first slot"])


@pytest.fixture
def request_of_acme():
    one = outline(strategy(), fleet("acme"))
    return one.request(one.strategy.waves[0], (party_of(one.clients["acme"]),))


def test_the_next_slot_from_a_moment_on_is_in_the_first_window_with_room(request_of_acme):
    coverage = PaperCoverage(WEEK, closed={"acme": [hours(0, 0, 11)]})
    full = {hours(0).start: 1, hours(0, 10).start: 1, hours(1).start: 1}
    slot = slot_after(coverage, request_of_acme, wave(capacity=2), 3, hours(0, 12).start, full)
    assert (slot.start, slot.latest_start, slot.end, slot.wave) == (hours(1).start, hours(1).end - HOUR, hours(1).end, 3)
    assert slot_after(coverage, request_of_acme, wave(), 0, hours(0, 12).start, full).start == hours(0, 12).start
    assert slot_after(coverage, request_of_acme, wave(), 0, hours(0, 16).start).start == hours(1).start


def test_where_there_is_no_next_slot_the_reasons_come_back(request_of_acme):
    gone = slot_after(PaperCoverage(WEEK), request_of_acme, wave(), 0, hours(4, 16).start)
    assert isinstance(gone, Unplaced)
    assert gone.reasons[0].code == "windows-closed"
    full = slot_after(PaperCoverage(WEEK[:1]), request_of_acme, wave(capacity=1), 0, MONDAY, {hours(0).start: 1})
    assert [reason.code for reason in full.reasons] == ["windows-full"]


def test_the_next_slot_is_looked_for_beyond_the_next_fortnight_too(request_of_acme):
    slot = slot_after(PaperCoverage([hours(40)]), request_of_acme, wave(), 0, MONDAY)
    assert slot.start == hours(40).start
