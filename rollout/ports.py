"""One small Protocol per kind of outside thing, and the World that holds them. Steps know these, and nothing behind them."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any, Protocol
from zoneinfo import ZoneInfo

from rollout.core.audit import AuditRow
from rollout.core.changes import Change, Commit, ReadinessRules, TicketLink
from rollout.core.clients import Client, Environment, Target
from rollout.core.clocks import ServiceClock
from rollout.core.closing import Channel, Notice, NoticeState, Ticket
from rollout.core.coverage import Coverage
from rollout.core.delivery import Delivery, DeliveryState, WaveProgress
from rollout.core.errands import Errand, ErrandState
from rollout.core.holds import Hold, Stop
from rollout.core.planner import Plan
from rollout.core.releases import Membership, Release, ReleaseKind, ReleaseState
from rollout.core.signoffs import Person, Signoff, SignoffPolicy
from rollout.core.trains import Train
from rollout.core.values import ChangeKey, ClientId, PersonId, Value, Version
from rollout.core.waves import Strategy

# ── Where changes come from ────────────────────────────────────────────────────────────────────────


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
        """Replace one fix version of the issue by another, and say why in a comment."""
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


# ── Where releases go ──────────────────────────────────────────────────────────────────────────────


class OutcomeKind(StrEnum):
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    UNKNOWN = "unknown"


class Outcome(Value):
    """What became of an act. `unknown` means that it may or may not have taken effect."""

    kind: OutcomeKind
    detail: str = ""


class Executor(Protocol):
    """Brings a version to one installation. Blocking, bounded by its own timeout, safe to call from several threads. Never raises for a failed
    deployment: that is an Outcome."""

    def deploy(self, target: Target, version: Version, key: str) -> Outcome:
        """Bring the version there. `key` is the same for the same attempt."""
        ...

    def installed_version(self, target: Target) -> Version | None:
        """The version that is installed there now; None if nothing is, or the executor has no way to ask. Raises OutsideError if asking failed."""
        ...

    def roll_back(self, target: Target, version: Version, key: str) -> Outcome:
        """Bring the installation back to that earlier version."""
        ...


class HealthKind(StrEnum):
    HEALTHY = "healthy"
    FAILED = "failed"
    ERRORED = "errored"
    INCONCLUSIVE = "inconclusive"


class Health(Value):
    """What a check found. `failed`: it said no; `errored`: it could not tell; `inconclusive`: too few samples, a person decides."""

    kind: HealthKind
    detail: str = ""


class HealthCheck(Protocol):
    """Judges one installation after a release arrived there. Blocking, bounded, safe to call from several threads, never raises."""

    def check(self, target: Target, version: Version) -> Health: ...


# ── Whom we tell ───────────────────────────────────────────────────────────────────────────────────


class Desk(Protocol):
    """A help desk. Every failure is an OutsideError."""

    name: str

    def ticket(self, ticket: str) -> Ticket | None:
        """The ticket as it is now; None if there is no such ticket."""
        ...

    def was_told(self, ticket: str, key: str) -> bool:
        """Whether the notice with that key already stands on the ticket."""
        ...

    def reply(self, ticket: str, body: str, key: str, resolve: bool) -> None:
        """Answer the requester in public with plain text, marked with the key; solve the ticket if asked to, in one step if the desk can."""
        ...

    def reopen(self, ticket: str, body: str, key: str) -> None:
        """Answer in public and open the ticket again."""
        ...


class Mailer(Protocol):
    """A way to send one mail."""

    def send(self, recipient: str, subject: str, body: str, key: str) -> None:
        """Send plain text; the key becomes the Message-ID. Raises OutsideError."""
        ...


class Publisher(Protocol):
    """A place for pages."""

    def publish(self, files: Mapping[str, str], why: str) -> str:
        """Put all files (relative path to text) there in one step; write nothing when nothing differs. Returns where they are read."""
        ...


# ── The ledger ─────────────────────────────────────────────────────────────────────────────────────


class Tx(Protocol):
    """One transaction of the ledger. Reads see its own writes; leaving the block without an error makes all of it durable, or none."""

    # changes
    def save_changes(self, tracker: str, changes: Iterable[Change]) -> int:
        """Store issues by their id, leaving alone what is stored as new or newer; returns how many were stored."""
        ...

    def change(self, key: ChangeKey) -> Change | None: ...
    def changes(self, keys: Iterable[ChangeKey]) -> tuple[Change, ...]: ...
    def changes_of(self, fix_versions: Iterable[str]) -> tuple[Change, ...]:
        """The issues that carry any of these fix versions and are not gone, in order of key."""
        ...

    def issue_ids(self, tracker: str) -> frozenset[str]:
        """The ids of the stored issues that are not gone."""
        ...

    def mark_gone(self, tracker: str, issue_ids: Iterable[str], why: str) -> tuple[ChangeKey, ...]:
        """Keep the issues, but out of every draft, until they are saved again; returns the keys of those that were not gone before."""
        ...

    def watermark(self, tracker: str) -> datetime | None: ...
    def set_watermark(self, tracker: str, at: datetime) -> None: ...

    # tickets
    def set_links(self, change: ChangeKey, links: Iterable[TicketLink]) -> bool:
        """Make these the change's links; returns whether anything moved."""
        ...

    def links(self, changes: Iterable[ChangeKey] | None = None) -> tuple[TicketLink, ...]:
        """Links of these changes (of all, for None), in order of desk, ticket, change."""
        ...

    def links_of_tickets(self, tickets: Iterable[tuple[str, str]]) -> tuple[TicketLink, ...]: ...
    def save_ticket(self, ticket: Ticket) -> None: ...
    def tickets(self, ids: Iterable[tuple[str, str]] | None = None) -> tuple[Ticket, ...]:
        """Tickets by (desk, id), or all."""
        ...

    # releases
    def release(self, version: Version) -> Release | None: ...
    def releases(self, states: Iterable[ReleaseState] | None = None) -> tuple[Release, ...]:
        """In the natural order of their versions."""
        ...

    def save_release(self, release: Release) -> Release:
        """Insert (`row` 0) or update where `row` is still the stored one; returns it with the new `row`. Raises Conflict."""
        ...

    def members(self, version: Version) -> tuple[Membership, ...]: ...
    def save_member(self, member: Membership) -> None: ...
    def signoffs(self, version: Version) -> tuple[Signoff, ...]: ...
    def add_signoff(self, signoff: Signoff) -> None: ...
    def void_signoffs(self, version: Version, at: datetime, why: str) -> int:
        """Void every live sign-off of the release; returns how many fell."""
        ...

    # plans and deliveries
    def plan(self, version: Version) -> Plan | None:
        """The newest plan of the release."""
        ...

    def save_plan(self, plan: Plan) -> None: ...
    def waves(self, version: Version) -> tuple[WaveProgress, ...]: ...
    def save_wave(self, wave: WaveProgress) -> None: ...
    def save_deliveries(self, deliveries: Iterable[Delivery]) -> None:
        """Insert or update by (version, client, environment); many at once."""
        ...

    def delivery(self, version: Version, client: ClientId, environment: Environment) -> Delivery | None: ...
    def deliveries(
        self,
        version: Version | None = None,
        *,
        clients: Iterable[ClientId] | None = None,
        wave: int | None = None,
        states: Iterable[DeliveryState] | None = None,
    ) -> tuple[Delivery, ...]:
        """In order of version, wave, client, environment."""
        ...

    def due(self, version: Version, wave: int, at: datetime, limit: int) -> tuple[Delivery, ...]:
        """Planned deliveries of the wave whose slot has begun at `at`, earliest latest start first. Uses an index: costs what is due."""
        ...

    def counts(self, version: Version) -> dict[int, dict[DeliveryState, int]]:
        """How many deliveries of each wave are in each state, counted by the database."""
        ...

    def next_slot_start(self, version: Version, wave: int, after: datetime) -> datetime | None:
        """The earliest slot start later than `after` among the wave's planned deliveries."""
        ...

    def last_settled(self, version: Version, wave: int) -> datetime | None:
        """When the last delivery of the wave became delivered, failed, withdrawn or rolled back."""
        ...

    def claim(self, deliveries: Iterable[Delivery], owner: str, until: datetime) -> tuple[Delivery, ...]:
        """Of these, those that are stored exactly as given, which is as they were read: now leased to `owner`, and returned so.

        Of two workers that read the same delivery, one gets it. Whether a standing lease may be taken over is for the caller to judge.
        """
        ...

    def installed(self, clients: Iterable[ClientId] | None = None) -> dict[tuple[ClientId, Environment], Version]:
        """What runs where, as far as we know: at these clients, or everywhere."""
        ...

    def set_installed(self, installed: Mapping[tuple[ClientId, Environment], Version], at: datetime) -> None: ...

    # holds and stops
    def holds(self, at: datetime) -> tuple[Hold, ...]:
        """The holds in force at that moment."""
        ...

    def add_hold(self, hold: Hold) -> None: ...
    def lift_hold(self, subject: str, at: datetime, by: PersonId, why: str) -> int:
        """Lift all holds on the subject; returns how many there were."""
        ...

    def stop(self) -> Stop | None:
        """The stop in force, if any."""
        ...

    def save_stop(self, stop: Stop) -> None: ...

    # notices
    def put_notice(self, notice: Notice) -> bool:
        """Write it, unless one with its key stands; returns whether it was written."""
        ...

    def notice(self, key: str) -> Notice | None: ...
    def notices(
        self,
        *,
        states: Iterable[NoticeState] | None = None,
        channels: Iterable[Channel] | None = None,
        due_at: datetime | None = None,
        version: Version | None = None,
        client: ClientId | None = None,
        limit: int | None = None,
    ) -> tuple[Notice, ...]:
        """Notices in order of `not_before`, key; with `due_at` only those that may be sent by then."""
        ...

    def save_notice(self, notice: Notice) -> None: ...
    def claim_notices(self, notices: Iterable[Notice], owner: str, until: datetime) -> tuple[Notice, ...]:
        """Of these, those that nobody else has claimed or changed since they were read: now in state sending, leased to `owner`."""
        ...

    # errands
    def put_errand(self, errand: Errand) -> bool:
        """Write it, unless one with its key stands; returns whether it was written."""
        ...

    def errands(self, *, states: Iterable[ErrandState] | None = None) -> tuple[Errand, ...]:
        """In the order in which they were put."""
        ...

    def save_errand(self, errand: Errand) -> None: ...

    # pages, clocks, audit
    def page(self, name: str) -> str | None:
        """The digest that was last published under that name."""
        ...

    def save_page(self, name: str, digest: str, at: datetime) -> None: ...
    def clocks(self) -> tuple[ServiceClock, ...]: ...
    def save_clock(self, clock: ServiceClock) -> None: ...
    def record(self, at: datetime, actor: str, act: str, subject: str, data: Mapping[str, Any] | None = None) -> AuditRow:
        """Append one row to the audit trail, sealed to the row before it."""
        ...

    def record_all(self, at: datetime, actor: str, entries: Iterable[tuple[str, str, Mapping[str, Any]]]) -> None:
        """Append many rows at once, each an act, a subject and data; the same as `record` for each in turn, and much quicker."""
        ...

    def audit(self, subject: str | None = None, limit: int | None = None) -> Iterator[AuditRow]:
        """Rows in order, oldest first; with `limit` the newest that many."""
        ...


