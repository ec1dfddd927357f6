"""One HTTP exchange, for the adapters that need no more: bounded in time and in size, and honest about whether anything was sent.

Connections are not kept: one that the other side closes under our hands would make the outcome of a POST unknown for no reason.
"""

import json
import socket
import ssl
import threading
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass
from functools import cache, cached_property
from http.cookiejar import CookieJar, DefaultCookiePolicy
from typing import Any
from urllib.parse import quote

import httpx

from rollout.core.placeholders import Template
from rollout.core.redaction import shown
from rollout.errors import Unreachable

_READ_BYTES = 64 * 1024
_ASTRAY = "sends us on to what is no address"


class Unsent(Unreachable):
    """There was no connection: the other side cannot have heard of the request."""


@dataclass(frozen=True)
class Answer:
    """What came back. `body` is the beginning of it, 64 kB at most unless more was asked for."""

    status: int
    headers: Mapping[str, str]
    body: bytes

    @property
    def data(self) -> Any:
        """The body read as JSON; None if it is not JSON."""
        try:
            return json.loads(self.body)
        except (ValueError, RecursionError):
            return None

    def field(self, name: str) -> str | None:
        """A field of a JSON body as text; dots lead inwards, as in build.version. None if there is no such field, or it holds no plain value."""
        data = self.data
        for part in name.split("."):
            data = data.get(part) if isinstance(data, dict) else None
        return str(data) if isinstance(data, str | int | float) and not isinstance(data, bool) else None


class Web:
    """Sends requests and reads answers for one adapter. `system` names it in errors, `longest` is how many bytes of an answer are read.

    A `watched` connection is cut when the time is over even if bytes of the answer's head still trickle in, at the price of a thread for each.
    Safe to use from several threads.
    """

    def __init__(self, system: str, token: str | None = None, longest: int = _READ_BYTES, *, watched: bool = False) -> None:
        self._system = system
        self._longest, self._watched = longest, watched
        self._headers = {"Authorization": f"Bearer {_header(token)}"} if token else {}

    @cached_property
    def _client(self) -> httpx.Client:
        return httpx.Client(
            headers={"Accept": "application/json, text/plain, */*", "Accept-Encoding": "identity", "User-Agent": "rollout"},
            limits=httpx.Limits(max_connections=None, max_keepalive_connections=0),
            cookies=CookieJar(DefaultCookiePolicy(allowed_domains=())),
            verify=trust(),
        )

    def ask(
        self,
        method: str,
        address: str,
        deadline: float,
        *,
        body: Mapping[str, str] | bytes | None = None,
        headers: Mapping[str, str] | None = None,
        known: bool = True,
        called: str = "",
    ) -> Answer:
        """Send the request and wait for the answer, until the monotonic clock shows `deadline`. Redirects are answers, and not followed.

        The credential is sent only if `known`; a mapping is sent as JSON. Errors name the address, or what it is `called`.
        Raises Unsent if no connection came about, Unreachable if the answer did not come.
        """
        credential = self._headers if known else {}
        left, where = max(deadline - time.monotonic(), 0.001), called or shown(address, limit=300)
        data: dict[str, Any] = {"content": body} if isinstance(body, bytes) else {"json": body}
        try:
            request = self._client.build_request(method, address, **data, headers={**credential, **(headers or {})}, timeout=left)
            request.url.host.encode()  # a name that is none is told before anything is sent
        except (httpx.InvalidURL, UnicodeError) as error:
            raise self._no_address(where, error, called) from None
        try:
            with _cut_after(left, request) if self._watched else nullcontext():
                return self._exchange(request, deadline)
        except (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout, httpx.ProxyError) as error:
            raise Unsent(self._system, f"no connection to {where}: {_words(error)}. Nothing was sent.") from None
        except (httpx.UnsupportedProtocol, httpx.LocalProtocolError) as error:
            raise self._no_address(where, error, called) from None
        except UnicodeError:
            raise Unreachable(self._system, f"{where} {_ASTRAY}") from None
        except httpx.TimeoutException:
            raise Unreachable(self._system, f"{where} did not answer in time") from None
        except httpx.HTTPError as error:
            if time.monotonic() >= deadline:
                raise Unreachable(self._system, f"{where} did not answer in time") from None
            told = _ASTRAY if "location header" in str(error) else f"broke off: {_words(error)}"
            raise Unreachable(self._system, f"{where} {told}") from None

    def _no_address(self, where: str, error: Exception, called: str) -> Unsent:
        why = "" if called else f": {_words(error)}"  # what it complains of is a part of the address
        return Unsent(self._system, f"{where} is no address to send to{why}. Nothing was sent.")

    def _exchange(self, request: httpx.Request, deadline: float) -> Answer:
        response = self._client.send(request, stream=True)
        try:
            body = bytearray()
            for chunk in response.iter_raw():
                body += chunk
                if len(body) >= self._longest:
                    break
                if time.monotonic() > deadline:
                    raise httpx.ReadTimeout("the answer trickled in")
            return Answer(response.status_code, response.headers, bytes(body[: self._longest]))
        finally:
            response.close()


@contextmanager
def _cut_after(seconds: float, request: httpx.Request) -> Iterator[None]:
    """Shut the request's connection down when the time is over, whatever it waits for then."""
    sockets: list[socket.socket] = []

    def note(event: str, info: Mapping[str, Any]) -> None:
        if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            sockets.append(info["return_value"].get_extra_info("socket"))

    def cut() -> None:
        for one in sockets[-1:]:
            with suppress(OSError):  # it may be gone already
                socket.socket.shutdown(one, socket.SHUT_RDWR)

    request.extensions["trace"] = note
    timer = threading.Timer(seconds, cut)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()


@cache
def trust() -> ssl.SSLContext:
    """The certificates that are trusted: read once, for reading them takes longer than most requests."""
    return httpx.create_ssl_context()


def address(pattern: Template, values: Mapping[str, str], whose: str) -> str:
    """The address with its placeholders filled. A value that begins it goes in as it is; in all others, what could change the address's meaning is
    escaped. Raises NotFound for a placeholder without a value."""
    return pattern.fill(values, whose, quote=lambda value: quote(value, safe=":"))


def same_origin(one: str, other: str) -> bool:
    """Whether both addresses lie on the same scheme, host and port; what is no address lies nowhere."""
    try:
        left, right = httpx.URL(one), httpx.URL(other)
    except (httpx.InvalidURL, UnicodeError):
        return False
    return (left.scheme, left.host, left.port) == (right.scheme, right.host, right.port)


def _header(token: str) -> str:
    token = token.strip()
    if not token.isascii() or not token.isprintable():
        raise ValueError("the token has characters that cannot be sent in a header. Check the file or variable that it comes from.")
    return token


def _words(error: Exception) -> str:
    return shown(str(error), limit=300) or type(error).__name__
