"""The console: nobody comes in without the token, every page shows a rollout as it stands, and nothing can be written."""

from collections.abc import Iterator
from dataclasses import replace
from html import escape
from pathlib import Path

import httpx
import pytest

from rollout.console.app import COOKIE, console
from rollout.sandbox.serving import Serving
from rollout.steps import holds
from rollout.wiring import open_world
from tests.stories import ENGINEER, TARGET, small_stage, small_story, start_rollout

TOKEN = "a-token"
HOSTILE = "<script>alert(1)</script> {{ 7*7 }} Mend rudder"
PAGES = ("/", f"/releases/{TARGET}", "/clients", "/clients/amber-quay", "/tickets", f"/tickets?release={TARGET}", "/coverage?month=2026-12")


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A console over real HTTP, of a workspace whose rollout has begun."""
    story = small_story()
    issues = tuple(replace(one, summary=HOSTILE) if one.key == "SKIFF-10" else one for one in story.issues)
    folder: Path = tmp_path_factory.mktemp("console")
    with small_stage(folder, replace(story, issues=issues)) as stage:
        start_rollout(stage.folder)
        with open_world(stage.folder) as world:
            holds.hold(world, "birch-harbour", "their audit", ENGINEER)
        with Serving(console(stage.folder, TOKEN)) as serving:
            yield serving.url


@pytest.fixture
def inside(address: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=address, cookies={COOKIE: TOKEN}, timeout=30) as client:
        yield client


def test_nobody_comes_in_without_the_token(address: str) -> None:
    for path in PAGES:
        answer = httpx.get(address + path)
        assert (answer.status_code, TARGET in answer.text) == (401, False)
    assert httpx.get(address, cookies={COOKIE: "another"}).status_code == 401
    assert httpx.get(address, params={"token": "another"}).status_code == 401


def test_the_token_lets_in_and_leaves_the_address(address: str) -> None:
    answer = httpx.get(address, params={"token": TOKEN})
    assert (answer.status_code, answer.headers["location"]) == (303, "/")
    assert "HttpOnly" in answer.headers["set-cookie"]
    assert "samesite=strict" in answer.headers["set-cookie"].lower()


@pytest.mark.parametrize("path", PAGES)
def test_every_page_answers_and_runs_no_script(inside: httpx.Client, path: str) -> None:
    answer = inside.get(path)
    assert answer.status_code == 200
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert answer.headers["cache-control"] == "no-store"
    assert "<script" not in answer.text


def test_the_first_page_shows_waves_holds_and_releases(inside: httpx.Client) -> None:
    page = inside.get("/").text
    assert all(text in page for text in (TARGET, "preview", "everyone", "birch-harbour", "their audit", "2026.11"))


def test_text_from_jira_is_shown_and_never_interpreted(inside: httpx.Client) -> None:
    page = inside.get(f"/releases/{TARGET}").text
    assert escape("<script>alert(1)</script>") in page
    assert "{{ 7*7 }}" in page


def test_a_clients_page_asks_every_gate(inside: httpx.Client) -> None:
    page = inside.get("/clients/birch-harbour").text
    assert all(text in page for text in ("hold", "their audit", "coverage", "slot"))


@pytest.mark.parametrize("path", ["/releases/1999.01", "/clients/nobody", "/nowhere"])
def test_what_is_not_there_is_404(inside: httpx.Client, path: str) -> None:
    assert inside.get(path).status_code == 404


def test_a_month_that_is_none_is_refused_in_a_sentence(inside: httpx.Client) -> None:
    answer = inside.get("/coverage?month=soon")
    assert (answer.status_code, "write it like 2026-12" in answer.text) == (409, True)


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "PATCH"])
def test_nothing_can_be_written(inside: httpx.Client, method: str) -> None:
    assert {inside.request(method, path).status_code for path in PAGES} == {405}
