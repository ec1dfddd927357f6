"""Reads YAML with the line of every field, so that all faults of a file can be told at once.

Duplicate keys are faults. A sound file is read in one pass over its events; only what is odd or at fault is composed again, with its lines.
"""

import difflib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from rollout.adapters.files.scanning import DEEPEST, LOADER, Events, TooDeep, scalar, without_collecting
from rollout.adapters.files.words import brief
from rollout.errors import Fault, FaultsFound

Place = tuple[str | int, ...]
Remark = tuple[Place, str]
Model = TypeVar("Model", bound=BaseModel)


@dataclass
class Document:
    """One YAML document: plain data, and the line (from 1) of each place in it, found when it is first asked for. `faults` are those of its form."""

    file: str
    data: Any = None
    lines: dict[Place, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)
    find_lines: Callable[[], dict[Place, int]] = dict

    def line(self, place: Place) -> int:
        """The line of the place, or of the nearest thing around it."""
        self.lines = self.lines or self.find_lines()
        while place and place not in self.lines:
            place = place[:-1]
        return self.lines.get(place, 1)

    def fault(self, place: Place, text: str) -> Fault:
        """A fault at that place of this document."""
        return Fault(self.file, self.line(place), dotted(place), text)


def dotted(place: Place) -> str:
    """The place as a person writes it: clients[3].tier."""
    text = ""
    for part in place:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text


def read(path: Path, name: str | None = None) -> list[Document]:
    """All documents of a YAML file. Raises FaultsFound if it cannot be read, or is not YAML at all, or repeats a key."""
    file = name or str(path)
    try:
        text = path.read_text(encoding="utf-8-sig")
    except FileNotFoundError:
        raise FaultsFound([Fault(file, 0, "", "there is no such file")]) from None
    except UnicodeDecodeError as error:
        raise FaultsFound([Fault(file, 0, "", f"is not text in UTF-8: byte {error.start + 1} is {error.object[error.start]:#04x}")]) from None
    except OSError as error:
        raise FaultsFound([Fault(file, 0, "", f"cannot be read: {error.strerror}")]) from None
    return parse(text, file)


def parse(text: str, file: str) -> list[Document]:
    """All documents of a YAML text; see `read`."""
    try:
        with without_collecting():
            return _documents(text, file)
    except TooDeep as error:
        raise FaultsFound([Fault(file, error.line, "", f"is nested more than {DEEPEST} deep")]) from None
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise FaultsFound([Fault(file, line, "", f"is not YAML: {error.problem}.{_hint(text, line)}")]) from None
    except yaml.YAMLError as error:
        raise FaultsFound([Fault(file, 0, "", f"is not YAML: {' '.join(str(error).split())}")]) from None


def _hint(text: str, line: int) -> str:
    lines = text.splitlines()[line - 1 : line]
    return " Use spaces, not tabs." if lines and lines[0].lstrip(" ").startswith("\t") else ""


def _documents(text: str, file: str) -> list[Document]:
    events = Events(text)
    documents = [Document(file, data) for data in events.documents()]
    for index, document in enumerate(documents):
        document.find_lines = partial(_lines, text, file, index)
    if events.odd:
        documents = [_document(node, file, limit=10 * len(text) + 1000) for node in yaml.compose_all(text, Loader=LOADER)]
    faults = [fault for document in documents for fault in document.faults]
    if faults:
        raise FaultsFound(faults)
    return documents or [Document(file)]


def model_faults(document: Document, at: Place, error: ValidationError, kind: type[BaseModel]) -> list[Fault]:
    """A model's complaints, each with its line; an unknown field comes with the known one that is closest to it."""
    data = _at(document, at)
    faults = [(each, (*at, *_place(each["loc"], data, is_missing=each["type"] == "missing"))) for each in error.errors()]
    return [document.fault(place, _told(each, kind, place)) for each, place in faults]


def validate(document: Document, kind: type[Model], faults: list[Fault], at: Place = ()) -> Model | None:
    """The part of the document at that place as a model; None, and the complaints added to `faults`, if it does not fit."""
    data = _at(document, at)
    if not isinstance(data, Mapping):
        faults.append(document.fault(at, "is empty" if data is None else f"must be a mapping of fields{_value(at, data)}"))
        return None
    try:
        return kind.model_validate(data)
    except ValidationError as error:
        faults.extend(model_faults(document, at, error, kind))
        return None


def entries(document: Document, section: str) -> list[Any]:
    """The entries of a list section as plain data, whatever else is wrong; none if there is no such list."""
    found = document.data.get(section) if isinstance(document.data, Mapping) else None
    return found if isinstance(found, list) else []


def twice(place: Place, listed: Iterable[Any], field: str) -> Iterator[Remark]:
    """Each entry of the list at that place whose field has the value of an earlier one."""
    first: dict[str, int] = {}
    for index, entry in enumerate(listed):
        value = entry.get(field) if isinstance(entry, Mapping) else None
        if isinstance(value, str) and first.setdefault(value, index) != index:
            yield (*place, index, field), f"{value!r} is the {field} of {dotted((*place, first[value]))} already"


