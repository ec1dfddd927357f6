"""Options: what is no moment, no month, no length and no text is wrong usage, not a crash."""

import shutil
from pathlib import Path

import pytest

from rollout.adapters.files.starter import StarterFiles
from rollout.steps.init import init
from tests.cli.calling import call


@pytest.fixture
def folder(tmp_path: Path, migrated_sqlite: Path) -> Path:
    """A new workspace."""
    init(StarterFiles(), tmp_path)
    shutil.copy(migrated_sqlite, tmp_path / "ledger.sqlite")
    return tmp_path


@pytest.mark.parametrize(
    ("words", "told"),
    [
        ("coverage next --hours nan", "'nan' is no number of hours"),
        ("coverage next --hours 1e300", "1e+300 is not in the range 0<=x<=744"),
        ("coverage explain 2026-12-09T14:00Z --hours nan", "'nan' is no number of hours"),
        ("coverage explain 9999-12-31T23:00-05:00", "'9999-12-31T23:00-05:00' is not in the years 1990 to 2199"),
        ("coverage explain 0001-01-01T00:00+05:00", "'0001-01-01T00:00+05:00' is not in the years 1990 to 2199"),
        ("coverage show --month 9999-12", "'9999-12' is not in the years 1990 to 2199"),
        ("coverage show --month 0001-01", "'0001-01' is not in the years 1990 to 2199"),
        ("plan 2026.12 --at 9999-12-31T23:00Z", "'9999-12-31T23:00Z' is not in the years 1990 to 2199"),
        ("audit log --limit 99999999999999999999", "99999999999999999999 is not in the range 1<=x<=1000000"),
    ],
)
def test_what_nobody_can_mean_is_wrong_usage(folder: Path, words: str, told: str) -> None:
    said = call("-C", folder, *words.split())
    assert said.code == 2
    assert told in said.err


def test_a_notices_text_that_is_not_utf_8_is_wrong_usage(folder: Path) -> None:
    (folder / "body.txt").write_bytes(b"caf\xe9")
    said = call("-C", folder, "notices", "release", "some:key", "--body", folder / "body.txt")
    assert said.code == 2
    assert "body.txt is not text in UTF-8: byte 4 is 0xe9" in said.err
