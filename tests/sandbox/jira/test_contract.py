"""What a JIRA promises, kept by the stand-in in both modes, and heard alike by the `jira` library and over plain HTTP."""

from collections.abc import Iterator

import pytest

from tests.sandbox.jira.callers import Caller, Http, Library, Served, refused, served


@pytest.fixture(scope="module", params=["cloud", "server"])
def site(request: pytest.FixtureRequest) -> Iterator[Served]:
    with served(request.param) as running:
        yield running


@pytest.fixture(scope="module", params=[Library, Http])
def caller(request: pytest.FixtureRequest, site: Served) -> Iterator[Caller]:
    made: Caller = request.param(site)
    yield made
    made.close()


def test_the_account_is_that_of_the_credential(site: Served, caller: Caller) -> None:
    me = caller.whoami()
    assert me["emailAddress"] == "bot@example.com"
    assert me["timeZone"] == "UTC"
    assert ("accountId" in me, "name" in me) == ((True, False) if site.mode == "cloud" else (False, True))


def test_a_search_brings_the_fields_asked_for_in_the_order_asked_for(site: Served, caller: Caller) -> None:
    project = site.project()
    for priority in ("Minor", "Blocker", "Major"):
        site.jira.add_issue(project, f"A {priority} one", priority=priority)
    rows = caller.find(f"project = {project} ORDER BY priority DESC", "summary,priority")
    assert [row["fields"]["summary"] for row in rows] == ["A Blocker one", "A Major one", "A Minor one"]
    assert rows[0]["fields"].keys() == {"summary", "priority"}


def test_a_search_of_several_pages_brings_every_issue_once(site: Served, caller: Caller) -> None:
    project = site.project()
    keys = [site.jira.add_issue(project, "One of many") for _ in range(230)]
    assert [row["key"] for row in caller.find(f"project = {project} ORDER BY key", "summary")] == keys


def test_jql_that_cannot_be_read_is_refused_in_words(caller: Caller) -> None:
    with refused("400 Error in the JQL Query: Expecting operator but got 'me'."):
        caller.find("give me these issues", "summary")


def test_an_unknown_field_or_value_is_refused_in_words(caller: Caller) -> None:
    with refused("400 Field 'foo' does not exist or you do not have permission to view it."):
        caller.find("foo = 1", "summary")
    with refused("400 The value '9.9' does not exist for the field 'fixVersion'."):
        caller.find("fixVersion = 9.9", "summary")


def test_an_unknown_issue_is_refused_in_words(caller: Caller) -> None:
    with refused("404 Issue does not exist or you do not have permission to see it."):
        caller.issue("NOPE-1")


def test_a_fix_version_is_exchanged_stamped_and_told_in_the_changelog(site: Served, caller: Caller) -> None:
    project = site.project()
    old, new = site.jira.add_version(project, "2026.11"), site.jira.add_version(project, "2026.12")
    key = site.jira.add_issue(project, "Late", fix_versions=["2026.11"])
    at = site.clock.step(minutes=5)
    caller.edit(key, {"fixVersions": [{"remove": {"name": "2026.11"}}, {"add": {"name": "2026.12"}}]})

    issue = caller.issue(key, expand="changelog")
    assert [version["name"] for version in issue["fields"]["fixVersions"]] == ["2026.12"]
    assert issue["fields"]["updated"] == f"{at:%Y-%m-%dT%H:%M:%S}.000+0000"
    (entry,) = issue["changelog"]["histories"]
    assert entry["author"]["emailAddress"] == "bot@example.com"
    moves = {(item["field"], item["from"], item["fromString"], item["to"], item["toString"]) for item in entry["items"]}
    assert moves == {("Fix Version", old, "2026.11", None, None), ("Fix Version", None, None, new, "2026.12")}
    assert all(("fieldId" in item) == (site.mode == "cloud") for item in entry["items"])


def test_a_fix_version_that_is_there_is_not_added_again(site: Served, caller: Caller) -> None:
    key = site.jira.add_issue(site.project(), "Late", fix_versions=["2026.12"])
    before = site.jira.issue(key)
    site.clock.step(minutes=1)
    caller.edit(key, {"fixVersions": [{"add": {"name": "2026.12"}}]})
    assert site.jira.issue(key) == before


