"""What a query means: a tree becomes a question that can be asked of an issue, and an order.

NOT is pushed down to the clauses before anything is judged, as a JIRA does it: so `NOT labels = x` leaves out issues without labels, just as
`labels != x` does, and only `is EMPTY` ever finds what is empty.
"""

import operator
import re
from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from rollout.sandbox.jira import dates
from rollout.sandbox.jira.fields import EMPTY, LIST_FUNCTIONS, JqlField, MomentField, TextField, ThingField, field_named, version_function
from rollout.sandbox.jira.jql import And, Call, Clause, Condition, Empty, Not, Operand, Query, Text
from rollout.sandbox.jira.model import Issue
from rollout.sandbox.jira.refusals import JiraRefusal, not_served
from rollout.sandbox.jira.store import Store

Matches = Callable[[Issue], bool]

_OPPOSITE = {"=": "!=", "in": "not in", "is": "is not", "<": ">=", ">": "<=", "~": "!~"}
_OPPOSITE |= {after: before for before, after in _OPPOSITE.items()}
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {"<": operator.lt, "<=": operator.le, ">": operator.gt, ">=": operator.ge}
_FORMATS = "'yyyy/MM/dd HH:mm', 'yyyy-MM-dd HH:mm', 'yyyy/MM/dd', 'yyyy-MM-dd', or a period format e.g. '-5d', '4w 2d'"


@dataclass(frozen=True)
class Ordering:
    """One key to sort by. Issues that have nothing there come last when ascending, first when descending."""

    field: JqlField
    descending: bool

    def rank(self, issue: Issue) -> tuple[bool, Any]:
        rank = self.field.rank(issue)
        return rank is None, rank


class Meaning:
    """Judges queries against what the store knows now, for a user in that zone."""

    def __init__(self, store: Store, zone: tzinfo) -> None:
        self._store = store
        self._zone = zone
        self._now = store.now()

    def matches(self, query: Query) -> Matches:
        """The question that the query asks. Raises JiraRefusal (400) for fields, values and operators that do not exist."""
        return self._condition(query.where, negated=False) if query.where else lambda _: True

    def ordering(self, query: Query) -> list[Ordering]:
        """The keys to sort by, the most important first; without any, the newest issue is first. The issue's key settles what they leave open."""
        fields = [(field_named(self._store, sort.field), sort.descending) for sort in query.order]
        keys = [Ordering(field, field.descends if descending is None else descending) for field, descending in fields]
        return [*(keys or [Ordering(field_named(self._store, "created"), True)]), Ordering(field_named(self._store, "key"), not keys)]

    def _condition(self, condition: Condition, negated: bool) -> Matches:
        if isinstance(condition, Not):
            return self._condition(condition.part, not negated)
        if isinstance(condition, Clause):
            return self._clause(condition, _OPPOSITE[condition.operator] if negated else condition.operator)
        parts = [self._condition(part, negated) for part in condition.parts]
        if isinstance(condition, And) != negated:
            return lambda issue: all(part(issue) for part in parts)
        return lambda issue: any(part(issue) for part in parts)

    def _clause(self, clause: Clause, op: str) -> Matches:
        field = field_named(self._store, clause.field)
        _check_shape(clause)
        if op in ("is", "is not") or (op in ("=", "!=") and clause.operands == (Empty(),)):
            return _emptiness(field, wanted=op in ("is", "="))
        if isinstance(field, TextField):
            return self._text(field, clause, op)
        if isinstance(field, MomentField):
            return self._moment(field, clause, op)
        return self._thing(field, clause, op)

    # ── things ─────────────────────────────────────────────────────────────────────────────────────

    def _thing(self, field: ThingField, clause: Clause, op: str) -> Matches:
        if op in _COMPARE:
            return self._compared_keys(field, clause, op)
        if op in ("~", "!~"):
            raise _unsupported(clause.operator, field.name)
        wanted = frozenset[Hashable]().union(*(self._meant(field, operand) for operand in clause.operands))
        if op in ("!=", "not in"):
            return lambda issue: bool(values := field.values(issue)) and wanted.isdisjoint(values)
        return lambda issue: not wanted.isdisjoint(field.values(issue) or (EMPTY,))

    def _meant(self, field: ThingField, operand: Operand) -> frozenset[Hashable]:
        if isinstance(operand, Empty):
            return frozenset({EMPTY})
        if isinstance(operand, Call):
            ids = version_function(self._store, operand.name, operand.arguments) if field.name in ("fixVersion", "affectedVersion") else None
            if ids is None:
                raise _no_function(operand)
            return ids
        meant = field.meaning(self._store, operand.text)
        if not meant:
            raise JiraRefusal(400, f"The value '{operand.text}' does not exist for the field '{field.name}'.")
        return meant

    def _compared_keys(self, field: ThingField, clause: Clause, op: str) -> Matches:
        operand = clause.operands[0]
        if field.name in ("fixVersion", "affectedVersion", "priority"):
            raise not_served(f"the JQL operator '{clause.operator}' for the field '{field.name}'")
        if field.name != "key" or not isinstance(operand, Text):
            raise _unsupported(clause.operator, field.name)
        (issue_id,) = self._meant(field, operand)
        bound = self._store.issues[int(str(issue_id))]
        compare = _COMPARE[op]
        return lambda issue: issue.project == bound.project and compare(issue.number, bound.number)

    # ── moments ────────────────────────────────────────────────────────────────────────────────────

    def _moment(self, field: MomentField, clause: Clause, op: str) -> Matches:
        if op in ("~", "!~"):
            raise _unsupported(clause.operator, field.name)
        bounds = [self._at(field, operand) for operand in clause.operands]
        value = field.value
        if op in _COMPARE:
            compare, bound = _COMPARE[op], bounds[0]
            return lambda issue: (at := value(issue)) is not None and compare(at, bound)
        if op in ("!=", "not in"):
            return lambda issue: (at := value(issue)) is not None and at not in bounds
        return lambda issue: value(issue) in bounds

    def _at(self, field: MomentField, operand: Operand) -> datetime:
        if isinstance(operand, Call):
            at = dates.function(operand.name, operand.arguments, self._now, self._zone)
            if at is None:
                raise _no_function(operand)
            return at
        text = operand.text if isinstance(operand, Text) else "EMPTY"
        at = dates.moment(text, self._now, self._zone)
        if at is None:
            raise JiraRefusal(400, f"Date value '{text}' for field '{field.name}' is invalid. Valid formats include: {_FORMATS}.")
        return at

    # ── texts ──────────────────────────────────────────────────────────────────────────────────────

    def _text(self, field: TextField, clause: Clause, op: str) -> Matches:
        operand = clause.operands[0]
        if op not in ("~", "!~") or not isinstance(operand, Text):
            raise _unsupported(clause.operator, field.name)
        patterns = [_word_pattern(word) for word in operand.text.split()]
        found = op == "~"
        return lambda issue: (text := field.value(issue)) is not None and found == all(pattern.search(text) for pattern in patterns)


