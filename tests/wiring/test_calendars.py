"""Calendars follow their files, from digest to digest."""

import os
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path
from threading import Event

import pytest

from rollout.core.clients import Environment
from rollout.core.coverage import Approved, Request
from rollout.errors import FaultsFound
from rollout.wiring.calendars import Calendars
from rollout.wiring.feeds import FeedWatch

WINDOW = "{version: 1, kind: window, id: desk, timezone: America/Toronto, weekly: {mon-fri: ['09:00-17:00']}}\n"
FREEZE = "{version: 1, kind: block, id: freeze, timezone: America/Toronto, start: '2026-12-01T00:00', end: '2026-12-31T00:00', why: audit}\n"
ASKED = Request(kind="monthly", environment=Environment.PRODUCTION)
WEDNESDAY = datetime(2026, 12, 9, 15, tzinfo=UTC)


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "desk.yaml").write_text(WINDOW)
    return tmp_path


def calendars(folder: Path, approved: Callable[[], Approved] = frozenset) -> Calendars:
    return Calendars(folder, "calendars", "America/Toronto", approved, FeedWatch(folder, "calendars", folder.parent, lambda: WEDNESDAY), tuple)


def test_a_new_freeze_closes_what_was_open_from_the_next_digest_on(folder: Path) -> None:
    found = calendars(folder)
    before = found.digest()
    assert found.coverage().verdict(ASKED, WEDNESDAY).open
    (folder / "freeze.yaml").write_text(FREEZE)
    assert found.coverage().verdict(ASKED, WEDNESDAY).open
    assert found.digest() != before
    assert not found.coverage().verdict(ASKED, WEDNESDAY).open


def test_the_digest_is_that_of_the_content(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    copy = tmp_path_factory.mktemp("copy")
    (copy / "desk.yaml").write_text(WINDOW)
    assert calendars(copy).digest() == calendars(folder).digest()
    (copy / "desk.yaml").rename(copy / "office.yaml")
    assert calendars(copy).digest() != calendars(folder).digest()


def test_compiled_calendars_are_kept_while_nothing_changes(folder: Path) -> None:
    found = calendars(folder)
    first = found.coverage()
    found.digest()
    assert found.coverage() is first


def test_a_file_that_breaks_closes_everything(folder: Path) -> None:
    found = calendars(folder)
    found.coverage()
    (folder / "freeze.yaml").write_text("kind: blok\n")
    found.digest()
    with pytest.raises(FaultsFound, match=r"calendars/freeze\.yaml"):
        found.coverage()


def test_an_approved_day_moves_the_digest_and_opens_its_hours(folder: Path) -> None:
    (folder / "desk.yaml").write_text(WINDOW.replace("id: desk", "id: desk, approval: required"))
    days: set[tuple[str, date]] = set()
    found = calendars(folder, lambda: frozenset(days))
    before = found.digest()
    assert [one.code for one in found.coverage().verdict(ASKED, WEDNESDAY).reasons] == ["not-approved"]
    days.add(("desk", WEDNESDAY.date()))
    assert found.digest() != before
    assert found.coverage().verdict(ASKED, WEDNESDAY).open
    days.clear()
    assert found.digest() == before
    assert not found.coverage().verdict(ASKED, WEDNESDAY).open


def test_where_no_file_speaks_of_it_nobody_is_asked_for_approved_days(folder: Path) -> None:
    def asked() -> Approved:
        raise AssertionError("was asked")

    assert calendars(folder, asked).digest()


@pytest.mark.parametrize("scope", ["clients: [acmee]", "tags: [pilot]", "regions: [ca-east]"])
def test_a_freeze_whose_scope_names_nobody_closes_everything_and_says_so(folder: Path, scope: str) -> None:
    (folder / "freeze.yaml").write_text(FREEZE.replace("why: audit", f"why: audit, scope: {{{scope}}}"))
    (reason,) = calendars(folder).coverage().verdict(ASKED, WEDNESDAY).reasons
    assert (reason.code, reason.rule) == ("unknown", "freeze")
    assert "matches no client" in reason.text


def test_what_hides_files_is_seen_and_closes(folder: Path, tmp_path_factory: pytest.TempPathFactory) -> None:
    found, shared = calendars(folder), tmp_path_factory.mktemp("shared")
    before = found.digest()
    (folder / "shared").symlink_to(shared)
    assert found.digest() != before
    with pytest.raises(FaultsFound, match="link to a folder"):
        found.coverage()


def test_files_that_do_not_count_and_strange_names_do_not_disturb_the_digest(folder: Path) -> None:
    found = calendars(folder)
    before = found.digest()
    os.mkfifo(folder / "notes")
    (folder / ".desk.yaml.swp").write_text("half")
    (folder / "disk.img").write_bytes(b"feed")
    assert found.digest() == before
    Path(os.fsdecode(os.fsencode(folder) + b"/\xff.yaml")).write_text(FREEZE)
    assert found.digest() != before


def test_a_file_that_is_too_large_is_told_by_its_size(folder: Path) -> None:
    found = calendars(folder)
    with (folder / "freeze.yaml").open("wb") as file:
        file.truncate(5_000_000)
        before = found.digest()
        file.truncate(6_000_000)
    assert found.digest() != before
    with pytest.raises(FaultsFound, match="more than 4000000 bytes"):
        found.coverage()


def test_a_file_whose_size_and_times_were_set_back_is_read_again(folder: Path) -> None:
    found, path = calendars(folder), folder / "desk.yaml"
    before, stat = found.digest(), path.stat()
    with path.open("r+") as file:
        file.write(WINDOW.replace("09:00", "11:00"))
    os.utime(path, ns=(stat.st_atime_ns, stat.st_mtime_ns))
    assert found.digest() != before


def test_files_may_come_and_go_while_the_digest_is_taken(folder: Path) -> None:
    found, over = calendars(folder), Event()

    def disturb() -> None:
        while not over.is_set():
            (folder / ".new").write_text(FREEZE)
            (folder / ".new").rename(folder / "new.yaml")
            (folder / "new.yaml").unlink()

    with ThreadPoolExecutor(1) as pool:
        disturbing = pool.submit(disturb)
        try:
            for _ in range(300):
                found.digest()
                found.coverage()
        finally:
            over.set()
        disturbing.result()
