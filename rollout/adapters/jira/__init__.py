"""JIRA, Cloud and Data Center, through the unmodified `jira` library."""

from rollout.adapters.jira.mapping import FieldNames, JiraMapping, QualityRule, TicketUrl
from rollout.adapters.jira.tracker import JiraTracker

__all__ = ["FieldNames", "JiraMapping", "JiraTracker", "QualityRule", "TicketUrl"]
