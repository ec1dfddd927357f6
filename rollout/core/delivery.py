"""One release on its way to one installation: the lifecycle as one table, and a wave's progress."""

import math
from enum import StrEnum

from rollout.core.clients import Environment
from rollout.core.values import ClientId, Moment, Value, Version
from rollout.core.waves import Tolerance
from rollout.errors import Refused


class DeliveryState(StrEnum):
    PLANNED = "planned"
    STARTED = "started"
    ARRIVED = "arrived"
    DELIVERED = "delivered"
    FAILED = "failed"
    UNKNOWN = "unknown"
    WITHDRAWN = "withdrawn"
    ROLLED_BACK = "rolled_back"


class DeliveryEvent(StrEnum):
    START = "start"
    REPORT_SUCCESS = "report success"
    REPORT_FAILURE = "report failure"
    LOSE = "lose"
    FIND_TARGET = "find target"
    FIND_PREVIOUS = "find previous"
    PASS = "pass"
    FAIL = "fail"
    RETRY = "retry"
    SKIP = "skip"
    ROLL_BACK = "roll back"
    WITHDRAW = "withdraw"


_S, _E = DeliveryState, DeliveryEvent
LIFECYCLE: dict[tuple[DeliveryState, DeliveryEvent], DeliveryState] = {
    (_S.PLANNED, _E.START): _S.STARTED,
    (_S.PLANNED, _E.WITHDRAW): _S.WITHDRAWN,
    (_S.STARTED, _E.REPORT_SUCCESS): _S.ARRIVED,
    (_S.STARTED, _E.REPORT_FAILURE): _S.FAILED,
    (_S.STARTED, _E.LOSE): _S.UNKNOWN,
    (_S.STARTED, _E.FIND_TARGET): _S.ARRIVED,
    (_S.STARTED, _E.FIND_PREVIOUS): _S.PLANNED,
    (_S.UNKNOWN, _E.FIND_TARGET): _S.ARRIVED,
    (_S.UNKNOWN, _E.FIND_PREVIOUS): _S.PLANNED,
    (_S.UNKNOWN, _E.RETRY): _S.PLANNED,
    (_S.UNKNOWN, _E.SKIP): _S.WITHDRAWN,
    (_S.UNKNOWN, _E.ROLL_BACK): _S.ROLLED_BACK,
    (_S.ARRIVED, _E.PASS): _S.DELIVERED,
    (_S.ARRIVED, _E.FAIL): _S.FAILED,
    (_S.ARRIVED, _E.ROLL_BACK): _S.ROLLED_BACK,
    (_S.FAILED, _E.RETRY): _S.PLANNED,
    (_S.FAILED, _E.SKIP): _S.WITHDRAWN,
    (_S.FAILED, _E.ROLL_BACK): _S.ROLLED_BACK,
    (_S.DELIVERED, _E.ROLL_BACK): _S.ROLLED_BACK,
    (_S.ROLLED_BACK, _E.RETRY): _S.PLANNED,
}
IN_FLIGHT = frozenset({_S.STARTED, _S.ARRIVED})
FINAL = frozenset({_S.DELIVERED, _S.WITHDRAWN, _S.ROLLED_BACK})
BROKEN = frozenset({_S.FAILED, _S.UNKNOWN})


def after(name: str, state: DeliveryState, event: DeliveryEvent) -> DeliveryState:
    """The state that the event leads to. Raises Refused where the table has no such move; `name` is for the message."""
    if (state, event) not in LIFECYCLE:
        can = ", ".join(sorted(move for was, move in LIFECYCLE if was == state)) or "nothing more"
        raise Refused(f"cannot {event} {name}: it is {state}. From there: {can}.")
    return LIFECYCLE[state, event]


class Delivery(Value):
    """One release on its way to one installation.

    `slot_start`, `latest_start` and `slot_end` are its window; `previous` is what the installation ran before. `attempt` counts from 1 with
    each start. `owner` and `lease_until` say which process is at work on it. `reason` tells why it is failed, unknown, withdrawn or waits.
    `announced_start` is the start that the client was told of, None if none.
    """

    version: Version
    client: ClientId
    environment: Environment
    wave: int
    state: DeliveryState = DeliveryState.PLANNED
    slot_start: Moment
    latest_start: Moment
    slot_end: Moment
    provisional: bool = False
    previous: Version | None = None
    attempt: int = 0
    owner: str = ""
    lease_until: Moment | None = None
    started_at: Moment | None = None
    arrived_at: Moment | None = None
    settled_at: Moment | None = None
    reason: str = ""
    announced_start: Moment | None = None

    @property
    def name(self) -> str:
        return f"{self.version} at {self.client}/{self.environment}"

    @property
    def key(self) -> str:
        """The idempotency key of the current attempt: the same for the same act, whoever performs it."""
        return f"{self.version}:{self.client}:{self.environment}:{self.attempt}"


class WaveState(StrEnum):
    WAITING = "waiting"
    OPEN = "open"
    HALTED = "halted"
    PROMOTED = "promoted"


class WaveProgress(Value):
    """How far one wave of a rollout is. `size` is fixed when it opens. `watched_since` is when the soak began, None while deliveries are out;
    `forgiven` are failures that a person decided to go on in spite of."""

    version: Version
    index: int
    name: str
    environment: Environment
    state: WaveState = WaveState.WAITING
    size: int = 0
    forgiven: int = 0
    opened_at: Moment | None = None
    watched_since: Moment | None = None
    promoted_at: Moment | None = None
    reason: str = ""


def allowed_failures(tolerance: Tolerance, size: int) -> int:
    """How many failures a wave of that size may have: the larger of the count and the percentage, rounded up."""
    return max(tolerance.count, math.ceil(tolerance.percent * size / 100))
