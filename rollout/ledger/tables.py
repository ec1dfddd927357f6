"""The tables and their indexes. Columns carry the names of the fields that they hold, so that a row is a value and a value is a row.

Whoever changes a table adds a migration beside the others; a test compares the two.
"""

from typing import Any

from sqlalchemy import BigInteger, Boolean, Column, ForeignKeyConstraint, Index, Integer, MetaData, Table

from rollout.ledger.columns import DayText, Json, MomentText, Words

metadata = MetaData()

Columns = list[Column[Any]]


def _keys(*names: str, kind: Any = Words) -> Columns:
    return [Column(name, kind, primary_key=True, nullable=False, autoincrement=False) for name in names]


def _numbered() -> Column[Any]:
    return Column("id", Integer, primary_key=True)


def _all(kind: Any, *names: str) -> Columns:
    return [Column(name, kind, nullable=False) for name in names]


def _words(*names: str) -> Columns:
    return _all(Words, *names)


def _moments(*names: str) -> Columns:
    return _all(MomentText, *names)


def _perhaps(kind: Any, *names: str) -> Columns:
    return [Column(name, kind) for name in names]


def _of_release() -> ForeignKeyConstraint:
    return ForeignKeyConstraint(["version"], ["releases.version"])


# ── Changes and tickets ────────────────────────────────────────────────────────────────────────────

changes = Table(
    "changes",
    metadata,
    *_keys("tracker", "issue_id"),
    *_words("key", "data"),
    *_moments("updated"),
    *_perhaps(Words, "gone_why"),
    Index("changes_by_key", "key"),
)

change_versions = Table(
    "change_versions",
    metadata,
    *_keys("fix_version", "tracker", "issue_id"),
    ForeignKeyConstraint(["tracker", "issue_id"], ["changes.tracker", "changes.issue_id"]),
    Index("change_versions_by_issue", "tracker", "issue_id"),
)

watermarks = Table("watermarks", metadata, *_keys("tracker"), *_moments("at"))

ticket_links = Table("ticket_links", metadata, *_keys("change", "desk", "ticket"), Index("ticket_links_by_ticket", "desk", "ticket"))

tickets = Table(
    "tickets",
    metadata,
    *_keys("desk", "id"),
    *_words("status", "subject", "organization"),
    *_perhaps(Words, "client"),
    *_moments("updated"),
)

# ── Releases ───────────────────────────────────────────────────────────────────────────────────────

releases = Table(
    "releases",
    metadata,
    *_keys("version"),
    *_words("kind", "state", "calendars"),
    *_all(Json, "fix_versions"),
    *_all(Integer, "revision", "row"),
    *_perhaps(MomentText, "cut_at", "started_at", "finished_at"),
    *_perhaps(Words, "cut_by"),
    *_perhaps(Json, "assessment"),
    Index("releases_by_state", "state"),
)

memberships = Table(
    "memberships",
    metadata,
    *_keys("version", "key"),
    *_words("joined_why", "left_why"),
    *_moments("joined_at"),
    *_perhaps(MomentText, "left_at"),
    _of_release(),
)

signoffs = Table(
    "signoffs",
    metadata,
    _numbered(),
    *_words("version", "role", "person", "digest", "note", "voided_why"),
    *_all(Boolean, "consents"),
    *_moments("at"),
    *_perhaps(MomentText, "voided_at"),
    _of_release(),
    Index("signoffs_by_version", "version"),
)

plans = Table(
    "plans",
    metadata,
    _numbered(),
    *_words("version", "content"),
    *_moments("made_at"),
    _of_release(),
    Index("plans_by_version", "version", "id"),
)

waves = Table(
    "waves",
    metadata,
    *_keys("version"),
    *_keys("index", kind=Integer),
    *_words("name", "environment", "state", "reason"),
    *_all(Integer, "size", "forgiven"),
    *_perhaps(MomentText, "opened_at", "promoted_at"),
    _of_release(),
)

# ── Deliveries ─────────────────────────────────────────────────────────────────────────────────────

