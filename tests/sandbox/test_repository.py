"""A history rebuilt from a list of commits, read back with git itself."""

import random
import subprocess
from collections.abc import Sequence
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollout.errors import RolloutError
from rollout.sandbox.repository import Rebuilt, rebuild

Commit = dict[str, Any]

STORY: list[Commit] = [
    {"sha": "a1", "parents": [], "date": "2017-06-20T17:05:24-07:00", "subject": "First commit", "tags": []},
    {"sha": "b2", "parents": ["a1"], "date": "2017-06-21T03:00:00+05:45", "subject": 'TIDE-1 "Quotes", ümlauts & 火', "tags": ["rel/1.0", "1.0RC0"]},
    {"sha": "c3", "parents": ["a1"], "date": "2017-06-21T04:00:00Z", "subject": "TIDE-2 On the side", "tags": [], "body": "Why.\n\nSigned: nobody"},
    {"sha": "d4", "parents": ["b2", "c3"], "date": "2017-06-22T00:00:00+00:00", "subject": "Merge the side", "tags": ["rel/1.1"]},
]


def git(repository: Rebuilt, *arguments: str) -> str:
    command = ["git", "-C", str(repository.path), *arguments]
    return subprocess.run(command, check=True, capture_output=True, timeout=20).stdout.decode()


def read_back(repository: Rebuilt) -> dict[str, Commit]:
    """All commits by their old sha, with old shas for parents, as git log tells them."""
    old = {new: sha for sha, new in repository.shas.items()}
    log = git(repository, "log", "--all", "-z", "--format=%H%x01%P%x01%aI%x01%cI%x01%B")
    found = {}
    for entry in filter(None, log.split("\0")):
        sha, parents, authored, committed, message = entry.split("\x01")
        found[old[sha]] = {"parents": [old[parent] for parent in parents.split()], "dates": {authored, committed}, "message": message}
    return found


def expected(commit: Commit) -> Commit:
    body = commit.get("body", "")
    message = f"{commit['subject']}\n\n{body}\n" if body else f"{commit['subject']}\n"
    date = datetime.fromisoformat(commit["date"]).isoformat()
    return {"parents": commit["parents"], "dates": {date}, "message": message}


def test_messages_dates_zones_and_parents_are_those_of_the_list(tmp_path: Path) -> None:
    repository = rebuild(tmp_path / "product.git", STORY)
    assert read_back(repository) == {commit["sha"]: expected(commit) for commit in STORY}


def test_tags_and_the_branch_point_where_they_pointed(tmp_path: Path) -> None:
    repository = rebuild(tmp_path / "product.git", STORY, branch="trunk")
    references = dict(line.split(" ")[::-1] for line in git(repository, "for-each-ref", "--format=%(objectname) %(refname)").splitlines())
    new = repository.shas
    assert references == {
        "refs/heads/trunk": new["d4"],
        "refs/tags/rel/1.0": new["b2"],
        "refs/tags/1.0RC0": new["b2"],
        "refs/tags/rel/1.1": new["d4"],
    }
    assert git(repository, "symbolic-ref", "HEAD").strip() == "refs/heads/trunk"


def test_the_repository_is_bare_sound_and_without_files(tmp_path: Path) -> None:
    repository = rebuild(tmp_path / "product.git", STORY)
    assert git(repository, "rev-parse", "--is-bare-repository").strip() == "true"
    assert git(repository, "fsck", "--strict", "--unreachable") == ""
    assert git(repository, "ls-tree", "-r", "main") == ""
    assert not (repository.path / "marks").exists()


def test_a_range_between_tags_holds_what_was_released_in_between(tmp_path: Path) -> None:
    repository = rebuild(tmp_path / "product.git", STORY)
    assert git(repository, "log", "--format=%s", "rel/1.0..rel/1.1").splitlines() == ["Merge the side", "TIDE-2 On the side"]


def test_the_same_list_gives_the_same_shas_wherever_and_in_whatever_order(tmp_path: Path) -> None:
    here, there = rebuild(tmp_path / "here.git", STORY), rebuild(tmp_path / "there.git", STORY[::-1])
    assert here.shas == there.shas


