"""Turns YAML text into plain data in one pass over libyaml's events.

Scalars follow YAML 1.2's core schema (`no` and `12:30` stay text), and dates stay text: the models give them meaning. A file of 1,000 clients takes
tens of milliseconds where composing nodes, or pure Python, takes ten times as long.
"""

import gc
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import yaml
from yaml.events import DocumentStartEvent, MappingEndEvent, MappingStartEvent, ScalarEvent, SequenceEndEvent, SequenceStartEvent, StreamEndEvent

DEEPEST = 50
LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

_QUOTED = frozenset("'\"|>")
_MAYBE_NOT_TEXT = frozenset("~nNtTfF+-.0123456789")
_NULL = re.compile(r"~|null|Null|NULL|")
_BOOL = re.compile(r"true|True|TRUE|false|False|FALSE")
_INT = re.compile(r"[-+]?[0-9]{1,100}")
_FLOAT = re.compile(r"[-+]?(\.[0-9]{1,100}|[0-9]{1,100}(\.[0-9]{0,100})?)([eE][-+]?[0-9]{1,100})?")


class TooDeep(Exception):
    """A part is nested deeper than any sound file would be; `line` counts from 1. It is told before libyaml's own recursion could end the process."""

    def __init__(self, line: int) -> None:
        self.line = line


class Events:
    """The data of each document of a text. `odd` then tells that something needs the careful way: an alias, or a key that repeats or is no word."""

    def __init__(self, text: str) -> None:
        self.odd = False
        self._next: Callable[[], Any] = LOADER(text).get_event

    def documents(self) -> Iterator[Any]:
        """Each document's data. Raises TooDeep, and yaml.YAMLError."""
        while not isinstance(event := self._next(), StreamEndEvent):
            if isinstance(event, DocumentStartEvent):
                yield self._value(self._next(), 0)

    def _value(self, event: Any, depth: int) -> Any:
        kind = type(event)
        if kind is ScalarEvent:
            return scalar(event.value, event.style)
        if depth >= DEEPEST:
            raise TooDeep(event.start_mark.line + 1)
        if kind is MappingStartEvent:
            return self._mapping(depth + 1)
        if kind is SequenceStartEvent:
            return self._sequence(depth + 1)
        self.odd = True
        return None

    def _mapping(self, depth: int) -> dict[str, Any]:
        data: dict[str, Any] = {}
        while type(event := self._next()) is not MappingEndEvent:
            word = type(event) is ScalarEvent
            key = event.value if word else str(self._value(event, depth))
            self.odd = self.odd or not word or key in data
            data[key] = self._value(self._next(), depth)
        return data

    def _sequence(self, depth: int) -> list[Any]:
        data = []
        while type(event := self._next()) is not SequenceEndEvent:
            data.append(self._value(event, depth))
        return data


def scalar(text: str, style: str | None) -> Any:
    """What a scalar means: text if it is quoted or looks like nothing else."""
    if style in _QUOTED or (text and text[0] not in _MAYBE_NOT_TEXT):
        return text
    if _NULL.fullmatch(text):
        return None
    if _BOOL.fullmatch(text):
        return text.lower() == "true"
    if _INT.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text


@contextmanager
def without_collecting() -> Iterator[None]:
    """Switch the garbage collector off for a while: it would walk millions of fresh, living objects again and again, for most of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()
