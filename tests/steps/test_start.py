"""The start of a rollout: what keeps it from starting, what it makes, and the older rollouts that it overtakes."""

import pytest

from rollout.core.closing import NoticeKind, NoticeState
from rollout.core.releases import ReleaseState
from rollout.errors import Conflict, Refused
from rollout.steps import assess, cut, guide, sign, start
from tests.playing import (
    AMBER,
    CLIENTS,
    COBALT,
    DANA,
    DRIFTWOOD,
    FIRST,
    FOLLOWING,
    LATE,
    LEE,
    MONDAY,
    PREVIEW,
    PREVIOUS,
    PRODUCTION,
    SECOND,
    TARGET,
    THIRD,
    TUESDAY,
    WEDNESDAY,
    Play,
    interrupted,
    strategy,
)
from tests.stories import SIGNERS

ALL = {"name": "everyone", "select": {"rest": True}}


def begin_next(play: Play) -> None:
    """The late change is done in time for the release after, which starts as well."""
    play.change_settings(readiness={"evidence": False})
    play.jira.set_field(LATE, "fix_versions", [FOLLOWING])
    play.jira.set_status(LATE, "Done", resolution="Fixed")
    play.jira.set_field(LATE, "QA state", "Passed")
    play.collect()
    cut.cut(play.world, FOLLOWING, DANA)
    assess.assess(play.world, FOLLOWING, {}, DANA)
    for role, person in SIGNERS.items():
        sign.sign(play.world, FOLLOWING, role, person)
    start.start(play.world, FOLLOWING, LEE)


# ── What keeps it from starting ────────────────────────────────────────────────────────────────────


def test_what_is_not_signed_does_not_start(play: Play) -> None:
    play.go_to("cut")
    with pytest.raises(Refused, match=r"cannot start 2026\.12: it is cut\. From there one can: cancel, sign, supersede\."):
        start.start(play.world, TARGET, LEE)


def test_what_is_not_ready_any_more_does_not_start_and_tells_every_reason(play: Play) -> None:
    play.go_to("signed")
    play.jira.set_field(SECOND, "QA state", "Failed")
    play.jira.set_status(THIRD, "In Progress")
    play.collect()
    with pytest.raises(Refused) as caught:
        start.start(play.world, TARGET, LEE)
    assert sorted(caught.value.reasons) == [
        ("no-resolution", f"{THIRD}: {THIRD} has no resolution"),
        ("not-done", f"{THIRD}: {THIRD} is In Progress, which JIRA does not count as done"),
        ("qa-failed", f"{SECOND}: {SECOND} failed QA"),
    ]
    assert play.release().state is ReleaseState.SIGNED


def test_a_release_starts_once(play: Play) -> None:
    play.go_to("started")
    with pytest.raises(Refused, match=r"cannot start 2026\.12: it is rolling_out\. From there one can: finish, supersede\."):
        start.start(play.world, TARGET, LEE)


def test_a_release_for_which_nobody_has_a_slot_does_not_start(play: Play) -> None:
    play.go_to("signed")
    play.freeze(MONDAY, MONDAY.replace(year=2027), name="long-freeze")
    with pytest.raises(Refused, match=r"cannot start 2026\.12: the plan has no slot for anybody\. See rollout plan 2026\.12"):
        start.start(play.reopen(), TARGET, LEE)


def test_a_strategy_that_does_not_fit_the_clients_says_so_with_all_its_faults(play: Play) -> None:
    play.go_to("signed")
    play.change_settings(**strategy({"name": "gold", "select": {"tags": ["gold"]}}, ALL, ALL | {"name": "again"}))
    with pytest.raises(Refused) as caught:
        start.start(play.world, TARGET, LEE)
    assert [code for code, _ in caught.value.reasons] == ["matches-nobody", "second-rest"]


def test_content_that_moves_while_it_is_judged_does_not_start(play: Play) -> None:
    play.go_to("signed")
    play.jira.set_field(FIRST, "Release note", "Something else")

    def collect() -> None:
        with play.world.ledger.begin() as tx:
            tx.save_changes("jira", [tx.changes([FIRST])[0].model_copy(update={"public_note": "Something else", "updated": play.now})])

    with pytest.raises((Conflict, Refused), match=r"cannot start 2026\.12"):
        start.start(interrupted(play.world, collect), TARGET, LEE)
    assert play.release().state is ReleaseState.SIGNED


# ── What it makes ──────────────────────────────────────────────────────────────────────────────────


def test_a_start_makes_deliveries_and_waves_and_tells_the_days(play: Play) -> None:
    play.go_to("signed")
    made = start.start(play.world, TARGET, LEE)
    assert play.release().state is ReleaseState.ROLLING_OUT
    assert play.states(PREVIEW) == play.states() == dict.fromkeys(CLIENTS, "planned")
    assert {play.delivery(client, PREVIEW).slot_start for client in CLIENTS} == {MONDAY}
    assert {play.delivery(client).slot_start for client in CLIENTS} == {TUESDAY}
    assert {play.delivery(client).announced_start for client in CLIENTS} == {TUESDAY}
    assert {play.delivery(client).previous for client in CLIENTS} == {PREVIOUS}
    assert play.waves() == {"preview": "waiting", "everyone": "waiting"}
    assert {one.ticket for one in play.notices(NoticeKind.PLANNED)} == {"1", "2", "3", "4"}
    act, data = play.audit(TARGET)[-1]
    assert (act, data["slots"], made.ends_at is not None) == ("release started", 8, True)


