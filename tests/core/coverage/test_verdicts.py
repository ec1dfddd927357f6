"""What the calendar answers, by example: every blocker with its why, its source and when it clears; overrides; rosters; days; business time."""

from datetime import UTC, date, datetime, timedelta

import pytest

from rollout.core.clients import Environment
from rollout.core.coverage import Coverage, Party, Window, compile_coverage
from rollout.core.values import ClientId, Reason, Version
from rollout.errors import Refused
from tests.core.coverage.making import TORONTO, at, block, override, request, staffing, window

ACME = Party(id=ClientId("acme"), tags=frozenset({"pilot"}), region="ca-east")
BIRCH = Party(id=ClientId("birch"))
DESK = window("support-coverage", why="the desk is watched", source="calendars/coverage.yaml:6")
FREEZE = block(
    "year-end-freeze", start="2026-12-18T16:00", end="2027-01-04T09:00", why="Year-end change freeze (CHG-1201)", source="calendars/freeze.yaml:2"
)
HOTFIX = Version("2026.12.1")


def coverage(*rules: object) -> Coverage:
    """The calendar of these rules, in Toronto."""
    return compile_coverage(rules, timezone=TORONTO)  # type: ignore[arg-type]


def texts(reasons: tuple[Reason, ...]) -> list[str]:
    """What the reasons say."""
    return [reason.text for reason in reasons]


def test_without_any_window_everything_is_closed() -> None:
    verdict = coverage(FREEZE).verdict(request(), at("2026-06-01T12:00Z"))
    assert [reason.code for reason in verdict.reasons] == ["no-window"]
    assert "add a window" in verdict.reasons[0].text
    assert verdict.next_open is None


def test_a_covered_hour_is_open() -> None:
    verdict = coverage(DESK, FREEZE).verdict(request(hours=2), at("2026-12-08T14:00Z"))
    assert verdict.open
    assert verdict.next_open is None


def test_a_freeze_outranks_a_covered_day_and_says_why_where_and_until_when() -> None:
    verdict = coverage(DESK, FREEZE).verdict(request(), at("2026-12-22T15:00Z"))
    assert verdict.reasons == (
        Reason(
            code="block",
            text="year-end-freeze: Year-end change freeze (CHG-1201)",
            source="calendars/freeze.yaml:2",
            begins=at("2026-12-18T21:00Z"),
            clears_at=at("2027-01-04T14:00Z"),
            rule="year-end-freeze",
            kind="block",
            scope="everybody",
            waivable_by=("year-end-freeze",),
        ),
    )
    assert verdict.next_open == at("2027-01-04T14:00Z")


def test_all_blockers_are_told_at_once() -> None:
    holiday = block("holidays", dates={"2026-12-25": "Christmas Day"}, source="calendars/holidays.yaml:1")
    roster = staffing(roster={"escalation": [{"person": "Dana", "weekly": {"mon-thu": ["09:00-17:00"]}}]})
    verdict = coverage(DESK, FREEZE, holiday, roster).verdict(request(), at("2026-12-25T03:00Z"))
    assert [(reason.code, reason.text) for reason in verdict.reasons] == [
        ("outside-window", "outside support-coverage: the desk is watched"),
        ("block", "year-end-freeze: Year-end change freeze (CHG-1201)"),
        ("staffing", "roster: escalation 0/1"),
    ]
    assert texts(coverage(DESK, FREEZE, holiday, roster).verdict(request(), at("2026-12-25T15:00Z")).reasons) == [
        "holidays: Christmas Day",
        "year-end-freeze: Year-end change freeze (CHG-1201)",
        "roster: escalation 0/1",
    ]


def test_the_whole_stretch_and_its_runway_must_be_clear_not_only_its_start() -> None:
    desk = coverage(DESK)
    assert desk.verdict(request(hours=2, runway=1), at("2026-12-08T19:00Z")).open
    late = desk.verdict(request(hours=2, runway=1), at("2026-12-08T19:00:01Z"))
    assert texts(late.reasons) == ["outside support-coverage: the desk is watched"]
    assert late.reasons[0].clears_at == late.next_open == at("2026-12-09T14:00Z")


def test_a_stretch_may_end_in_the_second_in_which_the_window_closes() -> None:
    desk = coverage(DESK)
    assert desk.verdict(request(hours=1), at("2026-12-08T21:00Z")).open
    assert not desk.verdict(request(hours=1), at("2026-12-08T21:00:00.000001Z")).open


