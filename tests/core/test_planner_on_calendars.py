"""Plans on real calendars: the company's zone and its daylight saving, freezes, overrides, rosters, and reasons that name the file."""

from datetime import UTC, date, datetime, timedelta

import pytest

from rollout.core.clients import Environment
from rollout.core.coverage.rosters import Shift, StaffingRule
from rollout.core.coverage.rules import OverrideRule
from rollout.core.coverage.scopes import Rule, Scope
from rollout.core.coverage.timed import BlockRule, WindowRule
from rollout.core.coverage.verdicts import Coverage, compile_coverage
from rollout.core.openings import party_of
from rollout.core.planner import Plan, moves, plan, replan, slot_after
from tests.builders import client
from tests.core.planning import DECEMBER, MADE, outline, strategy, wave

ZONE = "America/Toronto"
HOURS = WindowRule(id="company", timezone=ZONE, weekly={"mon-fri": ["09:00-17:00"]})
MONDAY = datetime(2026, 12, 7, 5, tzinfo=UTC)
HOUR = timedelta(hours=1)


def calendars(*rules: Rule) -> Coverage:
    return compile_coverage([HOURS, *rules], timezone=ZONE)


def fleet(*names: str, **given):
    return [client(name, "production", **given) for name in names]


def begins(plan: Plan) -> dict[str, str]:
    return {slot.client: f"{slot.start:%m-%d %H:%M}" for slot in plan.slots}


def freeze(start: datetime, end: datetime) -> BlockRule:
    return BlockRule(id="freeze", why="the audit", timezone=ZONE, start=start, end=end, source="calendars/freeze.yaml:1")


def test_windows_keep_the_companys_wall_clock_when_daylight_saving_begins():
    one = outline(strategy(wave(capacity=1)), fleet("acme", "bolt"), starts_at=datetime(2027, 3, 12, 12, tzinfo=UTC))
    assert begins(plan(one, calendars(), MADE)) == {"acme": "03-12 14:00", "bolt": "03-15 13:00"}


def test_a_clients_own_window_counts_in_its_own_zone():
    vancouver = WindowRule(id="acme", timezone="America/Vancouver", scope=Scope(clients=frozenset({"acme"})), weekly={"tue": ["07:00-09:00"]})
    made = plan(outline(strategy(runway=HOUR / 2), fleet("acme")), calendars(vancouver), MADE)
    (slot,) = made.slots
    assert slot.end - slot.latest_start == 1.5 * HOUR
    assert slot.start < slot.latest_start
    assert slot.end - slot.start == 2 * HOUR


def test_around_the_clock_capacity_counts_by_the_companys_days():
    always = WindowRule(id="company", timezone=ZONE, weekly={"mon-sun": ["00:00-24:00"]})
    made = plan(outline(strategy(wave(capacity=1)), fleet("acme", "bolt"), starts_at=MONDAY + HOUR), compile_coverage([always], timezone=ZONE), MADE)
    assert begins(made) == {"acme": "12-07 06:00", "bolt": "12-08 05:00"}


def test_an_override_lets_one_client_through_a_freeze():
    shut = freeze(datetime(2026, 12, 7), datetime(2026, 12, 9))
    waived = OverrideRule(
        id="waived",
        waives=frozenset({"freeze"}),
        release=DECEMBER,
        clients=frozenset({"acme"}),
        start=datetime(2026, 12, 8, 10),
        end=datetime(2026, 12, 8, 12),
        timezone=ZONE,
        why="they asked",
        signers=("dana",),
    )
    made = plan(outline(strategy(), fleet("acme", "bolt"), starts_at=MONDAY), calendars(shut, waived), MADE)
    assert begins(made) == {"acme": "12-08 15:00", "bolt": "12-09 14:00"}


def test_what_lies_beyond_the_roster_is_provisional():
    shifts = {"escalation": (Shift(person="dana", weekly={"mon-fri": ["08:00-18:00"]}),)}
    roster = StaffingRule(id="roster", timezone=ZONE, need={"escalation": 1}, roster=shifts, horizon=date(2026, 12, 7))
    made = plan(outline(strategy(wave(capacity=1)), fleet("acme", "bolt"), starts_at=MONDAY), calendars(roster), MADE)
    assert [slot.provisional for slot in made.slots] == [False, True]


def test_a_client_whose_windows_never_open_is_told_by_which_file():
    never = WindowRule(
        id="acme",
        why="nights only",
        timezone=ZONE,
        scope=Scope(clients=frozenset({"acme"})),
        weekly={"mon-sun": ["02:00-04:00"]},
        source="acme.yaml:1",
    )
    (lost,) = plan(outline(strategy(), fleet("acme"), starts_at=MONDAY), calendars(never), MADE).unplaced
    (reason,) = lost.reasons
    assert reason.code == "windows-closed"
    assert reason.source == "acme.yaml:1"


def test_a_freeze_that_appears_moves_those_it_closes_and_names_itself():
    one = outline(strategy(wave(capacity=1)), fleet("acme", "bolt"), starts_at=MONDAY)
    old = plan(one, calendars(), MADE)
    frozen = calendars(freeze(datetime(2026, 12, 7), datetime(2026, 12, 8)))
    new = replan(old, one, frozen, MADE)
    (move,) = moves(old, new, one, frozen)
    assert (move.client, begins(new)) == ("acme", {"acme": "12-09 14:00", "bolt": "12-08 14:00"})
    assert "the audit" in move.why


@pytest.mark.parametrize(("hour", "day"), [(14, "12-07 14:00"), (21, "12-08 14:00"), (23, "12-08 14:00")])
def test_the_tick_finds_the_next_slot_on_the_same_calendars(hour, day):
    one = outline(strategy(), fleet("acme"), starts_at=MONDAY)
    request = one.request(one.strategy.waves[0], (party_of(one.clients["acme"]),))
    slot = slot_after(calendars(), request, wave(capacity=5), 0, MONDAY.replace(hour=hour), {})
    assert f"{slot.start:%m-%d %H:%M}" == day
    assert slot.environment is Environment.PRODUCTION
