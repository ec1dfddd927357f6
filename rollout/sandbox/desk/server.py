"""Serves a help desk over HTTP: routes, credentials, refusals. Every rule about tickets is the desk's own."""

import base64
import binascii
import json
from collections.abc import Awaitable, Callable
from typing import Any

from pydantic import ValidationError
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response
from starlette.routing import Route

from rollout.sandbox.desk.helpdesk import HelpDesk
from rollout.sandbox.desk.page import ticket_page
from rollout.sandbox.desk.records import Refusal, Update
from rollout.sandbox.desk.shapes import audit_shape, comment_shape, link_shape, organization_shape, paged, ticket_shape, user_shape
from rollout.sandbox.desk.traffic import InjectedFault, Traffic
from rollout.sandbox.serving import Serving

_ANONYMOUS = {"user": {"id": None, "name": "Anonymous user", "email": "invalid@example.com", "role": "end-user"}}


class HelpDeskServer(Serving):
    """A help desk that answers at `url`; `traffic` has its requests and faults."""

    def __init__(self, desk: HelpDesk, port: int = 0) -> None:
        self.desk = desk
        self.traffic = Traffic()
        super().__init__(self.traffic.around(application(desk, self.traffic)), port)


def application(desk: HelpDesk, traffic: Traffic) -> Starlette:
    """The desk's routes; whatever else is asked for is answered with 501."""
    api = _Api(desk, traffic)
    ticket = "/api/v2/tickets/{id:int}"
    routes = [
        *_routes(ticket, api.read_ticket),
        *_routes(ticket, api.update_ticket, "PUT"),
        *_routes(f"{ticket}/comments", api.comments),
        *_routes(f"{ticket}/audits", api.audits),
        *_routes("/api/v2/jira/links", api.jira_links),
        *_routes("/api/v2/users/me", api.me),
        Route("/agent/tickets/{id:int}", api.page),
        Route("/_admin/faults", api.inject, methods=["POST"]),
        Route("/_admin/faults", api.pending, methods=["GET"]),
        Route("/_admin/faults", api.clear, methods=["DELETE"]),
    ]
    return Starlette(routes=routes, exception_handlers={HTTPException: _unknown, Refusal: _refused})


def _routes(path: str, endpoint: Callable[[Request], Awaitable[Response]], method: str = "GET") -> list[Route]:
    return [Route(f"{path}{ending}", endpoint, methods=[method]) for ending in ("", ".json")]


