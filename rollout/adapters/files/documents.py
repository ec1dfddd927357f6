"""Reads YAML with the line of every field, so that all faults of a file can be told at once.

Scalars follow YAML 1.2's core schema (`no` and `12:30` stay text), duplicate keys are faults, and dates stay text: the models give them meaning.
libyaml does the scanning: a file of 1,000 clients takes tens of milliseconds where pure Python takes seconds.
"""

import difflib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import yaml
from pydantic import BaseModel, ValidationError
from yaml.nodes import MappingNode, Node, ScalarNode, SequenceNode

from rollout.errors import Fault, FaultsFound

Place = tuple[str | int, ...]
Model = TypeVar("Model", bound=BaseModel)

_NULL = re.compile(r"~|null|Null|NULL|")
_BOOL = re.compile(r"true|True|TRUE|false|False|FALSE")
_INT = re.compile(r"[-+]?[0-9]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?")


@dataclass
class Document:
    """One YAML document: plain data, and the line (from 1) of each place in it. `faults` are those of its form."""

    file: str
    data: Any = None
    lines: dict[Place, int] = field(default_factory=dict)
    faults: list[Fault] = field(default_factory=list)

    def line(self, place: Place) -> int:
        """The line of the place, or of the nearest thing around it."""
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
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise FaultsFound([Fault(file, 0, "", "there is no such file")]) from None
    except (OSError, UnicodeDecodeError) as error:
        raise FaultsFound([Fault(file, 0, "", f"cannot be read: {error}")]) from None
    return parse(text, file)


def parse(text: str, file: str) -> list[Document]:
    """All documents of a YAML text; see `read`."""
    try:
        nodes = list(yaml.compose_all(text, Loader=_LOADER))
    except yaml.MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark else 0
        raise FaultsFound([Fault(file, line, "", f"is not YAML: {error.problem}")]) from None
    except yaml.YAMLError as error:
        raise FaultsFound([Fault(file, 0, "", f"is not YAML: {error}")]) from None
    documents = [_document(node, file) for node in nodes]
    faults = [fault for document in documents for fault in document.faults]
    if faults:
        raise FaultsFound(faults)
    return documents or [Document(file)]


def model_faults(document: Document, at: Place, error: ValidationError, kind: type[BaseModel]) -> list[Fault]:
    """A model's complaints, each with its line; an unknown field comes with the known one that is closest to it."""
    return [document.fault((*at, *_place(each["loc"])), _told(each, kind)) for each in error.errors()]


def validate(document: Document, kind: type[Model], faults: list[Fault], at: Place = ()) -> Model | None:
    """The part of the document at that place as a model; None, and the complaints added to `faults`, if it does not fit."""
    data = document.data
    for part in at:
        data = data[part]
    if not isinstance(data, Mapping):
        faults.append(document.fault(at, f"must be a mapping of fields, is {_shown(data)}"))
        return None
    try:
        return kind.model_validate(data)
    except ValidationError as error:
        faults.extend(model_faults(document, at, error, kind))
        return None


def suggestion(word: str, known: Iterable[str]) -> str:
    """A hint at the known word that was probably meant, or the list of them."""
    words = sorted(known)
    close = difflib.get_close_matches(word, words, n=1, cutoff=0.6)
    return f"Did you mean {close[0]}?" if close else f"Known: {', '.join(words)}." if words else ""


def _told(each: Any, kind: type[BaseModel]) -> str:
    if each["type"] == "extra_forbidden":
        names = _fields_at(kind, [part for part in each["loc"][:-1] if isinstance(part, str)])
        return f"is not a known field. {suggestion(str(each['loc'][-1]), names)}".strip()
    if each["type"] == "missing":
        return "is missing"
    text = str(each["msg"]).removeprefix("Value error, ")
    return f"{text[0].lower()}{text[1:]}, is {_shown(each['input'])}" if each["type"] != "value_error" else text


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


def _place(loc: Iterable[Any]) -> Place:
    return tuple(part for part in loc if isinstance(part, str | int))


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 60 else text[:57] + "..."


def _document(node: Node, file: str) -> Document:
    document = Document(file)
    document.data = _build(node, (), document, depth=0)
    return document


def _build(node: Node, place: Place, document: Document, depth: int) -> Any:
    document.lines.setdefault(place, node.start_mark.line + 1)
    if depth > 50:
        document.faults.append(document.fault(place, "is nested too deeply, or refers to itself"))
        return None
    if isinstance(node, MappingNode):
        return _mapping(node, place, document, depth)
    if isinstance(node, SequenceNode):
        return [_build(item, (*place, index), document, depth + 1) for index, item in enumerate(node.value)]
    return _scalar(node) if isinstance(node, ScalarNode) else None


def _mapping(node: MappingNode, place: Place, document: Document, depth: int) -> dict[str, Any]:
    data: dict[str, Any] = {}
    for key_node, value_node in node.value:
        key = str(key_node.value)
        document.lines[(*place, key)] = key_node.start_mark.line + 1
        if key in data:
            document.faults.append(document.fault((*place, key), "is given twice; keep one"))
        data[key] = _build(value_node, (*place, key), document, depth + 1)
    return data


def _scalar(node: ScalarNode) -> Any:
    text = node.value
    if node.style in _QUOTED:
        return text
    if _NULL.fullmatch(text):
        return None
    if _BOOL.fullmatch(text):
        return text.lower() == "true"
    if _INT.fullmatch(text):
        return int(text)
    return float(text) if _FLOAT.fullmatch(text) else text


_QUOTED = frozenset("'\"|>")
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
