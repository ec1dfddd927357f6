"""Judges an installation by asking an HTTP address. 2xx says yes, 5xx and a wrong version say no; anything else does not tell."""

import time
from datetime import timedelta

from rollout.adapters.health.sampling import Said, Sample, Sampling
from rollout.adapters.web import Answer, Web, address
from rollout.core.clients import Target
from rollout.core.placeholders import template
from rollout.core.redaction import shown
from rollout.core.values import Version
from rollout.errors import NotFound, Unreachable
from rollout.ports import Health, HealthKind


class HttpHealth:
    """Samples one address; `timeout` is that of each sample. With `version_field`, the answer must be JSON and that field the version.

    A connection that is refused, a redirect, and a 4xx do not tell: the address may be wrong, or the way to it. Raises ValueError for settings that
    make no sense.
    """

    def __init__(
        self,
        name: str,
        url: str,
        samples: int = 1,
        successes: int | None = None,
        interval: timedelta = timedelta(),
        timeout: timedelta = timedelta(seconds=5),
        version_field: str | None = None,
    ) -> None:
        self.name = name
        self._url = template(url)
        self._sampling = Sampling(samples, successes, interval)
        self._seconds = timeout.total_seconds()
        self._version_field = version_field
        self._web = Web(name)

    @property
    def needs(self) -> frozenset[str]:
        """The params that an installation of this profile must have."""
        return self._url.names - {"client", "environment", "version"}

    def check(self, target: Target, version: Version) -> Health:
        """Sample the address until that settles it."""
        values = {**target.params, "client": target.client, "environment": str(target.environment), "version": version}
        try:
            where = address(self._url, values, target.name)
        except NotFound as error:
            return Health(kind=HealthKind.ERRORED, detail=f"{self.name} cannot look: {error}")
        return self._sampling.take(lambda: self._look(where, version))

    def _look(self, where: str, version: Version) -> Sample:
        try:
            answer = self._web.ask("GET", where, time.monotonic() + self._seconds)
        except Unreachable as error:
            return Sample(Said.NOTHING, str(error))
        if answer.status >= 500:
            return Sample(Said.NO, _told(where, answer))
        if not 200 <= answer.status < 300:
            return Sample(Said.NOTHING, _told(where, answer))
        return self._of_version(where, answer, version) if self._version_field else Sample(Said.YES)

    def _of_version(self, where: str, answer: Answer, version: Version) -> Sample:
        assert self._version_field is not None
        found = answer.field(self._version_field)
        if found is None:
            return Sample(Said.NOTHING, f"{_told(where, answer)}, which has no field {self._version_field} to read the version from")
        if found != version:
            return Sample(Said.NO, f"{shown(where, limit=300)} runs {shown(found, limit=100)}, not {version}")
        return Sample(Said.YES)


def _told(where: str, answer: Answer) -> str:
    text = shown(answer.body, limit=300)
    return f"{shown(where, limit=300)} answered {answer.status}" + (f": {text}" if text else "")