def test_a_start_dates_the_version_in_jira(play: Play) -> None:
    play.go_to("started")
    play.send()
    version = play.jira.version("SKIFF", TARGET)
    assert (str(version.release_date), version.released) == ("2026-12-01", False)


def test_a_dry_run_plans_and_begins_nothing(play: Play) -> None:
    play.go_to("signed")
    before = len(play.audit(TARGET))
    assert len(start.start(play.world, TARGET, LEE, dry_run=True).slots) == 8
    assert (play.release().state, play.states(), len(play.audit(TARGET))) == (ReleaseState.SIGNED, {}, before)


@pytest.mark.parametrize(
    ("given", "why"),
    [({"opted_out": "they audit"}, "amber-quay has opted out: they audit"), ({"pinned": "2026.11"}, "amber-quay is pinned to 2026.11")],
    ids=["opted out", "pinned"],
)
def test_who_does_not_want_it_is_excluded_with_a_reason(play: Play, given: dict[str, str], why: str) -> None:
    play.go_to("signed")
    play.change_client(AMBER, **given)
    made = start.start(play.world, TARGET, LEE)
    assert {(one.client, one.reason.text) for one in made.excluded} == {(AMBER, why)}
    assert AMBER not in play.states()


def test_who_runs_it_already_is_excluded(play: Play) -> None:
    play.go_to("signed")
    play.fleet.add(AMBER, PRODUCTION, TARGET)
    with play.world.ledger.begin() as tx:
        tx.set_installed({(AMBER, PRODUCTION): TARGET}, play.now)
    made = start.start(play.world, TARGET, LEE)
    assert [(one.client, one.environment, one.reason.code) for one in made.excluded] == [(AMBER, PRODUCTION, "already-there")]


# ── Overtaking ─────────────────────────────────────────────────────────────────────────────────────


def test_a_newer_release_takes_over_what_an_older_one_has_not_started(play: Play) -> None:
    play.go_to("previewed")
    play.at(MONDAY.replace(hour=15))
    begin_next(play)
    assert play.release().state is ReleaseState.SUPERSEDED
    assert play.states() == dict.fromkeys(CLIENTS, "withdrawn")
    assert play.delivery(AMBER).reason == "overtaken by 2027.01, which contains it"
    assert play.states(PREVIEW) == dict.fromkeys(CLIENTS, "delivered")
    assert ("release superseded", {"by": FOLLOWING, "withdrawn": 4}) in play.audit(TARGET)
    assert play.tick().delivered == 4


def test_a_newer_release_tells_the_tickets_of_the_one_that_it_overtook(play: Play) -> None:
    play.go_to("previewed")
    begin_next(play)
    play.tick()
    play.at(TUESDAY).tick()
    assert play.runs() == dict.fromkeys(CLIENTS, FOLLOWING)
    play.send()
    for ticket in ("1", "2", "3", "4"):
        assert play.desk.status(ticket) == "solved"
    text = play.replies("1")[-1][0]
    assert "Skiff 2027.01" in text
    assert "The rudder no longer sticks" in text
    assert "Mend rudder 90" in play.replies("3")[-1][0]


def test_the_day_of_a_release_that_was_overtaken_is_not_promised_any_more(play: Play) -> None:
    play.go_to("started")
    begin_next(play)
    play.send()
    told = [text for text, _ in play.replies("1")]
    assert len(told) == 1
    assert "Skiff 2027.01" in told[0]
    assert {one.state for one in play.notices(NoticeKind.PLANNED, version=TARGET)} <= {NoticeState.CANCELLED}


def test_what_is_under_way_finishes_and_what_waits_for_a_person_waits_on(play: Play) -> None:
    play.started("one by one", work={"workers": 1})
    play.tick()
    play.fleet.break_deploy(AMBER, PRODUCTION, "the disk is full")
    play.at(TUESDAY).tick()
    assert play.states()[AMBER] == "failed"
    begin_next(play)
    assert play.states() == {AMBER: "failed"} | dict.fromkeys(CLIENTS[1:], "withdrawn")
    with pytest.raises(Refused, match=r"cannot retry 2026\.12 at amber-quay/production: 2026\.12 is superseded"):
        guide.retry(play.world, TARGET, AMBER, PRODUCTION, "there is room again", LEE)


def test_releases_that_do_not_contain_each_other_overtake_none(play: Play) -> None:
    play.go_to("signed")
    play.change_settings(train={"day": 8, "cut_days": 5, "contains_older": False})
    play.begin()
    begin_next(play)
    assert play.release().state is ReleaseState.ROLLING_OUT
    assert play.states() == dict.fromkeys(CLIENTS, "planned")


def test_a_client_that_the_newer_release_does_not_go_to_keeps_its_slot_of_the_older_one(play: Play) -> None:
    play.go_to("previewed")
    play.change_client(COBALT, pinned=TARGET)
    begin_next(play)
    assert play.states() == {AMBER: "withdrawn", "birch-harbour": "withdrawn", COBALT: "planned", DRIFTWOOD: "withdrawn"}
    assert play.release().state is ReleaseState.ROLLING_OUT
    play.at(TUESDAY).tick()
    play.at(WEDNESDAY).tick()
    assert play.runs()[COBALT] == TARGET
