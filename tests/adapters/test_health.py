"""The promises of a health check, kept by each of them on a real fleet."""

import itertools
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from rollout.adapters.health.command import CommandHealth
from rollout.adapters.health.http import HttpHealth
from rollout.core.clients import Environment, Target
from rollout.core.values import ClientId, Version
from rollout.ports import HealthCheck, HealthKind
from rollout.sandbox.fleet import Fleet

NEW = Version("2026.12")
_numbers = itertools.count(1)


def make(kind: str, **given: Any) -> HealthCheck:
    usual: dict[str, Any] = {"samples": 3, "successes": 3, "interval": timedelta(), "timeout": timedelta(seconds=20)} | given
    return HttpHealth("web", "{health_url}", **usual) if kind == "http" else CommandHealth("probe", ["{dir}/healthy"], **usual)


@dataclass
class Place:
    """One fresh, healthy installation that runs NEW, and the check that can reach it."""

    kind: str
    fleet: Fleet
    check: HealthCheck
    target: Target


@pytest.fixture(scope="module")
def fleet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    with Fleet(tmp_path_factory.mktemp("fleet")) as fleet:
        yield fleet


@pytest.fixture(params=["command", "http"])
def place(request: pytest.FixtureRequest, fleet: Fleet) -> Place:
    client = ClientId(f"client-{next(_numbers)}")
    fleet.add(client, "production", NEW)
    target = Target(client=client, environment=Environment.PRODUCTION, params=fleet.params_for(client, "production"))
    return Place(request.param, fleet, make(request.param), target)


def test_a_healthy_installation_is_healthy(place: Place) -> None:
    health = place.check.check(place.target, NEW)
    assert (health.kind, health.detail) == (HealthKind.HEALTHY, "3 of 3 samples said yes")


def test_a_sick_installation_failed_and_tells_why(place: Place) -> None:
    place.fleet.make_sick(place.target.client, "production", "the queue is stuck")
    health = place.check.check(place.target, NEW)
    assert health.kind is HealthKind.FAILED
    assert health.detail.startswith("1 of 1 samples said no, the last: ")
    assert "the queue is stuck" in health.detail
    place.fleet.heal(place.target.client, "production")
    assert place.check.check(place.target, NEW).kind is HealthKind.HEALTHY


def test_what_cannot_be_reached_is_errored_and_not_failed(place: Place, tmp_path: Path) -> None:
    away = place.target.model_copy(update={"params": {"dir": str(tmp_path), "health_url": "http://127.0.0.1:1"}})
    health = place.check.check(away, NEW)
    assert health.kind is HealthKind.ERRORED
    assert health.detail.startswith("none of 3 samples gave an answer, the last: ")


def test_a_missing_param_is_errored_and_named(place: Place) -> None:
    health = place.check.check(place.target.model_copy(update={"params": {}}), NEW)
    assert health.kind is HealthKind.ERRORED
    assert f"cannot look: {place.target.name} has no value for {'health_url' if place.kind == 'http' else 'dir'}" in health.detail


@pytest.mark.parametrize("odd", ["\n", "\0", "\ud800", "http://[", " "])
def test_a_param_that_makes_no_sense_is_errored_and_no_crash(place: Place, odd: str) -> None:
    params = {"dir": odd, "health_url": odd}
    assert place.check.check(place.target.model_copy(update={"params": params}), NEW).kind is HealthKind.ERRORED


def test_some_that_say_no_are_borne_where_fewer_must_say_yes(place: Place) -> None:
    place.fleet.make_sick(place.target.client, "production", "down")
    health = make(place.kind, samples=4, successes=2).check(place.target, NEW)
    assert (health.kind, health.detail.split(",")[0]) == (HealthKind.FAILED, "3 of 3 samples said no")


def test_many_at_once_do_not_mix(place: Place) -> None:
    targets = []
    for number in range(16):
        client = ClientId(f"client-{next(_numbers)}")
        place.fleet.add(client, "production", NEW)
        if number % 2:
            place.fleet.make_sick(client, "production", f"{client} is down")
        targets.append(Target(client=client, environment=Environment.PRODUCTION, params=place.fleet.params_for(client, "production")))
    with ThreadPoolExecutor(4) as pool:
        found = list(pool.map(lambda target: place.check.check(target, NEW), targets))
    assert [health.kind for health in found] == [HealthKind.HEALTHY, HealthKind.FAILED] * 8
    assert all(f"{target.client} is down" in health.detail for target, health in zip(targets, found, strict=True) if health.kind is HealthKind.FAILED)


@pytest.mark.parametrize("kind", ["command", "http"])
@pytest.mark.parametrize(
    ("given", "text"),
    [
        ({"samples": 0, "successes": None}, "samples must be 1 or more, is 0"),
        ({"successes": 4}, r"successes must be between 1 and samples \(3\), is 4"),
        ({"successes": 0}, r"successes must be between 1 and samples \(3\), is 0"),
        ({"interval": timedelta(seconds=-1)}, "interval must not be negative"),
    ],
)
def test_numbers_that_make_no_sense_are_refused(kind: str, given: dict[str, Any], text: str) -> None:
    with pytest.raises(ValueError, match=text):
        make(kind, **given)
