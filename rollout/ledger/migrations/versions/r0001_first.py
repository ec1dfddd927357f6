"""The first tables."""

from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

TEXT = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def _keys(*names: str, kind: Any = TEXT) -> list[sa.Column[Any]]:
    return [sa.Column(name, kind, primary_key=True, nullable=False, autoincrement=False) for name in names]


def _numbered() -> sa.Column[Any]:
    return sa.Column("id", sa.Integer, primary_key=True)


def _all(kind: Any, *names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, kind, nullable=False) for name in names]


def _texts(*names: str) -> list[sa.Column[Any]]:
    return _all(TEXT, *names)


def _perhaps(*names: str) -> list[sa.Column[Any]]:
    return [sa.Column(name, TEXT) for name in names]


def _of_release() -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(["version"], ["releases.version"])


def upgrade() -> None:
    _changes_and_tickets()
    _releases()
    _deliveries()
    _holds()
    _days()
    _outbox()
    _audit()


def downgrade() -> None:
    for table in (
        *(
            "audit",
            "clocks",
            "pages",
            "errands",
            "notices",
            "approved_days",
            "stops",
            "holds",
            "installations",
            "delivery_counts",
            "deliveries",
            "waves",
            "plans",
            "signoffs",
        ),
        *("memberships", "releases", "tickets", "ticket_links", "watermarks", "change_versions", "changes"),
    ):
        op.drop_table(table)


def _changes_and_tickets() -> None:
    op.create_table(
        "changes",
        *_keys("tracker", "issue_id"),
        *_texts("key", "data", "updated"),
        *_perhaps("gone_why"),
    )
    op.create_index("changes_by_key", "changes", ["key"])
    op.create_table(
        "change_versions",
        *_keys("fix_version", "tracker", "issue_id"),
        sa.ForeignKeyConstraint(["tracker", "issue_id"], ["changes.tracker", "changes.issue_id"]),
    )
    op.create_index("change_versions_by_issue", "change_versions", ["tracker", "issue_id"])
    op.create_table("watermarks", *_keys("tracker"), *_texts("at"))
    op.create_table("ticket_links", *_keys("change", "desk", "ticket"))
    op.create_index("ticket_links_by_ticket", "ticket_links", ["desk", "ticket"])
    op.create_table("tickets", *_keys("desk", "id"), *_texts("status", "subject", "organization"), *_perhaps("client"), *_texts("updated"))


def _releases() -> None:
    op.create_table(
        "releases",
        *_keys("version"),
        *_texts("kind", "state", "calendars", "fix_versions"),
        *_all(sa.Integer, "revision", "row"),
        *_perhaps("cut_at", "started_at", "finished_at", "cut_by", "assessment"),
    )
    op.create_index("releases_by_state", "releases", ["state"])
    op.create_table("memberships", *_keys("version", "key"), *_texts("joined_why", "left_why", "joined_at"), *_perhaps("left_at"), _of_release())
    op.create_table(
        "signoffs",
        _numbered(),
        *_texts("version", "role", "person", "digest", "note", "voided_why"),
        *_all(sa.Boolean, "consents"),
        *_texts("at"),
        *_perhaps("voided_at"),
        _of_release(),
    )
    op.create_index("signoffs_by_version", "signoffs", ["version"])
    op.create_table("plans", _numbered(), *_texts("version", "content", "made_at"), _of_release())
    op.create_index("plans_by_version", "plans", ["version", "id"])
    op.create_table(
        "waves",
        *_keys("version"),
        *_keys("index", kind=sa.Integer),
        *_texts("name", "environment", "state", "reason"),
        *_all(sa.Integer, "size", "forgiven"),
        *_perhaps("opened_at", "promoted_at"),
        _of_release(),
    )


def _deliveries() -> None:
    op.create_table(
        "deliveries",
        *_keys("version", "client", "environment"),
        *_texts("state", "owner", "reason"),
        *_all(sa.Integer, "wave", "attempt"),
        *_all(sa.Boolean, "provisional"),
        *_texts("slot_start", "latest_start", "slot_end"),
        *_perhaps("lease_until", "started_at", "arrived_at", "settled_at", "announced_start", "previous"),
        _of_release(),
    )
    op.create_index("deliveries_by_client", "deliveries", ["client"])
    op.create_index("deliveries_by_state", "deliveries", ["state", "version", "wave", "slot_start"])
    op.create_index("deliveries_by_settling", "deliveries", ["version", "wave", "settled_at"])
    op.create_table("delivery_counts", *_keys("version"), *_keys("wave", kind=sa.Integer), *_keys("state"), *_all(sa.Integer, "size"), _of_release())
    op.create_table("installations", *_keys("client", "environment"), *_texts("version", "at"))


def _holds() -> None:
    op.create_table(
        "holds", _numbered(), *_texts("subject", "by", "why", "at", "ends_at"), *_perhaps("until", "lifted_at", "lifted_by", "lifted_why")
    )
    op.create_index("holds_by_end", "holds", ["ends_at"])
    op.create_index("holds_by_subject", "holds", ["subject", "ends_at"])
    op.create_table("stops", *_keys("at", "by"), *_texts("why", "resumed_by"), *_perhaps("lifted_at"))
    op.create_index("stops_by_lifting", "stops", ["lifted_at"])


def _days() -> None:
    op.create_table("approved_days", *_keys("rule", "day"), *_texts("by", "note", "at"), *_all(sa.Boolean, "withdrawn"))


def _outbox() -> None:
    op.create_table(
        "notices",
        *_keys("key"),
        *_texts("kind", "channel", "version", "client", "desk", "ticket", "recipient", "subject", "body", "state", "owner", "last_error"),
        *_texts("changes"),
        *_all(sa.Boolean, "edited", "resolve"),
        *_all(sa.Integer, "attempts"),
        *_texts("not_before", "created_at"),
        *_perhaps("lease_until", "sent_at"),
    )
    op.create_index("notices_by_state", "notices", ["state", "channel", "not_before", "key"])
    op.create_index("notices_by_version", "notices", ["version", "client"])
    op.create_index("notices_by_client", "notices", ["client"])
    op.create_table(
        "errands",
        *_keys("key"),
        *_texts("kind", "tracker", "version", "state", "owner", "last_error", "words"),
        *_all(sa.Integer, "attempts", "seq"),
        *_texts("not_before"),
        *_perhaps("lease_until"),
    )
    op.create_index("errands_by_seq", "errands", ["seq"], unique=True)
    op.create_index("errands_by_state", "errands", ["state", "seq"])
    op.create_table("pages", *_keys("name"), *_texts("digest", "at"))
    op.create_table("clocks", *_keys("id"), *_texts("opened_by", "keys", "opened_at"), *_perhaps("triaged_at", "notice_at", "eta"))


def _audit() -> None:
    op.create_table(
        "audit",
        *_keys("seq", kind=sa.BigInteger().with_variant(sa.Integer, "sqlite")),
        *_texts("actor", "act", "subject", "previous", "hash", "data", "at"),
    )
    op.create_index("audit_by_subject", "audit", ["subject", "seq"])
