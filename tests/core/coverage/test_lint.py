"""What somebody is told who looks the calendars over, and what is no reason to say anything."""

from collections.abc import Iterable
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout.core.clients import Client, Environment
from rollout.core.coverage import Party, Rule, compile_coverage
from rollout.core.coverage.lint import lint
from rollout.core.coverage.looking import CalendarFinding, Need
from rollout.core.coverage.overrides import override_states
from rollout.core.coverage.rarity import Lean, Wanted, leanest
from rollout.core.coverage.spans import union, within
from rollout.core.findings import Grade
from rollout.core.values import ClientId
from tests.core.coverage.making import TORONTO, at, block, override, staffing, window

NOW = at("2026-11-20T12:00Z")
PAST = {"start": "2026-01-01T00:00", "end": "2026-02-01T00:00"}
LOCK = {"holidays": "0.109", "country": "CA", "subdivision": "ON", "years": "2025-2026"}
ALWAYS = {"mon-sun": ["00:00-24:00"]}


def client(name: str, *tags: str, region: str = "") -> Client:
    return Client(id=ClientId(name), name=name.title(), tier="standard", tags=frozenset(tags), region=region)


ACME, BIRCH = client("acme", "pilot"), client("birch", region="west")


def found(rules: Iterable[Rule], *clients: Client, **given: Any) -> list[CalendarFinding]:
    """Everything that is found at noon of 20 November 2026."""
    return list(lint(compile_coverage(rules, timezone=TORONTO), clients or (ACME, BIRCH), NOW, **given))


def texts(*rules: Rule, **given: Any) -> list[str]:
    return [f"{one.grade} {one.what}: {one.text}" for one in found(rules, **given)]


def test_calendars_that_are_in_order_give_nothing_to_say() -> None:
    holidays = block("holidays", dates={"2026-12-25": "Christmas Day"}, generator={"holidays": "0.109", "country": "CA", "years": "2026-2028"})
    freeze = block(start="2026-12-18T16:00", end="2027-01-04T09:00")
    assert texts(window(), holidays, freeze, staffing(horizon="2027-06-30"), window("acme", scope={"clients": ["acme"]})) == []


def test_a_name_that_matches_nobody_is_a_fault_with_its_rule() -> None:
    (one,) = found([window(), window("a", scope={"clients": ["acmi"]}, weekly=ALWAYS, source="calendars/a.yaml:7")])
    assert (one.grade, one.rule, one.source) == (Grade.FAULT, "a", "calendars/a.yaml:7")
    assert one.text == "scope.clients: acmi matches no client. Did you mean acme?"


def test_faults_come_first_and_then_files_by_line() -> None:
    rules = [
        window(source="b.yaml:1"),
        *(block(f"old-{line}", start="2026-01-01T00:00", end="2026-01-02T00:00", source=f"a.yaml:{line}") for line in (10, 9)),
        window("west", scope={"regions": ["wast"]}, weekly=ALWAYS, source="z.yaml:1"),
    ]
    assert [one.source for one in found(rules)] == ["z.yaml:1", "a.yaml:9", "a.yaml:10"]


class TestWindowsThatNeverOpen:
    def test_alone_it_closes_everything_and_is_a_fault(self) -> None:
        told = texts(window("past", **PAST))
        assert "fault never: past opens nothing within 400 days, so everything is closed for everybody" in told
        assert "fault hours: nothing is open for monthly releases to production within 400 days" in told

    def test_beside_others_of_its_group_it_is_only_needless(self) -> None:
        told = texts(window(group="desk"), window("past", group="desk", scope={"kinds": ["hotfix"]}, **PAST))
        assert told == ["warning never: past opens nothing within 400 days"]

    def test_one_that_opens_late_or_has_to_be_approved_does_open(self) -> None:
        late = window("late", group="desk", start="2027-12-18T09:00", end="2027-12-18T12:00")
        assert texts(window(group="desk"), late, window("asked", group="desk", weekly={"sun": ["09:00-17:00"]}, approval="required")) == []

    def test_what_is_not_known_is_told_and_is_no_such_window(self) -> None:
        told = texts(window(), window("feed", unknown="never fetched", scope={"clients": ["acme"]}, **PAST))
        assert "warning unknown: feed is not known, so everything is closed for clients acme: never fetched" in told
        assert not [one for one in texts(window(), window("feed", unknown="never fetched", **PAST)) if " never: " in one]


