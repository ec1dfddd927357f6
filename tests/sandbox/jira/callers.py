"""Two ways to talk to a JIRA, with the same methods: the unmodified `jira` library, and plain HTTP. The contract suite runs on both."""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import httpx
import pytest
from jira import JIRA, JIRAError

from rollout.sandbox.jira import JiraStandIn
from rollout.sandbox.serving import Serving

USER, TOKEN = "bot@example.com", "correct-horse"
NOON = datetime(2026, 11, 20, 12, tzinfo=UTC)
Raw = dict[str, Any]


class Hand:
    """A clock that only moves when told to."""

    def __init__(self, at: datetime = NOON) -> None:
        self.at = at

    def __call__(self) -> datetime:
        return self.at

    def step(self, **by: float) -> datetime:
        self.at += timedelta(**by)
        return self.at


@dataclass
class Served:
    """A stand-in that answers at `url`."""

    mode: str
    jira: JiraStandIn
    clock: Hand
    url: str
    http: httpx.Client
    projects: int = 0

    def project(self) -> str:
        """The key of a fresh project: tests that share a server do not see each other's issues."""
        self.projects += 1
        key = f"TIDE{self.projects}"
        self.jira.add_project(key)
        return key

    def fetch(self, path: str, **params: Any) -> httpx.Response:
        return self.http.get(f"/rest/api/2/{path}", params=params)


@contextmanager
def served(mode: Any, **settings: Any) -> Iterator[Served]:
    clock = Hand()
    jira = JiraStandIn(mode, clock, {USER: TOKEN}, **settings)
    with Serving(jira) as server, httpx.Client(base_url=server.url, auth=(USER, TOKEN), timeout=5) as http:
        yield Served(mode, jira, clock, server.url, http)


class Said(Exception):
    """A JIRA's refusal, however it was heard."""

    def __init__(self, status: int | None, text: str) -> None:
        self.status = status
        super().__init__(f"{status} {text}")


@contextmanager
def refused(text: str) -> Iterator[None]:
    """What happens inside must be refused with a status and words that hold this text."""
    with pytest.raises(Said) as heard:
        yield
    assert text in str(heard.value)


class Caller(Protocol):
    """What the product and its users do with a JIRA."""

    def whoami(self) -> Raw: ...
    def find(self, jql: str, fields: str) -> list[Raw]: ...
    def issue(self, key: str, expand: str = "") -> Raw: ...
    def edit(self, key: str, update: Mapping[str, Any]) -> None: ...
    def transitions(self, key: str) -> list[str]: ...
    def go(self, key: str, name: str, resolution: str | None = None, comment: str | None = None) -> None: ...
    def comment(self, key: str, body: str, visibility: dict[str, str] | None = None, internal: bool = False) -> Raw: ...
    def links(self, key: str) -> list[Raw]: ...
    def add_link(self, key: str, url: str, title: str) -> int: ...
    def change_link(self, key: str, link_id: int, url: str, title: str, global_id: str) -> None: ...
    def versions(self, project: str) -> list[Raw]: ...
    def create_version(self, project: str, name: str, day: str) -> str: ...
    def change_version(self, version_id: str, **fields: Any) -> Raw: ...
    def move_version(self, version_id: str, position: str | None = None, after: str | None = None) -> None: ...
    def unresolved(self, version_id: str) -> int: ...
    def relate(self, kind: str, source: str, target: str) -> None: ...
    def set_property(self, key: str, name: str, value: Any) -> None: ...
    def get_property(self, key: str, name: str) -> Any: ...
    def close(self) -> None: ...


@contextmanager
def _heard() -> Iterator[None]:
    try:
        yield
    except JIRAError as error:
        raise Said(error.status_code, error.text or "") from error


class Library:
    """Through the `jira` library, as it comes."""

    def __init__(self, served: Served) -> None:
        credential: Raw = {"basic_auth": (USER, TOKEN)} if served.mode == "cloud" else {"token_auth": TOKEN}
        self.jira = JIRA(served.url, max_retries=0, timeout=5, **credential)

    def whoami(self) -> Raw:
        return dict(self.jira.myself())

    def find(self, jql: str, fields: str) -> list[Raw]:
        with _heard():
            return [issue.raw for issue in self.jira.search_issues(jql, maxResults=False, fields=fields)]

    def issue(self, key: str, expand: str = "") -> Raw:
        with _heard():
            return dict(self.jira.issue(key, expand=expand or None).raw)

    def edit(self, key: str, update: Mapping[str, Any]) -> None:
        with _heard():
            self.jira.issue(key).update(update=dict(update), notify=False)

    def transitions(self, key: str) -> list[str]:
        return [each["name"] for each in self.jira.transitions(key)]

    def go(self, key: str, name: str, resolution: str | None = None, comment: str | None = None) -> None:
        with _heard():
            self.jira.transition_issue(key, name, fields={"resolution": {"name": resolution}} if resolution else {}, comment=comment)

    def comment(self, key: str, body: str, visibility: dict[str, str] | None = None, internal: bool = False) -> Raw:
        with _heard():
            return dict(self.jira.add_comment(key, body, visibility=visibility, is_internal=internal).raw)

    def links(self, key: str) -> list[Raw]:
        return [link.raw for link in self.jira.remote_links(key)]

    def add_link(self, key: str, url: str, title: str) -> int:
        with _heard():
            return int(self.jira.add_simple_link(key, {"url": url, "title": title}).id)

    def change_link(self, key: str, link_id: int, url: str, title: str, global_id: str) -> None:
        self.jira.remote_link(key, str(link_id)).update({"url": url, "title": title}, globalId=global_id)

    def versions(self, project: str) -> list[Raw]:
        with _heard():
            return [version.raw for version in self.jira.project_versions(project)]

    def create_version(self, project: str, name: str, day: str) -> str:
        with _heard():
            return str(self.jira.create_version(name, project, releaseDate=day).id)

    def change_version(self, version_id: str, **fields: Any) -> Raw:
        version = self.jira.version(version_id)
        with _heard():
            version.update(**fields)
        return dict(version.raw)

    def move_version(self, version_id: str, position: str | None = None, after: str | None = None) -> None:
        self.jira.move_version(version_id, position=position, after=after)

    def unresolved(self, version_id: str) -> int:
        return int(self.jira.version_count_unresolved_issues(version_id))

    def relate(self, kind: str, source: str, target: str) -> None:
        self.jira.create_issue_link(kind, source, target)

    def set_property(self, key: str, name: str, value: Any) -> None:
        self.jira.add_issue_property(key, name, value)

    def get_property(self, key: str, name: str) -> Any:
        return self.jira.issue_property(key, name).raw["value"]

    def close(self) -> None:
        self.jira.close()


