"""One suite for every publisher, then what is special to folders and to git."""

import fcntl
import json
import os
import stat
import subprocess
import sys
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

import pytest

from rollout.adapters.publishers.folder import FolderPublisher
from rollout.adapters.publishers.git import GitPublisher
from rollout.adapters.publishers.manifest import MANIFEST
from rollout.errors import BadAnswer, Unreachable
from rollout.ports import Publisher
from tests.repositories import Written, make_repository, run_git

PAGE = {"index.html": "<!doctype html>\n<p>Grüße 😀</p>\n", "calendar.ics": "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n", "deep/feed.json": "{}"}
NOON = datetime(2026, 12, 8, 12, tzinfo=UTC)


class Place(Protocol):
    """A publisher's place, as a test looks at it."""

    publisher: Publisher

    def files(self) -> dict[str, bytes]:
        """What is there, but for the manifest."""
        ...

    def put(self, name: str, content: str) -> None:
        """Put a file there as somebody else would."""
        ...

    def traces(self) -> object:
        """Whatever differs as soon as anything is written."""
        ...


class FolderPlace:
    def __init__(self, path: Path) -> None:
        self.path = path
        self.publisher: Publisher = FolderPublisher(path)

    def files(self) -> dict[str, bytes]:
        found = {path.relative_to(self.path).as_posix(): path.read_bytes() for path in self.path.rglob("*") if path.is_file()}
        return {name: content for name, content in found.items() if name != MANIFEST}

    def put(self, name: str, content: str) -> None:
        self.path.mkdir(exist_ok=True)
        (self.path / name).write_text(content)

    def traces(self) -> object:
        return sorted((path, path.stat().st_ino, path.stat().st_mtime_ns) for path in (self.path, *self.path.rglob("*")))


class GitPlace:
    def __init__(self, path: Path, bare: bool) -> None:
        self.path = path
        make_repository(path, [Written("first", "A first commit")], bare=bare)
        if not bare:
            run_git(path, "reset", "--hard", "--quiet", "main")
        self.publisher: Publisher = GitPublisher(path, "pages", clock=lambda: NOON)

    def files(self) -> dict[str, bytes]:
        names = run_git(self.path, "ls-tree", "-r", "--name-only", "pages").splitlines()
        return {name: self._content(name) for name in names if name != MANIFEST}

    def _content(self, name: str) -> bytes:
        sha = run_git(self.path, "rev-parse", f"pages:{name}")
        target = self.path / "content"
        with target.open("wb") as file:
            run_git_to(self.path, file.fileno(), "cat-file", "blob", sha)
        content = target.read_bytes()
        target.unlink()
        return content

    def put(self, name: str, content: str) -> None:
        blob = run_git(self.path, "hash-object", "-w", "--stdin", text=content.encode())
        tip = run_git(self.path, "for-each-ref", "--format=%(objectname)", "refs/heads/pages")
        known = f"{run_git(self.path, 'ls-tree', tip)}\n" if tip else ""
        tree = run_git(self.path, "mktree", text=f"{known}100644 blob {blob}\t{name}\n".encode())
        who = ("-c", "user.name=Somebody", "-c", "user.email=somebody@example.com")
        commit = run_git(self.path, *who, "commit-tree", tree, "-m", "By hand", *(("-p", tip) if tip else ()))
        run_git(self.path, "update-ref", "refs/heads/pages", commit)

    def traces(self) -> object:
        return run_git(self.path, "rev-parse", "pages"), run_git(self.path, "count-objects", "-v")


def run_git_to(path: Path, handle: int, *arguments: str) -> None:
    subprocess.run(["git", "-C", str(path), *arguments], stdout=handle, check=True, timeout=60)


