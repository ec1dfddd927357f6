"""The calendar that answers: may this start then, why not, when next. Preview and enforcement ask the same functions."""

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime, timedelta
from functools import cached_property, lru_cache

from rollout.core.clients import Environment
from rollout.core.coverage.attendance import StaffDay, staff_day
from rollout.core.coverage.closings import Closings
from rollout.core.coverage.compile import FIRST_YEAR, HIGHEST, LAST_YEAR, LOWEST
from rollout.core.coverage.layers import Layer, LayerKind, Rulebook
from rollout.core.coverage.profiles import Profile, Profiles
from rollout.core.coverage.questions import Day, Party, Request, Window
from rollout.core.coverage.reasons import UNKNOWN, Explainer
from rollout.core.coverage.rules import OverrideRule
from rollout.core.coverage.scopes import Rule
from rollout.core.coverage.slots import business_add, business_between, clear_within, next_clear
from rollout.core.coverage.spans import union, within
from rollout.core.coverage.timed import WindowRule
from rollout.core.coverage.times import Approved, proposals
from rollout.core.coverage.zones import DAY, Span, Zones, instant, instant_after, midnight, moment_of
from rollout.core.values import Reason, Verdict

__all__ = ["Coverage", "Day", "Party", "Request", "Window", "compile_coverage"]

OPEN, PROVISIONAL = Verdict(), Verdict(provisional=True)
_WINDOWS = frozenset({LayerKind.NO_WINDOW, LayerKind.WINDOW})
BUSINESS = Request(kind="", environment=Environment.PRODUCTION)


