"""What people decide when something broke, and what clients hear of it, where two things happen at once or the world is not as the ledger says."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest

from rollout.core.changes import Quality
from rollout.core.closing import NoticeKind, NoticeState
from rollout.core.delivery import DeliveryState
from rollout.core.releases import ReleaseKind, ReleaseState
from rollout.core.values import ChangeKey, PersonId, Version
from rollout.errors import Refused
from rollout.ports import World
from rollout.steps import assess, cut, guide, holds, notify, sign, start
from tests.playing import (
    AMBER,
    BIRCH,
    COBALT,
    DANA,
    DAY,
    DRIFTWOOD,
    FIRST,
    FOLLOWING,
    LATE,
    LEE,
    MONDAY,
    PREVIEW,
    PREVIOUS,
    PRODUCTION,
    SAM,
    TARGET,
    TUESDAY,
    Play,
)
from tests.stories import SIGNERS


def deliver(play: Play) -> None:
    """All previews on Monday, all productions on Tuesday; nobody has been told yet."""
    assert play.tick().delivered == 4
    assert play.at(max(TUESDAY, play.now)).tick().delivered == 4


def take_back(play: Play, world: World | None = None) -> str:
    return str(guide.roll_back(world or play.world, TARGET, AMBER, PRODUCTION, "the map does not load", LEE).state)


def held(play: Play) -> int:
    with play.world.ledger.read() as tx:
        return sum(hold.subject == AMBER for hold in tx.holds(play.now))


def installed(play: Play) -> str:
    with play.world.ledger.read() as tx:
        return tx.installed([AMBER])[AMBER, PRODUCTION]


class Around:
    """An executor that does what the other one does, with something before and after each rollback."""

    def __init__(self, executor: Any, before: Callable[[], Any], after: Callable[[], Any]) -> None:
        self._executor, self._before, self._after = executor, before, after

    def __getattr__(self, name: str) -> Any:
        return getattr(self._executor, name)

    def roll_back(self, *given: Any) -> Any:
        self._before()
        outcome = self._executor.roll_back(*given)
        self._after()
        return outcome


class SlowDesk:
    """A desk at which something happens, once, while it is asked whether the ticket was told."""

    def __init__(self, desk: Any, meanwhile: Callable[[], Any]) -> None:
        self._desk, self._left = desk, [meanwhile]

    def __getattr__(self, name: str) -> Any:
        return getattr(self._desk, name)

    def was_told(self, *given: Any) -> Any:
        while self._left:
            self._left.pop()()
        return self._desk.was_told(*given)


def around_rollbacks(world: World, before: Callable[[], Any] = lambda: None, after: Callable[[], Any] = lambda: None) -> World:
    return replace(world, executors={name: Around(one, before, after) for name, one in world.executors.items()})


# ── A rollback ─────────────────────────────────────────────────────────────────────────────────────


def test_what_does_not_run_any_more_is_not_rolled_back(play: Play) -> None:
    play.go_to("started")
    deliver(play)
    play.fleet.add(AMBER, PRODUCTION, FOLLOWING)
    with pytest.raises(Refused, match=r"it runs 2027\.01, neither 2026\.12 nor 2026\.11\. To take that back: rollout rollback 2027\.01"):
        take_back(play)
    assert (play.runs()[AMBER], play.delivery(AMBER).state, held(play)) == (FOLLOWING, DeliveryState.DELIVERED, 0)


def test_where_the_installation_cannot_be_asked_the_ledger_tells_what_runs(play: Play) -> None:
    play.go_to("started")
    deliver(play)
    (play.fleet.installation(AMBER, PRODUCTION).path / "version").write_text("#!/bin/sh\nexit 1\n", encoding="utf-8")
    with play.world.ledger.begin() as tx:
        tx.set_installed({(AMBER, PRODUCTION): FOLLOWING}, play.now)
    with pytest.raises(Refused, match=r"it runs 2027\.01"):
        take_back(play)
    with play.world.ledger.begin() as tx:
        tx.set_installed({(AMBER, PRODUCTION): TARGET}, play.now)
    assert take_back(play) == "rolled_back"
    assert play.runs()[AMBER] == PREVIOUS


def test_an_executor_that_only_says_so_has_not_brought_anything_back(play: Play) -> None:
    play.go_to("started")
    deliver(play)
    (play.fleet.installation(AMBER, PRODUCTION).path / "deploy").write_text("#!/bin/sh\nexit 0\n", encoding="utf-8")
    with pytest.raises(Refused, match=r"did not succeed \(the executor says: succeeded\); it runs 2026\.12\. amber-quay is held"):
        take_back(play)
    assert (play.delivery(AMBER).state, installed(play), held(play)) == (DeliveryState.DELIVERED, TARGET, 1)
    assert play.delivery(AMBER).owner == ""


def test_of_two_people_who_roll_back_at_once_one_is_heard(play: Play) -> None:
    play.go_to("started")
    deliver(play)
    refused: list[str] = []

    def second() -> None:
        with pytest.raises(Refused, match="is at work on it") as refusal:
            guide.roll_back(play.world, TARGET, AMBER, PRODUCTION, "me first", DANA)
        refused.append(str(refusal.value))

    assert take_back(play, around_rollbacks(play.world, before=second)) == "rolled_back"
    assert len(refused) == 1
    assert held(play) == 1
    assert len(play.fleet.acts_of(AMBER, PRODUCTION)) == 2


def test_a_rollback_whose_process_was_lost_is_finished_by_doing_it_again(play: Play) -> None:
    play.go_to("started")
    deliver(play)
    play.send()

    def die() -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        take_back(play, around_rollbacks(play.world, after=die))
    assert (play.runs()[AMBER], installed(play)) == (PREVIOUS, TARGET)
    acts = len(play.fleet.acts_of(AMBER, PRODUCTION))
    play.later(minutes=31)
    assert take_back(play) == "rolled_back"
    assert len(play.fleet.acts_of(AMBER, PRODUCTION)) == acts
    play.send()
    assert (installed(play), play.desk.status("1")) == (PREVIOUS, "open")


# ── What a rollout that is over can still be asked ─────────────────────────────────────────────────


def test_what_was_rolled_back_after_the_end_of_the_rollout_is_not_planned_for_ever(play: Play) -> None:
    play.go_to("started")
    deliver(play)
    assert play.release().state is ReleaseState.DELIVERED
    take_back(play)
    for dry_run in (True, False):
        with pytest.raises(Refused, match=r"2026\.12 is delivered, so nothing would start it\. amber-quay gets its changes with the next release"):
            guide.retry(play.world, TARGET, AMBER, PRODUCTION, "it loads", LEE, dry_run)
    assert play.delivery(AMBER).state is DeliveryState.ROLLED_BACK


def test_nobody_accepts_what_was_followed_by_something_newer(play: Play) -> None:
    play.go_to("started")
    with play.world.ledger.begin() as tx:
        unknown = {"state": DeliveryState.UNKNOWN, "attempt": 1}
        tx.save_deliveries([play.delivery(AMBER).model_copy(update=unknown)])
        tx.set_installed({(AMBER, PRODUCTION): FOLLOWING}, play.now)
    with pytest.raises(Refused, match=r"it runs 2027\.01 by now\. Leave it out: rollout skip 2026\.12 amber-quay production"):
        guide.accept(play.world, TARGET, AMBER, PRODUCTION, "I looked", LEE)
    assert guide.skip(play.world, TARGET, AMBER, PRODUCTION, "it has the next one", LEE).state is DeliveryState.WITHDRAWN


# ── A notice that is overtaken by what it tells of ─────────────────────────────────────────────────


def of_ticket(play: Play, ticket: str) -> dict[NoticeKind, NoticeState]:
    return {one.kind: one.state for one in play.notices(ticket=ticket)}


def test_what_is_taken_back_while_it_is_being_told_is_not_told(play: Play) -> None:
    play.go_to("started")
    deliver(play)
    desks = {name: SlowDesk(desk, lambda: take_back(play)) for name, desk in play.world.desks.items()}
    told = notify.notify(replace(play.world, desks=desks))
    assert any("amber-quay/production is rolled_back: the map does not load" in problem for problem in told.problems)
    play.later(minutes=5).send()
    assert (play.replies("1"), play.replies("3")) == ([], [])
    assert play.desk.status("2") == "solved"
    assert of_ticket(play, "1")[NoticeKind.AVAILABLE] is NoticeState.CANCELLED
    assert set(of_ticket(play, "1").values()) == {NoticeState.CANCELLED}


def test_what_went_out_while_it_was_taken_back_is_followed_by_an_honest_note(play: Play) -> None:
    play.go_to("started")
    deliver(play)
    play.send()
    said = play.notices(NoticeKind.AVAILABLE, ticket="1")[0]
    with play.world.ledger.begin() as tx:
        tx.save_notice(said.model_copy(update={"state": NoticeState.SENDING, "owner": play.world.owner, "lease_until": play.now}))
    take_back(play)
    play.later(minutes=5).send()
    assert "we had to take Skiff 2026.12 back" in play.replies("1")[-1][0]
    assert play.desk.status("1") == "open"


def test_what_could_not_be_said_is_not_said_after_a_rollback_either(play: Play) -> None:
    play.go_to("started")
    deliver(play)
    said = play.notices(NoticeKind.AVAILABLE, ticket="1")[0]
    with play.world.ledger.begin() as tx:
        tx.save_notice(said.model_copy(update={"state": NoticeState.DEAD, "last_error": "the desk is down"}))
    take_back(play)
    with pytest.raises(Refused, match="is cancelled"):
        notify.release_notice(play.world, said.key, SAM)


# ── A ticket that waits for an older release as well ───────────────────────────────────────────────

OLDER = Version("2026.11.1")


def late_in_older(play: Play, **settings: Any) -> None:
    """The late change, which ticket 3 waits for as well, is done, in a release that is older than the target; nobody cut that one yet."""
    play.change_settings(readiness={"evidence": False}, **settings)
    play.jira.set_status(LATE, "Done", resolution="Fixed")
    play.jira.set_field(LATE, "QA state", "Passed")
    play.jira.set_field(LATE, "fix_versions", [OLDER])
    play.collect(full=True)


def release_target(play: Play) -> None:
    cut.cut(play.world, TARGET, DANA)
    assess.assess(play.world, TARGET, {}, DANA)
    for role, person in SIGNERS.items():
        sign.sign(play.world, TARGET, role, person)
    play.begin()
    deliver(play)
    play.send()


@pytest.mark.parametrize("fate", ["draft", "cancelled"])
def test_a_ticket_waits_for_what_is_in_an_older_release_that_does_not_ship(play: Play, fate: str) -> None:
    late_in_older(play)
    if fate == "cancelled":
        cut.cut(play.world, OLDER, DANA)
        cut.cancel(play.world, OLDER, "nobody wants it", DANA)
    release_target(play)
    assert ("The rest is still to come" in play.replies("3")[-1][0], play.desk.status("3")) == (True, "open")


@pytest.mark.parametrize(("contains_older", "status"), [(True, "solved"), (False, "open")])
def test_an_older_release_that_was_cut_came_along_only_where_releases_contain_older_ones(play: Play, contains_older: bool, status: str) -> None:
    late_in_older(play, train={"pattern": "{year}.{month:02}", "contains_older": contains_older})
    cut.cut(play.world, OLDER, DANA)
    release_target(play)
    assert play.desk.status("3") == status


def test_where_releases_come_one_by_one_what_the_installation_ran_before_is_there(play: Play) -> None:
    play.change_settings(train={"pattern": "{year}.{month:02}", "contains_older": False})
    play.link_ticket("1", ChangeKey("SKIFF-1"))
    play.collect(full=True)
    release_target(play)
    assert play.desk.status("1") == "solved"


# ── A start, and the releases before it ────────────────────────────────────────────────────────────


ON_CALL = {"on_call": LEE, "escalation": SAM}


def next_signed(play: Play, version: Version = FOLLOWING, signers: Mapping[str, PersonId] = SIGNERS) -> None:
    """The late change is done, and comes with that release, which is signed."""
    play.change_settings(readiness={"evidence": False})
    play.jira.set_status(LATE, "Done", resolution="Fixed")
    play.jira.set_field(LATE, "QA state", "Passed")
    play.jira.set_field(LATE, "fix_versions", [version])
    play.later(minutes=1).collect(full=True)
    cut.cut(play.world, version, DANA)
    assess.assess(play.world, version, {"strategy": "transparent"}, DANA)
    for role, person in signers.items():
        sign.sign(play.world, version, role, person)


def test_a_newer_release_takes_only_those_along_that_it_goes_to(play: Play) -> None:
    play.go_to("started")
    play.change_client(AMBER, pinned=TARGET)
    next_signed(play)
    start.start(play.world, FOLLOWING, LEE)
    assert play.states() == {AMBER: "planned", BIRCH: "withdrawn", COBALT: "withdrawn", DRIFTWOOD: "withdrawn"}
    assert play.release().state is ReleaseState.ROLLING_OUT
    assert play.audit(TARGET)[-1] == ("release overtaken in part", {"by": FOLLOWING, "withdrawn": 6})
    for _ in range(3):
        play.tick()
        play.later(days=1)
    assert play.runs() == {AMBER: TARGET, BIRCH: FOLLOWING, COBALT: FOLLOWING, DRIFTWOOD: FOLLOWING}
    assert play.release().state is ReleaseState.DELIVERED


def test_a_release_that_is_left_with_nothing_to_do_is_superseded(play: Play) -> None:
    play.go_to("started")
    next_signed(play)
    start.start(play.world, FOLLOWING, LEE)
    assert play.release().state is ReleaseState.SUPERSEDED
    assert set(play.states().values()) == {"withdrawn"}


def test_what_is_under_way_of_an_older_release_is_waited_for(play: Play) -> None:
    play.go_to("started")
    next_signed(play)
    with play.world.ledger.begin() as tx:
        tx.save_deliveries([play.delivery(AMBER).model_copy(update={"state": DeliveryState.ARRIVED, "attempt": 1})])
    start.start(play.world, FOLLOWING, LEE)
    assert play.release().state is ReleaseState.ROLLING_OUT


def test_a_hotfix_overtakes_nobody(play: Play) -> None:
    play.go_to("started")
    next_signed(play, Version("2026.12.1"), ON_CALL)
    assert play.release(Version("2026.12.1")).kind is ReleaseKind.HOTFIX
    start.start(play.world, Version("2026.12.1"), LEE)
    assert play.release().state is ReleaseState.ROLLING_OUT
    assert set(play.states().values()) == {"planned"}


class Asked:
    """An executor; something happens, once, while an installation is asked what it runs."""

    def __init__(self, executor: Any, left: list[Callable[[], Any]]) -> None:
        self._executor, self._left = executor, left

    def __getattr__(self, name: str) -> Any:
        return getattr(self._executor, name)

    def installed_version(self, *given: Any) -> Any:
        while self._left:
            self._left.pop()()
        return self._executor.installed_version(*given)


def start_while(play: Play, meanwhile: Callable[[], Any]) -> None:
    left = [meanwhile]
    world = replace(play.world, executors={name: Asked(one, left) for name, one in play.world.executors.items()})
    start.start(world, TARGET, LEE)


def test_a_change_that_is_pulled_while_the_installations_are_asked_keeps_a_release_from_starting(play: Play) -> None:
    play.go_to("signed")
    with pytest.raises(Refused, match=r"cannot start 2026\.12: it is cut"):
        start_while(play, lambda: cut.pull(play.world, TARGET, FIRST, "it hurts", DANA))
    assert (play.states(), play.notices()) == ({}, [])


def test_a_change_that_fails_while_the_installations_are_asked_keeps_a_release_from_starting(play: Play) -> None:
    play.go_to("signed")

    def fail() -> None:
        with play.world.ledger.begin() as tx:
            change = tx.change(FIRST)
            assert change is not None
            tx.save_changes("jira", [change.model_copy(update={"quality": Quality.FAILED, "updated": change.updated + DAY})])

    with pytest.raises(Refused, match="not ready any more: SKIFF-10"):
        start_while(play, fail)
    assert play.states() == {}


# ── What a person wrote ────────────────────────────────────────────────────────────────────────────


def test_what_a_person_wrote_is_not_written_over_when_the_tier_is_no_longer_reviewed(play: Play) -> None:
    play.started("all reviewed", notify={"review_tiers": ["premium", "standard-plus"]})
    key = play.notices(NoticeKind.PLANNED, ticket="1")[0].key
    assert notify.release_notice(play.world, key, SAM, body="Dear Ana, we shall come on Tuesday.").edited
    play.change_settings(notify={"review_tiers": []})
    play.freeze(TUESDAY, TUESDAY + DAY)
    play.reopen()
    play.tick()
    play.send()
    assert "Dear Ana, we shall come on Tuesday." in [text for text, _ in play.replies("1")]
    assert [one.ticket for one in play.notices(NoticeKind.PLANNED, state=NoticeState.WAITING)].count("1") == 1


@pytest.mark.parametrize("body", ["", " \n"])
def test_an_empty_text_is_refused_and_not_taken_for_none(play: Play, body: str) -> None:
    play.started("all reviewed", notify={"review_tiers": ["premium", "standard-plus"]})
    key = play.notices(NoticeKind.PLANNED, ticket="1")[0].key
    with pytest.raises(Refused, match=f"the text for notice {key} is empty"):
        notify.release_notice(play.world, key, SAM, body=body)
    assert play.notices(key=key)[0].state is NoticeState.REVIEW


# ── A day that nobody can name ─────────────────────────────────────────────────────────────────────


def test_what_finds_no_slot_is_not_said_to_have_moved_however_often_one_looks(play: Play) -> None:
    play.go_to("started")
    play.send()
    play.freeze(MONDAY, MONDAY + 800 * DAY)
    play.reopen()
    for _ in range(4):
        assert play.tick().moved == 0
        play.later(hours=13).send()
    acts = [act for act, _ in play.audit(f"{AMBER}/preview")]
    assert (acts.count("slot lost"), acts.count("slot moved")) == (1, 0)
    assert "open no window for preview" in play.delivery(AMBER, PREVIEW).reason
    assert len(play.replies("1")) == 1


def test_what_waits_for_people_is_not_promised_a_new_day_every_day(play: Play) -> None:
    play.go_to("started")
    play.send()
    play.tick()
    holds.hold(play.world, AMBER, "they count their boats", LEE)
    for _ in range(4):
        play.later(days=1).tick()
        play.send()
    assert len(play.notices(NoticeKind.PLANNED, ticket="1")) == 1
    assert play.delivery(AMBER).slot_start == TUESDAY