@pytest.fixture(params=["folder", "bare repository", "repository with a work tree"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> Place:
    made: Place = FolderPlace(tmp_path / "site") if request.param == "folder" else GitPlace(tmp_path / "pages", bare="bare" in request.param)
    return made


def published(place: Place, files: Mapping[str, str], why: str = "Something moved.") -> str:
    return place.publisher.publish(files, why)


# ── The port's contract ────────────────────────────────────────────────────────────────────────────


def test_files_arrive_byte_for_byte(place: Place) -> None:
    published(place, PAGE)
    assert place.files() == {name: text.encode() for name, text in PAGE.items()}


def test_it_says_where_they_are_read(place: Place) -> None:
    assert str(getattr(place, "path")).rsplit("/", 1)[-1] in published(place, PAGE)  # noqa: B009 (the protocol has no path)


def test_nothing_is_written_where_nothing_differs(place: Place) -> None:
    first = published(place, PAGE)
    before = place.traces()
    assert published(place, dict(reversed(PAGE.items()))) == first
    assert place.traces() == before


def test_what_differs_is_replaced(place: Place) -> None:
    published(place, PAGE)
    published(place, PAGE | {"index.html": "new"})
    assert place.files()["index.html"] == b"new"


def test_own_files_that_are_no_longer_wanted_go(place: Place) -> None:
    published(place, PAGE)
    published(place, {"index.html": "new"})
    assert place.files() == {"index.html": b"new"}


def test_files_of_others_stay(place: Place) -> None:
    place.put("CNAME", "releases.example.com")
    published(place, PAGE)
    place.put("robots.txt", "later")
    published(place, {"index.html": "new"})
    assert place.files() == {"index.html": b"new", "CNAME": b"releases.example.com", "robots.txt": b"later"}


def test_a_file_of_somebody_else_is_not_replaced(place: Place) -> None:
    place.put("index.html", "by hand")
    with pytest.raises(BadAnswer, match=r"index\.html in .* was not written by rollout, and is not replaced"):
        published(place, PAGE)
    assert place.files() == {"index.html": b"by hand"}


def test_no_name_leads_out(place: Place) -> None:
    for name in ("../outside.html", "/etc/passwd", "a/../../b", "", ".", "a//b", ".git/config", MANIFEST, "a\nb", "a\\b"):
        with pytest.raises(BadAnswer, match="cannot be published"):
            published(place, {name: "x"})


def test_a_manifest_that_makes_no_sense_lets_nothing_go(place: Place) -> None:
    place.put("CNAME", "releases.example.com")
    place.put(MANIFEST, json.dumps({"files": ["../../CNAME", 7, None]}))
    published(place, {"index.html": "new"})
    assert place.files() == {"index.html": b"new", "CNAME": b"releases.example.com"}


# ── Folders ────────────────────────────────────────────────────────────────────────────────────────


def test_files_have_the_rights_that_any_new_file_has(tmp_path: Path) -> None:
    FolderPublisher(tmp_path / "site").publish(PAGE, "")
    (tmp_path / "other").touch()
    assert stat.S_IMODE((tmp_path / "site" / "index.html").stat().st_mode) == stat.S_IMODE((tmp_path / "other").stat().st_mode)


WRITER = """
import sys
from pathlib import Path
from rollout.adapters.publishers.folder import FolderPublisher
publisher = FolderPublisher(Path(sys.argv[1]))
for number in range(10_000):
    publisher.publish({f"{number % 7}.html": f"{number}\\n" * 5000, "index.html": f"{number}\\n" * 5000}, "")
    print(number, flush=True)
"""


@pytest.mark.parametrize("rounds", [1, 2, 5])
def test_a_publisher_that_is_killed_leaves_whole_files_and_the_next_one_goes_on(tmp_path: Path, rounds: int) -> None:
    with subprocess.Popen([sys.executable, "-c", WRITER, str(tmp_path)], stdout=subprocess.PIPE, text=True) as writer:
        assert writer.stdout is not None
        for _ in range(rounds):
            assert writer.stdout.readline()
        writer.kill()
    for name, content in FolderPlace(tmp_path).files().items():
        assert name.endswith(".rollout-new") or len(set(content.split(b"\n")[:-1])) == 1
        assert name.endswith(".rollout-new") or content.count(b"\n") == 5000
    FolderPublisher(tmp_path).publish(PAGE, "")
    assert FolderPlace(tmp_path).files() == {name: text.encode() for name, text in PAGE.items()}


def test_what_a_call_wrote_before_it_failed_is_known_as_its_own(tmp_path: Path) -> None:
    publisher = FolderPublisher(tmp_path)
    publisher.publish({"old.html": "1"}, "")
    (tmp_path / "old.html").unlink()
    (tmp_path / "old.html").mkdir()
    with pytest.raises(Unreachable, match=r"old\.html cannot be written: Is a directory"):
        publisher.publish({"new.html": "2"}, "")
    assert (tmp_path / "new.html").read_text() == "2"
    (tmp_path / "old.html").rmdir()
    publisher.publish({"new.html": "3"}, "")
    assert FolderPlace(tmp_path).files() == {"new.html": b"3"}


def test_a_reader_never_sees_half_a_file(tmp_path: Path) -> None:
    publisher = FolderPublisher(tmp_path)
    publisher.publish({"index.html": "old"}, "")
    with (tmp_path / "index.html").open() as reader:
        publisher.publish({"index.html": "new"}, "")
        assert reader.read() == "old"


def test_two_processes_do_not_publish_at_once(tmp_path: Path) -> None:
    handle = os.open(tmp_path, os.O_RDONLY)
    fcntl.flock(handle, fcntl.LOCK_EX)
    with pytest.raises(Unreachable, match="another process is publishing"):
        FolderPublisher(tmp_path).publish(PAGE, "")
    os.close(handle)
    FolderPublisher(tmp_path).publish(PAGE, "")


def test_a_link_that_lies_in_wait_is_not_followed(tmp_path: Path) -> None:
    (tmp_path / "site").mkdir()
    (tmp_path / "site" / ".index.html.rollout-new").symlink_to(tmp_path / "victim")
    FolderPublisher(tmp_path / "site").publish({"index.html": "new"}, "")
    assert not (tmp_path / "victim").exists()
    assert (tmp_path / "site" / "index.html").read_text() == "new"


# ── Git ────────────────────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with a work tree, on main."""
    GitPlace(tmp_path / "pages", bare=False)
    return tmp_path / "pages"


def test_the_branch_begins_without_history_and_grows_by_one_commit_each(repository: Path) -> None:
    publisher = GitPublisher(repository, "pages", clock=lambda: NOON)
    publisher.publish(PAGE, "First.")
    publisher.publish(PAGE | {"index.html": "new"}, "Added to 2026.12.\x1b[31m\nSecond line.")
    log = run_git(repository, "log", "--format=%an <%ae> %cn %aI %B|", "pages")
    assert log.replace("\n", "") == (
        "rollout <rollout@localhost> rollout 2026-12-08T12:00:00+00:00 Added to 2026.12. Second line.|"
        "rollout <rollout@localhost> rollout 2026-12-08T12:00:00+00:00 First.|"
    )
    assert run_git(repository, "cat-file", "commit", "pages").endswith("Second line.")
    assert run_git(repository, "merge-base", "--is-ancestor", "main", "main") == ""
    assert run_git(repository, "rev-list", "--count", "pages") == "2"


def test_the_work_tree_and_its_index_are_left_alone(repository: Path) -> None:
    (repository / "draft.txt").write_text("not committed")
    run_git(repository, "add", "draft.txt")
    before = run_git(repository, "status", "--porcelain"), (repository / ".git" / "index").read_bytes(), sorted(os.listdir(repository))
    GitPublisher(repository).publish(PAGE, "why")
    assert before == (run_git(repository, "status", "--porcelain"), (repository / ".git" / "index").read_bytes(), sorted(os.listdir(repository)))
    assert run_git(repository, "symbolic-ref", "HEAD") == "refs/heads/main"


def test_a_branch_that_is_checked_out_is_refused(repository: Path, tmp_path: Path) -> None:
    GitPublisher(repository).publish(PAGE, "why")
    run_git(repository, "worktree", "add", "--quiet", str(tmp_path / "elsewhere"), "pages")
    with pytest.raises(BadAnswer, match=rf"branch pages is checked out in {tmp_path}/elsewhere"):
        GitPublisher(repository).publish({"index.html": "new"}, "why")
    assert run_git(tmp_path / "elsewhere", "status", "--porcelain") == ""


def test_the_head_of_a_bare_repository_may_be_published_to(tmp_path: Path) -> None:
    place = GitPlace(tmp_path / "pages.git", bare=True)
    run_git(place.path, "symbolic-ref", "HEAD", "refs/heads/pages")
    published(place, PAGE)
    published(place, {"index.html": "new"})
    assert place.files() == {"index.html": b"new"}


def test_no_hook_is_run(repository: Path, tmp_path: Path) -> None:
    for name in ("reference-transaction", "post-index-change", "pre-commit", "commit-msg", "post-commit", "update"):
        hook = repository / ".git" / "hooks" / name
        hook.parent.mkdir(exist_ok=True)
        hook.write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\nexit 1\n")
        hook.chmod(0o755)
    GitPublisher(repository).publish(PAGE, "why")
    assert not (tmp_path / "ran").exists()


def test_filters_and_line_ends_of_the_repository_change_nothing(repository: Path) -> None:
    run_git(repository, "config", "core.autocrlf", "true")
    (repository / ".git" / "info").mkdir(exist_ok=True)
    (repository / ".git" / "info" / "attributes").write_text("* text eol=lf\n")
    GitPublisher(repository).publish(PAGE, "why")
    assert run_git(repository, "cat-file", "-s", "pages:calendar.ics") == str(len(PAGE["calendar.ics"]))


def test_a_branch_that_moved_in_between_is_left_as_it_is(repository: Path) -> None:
    place = GitPlace(repository.with_name("other"), bare=True)
    published(place, PAGE)

    def somebody_else_is_quicker() -> datetime:
        place.put("CNAME", "releases.example.com")
        return NOON

    with pytest.raises(Unreachable, match="branch pages was moved by somebody else, or is locked"):
        GitPublisher(place.path, clock=somebody_else_is_quicker).publish({"index.html": "new"}, "why")
    assert set(place.files()) == {*PAGE, "CNAME"}
    published(place, {"index.html": "new"})
    assert place.files() == {"index.html": b"new", "CNAME": b"releases.example.com"}


@pytest.mark.parametrize("branch", ["--output=x", "a..b", "a b", "", "refs/heads/x.lock", "a/", "a/.b", "x@{1}", "~x"])
def test_a_name_that_is_no_branch_is_refused(tmp_path: Path, branch: str) -> None:
    with pytest.raises(BadAnswer, match="cannot be the name of a branch"):
        GitPublisher(tmp_path, branch)


def test_where_there_is_no_repository_it_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(BadAnswer, match=rf"there is no git repository at {tmp_path}/nothing. Make one: git init --bare"):
        GitPublisher(tmp_path / "nothing").publish(PAGE, "why")


def test_variables_from_around_lead_nowhere_else(repository: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "elsewhere"))
    monkeypatch.setenv("GIT_INDEX_FILE", str(tmp_path / "index"))
    GitPublisher(repository).publish(PAGE, "why")
    monkeypatch.undo()
    assert run_git(repository, "rev-list", "--count", "pages") == "1"
    assert not (tmp_path / "index").exists()
