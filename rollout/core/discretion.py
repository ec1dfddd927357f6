"""What may be said in public: JIRA's text on one line, without issue keys, clients' names and characters that do harm. Decides nothing else."""

import re
import unicodedata
from collections.abc import Iterable, Iterator

from rollout.core.redaction import printable

LONGEST = 400
SOME_CLIENT = "a client"
_CASE_MATTERS = 3  # up to that many letters a name is told from a word by its case alone: IT is a client, it is not
_WORD = re.compile(r"[^\W_]+")
_MARKS = re.compile("[\ud800-\udfff\ufdd0-\ufdef\ufeff\ufffe\uffff]")  # halves of characters, and what XML forbids


class Discretion:
    """Knows the JIRA projects, and what the clients are called: their names and ids."""

    def __init__(self, projects: Iterable[str], clients: Iterable[str]) -> None:
        known = "|".join(re.escape(project) for project in sorted(projects, key=len, reverse=True)) or r"(?!)"
        key = rf"(?<![A-Za-z0-9])(?:{known})-[0-9]+"
        keys = rf"{key}(?:\s*(?:[,;/&+]|and)\s*{key})*"
        self._key = re.compile(key, re.IGNORECASE)
        self._aside = re.compile(rf"\s*[(\[]\s*{keys}\s*[)\]]|^\W*{keys}\s*(?:[:,.–—-]+|$)|\s[:–—-]+\s*{keys}\W*$", re.IGNORECASE)
        self._several = re.compile(rf"{key}\s*(?:[,;/&+]|and)\s*{keys}", re.IGNORECASE)
        names = {tuple(_WORD.findall(plain(name))) for name in clients} - {()}
        self._short = {name for name in names if len("".join(name)) <= _CASE_MATTERS}
        self._names = {_caseless(name) for name in names - self._short}
        self._sizes = sorted({len(name) for name in names}, reverse=True)

    def said(self, text: str) -> str:
        """The text as the public may read it; empty where nothing is left of it."""
        return _shortened(self._without_clients(self._without_keys(plain(text))))

    def names_client(self, text: str) -> bool:
        """Whether the text gives a client away."""
        return next(self._found(plain(text)), None) is not None

    def _without_keys(self, text: str) -> str:
        """Keys that stand aside, in brackets or before a colon, are dropped; one in the middle of a sentence is another change."""
        while self._key.search(text):  # a key that is taken out may leave another one behind
            text = self._aside.sub(_gap, text)
            text = self._key.sub("another change", self._several.sub("other changes", text))
        return " ".join(text.split())

    def _without_clients(self, text: str) -> str:
        kept, done = [], 0
        for start, end in self._found(text):
            kept += [text[done:start], SOME_CLIENT]
            done = end
        return "".join([*kept, text[done:]])

    def _found(self, text: str) -> Iterator[tuple[int, int]]:
        """Where clients are named, word for word, whatever stands between the words; the longest name counts."""
        words = list(_WORD.finditer(text))
        at = 0
        while at < len(words):
            size = next((size for size in self._sizes if self._is_name(words[at : at + size], size)), 0)
            if size:
                yield words[at].start(), words[at + size - 1].end()
            at += size or 1

    def _is_name(self, words: list[re.Match[str]], size: int) -> bool:
        said = tuple(word[0] for word in words)
        return len(said) == size and (said in self._short or _caseless(said) in self._names)


def _caseless(words: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(word.casefold() for word in words)


def _gap(match: re.Match[str]) -> str:
    """What is left where something was taken out: nothing before a full stop, a blank otherwise."""
    return "" if match.string[match.end() : match.end() + 1] in tuple(".,;:!?") else " "


def plain(text: str) -> str:
    """The text on one line, without control characters, overrides of the writing direction, and what XML forbids."""
    return " ".join(_MARKS.sub("", unicodedata.normalize("NFC", printable(text))).split())


def _shortened(text: str) -> str:
    """At most so many characters, cut between words."""
    if len(text) <= LONGEST:
        return text
    return f"{text[:LONGEST].rsplit(' ', 1)[0].rstrip()}…"
