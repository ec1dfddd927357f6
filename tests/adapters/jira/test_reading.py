"""All pages of a search are read, whatever the server does in between."""

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout.adapters.jira.reading import cloud_pages, minute, query, server_pages
from rollout.errors import BadAnswer

# ── Queries ────────────────────────────────────────────────────────────────────────────────────────


def test_a_query_is_bounded_by_project_and_time():
    assert query(["TIDE", "BAY"], "2026-11-20 05:30") == (
        'project in ("TIDE", "BAY") AND updated >= "2026-11-20 05:30" ORDER BY updated ASC, key ASC'
    )
    assert query(["TIDE"]) == 'project in ("TIDE") ORDER BY updated ASC, key ASC'


ZONES = st.sampled_from(["UTC", "America/Toronto", "Europe/Paris", "Asia/Kathmandu", "Pacific/Apia", "Australia/Lord_Howe"])
MOMENTS = st.datetimes(datetime(2020, 1, 1), datetime(2030, 1, 1), timezones=st.just(UTC))


@given(MOMENTS | st.builds(lambda minutes: datetime(2026, 11, 1, 3, tzinfo=UTC) + timedelta(minutes=minutes), st.integers(0, 400)), ZONES)
def test_a_minute_is_never_after_the_moment_whichever_way_the_server_reads_it(moment, zone):
    wall = datetime.strptime(minute(moment, zone), "%Y-%m-%d %H:%M")
    readings = [wall.replace(tzinfo=ZoneInfo(zone), fold=fold).astimezone(UTC) for fold in (0, 1)]
    assert max(readings) <= moment
    assert min(readings) > moment - timedelta(hours=2, minutes=1)


@pytest.mark.parametrize("zone", ["", "Nowhere/Special", "../etc"])
def test_in_an_unknown_zone_more_is_asked_for(zone):
    assert minute(datetime(2026, 11, 20, 18, 30, tzinfo=UTC), zone) == "2026-11-20 06:30"


# ── Cloud ──────────────────────────────────────────────────────────────────────────────────────────


def row(number: int, updated: int = 0) -> dict[str, Any]:
    return {"id": str(number), "fields": {"updated": str(updated)}}


def cloud(*answers: dict[str, Any]) -> list[str]:
    left = list(answers)
    asked: list[Mapping[str, Any]] = []

    def ask(path: str, params: Mapping[str, Any]) -> dict[str, Any]:
        asked.append(params)
        return left.pop(0)

    found = [each["id"] for page in cloud_pages("jira", ask, "q", ["updated"], 100) for each in page]
    assert [params.get("nextPageToken") for params in asked] == [None, *(answer.get("nextPageToken") for answer in answers[:-1])]
    return found


def test_cloud_is_read_token_by_token_and_an_empty_page_is_not_the_last():
    first = {"issues": [row(1)], "nextPageToken": "a", "isLast": False}
    empty = {"issues": [], "nextPageToken": "b", "isLast": False}
    assert cloud(first, empty, {"issues": [row(2)], "isLast": True}) == ["1", "2"]


@pytest.mark.parametrize("last", [{"isLast": True}, {"isLast": True, "nextPageToken": "again"}, {}])
def test_cloud_ends_where_it_says_so(last):
    assert cloud({"issues": [row(1)], **last}) == ["1"]


@pytest.mark.parametrize(
    "answers",
    [
        [{"issues": [row(1)], "nextPageToken": "a"}, {"issues": [row(2)], "nextPageToken": "b"}, {"issues": [row(1)], "nextPageToken": "a"}],
        [{"issues": [row(1)], "isLast": False}],
    ],
)
def test_a_token_that_comes_back_or_is_missing_is_an_error(answers):
    with pytest.raises(BadAnswer, match="not how to reach them"):
        cloud(*answers)


