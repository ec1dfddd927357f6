"""The tick: waves in their order, gates, windows that close, failures and how many may be, and a world that changes in the middle."""

import threading
from collections.abc import Callable
from copy import deepcopy
from dataclasses import replace
from typing import Any

import pytest
import yaml

from rollout.core.clients import Target
from rollout.core.closing import NoticeKind, NoticeState
from rollout.core.releases import ReleaseState
from rollout.core.values import ClientId, Version
from rollout.ports import Executor, Outcome, World
from rollout.steps import assess, cut, guide, holds, plan, preview, show, sign, start, survey
from rollout.steps.advance import Batch, Tick, advance, deliver
from rollout.steps.why import why
from tests.playing import (
    AMBER,
    BIRCH,
    CLIENTS,
    COBALT,
    DANA,
    DAY,
    DRIFTWOOD,
    HOUR,
    LEE,
    MONDAY,
    PREVIEW,
    PREVIOUS,
    PRODUCTION,
    QUINN,
    SAM,
    TARGET,
    THURSDAY,
    TUESDAY,
    WEDNESDAY,
    Play,
    strategy,
)

ONE_BY_ONE: dict[str, Any] = {"work": {"workers": 1}}
ALL = {"name": "everyone", "select": {"rest": True}}
PILOT = {"name": "pilot", "select": {"tags": ["pilot"]}, "soak": "8h"}
REST = {"name": "rest", "select": {"rest": True}}
HOTFIX = Version("2026.11.1")
ROSTER = """
kind: staffing
id: roster
timezone: America/Toronto
need: {{escalation: 1}}
horizon: {horizon}
roster: {{escalation: [{{person: Dana Reyes, weekly: {{mon-sun: ["00:00-24:00"]}}}}]}}
"""


def on_tuesday(play: Play) -> Play:
    """The previews have it, and the productions are due."""
    assert play.tick().delivered == 4
    return play.at(TUESDAY)


def slots(play: Play) -> dict[ClientId, Any]:
    return {client: play.delivery(client).slot_start for client in CLIENTS if client in play.states()}


def gates(play: Play, client: ClientId) -> dict[str, list[str]]:
    """The gates that are closed to the client's production, with their reasons."""
    mine = next(one for one in why(play.world, client)["deliveries"] if one["environment"] == "production")
    return {gate["name"]: [reason["text"] for reason in gate["reasons"]] for gate in mine["gates"] if not gate["open"]}


class Disturbing:
    """An executor that does what the other one does, with something after each deployment."""

    def __init__(self, executor: Executor, around: Callable[[Callable[[], Outcome]], Outcome]) -> None:
        self._executor, self._around = executor, around

    def __getattr__(self, name: str) -> Any:
        return getattr(self._executor, name)

    def deploy(self, target: Target, version: Version, key: str) -> Outcome:
        return self._around(lambda: self._executor.deploy(target, version, key))


def disturbed(world: World, around: Callable[[Callable[[], Outcome]], Outcome]) -> World:
    """The same world, in which each deployment is carried out by that."""
    return replace(world, executors={name: Disturbing(one, around) for name, one in world.executors.items()})


def after_each(world: World, act: Callable[[], Any]) -> World:
    """The same world, in which that is done after each deployment."""

    def around(deploy: Callable[[], Outcome]) -> Outcome:
        outcome = deploy()
        act()
        return outcome

    return disturbed(world, around)


# ── Waves ──────────────────────────────────────────────────────────────────────────────────────────


def test_waves_go_in_their_order_each_once_the_one_before_has_soaked_in_business_time(play: Play) -> None:
    play.started("piloted", **strategy(PILOT, REST))
    tick = play.tick()
    assert (tick.delivered, play.waves()) == (4, {"preview": "promoted", "pilot": "open", "rest": "waiting"})
    play.at(TUESDAY)
    tick = play.tick()
    assert (tick.delivered, play.states()[AMBER]) == (1, "delivered")
    assert tick.next_at == TUESDAY + 8 * HOUR
    assert play.later(hours=7).tick().waves == ()
    assert play.later(hours=1).tick().waves == ("2026.12: wave pilot is promoted", "2026.12: wave rest is open")
    assert play.at(THURSDAY).tick().delivered == 3  # as planned: the pilot might have been as late as Tuesday, four in the afternoon
    assert play.release().state is ReleaseState.DELIVERED


