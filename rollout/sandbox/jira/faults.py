"""Makes the stand-in fail on purpose, as the network and a JIRA do. It stands in front of the routes: an ASGI application around another.

kinds   a status (429, 503, 401, 403, 410, …)   answered at once, nothing is done
        drop      the request takes effect, then the connection is cut without a word
        slow      the request waits first
        half      the answer breaks off in the middle, and the connection with it
        garbled   the answer breaks off in the middle, but says that it is whole
        vanish    after the answer, one issue can no longer be seen: `issue`, or the last one on the page
        repeat    the answer's nextPageToken is the first one that this fault saw, again and again
"""

import asyncio
import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

_KINDS = frozenset({"drop", "slow", "half", "garbled", "vanish", "repeat"})
_TEXTS = {
    401: "Client must be authenticated to access this resource.",
    403: "Login denied: CAPTCHA_CHALLENGE.",
    410: "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API.",
    429: "Rate limit exceeded.",
    503: "The service is temporarily unavailable.",
}
_HEADERS = {
    401: {"WWW-Authenticate": 'OAuth realm="jira"'},
    403: {"X-Authentication-Denied-Reason": "CAPTCHA_CHALLENGE; login-url=/login.jsp", "X-Seraph-LoginReason": "AUTHENTICATION_DENIED"},
    429: {"RateLimit-Reason": "jira-burst-based", "X-RateLimit-Remaining": "0"},
}


@dataclass
class Fault:
    """What goes wrong, for the next `count` requests that fit: `method` (any, if empty) and `path`, a regular expression found in the path.

    `retry_after` is sent as it is: seconds, a fraction, an HTTP date; None sends no such header.
    """

    kind: str
    count: int = 1
    method: str = ""
    path: str = ""
    retry_after: str | None = None
    seconds: float = 0.0
    issue: str = ""
    token: str = field(default="", repr=False)

    def __post_init__(self) -> None:
        if not (self.kind in _KINDS or self.kind.isdecimal()):
            raise ValueError(f"'{self.kind}' is no kind of fault. Known: a status, {', '.join(sorted(_KINDS))}.")
        try:
            re.compile(self.path)
        except re.error as error:
            raise ValueError(f"path '{self.path}' is no regular expression: {error}") from None

    def fits(self, method: str, path: str) -> bool:
        return self.count > 0 and self.method.upper() in ("", method) and re.search(self.path, path) is not None


class Faults:
    """The faults that are still to come, in the order of their making."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._faults: list[Fault] = []
        self._acts: list[tuple[str, str, Callable[[], Any]]] = []

    def meanwhile(self, act: Callable[[], Any], method: str, path: str) -> None:
        """Do something right before the next request that fits is handled: how a race is lost on purpose."""
        with self._lock:
            self._acts.append((method, path, act))

    def due(self, method: str, path: str) -> list[Callable[[], Any]]:
        """What is to be done before this request, once."""
        with self._lock:
            due = [each for each in self._acts if each[0] in ("", method) and re.search(each[1], path)]
            self._acts = [each for each in self._acts if each not in due]
            return [act for _, _, act in due]

    def add(self, fault: Fault) -> None:
        with self._lock:
            self._faults.append(fault)

    def clear(self) -> None:
        with self._lock:
            self._faults.clear()
            self._acts.clear()

    def left(self) -> list[Fault]:
        """Those that have not been used up."""
        with self._lock:
            return [fault for fault in self._faults if fault.count > 0]

    def take(self, method: str, path: str) -> Fault | None:
        """The first fault that fits, one use of it spent."""
        with self._lock:
            fault = next((each for each in self._faults if each.fits(method, path)), None)
            if fault is not None:
                fault.count -= 1
            return fault


@dataclass
class _Answer:
    """What the routes answered, held back."""

    start: Message
    body: bytes

    @property
    def data(self) -> Any:
        return json.loads(self.body)

    def with_body(self, body: bytes, declared: int | None = None) -> "_Answer":
        length = str(len(body) if declared is None else declared).encode()
        headers = [(name, value) for name, value in self.start["headers"] if name != b"content-length"]
        return _Answer({**self.start, "headers": [*headers, (b"content-length", length)]}, body)

    async def deliver(self, send: Send) -> None:
        await send(self.start)
        await send({"type": "http.response.body", "body": self.body})


class FaultGate:
    """Lets requests through to `app` unless a fault fits. `hide` makes an issue (by key or id) invisible."""

    def __init__(self, app: ASGIApp, faults: Faults, hide: Callable[[str], None]) -> None:
        self._app = app
        self._faults = faults
        self._hide = hide

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http" or not scope["path"].startswith("/rest"):
            await self._app(scope, receive, send)
            return
        for act in self._faults.due(scope["method"], scope["path"]):
            await asyncio.to_thread(act)
        fault = self._faults.take(scope["method"], scope["path"])
        if fault is None:
            await self._app(scope, receive, send)
        elif fault.kind.isdecimal():
            await _refusal(int(fault.kind), fault.retry_after).deliver(send)
        elif fault.kind == "slow":
            await asyncio.sleep(fault.seconds)
            await self._app(scope, receive, send)
        else:
            await self._spoil(fault, await self._answer(scope, receive), send)

    async def _answer(self, scope: Scope, receive: Receive) -> _Answer:
        messages: list[Message] = []

        async def keep(message: Message) -> None:
            messages.append(message)

        await self._app(scope, receive, keep)
        return _Answer(messages[0], b"".join(message.get("body", b"") for message in messages[1:]))

    async def _spoil(self, fault: Fault, answer: _Answer, send: Send) -> None:
        half = answer.body[: len(answer.body) // 2]
        if fault.kind == "drop":
            await _cut(send)
        elif fault.kind == "half":
            await send(answer.with_body(half, declared=len(answer.body)).start)
            await send({"type": "http.response.body", "body": half, "more_body": True})
        elif fault.kind == "garbled":
            await answer.with_body(half).deliver(send)
        elif fault.kind == "repeat":
            await _repeated(fault, answer).deliver(send)
        else:
            vanishing = fault.issue or next((each["id"] for each in reversed(answer.data.get("issues", []))), "")
            if vanishing:
                self._hide(vanishing)
            await answer.deliver(send)


def _repeated(fault: Fault, answer: _Answer) -> _Answer:
    fault.token = fault.token or answer.data.get("nextPageToken", "")
    return answer.with_body(json.dumps({**answer.data, "nextPageToken": fault.token, "isLast": False}).encode())


def _refusal(status: int, retry_after: str | None) -> _Answer:
    text = _TEXTS.get(status, f"The stand-in answers {status}, as it was told to.")
    body = json.dumps({"errorMessages": [text], "errors": {}}).encode()
    headers = {"content-type": "application/json", **_HEADERS.get(status, {})}
    if retry_after is not None:
        headers["Retry-After"] = retry_after
    start = {"type": "http.response.start", "status": status, "headers": [(name.encode(), value.encode()) for name, value in headers.items()]}
    return _Answer(start, body).with_body(body)


async def _cut(send: Send) -> None:
    """Close the connection without a byte. ASGI has no word for it; a server that is told to send a status that does not exist can only hang up."""
    await send({"type": "http.response.start", "status": 0, "headers": []})
