"""Reads the YAML of a calendar within bounds: whoever may write one must not be able to stop those who read all of them."""

import os
from pathlib import Path
from typing import Any

from rollout.adapters.files.calendar_folder import LARGEST, content_of
from rollout.adapters.files.documents import Document, parse
from rollout.errors import Fault, FaultsFound

LARGEST_FILE = LARGEST[".yaml"]
MOST_VALUES = 20_000


def calendar_documents(path: Path, file: str) -> tuple[str, list[Document]]:
    """The text of a YAML file, and its documents. `file` stands for it in faults. Raises FaultsFound; FileNotFoundError if it is gone."""
    text = _text(path, file)
    documents = parse(text, file)
    faults = [fault for document in documents for fault in _too_large(document)]
    if faults:
        raise FaultsFound(faults)
    return text, documents


def _text(path: Path, file: str) -> str:
    line, fault = 0, ""
    try:
        data = content_of(path)
        if len(data) > LARGEST_FILE:
            fault = f"has more than {LARGEST_FILE} bytes, which is the most that a calendar may have; split it"
        elif b"\0" in data:
            line, fault = data[: data.index(b"\0")].count(b"\n") + 1, "holds a NUL byte: it is damaged, or not text in UTF-8; save it again as UTF-8"
        else:
            return data.decode("utf-8-sig").replace("\r\n", "\n").replace("\r", "\n")
    except UnicodeDecodeError:
        fault = "is not text in UTF-8; save it again as UTF-8"
    except OSError as error:
        if isinstance(error, FileNotFoundError) and not os.path.lexists(path):
            raise
        fault = f"cannot be read: {error.strerror}"
    raise FaultsFound([Fault(file, line, "", fault)])


def _too_large(document: Document) -> list[Fault]:
    """A fault if one rule holds more values than anybody would write: each that is wrong costs a message."""
    found, waiting = 0, [document.data]
    while waiting and found <= MOST_VALUES:
        inner = _values(waiting.pop())
        found += len(inner)
        waiting += inner
    return [document.fault((), f"holds more than {MOST_VALUES} values in one rule; split it")] if found > MOST_VALUES else []


def _values(value: Any) -> list[Any]:
    if isinstance(value, dict):
        return list(value.values())
    return value if isinstance(value, list) else []