def test_nights_do_not_soak(play: Play) -> None:
    play.started("piloted late", **strategy(PILOT | {"soak": "4h"}, REST))
    play.tick()
    play.at(TUESDAY + 5 * HOUR).tick()
    play.at(WEDNESDAY - HOUR).tick()
    assert play.waves()["pilot"] == "open"  # three hours on Tuesday afternoon, and a whole night
    play.at(WEDNESDAY + HOUR).tick()
    assert play.waves()["pilot"] == "promoted"


def test_a_later_failure_breaks_the_soak(play: Play) -> None:
    play.go_to("signed")
    play.change_client(BIRCH, tags=["pilot"])
    play.change_settings(**strategy(PILOT | {"soak": "3h", "tolerance": 1}, REST))
    play.begin()
    play.tick()
    play.fleet.break_deploy(BIRCH, PRODUCTION, "the disk is full")
    play.at(TUESDAY).tick()
    play.fleet.mend_deploy(BIRCH, PRODUCTION)
    play.later(hours=2)
    guide.retry(play.world, TARGET, BIRCH, PRODUCTION, "there is room again", LEE)
    assert play.tick().delivered == 1
    play.at(TUESDAY + 4 * HOUR).tick()
    assert play.waves()["pilot"] == "open"
    play.at(TUESDAY + 5 * HOUR).tick()
    assert play.waves()["pilot"] == "promoted"


def test_a_production_waits_for_its_own_preview_and_keeps_no_other_waiting(play: Play) -> None:
    play.started("tolerant previews", **strategy(ALL, tolerant_previews=1))
    play.fleet.break_deploy(AMBER, PREVIEW, "the disk is full")
    assert play.tick().delivered == 3
    tick = play.at(TUESDAY).tick()
    assert (tick.delivered, tick.waiting) == (3, {"preview": 1})
    assert gates(play, AMBER)["preview"] == ["the preview of amber-quay is failed, not delivered"]
    play.fleet.mend_deploy(AMBER, PREVIEW)
    guide.retry(play.world, TARGET, AMBER, PREVIEW, "there is room again", LEE)
    assert play.tick().delivered == 2
    assert play.release().state is ReleaseState.DELIVERED


def test_a_preview_soaks_before_its_production(play: Play) -> None:
    play.started("soaking previews", **strategy(ALL, preview_soak="3h", tolerant_previews=1))
    play.fleet.break_deploy(AMBER, PREVIEW, "the disk is full")
    play.tick()
    play.fleet.mend_deploy(AMBER, PREVIEW)
    assert play.at(WEDNESDAY).tick().delivered == 3
    guide.retry(play.world, TARGET, AMBER, PREVIEW, "there is room again", LEE)
    tick = play.tick()
    assert (tick.delivered, tick.waiting, tick.next_at) == (1, {"preview": 1}, WEDNESDAY + 3 * HOUR)
    play.later(hours=2)
    assert gates(play, AMBER)["preview"] == ["the preview of amber-quay has been watched for 2 h of 3 h business time"]
    assert play.at(WEDNESDAY + 3 * HOUR).tick().delivered == 1


def test_a_tick_may_be_repeated_at_any_time(play: Play) -> None:
    play.go_to("delivered")
    before = [play.fleet.acts_of(client, environment) for client, environment in play.fleet.installations()]
    assert play.tick() == Tick(at=play.now)
    assert [play.fleet.acts_of(client, environment) for client, environment in play.fleet.installations()] == before
    assert {len(one) for one in before} == {1}