@pytest.mark.parametrize("answer", [{}, [], {"issues": None}, {"errorMessages": []}])
def test_a_search_without_issues_is_a_bad_answer(answer):
    with pytest.raises(BadAnswer, match="without a list of issues"):
        list(cloud_pages("jira", lambda *_: answer, "q", [], 100))
    with pytest.raises(BadAnswer, match="without a list of issues"):
        list(server_pages("jira", lambda *_: answer, "q", [], 100))


# ── Data Center ────────────────────────────────────────────────────────────────────────────────────


class Server:
    """Answers as a Data Center does: rows in the order of their update, at most `clamp` of them. `between` acts before each further page."""

    def __init__(self, size: int, clamp: int, between: Callable[["Server", int], None] = lambda *_: None) -> None:
        self.rows = [row(number, number) for number in range(size)]
        self.clamp, self.between = clamp, between
        self.dropped: set[str] = set()
        self.requests = 0

    def ask(self, path: str, params: Mapping[str, Any]) -> dict[str, Any]:
        if self.requests:
            self.between(self, self.requests)
        self.requests += 1
        size, start = min(params["maxResults"], self.clamp), params["startAt"]
        shown = [each for each in self.rows[start : start + size] if each["id"] not in self.dropped]
        return {"startAt": start, "maxResults": size, "total": len(self.rows), "issues": shown}

    def update(self, place: int) -> None:
        moved = self.rows.pop(place % len(self.rows))
        self.rows.append(row(int(moved["id"]), 1000 + self.requests))

    def read(self) -> list[dict[str, Any]]:
        return [each for page in server_pages("jira", self.ask, "q", ["updated"], 1000) for each in page]


@given(st.integers(0, 60), st.integers(1, 20))
def test_data_center_is_read_to_its_total_however_small_its_pages(size, clamp):
    server = Server(size, clamp)
    assert [each["id"] for each in server.read()] == [str(number) for number in range(size)]
    assert server.requests <= max(1, size // max(clamp - 1, 1) + 1)


@given(st.integers(1, 60), st.integers(2, 20), st.sets(st.integers(0, 59)))
def test_rows_that_the_server_drops_do_not_end_the_reading(size, clamp, dropped):
    server = Server(size, clamp)
    server.dropped = {str(number) for number in dropped}
    assert [each["id"] for each in server.read()] == [str(number) for number in range(size) if number not in dropped]


@given(st.integers(2, 50), st.integers(2, 12), st.lists(st.lists(st.integers(0, 59), max_size=6), max_size=8))
def test_no_issue_is_lost_when_others_move_while_we_read(size, clamp, moves):
    def move(server: Server, request: int) -> None:
        for place in moves[request - 1] if request <= len(moves) else ():
            server.update(place)

    server = Server(size, clamp, move)
    assert {each["id"] for each in server.read()} == {str(number) for number in range(size)}


@given(st.integers(2, 50), st.integers(2, 12), st.lists(st.lists(st.integers(0, 59), max_size=12), max_size=8))
def test_no_issue_is_lost_when_others_vanish_while_we_read(size, clamp, removals):
    def remove(server: Server, request: int) -> None:
        for place in removals[request - 1] if request <= len(removals) else ():
            if server.rows:
                server.rows.pop(place % len(server.rows))

    server = Server(size, clamp, remove)
    read = {each["id"] for each in server.read()}
    assert {each["id"] for each in server.rows} <= read


def test_an_issue_that_is_updated_while_we_read_comes_again_as_it_is_now():
    server = Server(6, 3, lambda server, request: server.update(0) if request == 1 else None)
    assert [(each["id"], each["fields"]["updated"]) for each in server.read()] == [
        *((str(number), str(number)) for number in range(6)),
        ("0", "1001"),
    ]


@pytest.mark.parametrize("answer", [{"issues": [row(1)]}, {"issues": [row(1)], "total": "many"}, {"issues": [], "total": 5}])
def test_a_page_without_its_numbers_is_a_bad_answer(answer):
    with pytest.raises(BadAnswer, match="without a number in"):
        list(server_pages("jira", lambda *_: answer, "q", [], 100))