def suggestion(word: str, known: Iterable[str]) -> str:
    """A hint at the known word that was probably meant, or the list of them."""
    words = sorted(known)
    close = difflib.get_close_matches(word, words, n=1, cutoff=0.6)
    return f"Did you mean {close[0]}?" if close else f"Known: {', '.join(words)}." if words else ""


_WORDS = {
    "string_type": "must be text",
    "int_type": "must be a whole number",
    "int_parsing": "must be a whole number",
    "int_from_float": "must be a whole number",
    "float_parsing": "must be a number",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "tuple_type": "must be a list",
    "list_type": "must be a list",
    "frozen_set_type": "must be a list",
    "greater_than_equal": "must be at least {ge}",
    "less_than_equal": "must be at most {le}",
    "dict_type": "must be a mapping of fields",
    "model_type": "must be a mapping of fields",
}


_PRIVATE = frozenset({"feed", "url", "caldav", "password", "token"})


def _value(place: Place, value: Any) -> str:
    """The value for a message; nothing of what may be a secret, or hold one, as private addresses do."""
    return "" if _PRIVATE.intersection(place) or _holds_private(value) else f", is {brief(value)}"


def _holds_private(value: Any) -> bool:
    if isinstance(value, Mapping):
        return any(key in _PRIVATE or _holds_private(inner) for key, inner in value.items())
    return isinstance(value, list) and any(_holds_private(inner) for inner in value)


def _told(each: Any, kind: type[BaseModel], place: Place) -> str:
    if each["type"] == "extra_forbidden":
        names = _fields_at(kind, [part for part in each["loc"][:-1] if isinstance(part, str)])
        return f"is not a known field. {suggestion(str(each['loc'][-1]), names)}".strip()
    if each["type"] == "missing":
        return "is missing"
    if each["type"] == "value_error":
        return str(each["msg"]).removeprefix("Value error, ")
    text = _WORDS.get(each["type"], "").format(**each.get("ctx", {})) or each["msg"].replace("Input should be ", "must be ")
    if each["type"] == "string_type" and isinstance(each["input"], int | float):
        text += ": put it in quotes"
    return f"{text[0].lower()}{text[1:]}{_value(place, each['input'])}"


def _fields_at(kind: type[BaseModel], path: list[str]) -> list[str]:
    """The field names of the model that the path leads to, as far as annotations tell."""
    for part in path:
        info = kind.model_fields.get(part) or next((f for f in kind.model_fields.values() if f.alias == part), None)
        inner = _models_in(info.annotation) if info else []
        if len(inner) != 1:
            continue
        kind = inner[0]
    return [info.alias or name for name, info in kind.model_fields.items()]


def _models_in(annotation: Any) -> list[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return [annotation]
    return [model for part in getattr(annotation, "__args__", ()) for model in _models_in(part)]


def _at(document: Document, place: Place) -> Any:
    data = document.data
    for part in place:
        data = data[part]
    return data


def _place(loc: Sequence[Any], data: Any, *, is_missing: bool) -> Place:
    """Where in the data a model's complaint belongs: the names that the model gives to its own alternatives are left out."""
    place: list[str | int] = []
    for index, part in enumerate(loc):
        if (isinstance(data, Mapping) and part in data) or (isinstance(data, list) and isinstance(part, int)):
            place.append(part)
            data = data[part]
        elif is_missing and index == len(loc) - 1 and isinstance(data, Mapping):
            place.append(part)
    return tuple(place)


def _lines(text: str, file: str, index: int) -> dict[Place, int]:
    with without_collecting():
        nodes = list(yaml.compose_all(text, Loader=LOADER))
        return _document(nodes[index], file, limit=10 * len(text) + 1000).lines


def _document(node: Node, file: str, limit: int) -> Document:
    document = Document(file)
    document.data = _build(node, (), document, limit)
    return document


def _build(node: Node, place: Place, document: Document, limit: int) -> Any:
    document.lines.setdefault(place, node.start_mark.line + 1)
    if len(place) > DEEPEST or len(document.lines) > limit:
        if not document.faults:
            document.faults.append(document.fault(place[:1], "refers to itself, or repeats a part too often"))
        return None
    if isinstance(node, MappingNode):
        return _mapping(node, place, document, limit)
    if isinstance(node, SequenceNode):
        return [_build(item, (*place, index), document, limit) for index, item in enumerate(node.value)]
    return scalar(node.value, node.style) if isinstance(node, ScalarNode) else None


def _mapping(node: MappingNode, place: Place, document: Document, limit: int) -> dict[str, Any]:
    data: dict[str, Any] = {}
    for key_node, value_node in node.value:
        if not isinstance(key_node, ScalarNode):
            document.faults.append(document.fault(place, f"has a key that is not a word, in line {key_node.start_mark.line + 1}"))
            continue
        key = str(key_node.value)
        document.lines[(*place, key)] = key_node.start_mark.line + 1
        if key in data:
            document.faults.append(document.fault((*place, key), "is given twice; keep one"))
        data[key] = _build(value_node, (*place, key), document, limit)
    return data