def test_a_preview_of_a_tick_decides_the_same_and_starts_nothing(play: Play) -> None:
    play.go_to("started")
    holds.hold(play.world, BIRCH, "they count their boats", LEE)
    decided = {one["client"]: one["decision"] for one in preview.due_now(play.world)}
    play.tick()
    assert decided == {}  # no wave is open before the first tick
    play.at(TUESDAY)
    decided = {one["client"]: one["decision"] for one in preview.due_now(play.world)}
    assert decided == {AMBER: "start", COBALT: "start", DRIFTWOOD: "start", BIRCH: "wait for hold"}
    assert {play.states()[client] for client in CLIENTS} == {"planned"}


def test_no_more_are_under_way_at_once_than_the_wave_allows(play: Play) -> None:
    play.started("two at once", **strategy(ALL | {"concurrency": 2}))
    on_tuesday(play)
    busy, most, lock, both = [0], [0], threading.Lock(), threading.Barrier(2)

    def around(deploy: Callable[[], Outcome]) -> Outcome:
        with lock:
            busy[0] += 1
            most[0] = max(most[0], busy[0])
        both.wait(timeout=20)
        outcome = deploy()
        both.wait(timeout=20)
        with lock:
            busy[0] -= 1
        return outcome

    assert advance(disturbed(play.world, around)).delivered == 4
    assert most == [2]


# ── Windows ────────────────────────────────────────────────────────────────────────────────────────


def test_a_window_that_closes_in_mid_wave_lets_finish_what_is_started_and_moves_what_waits(play: Play) -> None:
    play.started("one by one", **ONE_BY_ONE)
    on_tuesday(play).at(TUESDAY + 6 * HOUR)
    tick = advance(after_each(play.world, lambda: play.later(minutes=20)))  # from 15:00 on; the latest start is 15:15
    assert (tick.delivered, tick.postponed, tick.broken) == (1, 3, ())
    assert set(play.states().values()) == {"delivered", "planned"}
    assert {str(play.delivery(client).attempt) for client in CLIENTS} == {"0", "1"}
    play.tick()
    assert {slots(play)[client] for client in CLIENTS if play.states()[client] == "planned"} == {WEDNESDAY}
    assert play.at(WEDNESDAY).tick().delivered == 3


def test_waiting_for_the_next_opening_uses_up_nothing(play: Play) -> None:
    play.go_to("previewed")
    for day in (TUESDAY, WEDNESDAY, THURSDAY):
        tick = play.at(day + 8 * HOUR).tick()
        assert (tick.delivered, tick.broken, set(play.states().values())) == (0, (), {"planned"})
    assert slots(play) == dict.fromkeys(CLIENTS, THURSDAY + DAY)
    assert play.at(THURSDAY + DAY).tick().delivered == 4


def test_nothing_starts_outside_coverage(play: Play) -> None:
    play.go_to("started")
    assert play.at(MONDAY + 8 * HOUR).tick().delivered == 0
    assert play.fleet.version_of(AMBER, PREVIEW) == PREVIOUS


def test_nothing_starts_where_nobody_knows_who_would_be_there(play: Play) -> None:
    play.go_to("previewed")
    roster = play.folder / "calendars" / "roster.yaml"
    roster.write_text(ROSTER.format(horizon="2026-11-30"), encoding="utf-8")
    play.reopen()
    tick = play.at(TUESDAY).tick()
    assert (tick.delivered, tick.waiting) == (0, {"coverage": 4})
    (told,) = gates(play, AMBER)["coverage"]
    assert told == "the roster is not known for the whole stretch: nobody knows who would be there. Extend it"
    roster.write_text(ROSTER.format(horizon="2026-12-31"), encoding="utf-8")
    play.reopen()
    assert play.tick().delivered == 4


