"""GitHistory on real repositories."""

import os
import subprocess
import sys
from datetime import timedelta
from pathlib import Path

import pytest

from rollout.adapters.git import GitHistory
from rollout.errors import BadAnswer, NotFound, Unreachable
from tests.repositories import NOON, Written, make_repository, run_git

LINE = [
    Written("one", "TIDE-1 Begin\n\nWhy: because\n\nRelates-To: TIDE-9\n", at=NOON),
    Written("two", "TIDE-2 Go on", ("one",), NOON + timedelta(hours=1)),
    Written("side", "TIDE-3 Aside", ("one",), NOON + timedelta(minutes=30)),
    Written("merge", "Merge the side", ("two", "side"), NOON + timedelta(hours=2)),
    Written("three", "TIDE-4 End", ("merge",), NOON + timedelta(hours=3)),
]
TAGS = {"rel/1.0": "two", "rel/1.1": "three"}


@pytest.fixture
def repository(tmp_path):
    shas = make_repository(tmp_path / "product.git", LINE, TAGS)
    return tmp_path / "product.git", shas


def test_a_range_comes_oldest_first_with_parents_before_children(repository):
    path, shas = repository
    log = GitHistory(path).commits("rel/1.0", "rel/1.1")
    assert [one.sha for one in log] == [shas["side"], shas["merge"], shas["three"]]
    assert log[1].parents == (shas["two"], shas["side"])


def test_without_a_base_everything_comes(repository):
    path, shas = repository
    assert [one.sha for one in GitHistory(path).commits(None, "main")] == [shas[name] for name in ("one", "side", "two", "merge", "three")]


def test_an_older_date_does_not_put_a_child_before_its_parent(tmp_path):
    shas = make_repository(
        tmp_path / "r", [Written("a", "a"), Written("b", "b", ("a",), NOON - timedelta(days=900)), Written("c", "c", ("b",), NOON)]
    )
    assert [one.sha for one in GitHistory(tmp_path / "r").commits(None, "main")] == [shas["a"], shas["b"], shas["c"]]


def test_a_commit_has_its_subject_body_and_moment(repository):
    path, shas = repository
    first = GitHistory(path).commits(None, shas["one"])[0]
    assert (first.subject, first.body, first.at) == ("TIDE-1 Begin", "Why: because\n\nRelates-To: TIDE-9", NOON)


def test_an_empty_range_and_an_empty_body_are_no_trouble(repository):
    path, shas = repository
    history = GitHistory(path)
    assert history.commits("rel/1.1", "main") == []
    assert history.commits("rel/1.0", shas["side"])[0].body == ""


def test_messages_that_are_not_utf8_or_look_like_options_come_through(tmp_path):
    odd = "--output=x \udcff \t“quoted”"
    make_repository(tmp_path / "r", [Written("a", odd), Written("b", "", ("a",))])
    assert [one.subject for one in GitHistory(tmp_path / "r").commits(None, "main")] == ["--output=x � \t“quoted”", ""]


def test_tags_lead_to_commits_whether_light_annotated_or_nested(repository):
    path, shas = repository
    who = ["-c", "user.name=A", "-c", "user.email=a@example.com"]
    run_git(path, *who, "tag", "-a", "-m", "note", "signed", shas["two"])
    run_git(path, *who, "tag", "-a", "-m", "note", "nested", "signed")
    blob = run_git(path, "hash-object", "-w", "--stdin", text=b"text")
    run_git(path, "tag", "text", blob)
    assert GitHistory(path).tags() == {"rel/1.0": shas["two"], "rel/1.1": shas["three"], "signed": shas["two"], "nested": shas["two"]}


def test_the_head_is_the_branch_here_or_as_origin_had_it(repository, tmp_path):
    path, shas = repository
    assert GitHistory(path).head() == shas["three"]
    run_git(tmp_path, "clone", "--quiet", "--no-local", str(path), "clone")
    run_git(tmp_path / "clone", "checkout", "--quiet", "--detach")
    run_git(tmp_path / "clone", "branch", "--quiet", "-D", "main")
    assert GitHistory(tmp_path / "clone").head() == shas["three"]
    assert len(GitHistory(tmp_path / "clone").commits("rel/1.0", "rel/1.1")) == 3