def test_a_client_narrows_the_company_and_never_widens_it() -> None:
    night = window("acme-window", scope={"clients": ["acme"]}, weekly={"mon-fri": ["15:00-23:00"]}, why="after their lunch", source="acme.yaml:1")
    both = coverage(DESK, night)
    assert both.verdict(request(ACME), at("2026-12-08T20:30Z")).open
    assert texts(both.verdict(request(ACME), at("2026-12-08T15:00Z")).reasons) == ["outside acme-window of acme: after their lunch"]
    assert texts(both.verdict(request(ACME), at("2026-12-09T01:00Z")).reasons) == ["outside support-coverage: the desk is watched"]
    assert both.verdict(request(BIRCH), at("2026-12-08T15:00Z")).open


def test_clients_in_one_request_must_all_be_open() -> None:
    early = window("acme-window", scope={"clients": ["acme"]}, weekly={"mon-fri": ["09:00-12:00"]})
    late = window("birch-window", scope={"clients": ["birch"]}, weekly={"mon-fri": ["11:00-17:00"]})
    found = coverage(DESK, early, late).windows(request(ACME, BIRCH), at("2026-12-08T00:00Z"), at("2026-12-09T00:00Z"))
    assert [(one.start, one.end) for one in found] == [(at("2026-12-08T16:00Z"), at("2026-12-08T17:00Z"))]


def test_one_calendar_unites_and_two_calendars_intersect() -> None:
    morning, afternoon = (window(name, group="desk", weekly={"mon-fri": [hours]}) for name, hours in (("am", "09:00-11:00"), ("pm", "10:00-15:00")))
    second = window("lab", weekly={"mon-fri": ["10:00-20:00"]})
    found = coverage(morning, afternoon, second).windows(request(), at("2026-12-08T00:00Z"), at("2026-12-09T00:00Z"))
    assert [(one.start, one.end) for one in found] == [(at("2026-12-08T15:00Z"), at("2026-12-08T20:00Z"))]


@pytest.mark.parametrize(
    ("scope", "asked", "bears"),
    [
        ({"environments": ["preview"]}, {"environment": Environment.PREVIEW}, True),
        ({"environments": ["preview"]}, {}, False),
        ({"kinds": ["hotfix"]}, {"kind": "hotfix"}, True),
        ({"kinds": ["hotfix"]}, {}, False),
        ({"tags": ["pilot"]}, {"parties": (ACME,)}, True),
        ({"tags": ["pilot"]}, {"parties": (BIRCH,)}, False),
        ({"regions": ["ca-east"]}, {"parties": (BIRCH, ACME)}, True),
        ({"tags": ["pilot"], "regions": ["ca-west"]}, {"parties": (ACME,)}, False),
        ({"clients": ["acme"]}, {}, False),
        ({"clients": "all"}, {}, True),
    ],
)
def test_a_rule_bears_on_whom_its_scope_names(scope: dict[str, object], asked: dict[str, object], bears: bool) -> None:
    freeze = block(scope=scope, start="2026-12-01T00:00", end="2026-12-31T00:00")
    assert coverage(DESK, freeze).verdict(request().model_copy(update=asked), at("2026-12-08T15:00Z")).open is not bears


def test_an_early_close_is_named_by_its_day_and_why() -> None:
    desk = window(except_=[{"date": "2026-12-24", "hours": ["09:00-12:00"], "why": "early close"}])
    assert texts(coverage(desk).verdict(request(), at("2026-12-24T18:00Z")).reasons) == ["outside coverage: 2026-12-24 early close"]


def test_hours_past_midnight_belong_to_the_day_that_they_start_on() -> None:
    night = coverage(window(weekly={"fri": ["21:00-05:00"]}))
    found = night.windows(request(), at("2026-12-07T00:00Z"), at("2026-12-14T00:00Z"))
    assert [(one.start, one.end) for one in found] == [(at("2026-12-12T02:00Z"), at("2026-12-12T10:00Z"))]


@pytest.mark.parametrize("zone", ["Europe/Berlin", "Pacific/Auckland", "America/Vancouver"])
def test_a_night_at_the_turn_of_the_year_is_one_night(zone: str) -> None:
    nights = {"weekly": {"mon-sun": ["20:00-08:00"]}, "timezone": zone}
    roster = staffing(timezone=zone, roster={"escalation": [{"person": "Dana", **nights}]})
    found = coverage(window(**nights), roster).windows(request(), at("2026-12-30T00:00Z"), at("2027-01-03T00:00Z"))
    assert {one.end - one.start for one in found[1:-1]} == {timedelta(hours=12)}
    blocked = coverage(window(weekly={"mon-sun": ["00:00-24:00"]}, timezone=zone), block(**nights))
    assert {one.end - one.start for one in blocked.windows(request(), at("2026-12-30T00:00Z"), at("2027-01-03T00:00Z"))[1:-1]} == {
        timedelta(hours=12)
    }


