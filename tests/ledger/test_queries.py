"""What a tick asks is answered from an index: no query walks through a table that grows. The databases' own plans say so."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

import pytest
from sqlalchemy import Engine, event

from rollout.core.clients import Environment
from rollout.core.closing import Channel, NoticeState
from rollout.core.delivery import DeliveryState
from rollout.core.errands import ErrandState
from rollout.core.releases import ReleaseState
from rollout.ports import Ledger, Tx
from tests.builders import NOON, change, delivery, notice, release

ASKED = {
    "due": lambda tx: tx.due("2026.12", 0, NOON, 10),
    "counts": lambda tx: tx.counts("2026.12"),
    "next_slot_start": lambda tx: tx.next_slot_start("2026.12", 0, NOON),
    "last_settled": lambda tx: tx.last_settled("2026.12", 0),
    "left in the middle": lambda tx: tx.deliveries(states=[DeliveryState.STARTED]),
    "of a wave": lambda tx: tx.deliveries("2026.12", wave=0, states=[DeliveryState.PLANNED]),
    "of clients": lambda tx: tx.deliveries(clients=["acme"], states=[DeliveryState.PLANNED]),
    "of clients in a release": lambda tx: tx.deliveries("2026.12", clients=["acme"]),
    "one delivery": lambda tx: tx.delivery("2026.12", "acme", Environment.PRODUCTION),
    "installed": lambda tx: tx.installed(["acme"]),
    "holds": lambda tx: tx.holds(NOON),
    "stop": lambda tx: tx.stop(),
    "releases": lambda tx: tx.releases([ReleaseState.ROLLING_OUT]),
    "waves": lambda tx: tx.waves("2026.12"),
    "signoffs": lambda tx: tx.signoffs("2026.12"),
    "members": lambda tx: tx.members("2026.12"),
    "plan": lambda tx: tx.plan("2026.12"),
    "changes": lambda tx: tx.changes(["TIDE-1"]),
    "changes_of": lambda tx: tx.changes_of(["12"]),
    "links": lambda tx: tx.links(["TIDE-1"]),
    "links_of_tickets": lambda tx: tx.links_of_tickets([("help", "7")]),
    "tickets": lambda tx: tx.tickets([("help", "7")]),
    "due notices": lambda tx: tx.notices(due_at=NOON, channels=[Channel.TICKET], limit=10),
    "due notices of all channels": lambda tx: tx.notices(due_at=NOON, limit=10),
    "notices being sent": lambda tx: tx.notices(states=[NoticeState.SENDING]),
    "notices of a client": lambda tx: tx.notices(version="2026.12", client="acme", states=[NoticeState.WAITING]),
    "gone": lambda tx: tx.gone(["TIDE-1"]),
    "errands": lambda tx: tx.errands(states=[ErrandState.WAITING]),
    "audit": lambda tx: list(tx.audit(limit=10)),
    "audit of a subject": lambda tx: list(tx.audit("acme", limit=10)),
}
ACTED = {
    "claim": lambda tx: tx.claim([delivery()], "host:1", NOON),
    "save_deliveries": lambda tx: tx.save_deliveries([delivery(state=DeliveryState.STARTED)]),
    "claim_notices": lambda tx: tx.claim_notices([notice()], "host:1", NOON),
    "put_notice": lambda tx: tx.put_notice(notice()),
    "save_changes": lambda tx: tx.save_changes("jira", [change(updated=NOON + timedelta(days=1))]),
    "mark_gone": lambda tx: tx.mark_gone("jira", ["101"], "deleted"),
    "lift_hold": lambda tx: tx.lift_hold("acme", NOON, "dana", "done"),
    "record": lambda tx: tx.record(NOON, "dana", "held", "acme"),
}


@contextmanager
def heard() -> Iterator[list[tuple[str, Any]]]:
    """The statements, with their parameters, that are executed meanwhile."""
    statements: list[tuple[str, Any]] = []

    def listen(_connection: object, _cursor: object, statement: str, parameters: Any, _context: object, many: bool) -> None:
        statements.append((statement, parameters[0] if many else parameters))

    event.listen(Engine, "before_cursor_execute", listen)
    try:
        yield statements
    finally:
        event.remove(Engine, "before_cursor_execute", listen)


def plans(tx: Tx, statements: list[tuple[str, Any]]) -> Iterator[str]:
    """How the database carries these out. PostgreSQL prefers to walk through tables as small as a test's: it is told not to."""
    connection = tx.connection
    if connection.dialect.name == "postgresql":
        connection.exec_driver_sql("SET LOCAL enable_seqscan = off")
    explain = "EXPLAIN" if connection.dialect.name == "postgresql" else "EXPLAIN QUERY PLAN"
    for statement, parameters in statements:
        if statement.startswith(("SELECT", "INSERT", "UPDATE", "DELETE")):
            lines = connection.exec_driver_sql(f"{explain} {statement}", parameters).all()
            yield "\n\n".join([statement, *(str(line[-1]) for line in lines)])


