"""Which rules bear on a request: layers, each of which can close time by itself, and the overrides that waive them.

Windows of one group make one layer, united; every block and every role of a roster is a layer of its own. Rules about the company and rules about
some clients are kept apart even within a group, and each client brings the layers that it is in: more clients never open anything.
"""

from collections.abc import Hashable, Iterable, Iterator
from dataclasses import dataclass, replace
from enum import IntEnum
from typing import Any

from rollout.core.clients import Environment
from rollout.core.coverage.questions import Party, Request
from rollout.core.coverage.rosters import StaffingRule, with_days_off
from rollout.core.coverage.rules import OverrideRule
from rollout.core.coverage.scopes import Rule, ScopedRule
from rollout.core.coverage.timed import Timed, WindowRule
from rollout.core.values import ClientId


class LayerKind(IntEnum):
    NO_WINDOW = 0
    WINDOW = 1
    BLOCK = 2
    STAFFING = 3
    UNKNOWN = 4


@dataclass(frozen=True)
class Layer:
    """One thing that closes time. Layers with equal `key` close the same time. `clients` are those it is about, None meaning the company."""

    kind: LayerKind
    key: Hashable
    name: str
    rules: tuple[ScopedRule, ...] = ()
    role: str = ""
    clients: frozenset[ClientId] | None = None
    waivers: tuple[OverrideRule, ...] = ()

    @property
    def hard(self) -> bool:
        return any(rule.hard for rule in self.rules)

    def is_named(self, waives: frozenset[str]) -> bool:
        """Whether those names waive all of this layer."""
        return self.name in waives or (bool(self.rules) and all(rule.id in waives for rule in self.rules))


class Rulebook:
    """A set of rules, indexed so that finding those for one client costs what that client has, not what all have."""

    def __init__(self, rules: Iterable[Rule]) -> None:
        self.rules = tuple(sorted(with_days_off(rules), key=lambda rule: (rule.id, rule.source)))
        self.overrides = tuple(rule for rule in self.rules if isinstance(rule, OverrideRule))
        self._company: list[ScopedRule] = []
        self._company_layers: dict[tuple[str, Environment], tuple[Layer, ...]] = {}
        self._by_client: dict[ClientId, list[ScopedRule]] = {}
        self._by_trait: list[ScopedRule] = []
        self._contents: dict[Hashable, int] = {}
        self._keys: dict[int, int] = {}
        for rule in self.rules:
            if isinstance(rule, ScopedRule):
                self._index(rule)

    def layers(self, request: Request) -> tuple[Layer, ...]:
        """The layers that bear on the request, with the overrides that waive each: the company's first, in an order that depends on content only."""
        layers = self._of_company(request.kind, request.environment)
        found: dict[Hashable, Layer] = {}
        for party in request.parties:
            for layer in self._of_party(party, request.kind, request.environment):
                key = _order(layer)
                before = found.get(key)
                found[key] = replace(layer, clients=frozenset({party.id}) | (before.clients or set() if before else set()))
        layers = (*layers, *sorted(found.values(), key=_order))
        return tuple(replace(layer, waivers=self._waivers(layer, request)) for layer in layers) if self.overrides else layers

    def _of_company(self, kind: str, environment: Environment) -> tuple[Layer, ...]:
        key = kind, environment
        if key not in self._company_layers:
            layers = _layers(self._in_scope(self._company, kind, environment), self._keys)
            if not any(layer.kind == LayerKind.WINDOW for layer in layers):
                layers.append(Layer(LayerKind.NO_WINDOW, (LayerKind.NO_WINDOW,), str(environment)))
            self._company_layers[key] = tuple(sorted(layers, key=_order))
        return self._company_layers[key]

    def _index(self, rule: ScopedRule) -> None:
        content = _content(rule)
        self._keys[id(rule)] = self._contents.setdefault(content, len(self._contents))
        if rule.scope.company or rule.lost:
            self._company.append(rule)
        elif rule.scope.clients:
            for client in rule.scope.clients:
                self._by_client.setdefault(client, []).append(rule)
        else:
            self._by_trait.append(rule)

    def _of_party(self, party: Party, kind: str, environment: Environment) -> list[Layer]:
        candidates = self._in_scope((*self._by_client.get(party.id, ()), *self._by_trait), kind, environment)
        return _layers((rule for rule in candidates if rule.scope.takes(party.id, party.tags, party.region)), self._keys)

    @staticmethod
    def _in_scope(rules: Iterable[ScopedRule], kind: str, environment: Environment) -> Iterator[ScopedRule]:
        return (rule for rule in rules if rule.scope.covers(kind, environment))

    def _waivers(self, layer: Layer, request: Request) -> tuple[OverrideRule, ...]:
        if not self.overrides or layer.hard or layer.kind == LayerKind.NO_WINDOW:
            return ()
        bound = frozenset(party.id for party in request.parties) if layer.clients is None else layer.clients
        return tuple(one for one in self.overrides if _applies(one, request, bound) and layer.is_named(one.waives))


def _order(layer: Layer) -> Any:
    return layer.key, layer.name, tuple(rule.id for rule in layer.rules)


def _applies(override: OverrideRule, request: Request, bound: frozenset[ClientId]) -> bool:
    return override.release == request.version and (not override.clients or (bool(bound) and bound <= override.clients))


def _layers(rules: Iterable[ScopedRule], keys: dict[int, int]) -> list[Layer]:
    groups: dict[str, list[WindowRule]] = {}
    layers: list[Layer] = []
    for rule in rules:
        key = keys[id(rule)]
        if rule.unknown or rule.lost:
            layers.append(Layer(LayerKind.UNKNOWN, (LayerKind.UNKNOWN,), rule.id, (rule,)))
        elif isinstance(rule, WindowRule):
            groups.setdefault(rule.group_name, []).append(rule)
        elif isinstance(rule, StaffingRule):
            layers += [Layer(LayerKind.STAFFING, (LayerKind.STAFFING, key, role), f"{rule.id}/{role}", (rule,), role) for role in sorted(rule.need)]
        else:
            layers.append(Layer(LayerKind.BLOCK, (LayerKind.BLOCK, key), rule.id, (rule,)))
    for group, windows in groups.items():
        contents = tuple(sorted({keys[id(rule)] for rule in windows}))
        layers.append(Layer(LayerKind.WINDOW, (LayerKind.WINDOW, *contents), group, tuple(windows)))
    return layers


def _content(rule: ScopedRule) -> Hashable:
    """What the rule's times depend on: equal for rules that close the same time. Rules with times of no use to compare stand for themselves."""
    if not isinstance(rule, Timed) or rule.events or rule.availabilities or getattr(rule, "approval", "none") != "none":
        return id(rule)
    exceptions = tuple(sorted((one.date, one.hours) for one in rule.exceptions))
    dates = tuple(sorted(getattr(rule, "dates", ())))
    return rule.timezone, rule.week, exceptions, rule.start, rule.end, dates