def test_vancouver_keeps_daylight_time_in_december_2026() -> None:
    west = coverage(window(timezone="America/Vancouver"))
    slot = west.next_slot(request(), at("2026-12-07T00:00Z"), at("2026-12-08T00:00Z"))
    assert slot == Window(start=at("2026-12-07T16:00Z"), end=at("2026-12-08T00:00Z"))


def test_a_window_in_the_hour_that_does_not_exist_opens_by_the_offset_before_it() -> None:
    found = coverage(window(weekly={"sun": ["02:30-05:00"]})).windows(request(), at("2026-03-08T00:00Z"), at("2026-03-09T00:00Z"))
    assert [(one.start, one.end) for one in found] == [(at("2026-03-08T07:30Z"), at("2026-03-08T09:00Z"))]


def test_in_the_hour_that_happens_twice_a_window_closes_at_the_first_and_a_block_at_the_last() -> None:
    window_only = coverage(window(weekly={"sun": ["00:00-01:30"]}))
    found = window_only.windows(request(), at("2026-11-01T00:00Z"), at("2026-11-02T00:00Z"))
    assert [(one.start, one.end) for one in found] == [(at("2026-11-01T04:00Z"), at("2026-11-01T05:30Z"))]
    both = coverage(window(weekly={"sun": ["00:00-24:00"]}), block(weekly={"sun": ["00:00-01:30"]}))
    found = both.windows(request(), at("2026-11-01T00:00Z"), at("2026-11-02T00:00Z"))
    assert found[0].start == at("2026-11-01T06:30Z")


def test_a_block_in_the_hour_that_does_not_exist_does_not_vanish() -> None:
    both = coverage(window(weekly={"sun": ["00:00-24:00"]}), block(weekly={"sun": ["02:30-03:30"]}))
    assert not both.verdict(request(), at("2026-03-08T07:45Z")).open


# ── Overrides ──────────────────────────────────────────────────────────────────────────────────────


def test_an_override_waives_the_named_rule_for_its_release_and_shows_it_as_waived() -> None:
    waiver = override("year-end-freeze", id="hotfix-4711")
    verdict = coverage(DESK, FREEZE, waiver).verdict(request(version=HOTFIX), at("2026-12-22T15:00Z"))
    assert verdict.open
    assert texts(verdict.waived) == ["year-end-freeze: Year-end change freeze (CHG-1201), waived by hotfix-4711: orders cannot be paid (dana)"]
    assert not coverage(DESK, FREEZE, waiver).verdict(request(version=Version("2026.12")), at("2026-12-22T15:00Z")).open
    assert not coverage(DESK, FREEZE, waiver).verdict(request(), at("2026-12-22T15:00Z")).open


def test_an_override_ends_and_what_lies_behind_its_end_is_closed_again() -> None:
    waiver = override("year-end-freeze", start="2026-12-22T14:00Z", end="2026-12-22T16:00Z")
    waived = coverage(DESK, FREEZE, waiver)
    assert waived.verdict(request(hours=1, version=HOTFIX), at("2026-12-22T15:00Z")).open
    verdict = waived.verdict(request(hours=1, version=HOTFIX), at("2026-12-22T15:30Z"))
    assert texts(verdict.reasons) == ["year-end-freeze: Year-end change freeze (CHG-1201)"]
    assert len(verdict.waived) == 1
    slot = waived.next_slot(request(hours=1, version=HOTFIX), at("2026-12-22T00:00Z"), at("2026-12-23T00:00Z"))
    assert slot == Window(start=at("2026-12-22T14:00Z"), end=at("2026-12-22T16:00Z"))


