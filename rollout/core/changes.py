"""A change: one JIRA issue that is to be shipped; whether it is ready, and who may read of it."""

from enum import StrEnum

from pydantic import Field

from rollout.core.values import ChangeKey, Moment, Value


class Kind(StrEnum):
    """What sort of change it is, for the notes and for the assessment."""

    FIX = "fix"
    FEATURE = "feature"
    UPGRADE = "upgrade"
    TASK = "task"


class Quality(StrEnum):
    """What QA says of a change."""

    PASSED = "passed"
    FAILED = "failed"
    PENDING = "pending"


class Audience(StrEnum):
    """Who may read of a change."""

    CLIENTS = "clients"
    INTERNAL = "internal"


class Change(Value):
    """One issue as JIRA has it now, in our words.

    `issue_id` is JIRA's stable id (a key may move). `status_category` is new, indeterminate or done. `resolution` is None while unresolved.
    `fix_versions` are JIRA's own names. `public_note` is the sentence that clients read; without one they read the summary.
    """

    key: ChangeKey
    issue_id: str
    project: str
    summary: str
    kind: Kind
    audience: Audience
    status: str
    status_category: str
    resolution: str | None = None
    quality: Quality
    fix_versions: tuple[str, ...] = ()
    labels: frozenset[str] = frozenset()
    components: tuple[str, ...] = ()
    priority: str = ""
    severity: str = ""
    workaround: bool = False
    needs_staging: bool = False
    downtime_minutes: int = 0
    public_note: str = ""
    updated: Moment
    resolved_at: Moment | None = None

    @property
    def note(self) -> str:
        """What clients read of this change."""
        return self.public_note or self.summary


class TicketLink(Value):
    """A help-desk ticket that a change is linked to."""

    change: ChangeKey
    desk: str
    ticket: str


class Commit(Value):
    """One commit, as far as evidence needs it. `parents` are shas; `at` is the committer's moment."""

    sha: str
    parents: tuple[str, ...] = ()
    subject: str
    body: str = ""
    at: Moment


class Proof(Value):
    """What a range of commits says about a release.

    `evidence` has the shas for each claimed key that any commit still names, oldest first. `unproven` are claimed keys that no commit names,
    `unclaimed` keys of the known projects that commits name and the release does not claim; both in natural order.
    `known` is False where no repository, or no tag to count from, could be read: then nothing is proven or doubted.
    """

    known: bool = True
    evidence: dict[ChangeKey, tuple[str, ...]] = Field(default_factory=dict)
    unproven: tuple[ChangeKey, ...] = ()
    unclaimed: tuple[ChangeKey, ...] = ()


class ReadinessRules(Value):
    """What the vendor asks of a change before it ships. Resolutions are compared without case."""

    shipping_resolutions: frozenset[str] = frozenset({"fixed", "done", "resolved"})
    needs_quality: bool = True
    needs_evidence: bool = True
