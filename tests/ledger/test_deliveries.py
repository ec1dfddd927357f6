"""Deliveries: found by what a tick asks, claimed by one worker only, counted as they are."""

from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rollout.core.clients import Environment
from rollout.core.delivery import Delivery, DeliveryState, WaveProgress, WaveState
from rollout.core.plans import Plan, Slot
from rollout.ports import Ledger, Tx
from tests.builders import NOON, delivery, release
from tests.databases import trial

HOUR = timedelta(hours=1)
UNTIL = NOON + HOUR
S = DeliveryState


@pytest.fixture
def opened(ledger: Ledger) -> Ledger:
    """A ledger with releases 2026.12 and 2026.9."""
    with ledger.begin() as tx:
        _open(tx)
    return ledger


def _open(tx: Tx) -> None:
    for version in ("2026.12", "2026.9"):
        tx.save_release(release(version))


def save(tx: Tx, *deliveries: Delivery) -> None:
    tx.save_deliveries(deliveries)


# ── Reading ────────────────────────────────────────────────────────────────────────────────────────


def test_a_delivery_comes_back_as_it_was_saved(opened: Ledger) -> None:
    moments = {name: NOON + timedelta(microseconds=number) for number, name in enumerate(_MOMENTS)}
    full = delivery(state=S.STARTED, provisional=True, previous="2026.11", attempt=2, owner="host:1", reason="why", **moments)
    with opened.begin() as tx:
        save(tx, full)
        assert tx.delivery("2026.12", "acme", Environment.PRODUCTION) == full
        assert tx.delivery("2026.12", "acme", Environment.PREVIEW) is None


_MOMENTS = ("slot_start", "latest_start", "slot_end", "lease_until", "started_at", "arrived_at", "settled_at", "announced_start")


def test_of_a_delivery_that_is_saved_twice_at_once_the_last_is_stored(opened: Ledger) -> None:
    with opened.begin() as tx:
        save(tx, delivery(state=S.STARTED), delivery(state=S.FAILED))
        assert [one.state for one in tx.deliveries()] == [S.FAILED]
        assert tx.counts("2026.12") == {0: {S.FAILED: 1}}


def test_deliveries_come_in_order_of_version_wave_client_environment(opened: Ledger) -> None:
    ordered = (
        delivery("b", "2026.9"),
        delivery("b", "2026.12", environment=Environment.PREVIEW),
        delivery("b", "2026.12"),
        delivery("c", "2026.12"),
        delivery("a", "2026.12", wave=1),
    )
    with opened.begin() as tx:
        save(tx, *reversed(ordered))
        assert tx.deliveries() == ordered
        assert tx.deliveries(clients=["c", "b", "a"]) == ordered


def test_deliveries_are_chosen_by_version_clients_wave_and_states(opened: Ledger) -> None:
    with opened.begin() as tx:
        save(tx, delivery("a"), delivery("b", state=S.STARTED), delivery("c", wave=1, state=S.STARTED), delivery("d", "2026.9", state=S.FAILED))
        chosen = [
            tx.deliveries("2026.12"),
            tx.deliveries("2026.12", wave=0),
            tx.deliveries("2026.12", states=[S.STARTED]),
            tx.deliveries(states=[S.STARTED, S.FAILED]),
            tx.deliveries(clients=["a", "d", "nobody"]),
            tx.deliveries("2026.12", clients=["b", "c"], wave=1, states=[S.STARTED]),
            tx.deliveries(clients=["a", "b"], states=[S.PLANNED]),
            tx.deliveries(clients=[]),
            tx.deliveries(states=[]),
        ]
    assert ["".join(one.client for one in some) for some in chosen] == ["abc", "ab", "bc", "dbc", "da", "c", "a", "", ""]


def test_due_is_what_is_planned_and_has_begun_the_most_urgent_first(opened: Ledger) -> None:
    with opened.begin() as tx:
        save(
            tx,
            delivery("late", slot_start=NOON + HOUR),
            delivery("begins", slot_start=NOON, latest_start=NOON + 2 * HOUR),
            delivery("urgent", slot_start=NOON - HOUR, latest_start=NOON + HOUR),
            delivery("started", slot_start=NOON - HOUR, state=S.STARTED),
            delivery("other wave", slot_start=NOON - HOUR, wave=1),
            delivery("other version", "2026.9", slot_start=NOON - HOUR),
        )
        assert [one.client for one in tx.due("2026.12", 0, NOON, 10)] == ["urgent", "begins"]
        assert [one.client for one in tx.due("2026.12", 0, NOON, 1)] == ["urgent"]
        assert tx.due("2026.12", 0, NOON - 2 * HOUR, 10) == ()


