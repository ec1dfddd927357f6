"""Laws of JQL: a query finds what a plain reading of it finds, and what cannot be read never finds everything."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import reduce
from typing import Any

from hypothesis import assume, example, given
from hypothesis import strategies as st

from rollout.sandbox.jira import JiraRefusal, JiraStandIn
from rollout.sandbox.jira.jql import parse
from tests.sandbox.jira.callers import Hand

Row = dict[str, Any]
START = datetime(2026, 11, 1, tzinfo=UTC)
WORDS: dict[str, tuple[str, ...]] = {
    "status": ("Open", "In Review", "Done"),
    "labels": ("red", "green", "blue"),
    "fixVersion": ("1.0", "1.1"),
    "component": ("core", "web"),
    "priority": ("Blocker", "Minor"),
    "Severity": ("Critical", "Minor"),
}
OPPOSITE = {"=": "!=", "in": "not in", "is": "is not", "<": ">=", ">": "<="}
OPPOSITE |= {after: before for before, after in OPPOSITE.items()}


def _rows() -> list[Row]:
    """Sixty issues in which every field is there, and missing, in many mixtures."""
    return [
        {
            "status": {WORDS["status"][number % 3]},
            "labels": {label for place, label in enumerate(WORDS["labels"]) if number >> place & 1},
            "fixVersion": {version for place, version in enumerate(WORDS["fixVersion"]) if number % 5 >> place & 1},
            "component": set(WORDS["component"][: number % 3]),
            "priority": {WORDS["priority"][number % 2]},
            "Severity": {WORDS["Severity"][number % 2]} if number % 7 else set(),
            "updated": START + timedelta(minutes=number),
            "resolved": START + timedelta(minutes=number) if number % 3 == 2 else None,
        }
        for number in range(60)
    ]


def _stand_in(rows: list[Row]) -> JiraStandIn:
    jira = JiraStandIn("server", Hand(START), {})
    jira.add_project("TIDE")
    for version in WORDS["fixVersion"]:
        jira.add_version("TIDE", version)
    for row in rows:
        jira.add_issue(
            "TIDE",
            "One of many",
            status=next(iter(row["status"])),
            resolution="Fixed" if row["resolved"] else None,
            resolved_at=row["resolved"],
            priority=next(iter(row["priority"])),
            created=START,
            updated=row["updated"],
            labels=sorted(row["labels"]),
            fix_versions=sorted(row["fixVersion"]),
            components=sorted(row["component"]),
            fields={"Severity": next(iter(row["Severity"]), None)},
        )
    return jira


ROWS = _rows()
JIRA = _stand_in(ROWS)


@dataclass(frozen=True)
class Term:
    """A condition as text, and its plain reading: true, false, or None where the issue has nothing to say."""

    text: str
    holds: Callable[[Row], bool | None]


def _equal(field: str, op: str, words: frozenset[str], text: str) -> Term:
    def holds(row: Row) -> bool | None:
        if not row[field]:
            return None
        return bool(row[field] & words) == (op in ("=", "in"))

    return Term(f"{field} {op} {text}", holds)


def _empty(field: str, op: str) -> Term:
    return Term(f"{field} {op} EMPTY", lambda row: (not row[field]) == (op == "is"))


COMPARE: dict[str, Callable[[datetime, datetime], bool]] = {
    "<": lambda a, b: a < b,
    "<=": lambda a, b: a <= b,
    ">": lambda a, b: a > b,
    ">=": lambda a, b: a >= b,
}


def _moment(field: str, op: str, minutes: int) -> Term:
    at = START + timedelta(minutes=minutes)
    return Term(f'{field} {op} "{at:%Y-%m-%d %H:%M}"', lambda row: None if row[field] is None else COMPARE[op](row[field], at))


def _not(term: Term) -> Term:
    def holds(row: Row) -> bool | None:
        inner = term.holds(row)
        return None if inner is None else not inner

    return Term(f"NOT ({term.text})", holds)


def _join(word: str, parts: list[Term]) -> Term:
    """Three-valued: unknown unless one part decides."""
    decisive = word == "OR"

    def both(a: bool | None, b: bool | None) -> bool | None:
        if decisive in (a, b):
            return decisive
        return None if None in (a, b) else not decisive

    return Term(f" {word} ".join(f"({part.text})" for part in parts), lambda row: reduce(both, [part.holds(row) for part in parts]))


def _quoted(word: str, style: int) -> str:
    plain = " " not in word and style == 0
    return word.swapcase() if plain else f'"{word}"' if style == 1 else f"'{word}'"


def _single(field: str) -> st.SearchStrategy[Term]:
    made = st.tuples(st.sampled_from(["=", "!="]), st.sampled_from(WORDS[field]), st.integers(0, 2))
    return made.map(lambda each: _equal(field, each[0], frozenset({each[1]}), _quoted(each[1], each[2])))


def _several(field: str) -> st.SearchStrategy[Term]:
    made = st.tuples(st.sampled_from(["in", "not in"]), st.lists(st.sampled_from(WORDS[field]), min_size=1, max_size=3), st.integers(0, 2))
    return made.map(lambda each: _equal(field, each[0], frozenset(each[1]), f"({', '.join(_quoted(word, each[2]) for word in each[1])})"))


FIELDS = st.sampled_from(sorted(WORDS))
CLAUSES = st.one_of(
    FIELDS.flatmap(_single),
    FIELDS.flatmap(_several),
    st.builds(_empty, st.sampled_from([*sorted(WORDS), "resolved"]), st.sampled_from(["is", "is not"])),
    st.builds(_moment, st.sampled_from(["updated", "resolved"]), st.sampled_from(sorted(COMPARE)), st.integers(-1, 61)),
)
TERMS = st.recursive(
    CLAUSES,
    lambda inner: st.one_of(inner.map(_not), st.builds(_join, st.sampled_from(["AND", "OR"]), st.lists(inner, min_size=2, max_size=3))),
    max_leaves=8,
)


@given(TERMS)
def test_a_query_finds_what_a_plain_reading_finds(term: Term) -> None:
    expected = [f"TIDE-{number}" for number, row in enumerate(ROWS, start=1) if term.holds(row)]
    assert JIRA.search(f"{term.text} ORDER BY key ASC") == expected


@given(CLAUSES)
def test_a_clause_and_its_denial_never_share_an_issue(term: Term) -> None:
    assert not set(JIRA.search(term.text)) & set(JIRA.search(f"NOT {term.text}"))


def finds_everything(jql: str) -> bool:
    try:
        return len(JIRA.search(jql)) == len(ROWS)
    except JiraRefusal:
        return False


@given(st.text(min_size=1))
@example("*")
@example("-")
@example("1=1")
@example("''=''")
@example("true")
@example("\x00")
def test_garbage_never_finds_everything(text: str) -> None:
    assume(text.strip() and not text.strip().casefold().startswith("order"))
    assert not finds_everything(text)


@given(st.data())
def test_a_query_that_was_cut_or_spoilt_never_finds_everything(data: st.DataObject) -> None:
    jql = 'status = Done AND labels in (red, "green") AND (fixVersion = 1.1 AND updated >= "2026-11-01 00:30") ORDER BY updated'
    start = data.draw(st.integers(0, jql.index(" ORDER")))
    end = data.draw(st.integers(start, len(jql)))
    junk = data.draw(st.text(alphabet="()[]{}=!<>~&|,'\"\\ %#\x00é", max_size=3))
    spoilt = jql[:start] + junk + jql[end:]
    assume(spoilt.strip() and not spoilt.strip().startswith("ORDER"))
    assert not finds_everything(spoilt)


def refusal_of(jql: str) -> JiraRefusal | None:
    try:
        parse(jql)
    except JiraRefusal as refusal:
        return refusal
    return None


@given(st.text())
def test_reading_never_fails_in_any_other_way_than_by_refusal(text: str) -> None:
    refusal = refusal_of(text)
    assert refusal is None or (refusal.status in (400, 501) and str(refusal))
