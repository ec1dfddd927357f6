"""JQL as the stand-in reads it: what finds what, and in which words the rest is refused."""

from datetime import UTC, date, datetime

import pytest

from rollout.sandbox.jira import JiraRefusal, JiraStandIn
from tests.sandbox.jira.callers import Hand

NOW = datetime(2026, 11, 20, 17, 30, tzinfo=UTC)  # half past twelve in Toronto


@pytest.fixture(scope="module")
def jira() -> JiraStandIn:
    """Four issues of two projects, made to differ in everything that JQL can ask for."""
    made = JiraStandIn("server", Hand(NOW), {}, zone="America/Toronto")
    made.add_project("TIDE", "Tidewater")
    made.add_project("OPS", "Operations")
    made.add_version("TIDE", "2026.10", released=True, release_date=date(2026, 10, 8))
    made.add_version("TIDE", "2026.11", released=True)
    made.add_version("TIDE", "2026.12")
    made.add_version("TIDE", "2027.01")
    made.add_version("TIDE", "abandoned", archived=True)
    made.add_version("OPS", "2026.12")
    made.add_issue(
        "TIDE",
        "Export crashes on large files",
        kind="Bug",
        status="Done",
        resolution="Fixed",
        priority="Blocker",
        created=datetime(2026, 10, 1, 12, tzinfo=UTC),
        updated=datetime(2026, 11, 1, 4, 0, tzinfo=UTC),
        labels=["export", "Crash"],
        components=["core"],
        fix_versions=["2026.11"],
        affected_versions=["2026.10"],
        fields={"Severity": "Critical", "Release note": "Large exports work again."},
    )
    made.add_issue(
        "TIDE",
        "Search is slow",
        kind="Story",
        status="In Review",
        created=datetime(2026, 11, 18, 12, tzinfo=UTC),
        labels=["search"],
        fix_versions=["2026.12"],
        security="Internal",
    )
    made.add_issue("TIDE", "Odd colours", created=datetime(2026, 11, 19, 12, tzinfo=UTC), fields={"Severity": "Minor"})
    made.add_issue(
        "OPS", "Renew the certificate", kind="Task", priority="Minor", created=datetime(2026, 9, 1, 12, tzinfo=UTC), fix_versions=["2026.12"]
    )
    return made


