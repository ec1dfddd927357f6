"""Openings: the company's windows in order, and the part of each that is open to a client. Knows nothing of waves and capacity."""

from bisect import bisect_left, bisect_right
from collections.abc import Hashable, Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from itertools import pairwise
from typing import NamedTuple

from rollout.core.clients import Client
from rollout.core.coverage import Coverage, Party, Request, Window
from rollout.core.values import ClientId

ONE_DAY = timedelta(days=1)


class Stretch(NamedTuple):
    """The part of one window in which a client may start, and finish with its runway."""

    start: datetime
    end: datetime
    provisional: bool = False


class Access(NamedTuple):
    """What a client may use: the stretch that is open to it by the number of the window, and these numbers as bits."""

    stretches: dict[int, Stretch]
    bits: int


def party_of(client: Client) -> Party:
    """The client as calendars know it."""
    return Party(id=client.id, tags=client.tags, region=client.region)


class Openings:
    """The windows of [start, until) for one environment and length of work.

    `company` are the company's windows, each within one of its days; `windows` are these and such as an override opens for single clients while
    the company is closed, in order and apart from each other: capacity counts in them. A stretch is open to a client if its latest start, which
    is its end − length − runway, comes after its beginning.
    """

    def __init__(self, coverage: Coverage, request: Request, parties: Iterable[Party], start: datetime, until: datetime) -> None:
        self.need = request.length + request.runway
        self._answers: dict[Hashable, Sequence[Window]] = {}
        self._group: dict[ClientId, Hashable] = {}
        for party in parties:
            asked = request.model_copy(update={"parties": (party,)})
            group = self._group[party.id] = coverage.likeness(asked)
            if group not in self._answers:
                self._answers[group] = coverage.windows(asked, start, until)
        self.company = tuple(_by_day(coverage, request, coverage.windows(request, start, until)))
        self.windows = tuple(sorted((*self.company, *_outside(self.company, self._answers.values())), key=lambda window: window.start))
        self._starts = [window.start for window in self.windows]
        self._cuts: dict[Hashable, list[tuple[int, Stretch]]] = {}
        self._accesses: dict[tuple[Hashable, datetime], Access] = {}

    def access(self, client: ClientId, bound: datetime) -> Access:
        """What the client may use from that moment on. Equal clients share the answer."""
        key = self._group[client], bound
        if key not in self._accesses:
            self._accesses[key] = self._reckoned(*key)
        return self._accesses[key]

    def touched(self, start: datetime, end: datetime) -> tuple[int, ...]:
        """The numbers of the windows that share some time with [start, end)."""
        return tuple(number for number, _ in self._shared(start, end))

    def _reckoned(self, group: Hashable, bound: datetime) -> Access:
        if group not in self._cuts:
            self._cuts[group] = [cut for stretch in self._answers[group] for cut in self._shared(stretch.start, stretch.end, stretch.provisional)]
        stretches: dict[int, Stretch] = {}
        for number, stretch in self._cuts[group]:
            start = max(stretch.start, bound)
            if start < stretch.end - self.need and number not in stretches:
                stretches[number] = stretch._replace(start=start)
        return Access(stretches, sum(1 << number for number in stretches))

    def _shared(self, start: datetime, end: datetime, provisional: bool = False) -> Iterator[tuple[int, Stretch]]:
        """The windows that [start, end) touches, each with the part that it shares."""
        for number in range(max(bisect_right(self._starts, start) - 1, 0), len(self.windows)):
            window = self.windows[number]
            if window.start >= end:
                return
            if window.end > start:
                yield number, Stretch(max(start, window.start), min(end, window.end), provisional or window.provisional)


def _by_day(coverage: Coverage, request: Request, windows: Sequence[Window]) -> Iterator[Window]:
    """Cut the windows that are longer than a day where the company's days begin and end."""
    long = [window for window in windows if window.end - window.start > ONE_DAY]
    days = coverage.days(request, long[0].start.date() - ONE_DAY, long[-1].end.date() + ONE_DAY) if long else ()
    edges = sorted({edge for day in days for window in day.windows for edge in (window.start, window.end)})
    for window in windows:
        inner = edges[bisect_right(edges, window.start) : bisect_left(edges, window.end)] if window in long else []
        for start, end in pairwise((window.start, *inner, window.end)):
            yield Window(start=start, end=end, provisional=window.provisional)


def _outside(company: Sequence[Window], answers: Iterable[Sequence[Window]]) -> Iterator[Window]:
    """The stretches that are open to some client while the company is closed, joined where they overlap."""
    ends = [window.end for window in company]
    alone = {(one.start, one.end) for answer in answers for one in answer if not _touches(company, bisect_right(ends, one.start), one)}
    joined: list[tuple[datetime, datetime]] = []
    for start, end in sorted(alone):
        if joined and start < joined[-1][1]:
            joined[-1] = joined[-1][0], max(joined[-1][1], end)
        else:
            joined.append((start, end))
    return (Window(start=start, end=end) for start, end in joined)


def _touches(company: Sequence[Window], number: int, stretch: Window) -> bool:
    return number < len(company) and company[number].start < stretch.end
