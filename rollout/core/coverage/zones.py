"""Wall clocks and instants: one table of offsets per zone, in whole seconds, filled year by year as it is needed.

An instant is UTC seconds since 1970. A wall time is what the clock on the wall shows, counted in the same way, as if it were UTC.
In a gap the offset before it counts (02:30 is 03:30); in a fold the first pass counts, or the last one where asked for (RFC 5545 3.3.5).
"""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache
from typing import NamedTuple
from zoneinfo import ZoneInfo

Span = tuple[int, int]

MINUTE = 60
DAY = 86_400
_EPOCH_DAY = date(1970, 1, 1).toordinal()
_EPOCH_WEEKDAY = date(1970, 1, 1).weekday()
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_NAIVE_EPOCH = datetime(1970, 1, 1)  # the origin of wall times, on purpose without a zone
_SECOND = timedelta(seconds=1)
_MARGIN = 3 * DAY
_PROBE = 3 * DAY  # of all zones since 1970, no change is taken back sooner than after 6 days and 23 hours (Recife, Gaza)


def midnight(day: date) -> int:
    """The wall time at which the day begins."""
    return (day.toordinal() - _EPOCH_DAY) * DAY


def day_of(wall: int) -> date:
    """The day that the wall time falls on."""
    return date.fromordinal(wall // DAY + _EPOCH_DAY)


def weekday_of(wall: int) -> int:
    """The day of the week, Monday being 0, that the wall time falls on."""
    return (wall // DAY + _EPOCH_WEEKDAY) % 7


def wall_of(shown: datetime) -> int:
    """The wall time of a naive datetime."""
    return (shown - _NAIVE_EPOCH) // _SECOND


def shown_at(wall: int) -> datetime:
    """The naive datetime of a wall time."""
    return _NAIVE_EPOCH + timedelta(seconds=wall)


def instant(moment: datetime) -> int:
    """The last whole second at or before an aware moment."""
    past = moment - EPOCH
    return past.days * DAY + past.seconds


def instant_after(moment: datetime) -> int:
    """The first whole second at or after an aware moment."""
    past = moment - EPOCH
    return past.days * DAY + past.seconds + (past.microseconds > 0)


def moment_of(at: int) -> datetime:
    """The aware moment of an instant."""
    return EPOCH + timedelta(seconds=at)


@lru_cache(maxsize=512)
def year_start(year: int) -> int:
    """The instant at which the year begins in UTC."""
    return midnight(date(year, 1, 1))


_YEARS = range(1970, 2101)
_YEAR_STARTS = [midnight(date(year, 1, 1)) for year in _YEARS]


def year_of(at: int) -> int:
    """The year, in UTC, of an instant."""
    known = bisect_right(_YEAR_STARTS, at)
    return _YEARS[known - 1] if 0 < known < len(_YEARS) else day_of(at).year


class _Table(NamedTuple):
    """Valid for low <= t < high. `changes` are instants; `first` and `last` the wall times from which the next offset counts."""

    low: int
    high: int
    changes: list[int]
    first: list[int]
    last: list[int]
    offsets: list[int]


class Zone:
    """The wall clock of one IANA zone. Raises what ZoneInfo raises for a name that it does not know."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._zone = ZoneInfo(name)
        self._years: dict[int, list[tuple[int, int, int]]] = {}
        self._table = _Table(0, 0, [], [], [], [])

    def utc(self, wall: int, last: bool = False) -> int:
        """The instant at which the clock shows that time; in a fold the first such instant, or the last one."""
        table = self._table
        if not table.low <= wall < table.high:
            table = self._grow(wall, wall)
        return wall - table.offsets[bisect_right(table.last if last else table.first, wall)]

    def wall(self, at: int) -> int:
        """What the clock shows at that instant."""
        table = self._table
        if not table.low <= at < table.high:
            table = self._grow(at, at)
        return at + table.offsets[bisect_right(table.changes, at)]

    def window(self, opens: int, closes: int) -> Span | None:
        """An opening between two wall times; None where the clock leaves nothing of it."""
        start, end = self.utc(opens), self.utc(closes)
        return (start, end) if start < end else None

    def block(self, begins: int, ends: int) -> Span:
        """A closure between two wall times. It ends at the last such time; one that a gap would swallow keeps its nominal length."""
        start, end = self.utc(begins), self.utc(ends, last=True)
        return (start, end) if start < end else (min(start, end), start + ends - begins)

    def windows(self, walls: Sequence[Span]) -> list[Span]:
        """The openings between pairs of wall times, which are in order and at most a day apart; those of which nothing is left fall away."""
        return [span for span in self._spans(walls, self.window) if span]

    def blocks(self, walls: Sequence[Span]) -> list[Span]:
        """The closures between pairs of wall times, which are in order and at most a day apart; one for each."""
        return [span for span in self._spans(walls, self.block) if span]

    def _spans(self, walls: Sequence[Span], near_a_change: Callable[[int, int], Span | None]) -> Iterator[Span | None]:
        """Where both ends lie between two changes of the offset, whatever pass, a pair costs two subtractions."""
        if not walls:
            return
        table, at = self._reaching(walls[0][0], walls[-1][1]), 0
        for first, past, offset in zip((-math.inf, *table.first), (*table.last, math.inf), table.offsets, strict=True):
            begin = bisect_left(walls, (first,), at)
            end = max(begin, bisect_left(walls, (past - DAY,), at))
            yield from (near_a_change(opens, closes) for opens, closes in walls[at:begin])
            yield from [(opens - offset, closes - offset) for opens, closes in walls[begin:end]]
            at = end

    def _reaching(self, low: int, high: int) -> _Table:
        table = self._table
        return table if table.low <= low and high < table.high else self._grow(low, high)

    def _grow(self, low: int, high: int) -> _Table:
        wanted = {year_of(low - _MARGIN), year_of(high + _MARGIN), *self._years}
        years = range(min(wanted), max(wanted) + 1)
        for year in years:
            if year not in self._years:
                self._years[year] = list(self._changes(year))
        rows = [row for year in years for row in self._years[year]]
        low, high = year_start(years[0]), year_start(years[-1] + 1)
        self._table = _Table(
            low=low + _MARGIN,
            high=high - _MARGIN,
            changes=[at for at, _, _ in rows],
            first=[at + max(before, after) for at, before, after in rows],
            last=[at + after for at, _, after in rows],
            offsets=[self._offset(low), *(after for _, _, after in rows)],
        )
        return self._table

    def _changes(self, year: int) -> Iterator[tuple[int, int, int]]:
        """Each change of offset in that year: instant, offset before, offset after. Found by looking every few days, then halving."""
        known = year_start(year) - 1
        before = self._offset(known)
        end = year_start(year + 1) - 1
        while known < end:
            probe = min(known + _PROBE, end)
            after = self._offset(probe)
            if after != before:
                yield self._halve(known, probe, before), before, after
            known, before = probe, after

    def _halve(self, known: int, probe: int, before: int) -> int:
        while probe - known > 1:
            middle = (known + probe) // 2
            if self._offset(middle) == before:
                known = middle
            else:
                probe = middle
        return probe

    def _offset(self, at: int) -> int:
        offset = datetime.fromtimestamp(at, self._zone).utcoffset()
        return int(offset.total_seconds()) if offset is not None else 0


class Zones:
    """The zones of one set of calendars, each made once."""

    def __init__(self) -> None:
        self._zones: dict[str, Zone] = {}

    def __getitem__(self, name: str) -> Zone:
        zone = self._zones.get(name)
        if zone is None:
            zone = self._zones[name] = Zone(name)
        return zone