def _check_shape(clause: Clause) -> None:
    """Refuse a list where one value is due, one value where a list is due, and anything but EMPTY after IS."""
    if clause.operator in ("is", "is not") and clause.operands != (Empty(),):
        raise JiraRefusal(400, f"The operator '{clause.operator}' for the field '{clause.field}' takes EMPTY or NULL only.")
    first = clause.operands[0]
    one_call = len(clause.operands) == 1 and isinstance(first, Call)
    if clause.operator in ("=", "!=") and isinstance(first, Call) and first.name.casefold() in LIST_FUNCTIONS:
        raise JiraRefusal(400, f"Operator '{clause.operator}' does not support the list function '{first.name}' for field '{clause.field}'.")
    if clause.operator in ("in", "not in") and not clause.listed and not one_call:
        raise JiraRefusal(400, f"Operator '{clause.operator}' does not support the non-list value for field '{clause.field}'.")
    if clause.operator not in ("in", "not in") and clause.listed:
        raise JiraRefusal(400, f"Operator '{clause.operator}' does not support the list value for field '{clause.field}'.")


def _word_pattern(word: str) -> re.Pattern[str]:
    """A whole word; a star stands for the rest of it."""
    inner = re.escape(word).replace(r"\*", r"\w*")
    return re.compile(rf"(?<!\w){inner}(?!\w)", re.IGNORECASE)


def _emptiness(field: JqlField, wanted: bool) -> Matches:
    if isinstance(field, ThingField):
        return lambda issue: (not field.values(issue)) == wanted
    return lambda issue: (not field.value(issue)) == wanted


def _unsupported(op: str, field: str) -> JiraRefusal:
    return JiraRefusal(400, f"The operator '{op}' is not supported by the '{field}' field.")


def _no_function(call: Call) -> JiraRefusal:
    return JiraRefusal(400, f"Unable to find JQL function '{call.name}({', '.join(call.arguments)})'.")
