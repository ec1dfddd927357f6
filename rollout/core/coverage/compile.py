"""Compiles layers of rules into one step function: for each instant, the set of layers that close it, as the bits of a mask.

It is built by one sweep of toggles. Each edge of each layer flips that layer's bit, so the mask between two edges is the whole explanation, and
zero is open. Compiled year by year as questions come, and kept; a chunk is a value, so a race only costs doing the same work twice.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property, reduce
from itertools import accumulate
from operator import or_, xor

from rollout.core.coverage.zones import Span, year_of, year_start

FIRST_YEAR, LAST_YEAR = 1990, 2199


@dataclass(frozen=True)
class Steps:
    """A step function on [low, high): from `starts[i]` on, `masks[i]` holds; neighbours differ. `opens` and `closes` bound where it is zero."""

    low: int
    high: int
    starts: list[int]
    masks: list[int]
    opens: list[int]
    closes: list[int]
    layers: int

    @cached_property
    def flips(self) -> dict[int, int]:
        """The bits that change at each start."""
        return {at: mask ^ before for at, mask, before in zip(self.starts, self.masks, (0, *self.masks), strict=False)}

    def is_clear(self, start: int, end: int) -> bool:
        """Whether the mask is zero on all of [start, end)."""
        at = bisect_right(self.opens, start) - 1
        return at >= 0 and self.closes[at] >= end

    def mask(self, start: int, end: int) -> int:
        """The bits that are set anywhere in [start, end)."""
        first, past = bisect_right(self.starts, start) - 1, bisect_left(self.starts, end)
        return reduce(or_, self.masks[first:past])


def sweep(layers: Sequence[Iterable[Span]], low: int, high: int, beneath: Steps | None = None) -> Steps:
    """The step function on [low, high) of layers whose spans lie within it, each sorted and apart; layer i sets bit i.

    With steps `beneath`, those are the first layers, already swept, and `layers` are the ones above, by the same numbers.
    """
    flips = dict(beneath.flips) if beneath else {}
    first = beneath.layers if beneath else 0
    for number, spans in enumerate(layers, first):
        bit = 1 << number
        for start, end in spans:
            flips[start] = flips.get(start, 0) ^ bit
            flips[end] = flips.get(end, 0) ^ bit
    flips.setdefault(low, 0)
    starts = sorted(flips)
    masks = list(accumulate([flips[at] for at in starts], xor))
    return _steps(low, high, starts, masks, first + len(layers))


def _steps(low: int, high: int, starts: list[int], masks: list[int], layers: int) -> Steps:
    """Join neighbours that are equal, drop what begins at the end, and list what is open."""
    kept = [index for index, at in enumerate(starts) if at < high and (index == 0 or masks[index] != masks[index - 1])]
    starts, masks = [starts[index] for index in kept], [masks[index] for index in kept]
    ends = [*starts[1:], high]
    free = [index for index, mask in enumerate(masks) if not mask]
    return Steps(low, high, starts, masks, [starts[index] for index in free], [ends[index] for index in free], layers)


def join(left: Steps, right: Steps) -> Steps:
    """Two step functions, the second of which begins where the first ends, as one."""
    goes_on = left.masks[-1] == right.masks[0]
    is_open = goes_on and not right.masks[0]
    return Steps(
        left.low,
        right.high,
        left.starts + right.starts[goes_on:],
        left.masks + right.masks[goes_on:],
        left.opens + right.opens[is_open:],
        (left.closes[:-1] if is_open else left.closes) + right.closes,
        left.layers,
    )


class Timeline:
    """A step function over all the years that calendars are compiled for, of which only those asked about exist.

    `year` gives the steps of one year. Years are kept in one piece, so that a question about any stretch needs no seams.
    """

    def __init__(self, year: Callable[[int], Steps]) -> None:
        self._year = year
        self._steps: Steps | None = None

    def over(self, low: int, high: int) -> Steps:
        """Steps that reach over [low, high), and perhaps further. Both must lie in the compiled years."""
        steps = self._steps
        if steps is not None and steps.low <= low and high <= steps.high:
            return steps
        first, last = year_of(low), year_of(max(low, high - 1))
        if steps is None:
            steps = self._year(first)
        for year in range(year_of(steps.low) - 1, first - 1, -1):
            steps = join(self._year(year), steps)
        for year in range(year_of(steps.high), last + 1):
            steps = join(steps, self._year(year))
        self._steps = steps
        return steps


LOWEST, HIGHEST = year_start(FIRST_YEAR), year_start(LAST_YEAR + 1)
