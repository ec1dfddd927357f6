"""Field names become ids, and settings that cannot work are refused."""

import pytest
from pydantic import ValidationError

from rollout.adapters.jira import FieldNames, JiraMapping, QualityRule, TicketUrl
from rollout.adapters.jira.mapping import field_ids
from rollout.errors import BadAnswer

FIELDS = [
    {"id": "summary", "name": "Summary"},
    {"id": "customfield_1", "name": "QA state"},
    {"id": "customfield_2", "name": "Team"},
    {"id": "customfield_3", "name": "Team"},
]


def test_a_field_is_found_by_its_name_in_any_case_and_by_its_id():
    assert field_ids("jira", ["qa STATE", "customfield_2"], FIELDS) == {"qa STATE": "customfield_1", "customfield_2": "customfield_2"}


def test_every_unknown_field_is_told_with_close_ones_and_an_ambiguous_one_with_its_ids():
    with pytest.raises(BadAnswer) as caught:
        field_ids("jira", ["QA stat", "Team", "Zebra"], FIELDS)
    assert str(caught.value) == (
        "jira: no field is called 'QA stat'; close ones: QA state; "
        "2 fields are called 'Team': customfield_2, customfield_3; write the id of the one that is meant; "
        "no field is called 'Zebra'; see jira.fields in rollout.yaml"
    )


def test_only_fields_that_are_used_are_asked_for():
    names = FieldNames(quality=QualityRule(field="QA state"), severity="Severity", note="QA state")
    assert names.configured == ("QA state", "Severity")


def test_the_settings_are_read_from_plain_data():
    mapping = JiraMapping.model_validate({"kinds": {"Bug": "fix"}, "internal_labels": ["internal"], "fields": {"quality": {"passed_labels": ["ok"]}}})
    assert mapping.fields.quality.passed_labels == {"ok"}


@pytest.mark.parametrize(("pattern", "told"), [("(", "is not a regular expression"), (r"https://x/(\d+)", "does not say which part is the ticket")])
def test_a_pattern_that_cannot_name_a_ticket_is_refused(pattern, told):
    with pytest.raises(ValidationError, match=told):
        TicketUrl(desk="help", pattern=pattern)
