"""Runs one ASGI application on loopback, in a thread of this process, until it is closed."""

import socket
import threading
from typing import Any, Self

import uvicorn

_START_WITHIN_SECONDS = 10.0


class Serving:
    """A server that answers at `url` from the moment that the constructor returns. Close it, or use it as a context manager."""

    def __init__(self, app: Any, port: int = 0) -> None:
        self._socket = socket.create_server(("127.0.0.1", port))
        # asyncio does not recognise this socket as TCP (its protocol number is 0); without this every answer on a kept connection is 40 ms late.
        self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.port: int = self._socket.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        started = threading.Event()
        config = uvicorn.Config(app, log_level="critical", access_log=False, lifespan="off", timeout_graceful_shutdown=1)
        self._server = _Announcing(config, started)
        self._thread = threading.Thread(target=self._server.run, kwargs={"sockets": [self._socket]}, name=f"serving-{self.port}", daemon=True)
        self._thread.start()
        if not started.wait(_START_WITHIN_SECONDS):
            raise TimeoutError(f"no server came up on 127.0.0.1:{self.port} within {_START_WITHIN_SECONDS:.0f} s")

    def close(self) -> None:
        """Stop answering; returns when the port is free."""
        self._server.should_exit = True
        self._thread.join(timeout=5)
        self._socket.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


class _Announcing(uvicorn.Server):
    """A uvicorn server that sets an event once it listens, and leaves the process's signals alone."""

    def __init__(self, config: uvicorn.Config, started: threading.Event) -> None:
        super().__init__(config)
        self._announce = started

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets=sockets)
        self._announce.set()
