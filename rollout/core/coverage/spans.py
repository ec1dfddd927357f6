"""Sets of time: sorted lists of half-open spans of whole seconds, apart from one another."""

from collections.abc import Iterable, Sequence

from rollout.core.coverage.zones import Span


def union(spans: Iterable[Span]) -> list[Span]:
    """All that is in any of the spans. Spans that touch become one."""
    merged: list[Span] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            if end > merged[-1][1]:
                merged[-1] = (merged[-1][0], end)
        elif start < end:
            merged.append((start, end))
    return merged


def within(spans: Iterable[Span], low: int, high: int) -> list[Span]:
    """The parts that lie in [low, high)."""
    return [(start if start > low else low, end if end < high else high) for start, end in spans if start < high and end > low]


def outside(spans: Iterable[Span], low: int, high: int) -> list[Span]:
    """What the spans, sorted and apart, leave of [low, high)."""
    gaps: list[Span] = []
    for start, end in spans:
        if start > low:
            gaps.append((low, min(start, high)))
        low = max(low, end)
        if low >= high:
            return gaps
    gaps.append((low, high))
    return gaps


def difference(spans: Sequence[Span], holes: Sequence[Span]) -> list[Span]:
    """What is in the spans but in none of the holes; both sorted and apart."""
    if not spans or not holes:
        return list(spans)
    kept: list[Span] = []
    index = 0
    for start, end in spans:
        while index < len(holes) and holes[index][1] <= start:
            index += 1
        at = index
        while at < len(holes) and holes[at][0] < end:
            if holes[at][0] > start:
                kept.append((start, holes[at][0]))
            start = max(start, holes[at][1])
            at += 1
        if start < end:
            kept.append((start, end))
    return kept


def intersection(spans: Sequence[Span], others: Sequence[Span]) -> list[Span]:
    """What is in both; both sorted and apart."""
    return difference(spans, difference(spans, others))
