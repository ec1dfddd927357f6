"""One release on its way to one installation: the lifecycle as one table, and a wave's progress."""

import math
from collections.abc import Mapping
from datetime import datetime, timedelta
from enum import StrEnum

from rollout.core.clients import Environment
from rollout.core.values import ClientId, Moment, Value, Verdict, Version, closed
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
    POSTPONE = "postpone"
    REPORT_SUCCESS = "report success"
    REPORT_FAILURE = "report failure"
    LOSE = "lose"
    FIND_TARGET = "find target"
    FIND_PREVIOUS = "find previous"
    PASS = "pass"
    DOUBT = "doubt"
    FAIL = "fail"
    RETRY = "retry"
    SKIP = "skip"
    ROLL_BACK = "roll back"
    WITHDRAW = "withdraw"


_S, _E = DeliveryState, DeliveryEvent
LIFECYCLE: dict[tuple[DeliveryState, DeliveryEvent], DeliveryState] = {
    (_S.PLANNED, _E.START): _S.STARTED,
    (_S.PLANNED, _E.WITHDRAW): _S.WITHDRAWN,
    (_S.STARTED, _E.POSTPONE): _S.PLANNED,
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
    (_S.ARRIVED, _E.DOUBT): _S.UNKNOWN,
    (_S.ARRIVED, _E.ROLL_BACK): _S.ROLLED_BACK,
    (_S.FAILED, _E.RETRY): _S.PLANNED,
    (_S.FAILED, _E.SKIP): _S.WITHDRAWN,
    (_S.FAILED, _E.ROLL_BACK): _S.ROLLED_BACK,
    (_S.DELIVERED, _E.ROLL_BACK): _S.ROLLED_BACK,
    (_S.ROLLED_BACK, _E.RETRY): _S.PLANNED,
}
IN_FLIGHT = frozenset({_S.STARTED, _S.ARRIVED})
PENDING = frozenset({_S.PLANNED, _S.STARTED, _S.ARRIVED})
BROKEN = frozenset({_S.FAILED, _S.UNKNOWN, _S.ROLLED_BACK})


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
    """How far one wave of a rollout is. `size` is fixed when it opens; `forgiven` are failures that a person decided to go on in spite of."""

    version: Version
    index: int
    name: str
    environment: Environment
    state: WaveState = WaveState.WAITING
    size: int = 0
    forgiven: int = 0
    opened_at: Moment | None = None
    promoted_at: Moment | None = None
    reason: str = ""


def allowed_failures(tolerance: Tolerance, size: int) -> int:
    """How many failures a wave of that size may have: the larger of the count and the percentage, rounded up."""
    return max(tolerance.count, math.ceil(tolerance.percent * size / 100))


class WaveEvent(StrEnum):
    OPEN = "open"
    HALT = "halt"
    GO_ON = "go on"
    PROMOTE = "promote"


WAVE_LIFECYCLE: dict[tuple[WaveState, WaveEvent], WaveState] = {
    (WaveState.WAITING, WaveEvent.OPEN): WaveState.OPEN,
    (WaveState.OPEN, WaveEvent.HALT): WaveState.HALTED,
    (WaveState.HALTED, WaveEvent.GO_ON): WaveState.OPEN,
    (WaveState.OPEN, WaveEvent.PROMOTE): WaveState.PROMOTED,
}


def failures(wave: WaveProgress, counts: Mapping[DeliveryState, int]) -> int:
    """Deliveries of the wave that broke and that no person has forgiven."""
    return sum(counts.get(state, 0) for state in BROKEN) - wave.forgiven


def soaked(wave: WaveProgress, need: timedelta, watched: timedelta, done_at: datetime | None) -> Verdict:
    """Judge whether a wave has been watched for `need` business time without a break; `done_at` is when it will have been."""
    if watched >= need:
        return Verdict()
    return closed("soak", f"wave {wave.name} has been watched for {span(watched)} of {span(need)} business time", clears_at=done_at)


def judge(
    wave: WaveProgress, tolerance: Tolerance, counts: Mapping[DeliveryState, int], held: int, before: WaveState, soak: Verdict
) -> WaveEvent | None:
    """What happens to a wave now, if anything. `held` planned deliveries wait for a person and keep nobody else waiting; `before` is the
    state of the wave before this one, `soak` the verdict on this one's."""
    if wave.state is WaveState.WAITING:
        return WaveEvent.OPEN if before is WaveState.PROMOTED else None
    if wave.state is WaveState.PROMOTED:
        return None
    tolerable = failures(wave, counts) <= allowed_failures(tolerance, wave.size)
    if wave.state is WaveState.HALTED:
        return WaveEvent.GO_ON if tolerable else None
    if not tolerable:
        return WaveEvent.HALT
    if held and not counts.get(DeliveryState.DELIVERED):
        return None  # a wave of which nobody has the release has shown nothing
    pending = sum(counts.get(state, 0) for state in PENDING) - held
    return WaveEvent.PROMOTE if pending <= 0 and soak.open else None


def span(length: timedelta) -> str:
    """A length of time as people say it: 2 h 30 min."""
    minutes = round(length.total_seconds() / 60)
    hours, rest = divmod(minutes, 60)
    return " ".join(part for part in (f"{hours} h" if hours else "", f"{rest} min" if rest or not hours else "") if part)
