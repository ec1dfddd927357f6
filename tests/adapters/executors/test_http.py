"""The HTTP executor: what it sends, and what it makes of every kind of answer."""

import json
import socket
from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta

import pytest

from rollout.adapters.executors.http import HttpExecutor
from rollout.core.clients import Environment, Target
from rollout.core.values import ClientId, Version
from rollout.errors import BadAnswer, Gone, Unauthorized, Unreachable
from rollout.ports import Outcome, OutcomeKind
from tests.answering import Answering, Reply, hear_out, socket_that

NEW = Version("2026.12")
SUCCEEDED, FAILED, UNKNOWN = OutcomeKind.SUCCEEDED, OutcomeKind.FAILED, OutcomeKind.UNKNOWN


@pytest.fixture(scope="module")
def service() -> Iterator[Answering]:
    service = Answering()
    yield service
    service.close()


def target(url: str, **params: str) -> Target:
    return Target(client=ClientId("acme"), environment=Environment.PREVIEW, params={"url": url, **params})


def deploy(url: str, timeout: float = 20, token: str | None = None) -> Outcome:
    return HttpExecutor("hook", "{url}/deploy", None, timedelta(seconds=timeout), token).deploy(target(url), NEW, "2026.12:acme:preview:1")


def installed(service: Answering, *replies: Reply) -> Version | None:
    service.say("/installed", *replies)
    return HttpExecutor("hook", "{url}/deploy", "{url}/installed", timedelta(seconds=20)).installed_version(target(service.url))


def test_the_request_carries_the_facts_the_key_and_the_token(service: Answering) -> None:
    service.say("/deploy", Reply(200))
    assert deploy(service.url, token="hunter22\n").kind is SUCCEEDED
    (asked,) = service.asked
    assert (asked.method, json.loads(asked.body)) == (
        "POST",
        {"version": "2026.12", "key": "2026.12:acme:preview:1", "client": "acme", "environment": "preview"},
    )
    assert asked.headers["idempotency-key"] == "2026.12:acme:preview:1"
    assert asked.headers["authorization"] == "Bearer hunter22"


def test_a_key_of_any_letters_becomes_a_header(service: Answering) -> None:
    service.say("/deploy", Reply(200))
    assert HttpExecutor("hook", "{url}/deploy").deploy(target(service.url), NEW, "2026.12:café\n:1").kind is SUCCEEDED
    assert service.asked[0].headers["idempotency-key"] == "2026.12:caf%C3%A9%0A:1"


def test_values_inside_an_address_cannot_change_where_it_leads(service: Answering) -> None:
    service.say("/sites/a%2F..%2Fb%3Fx%3D1%20%23/2026.12", Reply(200))
    outcome = HttpExecutor("hook", "{url}/sites/{site}/{version}").deploy(target(service.url, site="a/../b?x=1 #"), NEW, "k")
    assert outcome.kind is SUCCEEDED


@pytest.mark.parametrize(
    ("statuses", "kind"), [((200, 201, 202, 204), SUCCEEDED), ((301, 308, 400, 401, 404, 409, 422, 429), FAILED), ((303, 500, 502, 503), UNKNOWN)]
)
def test_the_status_decides(service: Answering, statuses: tuple[int, ...], kind: OutcomeKind) -> None:
    for status in statuses:
        service.say("/deploy", Reply(status))
        outcome = deploy(service.url)
        assert (status, outcome.kind) == (status, kind)
        assert kind is SUCCEEDED or f"deploy of 2026.12 at acme/preview was answered with {status}" in outcome.detail


def test_a_refusal_tells_what_the_service_said_without_the_token(service: Answering) -> None:
    service.say("/deploy", Reply(403, '{"error": "hunter22 may not, password=abc"}'))
    outcome = deploy(service.url, token="hunter22")
    assert outcome.detail == 'deploy of 2026.12 at acme/preview was answered with 403: {"error": "[redacted] may not, password=[redacted]"}'


