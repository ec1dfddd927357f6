"""Finds calendars that are open too rarely: for the company and for each profile of clients, the leanest stretch of days that is to come."""

from bisect import bisect_left
from collections.abc import Hashable, Iterator, Sequence
from datetime import timedelta
from itertools import accumulate
from typing import NamedTuple

from rollout.core.clients import Client, Environment
from rollout.core.coverage.looking import AHEAD, CalendarFinding, Look
from rollout.core.coverage.questions import Party, Request
from rollout.core.coverage.timed import WindowRule
from rollout.core.coverage.verdicts import Coverage
from rollout.core.coverage.zones import Span, instant
from rollout.core.findings import Grade
from rollout.core.releases import ReleaseKind

USUAL = timedelta(hours=48)
_HOUR = 3600
_BLOCK = 4 * _HOUR


class Wanted(NamedTuple):
    """How many hours should be open in any so many days. Stretches shorter than four hours are not counted, as maintenance windows of cloud vendors
    count them; where the windows themselves have none as long, all are. Without `hours`: 48, or half of what the windows alone open if that is less.
    """

    days: int = 32
    hours: float | None = None


class Lean(NamedTuple):
    """The leanest stretch of days: the instant at which it begins, and for how many seconds it is open."""

    start: int
    seconds: int


def rarely_open(coverage: Coverage, clients: Sequence[Client], look: Look, wanted: Wanted) -> Iterator[CalendarFinding]:
    """Whoever has fewer hours than are wanted in some stretch of days, the company first; clients only where they have other hours than it."""
    proposed = Coverage(coverage.rules, coverage.timezone, None)
    windows = Coverage([rule for rule in coverage.rules if isinstance(rule, WindowRule)], coverage.timezone, None)
    seen: set[Hashable] = set()
    for name, asked in _of_company():
        alike = proposed.likeness(asked)
        if alike not in seen:
            seen.add(alike)
            yield from _judged(proposed, windows, asked, look, wanted, name, "")
    groups: dict[Hashable, list[tuple[Client, Request]]] = {}
    for client in clients:
        asked = _asked(ReleaseKind.MONTHLY, Environment.PRODUCTION, client)
        if (alike := proposed.likeness(asked)) not in seen:
            groups.setdefault(alike, []).append((client, asked))
    for group in groups.values():
        client, asked = min(group, key=lambda each: each[0].id)
        more = f" and {len(group) - 1} clients more" if len(group) > 1 else ""
        yield from _judged(proposed, windows, asked, look, wanted, f"{client.id}{more}", f" --client {client.id}")


def _of_company() -> Iterator[tuple[str, Request]]:
    for environment in (Environment.PRODUCTION, Environment.PREVIEW):
        for kind in ReleaseKind:
            yield f"{kind} releases to {environment}", _asked(kind, environment)


def _asked(kind: str, environment: Environment, client: Client | None = None) -> Request:
    parties = (Party(id=client.id, tags=client.tags, region=client.region),) if client else ()
    return Request(kind=kind, environment=environment, parties=parties)


def _judged(proposed: Coverage, windows: Coverage, asked: Request, look: Look, wanted: Wanted, whom: str, option: str) -> Iterator[CalendarFinding]:
    spans = _spans(proposed, asked, look)
    if not spans:
        text = f"nothing is open for {whom} within {AHEAD.days} days"
        yield CalendarFinding(grade=Grade.FAULT, what="hours", text=text, hint=f"Look why: rollout coverage show{option}")
        return
    usual = USUAL.total_seconds() if wanted.hours is None else wanted.hours * _HOUR
    if leanest(_long(spans, _BLOCK), look.midnights, wanted.days).seconds >= usual:
        return
    own = _spans(windows, asked, look)
    block = _BLOCK if _long(own, _BLOCK) else 0
    least = leanest(_long(spans, block), look.midnights, wanted.days)
    seconds, said = _threshold(_long(own, block), wanted)
    if least.seconds < seconds:
        counted = f", in stretches of {_hours(block)} and more" if block else ""
        when = look.told(least.start)[:10]
        text = f"{whom}: {_hours(least.seconds)} open in the {wanted.days} days from {when}{counted}; {said}"
        yield CalendarFinding(grade=Grade.WARNING, what="hours", text=text, hint=f"Look why: rollout coverage show --month {when[:7]}{option}")


def _spans(coverage: Coverage, asked: Request, look: Look) -> list[Span]:
    return [(instant(one.start), instant(one.end)) for one in coverage.windows(asked, look.at, look.at + AHEAD)]


def _long(spans: Sequence[Span], block: int) -> list[Span]:
    """The stretches that are long enough to count."""
    return [span for span in spans if span[1] - span[0] >= block]


def _threshold(own: Sequence[Span], wanted: Wanted) -> tuple[float, str]:
    """How many seconds should be open, and what is said of that; `own` is what the windows alone open."""
    if wanted.hours is not None:
        return wanted.hours * _HOUR, f"{wanted.hours:g} h are wanted"
    half = sum(end - start for start, end in own) * wanted.days / AHEAD.days / 2
    if half < USUAL.total_seconds():
        return half, f"half of what the windows alone would open is {_hours(round(half))}"
    return USUAL.total_seconds(), f"{_hours(round(USUAL.total_seconds()))} are usual"


def leanest(spans: Sequence[Span], edges: Sequence[int], days: int) -> Lean:
    """The leanest stretch of so many days, the first of several; `edges` are the instants at which days begin, and the spans are sorted and apart."""
    starts, sums = [start for start, _ in spans], [0, *accumulate(end - start for start, end in spans)]
    opened = [_before(at, spans, starts, sums) for at in edges]
    last = max(1, len(edges) - days)
    found = (Lean(edges[first], opened[min(first + days, len(edges) - 1)] - opened[first]) for first in range(last))
    return min(found, key=lambda lean: lean.seconds)


def _before(at: int, spans: Sequence[Span], starts: Sequence[int], sums: Sequence[int]) -> int:
    """How many seconds are open before an instant."""
    known = bisect_left(starts, at)
    return sums[known] - max(0, spans[known - 1][1] - at) if known else 0


def _hours(seconds: int) -> str:
    return f"{seconds / _HOUR:.0f} h" if seconds % _HOUR == 0 else f"{seconds / _HOUR:.1f} h"
