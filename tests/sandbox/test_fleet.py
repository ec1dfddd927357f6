"""The fleet: folders, scripts and server are one thing, and it counts its own acts."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import httpx
import pytest

from rollout.errors import NotFound
from rollout.sandbox.fleet import Fleet


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Fleet]:
    with Fleet(tmp_path_factory.mktemp("fleet")) as fleet:
        yield fleet


@pytest.fixture
def fleet(running: Fleet) -> Fleet:
    for client in {client for client, _ in running.installations()}:
        shutil.rmtree(running.folder / client)
    running.add("acme", "preview", "2026.11")
    running.add("acme", "production", "2026.11")
    return running


def script(fleet: Fleet, name: str, *arguments: str, environment: str = "production", **variables: str) -> "subprocess.CompletedProcess[str]":
    path = fleet.installation("acme", environment).path / name
    return subprocess.run([path, *arguments], capture_output=True, text=True, env={"PATH": os.defpath, **variables}, timeout=20)


def post(fleet: Fleet, version: str, key: str) -> httpx.Response:
    return httpx.post(f"{fleet.url}/acme/production/deploy", json={"version": version, "key": key}, timeout=20)


def test_the_script_deploys_and_the_act_is_counted_with_its_key(fleet: Fleet) -> None:
    script(fleet, "deploy", "2026.12", ROLLOUT_KEY="k 1")
    assert fleet.version_of("acme", "production") == "2026.12"
    assert [(act.version, act.key) for act in fleet.acts_of("acme", "production")] == [("2026.12", "k 1")]
    assert fleet.version_of("acme", "preview") == "2026.11"


def test_every_run_of_the_script_counts_even_with_the_same_key(fleet: Fleet) -> None:
    for _ in range(2):
        script(fleet, "deploy", "2026.12", "k")
    assert len(fleet.acts_of("acme", "production")) == 2


def test_the_server_carries_out_a_key_once_however_often_it_is_asked(fleet: Fleet) -> None:
    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(lambda _: post(fleet, "2026.12", "k").status_code, range(8)))
    assert answers == [200] * 8
    assert len(fleet.acts_of("acme", "production")) == 1


def test_script_and_server_tell_the_same_version(fleet: Fleet) -> None:
    post(fleet, "2026.12", "k")
    assert script(fleet, "version").stdout == "2026.12\n"
    assert httpx.get(f"{fleet.url}/acme/production/version").json() == {"version": "2026.12"}
    assert httpx.get(f"{fleet.url}/acme/production/health").json() == {"version": "2026.12", "status": "ok"}
    assert script(fleet, "healthy").returncode == 0


def test_a_sick_installation_says_why_until_it_is_healed(fleet: Fleet) -> None:
    fleet.make_sick("acme", "production", "the queue is stuck")
    answer = httpx.get(f"{fleet.url}/acme/production/health")
    assert (answer.status_code, answer.json()["why"]) == (503, "the queue is stuck")
    told = script(fleet, "healthy")
    assert (told.returncode, told.stdout) == (1, "the queue is stuck\n")
    fleet.heal("acme", "production")
    assert script(fleet, "healthy").returncode == 0
    assert httpx.get(f"{fleet.url}/acme/production/health").status_code == 200


def test_an_installation_can_be_sick_of_one_version_only(fleet: Fleet) -> None:
    fleet.make_sick("acme", "production", "it leaks", for_version="2026.12")
    before = script(fleet, "healthy").returncode
    post(fleet, "2026.12", "k")
    assert (before, script(fleet, "healthy").returncode) == (0, 1)
    post(fleet, "2026.11", "k2")
    assert httpx.get(f"{fleet.url}/acme/production/health").status_code == 200


def test_a_broken_deploy_changes_nothing_and_says_why(fleet: Fleet) -> None:
    fleet.break_deploy("acme", "production", "the disk is full")
    told = script(fleet, "deploy", "2026.12", "k")
    assert (told.returncode, told.stderr) == (1, "the disk is full\n")
    answer = post(fleet, "2026.12", "k")
    assert (answer.status_code, answer.json()["error"]) == (422, "the disk is full")
    assert (fleet.version_of("acme", "production"), fleet.acts_of("acme", "production")) == ("2026.11", ())
    fleet.mend_deploy("acme", "production")
    assert post(fleet, "2026.12", "k").status_code == 200


def test_a_lost_answer_still_is_an_act(fleet: Fleet) -> None:
    fleet.lose_answers("acme", "production")
    assert post(fleet, "2026.12", "k").status_code == 500
    assert script(fleet, "deploy", "2026.13", "k2").returncode < 0
    assert [act.version for act in fleet.acts_of("acme", "production")] == ["2026.12", "2026.13"]


def test_nothing_installed_is_told_as_such(fleet: Fleet) -> None:
    fleet.add("new", "preview", None)
    assert fleet.version_of("new", "preview") is None
    assert httpx.get(f"{fleet.url}/new/preview/version").json() == {"version": None}
    assert httpx.get(f"{fleet.url}/new/preview/health").status_code == 503


@pytest.mark.parametrize("place", ["nobody/production", "acme/staging", "%2e%2e/production", ".scripts/production"])
def test_an_unknown_installation_is_not_found(fleet: Fleet, place: str) -> None:
    assert httpx.get(f"{fleet.url}/{place}/health").status_code == 404


@pytest.mark.parametrize("body", [b"", b"{", b"[]", b'"x"', b'{"version": "1"}', b"\xff\xfe"])
def test_a_deploy_without_version_and_key_is_refused(fleet: Fleet, body: bytes) -> None:
    answer = httpx.post(f"{fleet.url}/acme/production/deploy", content=body)
    assert answer.status_code == 400
    assert fleet.acts_of("acme", "production") == ()


def test_a_fleet_opened_again_finds_its_installations(fleet: Fleet) -> None:
    with Fleet(fleet.folder) as again:
        assert again.installations() == (("acme", "preview"), ("acme", "production"))
        assert again.version_of("acme", "preview") == "2026.11"


def test_the_params_lead_to_the_folder_and_to_the_server(fleet: Fleet) -> None:
    params = fleet.params_for("acme", "preview")
    assert sorted(params) == ["dir", "health_url", "url"]
    assert (Path(params["dir"]) / "VERSION").read_text() == "2026.11\n"
    assert httpx.get(params["health_url"]).json()["version"] == "2026.11"
    with pytest.raises(NotFound, match="no installation nobody/preview"):
        fleet.params_for("nobody", "preview")


def test_closing_ends_a_slow_deployment_and_nothing_is_deployed(tmp_path: Path) -> None:
    with Fleet(tmp_path) as fleet, ThreadPoolExecutor(1) as pool:
        fleet.add("acme", "production", "2026.11")
        os.mkfifo(fleet.installation("acme", "production").path / "slow")  # the script waits to be told how slow it is
        answer = pool.submit(post, fleet, "2026.12", "k")
        with (fleet.installation("acme", "production").path / "slow").open("w") as slow:
            slow.write("30\n")
        fleet.close()
        assert answer.exception() is not None or answer.result().status_code == 500
        assert fleet.acts_of("acme", "production") == ()
