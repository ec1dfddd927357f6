"""Says why time is closed: for each layer the rule's name, its why, where it is written, and when it clears.

A reason is made once for each stretch that a layer closes, and kept: the same ones are asked for again and again, and making one costs more than
finding out that it holds.
"""

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Hashable, Iterator, Sequence
from dataclasses import replace
from datetime import date
from functools import cached_property, partial

from rollout.core.coverage.closings import Closings, waived
from rollout.core.coverage.layers import Layer, LayerKind
from rollout.core.coverage.rosters import StaffingRule
from rollout.core.coverage.slots import clear_within, last_closed
from rollout.core.coverage.spans import difference, intersection, outside, union
from rollout.core.coverage.staffing import Shortfall
from rollout.core.coverage.timed import BlockRule, WindowRule
from rollout.core.coverage.times import Stretch
from rollout.core.coverage.zones import Span, day_of, moment_of, year_of
from rollout.core.values import Reason

NO_WINDOW = "no-window"
OUTSIDE_WINDOW = "outside-window"
BLOCK = "block"
STAFFING = "staffing"
NOT_APPROVED = "not-approved"
UNKNOWN = "unknown"
_MOST_TELLERS = 100_000
_MOST_NAMES = 5


class Explainer:
    """Explains one set of calendars."""

    def __init__(self, closings: Closings) -> None:
        self._closings = closings
        self._tellers: dict[int, Teller] = {}

    def standing(self, layer: Layer, spans: Sequence[Span]) -> list[Reason]:
        """Why the layer closes any of the spans, which are sorted and apart; nothing if it does not."""
        return self._teller(layer).standing(spans)

    def waived(self, layer: Layer, spans: Sequence[Span]) -> Iterator[Reason]:
        """What would close any of the spans, but for an override; each reason names the overrides."""
        return self._teller(layer).waived(spans) if layer.waivers else iter(())

    def _teller(self, layer: Layer) -> "Teller":
        """A layer is known again by being the same object; its teller keeps it, so that no other can take its place."""
        teller = self._tellers.get(id(layer))
        if teller is None:
            if len(self._tellers) >= _MOST_TELLERS:
                self._tellers.clear()
            teller = self._tellers[id(layer)] = _TELLERS[layer.kind](layer, self._closings)
        return teller


class Teller:
    """Tells why one layer closes time."""

    def __init__(self, layer: Layer, closings: Closings) -> None:
        self.layer = layer
        self._closings = closings
        self._waived = waived(layer)
        self._kept: dict[Hashable, Reason] = {}
        self._hard = " (hard)" if layer.hard else ""

    def standing(self, spans: Sequence[Span]) -> list[Reason]:
        """Why the layer closes any of the spans, which are sorted and apart."""
        left = difference(spans, self._waived) if self._waived else spans
        return self._told(left) if left else []

    def waived(self, spans: Sequence[Span]) -> Iterator[Reason]:
        """What would close any of the spans, but for an override."""
        hidden = intersection(spans, self._waived)
        by = "; ".join(f"waived by {one.id}: {one.why} ({', '.join(one.signers)})" for one in self.layer.waivers if intersection([one.span], hidden))
        for reason in self._bare.standing(hidden):
            yield reason.model_copy(update={"text": f"{reason.text}, {by}"})

    def _told(self, _spans: Sequence[Span]) -> list[Reason]:
        raise NotImplementedError

    @cached_property
    def _bare(self) -> "Teller":
        return type(self)(replace(self.layer, waivers=()), self._closings)

    def _once(self, key: Hashable, make: Callable[[], Reason]) -> Reason:
        reason = self._kept.get(key)
        if reason is None:
            reason = self._kept[key] = make()
        return reason

    def _reason(self, code: str, text: str, source: str, begins: int | None = None, clears: int | None = None) -> Reason:
        return Reason(
            code=code,
            text=text + self._hard,
            source=source,
            begins=None if begins is None else moment_of(begins),
            clears_at=None if clears is None else moment_of(clears),
            rule=self.layer.name,
            kind=self.layer.kind.name.lower(),
            scope=", ".join(dict.fromkeys(rule.scope.told() for rule in self.layer.rules)),
            waivable_by=() if self.layer.hard else (self.layer.name,),
        )


