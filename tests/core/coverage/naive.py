"""A calendar that knows each minute by itself, straight from the words of the rules, with the standard library's time zones.

A set of minutes is one whole number with a bit for each minute: no spans, no sorting, no years. It shares the models of the rules with the engine,
and nothing else. Slow, simple, and good for a few days around one moment.
"""

import math
from collections.abc import Iterator, Sequence
from datetime import date, datetime, time, timedelta
from itertools import pairwise
from typing import NamedTuple
from zoneinfo import ZoneInfo

from rollout.core.coverage import BlockRule, OverrideRule, Party, Request, Rule, Shift, StaffingRule, WindowRule
from rollout.core.coverage.scopes import ScopedRule
from rollout.core.coverage.timed import Timed
from tests.core.coverage.naive_events import first, last, minute, occurrences_on

Closed = tuple[str, str, frozenset[str]]  # a code, the name to waive it by, the ids that it comes from
Approved = frozenset[tuple[str, date]] | None
DAY = timedelta(days=1)
NO_WINDOW: Closed = ("no-window", "", frozenset())


class Layer(NamedTuple):
    """What can close time by itself, and be waived by itself: the minutes that it closes, by code and ids; whom it is about."""

    name: str
    rules: tuple[ScopedRule, ...]
    closes: dict[tuple[str, frozenset[str]], int]
    bound: frozenset[str]


class Told(NamedTuple):
    """The minutes that each blocker closes, and those that it would close but for an override."""

    standing: dict[Closed, int]
    waived: dict[Closed, int]


