"""One play for all tests of the steps; each begins where it says with `go_to`."""

from collections.abc import Iterator

import pytest

from tests.playing import Play, playing


@pytest.fixture(scope="session")
def _played(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Play]:
    with playing(tmp_path_factory.mktemp("play")) as play:
        yield play


@pytest.fixture
def play(_played: Play) -> Play:
    """The play at its beginning: nothing is collected yet."""
    _played.begin_anew()
    return _played