class _NoWindow(Teller):
    def _told(self, _spans: Sequence[Span]) -> list[Reason]:
        text = f"no coverage window applies to {self.layer.name}, and what is not open is closed: add a window to the calendars"
        return [Reason(code=NO_WINDOW, text=text)]


class _Unknown(Teller):
    def _told(self, _spans: Sequence[Span]) -> list[Reason]:
        rule = self.layer.rules[0]
        return [self._once((), partial(self._reason, UNKNOWN, f"{rule.id} is not known: {rule.lost or rule.unknown}", rule.source))]


class _Outside(Teller):
    """Of a group of windows. Days that would be open if somebody approved them are told apart from the time that no window names."""

    def __init__(self, layer: Layer, closings: Closings) -> None:
        super().__init__(layer, closings)
        self._line = closings.timeline((layer,))
        self._rules = [rule for rule in layer.rules if isinstance(rule, WindowRule)]
        self._excepting = [rule for rule in self._rules if rule.exceptions]
        self._proposing = [rule for rule in self._rules if rule.approval == "required"]
        self._source = ", ".join(dict.fromkeys(rule.source for rule in self._rules if rule.source))
        self._whose = f" of {', '.join(sorted(layer.clients))}" if layer.clients else ""

    def _told(self, spans: Sequence[Span]) -> list[Reason]:
        reasons, proposed = self._unapproved(spans) if self._proposing else ([], [])
        for low, high in reversed(difference(spans, proposed) if proposed else spans):
            run = last_closed(self._line, low, high)
            if run is not None:
                excepted = self._except_whys(max(run[0] or low, low)) if self._excepting else ()
                return [*reasons, self._once((run, excepted), partial(self._outside, *run, excepted))]
        return reasons

    def _unapproved(self, spans: Sequence[Span]) -> tuple[list[Reason], list[Span]]:
        """Why days that a rule proposes do not count, and the time that it would then open."""
        found = [(rule, self._proposed(rule, spans)) for rule in self._proposing]
        return [self._not_approved(rule, days) for rule, days in found if days], union(span for _, days in found for _, span in days)

    def _outside(self, begins: int | None, clears: int | None, excepted: Sequence[str]) -> Reason:
        why = "; ".join(dict.fromkeys([*(rule.why for rule in self._rules if rule.why), *excepted]))
        return self._reason(OUTSIDE_WINDOW, f"outside {self.layer.name}{self._whose}{f': {why}' if why else ''}", self._source, begins, clears)

    def _except_whys(self, at: int) -> tuple[str, ...]:
        found = (rule.excepted.get(day_of(self._closings.zones[rule.timezone].wall(at))) for rule in self._excepting)
        return tuple(dict.fromkeys(f"{one.date} {one.why}".rstrip() for one in found if one))

    def _proposed(self, rule: WindowRule, spans: Sequence[Span]) -> list[tuple[date, Span]]:
        """What of the spans the rule would open if its day were approved, and no other rule of its group opens."""
        closed = [part for low, high in spans for part in outside(clear_within(self._line, low, high, 1), low, high)]
        return [(day, span) for low, high in closed for day, span in self._closings.proposals(rule, low, high)]

    def _not_approved(self, rule: WindowRule, found: Sequence[tuple[date, Span]]) -> Reason:
        days = list(dict.fromkeys(day for day, _ in found))
        named = ", ".join(map(str, days[:3])) + (f" and {len(days) - 3} more days" if len(days) > 3 else "")
        text = f"{rule.id} proposes {named}, which nobody has approved yet: rollout coverage approve {days[0]}"
        return self._reason(NOT_APPROVED, text, rule.source, found[0][1][0])


