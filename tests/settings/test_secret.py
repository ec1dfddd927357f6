"""Secrets are read where they are used, and shown nowhere."""

from pathlib import Path

import pytest

from rollout.errors import Unauthorized
from rollout.settings import Secret, SecretReader


def refusal(reader: SecretReader, secret: Secret) -> str:
    with pytest.raises(Unauthorized) as refused:
        reader.read(secret, "jira")
    return str(refused.value)


def test_each_place_is_read(tmp_path: Path) -> None:
    (tmp_path / "token.txt").write_text("from file\n")
    reader = SecretReader(tmp_path, read_block=lambda name: f"from block {name}", environment={"TOKEN": "from env"})
    secrets = (Secret(env="TOKEN"), Secret(file="token.txt"), Secret(file=str(tmp_path / "token.txt")), Secret(block="jira"))
    assert [reader.read(secret, "jira") for secret in secrets] == ["from env", "from file", "from file", "from block jira"]


def test_a_variable_that_is_not_set_is_named(tmp_path: Path) -> None:
    assert refusal(SecretReader(tmp_path, environment={}), Secret(env="TOKEN")) == (
        "jira: its token is kept in environment variable TOKEN, which is not set. Set it: export TOKEN=…"
    )


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / "binary").write_bytes(b"\xff\xfe")
    told = [refusal(SecretReader(tmp_path), Secret(file=name)) for name in ("none", ".", "binary")]
    assert told == [
        "jira: its token is kept in file none, which cannot be read: No such file or directory.",
        "jira: its token is kept in file ., which cannot be read: Is a directory.",
        "jira: its token is kept in file binary, which is not text in UTF-8.",
    ]


def test_an_empty_secret_is_none(tmp_path: Path) -> None:
    (tmp_path / "empty").write_text("\n")
    reader = SecretReader(tmp_path, environment={"TOKEN": ""})
    assert refusal(reader, Secret(file="empty")) == "jira: its token is empty: there is nothing in file empty."
    assert refusal(reader, Secret(env="TOKEN")) == "jira: its token is empty: there is nothing in environment variable TOKEN."


def test_a_block_needs_a_flow(tmp_path: Path) -> None:
    assert refusal(SecretReader(tmp_path), Secret(block="jira-token")) == (
        "jira: its token is kept in Prefect block jira-token, which only a Prefect flow can read. Run the flow, or use env or file."
    )


def test_the_reader_shows_nothing_of_the_environment(tmp_path: Path) -> None:
    assert "hunter2" not in repr(SecretReader(tmp_path, environment={"TOKEN": "hunter2"}))
