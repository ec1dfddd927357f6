"""A real HTTP server on loopback that answers as a test tells it, and remembers what it was asked."""

import socket
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from rollout.sandbox.serving import Serving


@dataclass(frozen=True)
class Asked:
    """A request as it came in."""

    method: str
    path: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Reply:
    """What to answer."""

    status: int = 200
    body: bytes | str = b""
    headers: Mapping[str, str] = field(default_factory=dict)


class Answering:
    """Answers each path with its replies in turn, the last one for ever; 404 for a path that it was told nothing of."""

    def __init__(self) -> None:
        self.asked: list[Asked] = []
        self._replies: dict[str, list[Reply]] = {}
        self._serving = Serving(Starlette(routes=[Route("/{rest:path}", self._answer, methods=["GET", "POST", "REPORT", "PROPFIND"])]))
        self.url = self._serving.url

    def say(self, path: str, *replies: Reply) -> str:
        """Set the replies of a path; returns its address."""
        self._replies[path] = list(replies)
        self.asked.clear()
        return self.url + path

    def close(self) -> None:
        self._serving.close()

    async def _answer(self, request: Request) -> Response:
        raw = request.scope["raw_path"].decode()
        self.asked.append(Asked(request.method, raw, request.headers, await request.body()))
        replies = self._replies.get(raw, [Reply(404, "nothing here")])
        reply = replies.pop(0) if len(replies) > 1 else replies[0]
        return Response(reply.body, reply.status, dict(reply.headers))


@contextmanager
def socket_that(answers: Callable[[socket.socket], Any]) -> Iterator[str]:
    """A server below HTTP, for what no HTTP server would do; yields its address. `answers` gets each connection once a request's first bytes came."""
    with socket.create_server(("127.0.0.1", 0)) as listening:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listening.accept()
                except OSError:
                    return
                with connection, suppress(OSError):  # the other side may go away at any time
                    connection.recv(65536)
                    answers(connection)

        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        listening.shutdown(socket.SHUT_RDWR)
    thread.join(5)


def hear_out(connection: socket.socket) -> None:
    """Read until the other side goes away, and never answer."""
    while connection.recv(65536):
        pass
