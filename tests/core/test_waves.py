"""Every installation in exactly one wave, or excluded with a reason; a strategy that does not fit says all that is wrong."""

from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout.core.clients import Environment, Selector
from rollout.core.values import Version
from rollout.core.waves import Assignment, Strategy, Wave, assign, strategy_faults
from rollout.errors import Refused
from tests.builders import client, clients

PREVIEW, PRODUCTION = Environment.PREVIEW, Environment.PRODUCTION
REST = Selector(rest=True)
DECEMBER = Version("2026.12")


def wave(name: str, environment: Environment = PRODUCTION, select: Selector = REST, **given) -> Wave:
    return Wave(name=name, environment=environment, select=select, **given)


def strategy(*waves: Wave) -> Strategy:
    return Strategy(name="careful", waves=waves, preview_soak=timedelta(hours=4))


def tagged(*tags: str) -> Selector:
    return Selector(tags=frozenset(tags))


def where(assignment: Assignment) -> dict[tuple[str, str], int]:
    return {(member.client, str(member.environment)): member.wave for member in assignment.members}


PILOT_FIRST = strategy(wave("preview", PREVIEW), wave("pilot", select=tagged("pilot")), wave("all"))


def test_a_client_goes_with_the_first_wave_that_matches_it_in_each_environment():
    found = assign(PILOT_FIRST, clients(client("acme", tags={"pilot"}), client("bolt")), {}, DECEMBER)
    assert where(found) == {("acme", "preview"): 0, ("bolt", "preview"): 0, ("acme", "production"): 1, ("bolt", "production"): 2}
    assert found.excluded == ()


def test_a_client_that_several_waves_match_goes_with_the_first_and_a_remark_says_so():
    both = strategy(wave("preview", PREVIEW), wave("pilot", select=tagged("pilot")), wave("east", select=tagged("east")), wave("all"))
    found = assign(both, clients(client("acme", tags={"pilot", "east"}), client("bolt", tags={"east"}), client("core")), {}, DECEMBER)
    assert where(found)["acme", "production"] == 1
    assert "wave pilot comes before east, which match too: acme" in found.remarks


def test_the_rest_is_whoever_no_other_wave_matches_wherever_it_stands():
    premium_last = strategy(wave("preview", PREVIEW), wave("most"), wave("premium", select=Selector(tiers=frozenset({"premium"}))))
    found = assign(premium_last, clients(client("acme", tier="premium"), client("bolt")), {}, DECEMBER)
    assert where(found)["acme", "production"] == 2
    assert where(found)["bolt", "production"] == 1


def test_a_client_without_an_installation_there_is_no_member_there():
    found = assign(strategy(wave("preview", PREVIEW), wave("all")), clients(client("acme", "production")), {}, DECEMBER)
    assert where(found) == {("acme", "production"): 1}
    assert "wave preview is empty: whoever it matches goes earlier or is excluded" in found.remarks


@pytest.mark.parametrize(
    ("given", "runs", "code", "text"),
    [
        ({"opted_out": "their audit"}, None, "opted-out", "acme has opted out: their audit"),
        ({"pinned": Version("2026.9")}, None, "pinned", "acme is pinned to 2026.9"),
        ({}, "2026.12", "already-there", "it runs 2026.12 already"),
        ({}, "2026.12.1", "already-there", "it runs 2026.12.1 already"),
    ],
)
def test_who_does_not_get_the_release_is_excluded_with_the_reason(given, runs, code, text):
    installed = {("acme", where): Version(runs) for where in Environment} if runs else {}
    found = assign(PILOT_FIRST, clients(client("acme", **given), client("bolt", tags={"pilot"})), installed, DECEMBER)
    assert [(row.client, row.environment, row.reason.code, row.reason.text) for row in found.excluded] == [
        ("acme", PREVIEW, code, text),
        ("acme", PRODUCTION, code, text),
    ]
    assert {name for name, _ in where(found)} == {"bolt"}


