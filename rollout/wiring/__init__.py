"""From a workspace's settings to a World of ports. Nothing else names adapters; nothing is built before it is used."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import date, datetime
from functools import cache
from pathlib import Path
from typing import Any, TypeVar

from rollout.adapters.files.clients import load_clients
from rollout.adapters.files.people import load_people
from rollout.adapters.files.starter import StarterFiles, resource
from rollout.adapters.files.zones import force_bundled_zones, zone_data_version
from rollout.core.clients import Client
from rollout.core.signoffs import Person
from rollout.core.values import ClientId, PersonId, Value
from rollout.ports import History, IssueTracker, Ledger, Mailer, World
from rollout.settings import SecretReader, Settings, load_settings
from rollout.wiring import builders
from rollout.wiring.builders import Asked, Builder
from rollout.wiring.calendars import Calendars
from rollout.wiring.clock import clock_of
from rollout.wiring.feeds import FeedWatch, feeds_of
from rollout.wiring.ondemand import OnDemand, deferred
from rollout.wiring.owner import alive, owner
from rollout.wiring.policies import policies_of

__all__ = ["StarterFiles", "open_world", "resource"]

Thing = TypeVar("Thing")


@contextmanager
def open_world(
    folder: Path,
    at: datetime | None = None,
    *,
    reading: bool = False,
    read_block: Callable[[str], str] | None = None,
) -> Iterator[World]:
    """The workspace in that folder; what was built of it is closed at the end.

    `at` stops the clock at that moment, in a sandbox or for `reading`. `read_block` reads a Prefect block that holds a secret. rollout.yaml and
    people.yaml are read now, everything else when it is first used. Raises NotFound, FaultsFound, Refused.
    """
    force_bundled_zones()
    settings = load_settings(folder)
    with ExitStack() as closing:
        yield Workspace(settings, SecretReader(settings.folder, read_block), closing, clock_of(settings, at, reading)).world()


class Workspace:
    """Builds the parts of one workspace; what has to be closed is given to `closing`."""

    def __init__(self, settings: Settings, secrets: SecretReader, closing: ExitStack, clock: Callable[[], datetime]) -> None:
        self.settings = settings
        self._clock = clock
        self._secrets = secrets
        self._closing = closing
        self._kept = deferred(self._ledger)
        folder, name = settings.path(settings.calendars), settings.calendars
        watch = FeedWatch(folder, name, settings.folder, clock)
        self.clients = cache(self._clients)
        self.calendars = Calendars(folder, name, settings.timezone, self._approved_days, watch, lambda: self.clients().values())
        self._renderer = cache(self._make_renderer)

    def world(self, people: Mapping[PersonId, Person] | None = None) -> World:
        """The whole of it; `people` are those of people.yaml unless they are given."""
        settings = self.settings
        known = load_people(settings.path(settings.people), settings.people) if people is None else people
        return World(
            policies=policies_of(settings, known),
            ledger=self._kept,
            clock=self._clock,
            owner=owner(),
            alive=alive,
            trackers=self._trackers(),
            history=deferred(self._history) if settings.git else None,
            clients=self.clients,
            coverage=self.calendars.coverage,
            calendars=self.calendars.digest,
            feeds=deferred(lambda: feeds_of(settings.path(settings.calendars), settings.calendars, settings.folder, self._secrets)),
            zone_data=zone_data_version(),
            executors=self._table("executors", settings.executors, builders.EXECUTORS),
            health=self._table("health", settings.health, builders.HEALTH),
            desks=self._table("desks", {each.name: each for each in settings.desks}, builders.DESKS),
            mailer=self._mailer(),
            publishers=self._table("publishers", {each.name: each for each in settings.publish}, builders.PUBLISHERS),
            render=self._render,
        )

    def asked(self, name: str, settings: Value) -> Asked:
        """The question to a builder."""
        return Asked(name, settings, self.settings.folder, self._secrets)

    def _clients(self) -> dict[ClientId, Client]:
        settings = self.settings
        needs = ({name: each.needs for name, each in profiles.items()} for profiles in (settings.executors, settings.health))
        return load_clients(settings.path(settings.clients), settings.clients, settings.folder, *needs)

    def _table(self, port: str, profiles: Mapping[str, Value], table: Mapping[str, Builder[Thing]]) -> OnDemand[Thing]:
        def maker(name: str) -> Callable[[], Thing]:
            return lambda: self._closed(builders.build(table, f"rollout.{port}", self.asked(name, profiles[name])))

        return OnDemand({name: maker(name) for name in profiles})

    def _trackers(self) -> tuple[IssueTracker, ...]:
        desk = self.settings.desks[0].name if self.settings.desks else ""

        def maker(asked: Asked) -> Callable[[], IssueTracker]:
            return lambda: self._closed(builders.TRACKERS["jira"](asked, desk))

        return tuple(deferred(maker(self.asked(each.name, each)), name=each.name, projects=each.projects) for each in self.settings.jira)

    def _history(self) -> History:
        from rollout.adapters.git import GitHistory

        assert self.settings.git is not None
        return GitHistory(self.settings.path(self.settings.git.path), self.settings.git.branch)

    def _mailer(self) -> Mailer | None:
        mail = self.settings.notify.mail
        return None if mail is None else deferred(lambda: builders.mailer(self.asked("mail", mail)))

    def _ledger(self) -> Ledger:
        from rollout.ledger import open_ledger

        kept = self.settings.ledger
        url = self._secrets.read(kept.secret, "ledger", "url") if kept.secret else kept.url or ""
        return self._closed(open_ledger(url, self.settings.folder))

    def _approved_days(self) -> frozenset[tuple[str, date]]:
        with self._kept.read() as tx:
            return frozenset((one.rule, one.day) for one in tx.approved_days())

    def _render(self, name: str, values: Mapping[str, Any]) -> str:
        return self._renderer()(name, values)

    def _make_renderer(self) -> Callable[[str, Mapping[str, Any]], str]:
        from rollout.adapters.files.rendering import Renderer

        return Renderer((self.settings.path("templates"), resource("templates")))

    def _closed(self, thing: Thing) -> Thing:
        close = getattr(thing, "close", None)
        if close is not None:
            self._closing.callback(close)
        return thing