def test_a_new_freeze_moves_only_what_it_closes_and_names_itself(play: Play) -> None:
    play.started("piloted", **strategy(PILOT, REST))
    play.tick()
    before = slots(play)
    play.freeze(THURSDAY, THURSDAY + DAY)
    assert play.tick().moved == 3
    assert slots(play) == before | dict.fromkeys((BIRCH, COBALT, DRIFTWOOD), THURSDAY + DAY)
    act, data = play.audit(f"{BIRCH}/production")[-1]
    assert (act, "the card processor moves" in data["why"]) == ("slot moved", True)
    assert play.audit(f"{AMBER}/production") == []
    assert play.at(TUESDAY).tick().delivered == 1
    assert play.at(THURSDAY).tick().delivered == 0
    assert play.at(THURSDAY + DAY).tick().delivered == 3


def test_a_freeze_that_is_over_the_wave_right_now_stops_the_next_start(play: Play) -> None:
    play.started("one by one", **ONE_BY_ONE)
    on_tuesday(play)

    def freeze() -> None:
        if not (play.folder / "calendars" / "now.yaml").exists():
            play.freeze(TUESDAY, WEDNESDAY, name="now")

    assert advance(after_each(play.world, freeze)).delivered == 1
    play.tick()
    assert sorted(play.states().values()) == ["delivered", "planned", "planned", "planned"]
    assert play.at(WEDNESDAY).tick().delivered == 3


# ── Holds and the brake ────────────────────────────────────────────────────────────────────────────


def test_a_client_that_is_held_waits_and_keeps_no_other_waiting(play: Play) -> None:
    play.go_to("previewed")
    holds.hold(play.world, BIRCH, "they count their boats", LEE)
    tick = play.at(TUESDAY).tick()
    assert (tick.delivered, tick.waiting, play.waves()["everyone"]) == (3, {"hold": 1}, "promoted")
    assert play.release().state is ReleaseState.ROLLING_OUT
    assert "birch-harbour is held since 2026-11-30 by lee" in gates(play, BIRCH)["hold"][0]
    holds.lift(play.world, BIRCH, "they have counted", LEE)
    tick = play.tick()
    assert (tick.delivered, tick.finished) == (1, (TARGET,))


def test_a_hold_in_mid_wave_keeps_back_what_has_not_begun(play: Play) -> None:
    play.started("one by one", **ONE_BY_ONE)
    on_tuesday(play)

    def hold() -> None:
        with play.world.ledger.read() as tx:
            held = tx.holds(play.now)
        if not held:
            holds.hold(play.world, DRIFTWOOD, "they count their boats", LEE)

    tick = advance(after_each(play.world, hold))
    assert (tick.delivered, play.states()[DRIFTWOOD]) == (3, "planned")


def test_nobody_is_promised_a_day_while_a_person_keeps_it_waiting(play: Play) -> None:
    play.go_to("previewed")
    play.send()
    holds.hold(play.world, AMBER, "they count their boats", LEE)
    for day in (TUESDAY, WEDNESDAY, THURSDAY):
        play.at(day + 8 * HOUR).tick()
        play.send()
    assert [one.state for one in play.notices(NoticeKind.PLANNED, ticket="1")] == [NoticeState.SENT]
    holds.lift(play.world, AMBER, "they have counted", LEE)
    play.tick()
    assert slots(play)[AMBER] == THURSDAY + DAY
    assert [one.state for one in play.notices(NoticeKind.PLANNED, ticket="1")] == [NoticeState.SENT, NoticeState.WAITING]


def test_nobody_is_promised_a_day_while_its_preview_is_broken(play: Play) -> None:
    play.started("tolerant previews", **strategy(ALL, tolerant_previews=1))
    play.fleet.break_deploy(AMBER, PREVIEW, "the disk is full")
    play.tick()
    play.send()
    for day in (TUESDAY, WEDNESDAY):
        play.at(day + 8 * HOUR).tick()
    assert [one.state for one in play.notices(NoticeKind.PLANNED, ticket="1")] == [NoticeState.SENT]


def test_a_hold_ends_by_itself_where_it_says_so(play: Play) -> None:
    play.go_to("previewed")
    holds.hold(play.world, BIRCH, "they count their boats", LEE, until=TUESDAY + HOUR)
    tick = play.at(TUESDAY).tick()
    assert (tick.delivered, tick.next_at) == (3, TUESDAY + HOUR)
    assert play.at(TUESDAY + HOUR).tick().delivered == 1


