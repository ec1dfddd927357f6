"""Makes JIRA's text harmless to show: it is data, and stays data."""

import re
from functools import lru_cache
from typing import Any

LONGEST_SUMMARY = 500
_UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")


def clean(text: str) -> str:
    """The text without control characters (but tabs and line ends), overrides of the writing direction, and halves of characters."""
    return text if text.isascii() and text.isprintable() else _UNSAFE.sub("", text)


def one_line(text: str) -> str:
    """The text, clean, on one line."""
    if text.isascii() and text.isprintable() and "  " not in text:
        return text.strip()
    return " ".join(clean(text.replace("\r", "\n")).split())


@lru_cache(maxsize=10_000)
def label(text: str) -> str:
    """A name that many issues share (of a status, a component, an option): clean, on one line."""
    return one_line(text)


def summary(text: str) -> str:
    """An issue's summary: one line, cut at 500 characters with a mark."""
    line = one_line(text)
    return line if len(line) <= LONGEST_SUMMARY else f"{line[: LONGEST_SUMMARY - 1].rstrip()}…"


def texts(value: Any) -> tuple[str, ...]:
    """What a field's value says, whatever its type: text, number, option (with its child), version, user, or a list of these."""
    if isinstance(value, str):
        text = clean(value).strip()
        return (text,) if text else ()
    if value is None or value is False:
        return ()
    if isinstance(value, dict):
        return (*_said(value), *texts(value.get("child"))) if "child" in value else _said(value)
    if isinstance(value, list):
        return tuple(text for each in value for text in texts(each))
    return ("yes" if value is True else str(int(value)) if isinstance(value, float) and value.is_integer() else str(value),)


def _said(value: dict[str, Any]) -> tuple[str, ...]:
    """What an option, a version or a user is called."""
    for name in ("value", "name", "displayName", "key"):
        if value.get(name):
            return (label(value[name]),)
    return ()
