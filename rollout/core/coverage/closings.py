"""What each layer closes, year by year, worked out once and kept: the facts under both the step function and the explanations."""

from bisect import bisect_left, bisect_right
from collections.abc import Hashable, Iterator, Sequence
from datetime import date
from itertools import accumulate
from typing import Any

from rollout.core.coverage.compile import HIGHEST, LOWEST, Steps, Timeline, sweep
from rollout.core.coverage.layers import Layer, LayerKind
from rollout.core.coverage.rosters import StaffingRule
from rollout.core.coverage.spans import difference, outside, union, within
from rollout.core.coverage.staffing import Absence, Shortfall, absences, shortfalls
from rollout.core.coverage.timed import BlockRule, WindowRule
from rollout.core.coverage.times import Approved, Stretch, closures, openings, proposals
from rollout.core.coverage.zones import Span, Zones, year_of, year_start


class Closings:
    """The closed spans of every layer of one set of calendars, and of the days that were approved for it (None: every day)."""

    def __init__(self, zones: Zones, approved: Approved | None) -> None:
        self.zones = zones
        self._approved = approved
        self._closed: dict[tuple[Hashable, int], list[Span]] = {}
        self._stretches: dict[tuple[int, int], tuple[list[Stretch], list[int]]] = {}
        self._shortfalls: dict[tuple[int, str, int], list[Shortfall]] = {}
        self._absences: dict[tuple[int, str, int], tuple[list[Absence], list[int]]] = {}
        self._swept: dict[tuple[Hashable, int], Steps] = {}
        self._timelines: dict[Hashable, Timeline] = {}

    def timeline(self, layers: tuple[Layer, ...]) -> Timeline:
        """The step function of the layers, waived time left out; bit i is layer i. Shared by all layers that close the same time."""
        key = _key(layers)
        timeline = self._timelines.get(key)
        if timeline is None:
            timeline = self._timelines[key] = Timeline(lambda year: self._sweep(layers, year))
        return timeline

    def standing(self, layer: Layer, year: int) -> list[Span]:
        """What the layer closes in that year, but for what is waived."""
        closed = self.closed(layer, year)
        return difference(closed, waived(layer)) if layer.waivers else closed

    def closed(self, layer: Layer, year: int) -> list[Span]:
        """What the layer closes in that year, waived or not."""
        key = layer.key, year
        if key not in self._closed:
            self._closed[key] = self._close(layer, year, year_start(year), year_start(year + 1))
        return self._closed[key]

    def closes_any(self, layer: Layer, low: int, high: int) -> bool:
        """Whether the layer closes any of [low, high), waived or not."""
        return any(within(self.closed(layer, year), low, high) for year in _years(max(low, LOWEST), min(high, HIGHEST)))

    def stretches(self, rule: BlockRule, low: int, high: int) -> Iterator[Stretch]:
        """The block's closures that touch [low, high), whole, in order of start."""
        years = _years(low, high)
        for year in years:
            known, ends = self._stretches_of(rule, year)
            for stretch in known[bisect_right(ends, low) : bisect_left(known, (high,))]:
                if stretch.end > low and (year == years.start or stretch.start >= year_start(year)):
                    yield stretch

    def shortfalls(self, rule: StaffingRule, role: str, low: int, high: int) -> list[Shortfall]:
        """Where the role is short of people, as far as that touches [low, high), cut at the turn of a year."""
        met: list[Shortfall] = []
        for year in _years(low, high):
            known = self._shortfalls_of(rule, role, year)
            first = bisect_left(known, (low + 1,))
            met += known[first - (first > 0 and known[first - 1].end > low) : bisect_left(known, (high,))]
        return met

    def absent(self, rule: StaffingRule, role: str, spans: Sequence[Span], short: Shortfall) -> tuple[str, ...]:
        """Who is away from the role, and why, in that shortfall, as far as it touches any of the spans; in order of name."""
        met = [(max(low, short.start), min(high, short.end)) for low, high in spans if low < short.end and high > short.start]
        away = {one.told for low, high in met for year in _years(low, high) for one in self._absences_in(rule, role, year, low, high)}
        return tuple(sorted(away))

    def edges(self, layer: Layer, year: int) -> list[int]:
        """The instants, in order, at which there may be something else to tell of a block or a role in that year."""
        spans: list[tuple[Any, ...]] = [*waived(layer)]
        for rule in layer.rules:
            if isinstance(rule, BlockRule):
                spans += self._stretches_of(rule, year)[0]
            elif isinstance(rule, StaffingRule):
                spans += [*self._shortfalls_of(rule, layer.role, year), *self._absences_of(rule, layer.role, year)[0]]
        return sorted({at for start, end, *_ in spans for at in (start, end)})

    def proposals(self, rule: WindowRule, low: int, high: int) -> Iterator[tuple[date, Span]]:
        """What the window would open in [low, high) on days that nobody has approved, each cut to that stretch and with its day."""
        if rule.approval == "none" or self._approved is None:
            return
        for day, span in sorted(proposals(rule, self.zones, low, high)):
            if (rule.id, day) not in self._approved:
                yield day, (max(low, span[0]), min(high, span[1]))

    def _sweep(self, layers: tuple[Layer, ...], year: int) -> Steps:
        """One year of the layers. What the company's layers close is swept once, and lies beneath what is about clients."""
        company = tuple(layer for layer in layers if layer.clients is None)
        beneath = self._company_year(company, year)
        if len(company) == len(layers):
            return beneath
        return sweep([self.standing(layer, year) for layer in layers[len(company) :]], beneath.low, beneath.high, beneath)

    def _company_year(self, layers: tuple[Layer, ...], year: int) -> Steps:
        key = _key(layers), year
        if key not in self._swept:
            self._swept[key] = sweep([self.standing(layer, year) for layer in layers], year_start(year), year_start(year + 1))
        return self._swept[key]

    def _close(self, layer: Layer, year: int, low: int, high: int) -> list[Span]:
        if layer.kind in (LayerKind.NO_WINDOW, LayerKind.UNKNOWN):
            return [(low, high)]
        spans = union(self._spans(layer, year, low, high))
        return outside(spans, low, high) if layer.kind == LayerKind.WINDOW else within(spans, low, high)

    def _spans(self, layer: Layer, year: int, low: int, high: int) -> list[Span]:
        spans: list[Span] = []
        for rule in layer.rules:
            if isinstance(rule, WindowRule):
                spans += openings(rule, self.zones, low, high, self._approved)
            elif isinstance(rule, BlockRule):
                spans += [one[:2] for one in self._stretches_of(rule, year)[0]]
            elif isinstance(rule, StaffingRule):
                spans += [one[:2] for one in self._shortfalls_of(rule, layer.role, year)]
        return spans

    def _stretches_of(self, rule: BlockRule, year: int) -> tuple[list[Stretch], list[int]]:
        """The block's closures that touch the year, and for each the latest end of those up to it."""
        key = id(rule), year
        if key not in self._stretches:
            known = closures(rule, self.zones, year_start(year), year_start(year + 1))
            self._stretches[key] = known, list(accumulate((one.end for one in known), max))
        return self._stretches[key]

    def _absences_in(self, rule: StaffingRule, role: str, year: int, low: int, high: int) -> list[Absence]:
        known, ends = self._absences_of(rule, role, year)
        return [one for one in known[bisect_right(ends, low) : bisect_left(known, (high,))] if one.end > low]

    def _absences_of(self, rule: StaffingRule, role: str, year: int) -> tuple[list[Absence], list[int]]:
        key = id(rule), role, year
        if key not in self._absences:
            found = absences(rule, role, self.zones, year_start(year), year_start(year + 1))
            self._absences[key] = found, list(accumulate((one.end for one in found), max))
        return self._absences[key]

    def _shortfalls_of(self, rule: StaffingRule, role: str, year: int) -> list[Shortfall]:
        key = id(rule), role, year
        if key not in self._shortfalls:
            self._shortfalls[key] = shortfalls(rule, role, self.zones, year_start(year), year_start(year + 1))
        return self._shortfalls[key]


def _key(layers: tuple[Layer, ...]) -> Hashable:
    return tuple([(layer.key, layer.clients is None, tuple(waiver.span for waiver in layer.waivers) if layer.waivers else ()) for layer in layers])


def waived(layer: Layer) -> list[Span]:
    """The time for which overrides waive the layer."""
    return union(waiver.span for waiver in layer.waivers)


def _years(low: int, high: int) -> range:
    return range(year_of(low), year_of(max(low, high - 1)) + 1)