def test_a_waived_reason_names_only_the_overrides_that_hold_then() -> None:
    ended = override("year-end-freeze", id="hotfix-1", start="2026-12-20T14:00Z", end="2026-12-21T16:00Z")
    holds, too = (override("year-end-freeze", id=f"hotfix-{number}", start="2026-12-22T14:00Z", end="2026-12-22T16:00Z") for number in (2, 3))
    verdict = coverage(DESK, FREEZE, ended, holds, too).verdict(request(version=HOTFIX), at("2026-12-22T15:00Z"))
    told = "; ".join(f"waived by hotfix-{number}: orders cannot be paid (dana)" for number in (2, 3))
    assert texts(verdict.waived) == [f"year-end-freeze: Year-end change freeze (CHG-1201), {told}"]


def test_an_override_for_one_client_does_not_carry_another() -> None:
    waiver = override("year-end-freeze", clients=["acme"])
    waived = coverage(DESK, FREEZE, waiver)
    assert waived.verdict(request(ACME, version=HOTFIX), at("2026-12-22T15:00Z")).open
    assert not waived.verdict(request(BIRCH, version=HOTFIX), at("2026-12-22T15:00Z")).open
    assert not waived.verdict(request(ACME, BIRCH, version=HOTFIX), at("2026-12-22T15:00Z")).open
    assert not waived.verdict(request(version=HOTFIX), at("2026-12-22T15:00Z")).open


def test_a_hard_rule_is_never_waived() -> None:
    hard = block("audit", hard=True, start="2026-12-18T16:00", end="2027-01-04T09:00")
    verdict = coverage(DESK, hard, override("audit")).verdict(request(version=HOTFIX), at("2026-12-22T15:00Z"))
    assert texts(verdict.reasons) == ["closed by audit (hard)"]
    assert verdict.waived == ()


def test_one_role_of_a_roster_can_be_waived_without_the_others() -> None:
    roster = staffing(
        need={"escalation": 1, "qa": 1},
        roster={
            "escalation": [{"person": "Dana", "weekly": {"sun": ["09:00-17:00"]}}],
            "qa": [{"person": "Sam", "weekly": {"sun": ["09:00-17:00"]}}],
        },
    )
    verdict = coverage(DESK, roster, override("roster/qa")).verdict(request(version=HOTFIX), at("2026-12-08T15:00Z"))
    assert texts(verdict.reasons) == ["roster: escalation 0/1"]
    assert texts(verdict.waived) == ["roster: qa 0/1, waived by hotfix: orders cannot be paid (dana)"]


def test_a_window_can_be_waived_by_its_group_but_the_lack_of_any_window_cannot() -> None:
    desk = window(group="desk")
    assert coverage(desk, override("desk")).verdict(request(version=HOTFIX), at("2026-12-08T03:00Z")).open
    assert not coverage(override("desk")).verdict(request(version=HOTFIX), at("2026-12-08T15:00Z")).open


# ── Staffing ───────────────────────────────────────────────────────────────────────────────────────

MON_FRI = {"mon-fri": ["09:00-17:00"]}


def test_need_counts_different_people_less_those_on_leave() -> None:
    roster = staffing(
        need={"front": 2},
        roster={
            "front": [
                {"person": "Dana", "weekly": {"mon-fri": ["09:00-13:00"]}},
                {"person": "Dana", "weekly": {"mon-fri": ["12:00-17:00"]}},
                {"person": "Sam", "weekly": MON_FRI, "leave": ["2026-12-09..2026-12-10"]},
            ]
        },
    )
    staffed = coverage(DESK, roster)
    assert staffed.verdict(request(hours=8), at("2026-12-08T14:00Z")).open
    away = staffed.verdict(request(), at("2026-12-09T15:00Z"))
    (short,) = away.reasons
    assert (short.code, short.text, short.source) == ("staffing", "roster: front 1/2 (Sam is on leave)", "roster")
    assert (short.rule, short.begins, short.clears_at) == ("roster/front", at("2026-12-08T22:00Z"), at("2026-12-11T14:00Z"))
    assert away.next_open == at("2026-12-11T14:00Z")


def test_leave_takes_the_night_shift_that_starts_on_it_and_the_part_that_runs_into_it() -> None:
    nights = [{"person": "Dana", "weekly": {"mon-sun": ["22:00-06:00"]}, "leave": ["2026-12-09"]}]
    watched = coverage(window(weekly={"mon-sun": ["00:00-24:00"]}), staffing(roster={"escalation": nights}))
    found = watched.windows(request(), at("2026-12-08T12:00Z"), at("2026-12-11T12:00Z"))
    assert [(one.start, one.end) for one in found] == [
        (at("2026-12-09T03:00Z"), at("2026-12-09T05:00Z")),
        (at("2026-12-11T03:00Z"), at("2026-12-11T11:00Z")),
    ]


