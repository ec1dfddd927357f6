"""What somebody decides is decided by a person whom people.yaml knows, for a reason."""

import shutil
from pathlib import Path

import pytest

from rollout.adapters.files.starter import StarterFiles
from rollout.steps.init import init
from tests.cli.calling import call

WHY = ("--reason", "to see")
TYPED = [
    ("release", "cut", "2026.12"),
    ("release", "assess", "2026.12"),
    ("release", "add", "2026.12", "TIDE-1", *WHY),
    ("release", "pull", "2026.12", "TIDE-1", *WHY),
    ("release", "revise", "2026.12", *WHY),
    ("release", "cancel", "2026.12", *WHY),
    ("sign", "2026.12", "--role", "pm"),
    ("start", "2026.12"),
    ("hold", "acme", *WHY),
    ("lift", "acme", *WHY),
    ("retry", "acme", "2026.12", *WHY),
    ("skip", "acme", "2026.12", *WHY),
    ("roll-back", "acme", "2026.12", *WHY),
    ("accept", "acme", "2026.12", *WHY),
    ("continue", "2026.12", *WHY),
    ("notices", "release", "a:key"),
    ("notices", "done", "a:key"),
    ("errands", "retry", "a:key"),
    ("hotfix", "open", "TIDE-1"),
    ("hotfix", "triage", "an-id"),
    ("hotfix", "notice", "an-id", "--eta", "2026-12-01T12:00Z"),
]


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path) -> Path:
    """A new workspace."""
    new = tmp_path_factory.mktemp("people")
    init(StarterFiles(), new)
    shutil.copy(migrated_sqlite, new / "ledger.sqlite")
    return new


@pytest.mark.parametrize("words", TYPED, ids=lambda words: " ".join(words[:2]))
def test_somebody_whom_people_yaml_does_not_know_decides_nothing(folder: Path, words: tuple[str, ...]) -> None:
    said = call("-C", folder, *words, "--as", "zoe")
    assert (said.code, said.out) == (1, "")
    assert said.err.startswith("rollout: people.yaml does not know 'zoe'. It has: ")
    assert said.err.endswith("Say who you are with --as\n")


def test_what_is_only_due_needs_nobody(folder: Path) -> None:
    assert call("-C", folder, "publish", "--as", "zoe", "--dry-run").code == 0
    assert "people.yaml" not in call("-C", folder, "plan", "2026.12", "--as", "zoe").err


@pytest.mark.parametrize("words", [words[: -len(WHY)] for words in TYPED if "--reason" in words], ids=lambda words: " ".join(words[:2]))
@pytest.mark.parametrize("why", ["", " \t"])
def test_a_reason_says_something(folder: Path, words: tuple[str, ...], why: str) -> None:
    said = call("-C", folder, *words, "--reason", why)
    assert said.code == 2
    assert "it says nothing; others will want to know why" in said.err
