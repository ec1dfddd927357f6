"""The help desk stand-in keeps the rules that a real desk has, over HTTP."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx
import pytest

from rollout.sandbox.desk import HelpDesk, HelpDeskServer, InjectedFault, Mishap

NOON = datetime(2026, 12, 3, 17, tzinfo=UTC)


@pytest.fixture(scope="module")
def server() -> Iterator[HelpDeskServer]:
    with HelpDeskServer(HelpDesk(lambda: NOON, "bot@example.com", "s3cret")) as one:
        yield one


@pytest.fixture
def desk(server: HelpDeskServer) -> HelpDesk:
    server.traffic.clear()
    return server.desk


@pytest.fixture(scope="module")
def web(server: HelpDeskServer) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=server.url, auth=("bot@example.com/token", "s3cret"), timeout=10) as client:
        yield client


@pytest.fixture
def ticket(desk: HelpDesk) -> str:
    ana = desk.add_user("Ana", "ana@acme.example", desk.add_organization("Acme Rowing", "acme"))
    return desk.add_ticket("Export crashes", ana, "Hello\n\nit crashes")


Put = Callable[..., httpx.Response]


@pytest.fixture
def put(web: httpx.Client, ticket: str) -> Put:
    return lambda **fields: web.put(f"/api/v2/tickets/{ticket}.json", json={"ticket": fields})


def test_a_ticket_comes_with_its_people(web: httpx.Client, ticket: str) -> None:
    answer = web.get(f"/api/v2/tickets/{ticket}.json", params={"include": "users,organizations"}).json()
    shown = answer["ticket"]
    assert (shown["subject"], shown["status"], shown["updated_at"]) == ("Export crashes", "open", "2026-12-03T17:00:00Z")
    assert [user["id"] for user in answer["users"]] == [shown["requester_id"]]
    assert [(one["id"], one["external_id"]) for one in answer["organizations"]] == [(shown["organization_id"], "acme")]


@pytest.mark.parametrize("auth", [None, ("bot@example.com/token", "wrong"), ("bot@example.com", "s3cret")])
def test_only_the_token_lets_in(server: HelpDeskServer, ticket: str, auth: Any) -> None:
    answer = httpx.get(f"{server.url}/api/v2/tickets/{ticket}.json", auth=auth)
    assert (answer.status_code, answer.json()["error"]) == (401, "Couldn't authenticate you")


def test_a_stranger_who_asks_who_he_is_hears_nobody(server: HelpDeskServer, web: httpx.Client) -> None:
    assert httpx.get(f"{server.url}/api/v2/users/me.json").json()["user"]["id"] is None
    assert web.get("/api/v2/users/me.json").json()["user"]["email"] == "bot@example.com"


def test_an_unknown_ticket_is_404(web: httpx.Client) -> None:
    answer = web.get("/api/v2/tickets/424242.json")
    assert (answer.status_code, answer.json()) == (404, {"error": "RecordNotFound", "description": "Not found"})


@pytest.mark.parametrize(
    ("method", "path"), [("GET", "/api/v2/search.json"), ("DELETE", "/api/v2/tickets/1.json"), ("GET", "/"), ("POST", "/api/v2/tickets")]
)
def test_what_is_not_there_is_501(web: httpx.Client, method: str, path: str) -> None:
    answer = web.request(method, path)
    assert answer.status_code == 501
    assert f"{method} {path}" in answer.json()["description"]


def test_a_field_that_it_does_not_know_is_501_and_nothing_happens(desk: HelpDesk, put: Put, ticket: str) -> None:
    answer = put(status="solved", priority="high")
    assert (answer.status_code, desk.status(ticket)) == (501, "open")
    assert "ticket.priority" in answer.json()["description"]


def test_one_put_replies_solves_tags_and_keeps_the_metadata(desk: HelpDesk, web: httpx.Client, put: Put, ticket: str) -> None:
    answer = put(comment={"html_body": "<p>It is <b>in</b></p>", "public": True}, status="solved", additional_tags=["told"], metadata={"k": "1"})
    assert (answer.status_code, answer.json()["ticket"]["status"], answer.json()["ticket"]["tags"]) == (200, "solved", ["told"])
    audit = web.get(f"/api/v2/tickets/{ticket}/audits.json").json()["audits"][-1]
    assert audit == answer.json()["audit"]
    assert audit["metadata"]["custom"] == {"k": "1"}
    assert [(event["type"], event.get("field_name")) for event in audit["events"]] == [("Comment", None), ("Change", "status"), ("Change", "tags")]
    assert [(one.ticket, one.text, one.status, one.at) for one in desk.replies if one.ticket == ticket] == [
        (ticket, "It is in", "solved", NOON + timedelta(seconds=1))
    ]


def test_an_internal_comment_is_no_reply(desk: HelpDesk, put: Put, ticket: str) -> None:
    assert put(comment={"body": "for us", "public": False}).status_code == 200
    assert [one for one in desk.replies if one.ticket == ticket] == []


def test_an_update_that_changes_nothing_leaves_no_audit(web: httpx.Client, put: Put, ticket: str) -> None:
    answer = put(status="open", metadata={"k": "1"})
    assert (answer.status_code, answer.json()["audit"]) == (200, None)
    assert len(web.get(f"/api/v2/tickets/{ticket}/audits.json").json()["audits"]) == 1


def test_a_safe_update_of_a_ticket_that_moved_is_409(desk: HelpDesk, put: Put, ticket: str) -> None:
    seen = put(comment={"body": "one"}, safe_update=True, updated_stamp="2026-12-03T17:00:00Z").json()["ticket"]["updated_at"]
    desk.agent_replies(ticket, "two")
    answer = put(comment={"body": "three"}, safe_update=True, updated_stamp=seen)
    assert (answer.status_code, answer.json()["error"]) == (409, "UpdateConflict")
    assert [one.text for one in desk.replies if one.ticket == ticket] == ["one"]


def test_a_closed_ticket_takes_nothing_more(desk: HelpDesk, put: Put, ticket: str) -> None:
    desk.close_ticket(ticket)
    answer = put(status="open")
    assert (answer.status_code, answer.json()["error"]) == (422, "RecordInvalid")
    assert answer.json()["details"] == {"status": [{"description": "Status: closed prevents ticket update"}]}


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"status": "done"}, "status"),
        ({"status": "new"}, "status"),
        ({"comment": {"body": " "}}, "comment"),
        ({"comment": {"body": "a", "html_body": "b"}}, "comment"),
        ({"metadata": {"k": "x" * 1024}}, "metadata"),
        ({"safe_update": True}, "updated_stamp"),
        ({"comment": "text"}, "comment"),
    ],
)
def test_a_value_that_cannot_be_is_422_with_its_field(put: Put, fields: dict[str, Any], field: str) -> None:
    answer = put(**fields)
    assert (answer.status_code, list(answer.json()["details"])) == (422, [field])


@pytest.mark.parametrize("body", [b"", b"[]", b'{"comment": {}}', b"{"])
def test_a_body_without_a_ticket_is_400(web: httpx.Client, ticket: str, body: bytes) -> None:
    assert web.put(f"/api/v2/tickets/{ticket}.json", content=body).status_code == 400


@pytest.mark.parametrize("status", ["pending", "solved"])
def test_the_requesters_word_opens_the_ticket_again(desk: HelpDesk, ticket: str, status: str) -> None:
    desk.agent_replies(ticket, "try this", status)
    desk.requester_replies(ticket, "still broken")
    assert desk.status(ticket) == "open"


@pytest.mark.parametrize("name", ["audits", "comments"])
def test_lists_come_in_pages_by_cursor_and_by_number(desk: HelpDesk, web: httpx.Client, ticket: str, name: str) -> None:
    for turn in range(4):
        desk.agent_replies(ticket, f"word {turn}")
    path = f"/api/v2/tickets/{ticket}/{name}.json"
    whole = web.get(path).json()
    assert (whole["count"], len(whole[name]), whole["next_page"]) == (5, 5, None)
    assert _walk(web, f"{path}?page[size]=2", name, lambda page: page["links"]["next"]) == whole[name]
    assert _walk(web, f"{path}?per_page=2", name, lambda page: page["next_page"]) == whole[name]


def _walk(web: httpx.Client, url: str | None, name: str, following: Callable[[Any], str | None]) -> list[Any]:
    found: list[Any] = []
    while url:
        page = web.get(url).json()
        found += page[name]
        url = following(page)
    return found


@pytest.mark.parametrize("query", ["page[size]=2&page[after]=nonsense", "page[size]=many", "page=two"])
def test_a_page_that_cannot_be_is_400(web: httpx.Client, ticket: str, query: str) -> None:
    assert web.get(f"/api/v2/tickets/{ticket}/audits.json?{query}").status_code == 400


def test_jira_links_are_found_by_the_issues_id_only(desk: HelpDesk, web: httpx.Client, ticket: str) -> None:
    desk.link_issue(ticket, "10007", "TIDE-7")
    desk.link_issue(ticket, "10008", "TIDE-8")
    found = web.get("/api/v2/jira/links", params={"filter[issue_id]": "10007"}).json()["links"]
    assert [(link["issue_key"], link["ticket_id"]) for link in found] == [("TIDE-7", ticket)]
    assert web.get("/api/v2/jira/links", params={"filter[issue_key]": "TIDE-7"}).status_code == 400


def test_the_human_page_shows_text_and_no_markup_of_others(desk: HelpDesk, server: HelpDeskServer) -> None:
    number = desk.add_ticket("<script>alert(1)</script>", desk.add_user("A <b>", "a@x.example"), "<img src=x>")
    page = httpx.get(f"{server.url}/agent/tickets/{number}")
    assert page.headers["content-type"].startswith("text/html")
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page.text
    assert "&lt;img src=x&gt;" in page.text
    assert "<script>" not in page.text
    assert "<img" not in page.text


# ── faults ─────────────────────────────────────────────────────────────────────────────────────────


def test_a_fault_hits_as_many_matching_requests_as_it_says(server: HelpDeskServer, web: httpx.Client, put: Put, ticket: str) -> None:
    server.traffic.inject(InjectedFault(kind=Mishap.UNAVAILABLE, count=2, route="^PUT "))
    assert web.get(f"/api/v2/tickets/{ticket}.json").status_code == 200
    assert [put(status="pending").status_code for _ in range(3)] == [503, 503, 200]


def test_throttling_sends_the_header_as_it_was_asked_for(server: HelpDeskServer, web: httpx.Client, ticket: str) -> None:
    server.traffic.inject(InjectedFault(kind=Mishap.THROTTLED, retry_after="2.5"))
    answer = web.get(f"/api/v2/tickets/{ticket}.json")
    assert (answer.status_code, answer.headers["Retry-After"]) == (429, "2.5")


def test_a_dropped_answer_comes_after_the_effect(desk: HelpDesk, server: HelpDeskServer, put: Put, ticket: str) -> None:
    server.traffic.inject(InjectedFault(kind=Mishap.DROPPED))
    with pytest.raises(httpx.RemoteProtocolError):
        put(comment={"body": "told"}, status="solved")
    assert desk.status(ticket) == "solved"


def test_faults_can_be_set_over_http(server: HelpDeskServer, web: httpx.Client, ticket: str) -> None:
    fault = {"kind": "throttled", "count": 3, "route": "GET .*tickets", "retry_after": "7"}
    assert web.post("/_admin/faults", json=fault).status_code == 201
    assert web.get(f"/api/v2/tickets/{ticket}.json").status_code == 429
    assert [one["count"] for one in web.get("/_admin/faults").json()["faults"]] == [2]
    assert web.delete("/_admin/faults").status_code == 204
    assert web.get(f"/api/v2/tickets/{ticket}.json").status_code == 200
    assert web.post("/_admin/faults", json={"kind": "flood"}).status_code == 422


def test_requests_are_remembered_without_the_admin_ones(server: HelpDeskServer, web: httpx.Client, ticket: str) -> None:
    before = len(server.traffic.requests)
    web.get("/_admin/faults")
    web.get(f"/api/v2/tickets/{ticket}.json?include=users")
    assert server.traffic.requests[before:] == (f"GET /api/v2/tickets/{ticket}.json",)
