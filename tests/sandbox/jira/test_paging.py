"""Pages of a search: tokens and offsets, their limits, and what happens when issues move while somebody reads."""

from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest

from tests.sandbox.jira.callers import Served, served

Page = dict[str, Any]


@pytest.fixture(scope="module")
def cloud() -> Iterator[Served]:
    with served("cloud") as running:
        yield running


@pytest.fixture(scope="module")
def server() -> Iterator[Served]:
    with served("server", page_limit=3) as running:
        yield running


def by_token(site: Served, jql: str, **more: Any) -> Page:
    answer = site.fetch("search/jql", jql=jql, **{"fields": "summary", "maxResults": 2, **more})
    return {"status": answer.status_code, **answer.json()}


def by_offset(site: Served, jql: str, start: int, size: int = 2) -> Page:
    return dict(site.fetch("search", jql=jql, fields="summary", startAt=start, maxResults=size).json())


def keys(page: Page) -> list[str]:
    return [issue["key"] for issue in page["issues"]]


def filled(site: Served, number: int = 5) -> tuple[str, list[str]]:
    """A query by update, and the keys of its issues in that order."""
    project = site.project()
    made = []
    for _ in range(number):
        site.clock.step(minutes=1)
        made.append(site.jira.add_issue(project, "One of several"))
    return f"project = {project} ORDER BY updated ASC", made


def test_a_page_by_token_has_no_total_and_the_last_has_no_token(cloud: Served) -> None:
    jql, made = filled(cloud, 3)
    first = by_token(cloud, jql)
    last = by_token(cloud, jql, nextPageToken=first["nextPageToken"])
    assert (keys(first), first["isLast"], keys(last), last["isLast"]) == (made[:2], False, made[2:], True)
    assert first.keys() == {"status", "issues", "nextPageToken", "isLast"}
    assert last.keys() == {"status", "issues", "isLast"}


def test_the_same_token_brings_the_same_page_again(cloud: Served) -> None:
    jql, made = filled(cloud)
    token = by_token(cloud, jql)["nextPageToken"]
    assert keys(by_token(cloud, jql, nextPageToken=token)) == keys(by_token(cloud, jql, nextPageToken=token)) == made[2:4]


@pytest.mark.parametrize("change", [{"jql": "key is not EMPTY"}, {"fields": "status"}, {"nextPageToken": "made-up"}])
def test_a_token_belongs_to_its_query_and_fields(cloud: Served, change: dict[str, str]) -> None:
    jql, _ = filled(cloud)
    asked = {"jql": jql, "nextPageToken": by_token(cloud, jql)["nextPageToken"], **change}
    refused = by_token(cloud, **asked)
    assert (refused["status"], refused["errorMessages"][0][:17]) == (400, "The nextPageToken")


def test_without_fields_a_page_by_token_has_ids_alone(cloud: Served) -> None:
    jql, made = filled(cloud, 2)
    page = cloud.fetch("search/jql", jql=jql).json()
    assert page["issues"] == [{"id": str(cloud.jira.issue(key).id)} for key in made]


def test_no_page_by_token_is_larger_than_a_hundred(cloud: Served) -> None:
    jql, _ = filled(cloud, 130)
    assert len(by_token(cloud, jql, maxResults=500)["issues"]) == 100


@pytest.mark.parametrize("size", [0, -1, 5001])
def test_a_page_size_out_of_range_is_refused(cloud: Served, size: int) -> None:
    page = by_token(cloud, "key is not EMPTY", maxResults=size)
    assert (page["status"], page["errorMessages"]) == (400, ["The maxResults parameter must be between 1 and 5000."])


@pytest.mark.parametrize("jql", ["", "   ", "ORDER BY updated"])
def test_the_cloud_refuses_a_query_without_bounds(cloud: Served, jql: str) -> None:
    page = by_token(cloud, jql)
    assert (page["status"], page["errorMessages"]) == (
        400,
        ["Unbounded JQL queries are not allowed here. Please add a search restriction to your query."],
    )


@pytest.mark.parametrize("method", ["GET", "POST"])
@pytest.mark.parametrize("version", [2, 3])
def test_the_cloud_has_removed_the_search_by_offset(cloud: Served, method: str, version: int) -> None:
    answer = cloud.http.request(method, f"/rest/api/{version}/search", params={"jql": "project = TIDE1"})
    assert answer.status_code == 410
    assert answer.json()["errorMessages"][0].startswith("The requested API has been removed. Please migrate to the /rest/api/3/search/jql API.")


def test_a_data_center_has_no_search_by_token(server: Served) -> None:
    assert server.fetch("search/jql", jql="key is not EMPTY").status_code == 501


def test_a_posted_search_is_read_from_its_body(cloud: Served) -> None:
    jql, made = filled(cloud, 3)
    asked: dict[str, Any] = {"jql": jql, "fields": ["summary"], "maxResults": 2}
    first = cloud.http.post("/rest/api/2/search/jql", json=asked).json()
    last = cloud.http.post("/rest/api/2/search/jql", json={**asked, "nextPageToken": first["nextPageToken"]}).json()
    assert keys(first) + keys(last) == made


def test_a_posted_search_with_an_unknown_field_is_refused(cloud: Served) -> None:
    answer = cloud.http.post("/rest/api/2/search/jql", json={"jql": "key is not EMPTY", "startAt": 100})
    assert answer.json() == {"errorMessages": ["Invalid request payload. Refer to the REST API documentation and try again."], "errors": {}}