def test_several_unfit_fields_are_all_named(site: Served) -> None:
    key = site.jira.add_issue(site.project(), "Odd")
    unfit = {"summary": "", "priority": {"name": "Huge"}, "labels": ["two words"], "customfield_10050": {"value": "Mild"}, "status": {"name": "Done"}}
    answer = site.http.put(f"/rest/api/2/issue/{key}", json={"fields": unfit})
    assert (answer.status_code, answer.json()["errors"]) == (
        400,
        {
            "summary": "You must specify a summary of the issue.",
            "priority": "The priority selected is invalid.",
            "labels": "The label 'two words' contains spaces which is invalid.",
            "customfield_10050": "Option value 'Mild' is not valid",
            "status": "Field 'status' cannot be set. It is not on the appropriate screen, or unknown.",
        },
    )
    assert site.jira.issue(key).history == ()


def test_an_unknown_fix_version_cannot_be_set(site: Served, caller: Caller) -> None:
    key = site.jira.add_issue(site.project(), "Late")
    with refused("400 Version name '2031.01' is not valid"):
        caller.edit(key, {"fixVersions": [{"add": {"name": "2031.01"}}]})
    assert site.jira.fix_versions(key) == ()


def test_a_resolution_cannot_be_edited(site: Served, caller: Caller) -> None:
    key = site.jira.add_issue(site.project(), "Open")
    with refused("Field 'resolution' cannot be set. It is not on the appropriate screen, or unknown."):
        caller.edit(key, {"resolution": [{"set": {"name": "Fixed"}}]})


def test_a_transition_takes_a_resolution_and_a_comment(site: Served, caller: Caller) -> None:
    key = site.jira.add_issue(site.project(), "To be repaired")
    assert caller.transitions(key) == ["Start Progress", "Done"]
    at = site.clock.step(minutes=1)
    caller.go(key, "Done", resolution="Fixed", comment="Repaired at last.")

    fields = caller.issue(key)["fields"]
    assert (fields["status"]["name"], fields["status"]["statusCategory"]["key"], fields["resolution"]["name"]) == ("Done", "done", "Fixed")
    assert fields["resolutiondate"] == f"{at:%Y-%m-%dT%H:%M:%S}.000+0000"
    assert [comment["body"] for comment in fields["comment"]["comments"]] == ["Repaired at last."]


def test_a_transition_without_a_resolution_sets_one_and_reopening_clears_it(site: Served, caller: Caller) -> None:
    key = site.jira.add_issue(site.project(), "To be repaired")
    caller.go(key, "Done")
    assert caller.issue(key)["fields"]["resolution"]["name"] == "Done"
    caller.go(key, "Reopen")
    fields = caller.issue(key)["fields"]
    assert (fields["status"]["name"], fields["resolution"], fields["resolutiondate"]) == ("Reopened", None, None)


def test_a_transition_that_is_not_open_is_refused(site: Served, caller: Caller) -> None:
    key = site.jira.add_issue(site.project(), "Open")
    with refused("Invalid transition name"):
        caller.go(key, "Close")


@pytest.mark.parametrize(
    ("transition", "said"), [({"id": "51"}, "It seems that you have tried"), ({"id": 99}, "It seems that"), ({}, "Missing 'transition'")]
)
def test_a_transition_by_an_id_that_is_not_open_is_refused(site: Served, transition: dict[str, str], said: str) -> None:
    key = site.jira.add_issue(site.project(), "Open")
    answer = site.http.post(f"/rest/api/2/issue/{key}/transitions", json={"transition": transition})
    assert (answer.status_code, answer.json()["errorMessages"][0][: len(said)]) == (400, said)
    assert site.jira.issue(key).status.name == "Open"


def test_a_comment_keeps_who_may_read_it(site: Served, caller: Caller) -> None:
    key = site.jira.add_issue(site.project(), "Talked about")
    caller.comment(key, "For developers", visibility={"type": "role", "value": "Developers"})
    caller.comment(key, "For us", internal=True)
    first, second = caller.issue(key)["fields"]["comment"]["comments"]
    assert first["visibility"] == {"type": "role", "value": "Developers"}
    if site.mode == "cloud":
        assert (first["jsdPublic"], second["jsdPublic"]) == (True, False)


def test_an_empty_comment_is_refused(site: Served, caller: Caller) -> None:
    with refused("400 Comment body can not be empty!"):
        caller.comment(site.jira.add_issue(site.project(), "Silent"), " ")


