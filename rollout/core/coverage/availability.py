"""What an RFC 7953 availability says: within its bounds somebody is available at some times, and at no others."""

from collections.abc import Iterator

from rollout.core.coverage.recurrence import Event, occurrences
from rollout.core.coverage.spans import difference, intersection, union
from rollout.core.coverage.zones import DAY, Span, Zones
from rollout.core.values import Value

_STRIDE = 366 * DAY


class Availability(Value):
    """The times of `events` are available, as far as they lie in `within`; what else lies in it is not. Outside of it nothing is said."""

    uid: str
    summary: str = ""
    within: tuple[Span, ...]
    events: tuple[Event, ...] = ()
    source: str = ""


def available(one: Availability, zones: Zones, low: int, high: int) -> list[Span]:
    """The available time that touches [low, high)."""
    spans = union(span for event in one.events for span in occurrences(event, zones[event.zone], low, high, blocks=False))
    return [span for span in intersection(spans, one.within) if span[0] < high and span[1] > low]


def unavailable(one: Availability, zones: Zones, low: int, high: int) -> Iterator[Span]:
    """The stretches that touch [low, high) in which it is not available, each whole, however long before and after that is."""
    if not one.within:
        return
    start, end = _gap_start(one, zones, low), _gap_end(one, zones, high)
    closed = difference(intersection([(start, end)], one.within), available(one, zones, start, end))
    yield from (span for span in closed if span[0] < high and span[1] > low)


def _gap_start(one: Availability, zones: Zones, at: int) -> int:
    """A moment at or before `at` at which no gap is cut in two: the last that was available, or the first of all."""
    first = one.within[0][0]
    while at > first:
        found = [start for start, _ in available(one, zones, at - _STRIDE, at) if start < at]
        if found:
            return found[-1]
        at -= _STRIDE
    return first


def _gap_end(one: Availability, zones: Zones, at: int) -> int:
    """A moment at or after `at` at which no gap is cut in two."""
    last = one.within[-1][1]
    while at < last:
        found = [end for _, end in available(one, zones, at, at + _STRIDE) if end > at]
        if found:
            return found[0]
        at += _STRIDE
    return last