@pytest.mark.parametrize(
    ("jql", "found"),
    [
        ("project = TIDE", "TIDE-1 TIDE-2 TIDE-3"),
        ("project = tidewater", "TIDE-1 TIDE-2 TIDE-3"),
        ("project in (OPS, TIDE) AND project != TIDE", "OPS-1"),
        ("key = tide-2", "TIDE-2"),
        ("issuekey in (TIDE-3, OPS-1)", "OPS-1 TIDE-3"),
        ("key > TIDE-1", "TIDE-2 TIDE-3"),
        ("key <= TIDE-2", "TIDE-1 TIDE-2"),
        ("fixVersion = 2026.12", "OPS-1 TIDE-2"),
        ("fixVersion != 2026.12", "TIDE-1"),
        ("fixVersion is EMPTY", "TIDE-3"),
        ("fixVersion = NULL", "TIDE-3"),
        ("fixVersion != EMPTY", "OPS-1 TIDE-1 TIDE-2"),
        ("fixVersion in (2026.11, EMPTY)", "TIDE-1 TIDE-3"),
        ("fixVersion not in (2026.11, EMPTY)", "OPS-1 TIDE-2"),
        ("fixVersion in unreleasedVersions(TIDE)", "TIDE-2"),
        ("fixVersion in (unreleasedVersions())", "OPS-1 TIDE-2"),
        ("fixVersion in releasedVersions('TIDE')", "TIDE-1"),
        ("fixVersion = latestReleasedVersion(TIDE)", "TIDE-1"),
        ("fixVersion = earliestUnreleasedVersion(TIDE)", "TIDE-2"),
        ("affectedVersion = 2026.10", "TIDE-1"),
        ("status = 'In Review'", "TIDE-2"),
        ("status not in (Open, Done)", "TIDE-2"),
        ("statusCategory = done", "TIDE-1"),
        ('statusCategory = "To Do"', "OPS-1 TIDE-3"),
        ("statusCategory != indeterminate", "OPS-1 TIDE-1 TIDE-3"),
        ("resolution = Unresolved", "OPS-1 TIDE-2 TIDE-3"),
        ("resolution != Unresolved", "TIDE-1"),
        ("resolution in (Fixed, Unresolved) AND project = OPS", "OPS-1"),
        ("labels = crash", "TIDE-1"),
        ("labels != export", "TIDE-2"),
        ("NOT labels = export", "TIDE-2"),
        ("labels is EMPTY", "OPS-1 TIDE-3"),
        ("labels = never-used", ""),
        ("type = Bug", "TIDE-1 TIDE-3"),
        ("issuetype in (Story, Task)", "OPS-1 TIDE-2"),
        ("priority = Blocker", "TIDE-1"),
        ("component = CORE", "TIDE-1"),
        ("component is empty", "OPS-1 TIDE-2 TIDE-3"),
        ("level is not EMPTY", "TIDE-2"),
        ('"cf[10050]" = Critical', "TIDE-1"),
        ("cf[10050] in (Critical, Minor)", "TIDE-1 TIDE-3"),
        ('"severity" = Minor', "TIDE-3"),
        ('"Release note" is not EMPTY', "TIDE-1"),
        ('"Release note" ~ "EXPORTS again"', "TIDE-1"),
        ("summary ~ crash", ""),
        ("summary ~ 'crash*'", "TIDE-1"),
        ("summary !~ slow", "OPS-1 TIDE-1 TIDE-3"),
        ('updated >= "2026-11-01 00:00" AND project = TIDE', "TIDE-1 TIDE-2 TIDE-3"),
        ('updated > "2026-11-01 00:00" AND project = TIDE', "TIDE-2 TIDE-3"),
        ('updated >= "2026/11/01 00:01" AND project = TIDE', "TIDE-2 TIDE-3"),
        ("updated < 2026-11-01", "OPS-1"),
        ("created >= -2d", "TIDE-3"),
        ('created >= "-2d 6h"', "TIDE-2 TIDE-3"),
        ("created >= -60h", "TIDE-2 TIDE-3"),
        ("created >= startOfMonth()", "TIDE-2 TIDE-3"),
        ("created >= startOfMonth(-1)", "TIDE-1 TIDE-2 TIDE-3"),
        ("created < startOfDay(-1d)", "OPS-1 TIDE-1 TIDE-2"),
        ("created <= endOfDay('-1')", "OPS-1 TIDE-1 TIDE-2 TIDE-3"),
        ("created <= now() AND created > startOfWeek()", "TIDE-2 TIDE-3"),
        ("resolved is EMPTY", "OPS-1 TIDE-2 TIDE-3"),
        ("resolved >= 2026-10-01", "TIDE-1"),
        ("resolved < 2026-10-01 OR resolved >= 2026-10-01", "TIDE-1"),
        ("NOT resolved < 2026-10-01", "TIDE-1"),
        ("project = OPS OR project = TIDE AND type = Story", "OPS-1 TIDE-2"),
        ("(project = OPS OR project = TIDE) AND type = Story", "TIDE-2"),
        ("NOT (project = OPS OR type = Story)", "TIDE-1 TIDE-3"),
        ("! project = OPS && type = Bug || key = OPS-1", "OPS-1 TIDE-1 TIDE-3"),
        ("NOT NOT project = OPS", "OPS-1"),
        ("PrOjEcT = TIDE aNd TyPe NoT iN (bug)", "TIDE-2"),
        ("summary ~ '\\u0073low'", "TIDE-2"),
        ("", "OPS-1 TIDE-1 TIDE-2 TIDE-3"),
    ],
)
def test_a_query_finds_what_it_asks_for(jira: JiraStandIn, jql: str, found: str) -> None:
    assert sorted(jira.search(jql)) == found.split()


@pytest.mark.parametrize(
    ("order", "keys"),
    [
        ("ORDER BY key", "OPS-1 TIDE-1 TIDE-2 TIDE-3"),
        ("ORDER BY key DESC", "TIDE-3 TIDE-2 TIDE-1 OPS-1"),
        ("ORDER BY created", "TIDE-3 TIDE-2 TIDE-1 OPS-1"),
        ("ORDER BY created ASC", "OPS-1 TIDE-1 TIDE-2 TIDE-3"),
        ("ORDER BY priority, key DESC", "TIDE-1 TIDE-3 TIDE-2 OPS-1"),
        ("order by type asc, created asc", "TIDE-1 TIDE-3 TIDE-2 OPS-1"),
        ("ORDER BY resolved ASC, key ASC", "TIDE-1 OPS-1 TIDE-2 TIDE-3"),
        ("ORDER BY Severity DESC, key ASC", "OPS-1 TIDE-2 TIDE-3 TIDE-1"),
        ("ORDER BY summary", "TIDE-1 TIDE-3 OPS-1 TIDE-2"),
        ("", "TIDE-3 TIDE-2 TIDE-1 OPS-1"),
    ],
)
def test_issues_come_in_the_order_asked_for(jira: JiraStandIn, order: str, keys: str) -> None:
    assert jira.search(f"project is not EMPTY {order}") == keys.split()


def test_issue_keys_are_ordered_by_their_numbers() -> None:
    jira = JiraStandIn("server", Hand(), {})
    jira.add_project("TIDE")
    keys = [jira.add_issue("TIDE", "One of eleven") for _ in range(11)]
    assert jira.search("project = TIDE ORDER BY key ASC") == keys


