"""Brings an iCalendar file among the calendars of a workspace, with a sidecar that says what it means.

It is read in a folder of its own exactly as it will be read among the calendars; one with faults is not let in.
"""

import os
import re
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import yaml

from rollout.adapters.files.calendars import load_calendars
from rollout.adapters.files.components import STATUSES, TRANSPARENCIES, categories, word
from rollout.adapters.files.documents import read as read_yaml
from rollout.adapters.files.events import read_ics, zone_of_calendar
from rollout.adapters.files.ics import Component, parse_ics
from rollout.core.coverage.timed import BlockRule, WindowRule
from rollout.errors import Fault, FaultsFound, NotFound, Refused, RolloutError
from rollout.ports.exchange import Incoming, Skipped, Wish

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")
_ASIDE = frozenset({"VTIMEZONE"})
_FAR_APART = ("Etc/GMT+12", "Etc/GMT-14")


class IcsImport:
    """The import of one file; `shown` is how messages name the folder of the calendars, `timezone` the company's."""

    def __init__(self, file: Path, folder: Path, shown: str, timezone: str) -> None:
        self._file, self._folder, self._shown, self._timezone = file, folder, shown, timezone
        self._contents: dict[str, bytes] = {}
        self._replace = False

    def read(self, wish: Wish, *, replace: bool) -> Incoming:
        """What it would be; nothing is written. Raises FaultsFound, Refused, NotFound."""
        if self._folder.resolve() in self._file.resolve().parents:
            raise Refused(
                f"{self._file} lies among the calendars already. Move it elsewhere first, or write its sidecar {self._file.name}.yaml by hand"
            )
        data = self._data()
        calendars = parse_ics(data, str(self._file))
        name = _name(wish, self._file)
        standing = self._standing(name, replace)
        wanted = standing | _fields(wish, name)
        remarks: list[str] = []
        if "timezone" not in wanted:
            wanted["timezone"] = self._zone(data, calendars, remarks)
        self._replace = replace
        self._contents = {f"{name}.ics": data}
        if wanted != standing:
            self._contents[f"{name}.ics.yaml"] = _sidecar(wanted, self._file.name).encode()
        rule = self._staged(name)
        parts = [part for calendar in calendars for part in calendar.parts if part.name not in _ASIDE]
        whys = [_why_skipped(part, rule, wanted) for part in parts]
        skipped = [_skipped(part, why) for part, why in zip(parts, whys, strict=True) if why]
        files = tuple(f"{self._shown}/{each}" for each in self._contents)
        return Incoming(rule=rule, events=whys.count(""), skipped=tuple(skipped), remarks=tuple(remarks), files=files)

    def write(self) -> None:
        """Put there what was read: each file whole or not at all, and the first goes again if the second cannot be written.

        For the moment between the two the calendars have a fault, and close.
        """
        put: list[Path] = []
        try:
            for name, content in self._contents.items():
                self._put(self._folder / name, content)
                put.append(self._folder / name)
        except OSError as error:
            if not self._replace:
                for path in put:
                    path.unlink()
            if isinstance(error, FileExistsError):
                raise Refused(f"{error.filename2 or error.filename} is there already; nothing was written over it") from None
            raise RolloutError(f"{self._folder} cannot be written: {error.strerror}") from None

    def _put(self, path: Path, content: bytes) -> None:
        beside = path.with_name(f".{path.name}.new")
        with beside.open("wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        try:
            if self._replace:
                beside.replace(path)
            else:
                os.link(beside, path)
        finally:
            beside.unlink(missing_ok=True)

    def _data(self) -> bytes:
        try:
            return self._file.read_bytes()
        except FileNotFoundError:
            raise NotFound(f"there is no file {self._file}") from None
        except OSError as error:
            raise RolloutError(f"{self._file} cannot be read: {error.strerror}") from None

    def _standing(self, name: str, replace: bool) -> dict[str, Any]:
        """What the sidecar says that is there already, if it is to be replaced. Raises Refused if it may not be."""
        ics, sidecar = self._folder / f"{name}.ics", self._folder / f"{name}.ics.yaml"
        there = [path for path in (ics, sidecar) if os.path.lexists(path)]
        if not there:
            return {}
        if not replace:
            raise Refused(f"{self._shown}/{there[0].name} is there already. To put this file in its place: --replace. Or choose another --id")
        documents = read_yaml(sidecar, f"{self._shown}/{sidecar.name}") if sidecar in there else []
        if [document.data.get("id") for document in documents if isinstance(document.data, Mapping)] != [name]:
            raise Refused(f"{self._shown}/{there[-1].name} is not of one rule {name} alone, so it is not replaced. Choose another --id")
        return dict(documents[0].data)

    def _zone(self, data: bytes, calendars: list[Component], remarks: list[str]) -> str:
        """The zone that the file gives itself; the company's for a file in which none matters. Raises FaultsFound."""
        if not any("X-WR-TIMEZONE" in calendar.properties for calendar in calendars):
            apart = [read_ics(data, str(self._file), blocks=True, timezone=zone)[1:] for zone in _FAR_APART]
            if apart[0] == apart[1]:
                return self._timezone
            text = "has whole days or floating times, and no X-WR-TIMEZONE that says where. Say so: --timezone America/Toronto"
            raise FaultsFound([Fault(str(self._file), 0, "", text)])
        zone = zone_of_calendar(calendars, str(self._file))
        remarks.append(f"its whole days and floating times are those of {zone}, as X-WR-TIMEZONE says")
        return zone

    def _staged(self, name: str) -> WindowRule | BlockRule:
        with TemporaryDirectory() as stage:
            folder = Path(stage)
            for each, content in self._contents.items():
                (folder / each).write_bytes(content)
            if len(self._contents) == 1:
                (folder / f"{name}.ics.yaml").write_bytes((self._folder / f"{name}.ics.yaml").read_bytes())
            try:
                (rule,) = load_calendars(folder, self._shown)
            except FaultsFound as error:
                inside = f"{self._shown}/{name}.ics"
                raise FaultsFound([_moved(fault, inside, str(self._file)) for fault in error.faults]) from None
        if not isinstance(rule, WindowRule | BlockRule):
            raise Refused(f"{self._shown}/{name}.ics.yaml is of no window and no block, so it is not replaced. Choose another --id")
        return rule


def _name(wish: Wish, file: Path) -> str:
    """The id of its rule, after which the files are called."""
    name = wish.id or re.sub(r"[^A-Za-z0-9._-]+", "-", file.name.removesuffix(file.suffix)).strip("-._") or "imported"
    if not _ID.fullmatch(name):
        raise Refused(f"{name!r} is no id: it may have letters, digits, dots, dashes and underscores, as in --id acme-window")
    return name


def _fields(wish: Wish, name: str) -> dict[str, Any]:
    """What a sidecar has to say for the wish."""
    said = {
        "kind": wish.kind,
        "id": name,
        "timezone": wish.timezone,
        "scope": {"clients": sorted(wish.clients)} if wish.clients else None,
        "categories": sorted(wish.categories) or None,
        "transparent": None if wish.transparent is None else ("counts" if wish.transparent else "ignored"),
        "why": wish.why,
    }
    return {field: value for field, value in said.items() if value is not None}


def _sidecar(fields: dict[str, Any], origin: str) -> str:
    ordered = {"version": 1, "kind": "block"} | fields
    text = yaml.safe_dump(ordered, sort_keys=False, allow_unicode=True, default_flow_style=False)
    return f"# What {' '.join(origin.split())} means, which stands beside this. Imported by rollout coverage import.\n{text}"


def _moved(fault: Fault, inside: str, outside: str) -> Fault:
    return Fault(outside, fault.line, fault.field, fault.text) if fault.file == inside else fault


def _skipped(part: Component, why: str) -> Skipped:
    return Skipped(line=part.line, what=part.text("SUMMARY") or part.text("UID") or part.name, why=why)


def _why_skipped(part: Component, rule: WindowRule | BlockRule, sidecar: Mapping[str, Any]) -> str:
    """Why a part of a sound file does not count; empty if it does."""
    chosen = frozenset(sidecar.get("categories", ()))
    if part.name not in ("VEVENT", "VAVAILABILITY"):
        return f"is a {part.name}, and no event"
    if chosen and not chosen & categories(part):
        return f"is not of the category {' or '.join(sorted(chosen))}"
    if part.name != "VEVENT":
        return ""
    status = word(part, "STATUS", STATUSES)
    if status == "CANCELLED":
        return "is cancelled"
    if status == "TENTATIVE" and isinstance(rule, WindowRule):
        return "is tentative, and a window opens only for what is sure"
    if word(part, "TRANSP", TRANSPARENCIES) == "TRANSPARENT" and sidecar.get("transparent") != "counts":
        return "is transparent: its calendar shows the time as free. To let such events count: --transparent"
    return ""
