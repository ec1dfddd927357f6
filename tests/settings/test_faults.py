"""rollout.yaml's faults: each with its line and field, all of them at once."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest

from rollout.errors import FaultsFound, NotFound
from rollout.settings import load_settings

GOLDEN = Path(__file__).parent / "golden"
SOUND = """\
product: Tidewater
timezone: America/Toronto
strategies:
  plain:
    waves:
    - {name: all, environment: production, select: {rest: true}}
"""


@pytest.fixture
def faults_of(tmp_path: Path) -> Callable[[str], list[str]]:
    """What is told of a rollout.yaml."""

    def told(text: str) -> list[str]:
        (tmp_path / "rollout.yaml").write_text(text, encoding="utf-8")
        with pytest.raises(FaultsFound) as found:
            load_settings(tmp_path)
        return [str(fault).removeprefix("rollout.yaml") for fault in found.value.faults]

    return told


def test_all_faults_of_all_parts_are_told_at_once(faults_of: Callable[[str], list[str]]) -> None:
    told = faults_of((GOLDEN / "broken.yaml").read_text())
    assert told == (GOLDEN / "broken.txt").read_text().splitlines()


def test_no_fault_shows_a_secret(faults_of: Callable[[str], list[str]]) -> None:
    told = "\n".join(faults_of((GOLDEN / "broken.yaml").read_text()))
    assert not [secret for secret in ("hunter2", "s3cr3t", "pa$$word") if secret in told]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", [":1 is empty"]),
        ("- product", [":1 must be a mapping of fields, is ['product']"]),
        (SOUND + "---\nproduct: Other\n", [":8 begins a second document; keep all settings in one"]),
        (
            "sandbox: true\n",
            [":1 product: is missing", ":1 strategies: is missing. Name at least one strategy with its waves", ":1 timezone: is missing"],
        ),
        (SOUND + "desks: {help: {type: zendesk}}\n", [":7 desks: must be a list; begin each entry with '- '"]),
        (SOUND + "executors: [agent]\n", [":7 executors: must be a mapping from names to profiles"]),
        (
            SOUND + "executors: {a b: {type: http, deploy: x}}\n",
            [":7 executors.a b: must be one word of letters, digits, '.', '_' and '-', is 'a b'"],
        ),
        (SOUND + "git: []\n", [":7 git: must be a mapping of fields, is []"]),
        (SOUND + "ledger: {}\n", [":7 ledger: must have one of url, url_env, url_file and url_block"]),
        (SOUND + "notify: {mail: {host: a, sender: b, user: c}}\n", [":7 notify.mail: user and password belong together; give both or none"]),
        (
            SOUND + "notify: {mail: {host: a, sender: b, user: c, password: {env: A}, password_file: b}}\n",
            [":7 notify.mail: password and password_file say the same thing; keep one"],
        ),
    ],
)
def test_each_part_says_what_it_must_be(faults_of: Callable[[str], list[str]], text: str, told: list[str]) -> None:
    assert faults_of(text) == told


def test_a_password_in_the_ledgers_address_is_refused_and_not_shown(faults_of: Callable[[str], list[str]]) -> None:
    assert faults_of(SOUND + "ledger: {url: 'postgresql://rollout:hunter2@db/rollout'}\n") == [
        ":7 ledger: url has a password in it. Keep the whole address in an environment variable, and write url_env: NAME"
    ]


def test_a_folder_without_settings_is_no_workspace(tmp_path: Path) -> None:
    with pytest.raises(NotFound) as refused:
        load_settings(tmp_path)
    assert str(refused.value) == f"{tmp_path} is no workspace: it has no rollout.yaml. Make one with: rollout init {tmp_path}"


def test_a_file_that_is_no_text_is_told(tmp_path: Path) -> None:
    (tmp_path / "rollout.yaml").write_bytes(b"\x7fELF\x02\x01\x01\x00\xff")
    with pytest.raises(FaultsFound, match=r"rollout\.yaml is not text in UTF-8: byte 9 is 0xff"):
        load_settings(tmp_path)


def test_an_executor_must_be_done_within_half_of_a_lease(faults_of: Callable[[str], list[str]], tmp_path: Path) -> None:
    agent = "executors: {agent: {type: command, deploy: [deploy], timeout: 20m}}\n"
    told = "may take 20 min, more than half of work.lease, 30 min: another worker could take a delivery over"
    assert faults_of(SOUND + agent) == [f":{SOUND.count(chr(10)) + 1} executors.agent: {told}. Make the timeout shorter, or the lease longer"]
    assert len(faults_of(SOUND + "executors: {agent: {type: command, deploy: [deploy]}}\nwork: {lease: 9m}\n")) == 1
    (tmp_path / "rollout.yaml").write_text(SOUND + agent + "work: {lease: 40m}\n", encoding="utf-8")
    assert load_settings(tmp_path).work.lease == timedelta(minutes=40)


def test_a_value_of_a_million_characters_is_told_in_short(faults_of: Callable[[str], list[str]]) -> None:
    [told] = faults_of(SOUND + f"work: {{lease: {'9' * 1_000_000}}}\n")
    assert len(told) < 200
