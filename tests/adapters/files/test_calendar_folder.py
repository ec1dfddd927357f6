"""What stands in a folder of calendars and is no ordinary file of ours: told, never waited for, never passed over in silence."""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory

import pytest

from rollout.adapters.files.calendars import load_calendars, load_subscriptions
from rollout.errors import FaultsFound

WINDOW = "{version: 1, kind: window, id: desk, timezone: America/Toronto, weekly: {mon-fri: ['09:00-17:00']}}\n"
FREEZE = "{version: 1, kind: block, id: freeze, timezone: America/Toronto, start: '2026-12-01T00:00', end: '2026-12-31T00:00', why: audit}\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "calendars").mkdir()
    (tmp_path / "calendars/desk.yaml").write_text(WINDOW)
    return tmp_path / "calendars"


def told(folder: Path) -> str:
    with pytest.raises(FaultsFound) as caught:
        load_calendars(folder)
    return str(caught.value)


@pytest.fixture
def shared(tmp_path: Path) -> Path:
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared/freeze.yaml").write_text(FREEZE)
    return tmp_path / "shared"


def test_a_linked_folder_is_a_fault_and_not_passed_over(folder: Path, shared: Path) -> None:
    (folder / "deep").mkdir()
    (folder / "deep/shared").symlink_to(shared)
    assert told(folder) == "calendars/deep/shared is a link to a folder, and what is in there does not count; put the files here"
    with pytest.raises(FaultsFound, match="deep/shared"):
        load_subscriptions(folder)


def test_a_linked_file_is_as_good_as_the_file(folder: Path, shared: Path) -> None:
    (folder / "freeze.yaml").symlink_to(shared / "freeze.yaml")
    assert [rule.id for rule in load_calendars(folder)] == ["desk", "freeze"]


@pytest.mark.parametrize("name", ["freeze.yaml", "shared"])
def test_a_link_that_leads_nowhere_is_a_fault(folder: Path, name: str) -> None:
    (folder / name).symlink_to(folder.parent / "gone")
    assert told(folder) == f"calendars/{name} is a link that leads to no file; correct it, or delete it"


def test_hidden_links_are_none_of_ours(folder: Path, shared: Path) -> None:
    (folder / ".#desk.yaml").symlink_to("somebody@machine")
    (folder / ".git").symlink_to(shared)
    assert len(load_calendars(folder)) == 1


NOBODY = 65534


@contextmanager
def as_nobody() -> Iterator[None]:
    """Nothing is closed to root: it becomes somebody else for a while."""
    before = os.geteuid()
    if before == 0:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(before)


def test_a_folder_that_may_not_be_read_is_a_fault() -> None:
    with TemporaryDirectory() as name:  # whose way everybody may go, unlike pytest's own
        Path(name).chmod(0o755)
        folder = Path(name, "calendars")
        (folder / "closed").mkdir(parents=True)
        (folder / "desk.yaml").write_text(WINDOW)
        (folder / "closed").chmod(0)
        with as_nobody():
            assert told(folder).startswith("calendars/closed cannot be read: Permission denied")
        (folder / "closed").chmod(0o700)


def test_a_pipe_is_a_fault_and_not_waited_for(folder: Path) -> None:
    os.mkfifo(folder / "freeze.yaml")
    os.mkfifo(folder / "ops.ics")
    (folder / "ops.ics.yaml").write_text("{version: 1, kind: block, id: ops, timezone: America/Toronto}\n")
    assert told(folder).splitlines() == [f"calendars/{name} cannot be read: it is no ordinary file" for name in ("freeze.yaml", "ops.ics")]


@pytest.mark.parametrize("name", [b"freeze\xff.yaml", b"ops\xff.ics", b"f\xff/freeze.yaml"])
def test_a_name_that_is_no_utf_8_is_a_fault_that_can_be_printed(folder: Path, name: bytes) -> None:
    path = Path(os.fsdecode(os.fsencode(folder) + b"/" + name))
    path.parent.mkdir(exist_ok=True)
    path.write_text(FREEZE)
    assert "\ufffd" in told(folder).encode().decode()
    assert "has a name that is not UTF-8; give it another" in told(folder)