class Http:
    """The same by hand."""

    def __init__(self, served: Served) -> None:
        self._http = httpx.Client(base_url=f"{served.url}/rest/api/2/", auth=(USER, TOKEN), timeout=5)
        self._cloud = served.mode == "cloud"

    def _ask(self, method: str, path: str, **request: Any) -> Any:
        response = self._http.request(method, path, **request)
        if response.is_error:
            said = response.json()
            raise Said(response.status_code, ", ".join([*said["errorMessages"], *said["errors"].values()]))
        return response.json() if response.content else None

    def whoami(self) -> Raw:
        return dict(self._ask("GET", "myself"))

    def find(self, jql: str, fields: str) -> list[Raw]:
        rows: list[Raw] = []
        place: Raw = {} if self._cloud else {"startAt": 0}
        while True:
            page = self._ask("GET", "search/jql" if self._cloud else "search", params={"jql": jql, "fields": fields, "maxResults": 100, **place})
            rows += page["issues"]
            if page.get("isLast") or len(rows) >= page.get("total", len(rows) + 1):
                return rows
            place = {"nextPageToken": page["nextPageToken"]} if self._cloud else {"startAt": len(rows)}

    def issue(self, key: str, expand: str = "") -> Raw:
        return dict(self._ask("GET", f"issue/{key}", params={"expand": expand}))

    def edit(self, key: str, update: Mapping[str, Any]) -> None:
        self._ask("PUT", f"issue/{key}", json={"update": update})

    def transitions(self, key: str) -> list[str]:
        return [each["name"] for each in self._ask("GET", f"issue/{key}/transitions")["transitions"]]

    def go(self, key: str, name: str, resolution: str | None = None, comment: str | None = None) -> None:
        ids = {each["name"]: each["id"] for each in self._ask("GET", f"issue/{key}/transitions")["transitions"]}
        if name not in ids:
            raise Said(None, f"Invalid transition name. {name}")
        fields = {"resolution": {"name": resolution}} if resolution else {}
        update = {"comment": [{"add": {"body": comment}}]} if comment else {}
        self._ask("POST", f"issue/{key}/transitions", json={"transition": {"id": ids[name]}, "fields": fields, "update": update})

    def comment(self, key: str, body: str, visibility: dict[str, str] | None = None, internal: bool = False) -> Raw:
        marks = {"properties": [{"key": "sd.public.comment", "value": {"internal": True}}]} if internal else {}
        return dict(self._ask("POST", f"issue/{key}/comment", json={"body": body, "visibility": visibility, **marks}))

    def links(self, key: str) -> list[Raw]:
        return list(self._ask("GET", f"issue/{key}/remotelink"))

    def add_link(self, key: str, url: str, title: str) -> int:
        return int(self._ask("POST", f"issue/{key}/remotelink", json={"object": {"url": url, "title": title}})["id"])

    def change_link(self, key: str, link_id: int, url: str, title: str, global_id: str) -> None:
        self._ask("PUT", f"issue/{key}/remotelink/{link_id}", json={"globalId": global_id, "object": {"url": url, "title": title}})

    def versions(self, project: str) -> list[Raw]:
        return list(self._ask("GET", f"project/{project}/versions"))

    def create_version(self, project: str, name: str, day: str) -> str:
        return str(self._ask("POST", "version", json={"name": name, "project": project, "releaseDate": day})["id"])

    def change_version(self, version_id: str, **fields: Any) -> Raw:
        return dict(self._ask("PUT", f"version/{version_id}", json=fields))

    def move_version(self, version_id: str, position: str | None = None, after: str | None = None) -> None:
        self._ask("POST", f"version/{version_id}/move", json={"after": after} if after else {"position": position})

    def unresolved(self, version_id: str) -> int:
        return int(self._ask("GET", f"version/{version_id}/unresolvedIssueCount")["issuesUnresolvedCount"])

    def relate(self, kind: str, source: str, target: str) -> None:
        self._ask("POST", "issueLink", json={"type": {"name": kind}, "inwardIssue": {"key": source}, "outwardIssue": {"key": target}})

    def set_property(self, key: str, name: str, value: Any) -> None:
        self._ask("PUT", f"issue/{key}/properties/{name}", json=value)

    def get_property(self, key: str, name: str) -> Any:
        return self._ask("GET", f"issue/{key}/properties/{name}")["value"]

    def close(self) -> None:
        self._http.close()