def test_a_client_that_is_pinned_to_this_very_version_gets_it():
    found = assign(strategy(wave("preview", PREVIEW), wave("all")), clients(client(pinned=DECEMBER)), {}, DECEMBER)
    assert len(found.members) == 2


def test_an_older_version_is_no_reason_to_stay_out():
    found = assign(strategy(wave("all")), clients(client("acme", "production")), {("acme", PRODUCTION): Version("2026.9")}, DECEMBER)
    assert where(found) == {("acme", "production"): 0}


def test_a_selector_of_versions_looks_at_what_runs_in_the_environment_of_the_wave():
    old = strategy(wave("november", select=Selector(versions=frozenset({Version("2026.11")}))), wave("others"))
    installed = {("acme", PRODUCTION): Version("2026.11"), ("acme", PREVIEW): Version("2026.10"), ("bolt", PRODUCTION): Version("2026.10")}
    assert where(assign(old, clients(client("acme", "production"), client("bolt", "production")), installed, DECEMBER)) == {
        ("acme", "production"): 0,
        ("bolt", "production"): 1,
    }


def test_previews_that_a_strategy_leaves_alone_are_excluded():
    found = assign(strategy(wave("all")), clients(client()), {}, DECEMBER)
    assert [(row.environment, row.reason.text) for row in found.excluded] == [(PREVIEW, "strategy careful has no wave for preview")]


def test_a_wave_that_needs_previews_does_not_wait_for_one_that_is_not_there():
    needs = strategy(wave("preview", PREVIEW), wave("all", needs_preview=True))
    found = assign(needs, clients(client("acme", "production"), client("bolt")), {}, DECEMBER)
    assert "wave all does not wait for a preview where there is none: acme" in found.remarks


def test_a_release_on_its_way_has_waves_that_match_nobody_any_more() -> None:
    old = strategy(wave("old", select=Selector(versions=frozenset({Version("2026.10")}))), wave("all"))
    both = clients(client("acme", "production"), client("bolt", "production"))
    with pytest.raises(Refused, match="wave old selects versions"):
        assign(old, both, {("bolt", PRODUCTION): Version("2026.11")}, DECEMBER)
    found = assign(old, both, {("bolt", PRODUCTION): Version("2026.11")}, DECEMBER, on_its_way=True)
    assert where(found) == {("acme", PRODUCTION): 1, ("bolt", PRODUCTION): 1}


def test_who_matches_no_wave_of_a_release_on_its_way_any_more_is_excluded() -> None:
    old = strategy(wave("old", select=Selector(versions=frozenset({Version("2026.10")}))))
    both = clients(client("acme", "production"), client("bolt", "production"))
    installed = {("acme", PRODUCTION): Version("2026.10"), ("bolt", PRODUCTION): Version("2026.11")}
    found = assign(old, both, installed, DECEMBER, on_its_way=True)
    assert where(found) == {("acme", PRODUCTION): 0}
    assert [(one.client, one.reason.text) for one in found.excluded] == [("bolt", f"no wave of strategy {old.name} matches it any more")]


def test_everything_that_is_wrong_is_told_at_once():
    wrong = strategy(wave("nobody", PREVIEW, tagged("nowhere")), wave("pilot", select=tagged("pilot")))
    with pytest.raises(Refused) as refused:
        assign(wrong, clients(client("acme", tags={"pilot"}), client("bolt")), {}, DECEMBER)
    texts = (
        "wave nobody selects tags nowhere, which no client with a preview installation has",
        "acme/preview matches no wave of strategy careful; select it in one, or add a wave with `rest: true`",
        "bolt/preview matches no wave of strategy careful; select it in one, or add a wave with `rest: true`",
        "bolt/production matches no wave of strategy careful; select it in one, or add a wave with `rest: true`",
    )
    assert tuple(text for _, text in refused.value.reasons) == texts
    assert str(refused.value) == "strategy careful does not fit the clients: " + "; ".join(texts)
    assert strategy_faults(wrong, clients(client("acme", tags={"pilot"}), client("bolt"))) == texts


