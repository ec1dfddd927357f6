"""The routes of the stand-in, as a table, and what happens around each: who asks, the lock, refusals, the log. An unknown route is 501."""

import json
from collections import deque
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rollout.sandbox.jira import issue_routes, remote_link_routes, search_routes, version_routes
from rollout.sandbox.jira.faults import Fault, FaultGate, Faults
from rollout.sandbox.jira.refusals import JiraRefusal, not_served
from rollout.sandbox.jira.site import Ask, Site

Handler = Callable[[Ask], Response]

_API = "/rest/api/2"
ROUTES: tuple[tuple[str, str, Handler], ...] = (
    ("GET", f"{_API}/serverInfo", search_routes.server_info),
    ("GET", f"{_API}/myself", search_routes.myself),
    ("GET", "/rest/auth/1/session", search_routes.session),
    ("GET", "/rest/applinks/latest/listApplicationlinks", search_routes.application_links),
    ("GET", f"{_API}/field", search_routes.fields),
    ("GET", f"{_API}/status", search_routes.statuses),
    ("GET", f"{_API}/statuscategory", search_routes.status_categories),
    ("GET", f"{_API}/priority", search_routes.priorities),
    ("GET", f"{_API}/resolution", search_routes.resolutions),
    ("GET", f"{_API}/issuetype", search_routes.issue_types),
    ("GET", f"{_API}/issueLinkType", search_routes.link_types),
    ("GET", f"{_API}/search", search_routes.search_by_offset),
    ("POST", f"{_API}/search", search_routes.search_by_offset),
    ("GET", f"{_API}/issue/{{issue}}", issue_routes.read_issue),
    ("POST", f"{_API}/issue", issue_routes.create_issue),
    ("PUT", f"{_API}/issue/{{issue}}", issue_routes.edit_issue),
    ("DELETE", f"{_API}/issue/{{issue}}", issue_routes.delete_issue),
    ("GET", f"{_API}/issue/{{issue}}/changelog", issue_routes.changelog),
    ("GET", f"{_API}/issue/{{issue}}/transitions", issue_routes.transitions),
    ("POST", f"{_API}/issue/{{issue}}/transitions", issue_routes.make_transition),
    ("GET", f"{_API}/issue/{{issue}}/comment", issue_routes.comments),
    ("POST", f"{_API}/issue/{{issue}}/comment", issue_routes.add_comment),
    ("GET", f"{_API}/issue/{{issue}}/properties", issue_routes.property_keys),
    ("GET", f"{_API}/issue/{{issue}}/properties/{{property}}", issue_routes.read_property),
    ("PUT", f"{_API}/issue/{{issue}}/properties/{{property}}", issue_routes.put_property),
    ("DELETE", f"{_API}/issue/{{issue}}/properties/{{property}}", issue_routes.delete_property),
    ("GET", f"{_API}/issue/{{issue}}/remotelink", remote_link_routes.read_links),
    ("POST", f"{_API}/issue/{{issue}}/remotelink", remote_link_routes.add_link),
    ("DELETE", f"{_API}/issue/{{issue}}/remotelink", remote_link_routes.delete_by_global_id),
    ("GET", f"{_API}/issue/{{issue}}/remotelink/{{link}}", remote_link_routes.read_link),
    ("PUT", f"{_API}/issue/{{issue}}/remotelink/{{link}}", remote_link_routes.put_link),
    ("DELETE", f"{_API}/issue/{{issue}}/remotelink/{{link}}", remote_link_routes.delete_link),
    ("POST", f"{_API}/issueLink", issue_routes.create_link),
    ("GET", f"{_API}/issueLink/{{link}}", issue_routes.read_link),
    ("DELETE", f"{_API}/issueLink/{{link}}", issue_routes.delete_link),
    ("GET", f"{_API}/project", version_routes.projects),
    ("GET", f"{_API}/project/{{project}}", version_routes.read_project),
    ("GET", f"{_API}/project/{{project}}/versions", version_routes.project_versions),
    ("GET", f"{_API}/project/{{project}}/components", version_routes.project_components),
    ("POST", f"{_API}/version", version_routes.create_version),
    ("GET", f"{_API}/version/{{version}}", version_routes.read_version),
    ("PUT", f"{_API}/version/{{version}}", version_routes.put_version),
    ("DELETE", f"{_API}/version/{{version}}", version_routes.delete_version),
    ("POST", f"{_API}/version/{{version}}/move", version_routes.move_version),
    ("GET", f"{_API}/version/{{version}}/unresolvedIssueCount", version_routes.unresolved_count),
    ("GET", f"{_API}/version/{{version}}/relatedIssueCounts", version_routes.related_counts),
)
_CLOUD_ALONE: tuple[tuple[str, str, Handler], ...] = (
    *((method, f"/rest/api/{version}/search/jql", search_routes.search_by_token) for version in (2, 3) for method in ("GET", "POST")),
    *((method, "/rest/api/3/search", search_routes.search_by_offset) for method in ("GET", "POST")),
    ("POST", f"{_API}/search/approximate-count", search_routes.approximate_count),
    ("POST", "/rest/api/3/search/approximate-count", search_routes.approximate_count),
)