def test_a_release_that_is_held_goes_nowhere(play: Play) -> None:
    play.go_to("started")
    holds.hold(play.world, TARGET, "let us think", DANA)
    tick = play.tick()
    assert (tick.delivered, tick.waiting) == (0, {"hold": 4})
    holds.lift(play.world, TARGET, "we have thought", DANA)
    assert play.tick().delivered == 4


def test_a_stop_stops_everything_until_two_people_have_resumed(play: Play) -> None:
    play.go_to("previewed")
    play.at(TUESDAY)
    holds.stop(play.world, "the network is down", LEE)
    tick = play.tick()
    assert (tick.delivered, tick.waiting) == (0, {"stop": 4})
    holds.resume(play.world, "it is up", LEE)
    assert play.tick().delivered == 0
    holds.resume(play.world, "it is", SAM)
    assert play.tick().delivered == 4


def test_a_stop_in_mid_wave_lets_finish_what_is_started(play: Play) -> None:
    play.started("one by one", **ONE_BY_ONE)
    on_tuesday(play)

    def stop() -> None:
        with play.world.ledger.read() as tx:
            stopped = tx.stop()
        if stopped is None:
            holds.stop(play.world, "the network is down", LEE)

    tick = advance(after_each(play.world, stop))
    assert (tick.delivered, tick.postponed, tick.broken) == (1, 3, ())
    assert sorted(play.states().values()) == ["delivered", "planned", "planned", "planned"]


def test_sign_offs_that_fall_in_mid_wave_stop_the_next_start(play: Play) -> None:
    play.started("one by one", **ONE_BY_ONE)
    on_tuesday(play)

    def void() -> None:
        with play.world.ledger.begin() as tx:
            if tx.void_signoffs(TARGET, play.now, "a late change"):
                tx.record(play.now, DANA, "voided", TARGET)

    tick = advance(after_each(play.world, void))
    assert (tick.delivered, tick.postponed, tick.broken) == (1, 3, ())
    assert sorted(play.states().values()) == ["delivered", "planned", "planned", "planned"]
    assert play.tick().waiting == {"signed": 3}


# ── Tolerance ──────────────────────────────────────────────────────────────────────────────────────


def test_without_tolerance_one_failure_halts_the_wave_and_says_what_can_be_done(play: Play) -> None:
    play.started("one by one", **ONE_BY_ONE)
    on_tuesday(play)
    play.fleet.break_deploy(AMBER, PRODUCTION, "the disk is full")
    tick = play.tick()
    assert play.states() == {AMBER: "failed", BIRCH: "planned", COBALT: "planned", DRIFTWOOD: "planned"}
    assert (tick.postponed, play.waves()["everyone"]) == (3, "halted")
    assert tick.broken == (f"2026.12 at {AMBER}/production is failed: deploy of 2026.12 at {AMBER}/production exited with 1: the disk is full",)
    assert tick.waves == (
        "2026.12: wave everyone is halted: 1 of 4 failed, 0 may. See rollout status 2026.12, then retry, skip or roll back each, "
        "or: rollout continue 2026.12 --reason …",
    )
    assert play.tick() == Tick(at=play.now)


@pytest.mark.parametrize("tolerance", [1, "25%", "1%"])
def test_one_failure_within_the_tolerance_blocks_no_other_client_of_its_wave(play: Play, tolerance: int | str) -> None:
    play.started(f"tolerant of {tolerance}", **strategy(ALL | {"tolerance": tolerance}), **ONE_BY_ONE)
    on_tuesday(play)
    play.fleet.break_deploy(AMBER, PRODUCTION, "the disk is full")
    assert play.tick().delivered == 3
    assert (play.waves()["everyone"], play.release().state) == ("promoted", ReleaseState.ROLLING_OUT)


