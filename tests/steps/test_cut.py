"""The cut: what is kept, what moves on and how JIRA follows; what comes and goes afterwards; when the train cuts."""

import threading
from collections.abc import Callable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from rollout.core.errands import ErrandKind, ErrandState
from rollout.core.releases import ReleaseKind, ReleaseState
from rollout.core.values import ChangeKey, Version
from rollout.errors import Conflict, NotFound, Refused, RolloutError
from rollout.steps import cut, show
from tests.databases import PostgresServer
from tests.playing import DANA, DAY, FIRST, FOLLOWING, LATE, LEE, SECOND, TARGET, THIRD, Play, interrupted

TORONTO = ZoneInfo("America/Toronto")
HOTFIX = Version("2026.12.1")


def content(play: Play, version: Version = TARGET) -> list[ChangeKey]:
    return [ChangeKey(one["key"]) for one in show.release(play.world, version)["changes"]]


def left(play: Play) -> dict[str, str]:
    return {one["key"]: one["why"] for one in show.release(play.world, TARGET)["left"]}


def live(play: Play) -> int:
    return sum(one["voided_at"] is None for one in show.release(play.world, TARGET)["signoffs"])


def follow(play: Play) -> None:
    """JIRA is told, and asked again."""
    assert play.send().problems == ()
    play.later(minutes=1)
    assert play.collect().problems == ()


# ── The cut ────────────────────────────────────────────────────────────────────────────────────────


def test_what_is_ready_is_frozen_and_what_is_not_moves_to_the_next_release_with_every_reason(play: Play) -> None:
    play.go_to("collected")
    decided = cut.cut(play.world, TARGET, DANA)
    assert decided.kept == (FIRST, SECOND, THIRD)
    assert [(one.key, one.to, [reason.code for reason in one.reasons]) for one in decided.moved] == [
        (LATE, FOLLOWING, ["not-done", "no-resolution", "qa-pending", "no-evidence"])
    ]
    assert content(play) == [FIRST, SECOND, THIRD]
    assert "SKIFF-90 has no resolution" in left(play)[LATE]
    assert play.release(FOLLOWING).state is ReleaseState.DRAFT
    act, facts = play.audit(TARGET)[-1]
    assert (act, facts["kept"], sorted(facts["moved"])) == ("release cut", [FIRST, SECOND, THIRD], [LATE])


def test_a_dry_run_decides_the_same_and_does_nothing(play: Play) -> None:
    play.go_to("collected")
    decided = cut.cut(play.world, TARGET, DANA, dry_run=True)
    assert play.release().state is ReleaseState.DRAFT
    assert play.errands() == ()
    assert cut.cut(play.world, TARGET, DANA) == decided


def test_what_is_done_but_does_not_ship_or_was_reverted_moves_as_well(play: Play) -> None:
    play.jira.set_status(FIRST, "Done", resolution="Won't Fix")
    play.jira.add_issue("SKIFF", "Nobody committed this", key="SKIFF-13", status="Done", resolution="Fixed", fix_versions=[TARGET])
    play.jira.set_field("SKIFF-13", "QA state", "Passed")
    play.collect(full=True)
    moved = {one.key: [reason.code for reason in one.reasons] for one in cut.cut(play.world, TARGET, DANA).moved}
    assert moved == {FIRST: ["not-shipping"], LATE: ["not-done", "no-resolution", "qa-pending", "no-evidence"], "SKIFF-13": ["no-evidence"]}


def test_jira_follows_by_errands_in_their_order(play: Play) -> None:
    play.go_to("collected")
    cut.cut(play.world, TARGET, DANA)
    assert [(one.kind, one.state) for one in play.errands()] == [
        (ErrandKind.ENSURE_FIX_VERSION, ErrandState.WAITING),
        (ErrandKind.MOVE_CHANGE, ErrandState.WAITING),
    ]
    follow(play)
    assert play.jira.fix_versions(LATE) == (FOLLOWING,)
    assert {one.state for one in play.errands()} == {ErrandState.DONE}
    assert "SKIFF\\-90 has no resolution" in play.jira.issue(LATE).comments[-1].body or "no resolution" in play.jira.issue(LATE).comments[-1].body
    assert content(play, FOLLOWING) == [LATE]


