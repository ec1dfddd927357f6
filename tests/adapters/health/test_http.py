"""The HTTP health check: which answers say yes, which say no, and which do not tell."""

from collections.abc import Iterator
from datetime import timedelta

import pytest

from rollout.adapters.health.http import HttpHealth
from rollout.core.clients import Environment, Target
from rollout.core.values import ClientId, Version
from rollout.ports import Health, HealthKind
from tests.answering import Answering, Reply, hear_out, socket_that

NEW = Version("2026.12")
TARGET = Target(client=ClientId("acme"), environment=Environment.PREVIEW)


@pytest.fixture(scope="module")
def service() -> Iterator[Answering]:
    service = Answering()
    yield service
    service.close()


def check(service: Answering, *replies: Reply, samples: int = 1, version_field: str | None = None) -> Health:
    where = service.say("/health", *replies)
    return HttpHealth("web", where, samples=samples, version_field=version_field, timeout=timedelta(seconds=20)).check(TARGET, NEW)


@pytest.mark.parametrize(
    ("statuses", "kind"),
    [
        ((200, 204), HealthKind.HEALTHY),
        ((500, 502, 503, 504), HealthKind.FAILED),
        ((301, 302, 400, 401, 403, 404, 405, 429), HealthKind.ERRORED),
    ],
)
def test_the_status_says_yes_or_no_or_does_not_tell(service: Answering, statuses: tuple[int, ...], kind: HealthKind) -> None:
    for status in statuses:
        assert (status, check(service, Reply(status)).kind) == (status, kind)


def test_the_right_version_is_healthy(service: Answering) -> None:
    for body in ('{"version": "2026.12"}', '{"version": 2026.12}'):
        assert check(service, Reply(200, body), version_field="version").kind is HealthKind.HEALTHY
    assert check(service, Reply(200, '{"build": {"version": "2026.12"}}'), version_field="build.version").kind is HealthKind.HEALTHY


def test_another_version_failed_and_is_named(service: Answering) -> None:
    health = check(service, Reply(200, '{"version": "2026.11"}'), version_field="version")
    assert health.kind is HealthKind.FAILED
    assert health.detail.endswith("/health runs 2026.11, not 2026.12")


@pytest.mark.parametrize("body", ["", "ok", "[]", "null", '{"release": "2026.12"}', '{"version": null}', '{"version": ["2026.12"]}', "[" * 70_000])
def test_an_answer_without_the_version_does_not_tell(service: Answering, body: str) -> None:
    health = check(service, Reply(200, body), version_field="version")
    assert health.kind is HealthKind.ERRORED
    assert "has no field version to read the version from" in health.detail


def test_answers_that_fail_to_come_make_it_inconclusive(service: Answering) -> None:
    health = check(service, Reply(200), Reply(404), Reply(200), samples=3)
    assert health.kind is HealthKind.INCONCLUSIVE
    assert health.detail.endswith("/health answered 404")


def test_every_sample_is_a_request_of_its_own(service: Answering) -> None:
    check(service, Reply(200), samples=4)
    assert [asked.method for asked in service.asked] == ["GET"] * 4


def test_the_answer_is_shown_without_secrets_and_short(service: Answering) -> None:
    health = check(service, Reply(503, "password=hunter22 \x1b[31mdown " + "x" * 100_000))
    assert "hunter22" not in health.detail
    assert len(health.detail) < 500
    assert "down" in check(service, Reply(503, "\x1b[31mdown")).detail


def test_no_answer_in_time_does_not_tell() -> None:
    with socket_that(hear_out) as url:
        health = HttpHealth("web", url, timeout=timedelta(seconds=0.2)).check(TARGET, NEW)
    assert health.kind is HealthKind.ERRORED
    assert "did not answer in time" in health.detail


@pytest.mark.parametrize("said", [b"", b"no HTTP at all\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf"])
def test_an_answer_that_breaks_off_does_not_tell(said: bytes) -> None:
    with socket_that(lambda connection: connection.sendall(said)) as url:
        assert HttpHealth("web", url).check(TARGET, NEW).kind is HealthKind.ERRORED


def test_the_params_that_it_needs_can_be_asked() -> None:
    assert HttpHealth("web", "{health_url}/{client}?v={version}&x={x}").needs == {"health_url", "x"}