def test_a_remote_link_is_added_and_changed(site: Served, caller: Caller) -> None:
    key = site.jira.add_issue(site.project(), "Reported by a client")
    link_id = caller.add_link(key, "https://acme.zendesk.com/agent/tickets/7", "Ticket 7")
    caller.change_link(key, link_id, "https://acme.zendesk.com/agent/tickets/8", "Ticket 8", "zendesk=8")
    (link,) = caller.links(key)
    assert (link["id"], link["globalId"]) == (link_id, "zendesk=8")
    assert (link["object"]["url"], link["object"]["title"]) == ("https://acme.zendesk.com/agent/tickets/8", "Ticket 8")


def test_a_remote_link_needs_url_and_title(site: Served, caller: Caller) -> None:
    with refused("400 'url' is required., 'title' is required."):
        caller.add_link(site.jira.add_issue(site.project(), "Odd"), "", "")


def test_a_version_is_created_dated_released_and_moved(site: Served, caller: Caller) -> None:
    project = site.project()
    site.jira.add_version(project, "2026.10")
    version = caller.create_version(project, "2026.12", "2026-12-08")
    assert [(each["name"], each["released"], each.get("releaseDate")) for each in caller.versions(project)] == [
        ("2026.10", False, None),
        ("2026.12", False, "2026-12-08"),
    ]
    changed = caller.change_version(version, released=True, releaseDate="2026-12-09")
    assert (changed["released"], changed["releaseDate"], changed["userReleaseDate"], changed["overdue"]) == (True, "2026-12-09", "9/Dec/26", False)

    caller.move_version(version, position="First")
    assert [each["name"] for each in caller.versions(project)] == ["2026.12", "2026.10"]
    caller.move_version(version, after=caller.versions(project)[1]["self"])
    assert [each["name"] for each in caller.versions(project)] == ["2026.10", "2026.12"]


def test_a_version_name_is_taken_once_in_a_project(site: Served, caller: Caller) -> None:
    project = site.project()
    site.jira.add_version(project, "2026.10")
    other = site.jira.add_version(project, "2026.11")
    with refused("400 A version with this name already exists in this project."):
        caller.change_version(other, name="2026.10")


def test_a_version_that_is_past_its_day_is_overdue_until_it_is_released(site: Served, caller: Caller) -> None:
    project = site.project()
    version = site.jira.add_version(project, "2026.10")
    assert caller.change_version(version, releaseDate="2026-10-08")["overdue"] is True


def test_a_version_counts_its_unresolved_issues(site: Served, caller: Caller) -> None:
    project = site.project()
    site.jira.add_issue(project, "Open", fix_versions=["2026.12"])
    site.jira.add_issue(project, "Closed", fix_versions=["2026.12"], status="Done", resolution="Fixed")
    assert caller.unresolved(site.jira.add_version(project, "2026.12")) == 1


def test_the_versions_of_an_unknown_project_are_refused(caller: Caller) -> None:
    with refused("404 No project could be found with key 'NOPE'."):
        caller.versions("NOPE")


def test_a_link_between_issues_is_read_from_both_ends(site: Served, caller: Caller) -> None:
    project = site.project()
    first, second = site.jira.add_issue(project, "First"), site.jira.add_issue(project, "Second")
    caller.relate("Blocks", first, second)
    (out,) = caller.issue(first)["fields"]["issuelinks"]
    (back,) = caller.issue(second)["fields"]["issuelinks"]
    assert (out["type"]["outward"], out["outwardIssue"]["key"], out["outwardIssue"]["fields"]["summary"]) == ("blocks", second, "Second")
    assert (back["type"]["inward"], back["inwardIssue"]["key"]) == ("is blocked by", first)


def test_a_property_comes_back_as_it_was_put_and_leaves_no_stamp(site: Served, caller: Caller) -> None:
    key = site.jira.add_issue(site.project(), "Marked")
    before = site.jira.issue(key).updated
    site.clock.step(minutes=1)
    caller.set_property(key, "rollout", {"delivered": ["acme"]})
    assert caller.get_property(key, "rollout") == {"delivered": ["acme"]}
    assert site.jira.issue(key).updated == before


def test_dates_are_shown_in_the_zone_of_the_account() -> None:
    with served("server", zone="America/Toronto") as eastern:
        key = eastern.jira.add_issue(eastern.project(), "Eastern")
        assert eastern.fetch(f"issue/{key}").json()["fields"]["created"] == "2026-11-20T07:00:00.000-0500"
