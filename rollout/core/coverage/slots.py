"""Walks a compiled timeline: the next slot, the clear stretches of a month, business time. Instants and lengths are whole seconds."""

from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

from rollout.core.coverage.compile import FIRST_YEAR, HIGHEST, LAST_YEAR, LOWEST, Steps, Timeline
from rollout.core.coverage.zones import DAY, Span, instant, instant_after, year_of, year_start
from rollout.errors import Refused

HORIZON = 400 * DAY
REACH = 3  # years, before and after those asked about, in which a closed stretch is followed
NEAR = 3 * 365 * DAY  # is within reach for certain
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TICK = timedelta(microseconds=1)
_TICKS = 1_000_000


def next_clear(timeline: Timeline, after: int, until: int, need: int, at_once: int) -> Span | None:
    """The earliest start in [after, until), at most a horizon away, from which `need` seconds are clear, and the end of the clear stretch.

    A start at `after` itself needs `at_once` seconds: it may be a moment within that second.
    """
    until = min(until, after + HORIZON)
    for start, end in clear_from(timeline, after):
        if start >= until:
            return None
        if end - start >= (at_once if start == after else need):
            return start, end
    return None


def clear_within(timeline: Timeline, low: int, high: int, need: int) -> list[Span]:
    """The clear stretches cut to [low, high), in order, that are at least `need` seconds long."""
    low, high = max(low, LOWEST), min(high, HIGHEST)
    if low >= high:
        return []
    steps = timeline.over(low, high)
    first, past = bisect_right(steps.closes, low), bisect_right(steps.opens, high - 1)
    spans = ((max(low, steps.opens[at]), min(high, steps.closes[at])) for at in range(first, past))
    return [(start, end) for start, end in spans if end - start >= need]


def clear_from(timeline: Timeline, at: int) -> Iterator[Span]:
    """The clear stretches after an instant, the first one cut there, each at most a horizon long; it ends where a horizon passes without one."""
    while (found := _first_clear(timeline, at)) is not None:
        steps, index = found
        start = max(at, steps.opens[index])
        at = _end_of_clear(timeline, start, steps.closes[index])
        yield start, at


def _first_clear(timeline: Timeline, at: int) -> tuple[Steps, int] | None:
    """Where the first clear stretch after an instant stands in the steps."""
    high = at + 1
    while at >= LOWEST and high <= min(at + HORIZON, HIGHEST):
        steps = timeline.over(at, high)
        index = bisect_right(steps.closes, at)
        if index < len(steps.opens):
            return (steps, index) if steps.opens[index] <= at + HORIZON else None
        high = steps.high + 1
    return None


def _end_of_clear(timeline: Timeline, start: int, end: int) -> int:
    """Where the stretch that is clear from `start` to `end` ends, if nothing more is compiled beyond."""
    while end < min(HIGHEST, start + HORIZON):
        steps = timeline.over(start, end + 1)
        further = steps.closes[bisect_right(steps.closes, start)]
        if further == end:
            break
        end = further
    return min(end, start + HORIZON)


def business_add(timeline: Timeline, at: datetime, span: timedelta) -> datetime:
    """The earliest moment by which `span` of clear time has passed since `at`. Raises Refused where the calendars never have that much."""
    now, left = (at - _EPOCH) // _TICK, span // _TICK
    if left <= 0:
        return at
    for start, end in clear_from(timeline, instant(at)):
        begins = max(now, start * _TICKS)
        if end * _TICKS - begins >= left:
            return _EPOCH + timedelta(microseconds=begins + left)
        left -= max(0, end * _TICKS - begins)
    raise Refused(
        f"cannot count {span} of business time from {at.isoformat()}: the calendars then have {HORIZON // DAY} days without coverage. Add a window."
    )


def business_between(timeline: Timeline, start: datetime, end: datetime) -> timedelta:
    """How much clear time lies in [start, end)."""
    low, high = (start - _EPOCH) // _TICK, (end - _EPOCH) // _TICK
    spans = clear_within(timeline, instant(start), instant_after(end), 1)
    return timedelta(microseconds=sum(max(0, min(high, closes * _TICKS) - max(low, opens * _TICKS)) for opens, closes in spans))


def last_closed(timeline: Timeline, low: int, high: int) -> tuple[int | None, int | None] | None:
    """The last stretch that the timeline of one layer closes of [low, high), whole; an end that lies further away than one looks is None."""
    steps = timeline.over(low, high)
    at = bisect_left(steps.starts, high) - 1
    if not steps.masks[at]:
        at -= 1
    if at < 0 or (ends := _end_of_step(steps, at)) <= low:
        return None
    begins = steps.starts[at]
    return (
        begins if steps.low < begins and low - begins < NEAR else _begin_of_closed(timeline, begins, low),
        ends if ends < steps.high and ends - high < NEAR else _end_of_closed(timeline, begins, ends, high),
    )


def _end_of_step(steps: Steps, at: int) -> int:
    return steps.starts[at + 1] if at + 1 < len(steps.starts) else steps.high


def _begin_of_closed(timeline: Timeline, begins: int, low: int) -> int | None:
    earliest = year_start(max(year_of(low) - REACH, FIRST_YEAR)) + 1
    while begins >= earliest:
        steps = timeline.over(begins - 1, begins)
        known = steps.starts[bisect_right(steps.starts, begins) - 1]
        if known == begins:
            return begins
        begins = known
    return None


def _end_of_closed(timeline: Timeline, begins: int, ends: int, high: int) -> int | None:
    latest = year_start(min(year_of(high - 1) + REACH, LAST_YEAR) + 1) - 1
    while ends <= latest:
        steps = timeline.over(begins, ends + 1)
        known = _end_of_step(steps, bisect_right(steps.starts, begins) - 1)
        if known == ends:
            return ends
        ends = known
    return None