@dataclass(frozen=True)
class Seen:
    """One request that came in, and the status that it was answered with (0 where the connection was cut)."""

    method: str
    path: str
    query: str
    status: int
    body: Any = None


class RequestLog:
    """Notes the last requests to /rest. Wraps an ASGI application, faults included."""

    def __init__(self, app: ASGIApp, keep: int) -> None:
        self._app = app
        self.seen: deque[Seen] = deque(maxlen=keep)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith("/rest"):
            await self._app(scope, receive, send)
            return
        state = scope.setdefault("state", {})

        async def note(message: Message) -> None:
            if message["type"] == "http.response.start":  # noted before it is sent: who has the answer can read the log
                query = scope["query_string"].decode("ascii", "replace")
                self.seen.append(Seen(scope["method"], scope["path"], query, message["status"], state.get("body")))
            await send(message)

        await self._app(scope, receive, note)


def jira_app(site: Site, faults: Faults, keep: int = 20_000) -> RequestLog:
    """The ASGI application of one JIRA. `keep` is how many requests the log holds."""

    def hide(key_or_id: str) -> None:
        with site.store.lock:
            site.store.hide(site.store.issue(key_or_id))

    table = (*ROUTES, *(_CLOUD_ALONE if site.cloud else ()))
    routes = [Route(path, _endpoint(site, handler), methods=[method]) for method, path, handler in table]
    admin = Route("/_admin/faults", _faults_endpoint(faults), methods=["GET", "POST", "DELETE"])
    everything_else = Route("/{path:path}", _endpoint(site, _unknown), methods=["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE"])
    return RequestLog(FaultGate(Starlette(routes=[admin, *routes, everything_else]), faults, hide), keep)


def _endpoint(site: Site, handler: Handler) -> Callable[[Request], Any]:
    async def endpoint(request: Request) -> Response:
        body = await request.body()
        with site.store.lock:
            return _answer(site, handler, request, body)

    return endpoint


def _answer(site: Site, handler: Handler, request: Request, body: bytes) -> Response:
    headers: dict[str, str] = {}
    try:
        ask = _ask(site, request, body)
        if ask.caller is None and "authorization" in request.headers:
            headers["X-Seraph-LoginReason"] = "AUTHENTICATED_FAILED"
        response = handler(ask)
    except JiraRefusal as refusal:
        response = JSONResponse(refusal.body, refusal.status, refusal.headers)
    response.headers.update(headers)
    return response


def _ask(site: Site, request: Request, raw: bytes) -> Ask:
    shapes = site.shapes(str(request.base_url).rstrip("/"), documents=request.url.path.startswith("/rest/api/3/"))
    caller = site.caller(request.headers)
    body = _json(raw) if raw else None
    request.scope.setdefault("state", {})["body"] = body
    path = {**request.path_params, "": f"{request.method} {request.url.path}"}
    return Ask(site, shapes, caller, path, request.query_params, body)


def _json(raw: bytes) -> Any:
    try:
        return json.loads(raw)
    except ValueError:
        raise JiraRefusal(400, "Unexpected character: the body is not JSON.") from None


def _unknown(ask: Ask) -> Response:
    raise not_served(ask.path[""])


def _faults_endpoint(faults: Faults) -> Callable[[Request], Any]:
    """GET lists the faults that are left, POST adds one (the fields of `Fault`), DELETE forgets them all."""

    async def endpoint(request: Request) -> Response:
        if request.method == "DELETE":
            faults.clear()
        elif request.method == "POST":
            try:
                faults.add(Fault(**await request.json()))
            except (TypeError, ValueError) as error:
                return JSONResponse({"error": str(error)}, 400)
        return JSONResponse({"faults": [asdict(fault) for fault in faults.left()]})

    return endpoint
