"""Where releases go and who is told: executors, health checks, desks, mail, pages, and the ledger that remembers it."""

from datetime import timedelta
from typing import Annotated, Any, Self
from urllib.parse import urlsplit

from pydantic import ConfigDict, Field, model_validator

from rollout.core.placeholders import template
from rollout.core.redaction import names_secret
from rollout.core.values import Value
from rollout.settings.fields import Address, Duration, Filled, Name, Placed, Tier
from rollout.settings.secret import Kept, Secret, WithSecrets

Program = Annotated[tuple[Placed, ...], Filled]
_DRIVERS = ("sqlite", "postgresql")


class LedgerSettings(Value):
    """The ledger's database; an address with a password in it is a secret, and kept as one."""

    url: str | None = None
    url_env: str | None = None
    url_file: str | None = None
    url_block: str | None = None

    @model_validator(mode="after")
    def _one_address(self) -> Self:
        if sum(each is not None for each in (self.url, self.url_env, self.url_file, self.url_block)) != 1:
            raise ValueError("must have one of url, url_env, url_file and url_block")
        if self.url is not None:
            parts = urlsplit(self.url)
            if parts.password is not None:
                raise ValueError("url has a password in it. Keep the whole address in an environment variable, and write url_env: NAME")
            if parts.scheme not in _DRIVERS:
                raise ValueError(f"url must begin with sqlite:/// or postgresql://, is '{parts.scheme}:…'")
        return self

    @property
    def secret(self) -> Secret | None:
        """Where the address is kept, if it is not here."""
        return None if self.url is not None else Secret(env=self.url_env, file=self.url_file, block=self.url_block)


def _placeholders(*texts: str | None) -> frozenset[str]:
    return frozenset().union(*(template(text).names for text in texts if text is not None))


class Extension(Value):
    """A profile of a type that an installed package brings. Its own options are for that package to judge."""

    model_config = ConfigDict(extra="allow")

    type: str
    name: Name = ""

    @property
    def options(self) -> dict[str, Any]:
        """Everything but type and name."""
        return dict(self.model_extra or {})

    @property
    def needs(self) -> frozenset[str]:
        """Nothing that we know of."""
        return frozenset()


class ZendeskSettings(WithSecrets):
    """A Zendesk; `user` is the agent that the API token belongs to."""

    type: str
    name: Name
    url: Address
    user: str
    token: Kept


class CommandExecutorSettings(Value):
    """Programs with arguments, never a shell line. How to ask for the installed version: a program, or a file that holds it."""

    type: str
    deploy: Program
    installed: Program | None = None
    installed_file: Placed | None = None
    roll_back: Program | None = None
    timeout: Duration = timedelta(minutes=5)
    environment: dict[str, str] = Field(default_factory=dict)
    secrets: dict[str, Kept] = Field(default_factory=dict)

    @model_validator(mode="after")
    def _sound(self) -> Self:
        if self.installed is not None and self.installed_file is not None:
            raise ValueError("installed and installed_file say the same thing; keep one")
        for name in sorted(self.environment):
            if names_secret(name):
                raise ValueError(f"environment has {name}, which looks like a secret. Write it as secrets: {{{name}: {{env: NAME}}}}")
        return self

    @property
    def needs(self) -> frozenset[str]:
        """The placeholders that an installation must fill."""
        return _placeholders(*self.deploy, *(self.installed or ()), self.installed_file, *(self.roll_back or ()))


class HttpExecutorSettings(WithSecrets):
    """An agent that is asked over HTTP."""

    type: str
    deploy: Placed
    installed: Placed | None = None
    timeout: Duration = timedelta(minutes=5)
    token: Kept | None = None

    @property
    def needs(self) -> frozenset[str]:
        """The placeholders that an installation must fill."""
        return _placeholders(self.deploy, self.installed)


class _Sampled(Value):
    type: str
    samples: int = Field(3, ge=1, le=100)
    successes: int | None = Field(None, ge=1)
    interval: Duration = timedelta()

    @model_validator(mode="after")
    def _can_succeed(self) -> Self:
        if self.successes is not None and self.successes > self.samples:
            raise ValueError(f"can never pass: it asks for {self.successes} successes in {self.samples} samples")
        return self


class HttpHealthSettings(_Sampled):
    """A page that says that all is well."""

    url: Placed
    timeout: Duration = timedelta(seconds=5)
    version_field: str | None = None

    @property
    def needs(self) -> frozenset[str]:
        """The placeholders that an installation must fill."""
        return _placeholders(self.url)


class CommandHealthSettings(_Sampled):
    """A program that ends with 0 when all is well."""

    command: Program
    samples: int = Field(1, ge=1, le=100)
    timeout: Duration = timedelta(seconds=10)

    @property
    def needs(self) -> frozenset[str]:
        """The placeholders that an installation must fill."""
        return _placeholders(*self.command)


class FolderSettings(Value):
    """Pages in a folder."""

    type: str
    name: Name
    path: str


class PagesSettings(Value):
    """Pages on a branch of a git repository."""

    type: str
    name: Name
    path: str
    branch: str = "pages"


class MailSettings(WithSecrets):
    """The mail server; without `user` it is not asked for a login."""

    host: str
    port: int = Field(25, ge=1, le=65535)
    sender: str
    user: str | None = None
    password: Kept | None = None
    starttls: bool = False
    timeout: Duration = timedelta(seconds=30)

    @model_validator(mode="after")
    def _login_is_whole(self) -> Self:
        if (self.user is None) != (self.password is None):
            raise ValueError("user and password belong together; give both or none")
        return self


class NotifySettings(Value):
    """How clients are told."""

    mail: MailSettings | None = None
    contacts: bool = True
    review_tiers: tuple[Tier, ...] = ()
    call_tiers: tuple[Tier, ...] = ("premium",)
    ready_to_try: bool = True
    eta_moves_by: Duration = timedelta(days=1)
    attempts: int = Field(8, ge=1, le=100)


DeskSettings = ZendeskSettings | Extension
ExecutorSettings = CommandExecutorSettings | HttpExecutorSettings | Extension
HealthSettings = HttpHealthSettings | CommandHealthSettings | Extension
PublisherSettings = FolderSettings | PagesSettings | Extension