def test_a_success_that_says_it_failed_failed(service: Answering) -> None:
    service.say("/deploy", Reply(200, '{"status": "failed", "why": "no disk"}'))
    outcome = deploy(service.url)
    assert (outcome.kind, "no disk" in outcome.detail) == (FAILED, True)


def test_a_redirect_is_not_followed_and_is_told(service: Answering) -> None:
    service.say("/elsewhere", Reply(200))
    service.say("/deploy", Reply(307, headers={"location": "/elsewhere"}))
    assert deploy(service.url).detail == "deploy of 2026.12 at acme/preview was answered with 307, pointing to /elsewhere."
    assert len(service.asked) == 1


def test_an_accepted_deployment_is_followed_to_its_end(service: Answering) -> None:
    service.say("/jobs/7", Reply(200, '{"status": "running"}'), Reply(503), Reply(202), Reply(200, '{"status": "Succeeded", "took": 3}'))
    service.say("/deploy", Reply(202, headers={"location": "/jobs/7"}))
    outcome = deploy(service.url, token="hunter22")
    assert (outcome.kind, "took" in outcome.detail) == (SUCCEEDED, True)
    assert [asked.method for asked in service.asked] == ["POST", "GET", "GET", "GET", "GET"]
    assert {asked.headers["authorization"] for asked in service.asked} == {"Bearer hunter22"}


@pytest.mark.parametrize(
    ("reply", "kind"),
    [
        (Reply(200, '{"state": "done"}'), SUCCEEDED),
        (Reply(204), SUCCEEDED),
        (Reply(200, '{"status": "error", "why": "no disk"}'), FAILED),
        (Reply(200, '{"status": "puzzled"}'), UNKNOWN),
        (Reply(404, "no such job"), UNKNOWN),
    ],
)
def test_the_last_status_decides_an_accepted_deployment(service: Answering, reply: Reply, kind: OutcomeKind) -> None:
    where = service.say("/jobs/8", reply)
    service.say("/deploy", Reply(202, json.dumps({"status_url": where})))
    assert deploy(service.url).kind is kind


def test_an_accepted_deployment_that_does_not_end_in_time_is_unknown(service: Answering) -> None:
    service.say("/jobs/9", Reply(200, '{"status": "running"}'))
    service.say("/deploy", Reply(202, headers={"location": "/jobs/9"}))
    outcome = deploy(service.url, timeout=0.3)
    assert outcome.kind is UNKNOWN
    assert outcome.detail.endswith(f"was accepted, but had not ended within 0.3 s; {service.url}/jobs/9 last gave: 200 running")


def test_the_token_is_not_carried_to_another_host(service: Answering) -> None:
    other = Answering()
    try:
        where = other.say("/jobs/1", Reply(200, '{"status": "done"}'))
        service.say("/deploy", Reply(202, headers={"location": where}))
        assert deploy(service.url, token="hunter22").kind is SUCCEEDED
        assert "authorization" not in other.asked[0].headers
    finally:
        other.close()


def test_a_status_address_that_cannot_be_read_is_unknown(service: Answering) -> None:
    service.say("/deploy", Reply(202, '{"status_url": "http://x:port"}'))
    outcome = deploy(service.url)
    assert outcome.kind is UNKNOWN
    assert "status address 'http://x:port' cannot be read" in outcome.detail


def test_no_connection_failed_for_nothing_was_sent() -> None:
    outcome = deploy("http://127.0.0.1:1")
    assert outcome.kind is FAILED
    assert "was not started: hook: no connection to http://127.0.0.1:1/deploy" in outcome.detail
    assert outcome.detail.endswith("Nothing was sent.")


def test_a_password_in_an_address_is_blotted_out() -> None:
    outcome = deploy("http://dana:hunter22@127.0.0.1:1")
    assert "http://dana:[redacted]@127.0.0.1:1/deploy" in outcome.detail
    assert "hunter22" not in outcome.detail


