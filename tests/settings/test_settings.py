"""What a sound rollout.yaml means."""

import re
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout.adapters.files.words import duration
from rollout.core.clients import Environment, Selector
from rollout.core.releases import ReleaseKind
from rollout.core.signoffs import SignoffPolicy
from rollout.core.waves import Tolerance, Wave
from rollout.settings import Settings, load_settings
from rollout.settings.places import CommandExecutorSettings, HttpHealthSettings

SOUND = """\
product: Tidewater
timezone: America/Toronto
strategies:
  plain:
    preview_soak: 4h
    waves:
    - {name: preview, environment: preview, select: {rest: true}, tolerance: 2}
    - {name: pilot, environment: production, select: {tags: [pilot]}, soak: 1h30m, needs: [preview], tolerance: "2.5%", capacity: 12}
    - {name: rest, environment: production, select: {rest: true}}
  quick:
    waves:
    - {name: all, environment: production, select: {rest: true}}
"""


def settings_of(folder: Path, more: str = "") -> Settings:
    (folder / "rollout.yaml").write_text(SOUND + more, encoding="utf-8")
    return load_settings(folder)


def test_a_wave_is_read_as_the_core_has_it(tmp_path: Path) -> None:
    assert settings_of(tmp_path).strategies["plain"].waves[1] == Wave(
        name="pilot",
        environment=Environment.PRODUCTION,
        select=Selector(tags=frozenset({"pilot"})),
        soak=timedelta(minutes=90),
        capacity=12,
        tolerance=Tolerance(percent=2.5),
        needs_preview=True,
    )


def test_what_is_left_out_has_a_safe_default(tmp_path: Path) -> None:
    settings = settings_of(tmp_path)
    assert (settings.ledger.url, settings.jira, settings.git, settings.sandbox) == ("sqlite:///ledger.sqlite", (), None, False)
    assert (settings.readiness.quality, settings.readiness.evidence, settings.write_back) == (True, True, True)
    assert (settings.path(settings.clients), settings.path("/elsewhere/c.yaml")) == (tmp_path / "clients.yaml", Path("/elsewhere/c.yaml"))


def test_a_kind_that_names_no_strategy_goes_as_monthly_ones_do(tmp_path: Path) -> None:
    kinds = settings_of(tmp_path, "releases: {monthly: plain, hotfix: quick}\n").default_strategies()
    assert kinds == {ReleaseKind.MONTHLY: "plain", ReleaseKind.HOTFIX: "quick", ReleaseKind.FEATURE: "plain", ReleaseKind.UPGRADE: "plain"}


def test_without_any_word_on_it_the_first_strategy_is_used(tmp_path: Path) -> None:
    assert set(settings_of(tmp_path).default_strategies().values()) == {"plain"}


def test_a_kind_without_policy_is_signed_by_the_usual_people(tmp_path: Path) -> None:
    policies = settings_of(tmp_path, "signoff: {monthly: {need: {pm: 2}, expires_after: 3d}}\n").signoff.policies()
    assert policies[ReleaseKind.MONTHLY] == SignoffPolicy(need={"pm": 2}, expires_after=timedelta(days=3))
    assert policies[ReleaseKind.HOTFIX].need == {"on_call": 1, "escalation": 1}


def test_profiles_are_read_by_their_type(tmp_path: Path) -> None:
    settings = settings_of(
        tmp_path,
        "executors: {agent: {type: command, deploy: ['{dir}/deploy', '{version}'], installed_file: '{dir}/VERSION', timeout: 90s}}\n"
        "health: {web: {type: http, url: '{health_url}', samples: 5, interval: 2s}}\n",
    )
    assert settings.executors["agent"] == CommandExecutorSettings(
        type="command", deploy=("{dir}/deploy", "{version}"), installed_file="{dir}/VERSION", timeout=timedelta(seconds=90)
    )
    assert settings.health["web"] == HttpHealthSettings(type="http", url="{health_url}", samples=5, interval=timedelta(seconds=2))


@pytest.mark.parametrize("kept", ["token: {env: A}", "token_env: A"])
def test_a_secret_may_be_named_in_either_way(tmp_path: Path, kept: str) -> None:
    [desk] = settings_of(tmp_path, f"desks: [{{name: help, type: zendesk, url: 'https://a.example', user: u, {kept}}}]\n").desks
    assert desk.model_dump()["token"] == {"env": "A", "file": None, "block": None}


@given(st.integers(0, 999), st.sampled_from([("s", 1), ("m", 60), ("h", 3600), ("d", 86400)]))
def test_a_duration_is_its_count_of_its_unit(count: int, unit: tuple[str, int]) -> None:
    assert duration(f"{count}{unit[0]}") == timedelta(seconds=count * unit[1])


@given(st.text(alphabet="0123456789.smhd -+", max_size=8).filter(lambda text: not re.fullmatch(r"(\d{1,6}(\.\d{1,3})?[smhd])+", text)))
def test_any_other_text_is_no_duration(text: str) -> None:
    with pytest.raises(ValueError, match="must be a duration such as 90s"):
        duration(text)
