"""The JSON of an issue: the fields that were asked for, and its changelog."""

from collections.abc import Callable, Iterable
from typing import Any

from rollout.sandbox.jira.model import History, Issue, Item, Link, Named
from rollout.sandbox.jira.shapes import Json, Shapes

_EXPAND = "renderedFields,names,schema,operations,editmeta,changelog,versionedRepresentations"
_EMBEDDED_HISTORIES = 100

SYSTEM_FIELDS = (
    ("summary", "Summary", ("summary",), "string"),
    ("description", "Description", ("description",), "string"),
    ("issuetype", "Issue Type", ("issuetype", "type"), "issuetype"),
    ("project", "Project", ("project",), "project"),
    ("status", "Status", ("status",), "status"),
    ("resolution", "Resolution", ("resolution",), "resolution"),
    ("resolutiondate", "Resolved", ("resolutiondate", "resolved"), "datetime"),
    ("priority", "Priority", ("priority",), "priority"),
    ("labels", "Labels", ("labels",), "array"),
    ("components", "Component/s", ("component",), "array"),
    ("fixVersions", "Fix Version/s", ("fixVersion",), "array"),
    ("versions", "Affects Version/s", ("affectedVersion",), "array"),
    ("security", "Security Level", ("level",), "securitylevel"),
    ("created", "Created", ("created", "createdDate"), "datetime"),
    ("updated", "Updated", ("updated", "updatedDate"), "datetime"),
    ("issuelinks", "Linked Issues", (), "array"),
    ("parent", "Parent", ("parent",), "issuelink"),
    ("comment", "Comment", ("comment",), "comments-page"),
)


def issue_json(shapes: Shapes, issue: Issue, wanted: Iterable[str], changelog: bool = False, properties: Iterable[str] = ()) -> Json:
    """The issue with those fields (see `field_ids`). A field without a value is null, but security and parent are left out."""
    shape: Json = {"expand": _EXPAND, "id": str(issue.id), "self": f"{shapes.rest}/issue/{issue.id}", "key": issue.key}
    shape["fields"] = {name: value for name in wanted if (value := _field(shapes, issue, name)) is not None or name not in _ABSENT}
    if changelog:
        shape["changelog"] = embedded_changelog(shapes, issue)
    if properties:
        shape["properties"] = {key: issue.properties[key] for key in properties if key in issue.properties}
    return shape


def field_ids(shapes: Shapes, asked: Iterable[str]) -> tuple[str, ...]:
    """The ids of the fields that `*all`, `*navigable`, names and `-names` amount to; unknown ones are passed over."""
    known = [*_FIELDS, *(field.id for field in shapes.store.words.fields)]
    names = [name.strip() for name in asked if name.strip()]
    everything = any(name.startswith("*") for name in names) or all(name.startswith("-") for name in names)
    left_out = {name[1:] for name in names if name.startswith("-")}
    return tuple(name for name in known if (everything or name in names) and name not in left_out)


def embedded_changelog(shapes: Shapes, issue: Issue) -> Json:
    """The changelog inside an issue: the Cloud has the newest first, and no more than a hundred."""
    histories = list(issue.history)
    shown = histories[::-1][:_EMBEDDED_HISTORIES] if shapes.cloud else histories
    return {"startAt": 0, "maxResults": len(shown), "total": len(histories), "histories": [history_json(shapes, each) for each in shown]}


def history_json(shapes: Shapes, history: History) -> Json:
    items = [_item(shapes, item) for item in history.items]
    return {"id": history.id, "author": shapes.user(history.author), "created": shapes.moment(history.at), "items": items}


def _item(shapes: Shapes, item: Item) -> Json:
    shape: Json = {"field": item.field, "fieldtype": "custom" if item.custom else "jira"}
    if shapes.cloud:
        shape["fieldId"] = item.field_id
    return shape | {"from": item.old_id, "fromString": item.old, "to": item.new_id, "toString": item.new}


def _field(shapes: Shapes, issue: Issue, name: str) -> Any:
    render = _FIELDS.get(name)
    return render(shapes, issue) if render else _custom(shapes, issue.custom.get(name), name)