def test_the_machine_s_own_settings_take_no_part(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    usual = rebuild(tmp_path / "usual.git", STORY).shas
    (tmp_path / "config").write_text("[init]\n\tdefaultBranch = elsewhere\n[commit]\n\tgpgSign = true\n[core]\n\thooksPath = /nowhere\n")
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", str(tmp_path / "config"))
    monkeypatch.setenv("GIT_DIR", str(tmp_path / "another.git"))
    monkeypatch.setenv("GIT_DEFAULT_HASH", "sha256")
    assert rebuild(tmp_path / "product.git", STORY).shas == usual


def test_a_commit_that_nothing_leads_to_is_kept(tmp_path: Path) -> None:
    side = {"sha": "e5", "parents": ["a1"], "date": "2017-06-21T05:00:00Z", "subject": "Never merged"}
    repository = rebuild(tmp_path / "product.git", [*STORY, side])
    assert "e5" in read_back(repository)
    assert git(repository, "rev-parse", "main").strip() == repository.shas["d4"]


def test_parents_that_the_list_does_not_have_are_told(tmp_path: Path) -> None:
    repository = rebuild(tmp_path / "product.git", STORY[1:])
    assert repository.cut == ("a1",)
    assert read_back(repository)["b2"]["parents"] == []


def test_commits_that_are_alike_in_everything_become_one(tmp_path: Path) -> None:
    repository = rebuild(tmp_path / "product.git", [STORY[0], {**STORY[0], "sha": "twin"}])
    assert repository.shas["a1"] == repository.shas["twin"]


def test_an_empty_list_makes_an_empty_repository(tmp_path: Path) -> None:
    repository = rebuild(tmp_path / "product.git", [])
    assert (repository.shas, read_back(repository)) == ({}, {})


@pytest.mark.parametrize(
    ("commits", "said"),
    [
        ([STORY[0], STORY[0]], "the list has the commit a1 twice; keep one"),
        ([{**STORY[0], "tags": ["v1"]}, {**STORY[1], "tags": ["v1"]}], "the list has the tag v1 twice; keep one"),
        ([{**STORY[0], "date": "2017-06-20T17:05:24"}], "commits[0].date: Input should have timezone info, is '2017-06-20T17:05:24'"),
        ([STORY[0], {"sha": "b2", "date": "2017-06-20T17:05:24Z"}], "commits[1].subject: Field required"),
        ([{**STORY[0], "parents": ["a1"]}], "the commits a1, a1 are each other's parents; such a history cannot be"),
        ([{**STORY[0], "tags": ["not..allowed"]}], "git fast-import failed at product.git:"),
    ],
)
def test_a_list_that_is_no_history_is_refused(tmp_path: Path, commits: Sequence[Commit], said: str) -> None:
    with pytest.raises(RolloutError) as refused:
        rebuild(tmp_path / "product.git", commits)
    assert str(refused.value).startswith(said)


WORDS = (
    st.text(alphabet=st.characters(codec="utf-8", exclude_categories=("Cc", "Cs", "Zl", "Zp")), min_size=1, max_size=30).map(str.strip).filter(bool)
)
ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))
DATES = st.datetimes(datetime(1990, 1, 1), datetime(2090, 1, 1), timezones=ZONES).map(lambda at: at.replace(microsecond=0).isoformat())


@st.composite
def histories(draw: st.DrawFn) -> list[Commit]:
    commits: list[Commit] = []
    for number in range(draw(st.integers(1, 12))):
        shas = [commit["sha"] for commit in commits]
        parents = draw(st.lists(st.sampled_from(shas), unique=True, max_size=3)) if shas else []
        tags = [f"v{number}"] if draw(st.booleans()) else []
        commits.append({"sha": f"old{number}", "parents": parents, "date": draw(DATES), "subject": f"{draw(WORDS)} {number}", "tags": tags})
    return draw(st.permutations(commits))


@settings(max_examples=12, deadline=None)
@given(commits=histories(), seed=st.integers())
def test_every_history_is_read_back_as_it_was(tmp_path_factory: pytest.TempPathFactory, commits: list[Commit], seed: int) -> None:
    folder = tmp_path_factory.mktemp("any")
    repository = rebuild(folder / "product.git", commits)
    assert read_back(repository) == {commit["sha"]: expected(commit) for commit in commits}
    tags = {f"{tag} {repository.shas[commit['sha']]}" for commit in commits for tag in commit["tags"]}
    assert set(git(repository, "for-each-ref", "--format=%(refname:short) %(objectname)", "refs/tags").splitlines()) == tags
    assert rebuild(folder / "again.git", random.Random(seed).sample(commits, len(commits))).shas == repository.shas
