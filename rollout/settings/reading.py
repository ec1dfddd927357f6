"""Reads rollout.yaml part by part, so that a fault in one hides none in another."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any, TypeVar

from rollout.adapters.files import documents
from rollout.adapters.files.documents import Document, Place, suggestion, validate
from rollout.adapters.files.words import word
from rollout.core.values import Value
from rollout.errors import Fault, FaultsFound, NotFound
from rollout.settings import extensions
from rollout.settings.agreement import disagreements
from rollout.settings.model import FILE, Basics, Settings
from rollout.settings.places import Extension, LedgerSettings, NotifySettings
from rollout.settings.sources import GitSettings, JiraSettings, ReadinessSettings, TrainSettings, WorkSettings
from rollout.settings.strategies import DefaultStrategies, SignoffSettings, StrategySettings

Part = TypeVar("Part", bound=Value)


def load_settings(folder: Path) -> Settings:
    """The settings of the workspace in that folder; reads rollout.yaml and nothing else. Raises NotFound, and FaultsFound with all faults."""
    if not (folder / FILE).exists():
        raise NotFound(f"{folder} is no workspace: it has no {FILE}. Make one with: rollout init {folder}")
    document, *more = documents.read(folder / FILE, FILE)
    if more:
        raise FaultsFound([Fault(FILE, more[0].line(()), "", "begins a second document; keep all settings in one")])
    faults: list[Fault] = []
    basics = validate(document, Basics, faults)
    if not isinstance(document.data, Mapping):
        raise FaultsFound(faults)
    parts = _Parts(document, faults).all()
    faults += disagreements(document)
    if faults or basics is None:
        raise FaultsFound(faults)
    return Settings(folder=folder.absolute(), **dict(basics), **parts)


class _Parts:
    """The sections of one rollout.yaml. What is at fault comes back as None, and is told in `faults`."""

    def __init__(self, document: Document, faults: list[Fault]) -> None:
        self._document = document
        self._data: Mapping[str, Any] = document.data
        self._faults = faults

    def all(self) -> dict[str, Any]:
        self._refuse_unknown()
        strategies = self._named("strategies", StrategySettings)
        return {
            "ledger": self._one("ledger", LedgerSettings, LedgerSettings(url="sqlite:///ledger.sqlite")),
            "jira": self._list("jira", JiraSettings),
            "git": self._one("git", GitSettings, None),
            "desks": self._profiles("desks", extensions.DESKS),
            "executors": self._named_profiles("executors", extensions.EXECUTORS),
            "health": self._named_profiles("health", extensions.HEALTH),
            "readiness": self._one("readiness", ReadinessSettings, ReadinessSettings()),
            "strategies": {name: found.strategy(name) if found else None for name, found in strategies.items()},
            "releases": self._one("releases", DefaultStrategies, DefaultStrategies()),
            "signoff": self._one("signoff", SignoffSettings, SignoffSettings()),
            "train": self._one("train", TrainSettings, TrainSettings()),
            "publish": self._profiles("publish", extensions.PUBLISHERS),
            "notify": self._one("notify", NotifySettings, NotifySettings()),
            "work": self._one("work", WorkSettings, WorkSettings()),
        }

    def _refuse_unknown(self) -> None:
        known = Settings.model_fields.keys() - {"folder"}
        for name in self._data.keys() - known:
            self._fault((name,), f"is not a known field. {suggestion(name, known)}")

    def _one(self, name: str, kind: type[Part], default: Part | None) -> Part | None:
        return default if self._data.get(name) is None else self._valid(kind, (name,))

    def _list(self, name: str, kind: type[Part]) -> tuple[Part | None, ...]:
        return tuple(self._valid(kind, (name, index)) for index, _ in enumerate(self._items(name)))

    def _named(self, name: str, kind: type[Part]) -> dict[str, Part | None]:
        return {each: self._valid(kind, (name, each)) for each in self._entries(name)}

    def _profiles(self, name: str, kinds: extensions.Kinds) -> tuple[Value | None, ...]:
        group = "rollout.publishers" if name == "publish" else f"rollout.{name}"
        found = tuple(self._profile((name, index), data, kinds, group) for index, data in enumerate(self._items(name)))
        for index, each in enumerate(found):
            if isinstance(each, Extension) and not each.name:
                self._fault((name, index, "name"), "is missing")
        return found

    def _named_profiles(self, name: str, kinds: extensions.Kinds) -> dict[str, Value | None]:
        return {each: self._profile((name, each), data, kinds, f"rollout.{name}") for each, data in self._entries(name).items()}

    def _profile(self, place: Place, data: Any, kinds: extensions.Kinds, group: str) -> Value | None:
        """One profile, judged by the model of its type."""
        wanted = data.get("type") if isinstance(data, Mapping) else next(iter(kinds))
        if isinstance(wanted, str) and wanted in kinds:
            return self._valid(kinds[wanted], place)
        if isinstance(wanted, str) and wanted in extensions.installed(group):
            return self._valid(Extension, place)
        known = kinds.keys() | extensions.installed(group).keys()
        if wanted is None:
            self._fault((*place, "type"), f"is missing. {suggestion('', known)}")
        else:
            self._fault((*place, "type"), f"{wanted!r} is not a known type. {suggestion(str(wanted), known)}")
        return None

    def _items(self, name: str) -> list[Any]:
        found = self._data.get(name)
        if found is not None and not isinstance(found, list):
            self._fault((name,), "must be a list; begin each entry with '- '")
        return found if isinstance(found, list) else []

    def _entries(self, name: str) -> Mapping[str, Any]:
        found = self._data.get(name)
        if found is not None and not isinstance(found, Mapping):
            self._fault((name,), "must be a mapping from names to profiles")
        for each in found if isinstance(found, Mapping) else ():
            self._word((name, each), each)
        return found if isinstance(found, Mapping) else {}

    def _word(self, place: Place, name: str) -> None:
        try:
            word(name)
        except ValueError as error:
            self._fault(place, str(error))

    def _valid(self, kind: type[Part], place: Place) -> Part | None:
        return validate(self._document, kind, self._faults, place)

    def _fault(self, place: Place, text: str) -> None:
        self._faults.append(self._document.fault(place, text))