class Coverage:
    """A compiled set of calendars. Its answers depend on the rules only, not on their order; it may be shared between threads."""

    def __init__(self, rules: Iterable[Rule] = (), timezone: str = "UTC", approved: Approved | None = frozenset()) -> None:
        self._book = Rulebook(rules)
        self._zones = Zones()
        self._closings = Closings(self._zones, approved)
        self.approved = approved
        self._explainer = Explainer(self._closings)
        self._profiles = Profiles(self._book, self._closings, self._zones)
        self.timezone = timezone

    @property
    def rules(self) -> tuple[Rule, ...]:
        """The rules that it was compiled from, in order of id."""
        return self._book.rules

    def verdict(self, request: Request, at: datetime) -> Verdict:
        """Whether the whole stretch from `at` for length and runway is clear; every blocker in it with source, and when one may start next."""
        asked = self._profiles.asked(request)
        profile, (start, end) = asked.profile, asked.span(at)
        if start < LOWEST or end > HIGHEST:
            return _unknown(at)
        steps = profile.timeline.over(start, end)
        if not profile.waived and steps.is_clear(start, end):
            return PROVISIONAL if profile.is_provisional(end) else OPEN
        reasons = self._standing(profile, steps.mask(start, end), [(start, end)])
        waived = [reason for layer in profile.layers for reason in self._explainer.waived(layer, [(start, end)])] if profile.waived else ()
        if not reasons:
            return Verdict(waived=tuple(waived), provisional=profile.is_provisional(end))
        span = next_clear(profile.timeline, start, HIGHEST, asked.whole, end - start)
        return Verdict(reasons=reasons, next_open=None if span is None else _moment_of(span[0]), waived=tuple(waived))

    def next_slot(self, request: Request, after: datetime, until: datetime) -> Window | None:
        """The earliest start in [after, until) for which the whole stretch is clear, with the end of the clear stretch around it.

        Looks no further than 400 days ahead.
        """
        asked = self._profiles.asked(request)
        profile, (start, end) = asked.profile, asked.span(after)
        span = next_clear(profile.timeline, start, instant_after(until), asked.whole, end - start) if after < until else None
        if span is None:
            return None
        if span[0] != start:
            return _window_of(span, profile.is_provisional(span[0] + asked.whole))
        begins = max(after, moment_of(span[0]))
        return Window(start=begins, end=moment_of(span[1]), provisional=profile.is_provisional(end))

    def windows(self, request: Request, start: datetime, end: datetime) -> Sequence[Window]:
        """The maximal clear stretches within [start, end), in order, each at least as long as the request's length and runway."""
        asked = self._profiles.asked(request)
        spans = clear_within(asked.profile.timeline, instant_after(start), instant(end), asked.whole)
        return [_window(asked.profile, span) for span in spans]

    def likeness(self, request: Request) -> Hashable:
        """What decides about the request's time: requests of equal length that are alike have the same windows, whoever they are for."""
        profile = self._profiles.asked(request).profile
        return id(profile.timeline), profile.known_until

    def business_add(self, at: datetime, span: timedelta) -> datetime:
        """The moment by which `span` of business time (the company's coverage hours) has passed since `at`.

        Raises Refused if the calendars do not have that much before a gap of 400 days.
        """
        return business_add(self._profiles.asked(BUSINESS).profile.timeline, at, span)

    def business_between(self, start: datetime, end: datetime) -> timedelta:
        """How much business time lies in [start, end)."""
        return business_between(self._profiles.asked(BUSINESS).profile.timeline, start, end)

    def eta(self, request: Request, after: datetime, soak: timedelta) -> datetime | None:
        """When a delivery that starts at the next slot after `after` is over, by its length, and `soak` of business time has passed since.

        None if there is no slot within 400 days. Raises Refused if there is not that much business time.
        """
        asked = self._profiles.asked(request)
        start, end = asked.span(after)
        slot = next_clear(asked.profile.timeline, start, HIGHEST, asked.whole, end - start)
        return None if slot is None else self.business_add(max(after, moment_of(slot[0])) + request.length, soak)

    def waived_by(self, override: OverrideRule, request: Request) -> frozenset[str]:
        """Which of the names in `waives` close any of the override's time for the request, which they no longer do."""
        layers = [layer for layer in self._profiles.asked(request).profile.layers if any(one.id == override.id for one in layer.waivers)]
        closing = [layer for layer in layers if self._closings.closes_any(layer, *override.span)]
        return frozenset(name for layer in closing for name in (layer.name, *(rule.id for rule in layer.rules)) if name in override.waives)

    def days(self, request: Request, first: date, last: date) -> tuple[Day, ...]:
        """Each day from first to last, both included, in the company's zone.

        What closes it counts within the hours that the windows leave open: nobody needs to be there at night, and a freeze is told by itself.
        """
        return tuple(self._days(request, first, last))

    def staffing(self, request: Request, first: date, last: date) -> tuple[StaffDay, ...]:
        """Who is on shift on each day from first to last, both included, in the company's zone, in the roles that the request needs."""
        profile, zone = self._profiles.asked(request).profile, self._zones[self.timezone]
        days = [date.fromordinal(number) for number in range(first.toordinal(), last.toordinal() + 1)]
        bounds = [(zone.utc(midnight(day)), zone.utc(midnight(day) + DAY)) for day in days]
        hours = [self._as_proposed._open_hours(request, low, high) for low, high in bounds]
        return tuple(staff_day(profile.layers, self._zones, *each) for each in zip(days, bounds, hours, strict=True))

    def proposes(self, window: WindowRule, day: date) -> bool:
        """Whether the window has any hours that would count if that day, in its zone, were approved."""
        noon = self._zones[window.timezone].utc(midnight(day)) + DAY // 2
        return any(proposed == day for proposed, _ in proposals(window, self._zones, noon - DAY, noon + DAY))

    @cached_property
    def _as_proposed(self) -> "Coverage":
        """The same calendars as if all their days were approved: itself where nothing needs approval."""
        needed = any(isinstance(rule, WindowRule) and rule.approval == "required" for rule in self.rules)
        return Coverage(self.rules, self.timezone, None) if needed and self.approved is not None else self

    def _proposed_by_day(self, request: Request, first: date, last: date) -> Mapping[date, tuple[Window, ...]]:
        if self._as_proposed is self:
            return {}
        return {day.day: day.windows for day in self._as_proposed.days(request, first, last)}

    def _days(self, request: Request, first: date, last: date) -> Iterator[Day]:
        asked = self._profiles.asked(request)
        profile, need = asked.profile, asked.whole
        zone, proposed = self._zones[self.timezone], self._proposed_by_day(request, first, last)
        for number in range(first.toordinal(), last.toordinal() + 1):
            day = date.fromordinal(number)
            if not FIRST_YEAR < day.year < LAST_YEAR:
                yield Day(day=day, windows=(), reasons=_unknown(day).reasons)
                continue
            low, high = zone.utc(midnight(day)), zone.utc(midnight(day + timedelta(days=1)))
            around = clear_within(profile.timeline, low - need, high + need, need)
            yield Day(
                day=day,
                windows=(windows := tuple(_window(profile, span) for span in within(around, low, high))),
                proposed=() if windows else proposed.get(day, ()),
                reasons=tuple(dict.fromkeys(self._day_reasons(request, low, high))),
            )

    def _day_reasons(self, request: Request, low: int, high: int) -> Iterator[Reason]:
        """Why the hours that the windows leave open, or propose, are closed; where there are none, why the day is."""
        profile = self._profiles.asked(request).profile
        mask = profile.timeline.over(low, high).mask(low, high)
        hours, shut = self._as_proposed._hours(request, low, high)
        for bit, layer in enumerate(profile.layers):
            all_day = layer.name in shut if layer.kind in _WINDOWS else not hours and layer.kind != LayerKind.STAFFING
            spans = [(low, high)] if all_day else hours
            if mask >> bit & 1 and spans:
                yield from self._explainer.standing(layer, spans)

    def _hours(self, request: Request, low: int, high: int) -> tuple[Sequence[Span], frozenset[str]]:
        """What the windows alone leave open of [low, high). Where that is nothing: the windows without which there would be something, by name,
        and what that is; all windows and nothing, if no single one is to blame."""
        windows, hours = self._windows(request), self._open_hours(request, low, high)
        if hours:
            return hours, frozenset()
        without = {one.name: self._without(windows, one, low, high) for one in windows}
        to_blame = frozenset(name for name, spans in without.items() if spans) or frozenset(without)
        return union(span for name in to_blame for span in without[name]), to_blame

    def _open_hours(self, request: Request, low: int, high: int) -> Sequence[Span]:
        return clear_within(self._closings.timeline(self._windows(request)), low, high, 1)

    def _windows(self, request: Request) -> tuple[Layer, ...]:
        return tuple(layer for layer in self._profiles.asked(request).profile.layers if layer.kind in _WINDOWS)

    def _without(self, windows: tuple[Layer, ...], one: Layer, low: int, high: int) -> Sequence[Span]:
        others = tuple(layer for layer in windows if layer is not one)
        return clear_within(self._closings.timeline(others), low, high, 1) if others else ()

    def _standing(self, profile: Profile, mask: int, spans: Sequence[Span]) -> tuple[Reason, ...]:
        reasons: list[Reason] = []
        for bit, layer in enumerate(profile.layers):
            if mask >> bit & 1:
                reasons += self._explainer.standing(layer, spans)
        return tuple(reasons)


def compile_coverage(rules: Iterable[Rule], *, timezone: str, approved: Approved | None = frozenset()) -> Coverage:
    """The calendar that these rules make; `timezone` is the company's, in which days are told.

    `approved` are the days that people approved for windows which need it; None asks as if every day were.
    """
    return Coverage(rules, timezone, approved)


def _window(profile: Profile, span: Span) -> Window:
    return _window_of(span, profile.is_provisional(span[1]))


@lru_cache(maxsize=4096)
def _window_of(span: Span, provisional: bool) -> Window:
    """Kept, for the same windows are asked for again and again, and checking a moment costs more than finding it."""
    return Window(start=moment_of(span[0]), end=moment_of(span[1]), provisional=provisional)


@lru_cache(maxsize=4096)
def _moment_of(at: int) -> datetime:
    return moment_of(at)


def _unknown(at: date) -> Verdict:
    text = f"{at.isoformat()} is not known: calendars reach from {FIRST_YEAR} to {LAST_YEAR}"
    return Verdict(reasons=(Reason(code=UNKNOWN, text=text),))
