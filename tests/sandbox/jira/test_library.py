"""What only the `jira` library does: its searches by token, its aliases, its extra round trips."""

from collections.abc import Iterator

import pytest

from tests.sandbox.jira.callers import Library, Served, served


@pytest.fixture(scope="module")
def cloud() -> Iterator[Served]:
    with served("cloud") as running:
        yield running


@pytest.fixture(scope="module")
def library(cloud: Served) -> Iterator[Library]:
    made = Library(cloud)
    yield made
    made.close()


def test_an_enhanced_search_goes_on_by_its_token(cloud: Served, library: Library) -> None:
    project = cloud.project()
    keys = [cloud.jira.add_issue(project, "One of three") for _ in range(3)]
    first = library.jira.enhanced_search_issues(f"project = {project} ORDER BY key", maxResults=2, fields="summary")
    rest = library.jira.enhanced_search_issues(f"project = {project} ORDER BY key", maxResults=2, fields="summary", nextPageToken=first.nextPageToken)
    assert [issue.key for issue in [*first, *rest]] == keys
    assert rest.nextPageToken is None


def test_a_search_can_be_posted(cloud: Served, library: Library) -> None:
    project = cloud.project()
    key = cloud.jira.add_issue(project, "Posted for")
    (found,) = library.jira.enhanced_search_issues(f"project = {project}", use_post=True)
    assert (found.key, found.fields.summary, found.fields.status.statusCategory.key) == (key, "Posted for", "new")


def test_the_count_is_right(cloud: Served, library: Library) -> None:
    project = cloud.project()
    cloud.jira.add_issue(project, "The only one")
    assert library.jira.approximate_issue_count(f"project = {project}") == 1


def test_a_custom_field_can_be_asked_for_by_its_name(cloud: Served, library: Library) -> None:
    project = cloud.project()
    cloud.jira.add_issue(project, "Severe", fields={"Severity": "Critical", "Release note": "It works again."})
    (found,) = library.jira.search_issues(f"project = {project} AND Severity = Critical", fields="Severity,Release note")
    assert found.raw["fields"]["Severity"]["value"] == "Critical"
    assert found.raw["fields"]["Release note"] == "It works again."


def test_embedded_things_know_what_they_are(cloud: Served, library: Library) -> None:
    project = cloud.project()
    key = cloud.jira.add_issue(project, "Full", fix_versions=["1.0"], components=["core"], status="Done", resolution="Fixed", security="Internal")
    fields = library.jira.issue(key).fields
    things = [
        fields.status,
        fields.priority,
        fields.resolution,
        fields.issuetype,
        fields.project,
        fields.security,
        fields.fixVersions[0],
        fields.components[0],
    ]
    kinds = ["Status", "Priority", "Resolution", "IssueType", "Project", "SecurityLevel", "Version", "Component"]
    assert [type(thing).__name__ for thing in things] == kinds


def test_a_full_remote_link_is_added_although_application_links_are_forbidden(cloud: Served, library: Library) -> None:
    key = cloud.jira.add_issue(cloud.project(), "Reported")
    with pytest.warns(Warning, match="Unable to gather applicationlinks"):
        library.jira.add_remote_link(key, {"url": "https://desk.example/1", "title": "1"}, globalId="desk=1", relationship="causes")
    again = cloud.http.post(
        f"/rest/api/2/issue/{key}/remotelink", json={"globalId": "desk=1", "object": {"url": "https://desk.example/1", "title": "One"}}
    )
    assert again.status_code == 200
    assert [(link["globalId"], link["object"]["title"]) for link in library.links(key)] == [("desk=1", "One")]


def test_an_issue_can_be_created_and_found(cloud: Served, library: Library) -> None:
    project = cloud.project()
    made = library.jira.create_issue(project={"key": project}, summary="New here", issuetype={"name": "Bug"}, labels=["fresh"])
    assert (made.key, made.fields.summary, made.fields.labels) == (f"{project}-1", "New here", ["fresh"])


def test_the_session_names_the_user(library: Library) -> None:
    assert library.jira.session().name == "bot@example.com"


def test_version_counts_leave_out_their_address(cloud: Served, library: Library) -> None:
    project = cloud.project()
    cloud.jira.add_issue(project, "Fixed", fix_versions=["1.0"], affected_versions=["0.9"])
    counts = library.jira.version_count_related_issues(cloud.jira.add_version(project, "1.0"))
    assert (counts["issuesFixedCount"], counts["issuesAffectedCount"]) == (1, 0)


def test_the_lists_of_words_are_there(library: Library) -> None:
    assert {status.name for status in library.jira.statuses()} > {"Open", "Done"}
    assert {resolution.name for resolution in library.jira.resolutions()} > {"Fixed", "Won't Fix"}
    assert [priority.name for priority in library.jira.priorities()][:2] == ["Blocker", "Critical"]
    assert {kind.name for kind in library.jira.issue_types()} > {"Bug", "Story"}


def test_what_was_made_can_be_taken_away(cloud: Served, library: Library) -> None:
    project = cloud.project()
    one, other = cloud.jira.add_issue(project, "One", fix_versions=["1.0"]), cloud.jira.add_issue(project, "Other")
    cloud.jira.link("Blocks", one, other)
    cloud.jira.add_remote_link(one, "https://desk.example/1", global_id="desk=1&a")
    library.set_property(one, "rollout", 1)

    link = library.jira.issue_link(cloud.jira.issue(one).links[0].id)
    assert (link.inwardIssue.key, link.outwardIssue.key) == (one, other)
    library.jira.delete_issue_link(link.id)
    library.jira.delete_remote_link(one, global_id="desk=1&a")
    library.jira.issue_property(one, "rollout").delete()
    library.jira.version(cloud.jira.add_version(project, "1.0")).delete()
    library.jira.issue(other).delete()

    left = cloud.jira.issue(one)
    assert (left.links, left.remote_links, left.properties, left.fix_versions) == ((), (), {}, ())
    assert (cloud.jira.versions(project), cloud.jira.search(f"project = {project}")) == ([], [one])


def test_a_link_to_a_hidden_issue_is_not_shown(cloud: Served, library: Library) -> None:
    project = cloud.project()
    one, other = cloud.jira.add_issue(project, "One"), cloud.jira.add_issue(project, "Other")
    cloud.jira.link("Blocks", one, other)
    cloud.jira.hide(other)
    assert library.issue(one)["fields"]["issuelinks"] == []


def test_comments_are_read_in_pages(cloud: Served, library: Library) -> None:
    key = cloud.jira.add_issue(cloud.project(), "Much talked about")
    for number in range(3):
        cloud.jira.add_comment(key, f"Comment {number}")
    assert [comment.body for comment in library.jira.comments(key)] == ["Comment 0", "Comment 1", "Comment 2"]
    page = cloud.fetch(f"issue/{key}/comment", startAt=1, maxResults=1, orderBy="-created").json()
    assert ([comment["body"] for comment in page["comments"]], page["startAt"], page["maxResults"], page["total"]) == (["Comment 1"], 1, 1, 3)