class _Api:
    """One method per route."""

    def __init__(self, desk: HelpDesk, traffic: Traffic) -> None:
        self._desk, self._traffic = desk, traffic

    async def read_ticket(self, request: Request) -> Response:
        self._admit(request)
        ticket = self._desk.find(request.path_params["id"])
        shape: dict[str, Any] = {"ticket": ticket_shape(ticket, _base(request))}
        wanted = set(filter(None, request.query_params.get("include", "").split(",")))
        if wanted - {"users", "organizations"}:
            raise Refusal(501, "NotImplemented", f"this stand-in cannot include {', '.join(sorted(wanted))}")
        people = self._desk.people([ticket.requester_id, *([ticket.assignee_id] if ticket.assignee_id else [])])
        if "users" in wanted:
            shape["users"] = [user_shape(one) for one in people]
        if "organizations" in wanted:
            shape["organizations"] = [organization_shape(one) for one in self._desk.organizations([ticket.organization_id])]
        return JSONResponse(shape)

    async def update_ticket(self, request: Request) -> Response:
        self._admit(request)
        ticket, audit = self._desk.update(request.path_params["id"], _update(await request.body()))
        shape = {"ticket": ticket_shape(ticket, _base(request)), "audit": audit_shape(ticket, audit) if audit else None}
        return JSONResponse(shape)

    async def comments(self, request: Request) -> Response:
        self._admit(request)
        ticket = self._desk.find(request.path_params["id"])
        return _list("comments", [comment_shape(audit, comment) for audit, comment in ticket.comments], request)

    async def audits(self, request: Request) -> Response:
        self._admit(request)
        ticket = self._desk.find(request.path_params["id"])
        return _list("audits", [audit_shape(ticket, audit) for audit in ticket.audits], request)

    async def jira_links(self, request: Request) -> Response:
        self._admit(request)
        filters = {name for name in request.query_params if name.startswith("filter[")}
        if filters - {"filter[issue_id]"}:
            raise Refusal(400, "BadRequest", f"links can be filtered by issue_id, not by {', '.join(sorted(filters))}")
        links = self._desk.links(request.query_params.get("filter[issue_id]"))
        return _list("links", [link_shape(link) for link in links], request)

    async def me(self, request: Request) -> Response:
        if "authorization" not in request.headers:
            return JSONResponse(_ANONYMOUS)
        self._admit(request)
        return JSONResponse({"user": user_shape(self._desk.user_of(self._desk.agent))})

    async def page(self, request: Request) -> Response:
        return HTMLResponse(ticket_page(self._desk, self._desk.find(request.path_params["id"])))

    async def inject(self, request: Request) -> Response:
        try:
            fault = InjectedFault.model_validate_json(await request.body())
        except ValidationError as error:
            raise Refusal(422, "InvalidFault", str(error)) from None
        self._traffic.inject(fault)
        return JSONResponse(fault.model_dump(mode="json"), status_code=201)

    async def pending(self, request: Request) -> Response:
        del request
        return JSONResponse({"faults": [fault.model_dump(mode="json") for fault in self._traffic.faults]})

    async def clear(self, request: Request) -> Response:
        del request
        self._traffic.clear()
        return Response(status_code=204)

    def _admit(self, request: Request) -> None:
        if _credential(request) != f"{self._desk.user}/token:{self._desk.token}":
            raise Refusal(401, "Couldn't authenticate you", "the credential was not accepted")


def _credential(request: Request) -> str:
    scheme, _, encoded = request.headers.get("authorization", "").partition(" ")
    try:
        return base64.b64decode(encoded, validate=True).decode() if scheme.lower() == "basic" else ""
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _update(body: bytes) -> Update:
    """The update that the body asks for. A field that is not known here is 501: the real one would ignore it without a word."""
    try:
        sent = json.loads(body)
    except ValueError:
        raise Refusal(400, "InvalidJSON", "the body is not JSON") from None
    if not isinstance(sent, dict) or not isinstance(sent.get("ticket"), dict):
        raise Refusal(400, "InvalidAttribute", "ticket must be an object")
    try:
        return Update.model_validate(sent["ticket"])
    except ValidationError as error:
        raise _misfit(error) from None


def _misfit(error: ValidationError) -> Refusal:
    faults = {".".join(str(part) for part in each["loc"]): each for each in error.errors()}
    unknown = [name for name, each in faults.items() if each["type"] == "extra_forbidden"]
    if unknown:
        return Refusal(501, "NotImplemented", f"this stand-in does not know ticket.{', ticket.'.join(unknown)}")
    return Refusal(422, "RecordInvalid", "Record validation errors", {name: [{"description": each["msg"]}] for name, each in faults.items()})


def _list(name: str, shapes: list[dict[str, Any]], request: Request) -> Response:
    return JSONResponse(paged(name, shapes, request.query_params, request.url))


def _base(request: Request) -> str:
    return str(request.base_url).rstrip("/")


async def _refused(request: Request, error: Exception) -> Response:
    del request
    assert isinstance(error, Refusal)
    headers = {"WWW-Authenticate": 'Basic realm="desk"'} if error.status == 401 else None
    return JSONResponse(error.body, status_code=error.status, headers=headers)


async def _unknown(request: Request, error: Exception) -> Response:
    del error
    text = f"this stand-in has no {request.method} {request.url.path}"
    return JSONResponse({"error": "NotImplemented", "description": text}, status_code=501)
