"""From JIRA's JSON to changes and ticket links."""

import contextlib
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout.adapters.jira import FieldNames, JiraMapping, QualityRule, TicketUrl
from rollout.adapters.jira.issues import Issues
from rollout.core.changes import Audience, Kind, Quality
from rollout.errors import BadAnswer

URLS = (
    TicketUrl(desk="help", pattern=r"^https://acme\.zendesk\.com/agent/tickets/(?P<ticket>\d+)$"),
    TicketUrl(desk="pro", pattern=r"deskpro_ticket_(?P<ticket>\d+)"),
)
PUBLIC = JiraMapping(public_projects=frozenset({"TIDE"}))


def issue(**given: Any) -> dict[str, Any]:
    fields = {
        "project": {"key": "TIDE"},
        "summary": "Sails tear",
        "status": {"name": "Done", "statusCategory": {"key": "done"}},
        "resolution": {"name": "Fixed"},
        "resolutiondate": "2026-11-20T10:00:00.000+0000",
        "issuetype": {"name": "Bug"},
        "priority": {"name": "Major"},
        "labels": ["sail"],
        "components": [{"name": "Rig"}],
        "fixVersions": [{"id": "7", "name": "2026.12"}],
        "updated": "2026-11-20T05:30:00.000-0500",
    }
    return {"id": "10001", "key": "TIDE-1", "fields": fields | given}


def read(mapping: JiraMapping = PUBLIC, **given: Any) -> Any:
    ids = {name: f"id of {name}" for name in mapping.fields.configured}
    return Issues("jira", mapping, ids).change(issue(**given))


def test_an_issue_becomes_a_change():
    change = read(JiraMapping(public_projects=frozenset({"TIDE"}), kinds={"bug": Kind.FIX}))
    assert change.model_dump() == {
        "key": "TIDE-1",
        "issue_id": "10001",
        "project": "TIDE",
        "summary": "Sails tear",
        "kind": Kind.FIX,
        "audience": Audience.CLIENTS,
        "status": "Done",
        "status_category": "done",
        "resolution": "Fixed",
        "quality": Quality.PASSED,
        "fix_versions": ("2026.12",),
        "labels": frozenset({"sail"}),
        "components": ("Rig",),
        "priority": "Major",
        "severity": "",
        "workaround": False,
        "needs_staging": False,
        "downtime_minutes": 0,
        "public_note": "",
        "updated": datetime(2026, 11, 20, 10, 30, tzinfo=UTC),
        "resolved_at": datetime(2026, 11, 20, 10, 0, tzinfo=UTC),
    }


def test_what_is_null_or_missing_is_empty():
    change = read(resolution=None, resolutiondate=None, priority=None, labels=None, components=None, fixVersions=None)
    assert (change.resolution, change.resolved_at, change.priority, change.fix_versions, change.kind) == (None, None, "", (), Kind.TASK)


def test_configured_fields_are_read():
    names = FieldNames(severity="S", note="N", workaround="W", downtime="D")
    mapping = JiraMapping(fields=names, staging_labels=frozenset({"Needs-Staging"}))
    given = {"id of S": {"value": "Critical"}, "id of N": "Sails hold.\r\nNow.", "id of W": "Reef", "id of D": 15.0, "labels": ["needs-staging"]}
    change = read(mapping, **given)
    assert (change.severity, change.public_note, change.workaround) == ("Critical", "Sails hold.\nNow.", True)
    assert (change.downtime_minutes, change.needs_staging) == (15, True)


@pytest.mark.parametrize("said", [None, "", "No", " none ", {"value": "No"}, False])
def test_a_workaround_that_is_none_is_none(said):
    assert not read(JiraMapping(fields=FieldNames(workaround="W")), **{"id of W": said}).workaround


@pytest.mark.parametrize(
    "given",
    [
        {"security": {"id": "1", "name": "Staff"}},
        {"labels": ["Internal"]},
        {"issuetype": {"name": "Chore"}},
        {"project": {"key": "SECRET"}},
    ],
)
def test_one_sign_is_enough_to_make_a_change_internal(given):
    mapping = JiraMapping(public_projects=frozenset({"TIDE"}), internal_labels=frozenset({"internal"}), internal_types=frozenset({"chore"}))
    assert read(mapping).audience is Audience.CLIENTS
    assert read(mapping, **given).audience is Audience.INTERNAL


def test_without_public_projects_everything_is_internal():
    assert read(JiraMapping()).audience is Audience.INTERNAL


# ── QA ─────────────────────────────────────────────────────────────────────────────────────────────

