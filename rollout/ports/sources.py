"""Where changes come from: JIRA and git."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Protocol

from rollout.core.changes import Change, Commit, TicketLink
from rollout.core.values import ChangeKey, Value


class FixVersion(Value):
    """A version of one JIRA project, as JIRA writes it."""

    id: str
    name: str
    project: str
    released: bool = False
    archived: bool = False
    release_date: date | None = None


class IssueTracker(Protocol):
    """A JIRA. All reads are bounded; every failure is an OutsideError; a write that finds its work done does nothing."""

    name: str
    projects: tuple[str, ...]

    def whoami(self) -> str:
        """The account that the credential belongs to. Raises Unauthorized for an anonymous answer."""
        ...

    def changes(self, since: datetime | None) -> Iterator[Sequence[Change]]:
        """Pages of the issues updated at or after `since` (all of them for None), oldest update first."""
        ...

    def issue_ids(self) -> frozenset[str]:
        """The ids of all issues that can be seen now."""
        ...

    def change(self, key: ChangeKey) -> Change | None:
        """One issue as it is now; None if it does not exist or cannot be seen."""
        ...

    def ticket_links(self, key: ChangeKey) -> tuple[TicketLink, ...]:
        """The help-desk tickets that the issue is linked to; only hosts that the settings allow."""
        ...

    def fix_versions(self) -> tuple[FixVersion, ...]:
        """All versions of all configured projects."""
        ...

    def ensure_fix_version(self, name: str, project: str, release_date: date | None) -> None:
        """Make the version exist, with that date."""
        ...

    def release_fix_version(self, name: str, day: date) -> None:
        """Mark the version released on that day, in every project that has it."""
        ...

    def move_change(self, key: ChangeKey, old: str, new: str, why: str) -> None:
        """Replace one fix version of the issue by another (add it, where `old` is empty), and say why in a comment."""
        ...


class History(Protocol):
    """A git repository, read only."""

    def tags(self) -> Mapping[str, str]:
        """Tag name to commit sha."""
        ...

    def commits(self, base: str | None, head: str) -> Sequence[Commit]:
        """The commits reachable from `head` and not from `base`, oldest first, parents before children."""
        ...

    def head(self) -> str:
        """The sha that the configured branch points to."""
        ...
