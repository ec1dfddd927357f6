"""The routes of remote links: an issue's links to things elsewhere. A globalId that is known already means "change that one"."""

from dataclasses import replace

from starlette.responses import Response

from rollout.sandbox.jira.edits import remote_link, with_remote_link
from rollout.sandbox.jira.model import Issue, RemoteLink
from rollout.sandbox.jira.refusals import JiraRefusal
from rollout.sandbox.jira.site import Ask, answer, nothing


def read_links(ask: Ask) -> Response:
    """All links of the issue, or the one with the globalId that is asked for."""
    issue = ask.issue()
    wanted = ask.query.get("globalId")
    if wanted is None:
        return answer([ask.shapes.remote_link(issue.key, link) for link in issue.remote_links])
    return answer(ask.shapes.remote_link(issue.key, _by_global_id(issue, wanted)))


def add_link(ask: Ask) -> Response:
    """201 for a new link, 200 where the globalId was known and that link is replaced."""
    issue, author = ask.issue(), ask.author
    global_id = ask.payload.get("globalId")
    twin = next((link for link in issue.remote_links if global_id is not None and link.global_id == global_id), None)
    link = remote_link(ask.payload, twin.id if twin else ask.store.fresh_id())
    ask.store.save(issue, with_remote_link(issue, link), author)
    return answer({"id": link.id, "self": f"{ask.shapes.rest}/issue/{issue.key}/remotelink/{link.id}"}, 200 if twin else 201)


def read_link(ask: Ask) -> Response:
    issue = ask.issue()
    return answer(ask.shapes.remote_link(issue.key, _by_id(issue, ask.path["link"])))


def put_link(ask: Ask) -> Response:
    issue, author = ask.issue(), ask.author
    link = remote_link(ask.payload, _by_id(issue, ask.path["link"]).id)
    ask.store.save(issue, with_remote_link(issue, link), author)
    return nothing()


def delete_link(ask: Ask) -> Response:
    issue, author = ask.issue(), ask.author
    gone = _by_id(issue, ask.path["link"])
    ask.store.save(issue, _without(issue, gone), author)
    return nothing()


def delete_by_global_id(ask: Ask) -> Response:
    issue, author = ask.issue(), ask.author
    gone = _by_global_id(issue, ask.query.get("globalId", ""))
    ask.store.save(issue, _without(issue, gone), author)
    return nothing()


def _without(issue: Issue, gone: RemoteLink) -> Issue:
    return replace(issue, remote_links=tuple(link for link in issue.remote_links if link.id != gone.id))


def _by_id(issue: Issue, link_id: str) -> RemoteLink:
    return _first([link for link in issue.remote_links if str(link.id) == link_id], f"id '{link_id}'")


def _by_global_id(issue: Issue, global_id: str) -> RemoteLink:
    return _first([link for link in issue.remote_links if link.global_id == global_id], f"globalId '{global_id}'")


def _first(links: list[RemoteLink], what: str) -> RemoteLink:
    if not links:
        raise JiraRefusal(404, f"The remote issue link with {what} does not exist.")
    return links[0]
