"""A real Prefect server on loopback, with a home of its own, for all tests of a worker that need one.

It is spoken to by other processes, which are given `environment`, and by this one inside `spoken_to`. No setting of the machine reaches it.
"""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import httpx
import pytest

Found = TypeVar("Found")

LOG = "output.log"
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

    def ask(self, path: str, **question: Any) -> Any:
        """What the API answers to a question with a body."""
        return httpx.post(f"{self.url}/{path}", json=question, timeout=60, trust_env=False).raise_for_status().json()

    def look(self, path: str) -> Any:
        """What stands there in the API."""
        return httpx.get(f"{self.url}/{path}", timeout=60, trust_env=False).raise_for_status().json()

    def run(self, *arguments: str, folder: Path) -> str:
        """What Prefect's command line prints in that folder; it has to succeed."""
        command = [sys.executable, "-m", "prefect", *arguments]
        done = subprocess.run(command, cwd=folder, env=self.environment, capture_output=True, text=True, timeout=120, stdin=subprocess.DEVNULL)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@contextmanager
def running_server(folder: Path) -> Iterator[PrefectServer]:
    """Start a server whose database and log are in that folder; it has ended afterwards."""
    port = _free_port()
    server = PrefectServer(f"http://127.0.0.1:{port}/api", _environment(folder, port))
    command = [sys.executable, "-m", "prefect", "server", "start", "--host", "127.0.0.1", "--port", str(port)]
    with running(command, server.environment, folder) as process:
        _await_ready(server.url, process, folder / LOG)
        yield server


@contextmanager
def running(command: Sequence[str], environment: Mapping[str, str], folder: Path) -> Iterator[subprocess.Popen[bytes]]:
    """Run a program in that folder, where it keeps a log; it and whatever it started have ended afterwards."""
    with (folder / LOG).open("w") as log:
        process = subprocess.Popen(command, cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)
        try:
            yield process
        finally:
            _end(process)


def awaited(look: Callable[[], Found], what: str, within: float = 90.0) -> Found:
    """What is found as soon as there is something; the test fails if there is nothing in time."""
    until = time.monotonic() + within
    while not (found := look()):
        assert time.monotonic() < until, f"{what} did not come within {within:.0f} s"
        time.sleep(0.1)
    return found


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
    """End the process and whatever it started, which is all in one process group."""
    with suppress(ProcessLookupError):
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
