"""A real Prefect server on loopback, with a home of its own, for all tests of a worker that need one.

It is spoken to by other processes, which are given `environment`, and by this one inside `spoken_to`. No setting of the machine reaches it.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import pytest

READY_WITHIN = 120.0
ENDED_WITHIN = 20.0
# The server records tasks and events one by one unless it is told otherwise, and then says long after a run what was in it.
_SETTINGS = {
    "DO_NOT_TRACK": "1",
    "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
    "PREFECT_SERVER_UI_ENABLED": "false",
    "PREFECT_SERVER_EPHEMERAL_ENABLED": "false",
    "PREFECT_LOGGING_TO_API_ENABLED": "false",
    "PREFECT_LOGGING_LEVEL": "WARNING",
    "PREFECT_CLI_PROMPT": "false",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_BATCH_SIZE": "200",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_READ_BATCH_SIZE": "200",
    "PREFECT_SERVER_SERVICES_TASK_RUN_RECORDER_FLUSH_INTERVAL": "1",
    "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_BATCH_SIZE": "200",
    "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_READ_BATCH_SIZE": "200",
    "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_FLUSH_INTERVAL": "1",
    "PREFECT_SERVER_SERVICES_TRIGGERS_READ_BATCH_SIZE": "100",
}


@dataclass(frozen=True)
class PrefectServer:
    """A running server: where its API is, and the environment of a process that speaks to it."""

    url: str
    environment: Mapping[str, str] = field(repr=False)


@contextmanager
def running_server(folder: Path) -> Iterator[PrefectServer]:
    """Start a server whose database and log are in that folder; it has ended afterwards."""
    port = _free_port()
    server = PrefectServer(f"http://127.0.0.1:{port}/api", _environment(folder, port))
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    with (folder / "server.log").open("w+") as log:
        process = subprocess.Popen(command, env=server.environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        try:
            _await_ready(server.url, process, folder / "server.log")
            yield server
        finally:
            _end(process)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as found:
        return int(found.getsockname()[1])


def _environment(folder: Path, port: int) -> dict[str, str]:
    own = {name: value for name, value in os.environ.items() if not name.startswith(("PREFECT_", "PYTEST_")) and name != "PYTHONDONTWRITEBYTECODE"}
    return {**own, **_SETTINGS, "PREFECT_HOME": str(folder / "home"), "PREFECT_API_URL": f"http://127.0.0.1:{port}/api"}


def _await_ready(url: str, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + READY_WITHIN
    while time.monotonic() < until and process.poll() is None:
        try:
            if httpx.get(f"{url}/health", timeout=5, trust_env=False).is_success:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    pytest.fail(f"the Prefect server did not get ready (exit status {process.poll()}):\n{log.read_text()[-3000:]}", pytrace=False)


def _end(process: subprocess.Popen[bytes]) -> None:
    """End the server and whatever it started, which is all in one process group."""
    os.killpg(process.pid, signal.SIGTERM)
    try:
        process.wait(ENDED_WITHIN)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(ENDED_WITHIN)


@contextmanager
def spoken_to(server: PrefectServer) -> Iterator[None]:
    """Let flows of this process run against the server. What they still have to tell is told before this ends."""
    with pytest.MonkeyPatch.context() as patch:
        for name, value in server.environment.items():
            patch.setenv(name, value)  # for the first import, which makes a home
        from prefect.events.worker import EventsWorker
        from prefect.settings import PREFECT_API_URL, PREFECT_HOME, temporary_settings
    with temporary_settings({PREFECT_API_URL: server.url, PREFECT_HOME: Path(server.environment["PREFECT_HOME"])}):
        yield
        EventsWorker.drain_all()
