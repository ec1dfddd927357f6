"""The plan as a value: slots, what found none, and how two plans differ. Decides nothing; the planner does."""

from datetime import datetime

from rollout.core.clients import Environment
from rollout.core.values import ClientId, Moment, Reason, Value, Version
from rollout.core.waves import Excluded

Place = tuple[ClientId, Environment]


class Slot(Value):
    """The window given to one installation: it may start at or after `start`, and must start before `latest_start`; `end` closes the window."""

    client: ClientId
    environment: Environment
    wave: int
    start: Moment
    latest_start: Moment
    end: Moment
    provisional: bool = False

    @property
    def place(self) -> Place:
        return self.client, self.environment


class Unplaced(Value):
    """An installation that found no slot, with the windows that are full or closed to it."""

    client: ClientId
    environment: Environment
    wave: int
    reasons: tuple[Reason, ...]


class Plan(Value):
    """All slots in order of start, then client; the installations left unplaced or excluded, with reasons.

    `zone_data` is the IANA version that the moments were computed with. `remarks` say which constraint binds and what else a reader should know.
    """

    version: Version
    strategy: str
    made_at: Moment
    slots: tuple[Slot, ...]
    unplaced: tuple[Unplaced, ...] = ()
    excluded: tuple[Excluded, ...] = ()
    remarks: tuple[str, ...] = ()
    zone_data: str = ""

    @property
    def ends_at(self) -> datetime | None:
        """When the last slot closes; None for a plan without slots."""
        return max((slot.end for slot in self.slots), default=None)


class Move(Value):
    """A slot that another plan puts elsewhere. `old` is None for a new one, `new` for one that is gone."""

    client: ClientId
    environment: Environment
    old: Slot | None
    new: Slot | None
    why: str


def told(at: datetime) -> str:
    """The moment as plans write it, in UTC: core knows no other zone."""
    return f"{at:%Y-%m-%d %H:%M} UTC"