class _Celled(Teller):
    """Of layers about which the same is told of all stretches that lie alike between two neighbouring edges: the answer is found by these."""

    def __init__(self, layer: Layer, closings: Closings) -> None:
        super().__init__(layer, closings)
        self._edges: dict[int, list[int]] = {}
        self._answers: dict[Hashable, list[Reason]] = {}

    def _told(self, spans: Sequence[Span]) -> list[Reason]:
        key = tuple([self._cell(low, high) for low, high in spans])
        answer = self._answers.get(key)
        if answer is None:
            answer = self._answers[key] = self._found(spans)
        return answer

    def _found(self, spans: Sequence[Span]) -> list[Reason]:
        raise NotImplementedError

    def _cell(self, low: int, high: int) -> tuple[int, int, int, int]:
        first, last = year_of(low), year_of(high - 1)
        return first, bisect_right(self._edges_of(first), low), last, bisect_left(self._edges_of(last), high)

    def _edges_of(self, year: int) -> list[int]:
        edges = self._edges.get(year)
        if edges is None:
            edges = self._edges[year] = self._closings.edges(self.layer, year)
        return edges


class _Blocked(_Celled):
    """Of one block: each of its closures that is met, less what is waived of it."""

    def _found(self, spans: Sequence[Span]) -> list[Reason]:
        return [reason for rule in self.layer.rules if isinstance(rule, BlockRule) for reason in self._blocked(rule, spans)]

    def _blocked(self, rule: BlockRule, spans: Sequence[Span]) -> Iterator[Reason]:
        for stretch in self._closings.stretches(rule, spans[0][0], spans[-1][1]):
            left = difference([(stretch.start, stretch.end)], self._waived)
            met = [piece for piece in left if intersection([piece], spans)]
            if met:
                yield self._once((stretch, met[0][0], met[-1][1]), partial(self._block, rule, stretch, met[0][0], met[-1][1]))

    def _block(self, rule: BlockRule, stretch: Stretch, begins: int, clears: int) -> Reason:
        return self._reason(BLOCK, f"{rule.id}: {stretch.why}" if stretch.why else f"closed by {rule.id}", stretch.source, begins, clears)


class _Short(_Celled):
    """Of one role of a roster."""

    def __init__(self, layer: Layer, closings: Closings) -> None:
        super().__init__(layer, closings)
        self._line = closings.timeline((layer,))

    def _found(self, spans: Sequence[Span]) -> list[Reason]:
        return [reason for rule in self.layer.rules if isinstance(rule, StaffingRule) for reason in self._shortest(rule, spans)]

    def _shortest(self, rule: StaffingRule, spans: Sequence[Span]) -> list[Reason]:
        met = [one for low, high in spans for one in self._closings.shortfalls(rule, self.layer.role, low, high)]
        if not met:
            return []
        worst = min(met, key=lambda one: one.people - one.need)
        away = self._closings.absent(rule, self.layer.role, spans, worst)
        run = last_closed(self._line, max(spans[0][0], met[0].start), spans[-1][1]) or (met[0].start, None)
        return [self._once((worst[2:], away, run), partial(self._short, rule, worst, away, *run))]

    def _short(self, rule: StaffingRule, worst: Shortfall, away: tuple[str, ...], begins: int | None, clears: int | None) -> Reason:
        more = [f"{len(away) - _MOST_NAMES} more are away"] if len(away) > _MOST_NAMES else []
        whys = [text for text in (", ".join([*away[:_MOST_NAMES], *more]), rule.why) if text]
        text = f"{rule.id}: {self.layer.role} {worst.people}/{worst.need}{_bracketed(whys)}"
        return self._reason(STAFFING, text, rule.source, begins, clears)


def _bracketed(whys: list[str]) -> str:
    return f" ({'; '.join(whys)})" if whys else ""


_TELLERS: dict[LayerKind, type[Teller]] = {
    LayerKind.NO_WINDOW: _NoWindow,
    LayerKind.WINDOW: _Outside,
    LayerKind.BLOCK: _Blocked,
    LayerKind.STAFFING: _Short,
    LayerKind.UNKNOWN: _Unknown,
}
