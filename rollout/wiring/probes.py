"""What can be tried of a workspace's connections, each on its own, without changing anything."""

import os
import shutil
import smtplib
import ssl
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path

from rollout.core.clients import Client, Target, target
from rollout.core.coverage.freshness import distrust
from rollout.core.delivery import span
from rollout.core.placeholders import template
from rollout.core.values import ClientId, Value, Version
from rollout.errors import FaultsFound, NotFound, RolloutError, Unauthorized, Unreachable
from rollout.ports import IssueTracker, World
from rollout.ports.feeds import Subscribed
from rollout.settings import Settings
from rollout.settings.places import CommandExecutorSettings, FolderSettings, LedgerSettings, MailSettings, PagesSettings
from rollout.wiring.builders import Asked

Probe = tuple[str, Callable[[], str], str]
Asking = Callable[[str, Value], Asked]
_SHOWN = 5


def probes_of(settings: Settings, world: World, clients: Mapping[ClientId, Client], asked: Asking) -> tuple[Probe, ...]:
    """Everything that the settings connect to, in their order."""
    probes: list[Probe] = [("ledger", partial(_ledger, settings, world), "Look at ledger in rollout.yaml.")]
    probes += [(f"jira {one.name}", partial(_tracker, world, one), "Look at url, user, token and projects of that JIRA.") for one in world.trackers]
    if settings.git is not None:
        probes.append(("git", partial(_history, world), ""))
    probes += [(f"desk {name}", partial(_desk, world, name), "Look at url, user and token of that desk.") for name in world.desks]
    if settings.notify.mail is not None:
        probes.append(("mail", partial(_mail, asked("mail", settings.notify.mail)), "Look at notify.mail in rollout.yaml."))
    probes += [
        (f"executor {name}", partial(_executor, world, asked(name, each), _served(clients, name)), "") for name, each in settings.executors.items()
    ]
    probes += [(f"health {name}", partial(_built, world.health, name), "") for name in settings.health]
    probes += [(f"feed {one.name}", partial(_feed, world, one), "Then: rollout coverage refresh") for one in _subscribed(world)]
    probes += [(f"publish {each.name}", partial(_place, settings, world, each.name), "") for each in settings.publish]
    return tuple(probes)


def _served(clients: Mapping[ClientId, Client], executor: str) -> tuple[Target, ...]:
    return tuple(target(client, each) for client in clients.values() for each in client.installations if each.executor == executor)


def _ledger(settings: Settings, world: World) -> str:
    missing = _missing_file(settings.ledger, settings.folder)
    if missing is not None:
        return f"{_writable(missing)} is made when it is first needed"
    with world.ledger.read() as tx:
        return f"knows {len(tx.releases())} releases"


def _missing_file(kept: LedgerSettings, folder: Path) -> Path | None:
    """The file of an SQLite ledger that is not there yet: a look should not make one."""
    path = folder / (kept.url or "").removeprefix("sqlite:///")
    return path if (kept.url or "").startswith("sqlite:///") and not path.exists() else None


def _tracker(world: World, tracker: IssueTracker) -> str:
    who = tracker.whoami()
    next(iter(tracker.changes(world.clock())), None)
    return f"answers as to {who}, and knows {', '.join(tracker.projects)}"


def _history(world: World) -> str:
    assert world.history is not None
    head, tags = world.history.head(), world.history.tags()
    versions = sum(1 for tag in tags if (version := world.policies.version_of(tag)) is not None and world.policies.tag_of(version) == tag)
    if not versions:
        raise NotFound(f"none of {len(tags)} tags marks a version, as {world.policies.tag_of(Version('1.0'))} would: every commit counts as evidence")
    return f"the branch is at {head[:10]}; {versions} of {len(tags)} tags mark versions"


def _desk(world: World, name: str) -> str:
    desk = world.desks[name]
    whoami: Callable[[], str] | None = getattr(desk, "whoami", None)
    if whoami is not None:
        return f"answers as to {whoami()}"
    desk.ticket("1")
    return "answers"


