"""What a fresh JIRA comes with: statuses and the ways between them, priorities, resolutions, types, links, and the fields that we use."""

from rollout.sandbox.jira.model import CustomField, IssueType, LinkType, Named, Status, Transition

CATEGORIES = {"new": (2, "To Do", "blue-gray"), "indeterminate": (4, "In Progress", "yellow"), "done": (3, "Done", "green")}

STATUSES = (
    Status("1", "Open", "new"),
    Status("3", "In Progress", "indeterminate"),
    Status("10001", "In Review", "indeterminate"),
    Status("4", "Reopened", "new"),
    Status("10002", "Done", "done"),
    Status("5", "Resolved", "done"),
    Status("6", "Closed", "done"),
)
TRANSITIONS = (
    Transition("11", "Start Progress", "In Progress", frozenset({"Open", "Reopened"})),
    Transition("21", "Review", "In Review", frozenset({"In Progress"})),
    Transition("31", "Done", "Done", frozenset({"Open", "In Progress", "In Review", "Reopened"}), resolution="Done"),
    Transition("41", "Reopen", "Reopened", frozenset({"Done", "Resolved", "Closed"}), reopens=True),
    Transition("51", "Close", "Closed", frozenset({"Done", "Resolved"}), resolution="Done"),
)
PRIORITIES = tuple(Named(str(n), name) for n, name in enumerate(("Blocker", "Critical", "Major", "Minor", "Trivial"), start=1))
RESOLUTIONS = (
    Named("1", "Fixed"),
    Named("2", "Won't Fix"),
    Named("3", "Duplicate"),
    Named("4", "Incomplete"),
    Named("5", "Cannot Reproduce"),
    Named("10000", "Done"),
)
TYPES = (
    IssueType("1", "Bug"),
    IssueType("2", "New Feature"),
    IssueType("3", "Task"),
    IssueType("4", "Improvement"),
    IssueType("5", "Sub-task", subtask=True),
    IssueType("10000", "Epic"),
    IssueType("10001", "Story"),
    IssueType("10002", "Upgrade"),
)
LINK_TYPES = (
    LinkType("10000", "Blocks", "is blocked by", "blocks"),
    LinkType("10001", "Cloners", "is cloned by", "clones"),
    LinkType("10002", "Duplicate", "is duplicated by", "duplicates"),
    LinkType("10003", "Relates", "relates to", "relates to"),
)
FIELDS = (
    CustomField("customfield_10050", "Severity", "select"),
    CustomField("customfield_10051", "QA state", "select"),
    CustomField("customfield_10052", "Release note", "textarea"),
    CustomField("customfield_10053", "Workaround", "textarea"),
    CustomField("customfield_10054", "Help desk tickets", "text"),
)
OPTIONS = {
    "customfield_10050": ("Critical", "Major", "Minor"),
    "customfield_10051": ("Pending", "Passed", "Failed"),
}