def test_a_refusal_over_thousands_of_clients_stays_one_readable_line():
    with pytest.raises(Refused, match="and 991 more") as refused:
        assign(strategy(wave("pilot", select=tagged("pilot"))), clients(*(client(f"c{n}", "production") for n in range(1000))), {}, DECEMBER)
    assert len(refused.value.reasons) == 1001


def test_a_client_that_opted_out_needs_no_wave():
    few = clients(client("acme", "production", tags={"pilot"}), client("bolt", "production", opted_out="their audit"))
    assert strategy_faults(strategy(wave("pilot", select=tagged("pilot"))), few) == ()
    assert len(assign(strategy(wave("pilot", select=tagged("pilot"))), few, {}, DECEMBER).excluded) == 1


def test_a_second_wave_for_the_rest_a_preview_that_comes_too_late_and_no_production_are_faults():
    everybody = clients(client())
    assert strategy_faults(strategy(wave("all"), wave("more"), wave("preview", PREVIEW)), everybody) == (
        "wave more takes the rest of production, but an earlier wave does so already; drop one of them",
    )
    assert strategy_faults(strategy(wave("all", needs_preview=True), wave("late", PREVIEW)), everybody) == (
        "wave all needs the preview of acme, which goes later, in wave late; swap the waves",
    )
    assert strategy_faults(strategy(wave("preview", PREVIEW)), everybody) == ("strategy careful has no wave for production; add one",)


def test_what_runs_is_not_held_against_a_strategy_while_it_is_not_known():
    old = strategy(wave("november", select=Selector(versions=frozenset({Version("2026.11")}))))
    assert strategy_faults(old, clients(client("acme", "production"))) == ()
    assert len(strategy_faults(old, clients(client("acme", "production")), {})) == 2


TAGS = st.frozensets(st.sampled_from(["pilot", "east", "large"]), max_size=2)
CLIENTS = st.lists(
    st.builds(
        client,
        st.integers(0, 40).map(lambda number: f"c{number}"),
        st.sampled_from(["production", "preview production", "preview", ""]),
        tags=TAGS,
        pinned=st.sampled_from([None, None, None, DECEMBER, "2026.9"]),
        opted_out=st.sampled_from(["", "", "", "their audit"]),
    ),
    max_size=12,
    unique_by=lambda one: one.id,
)
WAVES = st.lists(
    st.builds(
        wave,
        st.sampled_from(["a", "b", "c", "d"]),
        st.sampled_from(list(Environment)),
        TAGS.map(lambda tags: Selector(tags=tags) if tags else REST),
        needs_preview=st.booleans(),
    ),
    min_size=1,
    max_size=5,
)


def refused(chosen: Strategy, some) -> tuple[tuple[str, str], ...]:
    try:
        assign(chosen, some, {}, DECEMBER)
    except Refused as refusal:
        return refusal.reasons
    return ()


@given(CLIENTS, WAVES, st.randoms())
def test_everybody_is_in_one_wave_or_excluded_and_the_order_of_clients_does_not_matter(some, waves, random):
    chosen = strategy(*waves)
    shuffled = random.sample(some, len(some))
    refusal = refused(chosen, clients(*some))
    assert refused(chosen, clients(*shuffled)) == refusal
    if refusal:
        return
    found = assign(chosen, clients(*some), {}, DECEMBER)
    there = sorted((one.id, each.environment) for one in some for each in one.installations)
    assert sorted([(row.client, row.environment) for row in (*found.members, *found.excluded)]) == there
    for member in found.members:
        assert chosen.waves[member.wave].environment is member.environment
    assert assign(chosen, clients(*shuffled), {}, DECEMBER) == found
