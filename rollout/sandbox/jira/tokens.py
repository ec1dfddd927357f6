"""Cuts JQL into tokens. What cannot be cut is refused in JIRA's words, with line and character."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

from rollout.sandbox.jira.refusals import JiraRefusal

_RESERVED = "{}*/%+^$#@?;"
_TOKEN = re.compile(
    r"""(?P<quoted>"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*')"""
    r"""|(?P<operator>!=|!~|<=|>=|=|<|>|~)"""
    r"""|(?P<mark>&&?|\|\|?|[!(),\[\]])"""
    r"""|(?P<word>(?:[^\s"'=!<>~&|(),\[\]{}*/%+^$#@?;\\]|\\.)+)""",
    re.DOTALL,
)
_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_PLAIN_ESCAPES = {"t": "\t", "n": "\n", "r": "\r", "\\": "\\", "'": "'", '"': '"', " ": " "}
_MARKS_AS_WORDS = {"&": "AND", "&&": "AND", "|": "OR", "||": "OR", "!": "NOT"}
KEYWORDS = frozenset({"and", "or", "not", "in", "is", "order", "by", "empty", "null", "was", "changed"})


@dataclass(frozen=True)
class Token:
    """`kind` is word, quoted, operator, mark or end; `text` has its escapes resolved; `place` is where it stands, as JIRA says it."""

    kind: str
    text: str
    place: str

    def says(self, word: str) -> bool:
        """Whether it is this word, in any case and without quotes."""
        return self.kind == "word" and self.text.casefold() == word


def bad_jql(text: str, place: str = "") -> JiraRefusal:
    """The refusal of a query that cannot be read."""
    return JiraRefusal(400, f"Error in the JQL Query: {text}{' ' + place if place else ''}")


def tokens(jql: str) -> Iterator[Token]:
    """The tokens of the query, and one that marks its end."""
    at = 0
    while at < len(jql):
        if jql[at].isspace():
            at += 1
            continue
        place = _place(jql, at)
        match = _TOKEN.match(jql, at)
        if match is None:
            raise _unreadable(jql, at, place)
        yield _token(match, place)
        at = match.end()
    yield Token("end", "", "")


def _place(jql: str, at: int) -> str:
    return f"(line {jql.count(chr(10), 0, at) + 1}, character {at - jql.rfind(chr(10), 0, at)})"


def _unreadable(jql: str, at: int, place: str) -> JiraRefusal:
    sign = jql[at]
    if sign in "\"'":
        return bad_jql(f"The quoted string '{jql[at + 1 :]}' has not been completed.", place)
    if sign in _RESERVED:
        hint = f"You must enclose it in a string or use the escape '\\u{ord(sign):04x}' instead."
        return bad_jql(f"The character '{sign}' is a reserved JQL character. {hint}", place)
    return bad_jql(f"The character '{sign}' cannot be read.", place)


def _token(match: re.Match[str], place: str) -> Token:
    kind, text = str(match.lastgroup), match.group()
    if kind == "quoted":
        return Token("quoted", _unescaped(text[1:-1], place), place)
    if kind == "word":
        return Token("word", _unescaped(text, place), place)
    if kind == "mark" and text in _MARKS_AS_WORDS:
        return Token("word", _MARKS_AS_WORDS[text], place)
    return Token(kind, text, place)


def _unescaped(text: str, place: str) -> str:
    def plain(match: re.Match[str]) -> str:
        escape = match.group(1)
        if escape in _PLAIN_ESCAPES:
            return _PLAIN_ESCAPES[escape]
        if len(escape) == 5:
            return chr(int(escape[1:], 16))
        valid = r"'\'', '\"', '\t', '\n', '\r', '\\', '\ ' and '\uXXXX'"
        raise bad_jql(f"'\\{escape}' is an illegal JQL escape sequence. The valid escape sequences are {valid}.", place)

    return _ESCAPE.sub(plain, text)