def test_past_the_horizon_of_the_roster_a_slot_is_provisional_not_closed() -> None:
    known = coverage(DESK, staffing(roster={"escalation": [{"person": "Dana", "weekly": {"mon": ["09:00-17:00"]}}]}, horizon="2026-12-08"))
    found = known.windows(request(), at("2026-12-07T00:00Z"), at("2026-12-10T00:00Z"))
    assert [(one.start.day, one.provisional) for one in found] == [(7, False), (9, True)]
    slot = known.next_slot(request(), at("2026-12-08T00:00Z"), at("2026-12-12T00:00Z"))
    assert slot is not None
    assert slot.provisional
    assert (slot.start.day, known.days(request(), date(2026, 12, 9), date(2026, 12, 9))[0].windows[0].provisional) == (9, True)


# ── Slots, days, business time ─────────────────────────────────────────────────────────────────────


def test_the_next_slot_ends_where_the_clear_stretch_ends_and_starts_at_once_where_it_may() -> None:
    desk = coverage(DESK)
    asked = request(hours=2)
    assert desk.next_slot(asked, at("2026-12-08T15:00:00.5Z"), at("2026-12-09T00:00Z")) == Window(
        start=at("2026-12-08T15:00:00.5Z"), end=at("2026-12-08T22:00Z")
    )
    assert desk.next_slot(asked, at("2026-12-08T20:30Z"), at("2026-12-09T14:00Z")) is None
    assert desk.next_slot(asked, at("2026-12-08T20:30Z"), at("2026-12-09T14:01Z")) == Window(
        start=at("2026-12-09T14:00Z"), end=at("2026-12-09T22:00Z")
    )
    assert desk.next_slot(request(hours=9), at("2026-12-08T00:00Z"), at("2028-12-08T00:00Z")) is None


def test_windows_cross_the_turn_of_the_year_in_one_piece() -> None:
    always = coverage(window(weekly={"mon-sun": ["00:00-24:00"]}))
    found = always.windows(request(), at("2026-12-30T00:00Z"), at("2027-01-03T00:00Z"))
    assert [(one.start, one.end) for one in found] == [(at("2026-12-30T00:00Z"), at("2027-01-03T00:00Z"))]
    assert always.verdict(request(hours=240), at("2026-12-28T00:00Z")).open


def test_a_day_tells_its_windows_and_why_the_rest_is_closed() -> None:
    roster = staffing(roster={"escalation": [{"person": "Dana", "weekly": MON_FRI, "leave": ["2026-12-09"]}]})
    monday, wednesday, saturday = (
        coverage(DESK, roster, block("lunch", weekly={"mon": ["12:00-13:00"]}, why="lunch")).days(request(hours=3), day, day)[0]
        for day in (date(2026, 12, 7), date(2026, 12, 9), date(2026, 12, 12))
    )
    assert [(one.start.hour, one.end.hour) for one in monday.windows] == [(14, 17), (18, 22)]
    assert texts(monday.reasons) == ["lunch: lunch"]
    assert (wednesday.windows, texts(wednesday.reasons)) == ((), ["roster: escalation 0/1 (Dana is on leave)"])
    assert (saturday.windows, texts(saturday.reasons)) == ((), ["outside support-coverage: the desk is watched"])


def test_a_proposed_day_is_told_with_its_hours_and_what_it_waits_for() -> None:
    desk = window("support-coverage", approval="required", why="the desk is watched")
    frozen = block("freeze", start="2026-12-10T00:00", end="2026-12-11T00:00", why="audit")
    days = Coverage([desk, frozen], "America/Toronto", frozenset({("support-coverage", date(2026, 12, 8))})).days(
        request(), date(2026, 12, 8), date(2026, 12, 12)
    )
    assert [day.state for day in days] == ["approved", "proposed", "closed", "proposed", "closed"]
    assert [(one.start.hour, one.end.hour) for one in days[1].proposed] == [(14, 22)]
    waits = "support-coverage proposes 2026-12-09, which nobody has approved yet: rollout coverage approve 2026-12-09"
    assert texts(days[1].reasons) == [waits]
    assert texts(days[2].reasons) == [waits.replace("-09", "-10"), "freeze: audit"]
    assert texts(days[4].reasons) == ["outside support-coverage: the desk is watched"]


