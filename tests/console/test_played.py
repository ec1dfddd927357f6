"""The console in the middle of a rollout that goes wrong: what broke comes first, what waits for a person can be read, and nothing is left out
without a word."""

from collections.abc import Iterator

import httpx
import pytest

from rollout.console.app import COOKIE, console
from rollout.sandbox.desk import InjectedFault, Mishap
from rollout.sandbox.serving import Serving
from rollout.steps import holds, hotfix
from tests.browser import CHROMIUM, WHERE, dumped
from tests.playing import AMBER, BIRCH, COBALT, FIRST, LEE, PRODUCTION, TARGET, TUESDAY, Play, playing
from tests.require import require

TOKEN = "a-token"
PAGES = ("/", f"/releases/{TARGET}", "/releases/2027.01", "/clients", f"/clients/{COBALT}", "/tickets", f"/tickets?release={TARGET}", "/coverage")


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Play]:
    """Cobalt Marina's delivery has failed and its wave is halted; one client is held; a hotfix is late; the desk is down; premium notices wait."""
    settings = {"work": {"workers": 1}, "notify": {"review_tiers": ["premium"], "attempts": 1}}
    with playing(tmp_path_factory.mktemp("console")) as play:
        play.started("played", **settings)
        play.tick()
        holds.hold(play.world, "driftwood-yard", "they count their boats", LEE)
        play.fleet.break_deploy(COBALT, PRODUCTION, "the <disk> is full")
        hotfix.open_hotfix(play.world, (FIRST,), LEE)
        play.at(TUESDAY).tick()
        assert play.waves()["everyone"] == "halted"
        play.traffic.inject(InjectedFault(kind=Mishap.UNAVAILABLE, count=1000))
        assert play.send().dead > 0
        yield play


@pytest.fixture(scope="module")
def address(played: Play) -> Iterator[str]:
    with Serving(console(played.folder, TOKEN)) as serving:
        yield serving.url


@pytest.fixture
def inside(address: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=address, cookies={COOKIE: TOKEN}, timeout=30) as client:
        yield client


@pytest.mark.parametrize("path", PAGES)
def test_every_page_answers_in_the_middle_of_trouble(inside: httpx.Client, path: str) -> None:
    answer = inside.get(path)
    assert (answer.status_code, "<disk>" in answer.text) == (200, False)


def test_what_broke_comes_before_what_waits(inside: httpx.Client) -> None:
    page = inside.get("/").text.partition("Not delivered yet")[2]
    assert page.index(COBALT) < page.index("driftwood-yard")
    assert "the &lt;disk&gt; is full" in page


def test_a_hotfix_whose_promises_are_broken_is_on_the_first_page(inside: httpx.Client) -> None:
    page = inside.get("/").text
    assert "triage is 1425 minutes late" in page
    assert FIRST in page


def test_what_waits_for_a_person_can_be_read_with_what_to_type(inside: httpx.Client, played: Play) -> None:
    page = inside.get("/tickets").text
    review = next(one for one in played.notices(client=BIRCH) if one.state == "review")
    assert review.body.splitlines()[0] in page
    assert f"rollout notices release {review.key}" in page
    assert "was answered with 503" in page


def test_moments_are_told_in_the_companys_time(inside: httpx.Client) -> None:
    page = inside.get(f"/clients/{AMBER}").text
    assert "Tue 01 Dec 2026, 09:00 EST" in page
    assert "T14:00:00" not in inside.get("/tickets").text


def test_the_calendar_leads_to_the_months_beside_it(inside: httpx.Client) -> None:
    page = inside.get(f"/coverage?month=2026-12&client={AMBER}").text
    assert f"/coverage?month=2026-11&amp;client={AMBER}" in page
    assert f"/coverage?month=2027-01&amp;client={AMBER}" in page
    assert "Coverage in December 2026 for Amber Quay" in page


@pytest.mark.parametrize("month", ["9999-12", "0001-01"])
def test_a_month_beyond_all_calendars_is_refused_in_a_sentence(inside: httpx.Client, month: str) -> None:
    answer = inside.get(f"/coverage?month={month}")
    assert (answer.status_code, f"{month} is too far away for a calendar" in answer.text) == (409, True)


@pytest.mark.parametrize("path", ["/tickets?release=2031.01", "/coverage?client=nobody", "/nowhere"])
def test_what_is_not_there_is_a_page_that_says_so(inside: httpx.Client, path: str) -> None:
    answer = inside.get(path)
    assert answer.status_code == 404
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert "That did not work" in answer.text


def test_looking_writes_nothing(inside: httpx.Client, played: Play) -> None:
    with played.world.ledger.read() as tx:
        before = list(tx.audit())
    for path in PAGES:
        inside.get(path)
    with played.world.ledger.read() as tx:
        assert list(tx.audit()) == before


@pytest.mark.slow
@pytest.mark.parametrize("path", ["/", "/coverage", "/tickets"])
def test_a_browser_opens_the_page_and_has_nothing_to_complain_about(address: str, path: str) -> None:
    require(CHROMIUM is not None, WHERE)
    tree, complaints = dumped(f"{address}{path}?token={TOKEN}")
    assert "<h1>" in tree
    assert complaints == ""
