"""A change: one JIRA issue that is to be shipped; whether it is ready, what proves it, and who may read of it."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from enum import StrEnum

from pydantic import Field

from rollout.core.commits import Commit as Commit
from rollout.core.commits import is_revert, once, undone
from rollout.core.values import ChangeKey, Moment, Reason, Value, Version


class Kind(StrEnum):
    """What sort of change it is, for the notes and for the assessment."""

    FIX = "fix"
    FEATURE = "feature"
    UPGRADE = "upgrade"
    TASK = "task"


class Quality(StrEnum):
    """What QA says of a change."""

    PASSED = "passed"
    FAILED = "failed"
    PENDING = "pending"


class Audience(StrEnum):
    """Who may read of a change."""

    CLIENTS = "clients"
    INTERNAL = "internal"


class Change(Value):
    """One issue as JIRA has it now, in our words.

    `issue_id` is JIRA's stable id (a key may move). `status_category` is new, indeterminate or done. `resolution` is None while unresolved.
    `fix_versions` are JIRA's own names. `public_note` is the sentence that clients read; without one they read the summary.
    """

    key: ChangeKey
    issue_id: str
    project: str
    summary: str
    kind: Kind
    audience: Audience
    status: str
    status_category: str
    resolution: str | None = None
    quality: Quality
    fix_versions: tuple[str, ...] = ()
    labels: frozenset[str] = frozenset()
    components: tuple[str, ...] = ()
    priority: str = ""
    severity: str = ""
    workaround: bool = False
    needs_staging: bool = False
    downtime_minutes: int = 0
    public_note: str = ""
    updated: Moment
    resolved_at: Moment | None = None

    @property
    def note(self) -> str:
        """What clients read of this change."""
        return self.public_note or self.summary


class TicketLink(Value):
    """A help-desk ticket that a change is linked to."""

    change: ChangeKey
    desk: str
    ticket: str


class Proof(Value):
    """What a range of commits says about a release.

    `evidence` has the shas for each claimed key that any commit still names, oldest first. `unproven` are claimed keys that no commit names,
    `unclaimed` keys of the known projects that commits name and the release does not claim; both in natural order.
    `known` is False where no repository, or no tag to count from, could be read: then nothing is proven or doubted.
    """

    known: bool = True
    evidence: dict[ChangeKey, tuple[str, ...]] = Field(default_factory=dict)
    unproven: tuple[ChangeKey, ...] = ()
    unclaimed: tuple[ChangeKey, ...] = ()


class ReadinessRules(Value):
    """What the vendor asks of a change before it ships. Resolutions are compared without case."""

    shipping_resolutions: frozenset[str] = frozenset({"fixed", "done", "resolved"})
    needs_quality: bool = True
    needs_evidence: bool = True


def key_order(key: str) -> tuple[str, int]:
    """The key that sorts change keys naturally: PROJ-9 before PROJ-10. One without a number comes first in its project."""
    project, _, number = key.rpartition("-")
    return (project, int(number)) if project and number.isdecimal() else (key, -1)


LONGEST_NAME = 255  # JIRA's own bound on the name of a version; it also bounds what a slow expression can cost


def version_pattern(regex: str) -> Callable[[str], Version | None]:
    """What maps a fix version's name to our version: the group `version` of the first match, None where nothing matches.

    Raises ValueError for what is no regular expression, or has no such group."""
    try:
        pattern = re.compile(regex)
    except re.error as error:
        raise ValueError(f"{regex!r} is not a regular expression: {error}") from None
    if "version" not in pattern.groupindex:
        raise ValueError(f"{regex!r} does not say which part is the version; name it: (?P<version>…)")

    def version_of(name: str) -> Version | None:
        match = pattern.search(name) if len(name) <= LONGEST_NAME else None
        return Version(match["version"]) if match and match["version"] else None

    return version_of


def readiness(change: Change, proof: Proof | None, rules: ReadinessRules) -> tuple[Reason, ...]:
    """Every reason why the change cannot ship yet; none if it is ready. Without a proof, or with one that knows nothing, none is asked for."""
    asked = (_finished(change), _resolved(change, rules), _tested(change, rules), _evidenced(change, proof, rules))
    return tuple(reason for reason in asked if reason)


def _finished(change: Change) -> Reason | None:
    done = change.status_category == "done"
    return None if done else Reason(code="not-done", text=f"{change.key} is {change.status or 'without a status'}, which JIRA does not count as done")


def _resolved(change: Change, rules: ReadinessRules) -> Reason | None:
    if change.resolution is None:
        return Reason(code="no-resolution", text=f"{change.key} has no resolution")
    if change.resolution.casefold() in {name.casefold() for name in rules.shipping_resolutions}:
        return None
    ships = ", ".join(sorted(rules.shipping_resolutions))
    return Reason(code="not-shipping", text=f"{change.key} is resolved as {change.resolution}, which does not ship; these do: {ships}")


def _tested(change: Change, rules: ReadinessRules) -> Reason | None:
    if not rules.needs_quality or change.quality is Quality.PASSED:
        return None
    if change.quality is Quality.FAILED:
        return Reason(code="qa-failed", text=f"{change.key} failed QA")
    return Reason(code="qa-pending", text=f"QA has not passed {change.key} yet")


def _evidenced(change: Change, proof: Proof | None, rules: ReadinessRules) -> Reason | None:
    if not rules.needs_evidence or proof is None or not proof.known or change.key in proof.evidence:
        return None
    return Reason(code="no-evidence", text=f"no commit since the previous release names {change.key}, or all that did were reverted")


def prove(keys: Iterable[ChangeKey], commits: Sequence[Commit], projects: Iterable[str]) -> Proof:
    """Judge which of the claimed keys the commits of a range (oldest first) name, and which other keys of the projects.

    Reverts name nothing and undo what they name; a revert of a revert restores it. A merge speaks only for keys that no ordinary commit
    names (a branch's name says less than its commits), and a commit and its cherry-picks speak once."""
    claimed, found = set(keys), _evidence(commits, projects)
    return Proof(
        evidence={key: found[key] for key in sorted(claimed & found.keys(), key=key_order)},
        unproven=tuple(sorted(claimed - found.keys(), key=key_order)),
        unclaimed=tuple(sorted(found.keys() - claimed, key=key_order)),
    )


def _evidence(commits: Sequence[Commit], projects: Iterable[str]) -> dict[ChangeKey, tuple[str, ...]]:
    gone = undone(commits)
    ordinary: defaultdict[ChangeKey, list[Commit]] = defaultdict(list)
    merges: defaultdict[ChangeKey, list[Commit]] = defaultdict(list)
    for commit, names in _named(commits, projects):
        speakers = merges if len(commit.parents) > 1 else ordinary
        for key in names:
            speakers[key].append(commit)
    found = {key: once(one for one in naming if one.sha not in gone) for key, naming in (merges | ordinary).items()}
    return {key: shas for key, shas in found.items() if shas}


def _named(commits: Sequence[Commit], projects: Iterable[str]) -> Iterator[tuple[Commit, set[ChangeKey]]]:
    known = "|".join(re.escape(project) for project in sorted(projects))
    pattern = re.compile(rf"\b(?:{known})-[0-9]+\b")
    for commit in commits if known else ():
        if not is_revert(commit):
            yield commit, {ChangeKey(key) for key in pattern.findall(f"{commit.subject}\n{commit.body}")}
