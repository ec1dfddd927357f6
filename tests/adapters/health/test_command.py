"""The command health check: which endings say yes, which say no, and which do not tell."""

from datetime import timedelta
from pathlib import Path

import pytest

from rollout.adapters.health.command import CommandHealth
from rollout.core.clients import Environment, Target
from rollout.core.values import ClientId, Version
from rollout.ports import Health, HealthKind

NEW = Version("2026.12")


def check(script: str, *arguments: str, samples: int = 1, timeout: float = 20, secrets: tuple[str, ...] = ()) -> Health:
    command = ["/bin/sh", "-c", script, "sh", *arguments]
    health = CommandHealth("probe", command, samples=samples, timeout=timedelta(seconds=timeout), secrets=secrets)
    return health.check(Target(client=ClientId("acme"), environment=Environment.PREVIEW, params={"site": "a; exit 1"}), NEW)


@pytest.mark.parametrize(
    ("script", "kind"),
    [
        ("exit 0", HealthKind.HEALTHY),
        ("exit 1", HealthKind.FAILED),
        ("exit 3", HealthKind.FAILED),
        ("no-such-program-here", HealthKind.ERRORED),
        ("kill -9 $$", HealthKind.ERRORED),
    ],
)
def test_the_ending_says_yes_or_no_or_does_not_tell(script: str, kind: HealthKind) -> None:
    assert check(script).kind is kind


def test_out_of_time_does_not_tell() -> None:
    health = check("sleep 60", timeout=0.2)
    assert health.kind is HealthKind.ERRORED
    assert health.detail.endswith("/bin/sh did not end in time, and was killed")


def test_the_program_gets_its_arguments_and_the_facts_as_variables() -> None:
    script = '[ "$1" = "a; exit 1" ] && [ "$ROLLOUT_VERSION $ROLLOUT_CLIENT $ROLLOUT_ENVIRONMENT" = "$2 acme preview" ]'
    assert check(script, "{site}", "{version}").kind is HealthKind.HEALTHY


def test_what_it_says_is_shown_without_secrets_and_short() -> None:
    health = check("head -c 100000 /dev/zero; printf 'caf\\351 is down, hunter22'; exit 1", secrets=("hunter22",))
    assert health.detail.endswith("caf\ufffd is down, [redacted]")
    assert len(health.detail) < 1200


def test_some_samples_may_fail_to_tell(tmp_path: Path) -> None:
    health = check(f"[ -e {tmp_path}/once ] && exit 0; : > {tmp_path}/once; kill -9 $$", samples=3)
    assert health.kind is HealthKind.INCONCLUSIVE
    assert "only 2 of 3 samples gave an answer" in health.detail


def test_the_params_that_it_needs_can_be_asked() -> None:
    assert CommandHealth("probe", ["{dir}/healthy", "{version}", "{x}"]).needs == {"dir", "x"}
