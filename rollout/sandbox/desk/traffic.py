"""What goes over the wire: remembers every request, and makes the next ones go wrong in the way that was asked for."""

import asyncio
import re
import threading
from collections.abc import Callable
from enum import StrEnum

from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rollout.core.values import Value

ADMIN = "/_admin/"


class Mishap(StrEnum):
    """What can go wrong. `dropped` and `slow` happen after the request has taken effect, the others instead of it."""

    UNAVAILABLE = "unavailable"
    THROTTLED = "throttled"
    DROPPED = "dropped"
    SLOW = "slow"


class InjectedFault(Value):
    """One mishap for the next `count` requests whose "METHOD /path" the pattern `route` is found in.

    `status` is what `unavailable` answers; `retry_after` goes into the header as it stands; `seconds` is how late a slow answer comes.
    """

    kind: Mishap
    count: int = 1
    route: str = ""
    status: int = 503
    retry_after: str | None = None
    seconds: float = 1.0


class Traffic:
    """All requests so far, and the faults to come. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._seen: list[str] = []
        self._faults: list[InjectedFault] = []
        self._meanwhile: list[tuple[str, Callable[[], None]]] = []

    @property
    def requests(self) -> tuple[str, ...]:
        """Every request so far as "METHOD /path", oldest first, without the admin ones."""
        with self._lock:
            return tuple(self._seen)

    @property
    def faults(self) -> tuple[InjectedFault, ...]:
        """The faults still to come."""
        with self._lock:
            return tuple(self._faults)

    def inject(self, fault: InjectedFault) -> None:
        """Let the next matching requests go wrong; several faults are used up in the order of their injection."""
        with self._lock:
            self._faults.append(fault)

    def clear(self) -> None:
        """Let everything go well again."""
        with self._lock:
            self._faults.clear()
            self._meanwhile.clear()

    def meanwhile(self, route: str, act: Callable[[], None]) -> None:
        """Do something right before the next matching request is handled: how a race is lost on purpose. It may ask the desk itself."""
        with self._lock:
            self._meanwhile.append((route, act))

    def around(self, app: ASGIApp) -> ASGIApp:
        """The application behind this traffic."""

        async def watched(scope: Scope, receive: Receive, send: Send) -> None:
            if scope["type"] != "http" or scope["path"].startswith(ADMIN):
                return await app(scope, receive, send)
            line = f"{scope['method']} {scope['path']}"
            for act in self._note(line):
                await asyncio.to_thread(act)
            return await self._carry(self._take(line), app, scope, receive, send)

        return watched

    async def _carry(self, fault: InjectedFault | None, app: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        if fault is None:
            return await app(scope, receive, send)
        if fault.kind in (Mishap.UNAVAILABLE, Mishap.THROTTLED):
            return await _refused(fault)(scope, receive, send)
        messages: list[Message] = []

        async def keep(message: Message) -> None:
            messages.append(message)

        await app(scope, receive, keep)
        if fault.kind == Mishap.DROPPED:
            return await _broken_off(send)
        await asyncio.sleep(fault.seconds)
        for message in messages:
            await send(message)
        return None

    def _note(self, line: str) -> list[Callable[[], None]]:
        with self._lock:
            self._seen.append(line)
            due = [entry for entry in self._meanwhile if re.search(entry[0], line)]
            self._meanwhile = [entry for entry in self._meanwhile if entry not in due]
            return [act for _, act in due]

    def _take(self, line: str) -> InjectedFault | None:
        with self._lock:
            for place, fault in enumerate(self._faults):
                if re.search(fault.route, line):
                    left = [fault.model_copy(update={"count": fault.count - 1})] if fault.count > 1 else []
                    self._faults[place : place + 1] = left
                    return fault
            return None


def _refused(fault: InjectedFault) -> Response:
    headers = {} if fault.retry_after is None else {"Retry-After": fault.retry_after}
    if fault.kind == Mishap.THROTTLED:
        body = {"error": "APIRateLimitExceeded", "description": "Number of allowed API requests per minute exceeded"}
        return JSONResponse(body, status_code=429, headers=headers)
    return PlainTextResponse("the desk is down for maintenance", status_code=fault.status, headers=headers)


async def _broken_off(send: Send) -> None:
    """Promise an answer and fall silent: the server then closes the connection, and the caller cannot know what happened."""
    await send({"type": "http.response.start", "status": 200, "headers": [(b"content-length", b"1000")]})
    await send({"type": "http.response.body", "body": b"{", "more_body": False})
