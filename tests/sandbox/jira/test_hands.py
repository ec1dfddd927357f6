"""People at work in the JIRA, without HTTP: stamps, changelogs, and what only an administrator may do."""

from datetime import UTC, datetime

import pytest

from rollout.sandbox.jira import JiraRefusal, JiraStandIn
from tests.sandbox.jira.callers import NOON, Hand


@pytest.fixture
def clock() -> Hand:
    return Hand()


@pytest.fixture
def jira(clock: Hand) -> JiraStandIn:
    made = JiraStandIn("cloud", clock, {})
    made.add_project("TIDE")
    return made


def told(jira: JiraStandIn, key: str) -> list[tuple[str, str | None, str | None]]:
    """The newest changelog entry: field, from, to."""
    return [(item.field, item.old, item.new) for item in jira.issue(key).history[-1].items]


def test_keys_count_up_from_the_highest(jira: JiraStandIn) -> None:
    assert [jira.add_issue("TIDE", "First"), jira.add_issue("TIDE", "Given", key="TIDE-40"), jira.add_issue("TIDE", "Next")] == [
        "TIDE-1",
        "TIDE-40",
        "TIDE-41",
    ]


def test_a_key_is_given_once(jira: JiraStandIn) -> None:
    jira.add_issue("TIDE", "First", key="TIDE-1")
    with pytest.raises(JiraRefusal, match="TIDE-1"):
        jira.add_issue("TIDE", "Second", key="TIDE-1")


@pytest.mark.parametrize(
    ("field", "value", "items"),
    [
        ("summary", "New", [("summary", "Old", "New")]),
        ("type", "Story", [("issuetype", "Bug", "Story")]),
        ("priority", "Blocker", [("priority", "Major", "Blocker")]),
        ("labels", ["a", "b"], [("labels", "", "a b")]),
        ("components", ["core"], [("Component", None, "core")]),
        ("fix_versions", ["1.1"], [("Fix Version", "1.0", None), ("Fix Version", None, "1.1")]),
        ("affected_versions", ["1.0"], [("Version", None, "1.0")]),
        ("security", "Internal", [("Security", None, "Internal")]),
        ("QA state", "Passed", [("QA state", None, "Passed")]),
        ("Release note", "It works.", [("Release note", None, "It works.")]),
    ],
)
def test_a_field_that_moves_is_stamped_and_told(jira: JiraStandIn, clock: Hand, field: str, value: object, items: list[tuple[str, str, str]]) -> None:
    key = jira.add_issue("TIDE", "Old", fix_versions=["1.0"])
    at = clock.step(minutes=3)
    jira.set_field(key, field, value, author="dana@example.com")
    assert told(jira, key) == items
    assert (jira.issue(key).updated, jira.issue(key).history[-1].author, jira.issue(key).created) == (at, "dana@example.com", NOON)


def test_a_field_that_stays_leaves_no_trace(jira: JiraStandIn, clock: Hand) -> None:
    key = jira.add_issue("TIDE", "Same", labels=["a"], fields={"QA state": "Passed"})
    clock.step(minutes=3)
    jira.set_field(key, "labels", ["a"])
    jira.set_field(key, "QA state", "Passed")
    assert (jira.issue(key).history, jira.issue(key).updated) == ((), NOON)


def test_a_status_brings_its_resolution_and_the_moment(jira: JiraStandIn, clock: Hand) -> None:
    key = jira.add_issue("TIDE", "To be done")
    at = clock.step(hours=1)
    jira.set_status(key, "Done", resolution="Fixed")
    assert told(jira, key) == [("status", "Open", "Done"), ("resolution", None, "Fixed")]
    assert jira.issue(key).resolved_at == at
    jira.set_status(key, "In Progress")
    assert (jira.issue(key).resolution, jira.issue(key).resolved_at) == (None, None)


def test_a_transition_that_is_not_open_names_those_that_are(jira: JiraStandIn) -> None:
    key = jira.add_issue("TIDE", "In review", status="In Review")
    with pytest.raises(JiraRefusal, match=r"TIDE-1 has no transition 'Released' from 'In Review'\. Open ones: Done\."):
        jira.transition(key, "Released")


def test_a_workflow_can_be_widened(jira: JiraStandIn) -> None:
    jira.add_status("In QA", "indeterminate")
    jira.add_transition("Test", "In QA", sources=["In Review"])
    key = jira.add_issue("TIDE", "In review", status="In Review")
    jira.transition(key, "test")
    assert jira.issue(key).status.name == "In QA"


