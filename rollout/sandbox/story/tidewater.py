"""Tidewater, made-up software for marinas: thirteen monthly releases of it, the last of which is about to be cut when the story begins."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, time, timedelta
from itertools import count, cycle
from zoneinfo import ZoneInfo

from rollout.core.values import Version
from rollout.sandbox.repository import RecordedCommit
from rollout.sandbox.story.clientele import clientele
from rollout.sandbox.story.export import FIX_VERSION, TAG
from rollout.sandbox.story.plot import PlotIssue, PlotVersion, Story
from rollout.sandbox.story.texts import CHORES, FEATURES, FIXES, UPGRADES

PROJECT = "TIDE"
TARGET = Version("2026.12")
_ZONE = ZoneInfo("America/Toronto")
_MONTHS = [date(2025, 12, 1), *(date(2026, month, 1) for month in range(1, 13))]
_STARTS_AT = datetime(2026, 11, 30, 9, tzinfo=_ZONE).astimezone(UTC)


def tidewater() -> Story:
    """The story. The same at every call."""
    year = _Year()
    for month in _MONTHS[:-1]:
        year.ship(month)
    year.prepare(_MONTHS[-1])
    names = [_name(month) for month in _MONTHS]
    return Story(
        product="Tidewater",
        projects=(PROJECT,),
        issues=tuple(year.issues),
        versions=tuple(PlotVersion(name, Version(name), _shipped(name)) for name in names),
        commits=tuple(year.commits),
        clients=clientele(),
        target=TARGET,
        previous=Version(names[-2]),
        starts_at=_STARTS_AT,
        fix_version=FIX_VERSION,
        fix_version_name="{version}",
        tag=TAG,
        needs_evidence=True,
        by_train=True,
    )


def _name(month: date) -> str:
    return f"{month:%Y.%m}"


def _shipped(name: str) -> date | None:
    return None if name == TARGET else date(int(name[:4]), int(name[5:]), 12)


@dataclass
class _Year:
    """The history as it grows, month by month."""

    issues: list[PlotIssue] = field(default_factory=list)
    commits: list[RecordedCommit] = field(default_factory=list)
    _numbers: Iterator[int] = field(default_factory=lambda: count(1001))
    _pulls: Iterator[int] = field(default_factory=lambda: count(301))
    _fixes: Iterator[tuple[str, str]] = field(default_factory=lambda: cycle(_spread(FIXES)))
    _features: Iterator[tuple[str, str]] = field(default_factory=lambda: cycle(_spread(FEATURES)))
    _upgrades: Iterator[str] = field(default_factory=lambda: cycle(UPGRADES))
    _chores: Iterator[str] = field(default_factory=lambda: cycle(CHORES))

    def ship(self, month: date) -> None:
        """A month that went well: a dozen changes, each with its commit, and the tag."""
        size = 8 + month.month % 4
        for _ in range(size):
            self._do(self._fix(month))
        self._do(self._feature(month))
        self._do(self._chore(month))
        if month.month % 4 == 1:
            self._do(self._upgrade(month))
        self._commit(f"Prepare {_name(month)}", _at(month, 26), tags=(f"rel/{_name(month)}",))

    def prepare(self, month: date) -> None:
        """The month of the story: most is ready, some is not, for every reason that there is."""
        for _ in range(13):
            self._do(self._fix(month))
        self._do(replace(self._feature(month), note="Guests can now be offered a free berth by text message, in the order of the waiting list."))
        self._do(self._chore(month))
        self._add(replace(self._fix(month), status="In Progress", resolution=None, quality=None))
        self._do(replace(self._fix(month), quality="Pending"))
        self._add(replace(self._fix(month), resolution="Won't Fix", quality=None))
        self._add(self._fix(month))
        self._do(replace(self._feature(month), security="Partners only", note=None))
        self._do(replace(self._fix(month), fix_versions=()))
        reverted = self._fix(month)
        self._do(reverted)
        self._revert()
        self._commit(f"{reverted.key}: {reverted.summary}, without the cache", _at(month, 28))

    # ── issues ─────────────────────────────────────────────────────────────────────────────────────

    def _fix(self, month: date) -> PlotIssue:
        component, summary = next(self._fixes)
        number = next(self._numbers)
        severity = ("Minor", "Major", "Major", "Critical")[number % 4]
        return replace(_issue(number, summary, "Bug", month), components=(component,), severity=severity, priority=severity)

    def _feature(self, month: date) -> PlotIssue:
        component, summary = next(self._features)
        return replace(_issue(next(self._numbers), summary, "New Feature", month), components=(component,))

    def _upgrade(self, month: date) -> PlotIssue:
        return _issue(next(self._numbers), next(self._upgrades), "Upgrade", month)

    def _chore(self, month: date) -> PlotIssue:
        return replace(_issue(next(self._numbers), next(self._chores), "Task", month), labels=("internal",))

    def _add(self, issue: PlotIssue) -> None:
        self.issues.append(issue)

    def _do(self, issue: PlotIssue) -> None:
        """The issue, and the pull request that mended it."""
        self._add(issue)
        self._commit(f"{issue.key}: {issue.summary} (#{next(self._pulls)})", issue.updated - timedelta(days=1))

    # ── commits ────────────────────────────────────────────────────────────────────────────────────

    def _commit(self, subject: str, at: datetime, body: str = "", tags: tuple[str, ...] = ()) -> None:
        parents = (self.commits[-1].sha,) if self.commits else ()
        sha = hashlib.sha1(f"{parents}{subject}{at}".encode(), usedforsecurity=False).hexdigest()
        self.commits.append(RecordedCommit(sha=sha, parents=parents, date=at, subject=subject, body=body, tags=tags))

    def _revert(self) -> None:
        undone = self.commits[-1]
        self._commit(f'Revert "{undone.subject}"', undone.date + timedelta(hours=2), f"This reverts commit {undone.sha}.")


def _issue(number: int, summary: str, kind: str, month: date) -> PlotIssue:
    day = 3 + number % 20
    return PlotIssue(
        key=f"{PROJECT}-{number}",
        summary=summary,
        kind=kind,
        status="Done",
        resolution="Fixed",
        quality="Passed",
        fix_versions=(_name(month),),
        updated=_at(month, day),
    )


def _at(month: date, day: int) -> datetime:
    """Ten in the morning of that day of the month before, in which the release was made."""
    before = (month - timedelta(days=1)).replace(day=day)
    return datetime.combine(before, time(10), tzinfo=_ZONE).astimezone(UTC)


def _spread(texts: dict[str, tuple[str, ...]]) -> list[tuple[str, str]]:
    """The texts of all components in turn, so that a month has something of each."""
    longest = max(map(len, texts.values()))
    return [(component, lines[index]) for index in range(longest) for component, lines in texts.items() if index < len(lines)]
