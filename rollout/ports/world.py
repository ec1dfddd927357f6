"""The World: everything outside, behind ports, and what the workspace decides as data."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from rollout.core.changes import ReadinessRules
from rollout.core.clients import Client
from rollout.core.releases import ReleaseKind
from rollout.core.signoffs import Person, SignoffPolicy
from rollout.core.trains import Train
from rollout.core.values import ClientId, PersonId, Version
from rollout.core.waves import Strategy
from rollout.ports.feeds import Feeds
from rollout.ports.ledger import Ledger
from rollout.ports.sources import History, IssueTracker
from rollout.ports.targets import Executor, HealthCheck
from rollout.ports.telling import Desk, Mailer, Publisher

if TYPE_CHECKING:
    from rollout.core.coverage import Coverage


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
    digest of the calendar files as they are now, cheap to ask at every tick. `feeds` are the calendars of others that they subscribe to; only
    refreshing asks those. `zone_data` is the IANA version in use.

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
    coverage: "Callable[[], Coverage]"
    calendars: Callable[[], str]
    feeds: Feeds
    zone_data: str
    executors: Mapping[str, Executor]
    health: Mapping[str, HealthCheck]
    desks: Mapping[str, Desk]
    mailer: Mailer | None
    publishers: Mapping[str, Publisher]
    render: Callable[[str, Mapping[str, Any]], str]