def test_the_next_slot_is_the_first_that_begins_later(opened: Ledger) -> None:
    with opened.begin() as tx:
        save(tx, delivery("a"), delivery("b", slot_start=NOON + HOUR), delivery("c", slot_start=NOON + HOUR / 2, state=S.DELIVERED))
        assert tx.next_slot_start("2026.12", 0, NOON - HOUR) == NOON
        assert tx.next_slot_start("2026.12", 0, NOON) == NOON + HOUR
        assert tx.next_slot_start("2026.12", 0, NOON + HOUR) is None
        assert tx.next_slot_start("2026.12", 1, NOON - HOUR) is None


def test_the_last_settled_is_the_last_that_came_to_an_end_and_still_is_there(opened: Ledger) -> None:
    with opened.begin() as tx:
        assert tx.last_settled("2026.12", 0) is None
        for number, state in enumerate((S.DELIVERED, S.WITHDRAWN, S.FAILED, S.ROLLED_BACK)):
            save(tx, delivery(f"client {number}", state=state, settled_at=NOON + number * HOUR))
            assert tx.last_settled("2026.12", 0) == NOON + number * HOUR
        save(tx, delivery("retried", state=S.PLANNED, settled_at=NOON + 9 * HOUR), delivery("elsewhere", wave=1, state=S.FAILED, settled_at=NOON))
        assert tx.last_settled("2026.12", 0) == NOON + 3 * HOUR


# ── Counts ─────────────────────────────────────────────────────────────────────────────────────────


def test_counts_tell_the_waves_apart_and_leave_out_what_is_nothing(opened: Ledger) -> None:
    with opened.begin() as tx:
        save(tx, delivery("a"), delivery("b"), delivery("c", wave=1), delivery("d", "2026.9"))
        save(tx, delivery("a", state=S.STARTED), delivery("c", wave=2))
        assert tx.counts("2026.12") == {0: {S.PLANNED: 1, S.STARTED: 1}, 2: {S.PLANNED: 1}}
        assert tx.counts("2026.13") == {}


