"""The JIRA stand-in: an ASGI application that also lets stories and tests look in, work in it, and make it fail."""

import re
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta, tzinfo
from typing import Any, Literal
from zoneinfo import ZoneInfo

from starlette.types import Receive, Scope, Send

from rollout.sandbox.jira.app import Seen, jira_app
from rollout.sandbox.jira.conditions import Meaning
from rollout.sandbox.jira.faults import Fault, Faults
from rollout.sandbox.jira.hands import Hands
from rollout.sandbox.jira.jql import parse
from rollout.sandbox.jira.model import Issue, Version
from rollout.sandbox.jira.refusals import JiraRefusal
from rollout.sandbox.jira.search import in_order
from rollout.sandbox.jira.site import Site
from rollout.sandbox.jira.store import Store

_SOMEBODY = "somebody@example.com"


class JiraStandIn(Hands):
    """Serve it with `Serving(stand_in)`. Safe to use from other threads while it serves.

    `accounts` maps users to tokens. `zone` is the users' time zone. `page_limit` is the most issues on one page of a Data Center.
    """

    def __init__(
        self,
        mode: Literal["cloud", "server"],
        clock: Callable[[], datetime],
        accounts: Mapping[str, str],
        *,
        zone: tzinfo | str = "UTC",
        page_limit: int = 1000,
    ) -> None:
        self._faults = Faults()
        super().__init__(Store(clock))
        self._zone = ZoneInfo(zone) if isinstance(zone, str) else zone
        site = Site(mode == "cloud", self._store, dict(accounts), self._zone, page_limit)
        self._app = jira_app(site, self._faults)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        await self._app(scope, receive, send)

    # ── what came in, and what shall go wrong ──────────────────────────────────────────────────────

    @property
    def requests(self) -> list[Seen]:
        """The requests so far, oldest first."""
        return list(self._app.seen)

    def count(self, method: str = "", path: str = "") -> int:
        """How many requests had that method and a path in which the regular expression is found."""
        return sum(method in ("", seen.method) and re.search(path, seen.path) is not None for seen in self.requests)

    def forget_requests(self) -> None:
        self._app.seen.clear()

    def fault(self, kind: str, **settings: Any) -> None:
        """Let the next requests fail; see `faults.Fault` for the kinds and settings."""
        self._faults.add(Fault(kind, **settings))

    def meanwhile(self, act: Callable[[], Any], *, method: str = "", path: str = "") -> None:
        """Do something (with these methods) right before the next request that fits is handled: how a race is lost on purpose."""
        self._faults.meanwhile(act, method, path)

    def clear_faults(self) -> None:
        self._faults.clear()

    def lag_search(self, by: timedelta) -> None:
        """From now on, search sees writes only that much later, as it happens in the Cloud."""
        with self._store.lock:
            self._store.index.lag = by

    # ── reading ────────────────────────────────────────────────────────────────────────────────────

    def issue(self, key: str) -> Issue:
        with self._store.lock:
            return self._store.issue(key)

    def issues(self) -> list[Issue]:
        """All issues, in the order of their making."""
        with self._store.lock:
            return list(self._store.issues.values())

    def search(self, jql: str) -> list[str]:
        """The keys that a user would find, in order. Raises JiraRefusal as the search would."""
        query = parse(jql)
        with self._store.lock:
            meaning = Meaning(self._store, self._zone)
            matches = meaning.matches(query)
            found = [issue for issue in self._store.index.issues().values() if matches(issue)]
            return [issue.key for issue in in_order(found, meaning.ordering(query))]

    def versions(self, project: str) -> list[Version]:
        with self._store.lock:
            return list(self._store.versions_of(project))

    def version(self, project: str, name: str) -> Version:
        with self._store.lock:
            version = self._store.version_named(project, name)
        if version is None:
            raise JiraRefusal(404, f"The project {project} has no version '{name}'.")
        return version

    def fix_versions(self, key: str) -> tuple[str, ...]:
        """The names of the issue's fix versions."""
        with self._store.lock:
            return tuple(self._store.versions[each].name for each in self._store.issue(key).fix_versions)
