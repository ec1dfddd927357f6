"""The assessment: what the changes suggest, what a person makes of it, and what that does to sign-offs."""

import pytest

from rollout.core.releases import Impact, ReleaseState, Risk
from rollout.errors import NotFound, Refused
from rollout.steps import assess, cut, show
from tests.playing import DANA, FIRST, SECOND, TARGET, Play


def test_a_release_of_fixes_is_transparent_and_low_risk(play: Play) -> None:
    play.go_to("collected")
    proposed = assess.proposal(play.world, TARGET)
    assert (proposed.impact, proposed.risk, proposed.strategy, proposed.confirmed_by) == (Impact.TRANSPARENT, Risk.LOW, "transparent", None)
    assert proposed.causes == ("none of the 4 changes is a feature or an upgrade, needs staging or downtime",)


def test_features_and_upgrades_raise_it_and_are_named(play: Play) -> None:
    play.jira.set_field(FIRST, "type", "Story")
    play.jira.set_field(SECOND, "type", "Upgrade")
    play.collect(full=True)
    proposed = assess.proposal(play.world, TARGET)
    assert (proposed.impact, proposed.risk) == (Impact.VISIBLE, Risk.HIGH)
    assert proposed.causes == (f"1 of 4 changes bring features: {FIRST}", f"1 of 4 changes upgrade a part that others stand on: {SECOND}")


def test_a_person_confirms_it_with_edits(play: Play) -> None:
    play.go_to("collected")
    cut.cut(play.world, TARGET, DANA)
    assess.assess(play.world, TARGET, {"risk": "high", "downtime_minutes": 10}, DANA)
    stored = play.release().assessment
    assert stored is not None
    assert (stored.risk, stored.downtime_minutes, stored.confirmed_by, stored.confirmed_at) == (Risk.HIGH, 10, DANA, play.now)
    act, data = play.audit(TARGET)[-1]
    assert (act, data["risk"], data["confirmed_by"]) == ("release assessed", "high", DANA)


def test_a_strategy_that_does_not_exist_is_not_taken(play: Play) -> None:
    play.go_to("cut")
    with pytest.raises(NotFound, match=r"rollout\.yaml has no strategy 'bold'\. It has: transparent"):
        assess.assess(play.world, TARGET, {"strategy": "bold"}, DANA)


def test_a_dry_run_shows_and_stores_nothing(play: Play) -> None:
    play.go_to("collected")
    assert assess.assess(play.world, TARGET, {"risk": "high"}, DANA, dry_run=True).risk is Risk.HIGH
    assert play.release().assessment is None


def test_only_what_people_agreed_to_voids_their_sign_offs(play: Play) -> None:
    play.go_to("signed")
    assess.assess(play.world, TARGET, {"risk": "high", "impact": "visible"}, DANA)
    assert play.release().state is ReleaseState.SIGNED
    assess.assess(play.world, TARGET, {"downtime_minutes": 5}, DANA)
    assert play.release().state is ReleaseState.CUT
    assert all(one["voided_why"] == "the assessment changed" for one in show.release(play.world, TARGET)["signoffs"])


def test_what_is_on_its_way_is_not_assessed_any_more(play: Play) -> None:
    play.go_to("started")
    with pytest.raises(Refused, match=r"cannot assess 2026\.12: it is rolling_out"):
        assess.assess(play.world, TARGET, {}, DANA)