def _custom(shapes: Shapes, value: Named | str | None, field_id: str) -> Any:
    if isinstance(value, Named):
        return shapes.option(value)
    long = shapes.documents and any(field.id == field_id and field.kind == "textarea" for field in shapes.store.words.fields)
    return shapes.text(value) if long else value


def _links(shapes: Shapes, issue: Issue) -> list[Json]:
    return [link_json(shapes, link) for link in issue.links if link.other not in shapes.store.hidden]


def link_json(shapes: Shapes, link: Link) -> Json:
    """A link as the issue at one end shows it."""
    other = shapes.store.issues[link.other]
    end = "outwardIssue" if link.outward else "inwardIssue"
    return {"id": link.id, "self": f"{shapes.rest}/issueLink/{link.id}", "type": shapes.link_type(link.type), end: _brief(shapes, other)}


def _brief(shapes: Shapes, issue: Issue) -> Json:
    fields = {
        "summary": issue.summary,
        "status": shapes.status(issue.status),
        "priority": shapes.priority(issue.priority),
        "issuetype": shapes.issue_type(issue.type),
    }
    return {"id": str(issue.id), "key": issue.key, "self": f"{shapes.rest}/issue/{issue.id}", "fields": fields}


def _parent(shapes: Shapes, issue: Issue) -> Json | None:
    parent = shapes.store.issues.get(issue.parent) if issue.parent else None
    return _brief(shapes, parent) if parent else None


def comments_json(shapes: Shapes, issue: Issue, start: int = 0, size: int | None = None, newest_first: bool = False) -> Json:
    """The comments from `start` on, as a page."""
    ordered = issue.comments[::-1] if newest_first else issue.comments
    page = ordered[start : None if size is None else start + size]
    shown = [shapes.comment(issue.id, comment) for comment in page]
    return {"comments": shown, "maxResults": len(shown) if size is None else size, "total": len(ordered), "startAt": start}


def _versions(shapes: Shapes, ids: Iterable[str]) -> list[Json]:
    return [shapes.short_version(shapes.store.versions[version_id]) for version_id in ids if version_id in shapes.store.versions]


_ABSENT = frozenset({"security", "parent"})
_FIELDS: dict[str, Callable[[Shapes, Issue], Any]] = {
    "summary": lambda _, issue: issue.summary,
    "description": lambda shapes, issue: shapes.text(issue.description),
    "issuetype": lambda shapes, issue: shapes.issue_type(issue.type),
    "project": lambda shapes, issue: shapes.project(shapes.store.projects[issue.project]),
    "status": lambda shapes, issue: shapes.status(issue.status),
    "resolution": lambda shapes, issue: shapes.resolution(issue.resolution) if issue.resolution else None,
    "resolutiondate": lambda shapes, issue: shapes.moment(issue.resolved_at),
    "priority": lambda shapes, issue: shapes.priority(issue.priority),
    "labels": lambda _, issue: list(issue.labels),
    "components": lambda shapes, issue: [shapes.component(each) for each in issue.components],
    "fixVersions": lambda shapes, issue: _versions(shapes, issue.fix_versions),
    "versions": lambda shapes, issue: _versions(shapes, issue.affected_versions),
    "security": lambda shapes, issue: shapes.security(issue.security) if issue.security else None,
    "created": lambda shapes, issue: shapes.moment(issue.created),
    "updated": lambda shapes, issue: shapes.moment(issue.updated),
    "issuelinks": _links,
    "parent": _parent,
    "comment": comments_json,
}


def fields_json(shapes: Shapes) -> list[Json]:
    """All fields, with the names that JQL has for them."""
    return [*(_system_field(*each) for each in SYSTEM_FIELDS), *(shapes.field(field) for field in shapes.store.words.fields)]


def _system_field(field_id: str, name: str, clauses: tuple[str, ...], kind: str) -> Json:
    shape = {"id": field_id, "key": field_id, "name": name, "custom": False, "orderable": True, "navigable": True, "searchable": bool(clauses)}
    return shape | {"clauseNames": list(clauses), "schema": {"type": kind, "system": field_id}}
