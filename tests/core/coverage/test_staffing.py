"""Who is on shift, by example and against a count minute by minute: need by weekday, leave, holidays, shifts that events give, horizons of roles."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from rollout.core.coverage import BlockRule, Coverage, Event, StaffingRule
from rollout.core.coverage.duties import last_day
from rollout.core.coverage.recurrence import recurrence_of
from rollout.core.coverage.references import dangling, unmatched, zones_of
from rollout.core.coverage.rosters import Duty, Shift, same_person, with_days_off
from rollout.core.coverage.staffing import shortfalls
from rollout.core.coverage.zones import Zone, Zones, instant
from tests.core.coverage.drawing import events, hours, places, weeklies
from tests.core.coverage.making import TORONTO, at, block, request, staffing, window
from tests.core.coverage.naive import occurrences_on

DAY = timedelta(days=1)
ALWAYS = window(weekly={"mon-sun": ["00:00-24:00"]})
DESK = window()
NINE_TO_FIVE = {"mon-fri": ["09:00-17:00"]}
CHRISTMAS = block("holidays-ca-on", scope="staff", dates={"2026-12-25": "Christmas Day", "2026-12-26": "Boxing Day"})


def coverage(*rules: Any) -> Coverage:
    return Coverage(rules, TORONTO)


def dana(**given: Any) -> dict[str, Any]:
    return {"person": "Dana Reyes", "weekly": NINE_TO_FIVE} | given


def sam(**given: Any) -> dict[str, Any]:
    return {"person": "Sam Okafor", "weekly": NINE_TO_FIVE} | given


def told(covered: Coverage, moment: str) -> list[str]:
    return [reason.text for reason in covered.verdict(request(), at(moment)).reasons]


def duty(person: str, start: str, hours: int, rule: str = "") -> Duty:
    """A shift in Toronto that an event gives."""
    recurrence = recurrence_of(rule, Zone(TORONTO)) if rule else None
    seconds = hours * 3600
    event = Event(uid=f"{person} {start}", zone=TORONTO, start=datetime.fromisoformat(start), seconds=seconds, nominal=seconds, recurrence=recurrence)
    return Duty(person=person, event=event)


# ── How many are needed ────────────────────────────────────────────────────────────────────────────


def test_need_may_differ_by_the_day_of_the_week_and_days_not_named_need_nobody() -> None:
    roster = staffing(need={"escalation": {"mon-thu": 2, "sat": 0}}, roster={"escalation": [dana(), sam()]})
    covered = coverage(ALWAYS, roster)
    assert told(covered, "2026-12-08T15:00Z") == []
    assert told(covered, "2026-12-08T23:00Z") == ["roster: escalation 0/2"]
    assert [told(covered, f"2026-12-{day}T15:00Z") for day in (11, 12, 13)] == [[], [], []]
    opens = covered.next_slot(request(hours=30), at("2026-12-10T22:00Z"), at("2026-12-20T00:00Z"))
    assert opens is not None
    assert (opens.start, opens.end) == (at("2026-12-11T05:00Z"), at("2026-12-14T05:00Z"))  # midnight to midnight in Toronto


def test_a_weekday_is_that_of_the_rules_zone_not_of_the_persons() -> None:
    kenji = {"person": "Kenji", "timezone": "Asia/Tokyo", "weekly": {"sun": ["00:00-02:00"]}}
    roster = staffing(need={"escalation": {"sat": 1}}, roster={"escalation": [kenji]})
    covered = coverage(ALWAYS, roster)
    assert told(covered, "2026-12-12T15:30Z") == []  # Sunday 00:30 in Tokyo, Saturday 10:30 in Toronto
    assert told(covered, "2026-12-12T17:30Z") == ["roster: escalation 0/1"]
    assert told(covered, "2026-12-13T15:30Z") == []  # Sunday in Toronto


@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"need": {"escalation": 0}}, "greater than or equal to 1"),
        ({"need": {"escalation": {"sat": 0}}}, "needs nobody on any day; take the role out"),
        ({"need": {"escalation": {"mon": -1}}}, "greater than or equal to 0"),
        ({"need": {"escalation": {"mon-fri": 1, "fri": 1}}}, "fri is named twice; say once how many are needed"),
        ({"need": {"escalation": {"mo": 1}}}, "mo is not a day of the week"),
        ({"need": {"escalation": {"mon": 1, "sat": 3}}}, "escalation needs 3, but the roster names 1: add people, or lower the need"),
        ({"need": {"escalation": 2}, "roster": {"escalation": [dana(), dana(person=" dana  reyes")]}}, "the roster names 1: add people"),
        ({"need": {"escalation": 2}, "roster": {"escalation": [dana(), dana(person="Dana\u200b Reyes\ufeff")]}}, "the roster names 1: add people"),
        ({"roster": {"escalation": [dana(leave=["2026-12-09.."])]}}, "2026-12-09.. has one end only; write both"),
        ({"roster": {"escalation": [dana(leave=["..2026-12-09"])]}}, "..2026-12-09 has one end only; write both"),
        ({"roster": {"escalation": [dana(weekly={"mon": ["09:00-10:00"] * 49})]}}, "has 49 stretches of hours, and a day may have 48"),
        ({"sources": [{"ics": "a.ics", "role": "escalaton"}]}, "sources names the role escalaton, which need does not have: it has escalation"),
        ({"roster": {"escalation": [dana()], "qa": [sam()]}}, "roster names the role qa, which need does not have: it has escalation"),
        ({"horizon": {"qa": "2026-12-31"}}, "horizon names the role qa, which need does not have"),
        ({"scope": "staff"}, "scope: staff is for blocks with dates"),
    ],
)
def test_a_roster_refuses_what_cannot_be_meant(given: dict[str, Any], text: str) -> None:
    with pytest.raises(ValidationError) as refused:
        staffing(**given)
    assert text in str(refused.value)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Jos\u00e9", "Jose\u0301", True),
        ("Ana", "\u200bA\u00adna\u200b ", True),
        ("Jose\u200d\u0301", "JOS\u00c9", True),
        ("\uff21na", "ana", True),
        ("Jos\u00e9", "Jose", False),
        ("Ana Silva", "AnaSilva", False),
    ],
)
def test_names_that_look_the_same_are_one_person(one: str, other: str, same: bool) -> None:
    assert (same_person(one) == same_person(other)) is same


# ── Who is away, and why ───────────────────────────────────────────────────────────────────────────


def test_the_reason_names_who_is_away_and_why() -> None:
    family_day = block("holidays-ca-on", scope="staff", dates={"2026-02-16": "Family Day"})
    shifts = [dana(leave=["2026-02-16..2026-02-20"]), sam(holidays="holidays-ca-on")]
    covered = coverage(DESK, family_day, staffing(need={"escalation": 1}, roster={"escalation": shifts}))
    away = "roster: escalation 0/1 (Dana Reyes is on leave, Sam Okafor has a holiday: Family Day)"
    assert told(covered, "2026-02-16T15:00Z") == [away]
    assert told(covered, "2026-02-17T15:00Z") == []


def test_who_would_not_be_there_anyway_is_not_named() -> None:
    roster = staffing(roster={"escalation": [dana(leave=["2026-12-09"])]}, why="on the phone")
    covered = coverage(ALWAYS, roster)
    assert told(covered, "2026-12-09T03:00Z") == ["roster: escalation 0/1 (on the phone)"]
    assert told(covered, "2026-12-09T15:00Z") == ["roster: escalation 0/1 (Dana Reyes is on leave; on the phone)"]


def test_who_is_there_on_another_shift_is_neither_away_nor_counted_twice() -> None:
    roster = staffing(need={"escalation": 2}, roster={"escalation": [dana(leave=["2026-12-09"]), dana(weekly={"wed": ["12:00-20:00"]}), sam()]})
    covered = coverage(DESK, roster)
    assert told(covered, "2026-12-09T15:00Z") == ["roster: escalation 1/2 (Dana Reyes is on leave)"]
    assert told(covered, "2026-12-09T18:00Z") == []
    lee = dana(person="Lee Chan", weekly={"thu": ["09:00-17:00"]})
    three = staffing(need={"escalation": 3}, roster={"escalation": [dana(leave=["2026-12-09"]), dana(weekly={"wed": ["12:00-20:00"]}), sam(), lee]})
    assert told(coverage(DESK, three), "2026-12-09T18:00Z") == ["roster: escalation 2/3"]
    overlapping = staffing(
        need={"escalation": 2}, roster={"escalation": [dana(), dana(weekly={"mon": ["12:00-20:00"]}), sam(weekly={"tue": ["09:00-17:00"]})]}
    )
    assert told(coverage(DESK, overlapping), "2026-12-07T18:00Z") == ["roster: escalation 1/2"]


def test_a_crowd_that_is_away_is_counted_not_listed() -> None:
    crowd = [dana(person=f"P{number}", leave=["2026-12-09"]) for number in range(8)]
    (text,) = told(coverage(DESK, staffing(roster={"escalation": crowd})), "2026-12-09T15:00Z")
    assert text == "roster: escalation 0/1 (" + ", ".join(f"P{number} is on leave" for number in range(5)) + ", 3 more are away)"


def test_leave_takes_a_shift_over_midnight_that_begins_on_it_and_cuts_the_one_before() -> None:
    nights = dana(weekly={"mon-sun": ["20:00-04:00"]}, leave=["2026-12-09"])
    covered = coverage(ALWAYS, staffing(roster={"escalation": [nights]}))
    open_ = covered.windows(request(), at("2026-12-08T12:00Z"), at("2026-12-11T12:00Z"))
    assert [(one.start, one.end) for one in open_] == [
        (at("2026-12-09T01:00Z"), at("2026-12-09T05:00Z")),  # the evening of the 8th, up to midnight
        (at("2026-12-11T01:00Z"), at("2026-12-11T09:00Z")),  # the evening of the 10th
    ]
    assert told(covered, "2026-12-10T06:00Z") == ["roster: escalation 0/1 (Dana Reyes is on leave)"]


def test_leave_cuts_the_longer_of_two_shifts_that_overlap() -> None:
    nights = dana(weekly={"mon": ["20:00-10:00", "22:00-23:00"]}, leave=["2026-12-08"])
    (open_,) = coverage(ALWAYS, staffing(roster={"escalation": [nights]})).windows(request(), at("2026-12-07T12:00Z"), at("2026-12-09T12:00Z"))
    assert (open_.start, open_.end) == (at("2026-12-08T01:00Z"), at("2026-12-08T05:00Z"))


def test_a_holiday_is_a_day_of_the_persons_zone_not_of_the_companys() -> None:
    kenji = {"person": "Kenji", "timezone": "Asia/Tokyo", "weekly": {"mon-sun": ["00:00-24:00"]}, "holidays": "holidays-jp"}
    new_year = block("holidays-jp", scope="staff", timezone=TORONTO, dates={"2027-01-01": "New Year"})
    (first, last) = coverage(ALWAYS, new_year, staffing(roster={"escalation": [kenji]})).windows(
        request(), at("2026-12-31T00:00Z"), at("2027-01-03T00:00Z")
    )
    assert (first.end, last.start) == (at("2026-12-31T15:00Z"), at("2027-01-01T15:00Z"))


def test_holidays_for_staff_close_nothing_by_themselves() -> None:
    covered = coverage(DESK, CHRISTMAS, staffing(roster={"escalation": [dana()]}))
    assert told(covered, "2026-12-25T15:00Z") == []
    named = coverage(DESK, CHRISTMAS, staffing(roster={"escalation": [dana(holidays="holidays-ca-on")]}))
    assert told(named, "2026-12-25T15:00Z") == ["roster: escalation 0/1 (Dana Reyes has a holiday: Christmas Day)"]
    assert unmatched([CHRISTMAS], []) == []


def test_what_the_company_excepts_from_holidays_holds_for_the_block_and_for_people() -> None:
    edits = [{"date": "2026-12-25"}, {"date": "2026-12-24", "hours": ["12:00-24:00"], "why": "Christmas Eve"}]
    closing = block("holidays-ca-on", dates={"2026-12-25": "Christmas Day", "2026-12-28": "Boxing Day"}, except_=edits)
    covered = coverage(DESK, closing, staffing(roster={"escalation": [dana(holidays="holidays-ca-on")]}))
    assert told(covered, "2026-12-25T15:00Z") == []
    assert told(covered, "2026-12-24T15:00Z") == []
    assert told(covered, "2026-12-24T18:00Z") == [
        "holidays-ca-on: Christmas Eve",
        "roster: escalation 0/1 (Dana Reyes has a holiday: Christmas Eve)",
    ]
    assert told(covered, "2026-12-28T15:00Z")[0] == "holidays-ca-on: Boxing Day"


@pytest.mark.parametrize(
    "given", [{"dates": {}, "weekly": NINE_TO_FIVE}, {"weekly": NINE_TO_FIVE}, {"start": "2026-12-01T00:00", "end": "2026-12-02T00:00"}]
)
def test_a_block_for_staff_has_dates_and_nothing_else(given: dict[str, Any]) -> None:
    with pytest.raises(ValidationError, match="scope: staff is for a block that has dates, and nothing else"):
        block(scope="staff", **{"dates": {"2026-12-25": "Christmas"}} | given)
    with pytest.raises(ValidationError, match="scope: staff is for blocks with dates"):
        window(scope="staff")
    with pytest.raises(ValidationError, match="it is the whole of it: write scope: staff"):
        block(scope={"staff": True, "clients": ["acme"]}, dates={"2026-12-25": "Christmas"})


def test_holidays_that_no_block_has_are_a_fault_and_close_until_it_is_mended() -> None:
    roster = staffing(roster={"escalation": [sam(), dana(holidays="holidays-ca-no")]}, source="calendars/roster.yaml:3")
    (fault,) = dangling([CHRISTMAS, roster])
    assert str(fault) == (
        "calendars/roster.yaml:3 roster.escalation[1].holidays: holidays-ca-no is no block with dates. Did you mean holidays-ca-on?"
    )
    (bare,) = dangling([roster])
    assert bare.text.endswith("Write one: rollout coverage holidays sync CA-ON")
    assert told(coverage(DESK, CHRISTMAS, roster), "2026-12-08T15:00Z") == [
        "roster is not known: nobody knows the dates of holidays-ca-no, its people's holidays"
    ]
    stale = CHRISTMAS.model_copy(update={"unknown": "too old"})
    named = staffing(roster={"escalation": [dana(holidays="holidays-ca-on")]})
    assert told(coverage(DESK, stale, named), "2026-12-08T15:00Z") == [
        "roster is not known: nobody knows the dates of holidays-ca-on, its people's holidays"
    ]


# ── Shifts that events give ────────────────────────────────────────────────────────────────────────


def test_events_give_shifts_and_only_different_people_count() -> None:
    called = staffing(need={"escalation": 2}, sources=[{"ics": "a.ics", "role": "escalation"}], roster={"escalation": [dana()]}).model_copy(
        update={"duties": {"escalation": (duty("DANA REYES", "2026-12-08T09:00", 8), duty("Sam Okafor", "2026-12-08T13:00", 4))}}
    )
    covered = coverage(DESK, called)
    assert told(covered, "2026-12-08T15:00Z") == ["roster: escalation 1/2"]
    assert told(covered, "2026-12-08T19:00Z") == []


def test_zones_of_events_are_zones_in_use() -> None:
    called = staffing(timezone="UTC").model_copy(update={"duties": {"escalation": (duty("Dana", "2026-12-08T09:00", 8),)}})
    assert zones_of([called]) == {"UTC", TORONTO}


def test_past_the_horizon_of_one_role_the_others_still_count() -> None:
    roster = staffing(need={"escalation": 1, "qa": 1}, roster={"escalation": [dana()], "qa": [sam(weekly={"mon-wed": ["09:00-17:00"]})]})
    bounded = roster.model_copy(update={"read_until": {"escalation": date(2026, 12, 8)}})
    covered = coverage(DESK, bounded)
    (known,) = covered.windows(request(), at("2026-12-08T00:00Z"), at("2026-12-09T00:00Z"))
    (beyond,) = covered.windows(request(), at("2026-12-09T00:00Z"), at("2026-12-10T00:00Z"))
    assert (known.provisional, beyond.provisional) == (False, True)
    assert told(covered, "2026-12-10T15:00Z") == ["roster: qa 0/1"]
    written = staffing(horizon={"escalation": "2026-12-08"}, roster={"escalation": [dana()]})
    assert [one.provisional for one in coverage(DESK, written).windows(request(), at("2026-12-08T00:00Z"), at("2026-12-10T00:00Z"))] == [False, True]
    assert written.model_copy(update={"read_until": {"escalation": date(2026, 12, 4)}}).known_until("escalation") == date(2026, 12, 4)


@pytest.mark.parametrize(
    ("duties", "last"),
    [
        ([duty("Dana", "2026-12-08T09:00", 8)], date(2026, 12, 8)),
        ([duty("Dana", "2026-12-08T16:00", 8)], date(2026, 12, 8)),  # up to midnight, and not into the next day
        ([duty("Dana", "2026-12-08T16:00", 9)], date(2026, 12, 9)),
        ([duty("Dana", "2026-12-08T09:00", 8, "FREQ=WEEKLY;COUNT=3")], date(2026, 12, 22)),
        ([duty("Dana", "2026-12-08T09:00", 8, "FREQ=WEEKLY;UNTIL=20270105T235959Z")], date(2027, 1, 5)),
        ([duty("Dana", "2026-12-08T09:00", 8), duty("Sam", "2026-12-01T09:00", 8, "FREQ=DAILY;UNTIL=20261214T235959Z")], date(2026, 12, 14)),
        ([duty("Dana", "2026-12-08T09:00", 8), duty("Sam", "2026-12-01T09:00", 8, "FREQ=DAILY")], None),
        ([], None),
    ],
)
def test_a_roster_of_events_is_known_up_to_the_day_on_which_the_last_one_ends(duties: list[Duty], last: date | None) -> None:
    assert last_day([one.event for one in duties], TORONTO, Zones()) == last


def test_an_occurrence_that_is_taken_out_is_not_the_last() -> None:
    event = duty("Dana", "2026-12-08T09:00", 8, "FREQ=WEEKLY;COUNT=3").event
    assert last_day([event.model_copy(update={"skipped_days": frozenset([date(2026, 12, 22)])})], TORONTO, Zones()) == date(2026, 12, 15)
    ended = duty("Dana", "2026-12-08T09:00", 8, "FREQ=WEEKLY").event.model_copy(update={"before": instant(at("2026-12-22T14:00Z"))})
    assert last_day([ended], TORONTO, Zones()) == date(2026, 12, 15)


# ── Against a count minute by minute ───────────────────────────────────────────────────────────────


@st.composite
def rosters(draw: st.DrawFn) -> tuple[datetime, StaffingRule, BlockRule]:
    """A night when clocks change, a roster around it whose people are in zones of their own, and holidays of some of them."""
    zone, near = draw(places)
    elsewhere = draw(st.sampled_from([zone, "UTC", TORONTO, "Asia/Kolkata"]))
    day = near.date() + timedelta(days=draw(st.integers(-1, 1)))
    early = [{"date": near.date(), "hours": draw(st.lists(hours(), max_size=1))}] if draw(st.booleans()) else []
    holidays = block("holidays", scope="staff", timezone="UTC", dates={day: "Holiday"}, except_=early)
    shifts = st.builds(
        lambda person, weekly, leave, named, own: {
            "person": person,
            "weekly": weekly,
            "leave": [(near.date(), near.date())] if leave else [],
            "holidays": "holidays" if named else None,
            "timezone": elsewhere if own else None,
        },
        st.sampled_from(["Dana", "dana", "Sam"]),
        weeklies,
        st.booleans(),
        st.booleans(),
        st.booleans(),
    )
    by_day = st.dictionaries(st.sampled_from(["mon-wed", "thu,fri", "sat", "sun"]), st.integers(1, 3), min_size=1)
    rule = StaffingRule.model_validate(
        {
            "id": "roster",
            "timezone": zone,
            "need": {"escalation": draw(st.integers(1, 3) | by_day)},
            "sources": [{"ics": "roster.ics", "role": "escalation"}],
            "roster": {"escalation": draw(st.lists(shifts, max_size=3))},
            "horizon": draw(st.none() | st.just(near.date())),
        }
    )
    duties = draw(
        st.lists(st.builds(lambda person, event: Duty(person=person, event=event), st.sampled_from(["DANA", "Lee"]), events(zone, near)), max_size=2)
    )
    return near, rule.model_copy(update={"duties": {"escalation": tuple(duties)}}), holidays


@settings(max_examples=60, deadline=None)
@given(rosters())
def test_shortfalls_are_those_of_a_count_minute_by_minute(drawn: tuple[datetime, StaffingRule, BlockRule]) -> None:
    near, rule, holidays = drawn
    low, high = instant(near - timedelta(hours=20)), instant(near + timedelta(hours=20))
    compiled, _ = with_days_off([rule, holidays])
    assert isinstance(compiled, StaffingRule)
    found = {
        moment: (one.people, one.need) for one in shortfalls(compiled, "escalation", Zones(), low, high) for moment in range(one.start, one.end, 300)
    }
    counted = {moment: (people, need) for moment in range(low, high, 300) for people, need in _short(rule, holidays, moment)}
    assert found == counted


def _short(rule: StaffingRule, holidays: BlockRule, moment: int) -> Iterator[tuple[int, int]]:
    """How many are there and how many are needed, if they are too few."""
    today = datetime.fromtimestamp(moment, ZoneInfo(rule.timezone))
    if isinstance(rule.horizon, date) and moment >= _first(datetime.combine(rule.horizon + DAY, time()), rule.timezone):
        return
    stated = rule.need["escalation"]
    need = stated if isinstance(stated, int) else next((count for days, count in stated.items() if today.weekday() in days), 0)
    there = {shift.person.casefold() for shift in rule.roster["escalation"] if _is_there(shift, rule, holidays, moment)}
    there |= {one.person.casefold() for one in rule.duties["escalation"] if _happens(one.event, moment)}
    if len(there) < need:
        yield len(there), need


def _is_there(shift: Shift, rule: StaffingRule, holidays: BlockRule, moment: int) -> bool:
    zone = shift.timezone or rule.timezone
    today = datetime.fromtimestamp(moment, ZoneInfo(zone)).date()
    near = [today + DAY * number for number in range(-3, 3)]
    off = {day for day in near if any(start <= day <= end for start, end in shift.leave)}
    hours_off: list[tuple[int, int]] = []
    if shift.holidays:
        excepted = {one.date: one.hours for one in holidays.exceptions}
        off |= {day for day in holidays.dates if day not in excepted} | {day for day, spans in excepted.items() if spans == ((0, 1440),)}
        hours_off = [_block(day, *span, zone) for day, spans in excepted.items() if spans != ((0, 1440),) for span in spans]
    if any(start <= moment < end for start, end in [*hours_off, *(_block(day, 0, 1440, zone) for day in off)]):
        return False
    spans = [(day, span) for day in near if day not in off for days, spans in shift.weekly.items() if day.weekday() in days for span in spans]
    return any(_first(_wall(day, opens), zone) <= moment < _first(_wall(day, closes), zone) for day, (opens, closes) in spans)


def _happens(event: Event, moment: int) -> bool:
    today = datetime.fromtimestamp(moment, UTC).date()
    spans = [span for number in range(-4, 4) for span in occurrences_on(event, today + DAY * number, False)]
    return any(start <= moment < end for start, end in spans)


def _wall(day: date, minutes: int) -> datetime:
    return datetime.combine(day, time()) + timedelta(minutes=minutes)


def _first(shown: datetime, zone: str) -> int:
    return int(shown.replace(tzinfo=ZoneInfo(zone), fold=0).timestamp())


def _block(day: date, opens: int, closes: int, zone: str) -> tuple[int, int]:
    start = _first(_wall(day, opens), zone)
    end = max(_first(_wall(day, closes), zone), int(_wall(day, closes).replace(tzinfo=ZoneInfo(zone), fold=1).timestamp()))
    return (start, end) if start < end else (min(start, end), start + (closes - opens) * 60)