@pytest.mark.parametrize("url", ["ftp://x", "", "http://", "http://[bad", "http://a b", "http://127.0.0.1:99999999"])
def test_what_is_no_address_failed(url: str) -> None:
    outcome = deploy(url)
    assert outcome.kind is FAILED
    assert "Nothing was sent" in outcome.detail


@pytest.mark.parametrize("said", [b"", b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nhalf", b"no HTTP at all\r\n\r\n"])
def test_a_connection_that_breaks_after_sending_is_unknown(said: bytes) -> None:
    with socket_that(lambda connection: connection.sendall(said)) as url:
        outcome = deploy(url)
    assert outcome.kind is UNKNOWN
    assert "whether it took effect is unknown" in outcome.detail


def test_no_answer_in_time_is_unknown() -> None:
    with socket_that(hear_out) as url:
        outcome = deploy(url, timeout=0.2)
    assert outcome.kind is UNKNOWN
    assert "did not answer in time" in outcome.detail


def test_an_answer_that_trickles_in_is_not_waited_for_longer_than_allowed() -> None:
    def trickle(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n")
        connection.settimeout(0.05)
        while True:
            connection.sendall(b".")
            with suppress(TimeoutError):
                connection.recv(1)

    with socket_that(trickle) as url:
        assert deploy(url, timeout=0.3).kind is UNKNOWN


def test_an_answer_of_ten_megabytes_is_cut() -> None:
    reply = b"HTTP/1.1 422 No\r\nContent-Length: 10000000\r\n\r\n" + b"x " * 5_000_000
    with socket_that(lambda connection: connection.sendall(reply)) as url:
        outcome = deploy(url)
    assert outcome.kind is FAILED
    assert len(outcome.detail) < 4300


@pytest.mark.parametrize(
    ("body", "version"),
    [("2026.11\n", "2026.11"), ('"2026.11"', "2026.11"), ('{"version": "2026.11"}', "2026.11"), ("", None), ('{"version": null}', None)],
)
def test_the_installed_version_is_text_or_json(service: Answering, body: str, version: str | None) -> None:
    assert installed(service, Reply(200, body)) == version


@pytest.mark.parametrize("body", ["<html>not a version</html>", '{"release": "1"}', "[" * 100_000, b"\x00", '{"version": ["1"]}', "1 2"])
def test_anything_else_is_no_version(service: Answering, body: str | bytes) -> None:
    with pytest.raises(BadAnswer, match=r"hook: .*/installed should give one version"):
        installed(service, Reply(200, body))


@pytest.mark.parametrize(
    ("status", "error"),
    [(401, Unauthorized), (403, Unauthorized), (404, Gone), (410, Gone), (400, BadAnswer), (302, BadAnswer), (429, Unreachable), (500, Unreachable)],
)
def test_a_refused_question_is_an_error_and_not_taken_for_nothing_installed(service: Answering, status: int, error: type[Exception]) -> None:
    with pytest.raises(error, match=f"/installed answered {status}: go away"):
        installed(service, Reply(status, "go away"))


def test_without_a_way_to_ask_the_installed_version_is_none() -> None:
    assert HttpExecutor("hook", "{url}/deploy").installed_version(target("http://127.0.0.1:1")) is None


def test_the_params_that_it_needs_can_be_asked() -> None:
    assert HttpExecutor("hook", "{url}/{site}/{version}", "{probe}/{client}").needs == {"url", "site", "probe"}


def test_settings_that_make_no_sense_are_refused_without_telling_the_token() -> None:
    with pytest.raises(ValueError, match="cannot be read"):
        HttpExecutor("hook", "{url/deploy")
    with pytest.raises(ValueError, match="the token has characters") as caught:
        HttpExecutor("hook", "{url}", token="hunter\n22")
    assert "hunter" not in str(caught.value)