class Naive:
    """Answers for the minutes from `reach` days before one moment to `reach` days after it."""

    def __init__(self, rules: Sequence[Rule], around: datetime, *, approved: Approved = frozenset(), reach: int = 4) -> None:
        self.low = minute(around - DAY * reach) // 60 * 60
        self.count = 2 * reach * 24 * 60
        self.all = (1 << self.count) - 1
        self._rules = [rule for rule in rules if isinstance(rule, ScopedRule)]
        self._overrides = [rule for rule in rules if isinstance(rule, OverrideRule)]
        self._approved = approved
        self._days = [around.date() + DAY * number for number in range(-reach - 3, reach + 3)]
        self._windows = {rule.id: self._opens(rule) for rule in self._rules if isinstance(rule, WindowRule)}
        self._blocks = {rule.id: self._united(self._times(rule)) for rule in self._rules if isinstance(rule, BlockRule)}

    def told(self, request: Request) -> Told:
        """Everything that closes any minute for the request."""
        told = Told({}, {})
        for layer in self._layers(request):
            waived = self._waived(layer, request)
            for (code, ids), minutes in layer.closes.items():
                key = code, "" if code == "no-window" else layer.name, ids
                told.standing[key] = told.standing.get(key, 0) | minutes & ~waived
                told.waived[key] = told.waived.get(key, 0) | minutes & waived
        return told

    def open(self, request: Request) -> int:
        """The minutes that nothing closes."""
        minutes = self.all
        for closed in self.told(request).standing.values():
            minutes &= ~closed
        return minutes

    def starts(self, request: Request) -> int:
        """The minutes at which one may start: all of length and runway is clear, as far as these days reach."""
        free, starts = self.open(request), self.all
        for number in range(max(1, -(-int((request.length + request.runway).total_seconds()) // 60))):
            starts &= free >> number
        return starts

    def known_until(self, request: Request) -> int | None:
        """The instant from which somebody's roster is not known."""
        rosters = [rule for layer in self._layers(request) for rule in layer.rules if isinstance(rule, StaffingRule) and not rule.unknown]
        ends = [self._known(rule, role) for rule in rosters for role in rule.need]
        return int(min(ends)) if ends and min(ends) < math.inf else None

    def bits(self, start: int, end: int) -> int:
        """The minutes that begin in [start, end)."""
        from_, to = (min(max(-(-(at - self.low) // 60), 0), self.count) for at in (start, end))
        return (1 << to) - (1 << from_) if from_ < to else 0

    def at(self, number: int) -> int:
        """The instant at which a minute begins."""
        return self.low + 60 * number

    def _layers(self, request: Request) -> Iterator[Layer]:
        scoped = [rule for rule in self._rules if _is_about(rule, request) and not rule.scope.staff]
        everybody = frozenset(party.id for party in request.parties)
        company = list(self._of([rule for rule in scoped if not _selects(rule)], everybody))
        if not any(isinstance(rule, WindowRule) and not rule.unknown for layer in company for rule in layer.rules):
            yield Layer("", (), {("no-window", frozenset()): self.all}, everybody)
        yield from company
        for party in request.parties:
            yield from self._of([rule for rule in scoped if _selects(rule) and _selected(rule, party)], frozenset({party.id}))

    def _of(self, rules: list[ScopedRule], bound: frozenset[str]) -> Iterator[Layer]:
        groups: dict[str, list[WindowRule]] = {}
        for rule in rules:
            if rule.unknown:
                yield Layer(rule.id, (rule,), {("unknown", frozenset({rule.id})): self.all}, bound)
            elif isinstance(rule, WindowRule):
                groups.setdefault(rule.group or rule.id, []).append(rule)
            elif isinstance(rule, BlockRule):
                yield Layer(rule.id, (rule,), {("block", frozenset({rule.id})): self._blocks[rule.id]}, bound)
            elif isinstance(rule, StaffingRule):
                for role in rule.need:
                    yield Layer(f"{rule.id}/{role}", (rule,), {("staffing", frozenset({rule.id})): self._short(rule, role)}, bound)
        for name, windows in groups.items():
            yield Layer(name, tuple(windows), self._outside(windows), bound)

    def _outside(self, windows: list[WindowRule]) -> dict[tuple[str, frozenset[str]], int]:
        shut = self.all
        for rule in windows:
            shut &= ~self._windows[rule.id][0]
        proposed = {("not-approved", frozenset({rule.id})): shut & self._windows[rule.id][1] for rule in windows}
        for minutes in proposed.values():
            shut &= ~minutes
        return {("outside-window", frozenset(rule.id for rule in windows)): shut, **proposed}

    def _waived(self, layer: Layer, request: Request) -> int:
        minutes = 0
        for one in self._overrides:
            names = one.waives & {layer.name} or (layer.rules and {rule.id for rule in layer.rules} <= one.waives)
            reaches = not one.clients or (layer.bound and layer.bound <= one.clients)
            if layer.name and names and reaches and one.release == request.version and not any(rule.hard for rule in layer.rules):
                minutes |= self.bits(*(int(at.replace(tzinfo=at.tzinfo or ZoneInfo(str(one.timezone))).timestamp()) for at in (one.start, one.end)))
        return minutes

    def _opens(self, rule: WindowRule) -> tuple[int, int]:
        """What the rule opens, and what it would open if the days were approved."""
        opens = proposed = 0
        for day, span in self._hours(rule, blocks=False):
            if self._counts(rule, day):
                opens |= self.bits(*span)
            else:
                proposed |= self.bits(*span)
        others, waiting = self._united(self._others(rule, blocks=False)), 0
        for day in self._days if rule.approval == "required" else ():
            if not self._counts(rule, day):
                waiting |= others & self._day(day, rule.timezone)
        return opens | others & ~waiting, proposed | waiting

    def _counts(self, rule: WindowRule, day: date) -> bool:
        return rule.approval == "none" or self._approved is None or (rule.id, day) in self._approved

    def _united(self, spans: Iterator[tuple[int, int]]) -> int:
        minutes = 0
        for start, end in spans:
            minutes |= self.bits(start, end)
        return minutes

    def _times(self, rule: BlockRule) -> Iterator[tuple[int, int]]:
        yield from (span for _, span in self._hours(rule, blocks=True))
        for day in (rule.dates.keys() - {one.date for one in rule.exceptions}) & set(self._days):
            yield _span(datetime.combine(day, time()), datetime.combine(day, time()) + DAY, rule.timezone, blocks=True)
        yield from self._others(rule, blocks=True)

    def _hours(self, rule: Timed, *, blocks: bool) -> Iterator[tuple[date, tuple[int, int]]]:
        excepted = {one.date: one.hours for one in rule.exceptions}
        for day in self._days:
            for opens, closes in excepted.get(day, _on(rule.weekly, day)):
                midnight = datetime.combine(day, time())
                yield day, _span(midnight + timedelta(minutes=opens), midnight + timedelta(minutes=closes), rule.timezone, blocks)

    def _others(self, rule: Timed, *, blocks: bool) -> Iterator[tuple[int, int]]:
        for event in rule.events:
            before = [self._days[0] - DAY * number for number in range(event.nominal // 86_400, 0, -1)]
            for day in [*before, *self._days]:
                yield from occurrences_on(event, day, blocks)
        if rule.start and rule.end:
            yield (
                first(rule.start, rule.timezone) if rule.start.tzinfo is None else int(rule.start.timestamp()),
                (last if blocks else first)(rule.end, rule.timezone) if rule.end.tzinfo is None else int(rule.end.timestamp()),
            )

    def _short(self, rule: StaffingRule, role: str) -> int:
        """The minutes at which fewer different people are there than the role needs on that day, as far as it is known who has it."""
        people: dict[str, int] = {}
        for shift in rule.roster.get(role, ()):
            name = " ".join(shift.person.lower().split())
            people[name] = people.get(name, 0) | self._there(shift, shift.timezone or rule.timezone)
        needs = [_needed(rule, role, day) for day in range(7)]
        there = [self.all] + [0] * max(len(people), *needs)  # at place n: the minutes at which there are n people or more
        for minutes in people.values():
            there = [self.all] + [more | fewer & minutes for fewer, more in pairwise(there)]
        short = 0
        for day in self._days:
            short |= self._day(day, rule.timezone) & ~there[needs[day.weekday()]]
        return short & self.bits(self.low, min(self._known(rule, role), self.at(self.count)))

    def _day(self, day: date, zone: str) -> int:
        midnight = datetime.combine(day, time())
        return self.bits(first(midnight, zone), first(midnight + DAY, zone))

    @staticmethod
    def _known(rule: StaffingRule, role: str) -> float:
        day = rule.horizon.get(role) if isinstance(rule.horizon, dict) else rule.horizon
        return math.inf if day is None else first(datetime.combine(day + DAY, time()), rule.timezone)

    def _there(self, shift: Shift, zone: str) -> int:
        """All hours but those that begin on a day off, nothing on such a day, and nothing in hours off."""
        there = away = 0
        for day in self._days:
            midnight, off = datetime.combine(day, time()), self._off(shift, day)
            for opens, closes in off:
                away |= self.bits(*_span(midnight + timedelta(minutes=opens), midnight + timedelta(minutes=closes), zone, blocks=True))
            for opens, closes in _on(shift.weekly, day) if (0, 1440) not in off else ():
                there |= self.bits(*_span(midnight + timedelta(minutes=opens), midnight + timedelta(minutes=closes), zone, blocks=False))
        return there & ~away

    def _off(self, shift: Shift, day: date) -> list[tuple[int, int]]:
        """The hours that the person has off on that day: all of them on leave and on whole holidays."""
        holidays = next((rule for rule in self._rules if rule.id == shift.holidays and isinstance(rule, BlockRule)), None)
        own = next((one.hours for one in holidays.exceptions if one.date == day), None) if holidays else None
        if any(begins <= day <= ends for begins, ends in shift.leave) or (holidays and own is None and day in holidays.dates):
            return [(0, 1440)]
        return list(own or ())


def _needed(rule: StaffingRule, role: str, weekday: int) -> int:
    need = rule.need[role]
    return need if isinstance(need, int) else next((count for days, count in need.items() if weekday in days), 0)


def _is_about(rule: ScopedRule, request: Request) -> bool:
    scope = rule.scope
    return (not scope.kinds or request.kind in scope.kinds) and (not scope.environments or request.environment in scope.environments)


def _selects(rule: ScopedRule) -> bool:
    return bool(rule.scope.clients or rule.scope.tags or rule.scope.regions)


def _selected(rule: ScopedRule, party: Party) -> bool:
    scope = rule.scope
    return (
        (not scope.clients or party.id in scope.clients)
        and (not scope.tags or any(tag in scope.tags for tag in party.tags))
        and (not scope.regions or party.region in scope.regions)
    )


def _on(weekly: dict[tuple[int, ...], tuple[tuple[int, int], ...]], day: date) -> list[tuple[int, int]]:
    return [hours for days, spans in weekly.items() if day.weekday() in days for hours in spans]


def _span(opens: datetime, closes: datetime, zone: str, blocks: bool) -> tuple[int, int]:
    start, end = first(opens, zone), (last if blocks else first)(closes, zone)
    if blocks and end <= start:
        return min(start, end), start + int((closes - opens).total_seconds())
    return start, end
