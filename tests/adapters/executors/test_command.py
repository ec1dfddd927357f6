"""The command executor: what its programs get, and what becomes of what they say."""

from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest

from rollout.adapters.executors.command import CommandExecutor
from rollout.core.clients import Environment, Target
from rollout.core.values import ClientId, Version
from rollout.errors import BadAnswer, Unreachable
from rollout.ports import Outcome, OutcomeKind

NEW = Version("2026.12")


def target(**params: str) -> Target:
    return Target(client=ClientId("acme"), environment=Environment.PREVIEW, params=params)


def shell(script: str, *arguments: str) -> list[str]:
    """A program that a test makes up; placeholders are in its arguments, never in the script."""
    return ["/bin/sh", "-c", script.replace("{", "{{").replace("}", "}}"), "sh", *arguments]


def deploy(script: str, *arguments: str, timeout: float = 20, params: dict[str, str] | None = None, **given: object) -> Outcome:
    executor = CommandExecutor("agent", shell(script, *arguments), timeout=timedelta(seconds=timeout), **given)
    return executor.deploy(target(**(params or {})), NEW, "2026.12:acme:preview:1")


def installed(command: Sequence[str], **params: str) -> Version | None:
    return CommandExecutor("agent", ["true"], installed=command, timeout=timedelta(seconds=20)).installed_version(target(**params))


def test_the_program_gets_its_arguments_and_the_facts_as_variables() -> None:
    outcome = deploy('echo "$@"; env | grep ROLLOUT_ | sort', "{site} {client}", "{environment}", "{version}", "{key}", params={"site": "a  b"})
    assert outcome.detail.splitlines() == [
        "a  b acme preview 2026.12 2026.12:acme:preview:1",
        "ROLLOUT_CLIENT=acme",
        "ROLLOUT_ENVIRONMENT=preview",
        "ROLLOUT_KEY=2026.12:acme:preview:1",
        "ROLLOUT_VERSION=2026.12",
    ]


def test_params_cannot_pass_for_the_facts() -> None:
    outcome = deploy('echo "$@"', "{client}", "{version}", params={"client": "other", "version": "0"})
    assert outcome.detail == "acme 2026.12"


def test_a_failure_tells_the_code_and_the_end_of_the_output() -> None:
    outcome = deploy("head -c 10000000 /dev/zero | tr '\\0' x; echo; echo the disk is full >&2; exit 3")
    assert outcome.kind is OutcomeKind.FAILED
    assert outcome.detail.startswith("deploy of 2026.12 at acme/preview exited with 3: ")
    assert outcome.detail.endswith("the disk is full")
    assert len(outcome.detail) < 4300


def test_output_of_any_bytes_can_be_stored() -> None:
    outcome = deploy("printf 'caf\\351 \\0\\033[31mred\\033[0m'; exit 1")
    assert outcome.detail.endswith("exited with 1: caf\ufffd red")


def test_secrets_are_blotted_out_of_what_programs_say() -> None:
    outcome = deploy('echo "$1 $DEPLOY_TOKEN"; exit 1', "hunter22", secrets=["hunter22"], environment={"DEPLOY_TOKEN": "swordfish", "COLOUR": "blue"})
    assert outcome.detail.endswith(": [redacted] [redacted]")


def test_a_secret_in_the_name_of_a_missing_program_is_blotted_out() -> None:
    outcome = CommandExecutor("agent", ["/no/{key}/hunter22"], secrets=["hunter22"]).deploy(target(), NEW, "k")
    assert outcome.detail.startswith("deploy of 2026.12 at acme/preview was not started: there is no program /no/k/[redacted]")


def test_out_of_time_is_unknown_and_says_how_long_it_was_given() -> None:
    outcome = deploy("echo begun; sleep 60", timeout=0.2)
    assert outcome.kind is OutcomeKind.UNKNOWN
    text = "deploy of 2026.12 at acme/preview did not end within 0.2 s and was killed; whether it took effect is unknown: begun"
    assert outcome.detail == text


def test_killed_by_a_signal_is_unknown() -> None:
    outcome = deploy("kill -9 $$")
    assert (outcome.kind, outcome.detail) == (OutcomeKind.UNKNOWN, "deploy of 2026.12 at acme/preview was killed by SIGKILL.")


