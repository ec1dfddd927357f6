"""Judges an installation by running a program beside us: exit code 0 says yes, any other no."""

from collections.abc import Iterable, Sequence
from datetime import timedelta

from rollout.adapters.health.sampling import Said, Sample, Sampling
from rollout.adapters.processes import Command, Ending, inherited_environment, run
from rollout.core.clients import Target
from rollout.core.redaction import shown
from rollout.core.values import Version
from rollout.errors import NotFound
from rollout.ports import Health, HealthKind

_CANNOT_RUN = frozenset({126, 127})  # what a shell says of a program that it cannot run, or cannot find


class CommandHealth:
    """Samples one program; `timeout` is that of each sample. A program that cannot run, is killed, or runs out of time, does not tell.

    It sees ROLLOUT_VERSION, ROLLOUT_CLIENT and ROLLOUT_ENVIRONMENT. Raises ValueError for settings that make no sense.
    """

    def __init__(
        self,
        name: str,
        command: Sequence[str],
        samples: int = 1,
        successes: int | None = None,
        interval: timedelta = timedelta(),
        timeout: timedelta = timedelta(seconds=10),
        secrets: Iterable[str] = (),
    ) -> None:
        self.name = name
        self._command = Command(command, f"command of health check {name}")
        self._sampling = Sampling(samples, successes, interval)
        self._seconds = timeout.total_seconds()
        self._secrets = tuple(secrets)
        self._environment = inherited_environment()

    @property
    def needs(self) -> frozenset[str]:
        """The params that an installation of this profile must have."""
        return self._command.names - {"client", "environment", "version"}

    def check(self, target: Target, version: Version) -> Health:
        """Run the program until its answers settle it."""
        values = {**target.params, "client": target.client, "environment": str(target.environment), "version": version}
        try:
            arguments = self._command.arguments(values, target.name)
        except NotFound as error:
            return Health(kind=HealthKind.ERRORED, detail=f"{self.name} cannot look: {error}")
        given = {name: values[name] for name in ("client", "environment", "version")}
        environment = {**self._environment, **{f"ROLLOUT_{name.upper()}": value for name, value in given.items()}}
        return self._sampling.take(lambda: self._look(arguments, environment))

    def _look(self, arguments: Sequence[str], environment: dict[str, str]) -> Sample:
        ended = run(arguments, environment, self._seconds)
        if ended.succeeded:
            return Sample(Said.YES)
        output = shown(ended.output, self._secrets, limit=1000, cut=ended.cut)
        text = f"{shown(arguments[0], self._secrets)} {ended.how}" + (f": {output}" if output else "")
        tells = ended.ending is Ending.EXITED and ended.code not in _CANNOT_RUN
        return Sample(Said.NO if tells else Said.NOTHING, text)
