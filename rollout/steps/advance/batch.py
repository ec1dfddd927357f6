"""A claimed batch, what becomes of it, and how far the world had come when its gates were asked."""

from rollout.core.delivery import Delivery
from rollout.core.values import Value
from rollout.ports import Tx, World


class Seen(Value):
    """How far the world had come: the newest audit row, for every act leaves one, and the digest of the calendars."""

    head: int
    calendars: str

    def moved(self, before: int, after: int) -> "Seen":
        """After we wrote the audit rows from one to the other ourselves: if nobody wrote before us, nothing else has happened."""
        return self.model_copy(update={"head": after}) if before == self.head else self


def seen_now(world: World, tx: Tx) -> Seen:
    """How far the world has come."""
    return Seen(head=tx.audit_head(), calendars=world.calendars())


class Batch(Value):
    """Deliveries that this process has claimed and will carry out now, at most `at_once` at a time; `tolerable` more may fail before the
    rest is left for later. `seen` is how far the world had come when their gates were open."""

    deliveries: tuple[Delivery, ...]
    at_once: int
    tolerable: int
    seen: Seen


class Done(Value):
    """What became of a batch, counted; `broken` tells of those that went wrong."""

    delivered: int = 0
    postponed: int = 0
    broken: tuple[str, ...] = ()
