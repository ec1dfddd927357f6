"""A fleet of client installations: a folder for each, and one HTTP server that deploys and probes them by the same scripts. Loopback only.

GET  /{client}/{environment}/health    200 {"version", "status": "ok"}, or 503 {"version", "status": "sick", "why"}
GET  /{client}/{environment}/version   {"version"}, null if nothing is installed
POST /{client}/{environment}/deploy    {"version", "key"}: 200, or 422 if the script says no, or 500 if it was killed; a key that is
                                       among the acts is answered again, and not carried out again
"""

import os
import re
import subprocess
import threading
from collections import defaultdict
from contextlib import suppress
from json import JSONDecodeError
from pathlib import Path
from typing import Self

from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

from rollout.core.clients import Environment
from rollout.core.values import ClientId, Version
from rollout.errors import NotFound
from rollout.sandbox.installations import Act, InstallationFolder, write_scripts
from rollout.sandbox.serving import Serving

_SCRIPTS_FOLDER = ".scripts"
_CLIENT = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


class Fleet:
    """The installations under one folder, served at `url` by `app`. Reopening the folder finds what was there. Close it, or use it as a context
    manager."""

    def __init__(self, folder: Path, port: int = 0) -> None:
        self.folder = folder.resolve()
        write_scripts(self.folder / _SCRIPTS_FOLDER)
        self._server = _Server(self)
        self.app = self._server.app
        self._serving = Serving(self.app, port)
        self.url = self._serving.url

    def close(self) -> None:
        """End the deployments that the server has in hand, and the server. The folders stay."""
        self._server.stop()
        self._serving.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def add(self, client: str, environment: str, version: str | None) -> None:
        """Make an installation that runs the version (nothing, for None); one that is there already is put to that version."""
        if not _CLIENT.fullmatch(client):
            raise NotFound(f"'{client}' cannot name a folder of the fleet. Use letters, digits, dot, dash, underscore.")
        folder = InstallationFolder(self.folder / client / Environment(environment))
        folder.make(self.folder / _SCRIPTS_FOLDER, Version(version) if version is not None else None)

    def installations(self) -> tuple[tuple[ClientId, Environment], ...]:
        """All of them, in order of client."""
        paths = (path for path in sorted(self.folder.glob("*/*/deploy")) if path.parts[-3] != _SCRIPTS_FOLDER)
        return tuple((ClientId(path.parts[-3]), Environment(path.parts[-2])) for path in paths)

    def installation(self, client: str, environment: str) -> InstallationFolder:
        """One of them. Raises NotFound."""
        folder = InstallationFolder(self.folder / client / environment)
        if environment not in tuple(Environment) or not _CLIENT.fullmatch(client) or not folder.path.is_dir():
            raise NotFound(f"the fleet has no installation {client}/{environment}. Add it.")
        return folder

    def params_for(self, client: str, environment: str) -> dict[str, str]:
        """The params that clients.yaml carries for the installation."""
        url = f"{self.url}/{client}/{environment}"
        return {"dir": str(self.installation(client, environment).path), "url": url, "health_url": f"{url}/health"}

    def version_of(self, client: str, environment: str) -> Version | None:
        """What is installed there."""
        return self.installation(client, environment).version

    def acts_of(self, client: str, environment: str) -> tuple[Act, ...]:
        """Every deployment that took effect there, in order."""
        return self.installation(client, environment).acts

    def make_sick(self, client: str, environment: str, why: str, for_version: str | None = None) -> None:
        """Make it unhealthy until healed; with a version, only while it runs that one."""
        self.installation(client, environment).note("sick" if for_version is None else f"sick.{for_version}", why)

    def heal(self, client: str, environment: str) -> None:
        """Make it healthy."""
        self.installation(client, environment).forget("sick", "sick.*")

    def break_deploy(self, client: str, environment: str, why: str) -> None:
        """Make deployments there fail, saying why."""
        self.installation(client, environment).note("fail-deploy", why)

    def slow_deploy(self, client: str, environment: str, seconds: float) -> None:
        """Make deployments there take that long before they do anything."""
        self.installation(client, environment).note("slow", f"{seconds:g}")

    def lose_answers(self, client: str, environment: str) -> None:
        """Make deployments there happen, and never be reported."""
        self.installation(client, environment).note("lose-answer", "")

    def mend_deploy(self, client: str, environment: str) -> None:
        """Undo the three faults of deployments."""
        self.installation(client, environment).forget("fail-deploy", "slow", "lose-answer")


class _Server:
    """The HTTP side of a fleet."""

    def __init__(self, fleet: Fleet) -> None:
        self._fleet = fleet
        self._running: set[subprocess.Popen[str]] = set()
        self._stopped = False
        self._guard = threading.Lock()
        self._turns: defaultdict[Path, threading.Lock] = defaultdict(threading.Lock)
        place = "/{client}/{environment}"
        routes = [
            Route(f"{place}/health", self._health),
            Route(f"{place}/version", self._version),
            Route(f"{place}/deploy", self._deploy, methods=["POST"]),
        ]
        self.app = Starlette(routes=routes, exception_handlers={NotFound: _not_found})

    def stop(self) -> None:
        """Kill the scripts that are running; start no more."""
        with self._guard:
            self._stopped = True
            for process in self._running:
                with suppress(ProcessLookupError):
                    os.killpg(process.pid, 9)

    def _folder(self, request: Request) -> InstallationFolder:
        return self._fleet.installation(request.path_params["client"], request.path_params["environment"])

    async def _health(self, request: Request) -> JSONResponse:
        folder = self._folder(request)
        if why := folder.why_sick:
            return JSONResponse({"version": folder.version, "status": "sick", "why": why}, 503)
        return JSONResponse({"version": folder.version, "status": "ok"})

    async def _version(self, request: Request) -> JSONResponse:
        return JSONResponse({"version": self._folder(request).version})

    async def _deploy(self, request: Request) -> JSONResponse:
        folder = self._folder(request)
        try:
            asked = await request.json()
            version, key = str(asked["version"]), str(asked["key"])
        except (JSONDecodeError, UnicodeDecodeError, TypeError, KeyError):
            return JSONResponse({"error": 'the body must be {"version": …, "key": …}'}, 400)
        return await run_in_threadpool(self._deploy_once, folder, version, key)

    def _deploy_once(self, folder: InstallationFolder, version: str, key: str) -> JSONResponse:
        with self._guard:
            turn = self._turns[folder.path]
        with turn:
            done = next((act for act in folder.acts if act.key == key), None)
            if done is not None:
                return JSONResponse({"version": done.version, "key": key, "repeated": True})
            return self._run(folder, version, key)

    def _run(self, folder: InstallationFolder, version: str, key: str) -> JSONResponse:
        with self._guard:
            if self._stopped:
                return JSONResponse({"error": "the fleet is closing"}, 503)
            arguments = [str(folder.path / "deploy"), version, key]
            process = subprocess.Popen(
                arguments, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True
            )
            self._running.add(process)
        output, _ = process.communicate()
        with self._guard:
            self._running.discard(process)
        if process.returncode:
            return JSONResponse({"error": output.strip() or "the deploy script was killed"}, 422 if process.returncode > 0 else 500)
        return JSONResponse({"version": version, "key": key})


def _not_found(_: Request, error: Exception) -> JSONResponse:
    return JSONResponse({"error": str(error)}, 404)
