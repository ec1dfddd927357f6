"""Names that rules use must exist: an override's rules, a scope's clients, tags and regions. A name that means nobody is a fault, not a shrug."""

import difflib
from collections.abc import Iterable, Iterator, Set

from rollout.core.clients import Client
from rollout.core.coverage.rosters import StaffingRule
from rollout.core.coverage.rules import OverrideRule
from rollout.core.coverage.scopes import Rule, Scope, ScopedRule
from rollout.core.coverage.timed import BlockRule, Timed, WindowRule
from rollout.errors import Fault

MOST_HINTS = 20
_Named = dict[str, list[tuple[str, ScopedRule]]]


def dangling(rules: Iterable[Rule]) -> list[Fault]:
    """What is wrong between rules: an id that two of them use, an override of a rule that does not exist, is hard, or could be either of two."""
    known = sorted(rules, key=lambda rule: (rule.id, rule.source))
    hints, named = _Hints(), _by_name(known)
    waived = (fault for rule in known if isinstance(rule, OverrideRule) for fault in _waived(rule, named, hints))
    return [*_twice(known), *_nobodys_holidays(known, hints), *waived]


def unmatched(rules: Iterable[Rule], clients: Iterable[Client]) -> list[Fault]:
    """Selectors that match none of the clients: unknown ids, tags that nobody has, regions where nobody is, scopes that nobody fits in all."""
    known = _Known(clients)
    faults: list[Fault] = []
    for rule in rules:
        if isinstance(rule, ScopedRule):
            faults += _scope_faults(rule, rule.scope, known)
        elif isinstance(rule, OverrideRule):
            faults += _unknown(rule, "clients", rule.clients, known.names, known.hints)
    return sorted(faults)


def with_lost(rules: Iterable[Rule], clients: Iterable[Client]) -> tuple[Rule, ...]:
    """The rules; those whose scope names somebody who is not among the clients are marked as lost."""
    known = _Known(clients)
    return tuple(_lost(rule, known) if isinstance(rule, ScopedRule) else rule for rule in rules)


def _lost(rule: ScopedRule, known: "_Known") -> ScopedRule:
    told = "; ".join(f"{fault.field} {fault.text}" for fault in _scope_faults(rule, rule.scope, known))
    return rule.model_copy(update={"lost": told}) if told else rule


class _Hints:
    """Names that were probably meant, for the first faults only: to look for those of thousands among thousands would take minutes."""

    def __init__(self) -> None:
        self._left = MOST_HINTS

    def hint(self, name: str, known: Iterable[str], otherwise: str = "") -> str:
        """A sentence that suggests a name, if one is close."""
        self._left -= 1
        close = difflib.get_close_matches(name, sorted(known), n=1) if self._left >= 0 else []
        return f"Did you mean {close[0]}?" if close else otherwise


class _Known:
    """The clients, as scopes name them."""

    def __init__(self, clients: Iterable[Client]) -> None:
        self.hints = _Hints()
        self.ids = {client.id: client for client in clients}
        self.names = frozenset(self.ids)
        self.tags = {tag for client in self.ids.values() for tag in client.tags}
        self.regions = {client.region for client in self.ids.values()}

    def fits(self, scope: Scope) -> bool:
        """Whether any of them is all that the scope asks for."""
        candidates = map(self.ids.__getitem__, scope.clients) if scope.clients else self.ids.values()
        return any(scope.takes(one.id, one.tags, one.region) for one in candidates)


def _scope_faults(rule: Rule, scope: Scope, known: _Known) -> list[Fault]:
    faults = [
        *_unknown(rule, "scope.clients", scope.clients, known.names, known.hints),
        *_unknown(rule, "scope.tags", scope.tags, known.tags, known.hints),
        *_unknown(rule, "scope.regions", scope.regions, known.regions, known.hints),
    ]
    if not faults and not scope.company and not scope.staff and not known.fits(scope):
        faults.append(_fault(rule, "scope", "matches no client: each part of it does, but no client fits them all"))
    return faults


def _unknown(rule: Rule, field: str, names: Set[str], known: Set[str], hints: _Hints) -> Iterator[Fault]:
    for name in sorted(names - known):
        yield _fault(rule, field, f"{name} matches no client. {hints.hint(name, known, 'Take it out, or add the client first.')}")


def _twice(rules: list[Rule]) -> Iterator[Fault]:
    first: dict[str, Rule] = {}
    for rule in rules:
        other = first.setdefault(rule.id, rule)
        if other is not rule:
            yield _fault(rule, "id", f"{rule.id} is also the id of {other.source or 'another rule'}; choose another")


def _nobodys_holidays(rules: list[Rule], hints: _Hints) -> Iterator[Fault]:
    """Shifts that name holidays which no block has."""
    known = {rule.id for rule in rules if isinstance(rule, BlockRule) and rule.dates}
    for rule in rules:
        for role, shifts in rule.roster.items() if isinstance(rule, StaffingRule) else ():
            for number, shift in enumerate(shifts):
                if shift.holidays and shift.holidays not in known:
                    hint = hints.hint(shift.holidays, known, "Write one: rollout coverage holidays sync CA-ON")
                    yield _fault(rule, f"roster.{role}[{number}].holidays", f"{shift.holidays} is no block with dates. {hint}")


def _waived(override: OverrideRule, named: _Named, hints: _Hints) -> Iterator[Fault]:
    for waived in sorted(override.waives):
        if waived not in named:
            yield _fault(override, "waives", f"{waived} is no rule. {hints.hint(waived, named)}".rstrip())
            continue
        meanings = sorted({meaning for meaning, _ in named[waived]})
        if len(meanings) > 1:
            yield _fault(override, "waives", f"{waived} is both {' and '.join(meanings)}; rename one, for it would waive both")
        if any(rule.hard for _, rule in named[waived]):
            yield _fault(override, "waives", f"{waived} is hard: no override can waive it")


def _by_name(rules: list[Rule]) -> _Named:
    """What an override may name: each with what it means, and of which rules."""
    named: _Named = {}
    for rule in (one for one in rules if isinstance(one, ScopedRule)):
        for name, meaning in _names(rule).items():
            named.setdefault(name, []).append((meaning, rule))
    return named


def _names(rule: ScopedRule) -> dict[str, str]:
    """Its names, and what each means. A window whose group is called as itself has one name of one meaning."""
    names = {rule.id: f"the rule {rule.id}"}
    if isinstance(rule, WindowRule):
        names[rule.group_name] = f"the group {rule.group_name} of windows"
    if isinstance(rule, StaffingRule):
        names.update({f"{rule.id}/{role}": f"the role {role} of {rule.id}" for role in rule.need})
    return names


def _fault(rule: Rule, field: str, text: str) -> Fault:
    file, _, line = rule.source.rpartition(":")
    return Fault(file, int(line), field, text) if line.isdecimal() else Fault(rule.source or rule.id, 0, field, text)


def zones_of(rules: Iterable[Rule]) -> set[str]:
    """The time zones that the rules go by."""
    found: set[str] = set()
    for rule in rules:
        found |= {str(zone) for zone in (getattr(rule, "timezone", None),) if zone}
        if isinstance(rule, Timed):
            found |= {event.zone for event in (*rule.events, *(event for one in rule.availabilities for event in one.events))}
        if isinstance(rule, StaffingRule):
            found |= {duty.event.zone for duties in rule.duties.values() for duty in duties}
            found |= {shift.timezone for shifts in rule.roster.values() for shift in shifts if shift.timezone}
    return found
