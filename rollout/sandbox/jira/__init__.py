"""A JIRA that runs in this process: the endpoints, payloads, JQL and errors that the unmodified `jira` library meets, Cloud and Data Center."""

from rollout.sandbox.jira.faults import Fault
from rollout.sandbox.jira.refusals import JiraRefusal
from rollout.sandbox.jira.standin import JiraStandIn

__all__ = ["Fault", "JiraRefusal", "JiraStandIn"]
