"""The settings of one workspace, as rollout.yaml has them once every part is sound."""

from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import ConfigDict

from rollout.core.releases import ReleaseKind
from rollout.core.values import Value
from rollout.core.waves import Strategy
from rollout.settings.fields import Zone
from rollout.settings.places import DeskSettings, ExecutorSettings, HealthSettings, LedgerSettings, NotifySettings, PublisherSettings
from rollout.settings.sources import GitSettings, JiraSettings, ReadinessSettings, TrainSettings, WorkSettings
from rollout.settings.strategies import DefaultStrategies, SignoffSettings

FILE = "rollout.yaml"


class Basics(Value):
    """The plain fields at the top of rollout.yaml. What stands beside them is judged part by part."""

    model_config = ConfigDict(extra="ignore")

    version: Literal[1] = 1
    product: str
    timezone: Zone
    sandbox: bool = False
    clock: str | None = None
    clients: str = "clients.yaml"
    people: str = "people.yaml"
    calendars: str = "calendars"
    write_back: bool = True


class Settings(Basics):
    """Everything that rollout.yaml says. `folder` is where it lies; paths in it are relative to that."""

    folder: Path
    ledger: LedgerSettings
    jira: tuple[JiraSettings, ...]
    git: GitSettings | None
    desks: tuple[DeskSettings, ...]
    executors: Mapping[str, ExecutorSettings]
    health: Mapping[str, HealthSettings]
    readiness: ReadinessSettings
    strategies: Mapping[str, Strategy]
    releases: DefaultStrategies
    signoff: SignoffSettings
    train: TrainSettings
    publish: tuple[PublisherSettings, ...]
    notify: NotifySettings
    work: WorkSettings

    def path(self, name: str) -> Path:
        """A file or folder of the workspace."""
        return self.folder / Path(name).expanduser()

    def default_strategies(self) -> dict[ReleaseKind, str]:
        """The strategy of each kind of release; a kind that names none goes as monthly ones do, and those as the first strategy says."""
        usual = self.releases.monthly or next(iter(self.strategies))
        return {kind: getattr(self.releases, kind) or usual for kind in ReleaseKind}