@pytest.mark.parametrize(
    ("jql", "said"),
    [
        ("project =", "Error in the JQL Query: Expecting either a value, list or function before the end of the query."),
        ("project", "Error in the JQL Query: Expecting operator before the end of the query. The valid operators are '=',"),
        ("project = TIDE AND", "Error in the JQL Query: Expecting a field name at the end of the query."),
        ("project = TIDE status", "Error in the JQL Query: Expecting either 'OR' or 'AND' but got 'status'. (line 1, character 16)"),
        ("project = TIDE\nAND = 1", "Error in the JQL Query: Expecting a field name but got '='. You must surround '=' in quotation marks"),
        ("(project = TIDE", "Error in the JQL Query: Expecting ')' before the end of the query."),
        ("project in (TIDE, OPS", "Error in the JQL Query: Expecting ')' before the end of the query."),
        ("project in (TIDE OPS)", "Error in the JQL Query: Expecting ')' but got 'OPS'. (line 1, character 18)"),
        ('summary ~ "slow', "Error in the JQL Query: The quoted string 'slow' has not been completed. (line 1, character 11)"),
        ("summary ~ a/b", "Error in the JQL Query: The character '/' is a reserved JQL character. You must enclose it in a string or use"),
        (r'summary ~ "\q"', r"Error in the JQL Query: '\q' is an illegal JQL escape sequence."),
        ("project = TIDE ORDER updated", "Error in the JQL Query: Expecting 'by' but got 'updated'."),
        ("(" * 5000, "Error in the JQL Query: The query is nested too deeply."),
        ("cf[10050 = 1", "Error in the JQL Query: Expecting ']' but got '='. (line 1, character 10)"),
        ("cf[10050", "Error in the JQL Query: Expecting ']' before the end of the query."),
        ("foo = 1", "Field 'foo' does not exist or you do not have permission to view it."),
        ("cf[99999] = 1", "Field 'cf[99999]' does not exist or you do not have permission to view it."),
        ("project = TIDE ORDER BY foo", "Field 'foo' does not exist or you do not have permission to view it."),
        ("project = NOPE", "The value 'NOPE' does not exist for the field 'project'."),
        ("fixVersion = 9.9", "The value '9.9' does not exist for the field 'fixVersion'."),
        ("status in (Open, Shipped)", "The value 'Shipped' does not exist for the field 'status'."),
        ("Severity = Apocalyptic", "The value 'Apocalyptic' does not exist for the field 'Severity'."),
        ("key = TIDE-99", "An issue with key 'TIDE-99' does not exist for field 'key'."),
        ("fixVersion in unreleasedVersions(NOPE)", "Could not resolve the project 'NOPE' provided to function."),
        ("fixVersion in fooVersions()", "Unable to find JQL function 'fooVersions()'."),
        ("updated >= endOfTime()", "Unable to find JQL function 'endOfTime()'."),
        ("fixVersion = unreleasedVersions(TIDE)", "Operator '=' does not support the list function 'unreleasedVersions' for field 'fixVersion'."),
        ("updated >= yesterday", "Date value 'yesterday' for field 'updated' is invalid. Valid formats include: 'yyyy/MM/dd HH:mm',"),
        ('updated >= "2026-11-01 10:00:37"', "Date value '2026-11-01 10:00:37' for field 'updated' is invalid."),
        ("updated >= 2026-02-31", "Date value '2026-02-31' for field 'updated' is invalid."),
        ("updated >= -999999999999w", "Date value '-999999999999w' for field 'updated' is invalid."),
        ("updated ~ 2026", "The operator '~' is not supported by the 'updated' field."),
        ("status ~ Open", "The operator '~' is not supported by the 'status' field."),
        ("status > Open", "The operator '>' is not supported by the 'status' field."),
        ("summary = slow", "The operator '=' is not supported by the 'summary' field."),
        ("status is Open", "The operator 'is' for the field 'status' takes EMPTY or NULL only."),
        ("status in Open", "Operator 'in' does not support the non-list value for field 'status'."),
        ("status = (Open)", "Operator '=' does not support the list value for field 'status'."),
    ],
)  # fmt: skip
def test_what_makes_no_sense_is_refused_in_jira_s_words(jira: JiraStandIn, jql: str, said: str) -> None:
    with pytest.raises(JiraRefusal) as refused:
        jira.search(jql)
    assert str(refused.value).startswith(said)
    assert refused.value.status == 400


@pytest.mark.parametrize("jql", ["status was Open", "status changed", "fixVersion > 2026.11", "priority >= Major"])
def test_what_jira_can_and_the_stand_in_cannot_is_not_guessed(jira: JiraStandIn, jql: str) -> None:
    with pytest.raises(JiraRefusal, match="The stand-in does not serve the JQL operator") as refused:
        jira.search(jql)
    assert refused.value.status == 501