def test_going_back_uses_its_own_command_if_there_is_one() -> None:
    executor = CommandExecutor("agent", ["false"], roll_back=shell('echo "back to $1 from $2, $ROLLOUT_KEY"', "{previous}", "{site}"))
    outcome = executor.roll_back(target(site="here"), Version("2026.11"), "k")
    assert (outcome.kind, outcome.detail) == (OutcomeKind.SUCCEEDED, "back to 2026.11 from here, k")


def test_the_installed_version_is_what_the_program_prints_and_not_what_it_grumbles() -> None:
    assert installed(shell("echo grumble >&2; echo ' 2026.11 '")) == "2026.11"
    assert installed(shell("echo grumble >&2")) is None


@pytest.mark.parametrize(
    "script", ["echo one; echo two", "printf 'caf\\351'", "printf 'a\\0b'", "head -c 5000 /dev/zero | tr '\\0' x", "echo no version"]
)
def test_more_or_less_than_a_version_is_a_bad_answer(script: str) -> None:
    with pytest.raises(BadAnswer, match="agent: the installed command of acme/preview should give one version and nothing else"):
        installed(shell(script))


def test_a_failing_installed_command_is_told_with_its_complaint() -> None:
    with pytest.raises(BadAnswer, match=r"agent: asking acme/preview which version is installed exited with 4: no route to host"):
        installed(shell("echo 2026.11; echo no route to host >&2; exit 4"))


def test_an_installed_command_out_of_time_may_be_asked_again() -> None:
    executor = CommandExecutor("agent", ["true"], installed=shell("sleep 60"), timeout=timedelta(seconds=0.2))
    with pytest.raises(Unreachable, match="did not end within") as caught:
        executor.installed_version(target())
    assert caught.value.retryable


def test_the_installed_file_is_read(tmp_path: Path) -> None:
    executor = CommandExecutor("agent", ["true"], installed_file="{dir}/VERSION")
    assert executor.installed_version(target(dir=str(tmp_path))) is None
    (tmp_path / "VERSION").write_text("2026.11\n")
    assert executor.installed_version(target(dir=str(tmp_path))) == "2026.11"


def test_an_installed_file_that_cannot_be_read_is_not_taken_for_nothing_installed(tmp_path: Path) -> None:
    executor = CommandExecutor("agent", ["true"], installed_file="{dir}/VERSION")
    with pytest.raises(Unreachable, match="Is it mounted"):
        executor.installed_version(target(dir=str(tmp_path / "away")))
    (tmp_path / "VERSION").mkdir()
    with pytest.raises(Unreachable, match="cannot be read"):
        executor.installed_version(target(dir=str(tmp_path)))
    with pytest.raises(Unreachable, match="cannot be read"):
        executor.installed_version(target(dir=f"{tmp_path}\0"))


def test_a_large_installed_file_is_a_bad_answer(tmp_path: Path) -> None:
    (tmp_path / "VERSION").write_bytes(b"1" * 10_000_000)
    with pytest.raises(BadAnswer, match="should give one version"):
        CommandExecutor("agent", ["true"], installed_file="{dir}/VERSION").installed_version(target(dir=str(tmp_path)))


def test_without_a_way_to_ask_the_installed_version_is_none() -> None:
    assert CommandExecutor("agent", ["true"]).installed_version(target()) is None


def test_the_params_that_it_needs_can_be_asked() -> None:
    executor = CommandExecutor(
        "agent", ["{dir}/x", "{version}", "{key}"], installed_file="{root}/VERSION", roll_back=["{dir}/back", "{previous}", "{how}"]
    )
    assert executor.needs == {"dir", "root", "how"}


def test_settings_that_make_no_sense_are_refused() -> None:
    with pytest.raises(ValueError, match="deploy of executor agent must be a list of arguments"):
        CommandExecutor("agent", "{dir}/deploy")
    with pytest.raises(ValueError, match="installed of executor agent must be a list"):
        CommandExecutor("agent", ["true"], installed=[])
    with pytest.raises(ValueError, match="executor agent has both installed and installed_file; keep one"):
        CommandExecutor("agent", ["true"], installed=["true"], installed_file="x")
