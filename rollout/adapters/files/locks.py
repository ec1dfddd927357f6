"""Lock files of holidays on disk. A sync writes `dates` and `generator` anew, and leaves every other line of the file as it stands."""

import os
import re
from dataclasses import dataclass, field
from pathlib import Path

import yaml

from rollout.adapters.files.documents import parse, read, validate
from rollout.core.coverage.locks import PACKAGE, Lock, Place, digest_of, lock_of
from rollout.core.coverage.timed import WHOLE_DAY, BlockRule, ExceptDay
from rollout.errors import Fault, FaultsFound, Refused, RolloutError

_KEY = re.compile(r"([A-Za-z_]+)[ \t]*:")
_REMARK = re.compile(r"[ \t]+([0-9-]{10}):.*?([ \t]#.*)")
_NEW = """\
# The public holidays of {place}, as the holidays package lists them. Review it as you would code: nothing asks that package when a deployment
# is decided. `rollout coverage holidays sync` writes `dates` anew; what the company decides stands under `except`, which no sync touches:
# except:
# - {{date: 2026-12-24, hours: ["12:00-24:00"], why: Christmas Eve}}      # a day more, or a part of it
# - {{date: 2026-12-26, why: the desk is open}}                           # a day less
# `generator` stays last, as the sign that the file is whole.
version: 1
kind: block
id: {rule}
timezone: {timezone}
{scope}why: public holiday
"""


@dataclass
class _Section:
    """A field of the document: the comments above it, and its own lines."""

    key: str
    above: list[str] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)


class LockFiles:
    """The lock files of one folder of calendars. `shown` stands for the folder; `timezone` is the company's, for new files."""

    def __init__(self, folder: Path, shown: str, timezone: str) -> None:
        self._folder, self._shown, self._timezone = folder, shown, timezone

    def name(self, place: Place) -> str:
        """The name of the place's file, as people are told it."""
        return f"{self._shown}/{self._path(place).relative_to(self._folder).as_posix()}"

    def find(self, place: Place) -> tuple[BlockRule, Lock] | None:
        """What the place's file says; None if there is none. Raises FaultsFound, and Refused for a file that no sync wrote."""
        path, name = self._path(place), self.name(place)
        if not path.exists():
            return None
        documents, faults = read(path, name), list[Fault]()
        rule = validate(documents[0], BlockRule, faults)
        if len(documents) > 1:
            faults.append(Fault(name, 0, "", "holds more than the one rule that a sync would write; move the others to a file of their own"))
        if rule is None or faults:
            raise FaultsFound(faults)
        try:
            lock = lock_of(rule)
        except ValueError as error:
            raise Refused(f"{name}: {error}") from None
        if lock is None or lock.place != place:
            raise Refused(f"{name} was not written by a sync of {place}: its generator does not say so. Rename it, and sync again.")
        return rule, lock

    def text(self, lock: Lock, edits: tuple[ExceptDay, ...] = (), *, staff: bool = False) -> str:
        """The place's file with the dates of the lock, and with those edits among its exceptions. A new one is for `staff` only if so asked."""
        place = lock.place
        if not self._path(place).exists():
            scope = "scope: staff          # closes nothing: it takes away the people whose shifts name it\n" if staff else ""
            before = _NEW.format(place=place, rule=place.rule, timezone=self._timezone, scope=scope)
        else:
            before = self._path(place).read_text(encoding="utf-8-sig")
        sections = _sections(before)
        if edits:
            _except(sections, edits)
        sections.sort(key=lambda section: section.key == "generator")
        _replace(sections, "dates", ["dates:", *(f"  {day}: {_scalar(name)}" for day, name in sorted(lock.dates.items()))])
        _replace(sections, "generator", [_generator(lock)])
        text = "\n".join(line for section in sections for line in (*section.above, *section.lines)) + "\n"
        self._check(lock, text)
        return text

    def _check(self, lock: Lock, text: str) -> None:
        """Raise Refused unless the text says what it should: the file that it grew from may be written in a way that was not foreseen."""
        try:
            (document,) = parse(text, self.name(lock.place))
            written = validate(document, BlockRule, faults := list[Fault]())
        except FaultsFound as error:
            written, faults = None, error.faults
        if written is None or written.dates != lock.dates:
            why = f": {faults[0].text}" if faults else ""
            raise Refused(f"{self.name(lock.place)} cannot be updated as it is written{why}. Let dates: and generator: begin a line, without quotes.")

    def differs(self, place: Place, text: str) -> bool:
        """Whether the place's file does not hold this text already."""
        path = self._path(place)
        return not path.exists() or path.read_bytes() != text.encode()

    def write(self, place: Place, text: str) -> None:
        """Put the text into the place's file, all of it or nothing. Raises RolloutError."""
        path = self._path(place).resolve()
        draft = path.with_name(f".{path.name}.draft")
        try:
            with draft.open("w", encoding="utf-8", newline="\n") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            if path.exists():
                draft.chmod(path.stat().st_mode)
            draft.replace(path)
        except OSError as error:
            draft.unlink(missing_ok=True)
            raise RolloutError(f"{self.name(place)} cannot be written: {error.strerror}") from None

    def _path(self, place: Place) -> Path:
        name = f"{place.rule}.lock.yaml"
        return next(iter(sorted(self._folder.rglob(name))), self._folder / name)