class TestOverlaps:
    def test_windows_of_one_group_that_open_the_same_time_are_told_with_the_first_time(self) -> None:
        told = texts(window(group="desk"), window("late", group="desk", weekly={"mon": ["16:00-20:00"]}))
        assert told == ["warning overlap: coverage and late open the same time, first at 2026-11-23 16:00 (56 more)"]

    def test_windows_that_only_touch_or_are_about_others_do_not_overlap(self) -> None:
        evening = window("evening", group="desk", weekly={"mon-fri": ["17:00-20:00"]})
        hotfix = window("hotfix", group="desk", scope={"kinds": ["hotfix"]})
        assert texts(window(group="desk"), evening, hotfix) == []

    def test_two_freezes_that_overlap_are_told(self) -> None:
        one, two = block("one", start="2026-12-15T00:00", end="2026-12-20T00:00"), block("two", start="2026-12-18T16:00", end="2026-12-24T09:00")
        assert texts(window(), two, one) == ["warning overlap: one and two freeze the same time, first at 2026-12-18 16:00"]

    def test_holidays_within_a_freeze_are_as_they_should_be(self) -> None:
        freeze = block(start="2026-12-18T16:00", end="2027-01-04T09:00")
        day = block("day-off", start="2026-12-24T00:00", end="2026-12-25T00:00")
        assert texts(window(), freeze, day, block("holidays", dates={"2026-12-25": "Christmas Day"})) == []

    def test_freezes_of_different_clients_do_not_overlap(self) -> None:
        times = {"start": "2026-12-10T00:00", "end": "2026-12-20T00:00"}
        assert texts(window(), block("a", scope={"clients": ["acme"]}, **times), block("b", scope={"clients": ["birch"]}, **times)) == []


class TestWhatIsOver:
    def test_a_freeze_in_the_past_is_told_and_one_that_lasts_is_not(self) -> None:
        past, now = block("past", start="2026-11-01T00:00", end="2026-11-20T06:59"), block("now", start="2026-11-01T00:00", end="2026-11-20T12:00")
        assert texts(window(), past, now) == ["warning over: past is over: it closes nothing any more"]

    def test_a_freeze_of_the_year_after_next_is_not_over(self) -> None:
        assert texts(window(), block(start="2028-12-18T16:00", end="2029-01-04T09:00")) == []

    @pytest.mark.parametrize(
        ("given", "ends"),
        [
            (
                {"generator": LOCK, "dates": {"2026-12-25": "x"}},
                "2026-12-31",
            ),
            ({"dates": {f"2026-12-{day}": "x" for day in range(21, 27)}}, "2026-12-26"),
        ],
    )
    def test_a_list_of_holidays_that_ends_soon_is_told(self, given: dict[str, Any], ends: str) -> None:
        told = texts(window(), block("holidays", **given))
        assert told == [f"warning ending: holidays has no dates after {ends}: then its holidays are days like any other"]

    def test_a_lock_file_is_continued_by_the_command_that_wrote_it(self) -> None:
        (told,) = found([window(), block("holidays", generator=LOCK, dates={"2026-12-25": "x"})])
        assert told.hint == "Write the next years: rollout coverage holidays sync CA-ON --years 2025-2028"
        assert texts(window(), block("odd", generator=LOCK | {"years": "soon"}, dates={"2026-12-25": "x"})) == []

    def test_a_single_day_is_no_list_of_holidays(self) -> None:
        assert texts(window(), block("move", dates={"2026-12-09": "we move house"})) == []

    def test_a_roster_that_is_known_for_days_only_is_told(self) -> None:
        told = "roster knows who has escalation up to 2026-12-01 only: what is open after that is provisional"
        assert texts(window(), staffing(horizon="2026-12-01")) == [f"warning ending: {told}"]

    def test_overrides_that_ended_or_waive_nothing_are_told(self) -> None:
        rules = [window(), override("coverage", id="old", start="2026-11-01T00:00Z", end="2026-11-02T00:00Z"), override("coverage", id="good")]
        coverage = compile_coverage(rules, timezone=TORONTO)
        states = override_states(coverage, NOW, [Party(id=ACME.id)], ["monthly"])
        (told,) = lint(coverage, [ACME], NOW, overrides=states)
        assert (told.what, told.rule, told.hint) == ("override", "old", "Delete it.")


def test_times_that_the_clock_skips_or_shows_twice_are_told_once_for_each_rule() -> None:
    (told,) = texts(window(weekly={"mon-sun": ["01:30-12:00"]}))
    assert told == "warning clocks: coverage on 2027-11-07: 01:30 comes twice in America/Toronto; the first counts"


