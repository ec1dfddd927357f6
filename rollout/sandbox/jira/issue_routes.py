"""The routes of issues: reading, editing, transitions, comments, changelog, properties, and links between issues."""

from dataclasses import replace

from starlette.responses import Response

from rollout.sandbox.jira.catalogue import called
from rollout.sandbox.jira.edits import edited, with_comment
from rollout.sandbox.jira.issue_shapes import comments_json, field_ids, history_json, issue_json, link_json
from rollout.sandbox.jira.model import Issue, Transition
from rollout.sandbox.jira.refusals import JiraRefusal
from rollout.sandbox.jira.shapes import Json
from rollout.sandbox.jira.site import Ask, answer, nothing, whole_number
from rollout.sandbox.jira.store import Store

_CHANGELOG_PAGE = 100
_COMMENTS_PAGE = 5000


def read_issue(ask: Ask) -> Response:
    wanted = field_ids(ask.shapes, ask.texts("fields") or ("*all",))
    return answer(issue_json(ask.shapes, ask.issue(), wanted, "changelog" in ask.texts("expand"), ask.texts("properties")))


def create_issue(ask: Ask) -> Response:
    author, fields = ask.author, dict(ask.payload.get("fields") or {})
    project = ask.store.projects.get(str((fields.pop("project", None) or {}).get("key")))
    if project is None:
        raise JiraRefusal(400, errors={"project": "Specify a valid project ID or key"})
    now = ask.store.now()
    words = ask.store.words
    draft = Issue(0, "-0", project.key, "", words.types[0], words.statuses[0], words.priorities[2], now, now)
    missing = {name: f"{name} is required" for name in ("summary", "issuetype") if name not in fields}
    if missing:
        raise JiraRefusal(400, errors=missing)
    made = edited(ask.store, draft, {"fields": fields, "update": ask.payload.get("update")}, author)
    made = ask.store.add(replace(made, key=ask.store.next_key(project.key)))
    return answer({"id": str(made.id), "key": made.key, "self": f"{ask.shapes.rest}/issue/{made.id}"}, 201)


def edit_issue(ask: Ask) -> Response:
    issue, author = ask.issue(), ask.author
    ask.store.save(issue, edited(ask.store, issue, ask.payload, author), author)
    return nothing()


def delete_issue(ask: Ask) -> Response:
    ask.store.remove(ask.issue())
    return nothing()


def changelog(ask: Ask) -> Response:
    """The whole changelog in pages, the oldest entry first. Only the Cloud has this address."""
    if not ask.site.cloud:
        uri = f"{ask.shapes.rest}/issue/{ask.path['issue']}/changelog"
        raise JiraRefusal(404, body={"message": f"null for uri: {uri}", "status-code": 404})
    histories = ask.issue().history
    start = ask.number("startAt", 0)
    size = min(ask.number("maxResults", _CHANGELOG_PAGE), _CHANGELOG_PAGE)
    values = [history_json(ask.shapes, each) for each in histories[start : start + size]]
    last = start + len(values) >= len(histories)
    return answer({"startAt": start, "maxResults": size, "total": len(histories), "isLast": last, "values": values})


# ── transitions ────────────────────────────────────────────────────────────────────────────────────


def transitions(ask: Ask) -> Response:
    issue = ask.issue()
    wanted = ask.query.get("transitionId")
    open_ones = [each for each in ask.store.words.transitions_from(issue.status) if wanted in (None, each.id)]
    return answer({"expand": "transitions", "transitions": [_transition(ask, each) for each in open_ones]})


def _transition(ask: Ask, transition: Transition) -> Json:
    target = called(ask.store.words.statuses, transition.target)
    return {
        "id": transition.id,
        "name": transition.name,
        "to": ask.shapes.status(target) if target else None,
        "hasScreen": transition.resolution is not None,
        "isGlobal": not transition.sources,
        "isAvailable": True,
    }


