"""The promises of an executor, kept by each of them on a real fleet."""

import itertools
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest

from rollout.adapters.executors.command import CommandExecutor
from rollout.adapters.executors.http import HttpExecutor
from rollout.core.clients import Environment, Target
from rollout.core.values import ClientId, Version
from rollout.errors import OutsideError
from rollout.ports import Executor, OutcomeKind
from rollout.sandbox.fleet import Fleet

OLD, NEW = Version("2026.11"), Version("2026.12")
KINDS = ("command", "command with a file", "http")
_numbers = itertools.count(1)


def make(kind: str, timeout: timedelta = timedelta(seconds=20)) -> Executor:
    if kind == "http":
        return HttpExecutor("hook", "{url}/deploy", "{url}/version", timeout)
    deploy = ["{dir}/deploy", "{version}"]
    if kind == "command":
        return CommandExecutor("agent", deploy, installed=["{dir}/version"], timeout=timeout)
    return CommandExecutor("agent", deploy, installed_file="{dir}/VERSION", timeout=timeout)


@dataclass
class Place:
    """One fresh installation that runs OLD, and the executor that can reach it."""

    kind: str
    fleet: Fleet
    executor: Executor
    target: Target

    @property
    def client(self) -> str:
        return self.target.client

    @property
    def runs(self) -> Version | None:
        return self.fleet.version_of(self.client, "production")

    @property
    def keys(self) -> list[str]:
        return [act.key for act in self.fleet.acts_of(self.client, "production")]


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    with Fleet(tmp_path_factory.mktemp("fleet with blanks")) as fleet:
        yield fleet


def add(fleet: Fleet, version: Version | None = OLD) -> Target:
    client = ClientId(f"client-{next(_numbers)}")
    fleet.add(client, "production", version)
    return Target(client=client, environment=Environment.PRODUCTION, params=fleet.params_for(client, "production"))


@pytest.fixture(params=KINDS)
def place(request: pytest.FixtureRequest, fleet: Fleet) -> Place:
    return Place(request.param, fleet, make(request.param), add(fleet))


def test_a_deployment_brings_the_version_there_with_its_key(place: Place) -> None:
    outcome = place.executor.deploy(place.target, NEW, "2026.12:client:production:1")
    assert outcome.kind is OutcomeKind.SUCCEEDED
    assert (place.runs, place.keys) == (NEW, ["2026.12:client:production:1"])


def test_the_installed_version_is_the_one_that_runs(place: Place) -> None:
    assert place.executor.installed_version(place.target) == OLD
    place.executor.deploy(place.target, NEW, "k")
    assert place.executor.installed_version(place.target) == NEW


def test_nothing_installed_is_none(place: Place) -> None:
    assert place.executor.installed_version(add(place.fleet, None)) is None


def test_going_back_brings_the_earlier_version(place: Place) -> None:
    place.executor.deploy(place.target, NEW, "k")
    outcome = place.executor.roll_back(place.target, OLD, "back")
    assert outcome.kind is OutcomeKind.SUCCEEDED
    assert (place.runs, place.keys) == (OLD, ["k", "back"])


def test_a_refused_deployment_failed_and_tells_what_it_said(place: Place) -> None:
    place.fleet.break_deploy(place.client, "production", "the disk of tok is full; token=hunter22")
    outcome = place.executor.deploy(place.target, NEW, "k")
    assert outcome.kind is OutcomeKind.FAILED
    assert f"deploy of 2026.12 at {place.client}/production" in outcome.detail
    assert "the disk of tok is full; token=[redacted]" in outcome.detail
    assert (place.runs, place.keys) == (OLD, [])


def test_a_lost_answer_is_unknown_and_the_installed_version_tells(place: Place) -> None:
    place.fleet.lose_answers(place.client, "production")
    outcome = place.executor.deploy(place.target, NEW, "k")
    assert outcome.kind is OutcomeKind.UNKNOWN
    assert outcome.detail
    assert place.executor.installed_version(place.target) == NEW


def test_a_deployment_out_of_time_is_unknown(place: Place) -> None:
    place.fleet.slow_deploy(place.client, "production", 30)
    hasty = make(place.kind, timedelta(seconds=0.3))
    outcome = hasty.deploy(place.target, NEW, "k")
    assert outcome.kind is OutcomeKind.UNKNOWN
    assert "in time" in outcome.detail or "within 0.3 s" in outcome.detail
    assert place.executor.installed_version(place.target) == OLD


def test_a_missing_param_fails_and_names_it_and_nothing_is_started(place: Place) -> None:
    lost = place.target.model_copy(update={"params": {}})
    outcome = place.executor.deploy(lost, NEW, "k")
    assert outcome.kind is OutcomeKind.FAILED
    assert "was not started" in outcome.detail
    assert f"{place.client}/production has no value for {'url' if place.kind == 'http' else 'dir'}" in outcome.detail
    with pytest.raises(OutsideError, match="has no value for"):
        place.executor.installed_version(lost)


def test_an_installation_out_of_reach_fails_and_cannot_be_asked(place: Place, tmp_path: Path) -> None:
    away = place.target.model_copy(update={"params": {"dir": str(tmp_path / "away"), "url": "http://127.0.0.1:1"}})
    outcome = place.executor.deploy(away, NEW, "k")
    assert outcome.kind is OutcomeKind.FAILED
    assert "was not started" in outcome.detail
    with pytest.raises(OutsideError):
        place.executor.installed_version(away)


@pytest.mark.parametrize("name", ["version\n", "ver\x00sion", "\ud800"])
def test_a_value_that_cannot_be_sent_is_an_outcome_and_no_crash(place: Place, name: str) -> None:
    params = {key: value + name for key, value in place.target.params.items()}
    outcome = place.executor.deploy(place.target.model_copy(update={"params": params}), NEW, "k")
    assert outcome.kind is OutcomeKind.FAILED
    assert (place.runs, place.keys) == (OLD, [])


def test_many_at_once_do_not_mix(place: Place) -> None:
    targets = [add(place.fleet) for _ in range(24)]
    with ThreadPoolExecutor(4) as pool:
        outcomes = list(pool.map(lambda target: place.executor.deploy(target, Version(f"1.{target.client}"), target.client), targets))
    assert {outcome.kind for outcome in outcomes} == {OutcomeKind.SUCCEEDED}
    for target in targets:
        assert [(act.version, act.key) for act in place.fleet.acts_of(target.client, "production")] == [(f"1.{target.client}", target.client)]
