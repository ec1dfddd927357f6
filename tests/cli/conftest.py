"""One play for all tests of the command line; each begins where it says with `go_to`."""

from collections.abc import Iterator

import pytest

from tests.playing import DANA, Play, playing


@pytest.fixture(scope="session")
def played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Play]:
    """The play at whatever moment the last test left it."""
    with playing(tmp_path_factory.mktemp("commands"), publish=[{"name": "site", "type": "folder", "path": "site"}]) as play:
        yield play


@pytest.fixture
def play(played: Play) -> Play:
    """The play at its beginning: nothing is collected yet."""
    played.go_to("bare")
    return played


@pytest.fixture(autouse=True)
def _dana(monkeypatch: pytest.MonkeyPatch) -> None:
    """Whoever runs the tests is Dana, where a command does not say otherwise: people.yaml knows her."""
    monkeypatch.setenv("ROLLOUT_USER", DANA)
