"""A commit, and what the commits of a range do to one another: reverts, reverts of reverts, cherry-picks, merges.

The messages are git's and GitHub's own: `Revert "…"`, `Reapply "…"`, `This reverts commit …`, `(cherry picked from commit …)`.
"""

import re
from collections.abc import Iterable, Mapping, Sequence

from rollout.core.values import Moment, Value

_PICKED = re.compile(r"\(cherry picked from commit ([0-9a-f]{7,64})\)")
_REVERTS = re.compile(r"This reverts commit\s+([0-9a-f]{7,64})(?:,\s+reversing\s+changes\s+made\s+to\s+([0-9a-f]{7,64}))?")
_QUOTES = re.compile(r'(Revert|Reapply) "(.+)')
_PULL_REQUEST = re.compile(r"(\s*\(#\d+\))+$")


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


def undone(commits: Sequence[Commit]) -> set[str]:
    """The shas of the commits that a later commit of the range undid, and that none restored."""
    earlier: dict[str, Commit] = {}
    reverts: list[tuple[str, set[str]]] = []
    for commit in commits:
        if is_revert(commit):
            fallen = _fallen(reverts)
            standing = {sha: one for sha, one in earlier.items() if sha not in fallen}
            reverts.append((commit.sha, _targets(commit, standing, earlier)))
        earlier[commit.sha] = commit
    return _fallen(reverts)


def _fallen(reverts: Sequence[tuple[str, set[str]]]) -> set[str]:
    """What the reverts undo. The newest is asked first: one that a later one undid undoes nothing."""
    fallen: set[str] = set()
    for sha, targets in reversed(reverts):
        if sha not in fallen:
            fallen |= targets
    return fallen


def _targets(revert: Commit, standing: Mapping[str, Commit], earlier: Mapping[str, Commit]) -> set[str]:
    """What the revert undoes of what still stands: the commits that its body names, with their cherry-picks; where none of those is in the range
    (a rebase gave it another sha), the latest whose subject it quotes."""
    named = _REVERTS.findall(revert.body)
    meant = [(one, mainline) for sha, mainline in named for one in standing.values() if _known_by(one, sha)]
    if not meant:
        meant = [(one, "") for one in reversed(tuple(standing.values())) if _quotes(revert.subject, one.subject)][:1]
    return {sha for one, mainline in meant for sha in (one.sha, *_brought(one, mainline, earlier))}


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


def _brought(merge: Commit, mainline: str, earlier: Mapping[str, Commit]) -> set[str]:
    """The commits of the range that a merge brought to its mainline; none for an ordinary commit."""
    if len(merge.parents) < 2:
        return set()
    kept = next((parent for parent in merge.parents if mainline and _same_sha(parent, mainline)), merge.parents[0])
    return _reachable([parent for parent in merge.parents if parent != kept], earlier) - _reachable([kept], earlier)


def _reachable(heads: Iterable[str], known: Mapping[str, Commit]) -> set[str]:
    found: set[str] = set()
    waiting = [sha for sha in heads if sha in known]
    while waiting:
        sha = waiting.pop()
        if sha not in found:
            found.add(sha)
            waiting.extend(parent for parent in known[sha].parents if parent in known)
    return found
