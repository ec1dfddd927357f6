"""The audit trail: who did what, and whether nobody has touched it since."""

from rollout.core.audit import AuditRow, first_broken
from rollout.ports import World


def log(world: World, subject: str | None = None, limit: int | None = 50) -> tuple[AuditRow, ...]:
    """The newest rows, oldest first; of one subject, or of all."""
    with world.ledger.read() as tx:
        return tuple(tx.audit(subject, limit))


def verify(world: World) -> tuple[int, str] | None:
    """The first row that does not fit the chain, and why; None if all do. Reads row by row, whatever the length."""
    with world.ledger.read() as tx:
        return first_broken(tx.audit())