def test_one_failure_more_than_the_tolerance_halts_the_wave(play: Play) -> None:
    play.started("tolerant of 1", **strategy(ALL | {"tolerance": 1}), **ONE_BY_ONE)
    on_tuesday(play)
    for client in (AMBER, BIRCH):
        play.fleet.break_deploy(client, PRODUCTION, "the disk is full")
    assert (play.tick().delivered, play.waves()["everyone"]) == (0, "halted")
    guide.go_on(play.world, TARGET, "their disks are theirs", LEE)
    assert play.tick().delivered == 2


def test_a_failure_that_was_forgiven_and_mended_makes_no_room_for_another(play: Play) -> None:
    play.started("one by one", **ONE_BY_ONE)
    on_tuesday(play)
    play.fleet.break_deploy(AMBER, PRODUCTION, "the disk is full")
    play.tick()
    guide.go_on(play.world, TARGET, "their disk is theirs", LEE)
    play.fleet.mend_deploy(AMBER, PRODUCTION)
    guide.retry(play.world, TARGET, AMBER, PRODUCTION, "there is room again", LEE)
    play.fleet.break_deploy(BIRCH, PRODUCTION, "the disk is full")
    tick = play.tick()
    assert (play.waves()["everyone"], play.states()[BIRCH]) == ("halted", "failed"), tick


# ── What installations say ─────────────────────────────────────────────────────────────────────────


def test_what_is_unwell_after_it_arrived_has_failed(play: Play) -> None:
    play.go_to("previewed")
    play.at(TUESDAY)
    play.fleet.make_sick(AMBER, PRODUCTION, "the map does not load")
    tick = play.tick()
    assert play.states()[AMBER] == "failed"
    assert "web: 1 of 1 samples said no, the last: " in tick.broken[0]
    assert "the map does not load" in tick.broken[0]
    assert play.notices(NoticeKind.AVAILABLE, client=AMBER) == []


def test_what_cannot_be_judged_stays_arrived_with_the_reason_and_is_judged_again(play: Play) -> None:
    play.go_to("previewed")
    play.at(TUESDAY)
    health = yaml.safe_load((play.folder / "rollout.yaml").read_text(encoding="utf-8"))["health"]["web"]
    play.change_settings(health={"web": health | {"url": "http://127.0.0.1:9/{client}"}})
    tick = play.tick()
    assert (tick.delivered, set(play.states().values())) == (0, {"arrived"})
    assert "web: none of 2 samples gave an answer" in play.delivery(AMBER).reason
    assert all("none of 2 samples gave an answer" in text for text in tick.broken)
    play.change_settings(health={"web": health})
    assert play.tick().delivered == 4
    assert len(play.fleet.acts_of(AMBER, PRODUCTION)) == 1


def test_too_few_samples_are_for_a_person_to_judge(play: Play) -> None:
    play.go_to("previewed")
    play.at(TUESDAY)
    probe = play.folder / "probe"
    probe.write_text('#!/bin/sh\n[ -e "$1/asked" ] && kill -9 $$\ntouch "$1/asked"\n', encoding="utf-8")
    probe.chmod(0o755)
    play.change_settings(health={"web": {"type": "command", "command": ["./probe", "{dir}"], "samples": 2}})
    tick = play.tick()
    assert set(play.states().values()) == {"unknown"}
    assert "only 1 of 2 samples gave an answer (1 yes, 0 no; 2 yes needed)" in tick.broken[0]
    guide.accept(play.world, TARGET, AMBER, PRODUCTION, "I have looked", LEE)
    assert play.states()[AMBER] == "delivered"


def test_an_executor_that_cannot_be_reached_for_want_of_its_secret_has_not_done_it(play: Play) -> None:
    play.go_to("previewed")
    play.at(TUESDAY)
    executors = yaml.safe_load((play.folder / "rollout.yaml").read_text(encoding="utf-8"))["executors"]
    hook = executors["hook"] | {"token": {"env": "ROLLOUT_NOBODY_HAS_SET_THIS"}}
    play.change_settings(executors=executors | {"hook": hook})
    tick = play.tick()
    assert (tick.delivered, play.states()[DRIFTWOOD]) == (3, "failed")
    assert "ROLLOUT_NOBODY_HAS_SET_THIS" in play.delivery(DRIFTWOOD).reason
    assert play.runs()[DRIFTWOOD] == PREVIOUS


