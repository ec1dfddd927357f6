"""One JIRA: what it holds, of which kind it is, who may ask, and one request to it."""

import base64
import binascii
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import tzinfo
from typing import Any

from starlette.datastructures import Headers, QueryParams
from starlette.responses import Response

from rollout.sandbox.jira.model import Issue, Project, Version
from rollout.sandbox.jira.refusals import JiraRefusal, anonymous, no_such_issue, no_such_project, no_such_version
from rollout.sandbox.jira.search import Searches
from rollout.sandbox.jira.shapes import Shapes
from rollout.sandbox.jira.store import Store


@dataclass
class Site:
    """`accounts` maps users to tokens. `zone` is the users' time zone: dates are shown in it, and JQL is read in it."""

    cloud: bool
    store: Store
    accounts: Mapping[str, str]
    zone: tzinfo
    page_limit: int
    searches: Searches = field(init=False)

    def __post_init__(self) -> None:
        self.searches = Searches(self.store, self.page_limit)
        self._shapes: dict[tuple[str, bool], Shapes] = {}

    def shapes(self, base: str, documents: bool) -> Shapes:
        """What renders for callers that know the site by that address."""
        if (base, documents) not in self._shapes:
            self._shapes[base, documents] = Shapes(self.store, base, self.zone, self.cloud, documents)
        return self._shapes[base, documents]

    def caller(self, headers: Headers) -> str | None:
        """The user that the credential belongs to; None for anonymous. To the Cloud a wrong one is anonymous, a Data Center refuses it (401)."""
        credential = headers.get("authorization")
        if credential is None:
            return None
        user = self._user(credential)
        if user is None and not self.cloud:
            raise anonymous()
        return user

    def _user(self, credential: str) -> str | None:
        kind, _, text = credential.partition(" ")
        if kind.casefold() == "bearer":
            return next((user for user, token in self.accounts.items() if token == text), None)
        try:
            user, _, token = base64.b64decode(text, validate=True).decode().partition(":")
        except (binascii.Error, UnicodeDecodeError):
            return None
        return user if token and self.accounts.get(user) == token else None


@dataclass(frozen=True)
class Ask:
    """One request, already read. `caller` is None for an anonymous one."""

    site: Site
    shapes: Shapes
    caller: str | None
    path: Mapping[str, str]
    query: QueryParams
    body: Any = None

    @property
    def store(self) -> Store:
        return self.site.store

    @property
    def author(self) -> str:
        """The caller's name. Raises JiraRefusal (401) for an anonymous one."""
        if self.caller is None:
            raise anonymous()
        return self.caller

    @property
    def payload(self) -> Mapping[str, Any]:
        """The body, which must be a JSON object."""
        if not isinstance(self.body, Mapping):
            raise JiraRefusal(400, "Can not deserialize the request: a JSON object is expected.")
        return self.body

    def texts(self, name: str) -> list[str]:
        """A query parameter that may be repeated, and may hold several values with commas."""
        return [text.strip() for value in self.query.getlist(name) for text in value.split(",") if text.strip()]

    def number(self, name: str, default: int) -> int:
        return whole_number(name, self.query.get(name), default)

    def issue(self) -> Issue:
        """The issue that the path names. Anonymous callers see none."""
        if self.caller is None:
            raise no_such_issue()
        return self.store.issue(self.path["issue"])

    def project(self) -> Project:
        if self.caller is None:
            raise no_such_project(self.path["project"])
        return self.store.project(self.path["project"])

    def version(self) -> Version:
        if self.caller is None:
            raise no_such_version(self.path["version"])
        return self.store.version(self.path["version"])


def whole_number(name: str, value: Any, default: int) -> int:
    """The number that a caller sent. Raises JiraRefusal (400)."""
    if value is None:
        return default
    try:
        return int(value)
    except (TypeError, ValueError):
        raise JiraRefusal(400, f"'{value}' is not a valid value for '{name}': a whole number is expected.") from None


def answer(data: Any, status: int = 200) -> Response:
    """A JSON answer."""
    return Response(json.dumps(data), status, media_type="application/json")


def nothing(status: int = 204) -> Response:
    """An answer without a body."""
    return Response(status_code=status)


def written(text: str) -> Response:
    """An answer that is JSON already."""
    return Response(text, media_type="application/json")
