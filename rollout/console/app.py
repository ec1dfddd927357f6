"""The console's application: who may come in, and which page answers where."""

import hmac
import secrets
from collections.abc import Awaitable, Callable
from pathlib import Path

from fastapi import FastAPI, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from rollout.console.looking import Looking
from rollout.console.pages import client, coverage, overview, release, tickets
from rollout.errors import FaultsFound, NotFound, RolloutError

COOKIE = "rollout_console"
_HEADERS = {
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "Cache-Control": "no-store",
}


def make_token() -> str:
    """A new token, which nobody can guess."""
    return secrets.token_urlsafe(24)


def console(workspace: Path, token: str) -> FastAPI:
    """The application for one workspace. Whoever comes with `?token=` is let in, and remembered by a cookie."""
    app = FastAPI(title="rollout", docs_url=None, redoc_url=None, openapi_url=None)
    looking = Looking(workspace)
    for page in (overview, release, client, tickets, coverage):
        page.add(app, looking)
    app.add_exception_handler(RolloutError, lambda request, error: _refused(looking, request, error))
    app.add_exception_handler(404, lambda request, _: _refused(looking, request, NotFound(f"the console has no page {request.url.path}")))

    @app.middleware("http")
    async def guarded(request: Request, answer: Callable[[Request], Awaitable[Response]]) -> Response:
        response = _let_in(request, token) or await answer(request)
        response.headers.update(_HEADERS)
        return response

    return app


def _let_in(request: Request, token: str) -> Response | None:
    """None for those who may see the page; for others the door, or the way past it."""
    if hmac.compare_digest(request.query_params.get("token", "").encode(), token.encode()):
        response = RedirectResponse(request.url.path, status_code=303)
        response.set_cookie(COOKIE, token, httponly=True, samesite="strict")
        return response
    if hmac.compare_digest(request.cookies.get(COOKIE, "").encode(), token.encode()):
        return None
    return HTMLResponse("<!doctype html><title>rollout</title><p>Open the address that <code>rollout console</code> printed.", status_code=401)


def _refused(looking: Looking, _: Request, error: Exception) -> Response:
    status = 404 if isinstance(error, NotFound) else 500 if isinstance(error, FaultsFound) else 409
    return HTMLResponse(looking.page("refused.html.j2", title="That did not work", text=str(error)), status_code=status)