def test_an_errand_that_has_to_wait_keeps_the_next_one_waiting_for_it(play: Play) -> None:
    play.go_to("cut")
    play.jira.fault("503", method="POST", path="version")
    assert play.send().errands == 0
    assert play.jira.fix_versions(LATE) == (TARGET,)
    play.later(minutes=2)
    assert play.send().errands == 2
    assert play.jira.fix_versions(LATE) == (FOLLOWING,)


def test_without_write_back_jira_is_left_alone(play: Play) -> None:
    play.go_to("collected")
    play.change_settings(write_back=False)
    cut.cut(play.world, TARGET, DANA)
    assert play.errands() == ()
    assert content(play) == [FIRST, SECOND, THIRD]


def test_what_misses_the_cut_goes_to_the_next_release_that_is_open_in_jira(play: Play) -> None:
    play.jira.add_version("SKIFF", "2027.03")
    play.collect(full=True)
    assert cut.cut(play.world, TARGET, DANA).moved[0].to == "2027.03"


def test_what_misses_a_monthly_release_never_goes_to_a_hotfix(play: Play) -> None:
    play.jira.add_version("SKIFF", HOTFIX)
    play.collect(full=True)
    assert cut.cut(play.world, TARGET, DANA).moved[0].to == FOLLOWING


def test_what_misses_a_hotfix_goes_to_the_next_month(play: Play) -> None:
    play.jira.set_field(FIRST, "fix_versions", [HOTFIX])
    play.jira.set_field(LATE, "fix_versions", [HOTFIX])
    play.collect(full=True)
    assert cut.cut(play.world, HOTFIX, DANA).moved[0].to == FOLLOWING
    assert play.release(FOLLOWING).kind is ReleaseKind.MONTHLY


def test_an_empty_release_cannot_be_cut(play: Play) -> None:
    play.jira.add_version("SKIFF", FOLLOWING)
    play.collect(full=True)
    with pytest.raises(Refused, match=r"cannot cut 2027\.01: none of its 0 changes is ready\. See rollout release show 2027\.01"):
        cut.cut(play.world, FOLLOWING, DANA)


def test_a_release_is_cut_once(play: Play) -> None:
    play.go_to("cut")
    with pytest.raises(Refused, match=r"cannot cut 2026\.12: it is cut\. From there one can: cancel, sign, supersede\."):
        cut.cut(play.world, TARGET, DANA)


def test_a_release_that_does_not_exist_is_named_with_those_that_come_close(play: Play) -> None:
    play.go_to("collected")
    with pytest.raises(NotFound, match=r"there is no release 2026\.13\. The closest ones: 2026\.1[12], 2026\.1[12]\."):
        cut.cut(play.world, "2026.13", DANA)


def test_from_the_cut_on_a_new_fix_version_in_jira_brings_nothing_in(play: Play) -> None:
    play.go_to("cut")
    play.jira.add_issue("SKIFF", "Sneak in", key="SKIFF-14", status="Done", resolution="Fixed", fix_versions=[TARGET])
    play.jira.set_field(THIRD, "fix_versions", [])
    play.collect()
    assert content(play) == [FIRST, SECOND, THIRD]


def test_content_that_moves_while_it_is_judged_is_not_cut(play: Play) -> None:
    play.go_to("collected")
    play.jira.set_field(FIRST, "QA state", "Failed")
    with pytest.raises(Conflict, match=r"cannot cut 2026\.12: JIRA changed it while it was being judged\. Cut it again"):
        cut.cut(interrupted(play.world, play.collect), TARGET, DANA)
    assert cut.cut(play.world, TARGET, DANA).kept == (SECOND, THIRD)