def make_transition(ask: Ask) -> Response:
    issue, author = ask.issue(), ask.author
    asked = ask.payload.get("transition")
    if not isinstance(asked, dict) or "id" not in asked:
        raise JiraRefusal(400, "Missing 'transition' identifier")
    transition = next((each for each in ask.store.words.transitions_from(issue.status) if each.id == str(asked["id"])), None)
    if transition is None:
        action = f"a workflow operation ({asked['id']}) that is not valid for the current state of this issue {issue.key}"
        raise JiraRefusal(400, f"It seems that you have tried to perform {action}. Somebody may have changed the issue recently.")
    extra = frozenset({"resolution"} if transition.resolution else ())
    passed = edited(ask.store, passed_through(ask.store, issue, transition), ask.payload, author, extra)
    ask.store.save(issue, passed, author)
    return nothing()


def passed_through(store: Store, issue: Issue, transition: Transition) -> Issue:
    """The issue behind the transition, with the resolution that it sets or clears by itself."""
    status = called(store.words.statuses, transition.target) or issue.status
    resolution = issue.resolution
    if transition.reopens:
        resolution = None
    elif transition.resolution and resolution is None:
        resolution = called(store.words.resolutions, transition.resolution)
    return replace(issue, status=status, resolution=resolution)


# ── comments and properties ────────────────────────────────────────────────────────────────────────


def comments(ask: Ask) -> Response:
    """A page of the comments, the oldest first unless `orderBy` is -created."""
    newest_first = ask.query.get("orderBy", "").startswith("-")
    return answer(comments_json(ask.shapes, ask.issue(), ask.number("startAt", 0), ask.number("maxResults", _COMMENTS_PAGE), newest_first))


def add_comment(ask: Ask) -> Response:
    issue, author = ask.issue(), ask.author
    saved = ask.store.save(issue, with_comment(ask.store, issue, ask.payload, author), author)
    return answer(ask.shapes.comment(saved.id, saved.comments[-1]), 201)


def property_keys(ask: Ask) -> Response:
    issue = ask.issue()
    return answer({"keys": [{"self": f"{ask.shapes.rest}/issue/{issue.id}/properties/{key}", "key": key} for key in issue.properties]})


def read_property(ask: Ask) -> Response:
    issue, key = ask.issue(), ask.path["property"]
    if key not in issue.properties:
        raise JiraRefusal(404, f"The property with key '{key}' does not exist.")
    return answer({"key": key, "value": issue.properties[key]})


def put_property(ask: Ask) -> Response:
    issue, key = ask.issue(), ask.path["property"]
    ask.store.keep(replace(issue, properties={**issue.properties, key: ask.body}))
    return nothing(200 if key in issue.properties else 201)


def delete_property(ask: Ask) -> Response:
    issue, key = ask.issue(), ask.path["property"]
    if key not in issue.properties:
        raise JiraRefusal(404, f"The property with key '{key}' does not exist.")
    ask.store.keep(replace(issue, properties={name: value for name, value in issue.properties.items() if name != key}))
    return nothing()


# ── links between issues ───────────────────────────────────────────────────────────────────────────


def create_link(ask: Ask) -> Response:
    kind_name = str((ask.payload.get("type") or {}).get("name"))
    kind = called(ask.store.words.link_types, kind_name)
    if kind is None:
        raise JiraRefusal(404, f"No issue link type with name '{kind_name}' found.")
    source, target = (_end(ask, name) for name in ("inwardIssue", "outwardIssue"))
    ask.store.link(kind, source, target, ask.author)
    comment = ask.payload.get("comment")
    if comment:
        source = ask.store.issue(source.key)
        ask.store.save(source, with_comment(ask.store, source, comment, ask.author), ask.author)
    return nothing(201)


def _end(ask: Ask, name: str) -> Issue:
    named = ask.payload.get(name) or {}
    return ask.store.issue(str(named.get("key", named.get("id"))))


def read_link(ask: Ask) -> Response:
    link_id = str(whole_number("linkId", ask.path["link"], 0))
    found = {link.outward: (issue, link) for issue in ask.store.issues.values() for link in issue.links if link.id == link_id}
    if ask.caller is None or not found:
        raise JiraRefusal(404, f"No issue link with id '{link_id}' exists.")
    return answer({**link_json(ask.shapes, found[True][1]), **link_json(ask.shapes, found[False][1])})


def delete_link(ask: Ask) -> Response:
    ask.store.unlink(ask.path["link"], ask.author)
    return nothing()
