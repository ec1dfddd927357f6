"""What JIRA and git say of a project's releases, worked out from its export by other means than the product's, to be compared with it."""

import re
import subprocess
from collections import defaultdict
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any


class History:
    """The commits of an export, and what they say of a release: worked out here anew, by other means than the product's."""

    def __init__(self, commits: Iterable[Mapping[str, Any]], projects: Iterable[str], tag: str) -> None:
        self.commits = list(commits)
        self._by_sha = {one["sha"]: one for one in self.commits}
        self._key = re.compile(rf"\b(?:{'|'.join(projects)})-\d+\b")
        mark = re.compile(re.escape(tag).replace(re.escape("{version}"), r"(\d+(?:\.\d+)+)"))
        self.tagged = {found[1]: one["sha"] for one in self.commits for name in one["tags"] if (found := mark.fullmatch(name))}

    def named(self, version: str) -> dict[str, list[str]]:
        """Each key that a commit since the version before names, with those commits' subjects: their shas are others in a rebuilt history."""
        earlier = [other for other in self.tagged if numbers(other) < numbers(version)]
        before = self._reachable(self.tagged[max(earlier, key=numbers)]) if earlier else set()
        inside = self._reachable(self.tagged[version]) - before
        found: defaultdict[str, list[str]] = defaultdict(list)
        for one in self._standing([one for one in self.commits if one["sha"] in inside]):
            for key in set(self._key.findall(one["subject"])):
                found[key].append(one["subject"])
        return {key: sorted(subjects) for key, subjects in found.items()}

    def _reachable(self, sha: str) -> set[str]:
        found, waiting = set[str](), [sha]
        while waiting:
            found.add(one := waiting.pop())
            waiting += [parent for parent in self._by_sha[one]["parents"] if parent in self._by_sha and parent not in found]
        return found

    @staticmethod
    def _standing(commits: list[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        """Those that no later one reverts, without the reverts."""
        left: list[Mapping[str, Any]] = []
        for one in commits:
            undoes = re.match(r'Revert "(.*)"', one["subject"])
            if not undoes:
                left.append(one)
                continue
            text = bare(undoes[1]).removesuffix("…")
            last = next((other for other in reversed(left) if bare(other["subject"]).startswith(text)), None)
            left = [other for other in left if other is not last]
        return left


def bare(subject: str) -> str:
    """A subject without the number of its pull request."""
    return re.sub(r"\s*\(#\d+\)", "", subject).strip()


def numbers(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]


def claims(issues: Iterable[Mapping[str, Any]]) -> dict[str, set[str]]:
    """Which keys JIRA lists for each version."""
    found: defaultdict[str, set[str]] = defaultdict(set)
    for row in issues:
        if row["fixVersion"]:
            found[re.search(r"\d+(\.\d+)+$", row["fixVersion"])[0]].add(row["key"])  # type: ignore[index]
    return found


def subjects_of(repository: Path) -> dict[str, str]:
    """The subject of each commit, by its sha."""
    command = ["git", "-C", str(repository), "log", "--all", "--format=%H %s"]
    lines = subprocess.run(command, capture_output=True, text=True, timeout=30, check=True).stdout.splitlines()
    return {sha: subject for sha, _, subject in (line.partition(" ") for line in lines)}
