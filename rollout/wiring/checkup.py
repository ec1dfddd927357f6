"""Opens a workspace for the doctor: as far as its files allow, with all their faults and everything that can be tried."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TypeVar

from rollout.adapters.files.calendars import load_calendars
from rollout.adapters.files.clients import load_clients
from rollout.adapters.files.holidays import Almanac
from rollout.adapters.files.people import load_people
from rollout.adapters.files.rendering import template_faults
from rollout.adapters.files.starter import resource
from rollout.adapters.files.zones import SystemZones, force_bundled_zones
from rollout.core.clients import Client
from rollout.core.coverage import Coverage, unmatched
from rollout.core.values import ClientId
from rollout.errors import Fault, FaultsFound
from rollout.ports import World
from rollout.settings import FILE, SecretReader, Settings, load_settings
from rollout.settings.model import Basics
from rollout.wiring import Workspace
from rollout.wiring.clock import clock_of
from rollout.wiring.probes import Probe, probes_of

Found = TypeVar("Found")


@dataclass
class Patient:
    """A workspace as the doctor's step wants it: each of its files' faults, what is sound, and what can be tried."""

    faults: tuple[Fault, ...] = ()
    sound: tuple[str, ...] = ()
    unmatched: tuple[Fault, ...] = ()
    system_zones: SystemZones = field(default_factory=SystemZones)
    almanac: Almanac = field(default_factory=Almanac)
    world: World | None = None
    clients: Mapping[ClientId, Client] | None = None
    coverage: Coverage | None = None
    at: datetime | None = None
    knows_people: bool = False
    probes: tuple[Probe, ...] = ()


@contextmanager
def open_patient(folder: Path, at: datetime | None = None, read_block: Callable[[str], str] | None = None) -> Iterator[Patient]:
    """The workspace in that folder, to be examined as if it were `at`; what was built of it is closed at the end. Raises NotFound if it is none."""
    force_bundled_zones()
    with ExitStack() as closing:
        yield _Checkup(folder, at).patient(SecretReader(folder.absolute(), read_block), closing)


class _Checkup:
    def __init__(self, folder: Path, at: datetime | None) -> None:
        self._folder = folder
        self._at = at
        self._faults: list[Fault] = []
        self._sound: list[str] = []

    def patient(self, secrets: SecretReader, closing: ExitStack) -> Patient:
        settings = self._read(FILE, lambda: load_settings(self._folder))
        if settings is None:
            return self._alone()
        clock = clock_of(settings, self._at, reading=True)
        return self._whole(settings, Workspace(settings, secrets, closing, clock), clock)

    def _alone(self) -> Patient:
        """What can be read without the settings: the other files, where they usually are."""
        usual = {name: str(info.default) for name, info in Basics.model_fields.items()}
        clients, people, calendars = usual["clients"], usual["people"], usual["calendars"]
        self._read(clients, lambda: load_clients(self._folder / clients, clients, self._folder, None, None))
        self._read(people, lambda: load_people(self._folder / people, people))
        self._read(calendars, lambda: load_calendars(self._folder / calendars, calendars))
        return Patient(faults=tuple(self._faults), sound=tuple(self._sound))

    def _whole(self, settings: Settings, workspace: Workspace, clock: Callable[[], datetime]) -> Patient:
        people = self._read(settings.people, lambda: load_people(settings.path(settings.people), settings.people))
        clients = self._read(settings.clients, workspace.clients)
        rules = self._read(settings.calendars, workspace.calendars.rules)
        at = self._read(settings.clock, clock) if settings.clock else clock()
        self._faults += template_faults(settings.path("templates"), resource("templates"))
        world = workspace.world(people or {})
        return Patient(
            faults=tuple(self._faults),
            sound=tuple(self._sound),
            unmatched=tuple(unmatched(rules, clients.values())) if rules is not None and clients is not None else (),
            world=world,
            clients=clients,
            coverage=None if rules is None or clients is None else workspace.calendars.coverage(),
            at=at,
            knows_people=people is not None,
            probes=probes_of(settings, world, clients or {}, workspace.asked),
        )

    def _read(self, name: str, read: Callable[[], Found]) -> Found | None:
        """What is read, or None and its faults."""
        try:
            found = read()
        except FaultsFound as error:
            self._faults += error.faults
            return None
        self._sound.append(name)
        return found
