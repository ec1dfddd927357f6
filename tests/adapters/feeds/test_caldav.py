"""CalDAV: against Radicale, a real server in a process of its own, and against answers that no decent server gives."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import suppress

import httpx
import pytest

from rollout.adapters.feeds.asking import FeedServer
from rollout.adapters.feeds.caldav import fetch_collection
from rollout.adapters.files.events import read_ics
from rollout.errors import BadAnswer, Gone, OutsideError, Unauthorized
from tests.answering import Answering, Reply
from tests.calendars import calendar, event

BOT = ("bot", "pa55word")
CONFIG = """\
[server]
hosts = 127.0.0.1:{port}
[auth]
type = htpasswd
htpasswd_filename = {folder}/users
htpasswd_encryption = plain
delay = 0
[storage]
filesystem_folder = {folder}/data
"""


def server(user: str = BOT[0], password: str = BOT[1]) -> FeedServer:
    return FeedServer("ops", "http://dav.example", user, password)


# ── Radicale ───────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def radicale(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("radicale")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    (folder / "users").write_text(":".join(BOT))
    (folder / "config").write_text(CONFIG.format(port=port, folder=folder))
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen([sys.executable, "-m", "radicale", "--config", str(folder / "config")], stdout=log, stderr=log)
    url = f"http://127.0.0.1:{port}/bot/"
    try:
        assert _answers(url, process), (folder / "log").read_text()
        yield url
    finally:
        process.terminate()
        process.wait(10)


def _answers(url: str, process: subprocess.Popen[bytes]) -> bool:
    for _ in range(300):
        with suppress(httpx.TransportError):
            httpx.get(url)
            return True
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.1)
            return False
    return False


@pytest.fixture
def collection(radicale: str) -> Iterator[httpx.Client]:
    """A new and empty calendar of the bot's."""
    with httpx.Client(base_url=f"{radicale}ops/", auth=BOT) as client:
        client.request("DELETE", "")
        assert client.request("MKCALENDAR", "").status_code == 201
        yield client


def put(collection: httpx.Client, *events: str) -> None:
    for number, text in enumerate(events):
        assert collection.put(f"{number}.ics", content=calendar(text), headers={"Content-Type": "text/calendar"}).status_code == 201


def test_all_events_of_a_collection_come_with_all_that_they_say(collection: httpx.Client) -> None:
    put(collection, event("freeze <1> & more"), event("weekly"), event("third"))
    found = fetch_collection(server(), str(collection.base_url))
    assert found.content is not None
    read = read_ics(found.content, "ops", blocks=True, timezone="America/Toronto")
    assert [one.uid for one in read.events] == ["freeze <1> & more", "third", "weekly"]


def test_an_empty_calendar_is_empty_and_no_error(collection: httpx.Client) -> None:
    content = fetch_collection(server(), str(collection.base_url)).content
    assert content is not None
    assert read_ics(content, "ops", blocks=True, timezone="America/Toronto").events == ()


def test_the_home_of_an_account_is_no_empty_calendar(collection: httpx.Client, radicale: str) -> None:
    put(collection, event("freeze"))
    with pytest.raises(BadAnswer, match=r"is not a calendar\. Give the address of the calendar itself"):
        fetch_collection(server(), radicale)


@pytest.mark.parametrize(
    ("user", "password", "path", "kind", "told"),
    [
        ("bot", "wrong", "ops/", Unauthorized, "answered 401: it does not accept the user and password"),
        ("", "", "ops/", Unauthorized, "answered 401: it asks who we are"),
        ("bot", BOT[1], "nowhere/", Gone, "no calendar at that address"),
        ("bot", BOT[1], "../alice/calendar/", Unauthorized, "answered 403: this account may not read that calendar"),
    ],
)
def test_refusals_of_a_real_server_say_what_to_do(
    collection: httpx.Client, radicale: str, user: str, password: str, path: str, kind: type[OutsideError], told: str
) -> None:
    with pytest.raises(kind, match=told):
        fetch_collection(server(user, password), radicale + path)


# ── Answers that are not to be trusted ─────────────────────────────────────────────────────────────


@pytest.fixture(scope="module")
def answering() -> Iterator[Answering]:
    found = Answering()
    yield found
    found.close()


BOMB = '<!DOCTYPE b [<!ENTITY a "ha"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
OUTSIDE = '<!DOCTYPE b [<!ENTITY b SYSTEM "file:///etc/passwd">]>'
HEAD = '<multistatus xmlns="DAV:" xmlns:C="urn:ietf:params:xml:ns:caldav">'


def response(data: str, status: str = "HTTP/1.1 200 OK") -> str:
    prop = f"<prop><C:calendar-data>{data}</C:calendar-data></prop>"
    return f"<response><href>/a.ics</href><propstat>{prop}<status>{status}</status></propstat></response>"


@pytest.mark.parametrize(
    ("body", "told"),
    [
        (BOMB + HEAD + response("&b;") + "</multistatus>", "document type declaration"),
        (OUTSIDE + HEAD + response("&b;") + "</multistatus>", "document type declaration"),
        (HEAD + response("&lol;") + "</multistatus>", "it is no XML: undefined entity"),
        (HEAD + "<a>" * 100_000, "nested more than 50 deep"),
        (HEAD + response("x"), "it is no XML: no element found"),
        ("<html><body>Sign in</body></html>", "it begins with html"),
        ("", "it is no XML"),
        (HEAD + response("x", "HTTP/1.1 404 Not Found") + "</multistatus>", "left something out of its answer, with status 404"),
        (HEAD + "<response><href>/</href><status>HTTP/1.1 507 Full</status></response></multistatus>", "with status 507"),
        (HEAD + "<response><href>/a.ics</href></response></multistatus>", "without what is in it"),
        (HEAD + "</multistatus>", "is not a calendar"),
    ],
)
def test_an_answer_that_is_not_whole_and_plain_is_none(answering: Answering, body: str, told: str) -> None:
    where = answering.say("/ops/", Reply(207, body, {"Content-Type": "application/xml"}))
    with pytest.raises(BadAnswer, match=told):
        fetch_collection(server(), where)


def test_objects_come_in_order_of_their_addresses_whatever_the_server_does(answering: Answering) -> None:
    first, second = (response(calendar(event(name)).decode()).replace("/a.ics", f"/{name}.ics") for name in ("first", "second"))
    texts = [
        fetch_collection(server(), answering.say("/ops/", Reply(207, f"{HEAD}{both}</multistatus>"))).content
        for both in (first + second, second + first)
    ]
    assert texts[0] == texts[1] == calendar(event("first")) + calendar(event("second"))


def test_one_question_asks_for_everything_that_is_in_the_collection(answering: Answering) -> None:
    fetch_collection(server(), answering.say("/ops/", Reply(207, HEAD + response(calendar(event("a")).decode()) + "</multistatus>")))
    [asked] = answering.asked
    assert (asked.method, asked.headers["depth"]) == ("REPORT", "1")
    assert b'<C:comp-filter name="VCALENDAR"/>' in asked.body


@pytest.mark.parametrize("status", [200, 302, 405, 501])
def test_an_address_without_caldav_is_told(answering: Answering, status: int) -> None:
    with pytest.raises(BadAnswer, match=r"CalDAV collection|not as safe"):
        fetch_collection(server(), answering.say("/ops/", Reply(status, "hello", {"Location": "ftp://x/"})))
