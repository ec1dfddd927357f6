"""What a rule refuses, and what it tells; names between rules and clients."""

from typing import Any

import pytest
from pydantic import TypeAdapter, ValidationError

from rollout.core.coverage import AnyRule, BlockRule, Event, dangling, unmatched
from rollout.core.coverage.recurrence import recurrence_of
from rollout.core.coverage.zones import Zone
from tests.builders import client
from tests.core.coverage.making import at, block, override, staffing, window


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"timezone": "America/Torono"}, "America/Torono is not a time zone; did you mean America/Toronto?"),
        ({"timezone": "Mars/Base"}, "Mars/Base is not a time zone; write one such as America/Toronto"),
        ({"weekly": {"mon-fry": ["09:00-17:00"]}}, "mon-fry is not a day of the week; write mon, mon-fri, or sat,sun"),
        ({"weekly": {"mon-fri": ["09:00-17:00"], "fri": ["10:00-12:00"]}}, "fri is named twice; give all hours of a day in one place"),
        ({"weekly": {"mon": ["9-17"]}}, "'9-17' is not hours; write them as \"09:00-17:00\""),
        ({"weekly": {"mon": ["09:00-24:30"]}}, "09:00-24:30 names a time that no clock shows; a day has 00:00 to 24:00"),
        ({"weekly": {"mon": ["09:70-10:00"]}}, "09:70-10:00 names a time that no clock shows; a day has 00:00 to 24:00"),
        ({"weekly": {"mon": ["09:00-09:00"]}}, '09:00-09:00 opens and closes at the same time; a whole day is "00:00-24:00"'),
        ({"start": "2026-12-15T17:00"}, "has a start but no end; give both"),
        ({"end": "2026-12-15T17:00"}, "has an end but no start; give both"),
        ({"start": "2026-12-15", "end": "2027-01-04"}, "'2026-12-15' is not a moment; write the day and the time, as 2026-12-18T16:00"),
        ({"start": "2027-12-15T17:00", "end": "2027-01-04T09:00"}, "end 2027-01-04T09:00:00 is not after start 2027-12-15T17:00:00; swap the two"),
        ({"start": "2026-02-30T17:00", "end": "2027-01-04T09:00"}, "2026-02-30T17:00 is no moment: day is out of range for month"),
        ({"start": "2026-12-15T17:00", "end": "9999-01-04T09:00"}, "9999-01-04T09:00 is no moment: the year must be from 1900 to 2199"),
        ({"except": [{"date": 20261224}]}, "20261224 is not a date; write it as 2026-12-24"),
        ({"except": [{"date": "2026-12-24"}, {"date": "2026-12-24"}]}, "except names 2026-12-24 twice; keep one"),
        ({"scope": {"clients": []}}, "names nobody; list who is meant, or leave it out to mean all"),
        ({"scope": {"environments": ["prod"]}}, "Input should be 'preview' or 'production'"),
        ({"id": "roster/qa"}, "String should match pattern"),
    ],
)
def test_a_window_refuses_what_cannot_be_meant(given: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError) as refused:
        window(**given)
    assert told in str(refused.value)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"need": {"escalation": 2}}, "escalation needs 2, but the roster names 1: add people, or lower the need"),
        ({"need": {"qa": 1}}, "qa needs 1, but the roster names 0: add people, or lower the need"),
        ({"need": {}}, "at least 1 item"),
        (
            {"roster": {"escalation": [{"person": "Dana", "weekly": {"mon": ["09:00-17:00"]}, "leave": ["2026-12-09..2026-12-01"]}]}},
            "2026-12-09..2026-12-01 ends before it starts; swap the two dates",
        ),
    ],
)
def test_a_roster_refuses_a_need_that_it_can_never_meet(given: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError) as refused:
        staffing(**given)
    assert told in str(refused.value)


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"waives": []}, "at least 1 item"),
        ({"signers": []}, "at least 1 item"),
        ({"why": " "}, "at least 1 character"),
        ({"clients": []}, "names nobody"),
        ({"start": "2026-12-20T14:00"}, "start and end name no zone; add timezone, or write them as 2026-12-20T14:00Z"),
        ({"end": "2026-11-01T00:00Z"}, "is not after start"),
    ],
)
def test_an_override_names_rules_work_reason_signers_and_end(given: dict[str, Any], told: str) -> None:
    with pytest.raises(ValidationError) as refused:
        override(**{"waives": ["freeze"]} | given)
    assert told in str(refused.value)
    for field in ("release", "clients", "start", "end", "why", "signers"):
        with pytest.raises(ValidationError, match=field):
            TypeAdapter(AnyRule).validate_python(override("freeze").model_dump(exclude={field}))


