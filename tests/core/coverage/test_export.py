"""Feeds: what they name, how their events keep their names, and how a new edition follows an old one."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout.core.calendar_text import Edition, Entry
from rollout.core.clients import Environment
from rollout.core.coverage import Rule, compile_coverage
from rollout.core.coverage.export import Feed, freezes, publish, slots, uid
from rollout.core.coverage.zones import Span, instant
from rollout.core.plan_feed import by_client, by_wave
from rollout.core.planner import Slot
from rollout.core.values import ClientId, Version
from tests.core.coverage.making import PARTIES, TORONTO, at, block, request, staffing, window

NOW = at("2026-11-20T12:00Z")
DECEMBER = instant(at("2026-12-01T05:00Z")), instant(at("2027-01-01T05:00Z"))
JANUARY = instant(at("2027-01-01T05:00Z")), instant(at("2027-02-01T05:00Z"))


def open_in(rules: Iterable[Rule], span: Span = DECEMBER, **given: object) -> list[Entry]:
    asked = request(*given.pop("parties", ()))  # type: ignore[misc]
    return list(slots(compile_coverage(rules, timezone=TORONTO), Feed("coverage", asked, *span), str))


def closed_in(rules: Iterable[Rule], span: Span = DECEMBER, *parties: object) -> list[Entry]:
    return list(freezes(compile_coverage(rules, timezone=TORONTO), Feed("freezes", request(*parties), *span), str))  # type: ignore[arg-type]


def published(entries: Iterable[Entry], before: Iterable[Edition] = (), when: datetime = NOW, span: Span = DECEMBER) -> list[Edition]:
    return publish(entries, {one.uid: one for one in before}, when, span, TORONTO)


# ── What is told ───────────────────────────────────────────────────────────────────────────────────


def test_a_slot_has_the_same_name_in_every_export_that_it_is_in() -> None:
    for rules in ([window()], [window(weekly={"mon-sun": ["00:00-24:00"]})], [window(weekly={"mon-sun": ["20:00-24:00", "00:00-02:00"]})]):
        month = {entry.uid: (entry.start, entry.end) for entry in open_in(rules)}
        week = {entry.uid: (entry.start, entry.end) for entry in open_in(rules, (DECEMBER[0] + 5 * 86_400 + 3600, DECEMBER[0] + 12 * 86_400))}
        assert week
        assert week.items() <= month.items()


def test_time_that_never_closes_is_told_day_by_day() -> None:
    days = open_in([window(weekly={"mon-sun": ["00:00-24:00"]})])
    assert [entry.end - entry.start for entry in days if isinstance(entry.start, datetime)] == [timedelta(days=1)] * 31
    assert days[0].start == at("2026-12-01T05:00Z")


def test_past_the_rosters_horizon_slots_are_tentative() -> None:
    told = {entry.start.day: entry.status for entry in open_in([window(), staffing(horizon="2026-12-09")], DECEMBER)}
    assert (told[9], told[10]) == ("CONFIRMED", "TENTATIVE")


def test_a_freeze_is_one_event_whatever_part_of_it_is_asked_for() -> None:
    freeze = block(start="2026-12-18T16:00", end="2027-01-04T09:00", why="year end")
    (old,), (new,) = closed_in([freeze]), closed_in([freeze], JANUARY)
    assert old == new
    assert (old.start, old.end, old.summary) == (at("2026-12-18T21:00Z"), at("2027-01-04T14:00Z"), "Closed: year end")


def test_what_begins_together_is_one_event_with_both_whys() -> None:
    freeze = block(start="2026-12-25T00:00", end="2026-12-28T00:00", why="stocktaking", dates={"2026-12-25": "Christmas Day"})
    (told,) = closed_in([freeze])
    assert (told.summary, told.end) == ("Closed: Christmas Day; stocktaking", at("2026-12-28T05:00Z"))


def test_two_rules_that_close_from_the_same_moment_on_are_two_events() -> None:
    times = {"start": "2026-12-18T16:00", "end": "2026-12-20T16:00"}
    told = closed_in([block("one", **times), block("two", **times)])
    assert len({entry.uid for entry in told}) == 2
    assert {(entry.category, entry.rule) for entry in told} == {("FREEZE", "one"), ("FREEZE", "two")}
    assert {entry.category for entry in open_in([window()])} == {"OPEN"}


def test_of_clients_only_those_that_are_asked_about_are_told_of() -> None:
    rules = [
        window(),
        block("acme-audit", scope={"clients": ["acme"]}, dates={"2026-12-09": "audit"}),
        block("staff", scope="staff", dates={"2026-12-10": "x"}),
    ]
    assert closed_in(rules) == closed_in(rules, DECEMBER, PARTIES[1]) == []
    assert [entry.start for entry in closed_in(rules, DECEMBER, PARTIES[0])] == [date(2026, 12, 9)]
    assert {entry.rule for entry in open_in(rules, parties=PARTIES)} == {"coverage"}


def test_a_rule_that_is_not_known_closes_all_that_is_asked_for() -> None:
    (told,) = closed_in([window(unknown="the feed of https://calendars.example is too old")])
    assert (told.start, told.end, told.summary) == (at("2026-12-01T05:00Z"), at("2027-01-01T05:00Z"), "Closed: coverage is not known at the moment")


def test_every_text_goes_through_what_may_be_said() -> None:
    rules = [window("acme-desk", why="as acme asks"), block("acme-freeze", dates={"2026-12-09": "acme moves"})]
    coverage = compile_coverage(rules, timezone=TORONTO)
    for tell in (slots, freezes):
        for entry in tell(coverage, Feed("x", request(), *DECEMBER), lambda text: text.replace("acme", "a client")):
            assert "acme" not in "".join(entry.content)


SLOTS = [
    Slot(client=ClientId(client), environment=Environment.PRODUCTION, wave=wave, start=start, latest_start=start, end=start + timedelta(hours=3))
    for client, wave, start in (("acme", 1, at("2026-12-08T14:00Z")), ("birch", 1, at("2026-12-08T14:00Z")), ("cedar", 0, at("2026-12-07T14:00Z")))
]


def test_a_plan_tells_waves_and_neither_whose_nor_how_many() -> None:
    told = by_wave(Version("2026.12"), SLOTS, ("early", "rest"), str)
    assert [entry.summary for entry in told] == ["2026.12: wave early, production", "2026.12: wave rest, production"]
    alone = by_wave(Version("2026.12"), SLOTS[1:], ("early", "rest"), str)
    assert told == alone


def test_an_installation_keeps_its_name_when_it_is_moved() -> None:
    moved = [SLOTS[0].model_copy(update={"start": at("2026-12-10T14:00Z"), "end": at("2026-12-10T15:00Z")})]
    (old, *_), (new,) = by_client(Version("2026.12"), SLOTS[:1], ("a", "b"), {}), by_client(Version("2026.12"), moved, ("a", "b"), {})
    assert (old.uid, old.summary) == (new.uid, "2026.12: acme, production")
    assert old.start != new.start


# ── Editions ───────────────────────────────────────────────────────────────────────────────────────


def entry(day: int, summary: str = "Open") -> Entry:
    return Entry(uid=uid("test", str(day)), start=at(f"2026-12-{day:02}T14:00Z"), end=at(f"2026-12-{day:02}T21:00Z"), summary=summary)


def test_what_has_not_changed_stays_the_edition_that_it_was() -> None:
    first = published([entry(8), entry(9)])
    assert published([entry(8), entry(9)], first, NOW + timedelta(days=9)) == first


def test_what_has_changed_is_a_later_edition_even_within_the_minute() -> None:
    (first,) = published([entry(8)])
    (second,) = published([entry(8, "Open until noon")], [first])
    assert second.sequence == first.sequence + 1
    (third,) = published([entry(8)], [second], NOW + timedelta(hours=1))
    assert third.sequence == first.sequence + 60
    assert (third.uid, third.content) == (first.uid, first.content)


def test_what_is_no_more_is_taken_back_once() -> None:
    first = published([entry(8), entry(9)])
    second = published([entry(9)], first, NOW + timedelta(minutes=5))
    assert [(one.said("STATUS"), one.said("SUMMARY")) for one in second] == [("CONFIRMED", "Open"), ("CANCELLED", "Cancelled: Open")]
    assert second[1].uid == first[0].uid
    assert second[1].sequence > first[0].sequence
    assert published([entry(9)], second, NOW + timedelta(days=1)) == second
    back = published([entry(8), entry(9)], second, NOW + timedelta(days=2))
    assert back[0].sequence > second[1].sequence
    assert back[0].content == first[0].content


def test_what_lies_outside_of_what_is_asked_for_is_not_taken_back() -> None:
    first = published([entry(8), entry(9)])
    assert published([], first, span=JANUARY) == []
    day = Entry(uid="day", start=date(2027, 1, 1), end=date(2027, 1, 2), summary="Closed: New Year's Day")
    assert published([], published([day]), span=DECEMBER) == []
    assert [one.said("STATUS") for one in published([], published([day]), span=JANUARY)] == ["CANCELLED"]


days = st.frozensets(st.integers(1, 9))


@given(st.lists(st.tuples(days, st.sampled_from(["Open", "Closed"]), st.integers(0, 200), st.booleans()), max_size=6))
def test_sequences_grow_whether_or_not_the_edition_before_is_at_hand(exports: list[tuple[frozenset[int], str, int, bool]]) -> None:
    last: dict[str, Edition] = {}
    seen: dict[str, Edition] = {}
    when = NOW
    for asked, summary, minutes, forgotten in exports:
        when += timedelta(minutes=minutes + forgotten * 10)
        last = {one.uid: one for one in published([entry(day, summary) for day in sorted(asked)], [] if forgotten else last.values(), when)}
        for name, one in last.items():
            before = seen.get(name, one)
            assert one.sequence >= before.sequence
            assert (one.content == before.content) or one.sequence > before.sequence
        seen |= last


@pytest.mark.parametrize("other", [("test", "80"), ("test8",), ("tes", "t8")])
def test_names_are_made_of_words_not_of_letters(other: tuple[str, ...]) -> None:
    assert uid("test", "8") != uid(*other)