def test_an_executor_whose_word_its_own_probe_contradicts_has_not_done_it(play: Play) -> None:
    play.go_to("previewed")
    play.at(TUESDAY)
    executors = yaml.safe_load((play.folder / "rollout.yaml").read_text(encoding="utf-8"))["executors"]
    play.change_settings(executors=executors | {"agent": executors["agent"] | {"deploy": ["true"]}})
    play.tick()
    untouched = play.delivery(AMBER)
    assert (untouched.state, play.runs()[AMBER]) == ("failed", PREVIOUS)
    assert untouched.reason == f"it runs {PREVIOUS}, though the deployment was reported to have succeeded"


def test_an_installation_that_runs_something_newer_is_not_taken_back(play: Play) -> None:
    play.go_to("previewed")
    play.at(TUESDAY)
    play.fleet.add(AMBER, PRODUCTION, "2026.12.1")
    survey.survey(play.world, everything=True)
    tick = play.tick()
    assert (tick.delivered, tick.waiting) == (3, {"path": 1})
    assert play.runs()[AMBER] == "2026.12.1"
    assert play.waves()["everyone"] == "promoted"


# ── Clients that change in the middle ──────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"opted_out": "they audit"}, "amber-quay has opted out: they audit"),
        ({"pinned": "2026.11"}, "amber-quay is pinned to 2026.11"),
    ],
    ids=["opted out", "pinned"],
)
def test_a_client_that_does_not_want_it_any_more_gets_nothing_and_keeps_nobody_waiting(play: Play, given: dict[str, str], told: str) -> None:
    play.started("piloted quickly", **strategy(PILOT | {"soak": "0s", "select": {"clients": [AMBER, BIRCH]}}, REST))
    play.tick()
    play.change_client(AMBER, **given)
    tick = play.at(TUESDAY).tick()
    assert (tick.waiting, play.runs()[AMBER]) == ({"wanted": 1}, PREVIOUS)
    assert gates(play, AMBER)["wanted"] == [told]
    assert play.waves()["pilot"] == "promoted"
    assert play.at(WEDNESDAY).tick().delivered == 2
    assert play.waves()["rest"] == "promoted"
    assert play.release().state is ReleaseState.ROLLING_OUT
    play.change_client(AMBER, opted_out="", pinned=None)
    tick = play.tick()
    assert (tick.moved, tick.delivered, tick.finished) == (1, 1, (TARGET,))


def test_a_client_that_left_clients_yaml_keeps_nobody_waiting_and_is_left_out_by_a_person(play: Play) -> None:
    play.started("piloted quickly", **strategy(PILOT | {"soak": "0s", "select": {"clients": [AMBER, BIRCH]}}, REST))
    play.tick()
    play.drop_client(AMBER)
    tick = play.at(TUESDAY).tick()
    assert (tick.delivered, tick.waiting, tick.problems) == (1, {"wanted": 1}, ())
    assert play.waves()["pilot"] == "promoted"
    assert play.at(WEDNESDAY).tick().delivered == 2
    before = len(play.audit(f"{AMBER}/production"))
    play.tick()
    assert len(play.audit(f"{AMBER}/production")) == before
    guide.skip(play.world, TARGET, AMBER, PRODUCTION, "they left us", LEE)
    assert play.tick().finished == (TARGET,)


def test_a_new_client_in_mid_rollout_gets_its_own_slots_once_it_is_planned(play: Play) -> None:
    play.go_to("previewed")
    new = play.add_client("eastgate-docks")
    assert play.tick().delivered == 0
    plan.plan(play.world, TARGET, DANA)
    assert play.tick().delivered == 1
    assert play.fleet.version_of(new, PREVIEW) == TARGET
    assert play.at(TUESDAY).tick().delivered >= 4
    play.at(WEDNESDAY).tick()
    assert play.states()[new] == "delivered"
    assert play.release().state is ReleaseState.DELIVERED


