"""The calendars that we publish, as files: reads what an earlier one said, and puts a new one in its place."""

import os
import re
from datetime import datetime
from pathlib import Path

from rollout.adapters.files.components import sequence, uid_of
from rollout.adapters.files.ics import Component, Property, parse_ics, unescaped
from rollout.adapters.files.ics_times import Unreadable
from rollout.core.calendar_text import Edition, is_content
from rollout.errors import Fault, FaultsFound, NotFound, Refused, RolloutError

FEED = "X-ROLLOUT-FEED"
_SHOWN = re.compile(r"[0-9]{8}(T[0-9]{6}Z)?")


def read_edition(path: Path, feed: str) -> dict[str, Edition]:
    """The events of an earlier export of that feed, by UID. Raises NotFound, FaultsFound; and Refused for a file that is something else."""
    try:
        data = path.read_bytes()
    except FileNotFoundError:
        raise NotFound(f"there is no {path}; leave --previous out for a first export") from None
    except OSError as error:
        raise RolloutError(f"{path} cannot be read: {error.strerror}") from None
    calendars = parse_ics(data, str(path))
    told = {unescaped(one.value) for calendar in calendars for one in calendar.properties.get(FEED, ())}
    if told != {feed}:
        what = f"holds the feed {', '.join(sorted(told))!r}" if told else "is no export of ours"
        raise Refused(f"{path} {what}, and not {feed!r}: its events would be taken back. Name another file")
    try:
        return {edition.uid: edition for calendar in calendars for edition in map(_edition, calendar.parts)}
    except Unreadable as error:
        raise FaultsFound([Fault(str(path), error.line, error.name, str(error))]) from None


def write_edition(path: Path, text: str) -> None:
    """Put the calendar there, whole or not at all. Raises RolloutError."""
    beside = path.with_name(f".{path.name}.new")
    try:
        with beside.open("wb") as file:
            file.write(text.encode())
            file.flush()
            os.fsync(file.fileno())
        beside.replace(path)
    except OSError as error:
        raise RolloutError(f"{path} cannot be written: {error.strerror}") from None


def _edition(part: Component) -> Edition:
    for name in ("DTSTART", "DTSTAMP"):
        found = part.first(name)
        if found is None or not _is_shown(found.value):
            raise Unreadable(found.line if found else part.line, name, "is not as we wrote it; restore the file, or delete it for a first export")
    content = tuple(_line(found) for name, several in part.properties.items() if is_content(name) for found in several)
    return Edition(uid_of(part), content, sequence(part), part.text("DTSTAMP"))


def _is_shown(text: str) -> bool:
    try:
        return _SHOWN.fullmatch(text) is not None and bool(datetime.fromisoformat(text))
    except ValueError:
        return False


def _line(found: Property) -> str:
    return f"{found.name}{''.join(f';{name}={value}' for name, value in found.params.items())}:{found.value}"
