"""The ledger, the only truth about our own acts: one transaction with everything that can be read and written in it."""

from collections.abc import Iterable, Iterator, Mapping
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Any, Protocol

from rollout.core.audit import AuditRow
from rollout.core.changes import Change, TicketLink
from rollout.core.clients import Environment
from rollout.core.clocks import ServiceClock
from rollout.core.closing import Channel, Notice, NoticeState, Ticket
from rollout.core.days import ApprovedDay
from rollout.core.delivery import Delivery, DeliveryState, WaveProgress
from rollout.core.errands import Errand, ErrandState
from rollout.core.holds import Hold, Stop
from rollout.core.plans import Plan
from rollout.core.releases import Membership, Release, ReleaseState
from rollout.core.signoffs import Signoff
from rollout.core.values import ChangeKey, ClientId, PersonId, Version


class Tx(Protocol):
    """One transaction of the ledger. Reads see its own writes; leaving the block without an error makes all of it durable, or none."""

    # changes
    def save_changes(self, tracker: str, changes: Iterable[Change]) -> int:
        """Store issues by their id, leaving alone what is stored as it is, or newer; returns how many were stored."""
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

    def gone(self, keys: Iterable[ChangeKey]) -> Mapping[ChangeKey, str]:
        """Why issues are gone: of these keys, those that no issue which is still there has."""
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

    # days of coverage
    def approved_days(self) -> tuple[ApprovedDay, ...]:
        """The approved days that were not withdrawn, in order of day and rule."""
        ...

    def save_approved_day(self, day: ApprovedDay) -> None:
        """Insert or overwrite by (rule, day)."""
        ...

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
        """Write it, unless one with its key stands that is not dead; returns whether it was written."""
        ...

    def errands(self, *, states: Iterable[ErrandState] | None = None) -> tuple[Errand, ...]:
        """In the order in which they were put."""
        ...

    def claim_errand(self, errand: Errand, owner: str, until: datetime) -> Errand | None:
        """Lease it to `owner`, in whatever state it is; None where somebody has claimed or changed it since it was read."""
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

    def audit_head(self) -> int:
        """The number of the newest row, 0 for none. Every act leaves a row: while the number stands, nothing has happened."""
        ...

    def audit(self, subject: str | None = None, limit: int | None = None) -> Iterator[AuditRow]:
        """Rows in order, oldest first; with `limit` the newest that many."""
        ...


class Ledger(Protocol):
    """The only truth about our own acts."""

    def begin(self, durable: bool = True) -> AbstractContextManager[Tx]:
        """A writing transaction. Writers come one after the other: what was read in it is still so when it writes.

        Without `durable`, a power cut may lose the newest such transactions, each whole: for what can be read again where it came from.
        """
        ...

    def read(self) -> AbstractContextManager[Tx]:
        """A consistent reading transaction; writing in it is an error."""
        ...

    def close(self) -> None:
        """Give back all connections."""
        ...
