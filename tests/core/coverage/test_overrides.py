"""What has become of an override: not begun, live, ended; used, or dead; with a sentence for each."""

from typing import Any

import pytest

from rollout.core.coverage import Coverage, OverrideRule, Party
from rollout.core.coverage.overrides import OverrideState, Progress, override_states
from rollout.core.values import ClientId, Version
from tests.core.coverage.making import TORONTO, at, block, override, request, staffing, window

ACME, BIRCH = (Party(id=ClientId(name)) for name in ("acme", "birch"))
HOTFIX = Version("2026.12.1")
FREEZE = block("freeze", start="2026-12-18T16:00", end="2027-01-04T09:00", why="year end")
LIVE = at("2026-12-20T15:00Z")


def waiver(*waives: str, **given: Any) -> OverrideRule:
    usual = {"id": "hotfix", "clients": ["acme"], "start": "2026-12-20T14:00Z", "end": "2026-12-20T18:00Z"}
    return override(*waives, **usual | given)


def state(*rules: Any, when: str = "2026-12-20T15:00Z", kinds: tuple[str, ...] = ("hotfix",), progress: Progress | None = None) -> OverrideState:
    found = override_states(Coverage([window(), *rules], TORONTO), at(when), (ACME, BIRCH), kinds, {HOTFIX: progress} if progress else None)
    assert len(found) == 1
    return found[0]


@pytest.mark.parametrize(
    ("when", "phase", "text"),
    [
        ("2026-12-20T13:59:59Z", "pending", "hotfix begins at 2026-12-20 14:00 UTC"),
        ("2026-12-20T14:00Z", "live", "hotfix holds until 2026-12-20 18:00 UTC"),
        ("2026-12-20T17:59:59Z", "live", "hotfix holds until 2026-12-20 18:00 UTC"),
        ("2026-12-20T18:00Z", "ended", "hotfix ended at 2026-12-20 18:00 UTC"),
    ],
)
def test_an_override_begins_holds_and_ends(when: str, phase: str, text: str) -> None:
    found = state(FREEZE, waiver("freeze"), when=when)
    assert (found.phase, found.text, found.dead, found.used) == (phase, text, False, False)
    assert (found.waives, found.idle, found.source) == (("freeze",), (), "hotfix")


@pytest.mark.parametrize(
    ("rules", "given"),
    [
        ([block("freeze", start="2026-12-18T16:00", end="2026-12-20T09:00")], {}),  # over by 14:00 UTC
        ([FREEZE.model_copy(update={"hard": True})], {}),
        ([block("freeze", scope={"clients": ["birch"]}, start="2026-12-18T16:00", end="2027-01-04T09:00")], {}),
        ([block("freeze", scope={"kinds": ["monthly"]}, start="2026-12-18T16:00", end="2027-01-04T09:00")], {}),
        ([FREEZE], {"clients": ["zeta"]}),
    ],
    ids=["over", "hard", "another client", "another kind", "nobody"],
)
def test_an_override_of_what_closes_none_of_its_time_is_dead(rules: list[Any], given: dict[str, Any]) -> None:
    found = state(*rules, waiver("freeze", **given))
    assert (found.dead, found.waives, found.idle) == (True, (), ("freeze",))
    assert found.text == "hotfix holds until 2026-12-20 18:00 UTC; dead: nothing that it names closes any of its time"


def test_names_that_close_nothing_are_told_beside_those_that_do() -> None:
    roster = staffing(roster={"escalation": [{"person": "Dana", "weekly": {"mon-fri": ["09:00-17:00"]}}]})
    desk = window("lab", group="desk", weekly={"mon-sun": ["00:00-24:00"]})
    found = state(FREEZE, roster, desk, waiver("freeze", "roster/escalation", "coverage", "desk", clients="all"))
    assert (found.waives, found.idle, found.dead) == (("coverage", "freeze", "roster/escalation"), ("desk",), False)
    assert found.text == "hotfix holds until 2026-12-20 18:00 UTC; desk closes none of its time"


def test_an_override_is_used_when_all_its_clients_have_the_release() -> None:
    half = Progress(clients=frozenset({ACME.id, BIRCH.id}), delivered=frozenset({ACME.id}), started={ACME.id: (LIVE,)})
    found = state(FREEZE, waiver("freeze"), progress=half)
    assert (found.used, found.dead) == (True, False)
    told = "used: all its clients have 2026.12.1, 1 of them by deliveries that began while it held"
    assert found.text == f"hotfix holds until 2026-12-20 18:00 UTC; {told}"
    assert not state(FREEZE, waiver("freeze", clients="all"), progress=half).used
    whole = half.model_copy(update={"delivered": half.clients, "started": {ACME.id: (at("2026-12-20T18:00Z"),)}})
    late = state(FREEZE, waiver("freeze", clients="all"), progress=whole)
    assert late.text.endswith("used: all its clients have 2026.12.1, none of them by deliveries that began while it held")


def test_an_override_for_a_release_that_is_withdrawn_is_dead() -> None:
    gone = Progress(clients=frozenset({ACME.id}), withdrawn=True)
    found = state(FREEZE, waiver("freeze"), progress=gone)
    assert (found.dead, found.waives) == (True, ("freeze",))
    assert found.text.endswith("; dead: 2026.12.1 is withdrawn")


def test_without_overrides_there_is_nothing_to_tell() -> None:
    assert override_states(Coverage([window(), FREEZE], TORONTO), LIVE, (ACME,), ("hotfix",)) == ()


def test_an_override_of_one_clients_window_leaves_anothers_of_the_same_hours_and_group() -> None:
    own = {"group": "maintenance", "weekly": {"mon": ["09:00-10:00"]}}
    rules = [window(f"{name}-window", scope={"clients": [name]}, **own) for name in ("acme", "birch")]
    waived = Coverage([window(), *rules, override("birch-window")], TORONTO)
    moment = at("2026-12-08T15:00Z")
    assert waived.verdict(request(BIRCH, version=HOTFIX), moment).open
    assert [one.source for one in waived.verdict(request(ACME, BIRCH, version=HOTFIX), moment).reasons] == ["acme-window"]


@pytest.mark.parametrize("order", [1, -1])
def test_what_an_override_leaves_of_a_shortfall_or_a_block_is_told_by_its_own_ends_in_any_order(order: int) -> None:
    roster = staffing(roster={"escalation": [{"person": "Dana", "weekly": {"sun": ["09:00-17:00"]}}]})
    freeze = block("freeze", start="2026-12-08T00:00", end="2026-12-09T00:00")
    waived = Coverage([window(), roster, freeze, override("roster", "freeze", start="2026-12-08T17:00Z", end="2026-12-08T18:00Z")], TORONTO)
    moments = [at("2026-12-08T15:00Z"), at("2026-12-08T20:00Z")][::order]
    told = {moment: [(one.begins, one.clears_at) for one in waived.verdict(request(version=HOTFIX), moment).reasons] for moment in moments}
    assert [clears for _, clears in told[at("2026-12-08T15:00Z")]] == [at("2026-12-08T17:00Z")] * 2
    assert [begins for begins, _ in told[at("2026-12-08T20:00Z")]] == [at("2026-12-08T18:00Z")] * 2
