"""Where changes come from: JIRA and git."""

from datetime import timedelta
from typing import Annotated, Self

from pydantic import Field, model_validator

from rollout.core.changes import Kind
from rollout.core.values import Value
from rollout.settings.fields import Address, Duration, Filled, Monthly, Name, TicketPattern, Versioned, VersionPattern
from rollout.settings.secret import Kept, WithSecrets


class QualitySettings(Value):
    """Where JIRA says what QA thinks: in a field, in labels, or in statuses. Exactly one of them."""

    field: str | None = None
    passed: tuple[str, ...] = ()
    failed: tuple[str, ...] = ()
    passed_labels: tuple[str, ...] = ()
    failed_labels: tuple[str, ...] = ()
    passed_statuses: tuple[str, ...] = ()
    failed_statuses: tuple[str, ...] = ()

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        ways = (self.field is not None, bool(self.passed_labels or self.failed_labels), bool(self.passed_statuses or self.failed_statuses))
        if sum(ways) != 1:
            raise ValueError(
                "must say one thing: field with passed and failed, or passed_labels and failed_labels, or passed_statuses and failed_statuses"
            )
        if (self.field is not None) != bool(self.passed or self.failed):
            raise ValueError("field and passed belong together: which values of the field mean that QA has passed?")
        return self


class FieldSettings(Value):
    """JIRA's fields, by name or id."""

    quality: QualitySettings | None = None
    severity: str | None = None
    note: str | None = None
    workaround: str | None = None
    tickets: str | None = None
    downtime: str | None = None


class TicketUrl(Value):
    """Which remote links of an issue are tickets, and of which desk."""

    desk: str
    pattern: TicketPattern


class JiraSettings(WithSecrets):
    """One JIRA. Without `user` the token is sent as a Data Center token. Only what is in `public_projects` may be read by clients."""

    name: Name = "jira"
    url: Address
    user: str | None = None
    token: Kept
    projects: Annotated[tuple[str, ...], Filled]
    public_projects: tuple[str, ...] = ()
    fix_version: VersionPattern = r"(?P<version>\d+(?:\.\d+)+)$"
    fix_version_name: Versioned = "{version}"
    fields: FieldSettings = FieldSettings()
    kinds: dict[str, Kind] = Field(
        default_factory=lambda: {"Bug": Kind.FIX, "Story": Kind.FEATURE, "New Feature": Kind.FEATURE, "Upgrade": Kind.UPGRADE}
    )
    internal_labels: tuple[str, ...] = ()
    internal_types: tuple[str, ...] = ()
    staging_labels: tuple[str, ...] = ()
    ticket_urls: tuple[TicketUrl, ...] = ()


class GitSettings(Value):
    """The repository that the product is built from."""

    path: str
    branch: str = "main"
    tag: Versioned = "rel/{version}"


class ReadinessSettings(Value):
    """What is asked of a change before it ships."""

    shipping_resolutions: tuple[str, ...] = ("Fixed", "Done", "Resolved")
    quality: bool = True
    evidence: bool = True


class TrainSettings(Value):
    """How monthly releases are named, dated and cut."""

    pattern: Monthly = "{year}.{month:02}"
    day: int = Field(8, ge=1, le=28)
    cut_days: int = Field(5, ge=0, le=60)
    contains_older: bool = True


class WorkSettings(Value):
    """How much one tick does at once, and how long it may hold what it took."""

    batch: int = Field(100, ge=1, le=10_000)
    workers: int = Field(4, ge=1, le=256)
    lease: Duration = timedelta(minutes=30)