RULE = QualityRule(
    field="Q", passed=frozenset({"Passed"}), failed=frozenset({"Failed"}), passed_labels=frozenset({"ok"}), failed_labels=frozenset({"bad"})
)
JUDGED = JiraMapping(fields=FieldNames(quality=RULE))


@pytest.mark.parametrize(
    ("value", "labels", "quality"),
    [
        ({"value": "passed"}, [], Quality.PASSED),
        ({"value": "FAILED"}, [], Quality.FAILED),
        ({"value": "In test"}, [], Quality.PENDING),
        (None, [], Quality.PENDING),
        (None, ["OK"], Quality.PASSED),
        ({"value": "Passed"}, ["bad"], Quality.FAILED),
        ([{"value": "Passed"}, {"value": "Failed"}], [], Quality.FAILED),
    ],
)
def test_qa_speaks_through_a_field_or_a_label_and_failed_outranks_passed(value, labels, quality):
    assert read(JUDGED, **{"id of Q": value, "labels": labels}).quality is quality


def test_qa_may_speak_through_the_status():
    rule = QualityRule(passed_statuses=frozenset({"verified"}), failed_statuses=frozenset({"Rejected"}))
    mapping = JiraMapping(fields=FieldNames(quality=rule))
    told = [read(mapping, status={"name": name, "statusCategory": {"key": "done"}}).quality for name in ("Verified", "Rejected", "Done")]
    assert told == [Quality.PASSED, Quality.FAILED, Quality.PENDING]


def test_without_a_rule_a_done_issue_counts_as_passed():
    assert read().quality is Quality.PASSED
    assert read(status={"name": "Open", "statusCategory": {"key": "new"}}).quality is Quality.PENDING


# ── Trouble ────────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("field", ["project", "summary", "status", "issuetype", "updated"])
def test_an_issue_without_what_every_issue_has_is_named(field):
    with pytest.raises(BadAnswer, match="jira: TIDE-1 came without what every issue has"):
        read(**{field: None})


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
)


@given(st.sampled_from(sorted(issue()["fields"])), json_values, json_values)
def test_whatever_a_field_holds_it_is_a_change_or_a_bad_answer(field, value, other):
    mapping = JiraMapping(fields=FieldNames(quality=RULE, severity="S", workaround="W", downtime="D"))
    with contextlib.suppress(BadAnswer):
        read(mapping, **{field: value, "id of Q": other, "id of D": other})


# ── Tickets ────────────────────────────────────────────────────────────────────────────────────────


def tickets(links: list[dict[str, Any]], field: Any = None, desk: str = "help") -> list[tuple[str, str]]:
    issues = Issues("jira", JiraMapping(ticket_urls=URLS, tickets_desk=desk, fields=FieldNames(tickets="T")), {"T": "customfield_9"})
    return [(link.desk, link.ticket) for link in issues.ticket_links("TIDE-1", links, field)]


def test_tickets_are_found_by_url_by_global_id_and_in_the_field():
    links = [
        {"object": {"url": "https://acme.zendesk.com/agent/tickets/31"}},
        {"globalId": "deskpro_ticket_8", "object": {"url": "https://elsewhere.example/8"}},
        {"globalId": "other", "object": {"url": "https://acme.zendesk.com/agent/tickets/31"}},
    ]
    assert tickets(links, "#12, 13;14 https://acme.zendesk.com/agent/tickets/15") == [("help", each) for each in ("12", "13", "14", "15", "31")] + [
        ("pro", "8")
    ]


@pytest.mark.parametrize(
    "url",
    [
        "https://acme.zendesk.com.evil.example/agent/tickets/31",
        "https://evil.example/?https://acme.zendesk.com/agent/tickets/31",
        "https://acme.zendesk.com/agent/tickets/31\n",
        "https://acme.zendesk.com/agent/tickets/31/edit",
        "HTTPS://ACME.zendesk.com/agent/tickets/31",
        "https://acme.zendesk.com/agent/tickets/" + "3" * 3000,
    ],
)
def test_a_link_that_does_not_fit_as_a_whole_is_no_ticket(url):
    assert tickets([{"object": {"url": url}}, {"object": None}, {"globalId": None}, {}]) == []


def test_the_field_means_nothing_without_a_desk_and_odd_words_are_no_tickets():
    assert tickets([], "12", desk="") == []
    assert tickets([], "12, <script>, ../13, http://evil.example/9") == [("help", "12")]


def test_the_tickets_field_is_not_read_with_every_issue():
    issues = Issues("jira", JiraMapping(fields=FieldNames(tickets="T", severity="S")), {"T": "customfield_9", "S": "customfield_8"})
    assert issues.tickets_field == "customfield_9"
    assert "customfield_9" not in issues.fields
    assert "customfield_8" in issues.fields
