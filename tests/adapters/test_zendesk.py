"""What is Zendesk's own in the Zendesk adapter; what every desk must do is asked in test_desks."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, RedirectResponse, Response
from starlette.routing import Route

from rollout.adapters.desks.zendesk import ZendeskDesk, as_html, retry_after
from rollout.core.closing import TicketStatus
from rollout.errors import BadAnswer, Gone, Unauthorized, Unreachable
from rollout.sandbox.desk import HelpDesk, HelpDeskServer, InjectedFault, Mishap
from rollout.sandbox.desk.texts import as_plain
from rollout.sandbox.serving import Serving

NOON = datetime(2026, 12, 3, 17, tzinfo=UTC)


@pytest.fixture(scope="module")
def server() -> Iterator[HelpDeskServer]:
    with HelpDeskServer(HelpDesk(lambda: NOON, "bot@example.com", "s3cret")) as one:
        yield one


@pytest.fixture
def desk(server: HelpDeskServer) -> Iterator[ZendeskDesk]:
    server.traffic.clear()
    one = ZendeskDesk("help", server.url, "bot@example.com", "s3cret", timeout=10)
    yield one
    one.close()


def test_it_knows_whom_its_credential_belongs_to(desk: ZendeskDesk) -> None:
    assert desk.whoami() == "bot@example.com"


@pytest.mark.parametrize("status", ["new", "open", "pending", "hold"])
def test_every_status_that_waits_for_somebody_is_open(server: HelpDeskServer, desk: ZendeskDesk, status: str) -> None:
    number = server.desk.add_ticket("Slow", server.desk.add_user("Ana", "ana@acme.example"), status=status)
    ticket = desk.ticket(number)
    assert ticket is not None
    assert ticket.status == TicketStatus.OPEN


@pytest.mark.parametrize(("external_id", "expected"), [("acme", "acme"), (None, "Acme Rowing"), ("", "Acme Rowing")])
def test_the_organization_is_its_external_id_else_its_name(server: HelpDeskServer, desk: ZendeskDesk, external_id: str | None, expected: str) -> None:
    ana = server.desk.add_user("Ana", "ana@acme.example", server.desk.add_organization("Acme Rowing", external_id))
    ticket = desk.ticket(server.desk.add_ticket("Slow", ana))
    assert ticket is not None
    assert ticket.organization == expected


def test_a_requester_of_no_organization_has_none(server: HelpDeskServer, desk: ZendeskDesk) -> None:
    ticket = desk.ticket(server.desk.add_ticket("Slow", server.desk.add_user("Ana", "ana@acme.example")))
    assert ticket is not None
    assert ticket.organization == ""


def test_the_key_is_kept_where_no_reader_sees_it(server: HelpDeskServer, desk: ZendeskDesk) -> None:
    number = server.desk.add_ticket("Slow", server.desk.add_user("Ana", "ana@acme.example"))
    desk.reply(number, "The fix is in.", "key:1", resolve=True)
    said = server.desk.replies[-1]
    assert said.metadata == {"rollout_key": "key:1"}
    assert "key:1" not in said.html


def test_a_slow_answer_is_unreachable_and_the_reply_stands(server: HelpDeskServer) -> None:
    number = server.desk.add_ticket("Slow", server.desk.add_user("Ana", "ana@acme.example"))
    hasty = ZendeskDesk("help", server.url, "bot@example.com", "s3cret", timeout=0.5)
    server.traffic.inject(InjectedFault(kind=Mishap.SLOW, route="^PUT ", seconds=1))
    with pytest.raises(Unreachable, match=f"no answer in time to PUT /api/v2/tickets/{number}.json"):
        hasty.reply(number, "The fix is in.", "key:2", resolve=True)
    assert hasty.was_told(number, "key:2")
    hasty.close()


def test_what_zendesk_says_of_a_refusal_is_told(server: HelpDeskServer, desk: ZendeskDesk) -> None:
    number = server.desk.add_ticket("Slow", server.desk.add_user("Ana", "ana@acme.example"))
    with pytest.raises(BadAnswer, match=r"422: RecordInvalid, Record validation errors, Comment: body cannot be blank"):
        desk.reply(number, " \n", "key:3", resolve=True)


# ── answers that the stand-in never gives ──────────────────────────────────────────────────────────


class Oddity:
    """A server that gives one answer to everything, and counts."""

    def __init__(self) -> None:
        self.answer: Any = Response()
        self.asked: list[str] = []
        self.serving = Serving(Starlette(routes=[Route("/{rest:path}", self._odd, methods=["GET", "PUT"])]))

    async def _odd(self, request: Request) -> Response:
        self.asked.append(f"{request.method} {request.url.path}")
        return self.answer


@pytest.fixture(scope="module")
def oddity() -> Iterator[Oddity]:
    one = Oddity()
    yield one
    one.serving.close()


@pytest.fixture
def odd(oddity: Oddity) -> Iterator[ZendeskDesk]:
    oddity.asked.clear()
    one = ZendeskDesk("help", oddity.serving.url, "bot@example.com", "s3cret", timeout=10)
    yield one
    one.close()


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        ("Thu, 03 Dec 2026 17:01:30 GMT", 90.0),
        ("Thu, 03 Dec 2026 16:00:00 GMT", 0.0),
        ("Thu, 03 Dec 2026 17:00:30 -0000", 30.0),
        ("7", 7.0),
        ("", None),
    ],
)
def test_a_moment_to_wait_for_is_measured_by_the_answers_own_clock(header: str, seconds: float | None) -> None:
    answer = httpx.Response(429, headers={"Date": "Thu, 03 Dec 2026 17:00:00 GMT", "Retry-After": header})
    assert retry_after(answer) == seconds


@pytest.mark.parametrize(
    ("answer", "error", "text"),
    [
        (Response("<h1>No such site</h1>", 404), Gone, "Check the desk's url"),
        (JSONResponse({"error": "InvalidEndpoint", "description": "Not found"}, 404), Gone, "InvalidEndpoint"),
        (Response("gone", 410), Gone, "410"),
        (RedirectResponse("https://elsewhere.example/"), BadAnswer, "307"),
        (Response("<html>login</html>", 200), BadAnswer, "not answered with a JSON object"),
        (JSONResponse([1]), BadAnswer, "not answered with a JSON object"),
        (JSONResponse({}), BadAnswer, "without ticket"),
        (Response("[" * 100_000), BadAnswer, "not answered with a JSON object"),
        (JSONResponse({"ticket": {"status": "deleted", "updated_at": "2026-12-03T17:00:00Z"}}), BadAnswer, "status 'deleted'"),
        (JSONResponse({"ticket": {"status": "open", "updated_at": "soon"}}), BadAnswer, "'soon'"),
        (JSONResponse({"error": "Forbidden"}, 403), Unauthorized, "bot@example.com"),
        (Response("oops", 500), Unreachable, "500"),
        (Response("", 502), Unreachable, "Bad Gateway"),
    ],
)
def test_an_odd_answer_is_told_as_what_it_is(oddity: Oddity, odd: ZendeskDesk, answer: Response, error: type[Exception], text: str) -> None:
    oddity.answer = answer
    with pytest.raises(error, match=text):
        odd.ticket("1")
    assert len(oddity.asked) == 1


def test_the_tickets_own_organization_outranks_that_of_its_requester(oddity: Oddity, odd: ZendeskDesk) -> None:
    raw = {"status": "open", "updated_at": "2026-12-03T17:00:00Z", "requester_id": 5, "organization_id": 2}
    organizations = [{"id": 1, "external_id": "moved-to"}, {"id": 2, "external_id": "acme"}]
    oddity.answer = JSONResponse({"ticket": raw, "users": [{"id": 5, "organization_id": 1}], "organizations": organizations})
    ticket = odd.ticket("1")
    assert ticket is not None
    assert ticket.organization == "acme"


def test_an_anonymous_answer_is_not_taken_for_an_account(oddity: Oddity, odd: ZendeskDesk) -> None:
    oddity.answer = JSONResponse({"user": {"id": None, "name": "Anonymous user"}})
    with pytest.raises(Unauthorized, match="as to a stranger"):
        odd.whoami()


def test_audits_that_never_end_are_given_up(oddity: Oddity, odd: ZendeskDesk) -> None:
    oddity.answer = JSONResponse({"audits": [], "meta": {"has_more": True, "after_cursor": "x"}})
    with pytest.raises(BadAnswer, match="the page mark stands still"):
        odd.was_told("1", "key")
    assert len(oddity.asked) == 2


@pytest.mark.parametrize("audits", [None, {"a": 1}])
def test_audits_without_a_list_are_no_proof_of_silence(oddity: Oddity, odd: ZendeskDesk, audits: Any) -> None:
    oddity.answer = JSONResponse({"audits": audits})
    with pytest.raises(BadAnswer, match="came without a list"):
        odd.was_told("1", "key")


# ── HTML ───────────────────────────────────────────────────────────────────────────────────────────


def test_blank_lines_make_paragraphs_and_line_ends_breaks() -> None:
    assert as_html("Hello Ana,\r\nit is in.\r\n\r\n  2026.12\n") == '<p dir="auto">Hello Ana,<br>it is in.</p><p dir="auto">&nbsp;&nbsp;2026.12</p>'


@given(st.text())
def test_no_text_becomes_markup_or_a_placeholder(text: str) -> None:
    markup = as_html(text)
    inside = markup.replace('<p dir="auto">', "").replace("</p>", "").replace("<br>", "")
    assert not set('<>"{') & set(inside)
    assert json.dumps(markup).encode()


@given(st.text(st.characters(categories=["L", "N", "P", "S"])))
def test_every_visible_character_is_read_again(text: str) -> None:
    assert as_plain(as_html(text)) == text