def test_a_window_that_is_too_short_for_every_delivery_is_told() -> None:
    needs = [Need(name, "monthly", Environment.PRODUCTION, timedelta(hours=hours)) for name, hours in (("early", 2), ("rest", 3), ("x", 1))]
    short = window("short", scope={"clients": ["acme"]}, weekly={"mon-fri": ["09:00-10:30"], "sat": ["09:00-10:00"]})
    assert [text for text in texts(window(), short, needs=needs) if " short: " in text] == [
        "warning short: short is never open for longer than 1 h 30 min, and early and 1 other need more (2 h at least)"
    ]
    halves = [window(name, group="desk", weekly={"mon-fri": [hours]}) for name, hours in (("early", "09:00-10:30"), ("late", "10:30-17:00"))]
    assert texts(*halves, needs=needs) == []
    hotfixes = window("fixes", scope={"kinds": ["hotfix"]}, weekly={"mon-sun": ["09:00-10:30"]})
    assert not [text for text in texts(window(), hotfixes, needs=needs) if " short: " in text]


class TestTooFewHours:
    def test_a_freeze_of_weeks_leaves_too_few_hours_and_the_leanest_days_are_named(self) -> None:
        freeze = block(start="2026-12-07T00:00", end="2027-01-04T00:00")
        (told,) = texts(window(), freeze)
        assert told == (
            "warning hours: monthly releases to production: 16 h open in the 32 days from 2026-12-03, in stretches of 4 h and more; 48 h are usual"
        )

    def test_who_has_few_hours_by_its_windows_is_measured_by_them(self) -> None:
        rare = window(weekly={"wed": ["09:00-11:00"]})
        assert texts(rare) == []
        (told,) = texts(rare, block(start="2026-12-07T00:00", end="2027-01-09T00:00"))
        assert told.endswith(": 0 h open in the 32 days from 2026-12-03; half of what the windows alone would open is 4.6 h")

    def test_what_is_asked_for_counts_instead(self) -> None:
        (told,) = texts(window(), wanted=Wanted(days=7, hours=41))
        assert told.startswith("warning hours: monthly releases to production: 40 h open in the 7 days from 2026-11-21")
        assert told.endswith("; 41 h are wanted")

    def test_stretches_of_less_than_four_hours_do_not_count_where_there_are_longer_ones(self) -> None:
        split = window(weekly={"mon-fri": ["09:00-12:30", "13:00-16:30"], "sat": ["09:00-13:00"]})
        (told,) = texts(split, wanted=Wanted(hours=20))
        assert "16 h open" in told

    def test_clients_are_told_of_once_for_all_that_are_alike(self) -> None:
        rules = [window(), block("audit", scope={"tags": ["pilot"]}, start="2026-12-07T00:00", end="2027-01-09T00:00")]
        told = found(rules, *(client(f"pilot-{number}", "pilot") for number in range(5)), BIRCH)
        assert [(one.text.partition(":")[0], one.hint) for one in told] == [
            ("pilot-0 and 4 clients more", "Look why: rollout coverage show --month 2026-12 --client pilot-0")
        ]

    def test_days_that_are_yet_to_be_approved_count(self) -> None:
        assert texts(window(approval="required")) == []


few = st.lists(st.tuples(st.integers(0, 60), st.integers(0, 60)).map(lambda two: (min(two), max(two))), max_size=6).map(union)


@given(few, st.lists(st.integers(0, 60), min_size=2, max_size=12, unique=True).map(sorted), st.integers(1, 12))
def test_the_leanest_stretch_is_the_leanest_of_all(spans: list[tuple[int, int]], edges: list[int], days: int) -> None:
    def held(low: int, high: int) -> int:
        return sum(end - begin for begin, end in within(spans, low, high))

    stretches = list(zip(edges, edges[days:], strict=False)) or [(edges[0], edges[-1])]
    assert leanest(spans, edges, days) == min((Lean(low, held(low, high)) for low, high in stretches), key=lambda lean: lean.seconds)


def test_thousands_of_clients_are_looked_over_by_their_profiles() -> None:
    rules = [window(), *(window(f"w-{number}", scope={"tags": [f"t-{number}"]}, weekly={"mon-sat": [f"0{number}:00-18:00"]}) for number in range(9))]
    clients = [client(f"c-{number}", f"t-{number % 9}") for number in range(2_000)]
    assert found([*rules, block(start="2026-12-01T00:00", end="2027-01-09T00:00")], *clients)[0].grade is Grade.WARNING
