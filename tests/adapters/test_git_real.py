"""A real project's issues and commits, through a real repository: evidence as a simple computation of its own gives it."""

import json
import re
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest

from rollout.adapters.git import GitHistory
from rollout.core.changes import key_order, prove, version_pattern
from rollout.core.trains import previous
from tests.repositories import Written, make_repository
from tests.require import SHARED_DATA, require

pytestmark = pytest.mark.real
DATA = SHARED_DATA / "hbase-thirdparty"
PATTERN = version_pattern(r"(?P<version>\d+(?:\.\d+)+)$")


@pytest.fixture(scope="module")
def recorded() -> list[dict[str, Any]]:
    require(DATA.is_dir(), "a real project's export in ../shared/data/hbase-thirdparty")
    return json.loads((DATA / "commits.json").read_text())


@pytest.fixture(scope="module")
def claims() -> dict[str, set[str]]:
    require(DATA.is_dir(), "a real project's export in ../shared/data/hbase-thirdparty")
    found: dict[str, set[str]] = {}
    for issue in json.loads((DATA / "issues.json").read_text()):
        found.setdefault(PATTERN(issue["fixVersion"]), set()).add(issue["key"])
    return found


@pytest.fixture(scope="module")
def repository(recorded, tmp_path_factory) -> tuple[Path, dict[str, str]]:
    path = tmp_path_factory.mktemp("real") / "product.git"
    commits = [Written(one["sha"], one["subject"], tuple(one["parents"]), datetime.fromisoformat(one["date"])) for one in recorded]
    return path, make_repository(path, commits, {tag: one["sha"] for one in recorded for tag in one["tags"]})


def test_every_tagged_release_is_proven_as_a_simple_count_says(recorded, claims, repository):
    path, shas = repository
    history = GitHistory(path)
    tagged = [version for tag in history.tags() if tag.startswith("rel/") and (version := PATTERN(tag))]
    checked = 0
    for version in sorted(set(claims) & set(tagged)):
        before = previous(version, tagged)
        log = history.commits(f"rel/{before}" if before else None, f"rel/{version}")
        proof = prove(claims[version], log, {"HBASE"})
        range_ = _range(recorded, before, version)
        assert {one.sha for one in log} == {shas[one["sha"]] for one in range_}, version
        evidence = {key: {shas[sha] for sha in named} for key, named in _count(range_).items()}
        assert {key: set(found) for key, found in proof.evidence.items()} == {key: evidence[key] for key in claims[version] & set(evidence)}, version
        assert list(proof.unproven) == sorted(claims[version] - set(evidence), key=key_order), version
        assert list(proof.unclaimed) == sorted(set(evidence) - claims[version], key=key_order), version
        checked += 1
    assert checked > 20


def test_the_repository_is_read_as_it_was_recorded(recorded, repository):
    path, shas = repository
    history = GitHistory(path)
    assert history.tags() == {tag: shas[one["sha"]] for one in recorded for tag in one["tags"]}
    assert history.head() == shas[recorded[-1]["sha"]]
    read = {one.sha: one for one in history.commits(None, history.head())}
    for one in recorded:
        if (commit := read.get(shas[one["sha"]])) is not None:
            assert (commit.subject.strip(), commit.at) == (one["subject"].strip(), datetime.fromisoformat(one["date"]))
            assert commit.parents == tuple(shas[parent] for parent in one["parents"])


# ── The simple computation ─────────────────────────────────────────────────────────────────────────


def _range(recorded: list[dict[str, Any]], before: str | None, version: str) -> list[dict[str, Any]]:
    old = _ancestors(recorded, f"rel/{before}") if before else set()
    new = _ancestors(recorded, f"rel/{version}")
    return [one for one in recorded if one["sha"] in new - old]


def _ancestors(recorded: list[dict[str, Any]], tag: str) -> set[str]:
    found: set[str] = set()
    for one in reversed(recorded):
        if tag in one["tags"] or one["sha"] in found:
            found |= {one["sha"], *one["parents"]}
    return found


def _count(commits: list[dict[str, Any]]) -> dict[str, set[str]]:
    """Cross out what a later commit reverts by its subject, then look for keys in what is left."""
    left: list[dict[str, Any]] = []
    for one in commits:
        if one["subject"].startswith('Revert "'):
            quoted = one["subject"][8:].rsplit('"', 1)[0].strip()
            begin = re.sub(r" \(#\d+\)$", "", quoted).rstrip("…")
            meant = [other for other in left if other["subject"].startswith(begin)]
            left = [other for other in left if other is not meant[-1]] if meant else left
        else:
            left.append(one)
    named: dict[str, set[str]] = {}
    for one in left:
        for key in re.findall(r"HBASE-\d+", one["subject"]):
            named.setdefault(key, set()).add(one["sha"])
    return named
