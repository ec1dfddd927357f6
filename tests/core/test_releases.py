"""Releases: their order, their lifecycle, what the digest covers, what the assessment proposes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout.core.changes import Audience, Kind
from rollout.core.releases import (
    LIFECYCLE,
    Assessment,
    Impact,
    ReleaseEvent,
    ReleaseKind,
    ReleaseState,
    Risk,
    after,
    contained,
    digest,
    order,
    propose,
)
from rollout.errors import Refused
from tests.builders import NOON, change, release


def assessment(**given_: object) -> Assessment:
    return Assessment(**{"impact": Impact.TRANSPARENT, "risk": Risk.LOW, "strategy": "transparent"} | given_)  # type: ignore[arg-type]


def test_a_release_goes_from_draft_to_delivered_and_nowhere_else() -> None:
    state = ReleaseState.DRAFT
    for event in (ReleaseEvent.CUT, ReleaseEvent.SIGN, ReleaseEvent.START, ReleaseEvent.FINISH):
        state = after("2026.12", state, event)
    assert state is ReleaseState.DELIVERED
    assert not [event for was, event in LIFECYCLE if was is ReleaseState.DELIVERED]


def test_a_draft_cannot_be_started_and_the_refusal_says_what_can_be_done() -> None:
    with pytest.raises(Refused, match=r"cannot start 2026\.12: it is draft\. From there one can: cancel, cut, supersede\."):
        after("2026.12", ReleaseState.DRAFT, ReleaseEvent.START)


def test_nothing_leads_out_of_a_cancelled_release() -> None:
    for event in ReleaseEvent:
        with pytest.raises(Refused, match="nothing more"):
            after("2026.12", ReleaseState.CANCELLED, event)


def test_versions_sort_by_their_numbers() -> None:
    assert sorted(["2026.12.1", "2026.12", "2026.9", "2027.01"], key=order) == ["2026.9", "2026.12", "2026.12.1", "2027.01"]


def test_an_installation_gains_every_version_between() -> None:
    known = ["2026.10", "2026.11", "2026.12", "2026.12.1", "2027.01"]
    assert contained("2026.10", "2026.12.1", known) == ("2026.11", "2026.12", "2026.12.1")
    assert contained(None, "2026.11", known) == ("2026.10", "2026.11")


@pytest.mark.parametrize(
    "moved",
    [
        {"public_note": "Now it is said otherwise"},
        {"summary": "Another summary"},
        {"audience": Audience.INTERNAL},
        {"key": "TIDE-2"},
    ],
)
def test_the_digest_moves_with_what_clients_read(moved: dict[str, object]) -> None:
    agreed = release(assessment=assessment())
    assert digest(agreed, [change("TIDE-1")]) != digest(agreed, [change("TIDE-1").model_copy(update=moved)])


@pytest.mark.parametrize("moved", [{"strategy": "staged"}, {"downtime_minutes": 5}])
def test_the_digest_moves_with_strategy_and_downtime(moved: dict[str, object]) -> None:
    assert digest(release(assessment=assessment()), [change()]) != digest(release(assessment=assessment(**moved)), [change()])


def test_the_digest_stays_when_only_our_own_bookkeeping_moves() -> None:
    agreed = release(assessment=assessment())
    later = agreed.model_copy(update={"state": ReleaseState.SIGNED, "revision": 3, "row": 9, "calendars": "other", "cut_at": NOON})
    judged = later.model_copy(update={"assessment": assessment(risk=Risk.HIGH, way_back="none", causes=("because",))})
    same = change().model_copy(update={"status": "Closed", "labels": frozenset({"x"}), "updated": NOON})
    assert digest(agreed, [change()]) == digest(judged, [same])


@given(st.permutations([f"TIDE-{number}" for number in range(6)]))
def test_the_digest_does_not_depend_on_the_order_of_changes(keys: list[str]) -> None:
    assert digest(release(), [change(key) for key in keys]) == digest(release(), [change(key) for key in sorted(keys)])


def test_an_internal_note_is_no_part_of_what_is_signed() -> None:
    hidden = change(audience=Audience.INTERNAL)
    assert digest(release(), [hidden]) == digest(release(), [hidden.model_copy(update={"summary": "secret"})])


def test_fixes_alone_are_transparent_and_of_low_risk() -> None:
    proposed = propose(ReleaseKind.MONTHLY, [change("TIDE-1"), change("TIDE-2")], "transparent", ["transparent", "staged"])
    assert (proposed.impact, proposed.risk, proposed.strategy) == (Impact.TRANSPARENT, Risk.LOW, "transparent")
    assert proposed.causes == ("none of the 2 changes is a feature or an upgrade, needs staging or downtime",)
    assert proposed.confirmed_by is None


def test_a_change_that_needs_staging_proposes_the_staged_strategy_and_says_why() -> None:
    big = change("TIDE-7", kind=Kind.FEATURE, needs_staging=True)
    proposed = propose(ReleaseKind.MONTHLY, [change(), big], "transparent", ["transparent", "staged"])
    assert (proposed.impact, proposed.risk, proposed.strategy) == (Impact.VISIBLE, Risk.MEDIUM, "staged")
    assert "1 of 2 changes ask for staging: TIDE-7" in proposed.causes


def test_staging_cannot_be_proposed_where_the_settings_lack_it() -> None:
    assert propose(ReleaseKind.MONTHLY, [change(needs_staging=True)], "plain", ["plain"]).strategy == "plain"


def test_downtime_is_disruptive_and_an_upgrade_risky() -> None:
    proposed = propose(ReleaseKind.MONTHLY, [change(downtime_minutes=20), change("TIDE-2", kind=Kind.UPGRADE)], "t", ["t"])
    assert (proposed.impact, proposed.risk, proposed.downtime_minutes) == (Impact.DISRUPTIVE, Risk.HIGH, 20)