def walks(plan: str) -> bool:
    """Whether the plan goes through a whole table. One that goes in an index's order, takes all it meets and stops at its limit does not."""
    statement, *steps = plan.split("\n\n")
    if "LIMIT" in statement and "WHERE" not in statement and "TEMP B-TREE" not in plan:
        return "Seq Scan" in plan
    return any("Seq Scan" in step or (step.startswith("SCAN ") and "json_each" not in step) for step in steps)


@pytest.fixture
def tx(ledger: Ledger) -> Iterator[Tx]:
    with ledger.begin() as tx:
        tx.save_release(release())
        tx.save_deliveries([delivery()])
        yield tx


@pytest.mark.parametrize("asked", ASKED)
def test_what_is_asked_is_found_by_an_index(tx: Tx, asked: str) -> None:
    with heard() as statements:
        ASKED[asked](tx)
    assert statements
    assert [plan for plan in plans(tx, statements) if walks(plan)] == []


@pytest.mark.parametrize(
    ("asked", "path"),
    [
        ("due", "deliveries USING INDEX deliveries_by_state (state=? AND version=? AND wave=? AND slot_start<?)"),
        ("next_slot_start", "deliveries USING COVERING INDEX deliveries_by_state (state=? AND version=? AND wave=? AND slot_start>?)"),
        ("last_settled", "deliveries USING INDEX deliveries_by_settling (version=? AND wave=? AND settled_at>?)"),
        ("left in the middle", "deliveries USING INDEX deliveries_by_state (state=?)"),
        ("of a wave", "deliveries USING INDEX deliveries_by_state (state=? AND version=? AND wave=?)"),
        ("of clients in a release", "deliveries USING INDEX sqlite_autoindex_deliveries_1 (version=? AND client=?)"),
        ("counts", "delivery_counts USING INDEX sqlite_autoindex_delivery_counts_1 (version=?)"),
        ("holds", "holds USING INDEX holds_by_end (ends_at>?)"),
        ("due notices of all channels", "notices USING INDEX notices_by_state (state=? AND channel=? AND not_before<?)"),
        ("notices of a client", "notices USING INDEX notices_by_version (version=? AND client=?)"),
        ("errands", "errands USING INDEX errands_by_state (state=?)"),
    ],
)
def test_sqlite_goes_straight_to_what_is_asked(sqlite_ledger: Ledger, asked: str, path: str) -> None:
    with sqlite_ledger.begin() as tx, heard() as statements:
        ASKED[asked](tx)
        (plan,) = plans(tx, list(statements))
    assert f"SEARCH {path}" in plan.split("\n\n")


@pytest.mark.parametrize("act", ACTED)
def test_what_is_written_is_found_by_an_index(tx: Tx, act: str) -> None:
    with heard() as statements:
        ACTED[act](tx)
        tx.write_audit()
    assert statements
    assert [plan for plan in plans(tx, statements) if walks(plan)] == []


@pytest.mark.parametrize("rest", ["", " WHERE reason = 'x' LIMIT 1", " ORDER BY reason LIMIT 1"])
def test_a_walk_through_a_table_would_be_seen(tx: Tx, rest: str) -> None:
    (plan,) = plans(tx, [(f"SELECT reason FROM deliveries{rest}", ())])
    assert walks(plan)
