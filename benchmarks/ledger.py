"""What the ledger costs beside bare sqlite3: python -m benchmarks.ledger [--url URL]

Claims 10,000 deliveries and records what became of them, in batches of 100, every batch durable; then the same with the audit rows of both
acts; then asks what a tick asks when nothing is due. Prints CPU time, and how many times that of bare sqlite3 with the same rows it is.
Asserts nothing.
"""

import argparse
import sqlite3
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

from rollout.core.clients import Environment
from rollout.core.closing import Channel, NoticeState
from rollout.core.delivery import Delivery, DeliveryState, WaveProgress, WaveState
from rollout.core.errands import ErrandState
from rollout.core.releases import Release, ReleaseKind, ReleaseState
from rollout.core.values import ClientId, Version
from rollout.ledger import open_ledger
from rollout.ports import Ledger, Tx

CLIENTS, BATCH, WAVES = 10_000, 100, 4
VERSION = Version("2026.12")
AT = datetime(2026, 12, 8, 14, tzinfo=UTC)
LATER = AT + timedelta(hours=1)
Rows = Sequence[tuple[str | None, ...]]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--url", default="sqlite:///ledger.sqlite", help="the database to measure; it must be empty")
    with tempfile.TemporaryDirectory() as folder:
        ledger = open_ledger(parser.parse_args().url, Path(folder))
        _fill(ledger)
        rows = [tuple(None if value is None else str(value) for value in vars(one).values()) for one in _planned(Environment.PREVIEW)]
        bare, bare_audit = _cpu(lambda: _bare(Path(folder), rows, audited=False)), _cpu(lambda: _bare(Path(folder), rows, audited=True))
        work = _cpu(lambda: _work(ledger, Environment.PREVIEW, audited=False))
        audit = _cpu(lambda: _work(ledger, Environment.PRODUCTION, audited=True))
        print(f"{CLIENTS:,} deliveries claimed and recorded: {work:.2f} s, {work / bare:.1f} times bare executemany ({bare:.2f} s)")
        print(f"the same with {2 * CLIENTS:,} audit rows: {audit:.2f} s, {audit / bare_audit:.1f} times bare executemany ({bare_audit:.2f} s)")
        idle = min(_cpu(lambda: _idle(ledger)) for _ in range(10))
        floor = min(_cpu(lambda: _bare_count(Path(folder))) for _ in range(10))
        print(f"idle queries over {2 * CLIENTS:,} deliveries: {idle * 1000:.1f} ms, {idle / floor:.1f} times one bare count ({floor * 1000:.1f} ms)")
        ledger.close()


def _cpu(act: Callable[[], object]) -> float:
    begun = time.process_time()
    act()
    return time.process_time() - begun


def _planned(environment: Environment) -> list[Delivery]:
    return [
        Delivery(
            version=VERSION,
            client=ClientId(f"client-{number:05}"),
            environment=environment,
            wave=number % WAVES + WAVES * (environment is Environment.PRODUCTION),
            slot_start=AT,
            latest_start=LATER,
            slot_end=LATER,
        )
        for number in range(CLIENTS)
    ]


def _fill(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        tx.save_release(Release(version=VERSION, kind=ReleaseKind.MONTHLY, state=ReleaseState.ROLLING_OUT))
        for index in range(2 * WAVES):
            environment = Environment.PRODUCTION if index >= WAVES else Environment.PREVIEW
            tx.save_wave(WaveProgress(version=VERSION, index=index, name=f"wave {index}", environment=environment, state=WaveState.OPEN))
        tx.save_deliveries(_planned(Environment.PREVIEW))
        tx.save_deliveries(_planned(Environment.PRODUCTION))


def _batches(items: Sequence[Delivery]) -> Iterator[Sequence[Delivery]]:
    return (items[first : first + BATCH] for first in range(0, len(items), BATCH))


def _work(ledger: Ledger, environment: Environment, audited: bool) -> None:
    settled = {"state": DeliveryState.DELIVERED, "attempt": 1, "owner": "", "lease_until": None, "started_at": AT, "settled_at": AT}
    for wave in range(WAVES):
        with ledger.read() as tx:
            due = tx.due(VERSION, wave + WAVES * (environment is Environment.PRODUCTION), AT, CLIENTS)
        for batch in _batches(due):
            with ledger.begin() as tx:
                won = tx.claim(batch, "bench:1", LATER)
                _audit(tx, "delivery started", won if audited else ())
            with ledger.begin() as tx:
                tx.save_deliveries([one.model_copy(update=settled) for one in won])
                _audit(tx, "delivery delivered", won if audited else ())


def _audit(tx: Tx, act: str, deliveries: Sequence[Delivery]) -> None:
    tx.record_all(AT, "advance", [(act, f"{one.client}/{one.environment}", {"version": one.version, "attempt": 1}) for one in deliveries])


def _idle(ledger: Ledger) -> None:
    """What a tick asks when nothing is due."""
    before = AT - timedelta(days=1)
    with ledger.read() as tx:
        tx.stop()
        tx.holds(before)
        tx.deliveries(states=(DeliveryState.STARTED,))
        tx.deliveries(states=(DeliveryState.ARRIVED,))
        for release in tx.releases((ReleaseState.ROLLING_OUT,)):
            tx.counts(release.version)
            for wave in tx.waves(release.version):
                tx.due(release.version, wave.index, before, BATCH)
                tx.next_slot_start(release.version, wave.index, before)
                tx.last_settled(release.version, wave.index)
        tx.notices(states=(NoticeState.WAITING,), channels=(Channel.TICKET, Channel.MAIL), due_at=before, limit=BATCH)
        tx.errands(states=(ErrandState.WAITING,))


# ── Bare sqlite3 ───────────────────────────────────────────────────────────────────────────────────


def _bare(folder: Path, rows: Rows, audited: bool) -> None:
    """The same rows as often as the ledger writes them, in transactions of the same size, as safe on disk."""
    (folder / "bare.sqlite").unlink(missing_ok=True)
    connection = sqlite3.connect(folder / "bare.sqlite", isolation_level=None)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    columns = list(Delivery.model_fields)
    connection.execute(f"CREATE TABLE deliveries ({', '.join(columns)}, PRIMARY KEY (version, client, environment))")
    connection.execute("CREATE INDEX by_state ON deliveries (state, version, wave, slot_start)")
    connection.execute("CREATE TABLE audit (seq INTEGER PRIMARY KEY, at, actor, act, subject, data, previous, hash)")
    put = f"INSERT OR REPLACE INTO deliveries VALUES ({', '.join('?' * len(columns))})"
    note = "INSERT INTO audit (at, actor, act, subject, data, previous, hash) VALUES (?, ?, ?, ?, ?, ?, ?)"
    for first in range(0, len(rows), BATCH):
        batch = rows[first : first + BATCH]
        for _ in ("started", "settled"):
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(put, batch)
            connection.executemany(note, [(str(AT), "advance", "delivery started", row[1], "{}", "0" * 64, "0" * 64) for row in batch if audited])
            connection.execute("COMMIT")
    connection.close()


def _bare_count(folder: Path) -> None:
    connection = sqlite3.connect(folder / "bare.sqlite")
    connection.execute("SELECT state, wave, count(*) FROM deliveries GROUP BY state, wave").fetchall()
    connection.close()


if __name__ == "__main__":
    main()
