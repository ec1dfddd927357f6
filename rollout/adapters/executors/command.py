"""Deploys by running a program beside us, one argument list per act. It does not decide when, and does not judge whether the product works."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta
from pathlib import Path

from rollout.adapters.executors.running import runs_with
from rollout.adapters.processes import Command, Ended, Ending, inherited_environment, run
from rollout.core.clients import Target
from rollout.core.placeholders import template
from rollout.core.redaction import names_secret, shown
from rollout.core.values import Version
from rollout.errors import BadAnswer, NotFound, Unreachable
from rollout.ports import Outcome, OutcomeKind

_LONGEST_VERSION = 200


class CommandExecutor:
    """Runs a profile's commands. Placeholders are filled from the installation's params, and client, environment, version, key.

    `installed` is a program that prints the version; `installed_file`, instead of it, a file that holds it. Without `roll_back`, going back is a
    deployment of the earlier version. Programs see a few harmless variables of ours, `environment`, and ROLLOUT_KEY, ROLLOUT_VERSION, ROLLOUT_CLIENT,
    ROLLOUT_ENVIRONMENT and, if there is a `workspace`, ROLLOUT_WORKSPACE, which tells its programs from those of others on the same machine.
    `secrets` are blotted out of what they print. Raises ValueError for a command that cannot be read.
    """

    def __init__(
        self,
        name: str,
        deploy: Sequence[str],
        installed: Sequence[str] | None = None,
        installed_file: str | None = None,
        roll_back: Sequence[str] | None = None,
        timeout: timedelta = timedelta(minutes=5),
        environment: Mapping[str, str] | None = None,
        secrets: Iterable[str] = (),
        workspace: str = "",
    ) -> None:
        if installed and installed_file:
            raise ValueError(f"executor {name} has both installed and installed_file; keep one")
        self.name = name
        self._deploy = Command(deploy, f"deploy of executor {name}")
        self._installed = Command(installed, f"installed of executor {name}") if installed is not None else None
        self._installed_file = template(installed_file) if installed_file else None
        self._roll_back = Command(roll_back, f"roll_back of executor {name}") if roll_back is not None else None
        self._seconds = timeout.total_seconds()
        self._mark = {"ROLLOUT_WORKSPACE": workspace} if workspace else {}
        self._environment = {**inherited_environment(), **(environment or {}), **self._mark}
        self._secrets = (*secrets, *(value for key, value in (environment or {}).items() if names_secret(key)))

    @property
    def needs(self) -> frozenset[str]:
        """The params that an installation of this profile must have."""
        commands = [command.names for command in (self._deploy, self._installed, self._roll_back) if command]
        files = [self._installed_file.names] if self._installed_file else []
        return frozenset().union(*commands, *files) - {"client", "environment", "version", "previous", "key"}

    def deploy(self, target: Target, version: Version, key: str) -> Outcome:
        """Run the deploy command: 0 is success, another code failure; out of time or killed by a signal is unknown."""
        return self._act("deploy", self._deploy, target, {"version": version, "key": key})

    def roll_back(self, target: Target, version: Version, key: str) -> Outcome:
        """Run the roll_back command with the earlier version, which is both {version} and {previous}; without one, deploy that version."""
        return self._act("roll_back", self._roll_back or self._deploy, target, {"version": version, "previous": version, "key": key})

    def installed_version(self, target: Target) -> Version | None:
        """Ask the command or the file. Nothing printed, or no such file in a folder that exists, means that nothing is installed."""
        if self._installed is not None:
            return self._printed_version(self._installed, target)
        return self._written_version(target) if self._installed_file is not None else None

    def is_at_work(self, key: str) -> bool:
        """Whether a program that was given that key still runs on this machine."""
        return runs_with({"ROLLOUT_KEY": key, **self._mark})

    def _act(self, act: str, command: Command, target: Target, given: Mapping[str, str]) -> Outcome:
        what = f"{act} of {given['version']} at {target.name}"
        try:
            arguments = command.arguments(_values(target, given), target.name)
        except NotFound as error:
            return Outcome(kind=OutcomeKind.FAILED, detail=f"{what} was not started: {error}")
        ended = run(arguments, self._environment_of(target, given), self._seconds)
        output = shown(ended.output, self._secrets, cut=ended.cut) if ended.output else ""
        if ended.succeeded:
            return Outcome(kind=OutcomeKind.SUCCEEDED, detail=output)
        return Outcome(kind=_KINDS[ended.ending], detail=_told(f"{what} {self._how(ended)}", output))

    def _how(self, ended: Ended) -> str:
        if ended.ending is Ending.TIMED_OUT:
            return f"did not end within {self._seconds:g} s and was killed; whether it took effect is unknown"
        return shown(ended.how, self._secrets)

    def _environment_of(self, target: Target, given: Mapping[str, str]) -> dict[str, str]:
        return {
            **self._environment,
            **{f"ROLLOUT_{name.upper()}": value for name, value in given.items()},
            "ROLLOUT_CLIENT": target.client,
            "ROLLOUT_ENVIRONMENT": str(target.environment),
        }

    def _printed_version(self, command: Command, target: Target) -> Version | None:
        try:
            arguments = command.arguments(_values(target, {}), target.name)
        except NotFound as error:
            raise BadAnswer(self.name, f"cannot ask which version is installed: {error}") from None
        ended = run(arguments, self._environment_of(target, {}), self._seconds, joined=False)
        if not ended.succeeded:
            text = _told(f"asking {target.name} which version is installed {self._how(ended)}", shown(ended.complaint, self._secrets, cut=ended.cut))
            raise Unreachable(self.name, text) if ended.ending in (Ending.TIMED_OUT, Ending.KILLED) else BadAnswer(self.name, text)
        return self._version(ended.output, f"the installed command of {target.name}")

    def _written_version(self, target: Target) -> Version | None:
        assert self._installed_file is not None
        try:
            path = Path(self._installed_file.fill(_values(target, {}), target.name))
            with path.open("rb") as file:
                return self._version(file.read(4 * _LONGEST_VERSION + 2), str(path))
        except NotFound as error:
            raise BadAnswer(self.name, f"cannot tell which version is installed: {error}") from None
        except FileNotFoundError:
            if path.parent.is_dir():
                return None
            raise Unreachable(self.name, f"{path.parent} of {target.name} does not exist, so its version cannot be read. Is it mounted?") from None
        except (OSError, ValueError) as error:
            raise Unreachable(self.name, f"the version of {target.name} cannot be read: {error}") from None

    def _version(self, output: bytes, source: str) -> Version | None:
        text = output.decode("utf-8", errors="replace").strip()
        if len(text) > _LONGEST_VERSION or not text.isprintable() or any(mark.isspace() or mark == "\ufffd" for mark in text):
            raise BadAnswer(self.name, f"{source} should give one version and nothing else, gave '{shown(output, self._secrets, limit=100)}'")
        return Version(text) if text else None


_KINDS = {
    Ending.EXITED: OutcomeKind.FAILED,
    Ending.NOT_STARTED: OutcomeKind.FAILED,
    Ending.KILLED: OutcomeKind.UNKNOWN,
    Ending.TIMED_OUT: OutcomeKind.UNKNOWN,
}


def _values(target: Target, given: Mapping[str, str]) -> dict[str, str]:
    return {**target.params, "client": target.client, "environment": str(target.environment), **given}


def _told(what: str, output: str) -> str:
    return f"{what}: {output}" if output else f"{what}."