deliveries = Table(
    "deliveries",
    metadata,
    *_keys("version", "client", "environment"),
    *_words("state", "owner", "reason"),
    *_all(Integer, "wave", "attempt"),
    *_all(Boolean, "provisional"),
    *_moments("slot_start", "latest_start", "slot_end"),
    *_perhaps(MomentText, "lease_until", "started_at", "arrived_at", "settled_at", "announced_start"),
    *_perhaps(Words, "previous"),
    _of_release(),
    Index("deliveries_by_client", "client"),
)
# What a tick asks: which are in that state, which slots have begun, which is the next, when the last one settled.
Index("deliveries_by_state", deliveries.c.state, deliveries.c.version, deliveries.c.wave, deliveries.c.slot_start)
Index("deliveries_by_settling", deliveries.c.version, deliveries.c.wave, deliveries.c.settled_at)
# How many of a wave are in each state: kept with every delivery that is saved, so that a tick need not count.
delivery_counts = Table(
    "delivery_counts", metadata, *_keys("version"), *_keys("wave", kind=Integer), *_keys("state"), *_all(Integer, "size"), _of_release()
)

installations = Table("installations", metadata, *_keys("client", "environment"), *_words("version"), *_moments("at"))

# ── Holds and stops ────────────────────────────────────────────────────────────────────────────────

holds = Table(
    "holds",
    metadata,
    _numbered(),
    *_words("subject", "by", "why"),
    *_moments("at", "ends_at"),
    *_perhaps(MomentText, "until", "lifted_at"),
    *_perhaps(Words, "lifted_by", "lifted_why"),
    Index("holds_by_end", "ends_at"),
    Index("holds_by_subject", "subject", "ends_at"),
)

stops = Table(
    "stops",
    metadata,
    *_keys("at", kind=MomentText),
    *_keys("by"),
    *_words("why"),
    *_all(Json, "resumed_by"),
    *_perhaps(MomentText, "lifted_at"),
    Index("stops_by_lifting", "lifted_at"),
)

# ── Days of coverage ───────────────────────────────────────────────────────────────────────────────

approved_days = Table(
    "approved_days",
    metadata,
    *_keys("rule"),
    *_keys("day", kind=DayText),
    *_words("by", "note"),
    *_moments("at"),
    *_all(Boolean, "withdrawn"),
)

# ── Notices, errands, pages, clocks ────────────────────────────────────────────────────────────────

notices = Table(
    "notices",
    metadata,
    *_keys("key"),
    *_words("kind", "channel", "version", "client", "desk", "ticket", "recipient", "subject", "body", "state", "owner", "last_error"),
    *_all(Json, "changes"),
    *_all(Boolean, "edited", "resolve"),
    *_all(Integer, "attempts"),
    *_moments("not_before", "created_at"),
    *_perhaps(MomentText, "lease_until", "sent_at"),
    Index("notices_by_state", "state", "channel", "not_before", "key"),
    Index("notices_by_version", "version", "client"),
    Index("notices_by_client", "client"),
)

errands = Table(
    "errands",
    metadata,
    *_keys("key"),
    *_words("kind", "tracker", "version", "state", "owner", "last_error"),
    *_all(Json, "words"),
    *_all(Integer, "attempts", "seq"),
    *_moments("not_before"),
    *_perhaps(MomentText, "lease_until"),
    Index("errands_by_seq", "seq", unique=True),
    Index("errands_by_state", "state", "seq"),
)

pages = Table("pages", metadata, *_keys("name"), *_words("digest"), *_moments("at"))

clocks = Table(
    "clocks",
    metadata,
    *_keys("id"),
    *_words("opened_by"),
    *_all(Json, "keys"),
    *_moments("opened_at"),
    *_perhaps(MomentText, "triaged_at", "notice_at", "eta"),
)

# ── The audit trail ────────────────────────────────────────────────────────────────────────────────

audit = Table(
    "audit",
    metadata,
    *_keys("seq", kind=BigInteger().with_variant(Integer, "sqlite")),
    *_words("actor", "act", "subject", "previous", "hash"),
    *_all(Json, "data"),
    *_moments("at"),
    Index("audit_by_subject", "subject", "seq"),
)