_SAVED = st.builds(
    delivery,
    st.sampled_from("abcd"),
    st.sampled_from(["2026.12", "2026.9"]),
    environment=st.sampled_from(Environment),
    wave=st.integers(0, 2),
    state=st.sampled_from(S),
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(saves=st.lists(st.lists(_SAVED, max_size=4), max_size=6))
def test_counts_are_what_counting_gives(sqlite_ledger: Ledger, saves: list[list[Delivery]]) -> None:
    with trial(sqlite_ledger) as tx:
        _open(tx)
        for some in saves:
            save(tx, *some)
        for version in ("2026.12", "2026.9"):
            counted: dict[int, dict[DeliveryState, int]] = {}
            for one in tx.deliveries(version):
                states = counted.setdefault(one.wave, {})
                states[one.state] = states.get(one.state, 0) + 1
            assert tx.counts(version) == counted


# ── Claims ─────────────────────────────────────────────────────────────────────────────────────────


def test_a_claim_leases_what_is_as_it_was_read(opened: Ledger) -> None:
    with opened.begin() as tx:
        save(tx, delivery("a"), delivery("b"))
        won = tx.claim(tx.deliveries(), "host:1", UNTIL)
        assert won == (delivery("a", owner="host:1", lease_until=UNTIL), delivery("b", owner="host:1", lease_until=UNTIL))
        assert tx.deliveries() == won
        assert tx.counts("2026.12") == {0: {S.PLANNED: 2}}


def test_of_two_workers_that_read_the_same_one_gets_it(opened: Ledger) -> None:
    with opened.begin() as tx:
        save(tx, delivery("a"), delivery("b"))
    with opened.read() as tx:
        read = tx.deliveries()
    with opened.begin() as tx:
        assert [one.client for one in tx.claim(read[:1], "host:1", UNTIL)] == ["a"]
    with opened.begin() as tx:
        assert [one.client for one in tx.claim(read, "host:2", UNTIL)] == ["b"]
        assert tx.delivery("2026.12", "a", Environment.PRODUCTION).owner == "host:1"


def test_two_threads_of_one_worker_cannot_both_claim(opened: Ledger) -> None:
    with opened.begin() as tx:
        save(tx, delivery())
        assert len(tx.claim([delivery()], "host:1", UNTIL)) == 1
        assert tx.claim([delivery()], "host:1", UNTIL) == ()
        assert tx.claim(tx.deliveries(), "host:1", UNTIL) == ()


@pytest.mark.parametrize(
    "meanwhile",
    [
        {"state": S.WITHDRAWN},
        {"attempt": 1},
        {"owner": "host:2"},
        {"lease_until": NOON},
        {"slot_start": NOON + timedelta(microseconds=1)},
        {"provisional": True},
        {"wave": 1},
        {"previous": "2026.11"},
        {"announced_start": NOON},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_what_was_changed_since_it_was_read_is_not_won(opened: Ledger, meanwhile: dict[str, Any]) -> None:
    with opened.begin() as tx:
        save(tx, delivery(**meanwhile))
        assert tx.claim([delivery()], "host:1", UNTIL) == ()
        assert tx.deliveries() == (delivery(**meanwhile),)


def test_what_is_not_there_is_not_won(opened: Ledger) -> None:
    with opened.begin() as tx:
        assert tx.claim([delivery()], "host:1", UNTIL) == ()
        assert tx.claim([], "host:1", UNTIL) == ()


def test_a_lease_that_ran_out_is_taken_over_by_whoever_read_it_so(opened: Ledger) -> None:
    left = delivery(state=S.STARTED, attempt=1, owner="dead:1", lease_until=NOON)
    with opened.begin() as tx:
        save(tx, left)
        assert [one.owner for one in tx.claim([left], "host:1", UNTIL)] == ["host:1"]
        assert tx.claim([left], "host:2", UNTIL) == ()


def test_a_claim_may_span_releases_and_environments(opened: Ledger) -> None:
    several = [delivery("a"), delivery("a", environment=Environment.PREVIEW), delivery("b", "2026.9"), delivery("b")]
    with opened.begin() as tx:
        save(tx, *several)
        won = tx.claim(several, "host:1", UNTIL)
        assert [(one.version, one.client, one.environment) for one in won] == [(one.version, one.client, one.environment) for one in several]
        assert {one.owner for one in tx.deliveries()} == {"host:1"}


# ── Plans, waves, installations ────────────────────────────────────────────────────────────────────


def test_the_newest_plan_is_in_force(opened: Ledger) -> None:
    slot = Slot(client="acme", environment=Environment.PRODUCTION, wave=0, start=NOON, latest_start=UNTIL, end=UNTIL)
    old = Plan(version="2026.12", strategy="transparent", made_at=UNTIL, slots=(slot,), remarks=("capacity binds",), zone_data="2026c")
    new = old.model_copy(update={"made_at": NOON, "slots": ()})
    with opened.begin() as tx:
        assert tx.plan("2026.12") is None
        tx.save_plan(old)
        assert tx.plan("2026.12") == old
        tx.save_plan(new)
        assert tx.plan("2026.12") == new


def test_waves_come_in_their_order(opened: Ledger) -> None:
    waves = [WaveProgress(version="2026.12", index=index, name=f"wave {index}", environment=Environment.PRODUCTION) for index in range(11)]
    opened_wave = waves[10].model_copy(update={"state": WaveState.OPEN, "size": 3, "opened_at": NOON})
    with opened.begin() as tx:
        for wave in (*reversed(waves), opened_wave):
            tx.save_wave(wave)
        assert tx.waves("2026.12") == (*waves[:10], opened_wave)


def test_what_runs_where_is_what_was_set_last(opened: Ledger) -> None:
    places = [("a", Environment.PREVIEW), ("a", Environment.PRODUCTION), ("b", Environment.PREVIEW)]
    with opened.begin() as tx:
        for version in ("2026.11", "2026.12"):
            tx.set_installed(dict.fromkeys(places, version), NOON)
        tx.set_installed({places[0]: "2027.1"}, NOON)
        assert tx.installed() == {places[0]: "2027.1", places[1]: "2026.12", places[2]: "2026.12"}
        assert tx.installed(["b", "nobody"]) == {places[2]: "2026.12"}
        assert tx.installed([]) == {}


_ANY_MOMENT = st.datetimes(datetime(1000, 1, 1), datetime(9000, 1, 1), timezones=st.timezones())


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(several=st.lists(_ANY_MOMENT, min_size=2, max_size=4))
def test_moments_of_any_zone_and_year_keep_their_order(sqlite_ledger: Ledger, several: list[datetime]) -> None:
    exactly = [at.astimezone(UTC) for at in several]
    with trial(sqlite_ledger) as tx:
        _open(tx)
        save(tx, *(delivery(f"client {number}", slot_start=at, latest_start=at) for number, at in enumerate(several)))
        theirs = tx.deliveries("2026.12", clients=[f"client {number}" for number in range(len(several))])
        assert [one.slot_start for one in theirs] == exactly
        assert [one.latest_start for one in tx.due("2026.12", 0, max(exactly), 10)] == sorted(exactly)


def test_an_hour_that_comes_twice_is_two_moments(opened: Ledger) -> None:
    first = datetime(2026, 11, 1, 1, 30, tzinfo=ZoneInfo("America/Toronto"))
    second = first.replace(fold=1)
    assert first == second
    with opened.begin() as tx:
        tx.set_watermark("jira", first)
        tx.set_watermark("other", second)
        assert tx.watermark("other") - tx.watermark("jira") == HOUR


def test_a_moment_without_a_zone_is_refused(opened: Ledger) -> None:
    with pytest.raises(ValueError, match="names no time zone"), opened.begin() as tx:
        tx.set_watermark("jira", datetime(2026, 11, 1))