def _mail(asked: Asked) -> str:
    own = asked.own(MailSettings)
    password = asked.secret(own.password, "password")
    try:
        with smtplib.SMTP(own.host, own.port, timeout=min(own.timeout.total_seconds(), 10)) as server:
            server.ehlo()
            if own.starttls:
                server.starttls(context=ssl.create_default_context())
            if own.user is not None and password is not None:
                server.login(own.user, password)
            server.noop()
    except smtplib.SMTPAuthenticationError:
        raise Unauthorized("mail", f"{own.host}:{own.port} does not accept the login of {own.user}") from None
    except OSError as error:
        raise Unreachable("mail", f"{own.host}:{own.port} does not answer as a mail server: {error}") from None
    return f"{own.host}:{own.port} answers"


def _executor(world: World, asked: Asked, targets: tuple[Target, ...]) -> str:
    executor = world.executors[asked.name]
    if not targets:
        return "no installation uses it"
    if isinstance(asked.settings, CommandExecutorSettings):
        _find_programs(asked, targets)
    version = executor.installed_version(targets[0])
    return f"{targets[0].name} runs {version}" if version else f"{targets[0].name} runs nothing, or has no way to tell"


def _find_programs(asked: Asked, targets: tuple[Target, ...]) -> None:
    """Look for the programs of all installations. Raises NotFound with those that are missing."""
    own = asked.own(CommandExecutorSettings)
    first = {asked.path(command[0]) for command in (own.deploy, own.installed, own.roll_back) if command}
    programs = {template(each).fill(_values(one), one.name) for each in first for one in targets}
    missing = sorted(program for program in programs if not _runs(program))
    if missing:
        more = f" and {len(missing) - _SHOWN} more" if len(missing) > _SHOWN else ""
        raise NotFound(f"there is no program {', '.join(missing[:_SHOWN])}{more} that can be run. Put it there, or correct the command.")


def _values(one: Target) -> dict[str, str]:
    return {**dict.fromkeys(("version", "previous", "key"), ""), **one.params}


def _runs(program: str) -> bool:
    return os.access(program, os.X_OK) if os.sep in program else shutil.which(program) is not None


def _subscribed(world: World) -> tuple[Subscribed, ...]:
    """The feeds; none where a file that subscribes to one has faults, which are told by themselves."""
    try:
        return world.feeds.subscribed()
    except FaultsFound:
        return ()


def _feed(world: World, feed: Subscribed) -> str:
    """Ask for the feed, and keep nothing. Raises RolloutError also where it answers, and its copy does not count."""
    at = world.clock()
    found = world.feeds.fetch(feed.name, at, keep=False)
    doubt = feed.problem or (distrust(feed.fetched_at, feed.max_age, at) if feed.fetched_at else "")
    if doubt or feed.fetched_at is None:
        raise NotFound(f"{feed.server} answers, and what it is about is closed all the same: {doubt or 'it was never fetched'}")
    return f"{feed.server} answers with {found.events} events; the copy is {span(at - feed.fetched_at)} old, of {span(feed.max_age)} that it may be"


def _built(table: Mapping[str, object], name: str) -> str:
    return f"is of type {type(table[name]).__name__}"


def _place(settings: Settings, world: World, name: str) -> str:
    own = next(each for each in settings.publish if each.name == name)
    if isinstance(own, PagesSettings) and not settings.path(own.path).is_dir():
        raise NotFound(f"{settings.path(own.path)} is no git repository. Make one: git init --bare {own.path}")
    if isinstance(own, FolderSettings):
        return f"{_writable(settings.path(own.path))} can be written"
    return _built(world.publishers, name)


def _writable(path: Path) -> Path:
    """The path, if it can be written or made. Raises RolloutError."""
    there = next((each for each in (path, *path.parents) if each.exists()), path)
    if not os.access(there, os.W_OK):
        raise RolloutError(f"{path} cannot be written: {there} does not allow it")
    return path
