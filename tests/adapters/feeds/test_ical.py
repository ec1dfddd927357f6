"""Fetching an iCalendar file: what is taken, what is not, and that it ends. The server is a real one on loopback."""

import gzip
import socket
import threading
import tracemalloc
from collections.abc import Iterator

import pytest

from rollout.adapters.feeds.asking import FeedServer, may_follow
from rollout.adapters.feeds.ical import fetch_file
from rollout.errors import BadAnswer, Gone, OutsideError, Throttled, Unauthorized, Unreachable
from tests.answering import Answering, Reply, socket_that
from tests.calendars import calendar, event

CALENDAR = calendar(event("freeze-1"))
MEGABYTE = 1_000_000


@pytest.fixture(scope="module")
def server() -> Iterator[Answering]:
    answering = Answering()
    yield answering
    answering.close()


def feed(user: str = "", password: str = "", **bounds: float) -> FeedServer:
    return FeedServer("ops", "http://feeds.example", user, password, **bounds)


def test_a_calendar_comes_with_what_tells_whether_it_has_changed(server: Answering) -> None:
    where = server.say("/a.ics", Reply(200, CALENDAR, {"ETag": '"v1"', "Last-Modified": "Mon, 07 Dec 2026 10:00:00 GMT"}))
    found = fetch_file(feed(), where)
    assert (found.content, found.etag, found.last_modified) == (CALENDAR, '"v1"', "Mon, 07 Dec 2026 10:00:00 GMT")


def test_a_server_that_says_nothing_has_changed_is_believed_if_it_was_asked(server: Answering) -> None:
    where = server.say("/a.ics", Reply(304, headers={"ETag": '"v1"'}))
    assert fetch_file(feed(), where, etag='"v1"').content is None
    assert server.asked[0].headers["if-none-match"] == '"v1"'
    with pytest.raises(BadAnswer, match="answered 304 without a calendar"):
        fetch_file(feed(), where)


def test_gzip_is_unpacked(server: Answering) -> None:
    where = server.say("/a.ics", Reply(200, gzip.compress(CALENDAR), {"Content-Encoding": "gzip"}))
    assert fetch_file(feed(), where).content == CALENDAR
    assert server.asked[0].headers["accept-encoding"] == "gzip"


@pytest.mark.parametrize(
    ("body", "headers", "told"),
    [
        (
            b"<html><title>Sign in</title></html>",
            {"Content-Type": "text/html; charset=utf-8"},
            "text/html, which is no iCalendar; is it a login page",
        ),
        (b'{"error": "no"}', {"Content-Type": "application/json"}, "application/json, which is no iCalendar"),
        (b"", {}, "answered with nothing"),
        (b" \r\n", {}, "answered with nothing"),
        (gzip.compress(CALENDAR)[:-9], {"Content-Encoding": "gzip"}, "cut short"),
        (CALENDAR, {"Content-Encoding": "gzip"}, "cannot be unpacked"),
        (CALENDAR, {"Content-Encoding": "br"}, "answered in br"),
        (b"x" * 2 * MEGABYTE, {}, "more than 1 MB"),
    ],
)
def test_what_is_no_calendar_is_told(server: Answering, body: bytes, headers: dict[str, str], told: str) -> None:
    where = server.say("/a.ics", Reply(200, body, headers))
    with pytest.raises(BadAnswer, match=told):
        fetch_file(feed(largest=MEGABYTE), where)


def test_what_is_packed_small_and_unpacks_large_takes_no_room(server: Answering) -> None:
    where = server.say("/a.ics", Reply(200, gzip.compress(b"x" * 50 * MEGABYTE), {"Content-Encoding": "gzip"}))
    tracemalloc.start()
    try:
        with pytest.raises(BadAnswer, match="more than 1 MB"):
            fetch_file(feed(largest=MEGABYTE), where)
        assert tracemalloc.get_traced_memory()[1] < 15 * MEGABYTE
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize(
    ("status", "kind", "told"),
    [
        (401, Unauthorized, "give user and password"),
        (403, Unauthorized, "may not read that calendar. Share it"),
        (404, Gone, "no calendar at that address"),
        (405, BadAnswer, "it is no CalDAV collection. For an iCalendar file write url"),
        (410, Gone, "ask its owner for the new one"),
        (418, BadAnswer, "answered 418, which makes no sense"),
        (429, Throttled, "longer refresh"),
        (503, Unreachable, "its own fault"),
    ],
)
def test_each_refusal_says_what_to_do(server: Answering, status: int, kind: type[OutsideError], told: str) -> None:
    with pytest.raises(kind, match=told):
        fetch_file(feed(), server.say("/a.ics", Reply(status, "no")))