def test_a_rule_is_read_by_its_kind() -> None:
    rule = TypeAdapter(AnyRule).validate_python({"kind": "block", "id": "freeze", "timezone": "UTC", "dates": {"2026-12-25": "Christmas Day"}})
    assert isinstance(rule, BlockRule)
    with pytest.raises(ValidationError, match="window"):
        TypeAdapter(AnyRule).validate_python({"kind": "freeze", "id": "freeze"})


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("FREQ=HOURLY", "FREQ=HOURLY is outside the supported subset: DAILY, WEEKLY, MONTHLY, YEARLY"),
        ("INTERVAL=2", "FREQ= is outside the supported subset"),
        ("FREQ=YEARLY;BYWEEKNO=20", "BYWEEKNO is outside the supported subset; write the rule without it"),
        ("FREQ=DAILY;BYHOUR=9;BYMINUTE=0", "BYHOUR, BYMINUTE is outside the supported subset"),
        ("FREQ=DAILY;", "an empty part is not a part NAME=VALUE"),
        ("FREQ=DAILY;FREQ=WEEKLY", "FREQ=WEEKLY is not a part NAME=VALUE, or stands there twice"),
        ("FREQ=DAILY;COUNT=3;UNTIL=20261231T000000Z", "has both COUNT and UNTIL; keep one"),
        ("FREQ=DAILY;COUNT=1000000", "less than or equal to 10000"),
        ("FREQ=DAILY;INTERVAL=0", "greater than or equal to 1"),
        ("FREQ=DAILY;INTERVAL=two", "TWO is not a whole number"),
        ("FREQ=WEEKLY;BYDAY=2MO", "BYDAY with a number needs FREQ=MONTHLY or YEARLY"),
        ("FREQ=WEEKLY;BYDAY=XX", "XX is not a weekday; write MO, or 2TU for the second Tuesday"),
        ("FREQ=MONTHLY;BYDAY=6MO", "BYDAY counts weekdays up to 5 here"),
        ("FREQ=MONTHLY;BYDAY=MO,1TU", "BYDAY mixes weekdays with and without a number"),
        ("FREQ=WEEKLY;BYMONTHDAY=3", "BYMONTHDAY does not go with FREQ=WEEKLY"),
        ("FREQ=YEARLY;BYMONTHDAY=3", "BYMONTHDAY with FREQ=YEARLY needs BYMONTH"),
        ("FREQ=YEARLY;BYMONTH=13", "BYMONTH is from 1 to 12"),
        ("FREQ=MONTHLY;BYMONTHDAY=32", "BYMONTHDAY is from 1 to 31"),
        ("FREQ=MONTHLY;BYSETPOS=1", "BYSETPOS needs FREQ=MONTHLY with BYDAY or BYMONTHDAY"),
        ("FREQ=MONTHLY;BYDAY=MO;BYSETPOS=40", "BYSETPOS is from 1 to 31"),
        ("FREQ=DAILY;UNTIL=tomorrow", "UNTIL=TOMORROW is not a moment; write it as 20261231T235959Z"),
    ],
)
def test_a_recurrence_outside_the_subset_is_refused(text: str, told: str) -> None:
    with pytest.raises(ValueError, match=r".") as refused:
        recurrence_of(text, Zone("America/Toronto"))
    assert told in str(refused.value)


@pytest.mark.parametrize(
    "text",
    [
        "FREQ=MONTHLY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=MONTHLY;BYDAY=1MO;BYMONTHDAY=25",
        "FREQ=MONTHLY;BYDAY=MO;BYSETPOS=6",
        "FREQ=MONTHLY;INTERVAL=12;BYMONTH=3",
        "FREQ=DAILY;BYMONTH=2;BYMONTHDAY=30",
        "FREQ=DAILY;INTERVAL=7;BYDAY=SA",
        "FREQ=YEARLY;BYMONTH=2;BYMONTHDAY=30",
    ],
)
def test_a_recurrence_that_names_no_day_is_refused_and_not_searched_for_without_end(text: str) -> None:
    rule = recurrence_of(text, Zone("UTC"))
    with pytest.raises(ValidationError, match="names no day on which it ever happens"):
        Event(uid="e", zone="UTC", start=at("2026-02-02T09:00"), nominal=3600, recurrence=rule)


