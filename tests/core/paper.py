"""A calendar on paper: a list of windows for the company, and of closed ones for single clients. For the laws of planning, without real calendars."""

from collections.abc import Hashable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta

from rollout.core.clients import Environment
from rollout.core.coverage import Coverage, Day, Request, Window
from rollout.core.values import Reason, Verdict
from rollout.errors import Refused

MONDAY = datetime(2026, 12, 7, tzinfo=UTC)
HOUR = timedelta(hours=1)


def hours(day: int, opens: float = 9, closes: float = 17) -> Window:
    """Those hours of a day; days count from Monday, 7 December 2026."""
    start = MONDAY + timedelta(days=day)
    return Window(start=start + opens * HOUR, end=start + closes * HOUR)


class PaperCoverage(Coverage):
    """`closed` are windows that single clients cannot use, `waived` are stretches open to one although the company is closed.
    `shut` are the windows that are closed in one environment only, `business` those that business time is counted in. Counts how often it is
    asked for windows."""

    def __init__(
        self,
        company: Iterable[Window],
        closed: Mapping[str, Iterable[Window]] | None = None,
        waived: Mapping[str, Iterable[Window]] | None = None,
        shut: Mapping[Environment, Iterable[Window]] | None = None,
        provisional_from: datetime | None = None,
        business: Iterable[Window] | None = None,
    ) -> None:
        self.company = tuple(sorted(company, key=lambda window: window.start))
        self.closed, self.waived, self.shut = closed or {}, waived or {}, shut or {}
        self.provisional_from = provisional_from
        self.business = self.company if business is None else tuple(business)
        self.asked = 0

    def _clear(self, request: Request) -> list[tuple[datetime, datetime]]:
        ids = [party.id for party in request.parties]
        out = [window for name in ids for window in self.closed.get(name, ())] + list(self.shut.get(request.environment, ()))
        clear = [(window.start, window.end) for window in self.company]
        for gap in out:
            clear = [piece for start, end in clear for piece in ((start, min(end, gap.start)), (max(start, gap.end), end)) if piece[0] < piece[1]]
        extra = [(window.start, window.end) for name in ids for window in self.waived.get(name, ())]
        return sorted({*clear, *extra})

    def windows(self, request: Request, start: datetime, end: datetime) -> Sequence[Window]:
        self.asked += 1
        need = request.length + request.runway
        clipped = [(max(opens, start), min(closes, end)) for opens, closes in self._clear(request)]
        known = self.provisional_from or end
        return tuple(Window(start=one, end=two, provisional=two > known) for one, two in clipped if two - one >= max(need, timedelta(seconds=1)))

    def likeness(self, request: Request) -> Hashable:
        return request.environment, tuple(self._clear(request))

    def verdict(self, request: Request, at: datetime) -> Verdict:
        need = request.length + request.runway
        if any(start <= at and at + need <= end for start, end in self._clear(request)):
            return Verdict()
        who = ", ".join(party.id for party in request.parties) or "the company"
        return Verdict(reasons=(Reason(code="closed", text=f"{who} is closed at {at:%a %H:%M}", source="paper.yaml:1"),))

    def business_add(self, at: datetime, span: timedelta) -> datetime:
        if not span:
            return at
        for window in self.business:
            free = window.end - max(window.start, at)
            if free > timedelta() and free >= span:
                return max(window.start, at) + span
            span -= max(free, timedelta())
        raise Refused(f"cannot count {span} of business time from {at.isoformat()}: the paper ends")

    def days(self, request: Request, first: date, last: date) -> tuple[Day, ...]:
        found = []
        for number in range((last - first).days + 1):
            start = datetime.combine(first + timedelta(days=number), datetime.min.time(), tzinfo=UTC)
            end = start + timedelta(days=1)
            pieces = tuple(Window(start=max(a, start), end=min(b, end)) for a, b in self._clear(request) if a < end and b > start)
            found.append(Day(day=start.date(), windows=pieces, reasons=()))
        return tuple(found)