def test_days_are_those_of_the_company_on_the_nights_when_clocks_change() -> None:
    always = coverage(window(weekly={"mon-sun": ["00:00-24:00"]}))
    days = always.days(request(), date(2026, 3, 7), date(2026, 3, 9)) + always.days(request(), date(2026, 11, 1), date(2026, 11, 1))
    assert [sum((one.end - one.start for one in day.windows), timedelta()) for day in days] == [timedelta(hours=hours) for hours in (24, 23, 24, 25)]


def test_business_time_is_counted_in_the_hours_of_the_company() -> None:
    limited = window("deployments", scope={"kinds": ["monthly"]}, weekly={"mon-fri": ["09:00-10:00"]})
    client = window("acme-window", scope={"clients": ["acme"]}, weekly={"sun": ["09:00-10:00"]})
    desk = coverage(DESK, limited, client)
    assert desk.business_add(at("2026-12-11T21:00Z"), timedelta(hours=2)) == at("2026-12-14T15:00Z")
    assert desk.business_add(at("2026-12-11T21:00Z"), timedelta(hours=1)) == at("2026-12-11T22:00Z")
    assert desk.business_add(at("2026-12-12T21:00Z"), timedelta()) == at("2026-12-12T21:00Z")
    assert desk.business_between(at("2026-12-11T21:00Z"), at("2026-12-14T15:00Z")) == timedelta(hours=2)
    assert desk.business_between(at("2026-12-14T15:00Z"), at("2026-12-11T21:00Z")) == timedelta()


def test_business_time_that_never_comes_is_refused() -> None:
    with pytest.raises(Refused, match=r"cannot count 1:00:00 of business time from 2026-12-08T00:00:00\+00:00: .* 400 days without coverage"):
        coverage().business_add(at("2026-12-08T00:00Z"), timedelta(hours=1))


@pytest.mark.parametrize("moment", [datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)])
def test_what_lies_outside_the_compiled_years_is_unknown_and_closed(moment: datetime) -> None:
    always = coverage(window(weekly={"mon-sun": ["00:00-24:00"]}))
    assert [reason.code for reason in always.verdict(request(), moment).reasons] == ["unknown"]
    assert always.next_slot(request(), moment, moment) is None
    assert always.windows(request(), moment, moment) == []
    assert [reason.code for reason in always.days(request(), moment.date(), moment.date())[0].reasons] == ["unknown"]


def test_a_thousand_clients_of_two_kinds_share_two_compiled_calendars() -> None:
    rules = [window(f"window-{number}", scope={"clients": [f"c{number}"]}, weekly={"mon": [f"1{number % 2}:00-16:00"]}) for number in range(1000)]
    many = coverage(DESK, *rules)
    for number in range(1000):
        verdict = many.verdict(request(Party(id=ClientId(f"c{number}"))), at("2026-12-08T15:00Z"))
        assert verdict.reasons[0].source == f"window-{number}"
    assert len({many.likeness(request(Party(id=ClientId(f"c{number}")))) for number in range(1000)}) == 2


def test_a_day_without_hours_is_told_by_the_windows_that_are_to_blame_and_by_what_else_closes_the_hours_without_them() -> None:
    early = window("deployments", weekly={"mon-fri": ["09:00-16:00"]})
    client = window("acme-window", scope={"clients": ["acme"]}, weekly={"tue,thu": ["09:00-12:00"]})
    roster = staffing(roster={"escalation": [{"person": "Dana", "weekly": MON_FRI, "leave": ["2026-12-09"]}]})
    calendar = coverage(DESK, early, client, roster)
    wednesday, saturday = (calendar.days(request(ACME), day, day)[0] for day in (date(2026, 12, 9), date(2026, 12, 12)))
    assert {reason.rule for reason in wednesday.reasons} == {"acme-window", "roster/escalation"}
    assert {reason.rule for reason in saturday.reasons} == {"support-coverage", "deployments", "acme-window"}


def test_a_stretch_that_is_just_long_enough_is_found_at_any_fraction_of_a_second() -> None:
    desk = coverage(DESK)
    for after in (at("2026-12-05T12:00:00.123Z"), at("2026-12-07T14:00:00.123Z")):
        found = desk.next_slot(request(hours=8), after, at("2027-01-01T00:00Z"))
        assert found is not None
        assert found.start == (at("2026-12-07T14:00Z") if after.day == 5 else at("2026-12-08T14:00Z"))
    assert desk.verdict(request(hours=8), at("2026-12-05T12:00:00.5Z")).next_open == at("2026-12-07T14:00Z")