def test_a_redirect_on_the_same_server_is_followed(server: Answering) -> None:
    server.say("/b.ics", Reply(200, CALENDAR))
    where = server.say("/a.ics", Reply(302, headers={"Location": "/b.ics"}))
    assert fetch_file(feed("bot", "secret"), where).content == CALENDAR
    assert [one.headers["authorization"][:6] for one in server.asked] == ["Basic ", "Basic "]


@pytest.mark.parametrize("target", ["http://127.0.0.2:9/a.ics", "ftp://127.0.0.1/a.ics", "file:///etc/passwd"])
def test_a_redirect_to_somewhere_less_safe_is_not_followed(server: Answering, target: str) -> None:
    where = server.say("/a.ics", Reply(301, headers={"Location": target}))
    with pytest.raises(BadAnswer, match="not as safe as where we are"):
        fetch_file(feed("bot", "secret"), where)


@pytest.mark.parametrize("target", ["https://127.0.0.1:t0ps3cret/", "https://xn--/t0ps3cret", "https://[t0ps3cret/", "https://999.1.1.1/t0ps3cret"])
def test_a_redirect_to_what_is_no_address_is_told_without_it(server: Answering, target: str) -> None:
    where = server.say("/a.ics", Reply(301, headers={"Location": target}))
    with pytest.raises(OutsideError, match="is no address") as caught:
        fetch_file(feed("bot", "secret"), where)
    assert "t0ps3cret" not in str(caught.value)


@pytest.mark.parametrize(
    ("here", "there", "may"),
    [
        ("https://a.example/x", "http://a.example/x", False),
        ("https://a.example/x", "https://b.example/x", True),
        ("http://a.example/x", "https://b.example/x", True),
        ("http://a.example/x", "http://a.example:81/y", True),
        ("http://a.example/x", "http://b.example/x", False),
        ("https://a.example/x", "file:///etc/passwd", False),
        ("https://a.example/x", "", False),
    ],
)
def test_https_is_never_left(here: str, there: str, may: bool) -> None:
    assert may_follow(here, there) is may


def test_a_password_goes_to_its_own_server_only(server: Answering) -> None:
    other = Answering()
    try:
        where = server.say("/a.ics", Reply(307, headers={"Location": other.say("/b.ics", Reply(200, CALENDAR))}))
        fetch_file(feed("bot", "secret"), where)
        assert "authorization" in server.asked[0].headers
        assert "authorization" not in other.asked[0].headers
    finally:
        other.close()


def test_redirects_end(server: Answering) -> None:
    where = server.say("/a.ics", Reply(302, headers={"Location": "/a.ics"}))
    with pytest.raises(BadAnswer, match="more than 5 times"):
        fetch_file(feed(), where)
    assert len(server.asked) == 6


@pytest.mark.parametrize("head", [b"HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n", b"HTTP/1.1 200 OK\r\nX-Long: "])
def test_a_server_that_trickles_is_not_waited_for(head: bytes) -> None:
    given_up = threading.Event()

    def trickle(connection: socket.socket) -> None:
        connection.sendall(head)
        while not given_up.wait(0.02):
            connection.sendall(b"B")

    with socket_that(trickle) as url:
        with pytest.raises(Unreachable, match=r"http://feeds\.example did not answer in time"):
            fetch_file(feed(seconds=0.2), url)
        given_up.set()


def test_an_answer_that_ends_too_early_is_none() -> None:
    with (
        socket_that(lambda found: found.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: 99999\r\n\r\n" + CALENDAR)) as url,
        pytest.raises(Unreachable, match="broke off"),
    ):
        fetch_file(feed(), url)


def test_no_error_tells_the_address_or_the_password(server: Answering) -> None:
    where = server.say("/private-8a7b6c/basic.ics?token=t0ps3cret", Reply(401, "who are you, bot:hunter22?"))
    for address in (
        where,
        where.replace("http://127.0.0.1", "http://127.0.0.1:1/private-8a7b6c"),
        "http://127.0.0.1:1/private-8a7b6c?token=t0ps3cret",
    ):
        with pytest.raises(OutsideError) as caught:
            fetch_file(feed("bot", "hunter22"), address)
        assert not [word for word in ("8a7b6c", "t0ps3cret", "hunter22") if word in str(caught.value)]