def test_the_third_version_writes_long_texts_as_documents(cloud: Served) -> None:
    project = cloud.project()
    cloud.jira.add_issue(project, "Told at length", description="First line\nSecond line")
    (issue,) = cloud.http.get("/rest/api/3/search/jql", params={"jql": f"project = {project}", "fields": "description"}).json()["issues"]
    paragraphs = issue["fields"]["description"]["content"]
    assert [paragraph["content"][0]["text"] for paragraph in paragraphs] == ["First line", "Second line"]
    assert issue["self"] == f"{cloud.url}/rest/api/3/issue/{issue['id']}"


def test_an_issue_that_changes_between_pages_by_token_comes_again_and_none_is_missed(cloud: Served) -> None:
    jql, made = filled(cloud)
    first = by_token(cloud, jql)
    cloud.clock.step(minutes=1)
    cloud.jira.set_field(made[1], "summary", "Changed meanwhile")
    second = by_token(cloud, jql, nextPageToken=first["nextPageToken"])
    third = by_token(cloud, jql, nextPageToken=second["nextPageToken"])
    assert keys(first) + keys(second) + keys(third) == [*made, made[1]]


def test_an_issue_that_goes_between_pages_by_token_takes_no_other_with_it(cloud: Served) -> None:
    jql, made = filled(cloud)
    first = by_token(cloud, jql)
    cloud.jira.hide(made[1])
    assert keys(by_token(cloud, jql, nextPageToken=first["nextPageToken"])) == made[2:4]


def test_a_change_elsewhere_does_not_move_the_next_page(cloud: Served) -> None:
    jql, made = filled(cloud)
    first = by_token(cloud, jql)
    filled(cloud, 1)
    assert keys(by_token(cloud, jql, nextPageToken=first["nextPageToken"])) == made[2:4]


def test_issues_of_the_same_moment_are_not_lost_when_one_of_them_changes(cloud: Served) -> None:
    project = cloud.project()
    made = [cloud.jira.add_issue(project, "Of one moment") for _ in range(4)]
    jql = f"project = {project} ORDER BY updated ASC"
    first = by_token(cloud, jql)
    cloud.clock.step(minutes=1)
    cloud.jira.set_field(made[1], "summary", "Changed meanwhile")
    assert keys(by_token(cloud, jql, nextPageToken=first["nextPageToken"])) == made[2:4]


def test_a_page_by_offset_tells_start_size_and_total(server: Served) -> None:
    jql, made = filled(server)
    page = by_offset(server, jql, 2)
    assert (keys(page), page["startAt"], page["maxResults"], page["total"]) == (made[2:4], 2, 2, 5)


def test_a_page_by_offset_is_cut_to_the_server_s_limit_and_says_so(server: Served) -> None:
    jql, made = filled(server)
    page = by_offset(server, jql, 0, size=1000)
    assert (keys(page), page["maxResults"]) == (made[:3], 3)


def test_an_issue_that_goes_between_pages_by_offset_hides_another(server: Served) -> None:
    jql, made = filled(server)
    first = by_offset(server, jql, 0)
    server.jira.hide(made[0])
    assert keys(first) + keys(by_offset(server, jql, 2)) == [made[0], made[1], made[3], made[4]]


def test_a_data_center_searches_without_bounds_too(server: Served) -> None:
    filled(server)
    assert by_offset(server, "ORDER BY created", 0)["total"] == len([issue for issue in server.jira.issues() if issue.key in server.jira.search("")])


def test_an_issue_that_was_read_before_is_shown_as_it_is_now(server: Served) -> None:
    project = server.project()
    key = server.jira.add_issue(project, "Before")
    asked = {"jql": f"project = {project}", "fields": "summary"}
    server.fetch("search", **asked)
    server.jira.set_field(key, "summary", "After")
    assert server.fetch("search", **asked).json()["issues"][0]["fields"]["summary"] == "After"


def test_a_released_version_shows_at_once_in_issues_that_were_read_before(server: Served) -> None:
    project = server.project()
    server.jira.add_issue(project, "Shipped", fix_versions=["1.0"])
    asked = {"jql": f"project = {project}", "fields": "fixVersions"}
    assert server.fetch("search", **asked).json()["issues"][0]["fields"]["fixVersions"][0]["released"] is False
    server.jira.add_version(project, "1.0", released=True)
    assert server.fetch("search", **asked).json()["issues"][0]["fields"]["fixVersions"][0]["released"] is True


def test_a_linked_issue_that_moves_shows_at_once_in_the_other(server: Served) -> None:
    project = server.project()
    one, other = server.jira.add_issue(project, "One"), server.jira.add_issue(project, "Other")
    server.jira.link("Relates", one, other)
    asked = {"jql": f"key = {one}", "fields": "issuelinks"}
    server.fetch("search", **asked)
    server.jira.set_status(other, "Done", resolution="Fixed")
    (link,) = server.fetch("search", **asked).json()["issues"][0]["fields"]["issuelinks"]
    assert link["outwardIssue"]["fields"]["status"]["name"] == "Done"


def test_search_may_lag_behind_reading_unless_reconciled() -> None:
    with served("cloud") as late:
        project = late.project()
        key = late.jira.add_issue(project, "Known")
        late.jira.lag_search(timedelta(seconds=30))
        late.jira.set_status(key, "Done", resolution="Fixed")
        jql = f"project = {project} AND statusCategory = Done"
        assert late.fetch(f"issue/{key}").json()["fields"]["status"]["name"] == "Done"
        assert by_token(late, jql)["issues"] == []
        assert keys(by_token(late, jql, reconcileIssues=late.jira.issue(key).id)) == [key]
        late.jira.set_status(key, "Open")
        late.clock.step(seconds=30)
        assert by_token(late, jql)["issues"] == []
