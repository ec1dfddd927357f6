"""The routes that search, and those that tell of the site itself."""

from collections.abc import Iterable, Mapping
from typing import Any

from starlette.responses import Response

from rollout.sandbox.jira import defaults
from rollout.sandbox.jira.issue_shapes import field_ids, fields_json
from rollout.sandbox.jira.model import Status
from rollout.sandbox.jira.refusals import JiraRefusal
from rollout.sandbox.jira.renderings import View
from rollout.sandbox.jira.search import Search
from rollout.sandbox.jira.site import Ask, answer, whole_number, written

_REMOVED = (
    "The requested API has been removed. Please migrate to the /rest/api/3/search/jql API. "
    "A full migration guideline is available at https://developer.atlassian.com/changelog/#CHANGE-2046"
)
_POSTED = frozenset({"jql", "fields", "expand", "properties", "maxResults", "nextPageToken", "reconcileIssues", "fieldsByKeys", "failFast"})


def search_by_token(ask: Ask) -> Response:
    """The Cloud's search: pages by token, ids alone unless fields are asked for."""
    return written(ask.site.searches.cloud_page(ask.shapes, _search(ask, _asked(ask), ids_alone=True)))


def search_by_offset(ask: Ask) -> Response:
    """The Data Center's search: pages by offset. The Cloud has removed it."""
    if ask.site.cloud:
        raise JiraRefusal(410, _REMOVED)
    return written(ask.site.searches.server_page(ask.shapes, _search(ask, _asked(ask), ids_alone=False)))


def approximate_count(ask: Ask) -> Response:
    search = _search(ask, ask.payload, ids_alone=True)
    return answer({"count": ask.site.searches.count(ask.shapes, search)})


def _asked(ask: Ask) -> Mapping[str, Any]:
    """The search's parameters, from the address or from the body."""
    if ask.body is None:
        lists = {name: ask.texts(name) if name in ask.query else None for name in ("fields", "expand", "properties", "reconcileIssues")}
        return {**dict(ask.query), **lists}
    unknown = ask.payload.keys() - _POSTED
    if ask.site.cloud and unknown:
        raise JiraRefusal(400, "Invalid request payload. Refer to the REST API documentation and try again.")
    return ask.payload


def _search(ask: Ask, asked: Mapping[str, Any], ids_alone: bool) -> Search:
    view = View(_shown(ask, asked.get("fields"), ids_alone), "changelog" in _words(asked.get("expand")), tuple(_words(asked.get("properties"))))
    return Search(
        jql=str(asked.get("jql") or ""),
        view=view,
        size=whole_number("maxResults", asked.get("maxResults"), 50),
        start=whole_number("startAt", asked.get("startAt"), 0),
        token=asked.get("nextPageToken"),
        reconcile=tuple(whole_number("reconcileIssues", each, 0) for each in asked.get("reconcileIssues") or ()),
        anonymous=ask.caller is None,
    )


def _shown(ask: Ask, fields: Any, ids_alone: bool) -> tuple[str, ...] | None:
    if fields is None:
        return None if ids_alone else field_ids(ask.shapes, ("*all",))
    return field_ids(ask.shapes, _words(fields)) if fields else ()


def _words(value: Iterable[str] | None) -> list[str]:
    """What a caller sent as a list, or as one text with commas."""
    if value is None:
        return []
    return [part.strip() for part in value.split(",")] if isinstance(value, str) else [str(part) for part in value]


# ── the site ───────────────────────────────────────────────────────────────────────────────────────


def server_info(ask: Ask) -> Response:
    return answer(ask.shapes.server_info())


def myself(ask: Ask) -> Response:
    return answer(ask.shapes.user(ask.author))


def session(ask: Ask) -> Response:
    login = {"failedLoginCount": 0, "loginCount": 1}
    return answer({"self": f"{ask.shapes.base}/rest/api/latest/user?username={ask.author}", "name": ask.author, "loginInfo": login})


def application_links(_: Ask) -> Response:
    raise JiraRefusal(403, "You are not authorized to list application links. Administrator privileges are required.")


def fields(ask: Ask) -> Response:
    return answer(fields_json(ask.shapes))


def statuses(ask: Ask) -> Response:
    return answer([ask.shapes.status(each) for each in ask.store.words.statuses])


def status_categories(ask: Ask) -> Response:
    return answer([ask.shapes.status(Status("0", "", key))["statusCategory"] for key in defaults.CATEGORIES])


def priorities(ask: Ask) -> Response:
    return answer([ask.shapes.priority(each) for each in ask.store.words.priorities])


def resolutions(ask: Ask) -> Response:
    return answer([ask.shapes.resolution(each) for each in ask.store.words.resolutions])


def issue_types(ask: Ask) -> Response:
    return answer([ask.shapes.issue_type(each) for each in ask.store.words.types])


def link_types(ask: Ask) -> Response:
    return answer({"issueLinkTypes": [ask.shapes.link_type(each) for each in ask.store.words.link_types]})