def test_an_until_in_utc_becomes_a_time_on_the_wall_and_a_date_includes_its_day() -> None:
    zone = Zone("America/Toronto")
    assert recurrence_of("FREQ=DAILY;UNTIL=20261102T040000Z", zone).until == at("2026-11-01T23:00")
    assert recurrence_of("FREQ=DAILY;UNTIL=20261101", zone).until == at("2026-11-01T23:59:59")
    assert recurrence_of("FREQ=DAILY;UNTIL=20261101T090000", zone).until == at("2026-11-01T09:00")


# ── Names between rules, and between rules and clients ─────────────────────────────────────────────


def test_an_override_of_a_rule_that_does_not_exist_or_is_hard_is_a_fault() -> None:
    rules = [
        window(group="desk"),
        staffing(),
        block("audit", hard=True, start="2026-12-18T16:00", end="2027-01-04T09:00"),
        override("desk", "coverage", "roster", "roster/escalation", "roster/qa", "audit", "coverge", source="calendars/hotfix.yaml:3"),
    ]
    assert [str(fault) for fault in dangling(rules)] == [
        "calendars/hotfix.yaml:3 waives: audit is hard: no override can waive it",
        "calendars/hotfix.yaml:3 waives: coverge is no rule. Did you mean coverage?",
        "calendars/hotfix.yaml:3 waives: roster/qa is no rule. Did you mean roster?",
    ]


@pytest.mark.parametrize(
    ("rules", "name", "told"),
    [
        ([window(group="freeze"), block("freeze", dates={"2026-12-25": "x"})], "freeze", ["the group freeze of windows and the rule freeze"]),
        ([window("a"), window("b", group="a")], "a", []),
        ([window("a", group="c"), window("b", group="a")], "a", ["the group a of windows and the rule a"]),
        (
            [window(group="roster/escalation"), staffing()],
            "roster/escalation",
            ["the group roster/escalation of windows and the role escalation of roster"],
        ),
        ([window(group="freeze"), block("freeze", dates={"2026-12-25": "x"})], "coverage", []),
    ],
)
def test_a_name_that_means_two_things_is_a_fault_where_an_override_uses_it(rules: list[Any], name: str, told: list[str]) -> None:
    found = [str(fault) for fault in dangling([*rules, override(name, source="h.yaml:3")])]
    assert found == [f"h.yaml:3 waives: {name} is both {meanings}; rename one, for it would waive both" for meanings in told]


def test_names_are_suggested_for_the_first_faults_only() -> None:
    rules = [window(), *(override(f"coverag{number}", id=f"o{number}", source=f"h.yaml:{number}") for number in range(10, 40))]
    assert ["Did you mean coverage?" in str(fault) for fault in dangling(rules)] == [True] * 20 + [False] * 10


def test_an_override_waives_a_hundred_names_at_most() -> None:
    override(*(f"rule-{number}" for number in range(100)))
    with pytest.raises(ValidationError, match="names 101 rules, and an override may waive 100; write several"):
        override(*(f"rule-{number}" for number in range(101)))


def test_two_rules_of_one_id_are_a_fault() -> None:
    faults = dangling([window(source="a.yaml:1"), block("coverage", source="b.yaml:7", weekly={"mon": ["09:00-10:00"]})])
    assert [str(fault) for fault in faults] == ["b.yaml:7 id: coverage is also the id of a.yaml:1; choose another"]


def test_a_selector_that_matches_nobody_is_a_fault_and_one_that_does_is_not() -> None:
    known = [client("acme", tags=frozenset({"pilot"}), region="ca-east"), client("birch", region="ca-west")]
    rules = [
        window(),
        window("sound", scope={"clients": ["acme"], "tags": ["pilot"], "regions": ["ca-east"]}),
        window("typo", scope={"clients": ["amce", "birch"], "tags": ["pilots"], "regions": ["eu"]}, source="calendars/typo.yaml:2"),
        window("nobody", scope={"clients": ["birch"], "tags": ["pilot"]}, source="calendars/none.yaml:1"),
        override("sound", clients=["zeta"], source="calendars/hotfix.yaml:3"),
    ]
    assert [str(fault) for fault in unmatched(rules, known)] == [
        "calendars/hotfix.yaml:3 clients: zeta matches no client. Take it out, or add the client first.",
        "calendars/none.yaml:1 scope: matches no client: each part of it does, but no client fits them all",
        "calendars/typo.yaml:2 scope.clients: amce matches no client. Did you mean acme?",
        "calendars/typo.yaml:2 scope.regions: eu matches no client. Take it out, or add the client first.",
        "calendars/typo.yaml:2 scope.tags: pilots matches no client. Did you mean pilot?",
    ]