def _sections(text: str) -> list[_Section]:
    """The fields of a document in the order in which they stand; comments right above a field are its own."""
    sections = [_Section("")]
    for line in text.splitlines():
        key = _KEY.match(line)
        if key:
            sections.append(_Section(key[1], _remarks_at_the_end(sections[-1]) if len(sections) > 1 else []))
        sections[-1].lines.append(line)
    return sections


def _remarks_at_the_end(section: _Section) -> list[str]:
    """The comments at the end of a section, taken out of it. Those at the head of a document are nobody's but its own."""
    above: list[str] = []
    while section.lines[-1].startswith("#"):
        above.insert(0, section.lines.pop())
    return above


def _replace(sections: list[_Section], key: str, lines: list[str]) -> None:
    """Give the field these lines; it stays where it stands, or becomes the last."""
    section = next((one for one in sections if one.key == key), None)
    if section is None:
        sections.append(section := _Section(key))
    section.lines = lines


def _except(sections: list[_Section], edits: tuple[ExceptDay, ...]) -> None:
    """Add to the exceptions, which are written one on a line; where there are none yet, above the dates."""
    said = {found[1]: found[2] for one in sections if one.key == "dates" for line in one.lines if (found := _REMARK.fullmatch(line))}
    lines = [f"- {{date: {one.date}{_hours(one)}, why: {_scalar(one.why, flow=True)}}}{said.get(str(one.date), '')}" for one in edits]
    section = next((one for one in sections if one.key == "except"), None)
    if section is None:
        place = next((number for number, one in enumerate(sections) if one.key == "dates"), len(sections))
        sections.insert(place, _Section("except", lines=["except:", *lines]))
        return
    if section.lines[0].split("#")[0].strip() != "except:":
        raise Refused("cannot add to except as it is written: put each exception on a line of its own below except:, beginning with - ")
    indent = next((len(line) - len(line.lstrip()) for line in section.lines[1:] if line.lstrip().startswith("- ")), 0)
    end = max(number for number, line in enumerate(section.lines, 1) if line.strip())
    section.lines[end:end] = [" " * indent + line for line in lines]


def _hours(one: ExceptDay) -> str:
    return ', hours: ["00:00-24:00"]' if one.hours == WHOLE_DAY else ""


def _generator(lock: Lock) -> str:
    told = {
        PACKAGE: f'"{lock.version}"',
        "country": lock.place.country,
        "subdivision": lock.place.subdivision,
        "categories": f"[{', '.join(lock.categories)}]",
        "language": lock.language or "",
        "years": f"{lock.first}-{lock.last}",
        "digest": f'"{digest_of(lock.dates)}"',
    }
    return f"generator: {{{', '.join(f'{name}: {value}' for name, value in told.items() if value)}}}"


def _scalar(text: str, *, flow: bool = False) -> str:
    """The text as YAML writes it, in quotes where it has to be."""
    dumped = yaml.safe_dump({"": text}, allow_unicode=True, width=10**6, default_flow_style=flow).strip()
    return dumped.removeprefix("{").removesuffix("}").partition(": ")[2] if flow else dumped.partition(": ")[2]