# ── Rollouts that cannot go on ─────────────────────────────────────────────────────────────────────


def two_rollouts(play: Play) -> None:
    """A hotfix of the month before rolls out as well, by a strategy of its own."""
    if not play.has("two rollouts"):
        own = strategy(ALL)["strategies"]["transparent"]
        play.jira.add_issue("SKIFF", "Stop the leak", key="SKIFF-60", status="Done", resolution="Fixed", fix_versions=[HOTFIX])
        play.jira.set_field("SKIFF-60", "QA state", "Passed")
        play.change_settings(
            readiness={"evidence": False},
            strategies={"transparent": own, "quick": deepcopy(own)},
            releases={"monthly": "transparent", "hotfix": "quick"},
        )
        play.collect(full=True)
        for version, signers in ((TARGET, {"pm": DANA, "qa": QUINN, "support": SAM}), (HOTFIX, {"on_call": LEE, "escalation": SAM})):
            cut.cut(play.world, version, DANA)
            assess.assess(play.world, version, {}, DANA)
            for role, person in signers.items():
                sign.sign(play.world, version, role, person)
            start.start(play.world, version, LEE)
        play.keep("two rollouts")
    play.go_to("two rollouts")


def test_a_rollout_whose_waves_left_the_settings_is_a_problem_told_and_the_others_go_on(play: Play) -> None:
    two_rollouts(play)
    settings = yaml.safe_load((play.folder / "rollout.yaml").read_text(encoding="utf-8"))["strategies"]
    settings["transparent"]["waves"][1]["name"] = "somebody"
    play.change_settings(strategies=settings)
    tick = play.tick()
    assert tick.problems == (
        "2026.12: strategy transparent of rollout.yaml no longer has the waves that 2026.12 is rolling out by (preview, everyone). Put them back",
    )
    assert play.states(PREVIEW, HOTFIX) == dict.fromkeys(CLIENTS, "delivered")
    assert play.states(PREVIEW) == dict.fromkeys(CLIENTS, "planned")
    assert [row["decision"] for row in preview.due_now(play.world)] == ["cannot go on"]
    settings["transparent"]["waves"][1]["name"] = "everyone"
    play.change_settings(strategies=settings)
    assert play.tick().problems == ()
    assert play.states(PREVIEW) == dict.fromkeys(CLIENTS, "delivered")


def test_two_releases_never_go_to_one_installation_at_once(play: Play) -> None:
    two_rollouts(play)
    play.tick()
    play.at(TUESDAY).tick()
    acts = [act.version for act in play.fleet.acts_of(AMBER, PRODUCTION)]
    assert acts == sorted(set(acts))
    assert play.runs()[AMBER] == TARGET


# ── The end ────────────────────────────────────────────────────────────────────────────────────────


def test_a_rollout_is_delivered_once_nothing_is_left_to_do_or_to_decide(play: Play) -> None:
    play.started("tolerant of 1", **strategy(ALL | {"tolerance": 1}), **ONE_BY_ONE)
    on_tuesday(play)
    play.fleet.break_deploy(AMBER, PRODUCTION, "the disk is full")
    assert play.tick().finished == ()
    guide.skip(play.world, TARGET, AMBER, PRODUCTION, "they will have the next one", LEE)
    tick = play.tick()
    assert tick.finished == (TARGET,)
    assert (play.release().state, play.release().finished_at) == (ReleaseState.DELIVERED, play.now)
    assert show.status(play.world)["rollouts"][0]["state"] == "delivered"


def test_a_runner_of_ones_own_carries_out_each_batch(play: Play) -> None:
    play.started("small batches", work={"batch": 2})
    batches: list[int] = []

    def run(world: World, batch: Batch) -> Any:
        batches.append(len(batch.deliveries))
        return deliver(world, batch)

    assert advance(play.world, run).delivered == 4
    assert batches == [2, 2]
