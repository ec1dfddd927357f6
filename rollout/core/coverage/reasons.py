"""Says why time is closed: for each layer the rule's name, its why, where it is written, and when it clears."""

from collections.abc import Iterator, Sequence
from datetime import date

from rollout.core.coverage.closings import Closings, waived
from rollout.core.coverage.layers import Layer, LayerKind
from rollout.core.coverage.rosters import StaffingRule
from rollout.core.coverage.spans import difference, intersection, union
from rollout.core.coverage.timed import BlockRule, Timed, WindowRule
from rollout.core.coverage.zones import Span, day_of, moment_of
from rollout.core.values import Reason

NO_WINDOW = "no-window"
OUTSIDE_WINDOW = "outside-window"
BLOCK = "block"
STAFFING = "staffing"
NOT_APPROVED = "not-approved"
UNKNOWN = "unknown"


class Explainer:
    """Explains one set of calendars."""

    def __init__(self, closings: Closings) -> None:
        self._closings = closings

    def standing(self, layer: Layer, spans: Sequence[Span]) -> Iterator[Reason]:
        """Why the layer closes any of the spans, which are sorted and apart; nothing if it does not."""
        if layer.kind == LayerKind.NO_WINDOW:
            text = f"no coverage window applies to {layer.name}, and what is not open is closed: add a window to the calendars"
            yield Reason(code=NO_WINDOW, text=text)
        elif layer.kind == LayerKind.WINDOW:
            yield from self._outside(layer, difference(spans, waived(layer)))
        elif layer.kind == LayerKind.BLOCK:
            yield from self._blocked(layer, spans, waived(layer))
        elif layer.kind == LayerKind.STAFFING:
            yield from self._short(layer, difference(spans, waived(layer)))
        elif difference(spans, waived(layer)):
            rule = layer.rules[0]
            yield _reason(UNKNOWN, f"{rule.id} is not known: {rule.unknown}{_hard(layer)}", layer, rule.source)

    def waived(self, layer: Layer, spans: Sequence[Span]) -> Iterator[Reason]:
        """What would close any of the spans, but for an override; each reason names the overrides."""
        hidden = intersection(spans, waived(layer))
        if not hidden:
            return
        bare = Layer(layer.kind, layer.key, layer.name, layer.rules, layer.role, layer.clients)
        by = "; ".join(f"waived by {one.id}: {one.why} ({', '.join(one.signers)})" for one in layer.waivers)
        for reason in self.standing(bare, hidden):
            yield reason.model_copy(update={"text": f"{reason.text}, {by}"})

    def _outside(self, layer: Layer, spans: Sequence[Span]) -> Iterator[Reason]:
        proposed: list[Span] = []
        for rule in layer.rules:
            if isinstance(rule, WindowRule) and rule.approval == "required":
                found = self._proposed(layer, rule, spans)
                proposed += (span for _, span in found)
                if found:
                    yield _not_approved(layer, rule, found)
        yield from self._beyond(layer, difference(spans, union(proposed)))

    def _proposed(self, layer: Layer, rule: WindowRule, spans: Sequence[Span]) -> list[tuple[date, Span]]:
        """What of the spans the rule would open if its day were approved, and no other rule of its group opens."""
        closed = [part for low, high in spans for part in self._closings.standing_within(layer, low, high)]
        return [(day, span) for low, high in closed for day, span in self._closings.proposals(rule, low, high)]

    def _beyond(self, layer: Layer, spans: Sequence[Span]) -> Iterator[Reason]:
        runs = [(run, span) for span in spans if (run := self._closings.last_run(layer, *span))]
        if not runs:
            return
        (start, end), span = runs[-1]
        rules = [rule for rule in layer.rules if isinstance(rule, Timed)]
        whys = {rule.why: None for rule in rules} | {self._except_why(rule, max(start, span[0])): None for rule in rules}
        why = "; ".join(text for text in whys if text)
        whose = f" of {', '.join(sorted(layer.clients))}" if layer.clients else ""
        source = ", ".join(dict.fromkeys(rule.source for rule in rules if rule.source))
        yield _reason(OUTSIDE_WINDOW, f"outside {layer.name}{whose}{f': {why}' if why else ''}{_hard(layer)}", layer, source, start, end)

    def _except_why(self, rule: Timed, at: int) -> str:
        excepted = rule.excepted.get(day_of(self._closings.zones[rule.timezone].wall(at)))
        return f"{excepted.date} {excepted.why}".rstrip() if excepted else ""

    def _blocked(self, layer: Layer, spans: Sequence[Span], holes: Sequence[Span]) -> Iterator[Reason]:
        for rule in layer.rules:
            if not isinstance(rule, BlockRule):
                continue
            for stretch in self._closings.stretches(rule, spans[0][0], spans[-1][1]):
                left = difference([(stretch.start, stretch.end)], holes)
                met = [piece for piece in left if intersection([piece], spans)]
                if met:
                    text = f"{rule.id}: {stretch.why}" if stretch.why else f"closed by {rule.id}"
                    yield _reason(BLOCK, text + _hard(layer), layer, stretch.source, met[0][0], met[-1][1])

    def _short(self, layer: Layer, spans: Sequence[Span]) -> Iterator[Reason]:
        rule = layer.rules[0]
        if not isinstance(rule, StaffingRule) or not spans:
            return
        met = [one for span in spans for one in self._closings.shortfalls(rule, layer.role, *span)]
        if met:
            people, need = min(one.people for one in met), rule.need[layer.role]
            run = self._closings.last_run(layer, max(spans[0][0], met[0].start), spans[-1][1])
            begins, clears = run or (met[0].start, None)
            text = f"{rule.id}: {layer.role} {people}/{need}{f' ({rule.why})' if rule.why else ''}{_hard(layer)}"
            yield _reason(STAFFING, text, layer, rule.source, begins, clears)


def _not_approved(layer: Layer, rule: WindowRule, found: Sequence[tuple[date, Span]]) -> Reason:
    days = list(dict.fromkeys(day for day, _ in found))
    named = ", ".join(map(str, days[:3])) + (f" and {len(days) - 3} more days" if len(days) > 3 else "")
    text = f"{rule.id} proposes {named}, which nobody has approved yet: rollout coverage approve {days[0]}{_hard(layer)}"
    return _reason(NOT_APPROVED, text, layer, rule.source, found[0][1][0])


def _reason(code: str, text: str, layer: Layer, source: str, begins: int | None = None, clears: int | None = None) -> Reason:
    return Reason(
        code=code,
        text=text,
        source=source,
        begins=None if begins is None else moment_of(begins),
        clears_at=None if clears is None else moment_of(clears),
        rule=layer.name,
        kind=layer.kind.name.lower(),
        scope=", ".join(dict.fromkeys(rule.scope.told() for rule in layer.rules)),
        waivable_by=() if layer.hard else (layer.name,),
    )


def _hard(layer: Layer) -> str:
    return " (hard)" if layer.hard else ""