class Ledger(Protocol):
    """The only truth about our own acts."""

    def begin(self) -> AbstractContextManager[Tx]:
        """A writing transaction. Writers come one after the other: what was read in it is still so when it writes."""
        ...

    def read(self) -> AbstractContextManager[Tx]:
        """A consistent reading transaction; writing in it is an error."""
        ...

    def close(self) -> None:
        """Give back all connections."""
        ...


# ── The world ──────────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Policies:
    """What the workspace decides as data: the product, its train, its rules, its strategies, its people.

    `version_of` maps a fix version's name to our version, None for names that are none of ours; `fix_version_of` goes back;
    `tag_of` is the tag that marks a version in git.
    """

    product: str
    timezone: str
    version_of: Callable[[str], Version | None]
    fix_version_of: Callable[[Version], str]
    tag_of: Callable[[Version], str]
    projects: tuple[str, ...]
    readiness: ReadinessRules
    train: Train
    strategies: Mapping[str, Strategy]
    default_strategy: Mapping[ReleaseKind, str]
    signoff: Mapping[ReleaseKind, SignoffPolicy]
    people: Mapping[PersonId, Person]
    review_tiers: frozenset[str] = frozenset()
    call_tiers: frozenset[str] = frozenset({"premium"})
    mail_contacts: bool = True
    ready_to_try: bool = True
    eta_moves_by: timedelta = timedelta(days=1)
    write_back: bool = True
    notice_attempts: int = 8
    lease: timedelta = timedelta(minutes=30)
    batch: int = 100
    workers: int = 4

    @property
    def zone(self) -> ZoneInfo:
        """The company's time zone."""
        return ZoneInfo(self.timezone)


@dataclass(frozen=True)
class World:
    """Everything outside, behind ports, as one workspace has it. `clients` and `coverage` are read when first asked for; `calendars` is the
    digest of the calendar files as they are now, cheap to ask at every tick. `zone_data` is the IANA version in use.

    `clock` is asked for the time, never the system; `owner` names this process for leases; `alive` tells whether a named owner still runs
    (None where one cannot know: another machine).
    """

    policies: Policies
    ledger: Ledger
    clock: Callable[[], datetime]
    owner: str
    alive: Callable[[str], bool | None]
    trackers: tuple[IssueTracker, ...]
    history: History | None
    clients: Callable[[], Mapping[ClientId, Client]]
    coverage: Callable[[], Coverage]
    calendars: Callable[[], str]
    zone_data: str
    executors: Mapping[str, Executor]
    health: Mapping[str, HealthCheck]
    desks: Mapping[str, Desk]
    mailer: Mailer | None
    publishers: Mapping[str, Publisher]
    render: Callable[[str, Mapping[str, Any]], str]