def test_a_status_that_was_not_added_is_refused(jira: JiraStandIn) -> None:
    with pytest.raises(JiraRefusal, match=r"There is no status 'In QA'\. Add it with add_status\."):
        jira.add_issue("TIDE", "Odd", status="In QA")


def test_a_field_can_be_added_and_asked_for(jira: JiraStandIn) -> None:
    field = jira.add_field("Risk", "select", ["High", "Low"])
    key = jira.add_issue("TIDE", "Risky", fields={"Risk": "High"})
    assert jira.search("Risk = High") == jira.search(f"cf[{field.removeprefix('customfield_')}] = High") == [key]


def test_a_comment_is_stamped(jira: JiraStandIn, clock: Hand) -> None:
    key = jira.add_issue("TIDE", "Talked about")
    at = clock.step(minutes=1)
    jira.add_comment(key, "Hello")
    assert (jira.issue(key).updated, jira.issue(key).comments[0].body) == (at, "Hello")


def test_a_remote_link_with_a_known_global_id_replaces_it(jira: JiraStandIn, clock: Hand) -> None:
    key = jira.add_issue("TIDE", "Reported")
    first = jira.add_remote_link(key, "https://desk.example/1", "Ticket 1", global_id="desk=1")
    at = clock.step(minutes=1)
    assert jira.add_remote_link(key, "https://desk.example/1", "Ticket one", global_id="desk=1") == first
    assert [link.object["title"] for link in jira.issue(key).remote_links] == ["Ticket one"]
    assert jira.issue(key).updated == at
    jira.remove_remote_link(key, first)
    assert told(jira, key) == [("RemoteIssueLink", 'This issue links to "Ticket one (Web Link)"', None)]


def test_links_stand_at_both_ends_until_one_of_them_goes(jira: JiraStandIn) -> None:
    one, other = jira.add_issue("TIDE", "One"), jira.add_issue("TIDE", "Other")
    jira.link("Blocks", one, other)
    assert told(jira, one) == [("Link", None, "This issue blocks TIDE-2")]
    assert told(jira, other) == [("Link", None, "This issue is blocked by TIDE-1")]
    jira.remove_issue(one)
    assert jira.issue(other).links == ()


def test_a_moved_issue_is_found_under_both_keys(jira: JiraStandIn) -> None:
    jira.add_project("OPS")
    old = jira.add_issue("TIDE", "In the wrong place", fix_versions=["1.0"])
    new = jira.move_issue(old, "OPS")
    assert new == "OPS-1"
    assert jira.issue(old) == jira.issue(new)
    assert jira.fix_versions(new) == ()
    assert (jira.search("project = TIDE"), jira.search(f"key = {old}")) == ([], ["OPS-1"])
    assert ("Key", "TIDE-1", "OPS-1") in told(jira, new)


def test_a_removed_issue_is_gone(jira: JiraStandIn) -> None:
    key = jira.add_issue("TIDE", "Short-lived")
    jira.remove_issue(key)
    assert jira.search("project = TIDE") == []
    with pytest.raises(JiraRefusal, match="Issue does not exist"):
        jira.issue(key)


def test_moments_are_kept_to_the_millisecond(jira: JiraStandIn, clock: Hand) -> None:
    clock.at = datetime(2026, 11, 20, 12, 0, 0, 123_456, tzinfo=UTC)
    assert jira.issue(jira.add_issue("TIDE", "Exact")).updated == datetime(2026, 11, 20, 12, 0, 0, 123_000, tzinfo=UTC)


def test_adding_a_version_again_changes_it(jira: JiraStandIn) -> None:
    first = jira.add_version("TIDE", "1.0")
    assert jira.add_version("TIDE", "1.0", released=True) == first
    assert jira.add_version("TIDE", "1.0") == first
    assert (jira.version("TIDE", "1.0").released, len(jira.versions("TIDE"))) == (True, 1)
    with pytest.raises(JiraRefusal, match=r"The project TIDE has no version '2\.0'\."):
        jira.version("TIDE", "2.0")


def test_an_issue_below_another_shows_it(jira: JiraStandIn) -> None:
    parent = jira.add_issue("TIDE", "Whole")
    child = jira.add_issue("TIDE", "Part", kind="Sub-task", parent=parent)
    assert (jira.issue(child).parent, jira.issue(child).type.subtask) == (jira.issue(parent).id, True)
