"""One table per port: which type of profile is built by what. Packages add to them through entry points; each gets an `Asked`, and returns its thing.

Adapters are imported where they are built: most commands need none of them.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar

from rollout.core.values import Value
from rollout.errors import RolloutError
from rollout.ports import Desk, Executor, HealthCheck, IssueTracker, Mailer, Publisher
from rollout.settings import Secret, SecretReader
from rollout.settings.extensions import installed
from rollout.settings.places import (
    CommandExecutorSettings,
    CommandHealthSettings,
    FolderSettings,
    HttpExecutorSettings,
    HttpHealthSettings,
    MailSettings,
    PagesSettings,
    ZendeskSettings,
)
from rollout.settings.sources import JiraSettings

Own = TypeVar("Own", bound=Value)
Thing = TypeVar("Thing")


@dataclass(frozen=True)
class Asked:
    """What is to be built: its name and settings, the workspace's folder, and the way to its secrets."""

    name: str
    settings: Value
    folder: Path
    secrets: SecretReader

    def own(self, kind: type[Own]) -> Own:
        """The settings, which are of that kind, as its type demands."""
        assert isinstance(self.settings, kind)
        return self.settings

    def secret(self, secret: Secret | None, field: str = "token") -> str | None:
        """The secret, read now; None if there is none to be kept. Raises Unauthorized."""
        return None if secret is None else self.secrets.read(secret, self.name, field)

    def known_secret(self, secret: Secret, field: str = "token") -> str:
        """The secret, read now. Raises Unauthorized."""
        return self.secrets.read(secret, self.name, field)

    def program(self, arguments: tuple[str, ...]) -> list[str]:
        """An argument list whose paths are counted from the workspace; see `path`."""
        return [self.path(each) for each in arguments]

    def path(self, text: str) -> str:
        """The text; if it begins with ./ or ../, counted from the workspace, wherever this process was started."""
        if not text.startswith(("./", "../")):
            return text
        home = str(self.folder).replace("{", "{{").replace("}", "}}")
        return f"{home}/{text.removeprefix('./')}"


Builder = Callable[[Asked], Thing]


def build(table: Mapping[str, Builder[Thing]], group: str, asked: Asked) -> Thing:
    """The thing that is asked for, by the builder of its type: ours, or that of an installed package. Raises RolloutError."""
    kind = str(getattr(asked.settings, "type", ""))
    if kind in table:
        return table[kind](asked)
    try:
        builder: Builder[Thing] = installed(group)[kind].load()
    except (ImportError, AttributeError) as error:
        raise RolloutError(f"{asked.name}: the package that brings type {kind} cannot be loaded: {error}. Install it again.") from error
    return builder(asked)


def _zendesk(asked: Asked) -> Desk:
    from rollout.adapters.desks.zendesk import ZendeskDesk

    own = asked.own(ZendeskSettings)
    return ZendeskDesk(asked.name, own.url, own.user, asked.known_secret(own.token))


def _command(asked: Asked) -> Executor:
    from rollout.adapters.executors.command import CommandExecutor

    own = asked.own(CommandExecutorSettings)
    secrets = {name: asked.known_secret(kept, f"secret {name}") for name, kept in own.secrets.items()}
    return CommandExecutor(
        asked.name,
        asked.program(own.deploy),
        installed=own.installed and asked.program(own.installed),
        installed_file=own.installed_file and asked.path(own.installed_file),
        roll_back=own.roll_back and asked.program(own.roll_back),
        timeout=own.timeout,
        environment={**own.environment, **secrets},
        secrets=tuple(secrets.values()),
        workspace=str(asked.folder.resolve()),
    )


def _http(asked: Asked) -> Executor:
    from rollout.adapters.executors.http import HttpExecutor

    own = asked.own(HttpExecutorSettings)
    return HttpExecutor(asked.name, own.deploy, installed=own.installed, timeout=own.timeout, token=asked.secret(own.token))


def _http_health(asked: Asked) -> HealthCheck:
    from rollout.adapters.health.http import HttpHealth

    own = asked.own(HttpHealthSettings)
    return HttpHealth(asked.name, own.url, own.samples, own.successes, own.interval, own.timeout, own.version_field)


def _command_health(asked: Asked) -> HealthCheck:
    from rollout.adapters.health.command import CommandHealth

    own = asked.own(CommandHealthSettings)
    return CommandHealth(asked.name, asked.program(own.command), own.samples, own.successes, own.interval, own.timeout)


def _folder(asked: Asked) -> Publisher:
    from rollout.adapters.publishers.folder import FolderPublisher

    return FolderPublisher(asked.folder / Path(asked.own(FolderSettings).path).expanduser())


def _pages(asked: Asked) -> Publisher:
    from rollout.adapters.publishers.git import GitPublisher

    own = asked.own(PagesSettings)
    return GitPublisher(asked.folder / Path(own.path).expanduser(), own.branch)


DESKS: Mapping[str, Builder[Desk]] = {"zendesk": _zendesk}
EXECUTORS: Mapping[str, Builder[Executor]] = {"command": _command, "http": _http}
HEALTH: Mapping[str, Builder[HealthCheck]] = {"command": _command_health, "http": _http_health}
PUBLISHERS: Mapping[str, Builder[Publisher]] = {"folder": _folder, "git": _pages}


def tracker(asked: Asked, tickets_desk: str) -> IssueTracker:
    """The JIRA that is asked for; ids in its tickets field are of that desk."""
    from rollout.adapters.jira import JiraTracker
    from rollout.wiring.mapping import jira_mapping

    own = asked.own(JiraSettings)
    return JiraTracker(own.name, own.url, own.user, asked.known_secret(own.token), own.projects, jira_mapping(own, tickets_desk))


TRACKERS: Mapping[str, Callable[[Asked, str], IssueTracker]] = {"jira": tracker}


def mailer(asked: Asked) -> Mailer:
    """The mail server that is asked for."""
    from rollout.adapters.channels.smtp import SmtpMailer

    own = asked.own(MailSettings)
    return SmtpMailer(
        own.host,
        own.port,
        own.sender,
        starttls=own.starttls,
        user=own.user or "",
        password=asked.secret(own.password, "password") or "",
        timeout=own.timeout.total_seconds(),
    )
