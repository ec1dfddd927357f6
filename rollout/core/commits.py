"""A commit, and what the commits of a range do to one another: reverts, reverts of reverts, cherry-picks, merges.

The messages are git's and GitHub's own: `Revert "…"`, `Reapply "…"`, `This reverts commit …`, `(cherry picked from commit …)`.
"""

import re
from collections.abc import Iterable, Mapping

from rollout.core.values import Moment, Value

_PICKED = re.compile(r"\(cherry picked from commit ([0-9a-f]{7,64})\)")
_REVERTS = re.compile(r"This reverts commit\s+([0-9a-f]{7,64})(?:,\s+reversing\s+changes\s+made\s+to\s+([0-9a-f]{7,64}))?")
_QUOTES = re.compile(r'(Revert|Reapply) "(.+)')
_PULL_REQUEST = re.compile(r"(\s*\(#\d+\))+$")

_Effect = dict[str, bool]  # the shas that are in the tree afterwards (True), or are not (False)


class Commit(Value):
    """One commit, as far as evidence needs it. `parents` are shas; `at` is the committer's moment."""

    sha: str
    parents: tuple[str, ...] = ()
    subject: str
    body: str = ""
    at: Moment


def once(commits: Iterable[Commit]) -> tuple[str, ...]:
    """The shas of the commits, in their order; of a commit and its cherry-picks only the first."""
    first: dict[str, str] = {}
    for commit in commits:
        first.setdefault(_origins(commit)[0], commit.sha)
    return tuple(first.values())


def _origins(commit: Commit) -> tuple[str, ...]:
    """The shas that the commit is known by, the oldest first: what it was picked from, and its own."""
    return (*_PICKED.findall(commit.body), commit.sha)


def is_revert(commit: Commit) -> bool:
    """Whether the commit says that it undoes another."""
    return bool(_QUOTES.match(commit.subject) or _REVERTS.search(commit.body))


def undone(commits: Iterable[Commit]) -> set[str]:
    """The shas of those commits of a range, oldest first, that a later one undid and none restored.

    Each commit has an effect on what the tree holds: it brings itself; a revert does the opposite of what it reverts. The last effect counts.
    """
    earlier: dict[str, Commit] = {}
    effects: dict[str, _Effect] = {}
    holds: _Effect = {}
    for commit in commits:
        reverted = _reverted(commit, earlier, effects, holds) if is_revert(commit) else {commit.sha: False}
        effects[commit.sha] = {sha: not brought for sha, brought in reverted.items()}
        holds |= effects[commit.sha]
        earlier[commit.sha] = commit
    return {sha for sha, held in holds.items() if not held}


def _reverted(revert: Commit, earlier: Mapping[str, Commit], effects: Mapping[str, _Effect], holds: _Effect) -> _Effect:
    """The effect of what is reverted: the commits that the body names, with their cherry-picks; where none of those is in the range (a rebase
    gave it another sha), the latest whose subject is quoted and whose effect still holds."""
    meant = [(one, mainline) for sha, mainline in _REVERTS.findall(revert.body) for one in earlier.values() if _known_by(one, sha)]
    if not meant:
        quoted = (one for one in reversed(tuple(earlier.values())) if _quotes(revert.subject, one.subject))
        meant = [(one, "") for one in quoted if effects[one.sha].items() <= holds.items()][:1]
    return {sha: brought for one, mainline in meant for sha, brought in _effect(one, mainline, earlier, effects).items()}


def _effect(commit: Commit, mainline: str, earlier: Mapping[str, Commit], effects: Mapping[str, _Effect]) -> _Effect:
    """What the commit did to its first parent, or to the mainline that is named: a merge did all that its other parents bring."""
    if len(commit.parents) < 2:
        return effects[commit.sha]
    kept = next((parent for parent in commit.parents if mainline and _same_sha(parent, mainline)), commit.parents[0])
    brought = _reachable(set(commit.parents) - {kept}, earlier) - _reachable({kept}, earlier)
    done = {sha: held for one in earlier if one in brought for sha, held in effects[one].items()}
    return {commit.sha: True} | {sha: held for sha, held in done.items() if held or sha not in brought}


def _known_by(commit: Commit, sha: str) -> bool:
    return any(_same_sha(sha, origin) for origin in _origins(commit))


def _same_sha(one: str, other: str) -> bool:
    return one.startswith(other) or other.startswith(one)


def _quotes(revert: str, subject: str) -> bool:
    """Whether `Revert "…"` quotes the subject; either may be cut short with an ellipsis, and pull request numbers do not matter."""
    match = _QUOTES.match(revert)
    if match is None:
        return False
    text = match[2].rpartition('"')[0] or match[2]
    quoted, plain = _plain(text if match[1] == "Revert" else f'Revert "{text}"'), _plain(subject)
    return quoted == plain or _begins(quoted, plain) or _begins(plain, quoted)


def _plain(subject: str) -> str:
    return " ".join(_PULL_REQUEST.sub("", subject.strip()).split())


def _begins(cut: str, whole: str) -> bool:
    """Whether the text that was cut short is the beginning of the whole one."""
    begin = cut.removesuffix("…") if cut.endswith("…") else cut.removesuffix("...")
    return begin != cut and bool(begin) and whole.startswith(begin)


def _reachable(heads: Iterable[str], known: Mapping[str, Commit]) -> set[str]:
    found: set[str] = set()
    waiting = [sha for sha in heads if sha in known]
    while waiting:
        sha = waiting.pop()
        if sha not in found:
            found.add(sha)
            waiting.extend(parent for parent in known[sha].parents if parent in known)
    return found
