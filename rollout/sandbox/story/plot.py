"""What a story consists of: issues and commits, the release that it is about, and the clients around it."""

from dataclasses import dataclass
from datetime import date, datetime

from rollout.core.values import Version
from rollout.sandbox.repository import RecordedCommit


@dataclass(frozen=True)
class PlotIssue:
    """An issue as it stands in JIRA when the story begins. `fix_versions` are JIRA's own names; `quality` is the QA state."""

    key: str
    summary: str
    kind: str
    status: str
    resolution: str | None
    quality: str | None
    fix_versions: tuple[str, ...]
    updated: datetime
    priority: str = "Major"
    components: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    security: str | None = None
    note: str | None = None
    severity: str | None = None


@dataclass(frozen=True)
class PlotVersion:
    """A fix version of the project, with the day on which it was released, None if it was not."""

    name: str
    version: Version
    released_on: date | None


@dataclass(frozen=True)
class Clientele:
    """A made-up client: where it is, what it pays for, and who answers there."""

    id: str
    name: str
    tier: str
    region: str
    timezone: str
    tags: tuple[str, ...]
    contact: str


@dataclass(frozen=True)
class Story:
    """Everything that the stand-ins are filled with, and the release that is carried out.

    `fix_version` and `tag` are the settings that map names to versions. `starts_at` is the moment at which the story begins: before the cut.
    `needs_evidence` says whether a change without a commit is not ready. `by_train` says whether the train knows when to cut.
    """

    product: str
    projects: tuple[str, ...]
    issues: tuple[PlotIssue, ...]
    versions: tuple[PlotVersion, ...]
    commits: tuple[RecordedCommit, ...]
    clients: tuple[Clientele, ...]
    target: Version
    previous: Version | None
    starts_at: datetime
    fix_version: str
    fix_version_name: str
    tag: str
    needs_evidence: bool
    by_train: bool
