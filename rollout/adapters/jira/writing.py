"""Writes versions and fix versions to JIRA: looks first, writes only what differs, and so may be repeated after any failure."""

from collections.abc import Iterable
from datetime import date
from typing import Any, Protocol

from rollout.adapters.jira.text import clean
from rollout.core.values import ChangeKey
from rollout.errors import BadAnswer
from rollout.ports import FixVersion

_INTERNAL = {"key": "sd.public.comment", "value": {"internal": True}}  # customers of a service project do not see the comment
_COMMENTS = 100


class Speaker(Protocol):
    """What is needed of a client."""

    name: str

    def get(self, path: str, params: dict[str, Any] | None = None, *, what: str) -> Any: ...
    def post(self, path: str, body: dict[str, Any], *, what: str) -> Any: ...
    def put(self, path: str, body: dict[str, Any], *, what: str) -> Any: ...


def fix_versions(jira: Speaker, projects: Iterable[str]) -> tuple[FixVersion, ...]:
    """All versions of the projects, project by project, in JIRA's order."""
    return tuple(_version(jira, raw, project) for project in projects for raw in _raw_versions(jira, project))


def ensure(jira: Speaker, name: str, project: str, day: date | None) -> None:
    """Make the project have that version, with that date; one that is released already keeps its own."""
    found = _find(jira, name, project)
    if found is None:
        try:
            jira.post("version", _new(name, project, day), what=f"a new version {name} of {project}")
        except BadAnswer:  # somebody may have made it in the meantime
            found = _find(jira, name, project)
            if found is None:
                raise
    if found is None or found.released:
        return
    if found.archived:
        raise BadAnswer(jira.name, f"version {name} of {project} is archived. Bring it back in JIRA, or use another")
    if day is not None and found.release_date != day:
        jira.put(f"version/{found.id}", {"releaseDate": day.isoformat()}, what=f"the date of version {name} of {project}")


def release(jira: Speaker, name: str, projects: Iterable[str], day: date) -> None:
    """Mark the version released on that day in every project that has it; where it is released already nothing changes."""
    found = [version for version in fix_versions(jira, projects) if version.name == name]
    if not found:
        raise BadAnswer(jira.name, f"no project has a version {name}: it cannot be marked as released")
    for version in found:
        if not version.released:
            released = {"released": True, "releaseDate": day.isoformat()}
            jira.put(f"version/{version.id}", released, what=f"version {name} of {version.project} as released")


def move(jira: Speaker, key: ChangeKey, old: str, new: str, why: str) -> None:
    """Replace one fix version of the issue by another (add it, where `old` is empty), and say why in a comment, once. Where a person took both
    off, nothing is done."""
    issue = jira.get(f"issue/{key}", {"fields": "fixVersions"}, what=f"issue {key}")
    carried = {clean(version["name"]): version["name"] for version in (issue.get("fields") or {}).get("fixVersions") or ()}
    if old in carried or (not old and new not in carried):
        added = [] if new in carried else [{"add": {"name": new}}]
        removed = [{"remove": {"name": carried[old]}}] if old else []
        update = {"fixVersions": [*removed, *added]}
        jira.put(f"issue/{key}", {"update": update}, what=f"fix version {new} instead of {old or 'none'} on {key}")
    elif new not in carried:
        return
    mark = _plain(f"(rollout: {old or 'none'} → {new})")
    if not _commented(jira, key, mark):
        jira.post(f"issue/{key}/comment", {"body": f"{_plain(why)}\n\n{mark}", "properties": [_INTERNAL]}, what=f"a comment on {key}")


def _commented(jira: Speaker, key: ChangeKey, mark: str) -> bool:
    start, total = 0, 1
    while start < total:
        page = jira.get(f"issue/{key}/comment", {"startAt": start, "maxResults": _COMMENTS, "orderBy": "-created"}, what=f"the comments of {key}")
        comments = page.get("comments") or []
        if any(mark in str(comment.get("body")) for comment in comments):
            return True
        total = int(page.get("total") or 0) if comments else 0
        start += len(comments)
    return False


def _plain(text: str) -> str:
    """The text without JIRA's markup: no macro, no link, nobody mentioned."""
    return clean(text).replace("{", "\\{").replace("[", "\\[")


def _new(name: str, project: str, day: date | None) -> dict[str, Any]:
    body: dict[str, Any] = {"name": name, "project": project, "archived": False, "released": False}
    return body | ({"releaseDate": day.isoformat()} if day else {})


def _find(jira: Speaker, name: str, project: str) -> FixVersion | None:
    return next((version for version in fix_versions(jira, [project]) if version.name == name), None)


def _raw_versions(jira: Speaker, project: str) -> list[dict[str, Any]]:
    answer = jira.get(f"project/{project}/versions", what=f"the versions of {project}")
    if not isinstance(answer, list):
        raise BadAnswer(jira.name, f"JIRA answered with something else than the versions of {project}")
    return answer


def _version(jira: Speaker, raw: dict[str, Any], project: str) -> FixVersion:
    try:
        day = raw.get("releaseDate")
        return FixVersion(
            id=str(raw["id"]),
            name=clean(raw["name"]),
            project=project,
            released=bool(raw.get("released")),
            archived=bool(raw.get("archived")),
            release_date=date.fromisoformat(day) if day else None,
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise BadAnswer(jira.name, f"a version of {project} came without what every version has: {type(error).__name__} {error}") from None