def test_a_git_dir_of_the_environment_is_not_mistaken_for_the_repository(repository, tmp_path):
    path, shas = repository
    make_repository(tmp_path / "other", [Written("x", "other")])
    program = "import sys; from pathlib import Path; from rollout.adapters.git import GitHistory; print(GitHistory(Path(sys.argv[1])).head())"
    env = os.environ | {"GIT_DIR": str(tmp_path / "other")}
    printed = subprocess.run([sys.executable, "-c", program, str(path)], env=env, capture_output=True, text=True, check=True, timeout=60).stdout
    assert printed.strip() == shas["three"]


def test_a_shallow_clone_is_refused_with_the_way_out(repository, tmp_path):
    path, _ = repository
    run_git(tmp_path, "clone", "--quiet", "--depth=1", "--bare", f"file://{path}", "shallow")
    with pytest.raises(BadAnswer, match=r"shallow clone.*fetch --unshallow"):
        GitHistory(tmp_path / "shallow").commits(None, "main")


def test_a_missing_path_is_told(tmp_path):
    with pytest.raises(NotFound, match=r"no git repository at .*nowhere\. Clone it there"):
        GitHistory(tmp_path / "nowhere").tags()


def test_a_folder_that_is_no_repository_is_told(tmp_path):
    with pytest.raises(BadAnswer, match="is not a git repository"):
        GitHistory(tmp_path).tags()


def test_a_missing_tag_comes_with_those_that_are_close(repository):
    with pytest.raises(NotFound, match=r"no tag or branch rel/1\.2\. Close ones: rel/1"):
        GitHistory(repository[0]).commits("rel/1.2", "main")


def test_a_missing_branch_and_a_missing_commit_are_told(repository):
    path, _ = repository
    with pytest.raises(NotFound, match=r"no branch mani\. Close ones: main"):
        GitHistory(path, branch="mani").head()
    with pytest.raises(NotFound, match=r"has no commit 0{40}\. Fetch it"):
        GitHistory(path).commits(None, "0" * 40)


def test_an_empty_repository_has_no_branch_and_no_tags(tmp_path):
    run_git(tmp_path, "init", "--quiet", "--bare", "empty")
    assert GitHistory(tmp_path / "empty").tags() == {}
    with pytest.raises(NotFound, match="no branch main"):
        GitHistory(tmp_path / "empty").head()


@pytest.mark.parametrize("name", ["--output=stolen", "-n1", "main..rel/1.0", "main~1", "main@{1}", "^main", "a b", "", "main:x", "main\n--all"])
def test_what_is_no_name_never_reaches_git(repository, name):
    with pytest.raises(BadAnswer, match="cannot be the name of a tag or branch"):
        GitHistory(repository[0]).commits(None, name)
    assert not Path("stolen").exists()


def test_a_broken_repository_says_what_git_says(repository):
    path, shas = repository
    (path / "objects" / shas["one"][:2] / shas["one"][2:]).unlink()
    with pytest.raises(BadAnswer, match=rf"product\.git cannot be read: .*{shas['one']}"):
        GitHistory(path).commits(None, "main")


def test_a_git_that_hangs_is_ended_and_told(repository, tmp_path):
    hanging = tmp_path / "bin" / "git"
    hanging.parent.mkdir()
    hanging.write_text('#!/bin/sh\ncase "$*" in *for-each-ref*) exec sleep 60;; esac\necho git version 2.39.5\n')
    hanging.chmod(0o755)
    program = (
        "import sys; from pathlib import Path; from rollout.adapters.git import GitHistory; from rollout.errors import Unreachable\n"
        "try: GitHistory(Path(sys.argv[1]), timeout=0.2).tags()\n"
        "except Unreachable as error: print(error)"
    )
    env = os.environ | {"PATH": f"{hanging.parent}:{os.environ['PATH']}"}
    done = subprocess.run([sys.executable, "-c", program, str(repository[0])], env=env, capture_output=True, text=True, check=True, timeout=60)
    assert "gave no answer within 0.2 s" in done.stdout
    assert Unreachable.retryable


def test_without_a_git_program_the_way_out_is_told(tmp_path):
    program = (
        "import sys; from pathlib import Path; from rollout.adapters.git import GitHistory; from rollout.errors import NotFound\n"
        "try: GitHistory(Path(sys.argv[1])).tags()\n"
        "except NotFound as error: print(error)"
    )
    env = os.environ | {"PATH": str(tmp_path)}
    done = subprocess.run([sys.executable, "-c", program, str(tmp_path)], env=env, capture_output=True, text=True, check=True, timeout=60)
    assert "no git program on the PATH. Install git" in done.stdout
