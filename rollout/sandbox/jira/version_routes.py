"""The routes of projects and of their versions."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from starlette.responses import Response

from rollout.sandbox.jira.model import Issue, Version
from rollout.sandbox.jira.refusals import JiraRefusal, no_such_project
from rollout.sandbox.jira.shapes import Json, day
from rollout.sandbox.jira.site import Ask, answer, nothing
from rollout.sandbox.jira.store import Store

_DAYS = {"releaseDate": "release_date", "startDate": "start_date"}
_FLAGS = ("archived", "released")
_COUNTED = {"new": "toDo", "indeterminate": "inProgress", "done": "done"}


def projects(ask: Ask) -> Response:
    return answer([ask.shapes.project(each) for each in ask.store.projects.values() if ask.caller])


def read_project(ask: Ask) -> Response:
    project = ask.project()
    versions = [ask.shapes.version(each) for each in ask.store.versions_of(project.key)]
    types = [ask.shapes.issue_type(each) for each in ask.store.words.types]
    components = [ask.shapes.component(each) for each in ask.store.words.components.get(project.key, [])]
    return answer({**ask.shapes.project(project), "description": "", "versions": versions, "issueTypes": types, "components": components})


def project_versions(ask: Ask) -> Response:
    project = ask.project()
    return answer([_full(ask, each) for each in ask.store.versions_of(project.key)])


def project_components(ask: Ask) -> Response:
    return answer([ask.shapes.component(each) for each in ask.store.words.components.get(ask.project().key, [])])


def read_version(ask: Ask) -> Response:
    return answer(_full(ask, ask.version()))


def create_version(ask: Ask) -> Response:
    _ = ask.author
    payload = ask.payload
    version = Version(str(ask.store.fresh_id()), _name(payload), _project_of(ask))
    return answer(ask.shapes.version(ask.store.put_version(_described(version, payload))), 201)


def put_version(ask: Ask) -> Response:
    version, payload = ask.version(), ask.payload
    if "name" in payload:
        version = replace(version, name=_name(payload))
    return answer(ask.shapes.version(ask.store.put_version(_described(version, payload))))


def move_version(ask: Ask) -> Response:
    """Puts the version behind another (`after`, its address), or first, last, one earlier, one later."""
    version = ask.version()
    ids = [each.id for each in ask.store.versions_of(version.project)]
    ask.store.place_version(version, _place(ids, version.id, ask.payload))
    return answer(ask.shapes.version(version))


def unresolved_count(ask: Ask) -> Response:
    version = ask.version()
    issues = fixed_in(ask.store, version)
    unresolved = sum(issue.resolution is None for issue in issues)
    me = f"{ask.shapes.rest}/version/{version.id}/unresolvedIssueCount"
    return answer({"self": me, "issuesUnresolvedCount": unresolved, "issuesCount": len(issues)})


def related_counts(ask: Ask) -> Response:
    version = ask.version()
    affected = sum(version.id in issue.affected_versions for issue in ask.store.issues.values())
    counts = {"issuesFixedCount": len(fixed_in(ask.store, version)), "issuesAffectedCount": affected}
    return answer({"self": f"{ask.shapes.rest}/version/{version.id}/relatedIssueCounts", **counts, "issueCountWithCustomFieldsShowingVersion": 0})


def delete_version(ask: Ask) -> Response:
    """Takes the version off every issue, and away."""
    version, author = ask.version(), ask.author
    for issue in [each for each in ask.store.issues.values() if version.id in (*each.fix_versions, *each.affected_versions)]:
        fix = tuple(each for each in issue.fix_versions if each != version.id)
        affected = tuple(each for each in issue.affected_versions if each != version.id)
        ask.store.save(issue, replace(issue, fix_versions=fix, affected_versions=affected), author)
    ask.store.remove_version(version)
    return nothing()


def fixed_in(store: Store, version: Version) -> list[Issue]:
    """The issues that carry the version as a fix version."""
    return [issue for issue in store.issues.values() if version.id in issue.fix_versions and issue.id not in store.hidden]


def _full(ask: Ask, version: Version) -> Json:
    shape = ask.shapes.version(version)
    if "issuesstatus" in ask.texts("expand"):
        counts = dict.fromkeys(("unmapped", "toDo", "inProgress", "done"), 0)
        for issue in fixed_in(ask.store, version):
            counts[_COUNTED[issue.status.category]] += 1
        shape["issuesStatusForFixVersion"] = counts
    return shape


def _name(payload: Mapping[str, Any]) -> str:
    name = payload.get("name")
    if not isinstance(name, str) or not name.strip():
        raise JiraRefusal(400, errors={"name": "You must specify a valid version name"})
    return name.strip()


def _project_of(ask: Ask) -> str:
    """The project of a new version, by `project` (key) or `projectId`."""
    named = str(ask.payload.get("project") or ask.payload.get("projectId") or "")
    try:
        return ask.store.project(named).key
    except JiraRefusal:
        raise no_such_project(named) from None


def _described(version: Version, payload: Mapping[str, Any]) -> Version:
    changes: dict[str, Any] = {name: bool(payload[name]) for name in _FLAGS if name in payload}
    if "description" in payload:
        changes["description"] = payload["description"] or ""
    for name, attribute in _DAYS.items():
        if name in payload:
            changes[attribute] = _day(name, payload[name])
    version = replace(version, **changes)
    if version.start_date and version.release_date and version.start_date > version.release_date:
        raise JiraRefusal(400, errors={"releaseDate": "The release date must be after the start date."})
    return version


def _day(name: str, value: Any) -> date | None:
    try:
        return day(value)
    except (TypeError, ValueError):
        raise JiraRefusal(400, errors={name: "The date must be in the format yyyy-MM-dd."}) from None


def _place(ids: list[str], version_id: str, payload: Mapping[str, Any]) -> int:
    now = ids.index(version_id)
    if "after" in payload:
        other = str(payload["after"]).rpartition("/")[2]
        if other not in ids or other == version_id:
            raise JiraRefusal(400, "The version to move after does not exist in this project.")
        return [each for each in ids if each != version_id].index(other) + 1
    places = {"First": 0, "Last": len(ids) - 1, "Earlier": max(now - 1, 0), "Later": min(now + 1, len(ids) - 1)}
    if payload.get("position") not in places:
        raise JiraRefusal(400, "One of 'after' and 'position' (First, Last, Earlier, Later) is needed.")
    return places[str(payload["position"])]
