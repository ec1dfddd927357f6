"""Reads JQL into a tree. What does not parse is refused in JIRA's words; what a name means is not known here."""

from dataclasses import dataclass

from rollout.sandbox.jira.refusals import not_served
from rollout.sandbox.jira.tokens import KEYWORDS, Token, bad_jql, tokens

_OPERATORS = "The valid operators are '=', '!=', '<', '>', '<=', '>=', '~', '!~', 'IN', 'NOT IN', 'IS' and 'IS NOT'."
_DEEPEST = 100


@dataclass(frozen=True)
class Text:
    text: str


@dataclass(frozen=True)
class Empty:
    pass


@dataclass(frozen=True)
class Call:
    name: str
    arguments: tuple[str, ...]


Operand = Text | Empty | Call


@dataclass(frozen=True)
class Clause:
    """`operator` is in lower case; `listed` says that the operands stood in parentheses."""

    field: str
    operator: str
    operands: tuple[Operand, ...]
    listed: bool = False


@dataclass(frozen=True)
class Not:
    part: "Condition"


@dataclass(frozen=True)
class And:
    parts: "tuple[Condition, ...]"


@dataclass(frozen=True)
class Or:
    parts: "tuple[Condition, ...]"


Condition = Clause | Not | And | Or


@dataclass(frozen=True)
class Sort:
    """`descending` is None where the query leaves it to the field."""

    field: str
    descending: bool | None


@dataclass(frozen=True)
class Query:
    """`where` is None for a query that asks for everything."""

    where: Condition | None
    order: tuple[Sort, ...] = ()


def parse(jql: str) -> Query:
    """The query as a tree. Raises JiraRefusal (400), or (501) for the parts of JQL that the stand-in cannot judge."""
    return _Parser(list(tokens(jql))).query()


class _Parser:
    def __init__(self, tokens: list[Token]) -> None:
        self._tokens = tokens
        self._at = 0
        self._depth = 0

    @property
    def _next(self) -> Token:
        return self._tokens[self._at]

    def _take(self) -> Token:
        token = self._next
        self._at += token.kind != "end"
        return token

    def _takes(self, word: str) -> bool:
        found = self._next.says(word)
        self._at += found
        return found

    def _marked(self, mark: str) -> bool:
        found = self._next.kind == "mark" and self._next.text == mark
        self._at += found
        return found

    def _expect(self, mark: str) -> None:
        token = self._take()
        if token.kind == "end":
            raise bad_jql(f"Expecting '{mark}' before the end of the query.")
        if token.text != mark or token.kind != "mark":
            raise bad_jql(f"Expecting '{mark}' but got '{token.text}'.", token.place)

    def query(self) -> Query:
        where = None if self._next.kind == "end" or self._next.says("order") else self._any_of()
        order = self._order() if self._takes("order") else ()
        if self._next.kind != "end":
            raise bad_jql(f"Expecting either 'OR' or 'AND' but got '{self._next.text}'.", self._next.place)
        return Query(where, order)

    def _any_of(self) -> Condition:
        parts = [self._all_of()]
        while self._takes("or"):
            parts.append(self._all_of())
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def _all_of(self) -> Condition:
        parts = [self._one()]
        while self._takes("and"):
            parts.append(self._one())
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def _one(self) -> Condition:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise bad_jql("The query is nested too deeply.", self._next.place)
        condition = self._nested()
        self._depth -= 1
        return condition

    def _nested(self) -> Condition:
        if self._takes("not"):
            return Not(self._one())
        if self._marked("("):
            inner = self._any_of()
            self._expect(")")
            return inner
        return self._clause()

    def _clause(self) -> Clause:
        field = self._field()
        operator = self._operator()
        if self._marked("("):
            return Clause(field, operator, self._list(), listed=True)
        return Clause(field, operator, (self._operand(),))

    def _field(self) -> str:
        token = self._take()
        if token.kind == "end":
            raise bad_jql("Expecting a field name at the end of the query.")
        if token.kind == "quoted":
            return token.text
        if token.kind != "word" or token.text.casefold() in KEYWORDS:
            hint = f"You must surround '{token.text}' in quotation marks to use it as a field name."
            raise bad_jql(f"Expecting a field name but got '{token.text}'. {hint}", token.place)
        if token.says("cf") and self._marked("["):
            number = self._take().text
            self._expect("]")
            return f"cf[{number}]"
        return token.text

    def _operator(self) -> str:
        token = self._take()
        if token.kind == "operator":
            return token.text
        if token.says("in"):
            return "in"
        if token.says("is"):
            return "is not" if self._takes("not") else "is"
        if token.says("not") and self._takes("in"):
            return "not in"
        if token.says("was") or token.says("changed"):
            raise not_served(f"the JQL operator '{token.text.upper()}'")
        if token.kind == "end":
            raise bad_jql(f"Expecting operator before the end of the query. {_OPERATORS}")
        raise bad_jql(f"Expecting operator but got '{token.text}'. {_OPERATORS}", token.place)

    def _list(self) -> tuple[Operand, ...]:
        operands = [self._operand()]
        while self._marked(","):
            operands.append(self._operand())
        self._expect(")")
        return tuple(operands)

    def _operand(self) -> Operand:
        token = self._take()
        if token.kind == "end":
            raise bad_jql("Expecting either a value, list or function before the end of the query.")
        if token.kind == "quoted":
            return Text(token.text)
        if token.says("empty") or token.says("null"):
            return Empty()
        if token.kind != "word" or token.text.casefold() in KEYWORDS:
            hint = f"You must surround '{token.text}' in quotation marks to use it as a value."
            raise bad_jql(f"Expecting either a value, list or function but got '{token.text}'. {hint}", token.place)
        if self._marked("("):
            return Call(token.text, self._arguments())
        return Text(token.text)

    def _arguments(self) -> tuple[str, ...]:
        if self._marked(")"):
            return ()
        arguments = []
        for operand in self._list():
            if not isinstance(operand, Text):
                raise bad_jql("Expecting a function argument.")
            arguments.append(operand.text)
        return tuple(arguments)

    def _order(self) -> tuple[Sort, ...]:
        if not self._takes("by"):
            raise bad_jql(f"Expecting 'by' but got '{self._next.text}'.", self._next.place)
        sorts = [self._sort()]
        while self._marked(","):
            sorts.append(self._sort())
        return tuple(sorts)

    def _sort(self) -> Sort:
        field = self._field()
        if self._takes("asc"):
            return Sort(field, False)
        return Sort(field, True if self._takes("desc") else None)