@pytest.mark.parametrize("database", ["sqlite", "postgres"])
def test_of_two_people_who_cut_at_once_one_is_heard(play: Play, database: str, request: pytest.FixtureRequest) -> None:
    if database == "postgres":
        server: PostgresServer = request.getfixturevalue("postgres")
        play.change_settings(ledger={"url": server.emptied_ledger()})
    play.collect(full=True)
    refused: list[RolloutError] = []

    def act(person: Any) -> None:
        try:
            cut.cut(play.world, TARGET, person)
        except RolloutError as error:
            refused.append(error)

    threads = [threading.Thread(target=act, args=(person,)) for person in (DANA, LEE)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert [str(one) for one in refused] == ["cannot cut 2026.12: it is cut. From there one can: cancel, sign, supersede."]
    assert [act for act, _ in play.audit(TARGET)].count("release cut") == 1
    assert len(play.errands()) == 2


def test_commits_and_claims_that_do_not_fit_are_both_reported(play: Play) -> None:
    play.jira.set_field(THIRD, "fix_versions", [])
    play.collect(full=True)
    view = show.release(play.world, TARGET)
    assert (view["unproven"], view["unclaimed"]) == ([LATE], [THIRD])


# ── Changes that come or go later ──────────────────────────────────────────────────────────────────


def test_a_change_that_is_pulled_leaves_with_a_reason_and_the_sign_offs_fall(play: Play) -> None:
    play.go_to("signed")
    assert cut.pull(play.world, TARGET, THIRD, "it leaks", LEE) == FOLLOWING
    assert content(play) == [FIRST, SECOND]
    assert left(play)[THIRD] == "it leaks"
    assert (play.release().state, play.release().revision, live(play)) == (ReleaseState.CUT, 2, 0)
    assert ("change pulled", {"key": THIRD, "why": "it leaks", "to": FOLLOWING}) in play.audit(TARGET)
    follow(play)
    assert play.jira.fix_versions(THIRD) == (FOLLOWING,)


def test_a_change_that_is_added_needs_a_reason_and_the_sign_offs_fall(play: Play) -> None:
    play.go_to("signed")
    ready(play, LATE)
    play.change_settings(readiness={"evidence": False})
    cut.add(play.world, TARGET, LATE, "promised to a client", DANA)
    assert LATE in content(play)
    assert (play.release().state, live(play)) == (ReleaseState.CUT, 0)
    assert ("change added", {"key": LATE, "why": "promised to a client"}) in play.audit(TARGET)


def ready(play: Play, key: ChangeKey) -> None:
    play.jira.set_status(key, "Done", resolution="Fixed")
    play.jira.set_field(key, "QA state", "Passed")
    play.collect()


def test_a_change_that_is_not_ready_cannot_be_added_and_hears_every_reason(play: Play) -> None:
    play.go_to("cut")
    with pytest.raises(Refused) as caught:
        cut.add(play.world, TARGET, LATE, "promised", DANA)
    assert [code for code, _ in caught.value.reasons] == ["not-done", "no-resolution", "qa-pending", "no-evidence"]
    assert str(caught.value).startswith("cannot add SKIFF-90 to 2026.12: SKIFF-90 is In Progress, which JIRA does not count as done; ")


@pytest.mark.parametrize("told", ["at once", "after JIRA has followed", "after JIRA was asked again"])
def test_jira_follows_there_and_back(play: Play, told: str) -> None:
    play.go_to("cut")
    play.send()
    cut.pull(play.world, TARGET, THIRD, "it leaks", DANA)
    if told == "after JIRA has followed":
        play.send()
    elif told == "after JIRA was asked again":
        follow(play)
    play.later(minutes=5)
    cut.add(play.world, TARGET, THIRD, "it does not", DANA)
    follow(play)
    assert play.jira.fix_versions(THIRD) == (TARGET,)
    assert content(play) == [FIRST, SECOND, THIRD]
    assert THIRD not in content(play, FOLLOWING)


def test_jira_follows_back_and_there(play: Play) -> None:
    play.go_to("cut")
    ready(play, LATE)
    play.change_settings(readiness={"evidence": False})
    play.later(minutes=5)
    cut.add(play.world, TARGET, LATE, "promised", DANA)
    play.later(minutes=5)
    cut.pull(play.world, TARGET, LATE, "not promised", DANA)
    follow(play)
    assert play.jira.fix_versions(LATE) == (FOLLOWING,)


def test_a_change_without_a_fix_version_gets_the_one_of_the_release_that_takes_it(play: Play) -> None:
    play.jira.set_field(THIRD, "fix_versions", [])
    play.collect(full=True)
    cut.cut(play.world, TARGET, DANA)
    cut.add(play.world, TARGET, THIRD, "somebody forgot it", DANA)
    follow(play)
    assert play.jira.fix_versions(THIRD) == (TARGET,)


def test_what_a_person_gave_another_release_in_jira_stays_in_that(play: Play) -> None:
    play.go_to("cut")
    play.later(minutes=5)
    play.jira.set_field(THIRD, "fix_versions", ["2027.06"])
    play.collect()
    cut.pull(play.world, TARGET, THIRD, "it leaks", DANA)
    follow(play)
    assert play.jira.fix_versions(THIRD) == ("2027.06",)


def test_the_last_change_cannot_be_pulled(play: Play) -> None:
    play.go_to("cut")
    cut.pull(play.world, TARGET, FIRST, "it leaks", DANA)
    cut.pull(play.world, TARGET, SECOND, "it leaks", DANA)
    with pytest.raises(
        Refused, match=r"SKIFF-12 is the last change of 2026\.12\. Cancel the release instead: rollout release cancel 2026\.12 --reason …"
    ):
        cut.pull(play.world, TARGET, THIRD, "it leaks", DANA)


@pytest.mark.parametrize(
    ("moment", "act", "key", "error", "text"),
    [
        ("cut", cut.add, FIRST, Refused, "SKIFF-10 is in 2026.12 already"),
        (
            "cut",
            cut.add,
            "SKIFF-4711",
            NotFound,
            "no change SKIFF-4711 is known. Is its project in rollout.yaml, and was it collected? rollout collect",
        ),
        ("cut", cut.pull, LATE, NotFound, "SKIFF-90 is not in 2026.12. What is: SKIFF-10, SKIFF-11, SKIFF-12"),
        ("collected", cut.add, LATE, Refused, "2026.12 is a draft, and follows JIRA by itself: change the fix version there"),
        ("collected", cut.pull, FIRST, Refused, "2026.12 is a draft, and follows JIRA by itself: change the fix version there"),
        ("started", cut.add, LATE, Refused, "2026.12 is rolling_out; its content can no longer change. Make a hotfix"),
        ("started", cut.pull, FIRST, Refused, "2026.12 is rolling_out; its content can no longer change. Make a hotfix"),
    ],
)
def test_what_cannot_come_or_go_says_why(play: Play, moment: str, act: Callable[..., Any], key: str, error: type[RolloutError], text: str) -> None:
    play.go_to(moment)
    with pytest.raises(error) as caught:
        act(play.world, TARGET, key, "because", DANA)
    assert str(caught.value) == text


def test_a_change_that_was_deleted_in_jira_cannot_be_added(play: Play) -> None:
    play.go_to("cut")
    cut.pull(play.world, TARGET, THIRD, "it leaks", DANA)
    play.jira.remove_issue(THIRD)
    play.collect(full=True)
    with pytest.raises(NotFound, match="no change SKIFF-12 is known"):
        cut.add(play.world, TARGET, THIRD, "it does not", DANA)


def test_dry_runs_of_both_change_nothing(play: Play) -> None:
    play.go_to("signed")
    assert cut.pull(play.world, TARGET, THIRD, "it leaks", DANA, dry_run=True) == FOLLOWING
    ready(play, LATE)
    play.change_settings(readiness={"evidence": False})
    cut.add(play.world, TARGET, LATE, "promised", DANA, dry_run=True)
    assert content(play) == [FIRST, SECOND, THIRD]
    assert (play.release().state, live(play)) == (ReleaseState.SIGNED, 3)


def test_a_release_that_is_given_up_stays_as_it_is_in_jira(play: Play) -> None:
    play.go_to("signed")
    cut.cancel(play.world, TARGET, "nobody wants it", DANA)
    assert play.release().state is ReleaseState.CANCELLED
    assert play.audit(TARGET)[-1] == ("release cancelled", {"why": "nobody wants it"})
    assert play.jira.fix_versions(FIRST) == (TARGET,)
    with pytest.raises(Refused, match=r"cannot cancel 2026\.12: it is cancelled\. From there one can: nothing more\."):
        cut.cancel(play.world, TARGET, "again", DANA)


# ── The train ──────────────────────────────────────────────────────────────────────────────────────


def test_the_train_cuts_so_many_coverage_days_before_the_rollout_may_start(play: Play) -> None:
    play.go_to("collected")
    moment = datetime(2026, 12, 1, 9, tzinfo=TORONTO)  # 1, 2, 3, 4 and 7 December are the five coverage days before the 8th
    assert cut.cut_moment(play.world, TARGET) == moment
    play.at(moment - DAY / 24)
    assert cut.due(play.world) == ()
    assert cut.due(play.at(moment).world) == (TARGET,)
    cut.cut(play.world, TARGET, DANA)
    assert cut.due(play.world) == ()


def test_a_freeze_before_the_rollout_makes_the_cut_earlier(play: Play) -> None:
    play.go_to("collected")
    play.freeze(datetime(2026, 12, 3, tzinfo=TORONTO), datetime(2026, 12, 5, tzinfo=TORONTO))
    assert cut.cut_moment(play.reopen(), TARGET) == datetime(2026, 11, 27, 9, tzinfo=TORONTO)
    assert cut.due(play.world) == (TARGET,)


def test_the_train_cuts_neither_empty_drafts_nor_hotfixes_nor_names_of_its_own(play: Play) -> None:
    for name in ("2026.10", HOTFIX, "7.1"):
        play.jira.add_version("SKIFF", name)
    play.jira.set_field(FIRST, "fix_versions", [HOTFIX])
    play.jira.set_field(SECOND, "fix_versions", ["7.1"])
    play.collect(full=True)
    play.later(days=10)
    assert cut.due(play.world) == (TARGET,)
    assert cut.cut_moment(play.world, Version("7.1")) is None


def test_a_release_that_cannot_be_cut_keeps_no_later_one_waiting(play: Play) -> None:
    play.jira.add_version("SKIFF", FOLLOWING)
    play.jira.set_field(THIRD, "fix_versions", [FOLLOWING])
    for key in (FIRST, SECOND):
        play.jira.set_status(key, "Reopened")
    play.collect(full=True)
    play.later(days=45)
    assert cut.due(play.world) == (TARGET, FOLLOWING)
    done, refused = cut.cut_due(play.world, DANA)
    assert [one.version for one in done] == [FOLLOWING]
    assert refused == {TARGET: "cannot cut 2026.12: none of its 3 changes is ready. See rollout release show 2026.12"}


def test_the_train_cuts_nothing_that_a_later_release_has_overtaken(play: Play) -> None:
    play.go_to("started")
    play.jira.add_version("SKIFF", "2026.10")
    play.jira.add_issue("SKIFF", "Too late", key="SKIFF-14", fix_versions=["2026.10"])
    play.collect(full=True)
    assert content(play, Version("2026.10")) == ["SKIFF-14"]
    assert (cut.cut_moment(play.world, Version("2026.10")) or play.now) < play.now
    assert cut.due(play.world) == ()
