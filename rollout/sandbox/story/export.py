"""A story from a real project's export: its issues with their fix versions, and its commits with their tags. The clients are made up."""

import re
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import ConfigDict, Field, TypeAdapter, ValidationError

from rollout.core.changes import version_pattern
from rollout.core.releases import order
from rollout.core.values import Value, Version
from rollout.errors import Fault, FaultsFound
from rollout.sandbox.repository import RecordedCommit
from rollout.sandbox.story.clientele import clientele
from rollout.sandbox.story.plot import PlotIssue, PlotVersion, Story

FIX_VERSION = r"(?P<version>\d+(?:\.\d+)+)$"
TAG = "rel/{version}"
_ZONE = ZoneInfo("America/Toronto")


class _Issue(Value):
    """One row of the export's issues. An issue with several fix versions stands in several rows."""

    model_config = ConfigDict(extra="ignore")

    key: Annotated[str, Field(pattern=r"^[A-Z][A-Z0-9_]*-[0-9]+$")]
    summary: str
    type: str = "Bug"
    priority: str = "Major"
    components: tuple[str, ...] = ()
    fixVersion: str = ""  # noqa: N815 - the export's own name
    asOf: date | None = None  # noqa: N815 - the export's own name


def export_story(issues: Path, commits: Path, fix_version: str = FIX_VERSION, tag: str = TAG) -> Story:
    """The story of the newest fix version for which there is a tag; of the newest of all, if none is tagged.

    `fix_version` is a regular expression with a group `version`, `tag` a pattern with {version}. Raises FaultsFound for files that are not
    such an export.
    """
    version_of = _pattern(fix_version)
    rows, history = _read(issues, TypeAdapter(list[_Issue])), _read(commits, TypeAdapter(list[RecordedCommit]))
    named = {row.fixVersion: version for row in rows if (version := version_of(row.fixVersion)) is not None}
    if not named:
        raise FaultsFound([Fault(str(issues), 0, "fixVersion", f"no fix version fits {fix_version!r}; give another with --fix-version")])
    tagged = {one for row in history for one in row.tags}
    candidates = [version for version in named.values() if tag.format(version=version) in tagged] or list(named.values())
    target = max(candidates, key=order)
    days = _days(rows, history)
    starts_at = _monday_after(max((row.date for row in history), default=datetime.now(UTC)))
    return Story(
        product=_projects(rows)[0].capitalize(),
        projects=_projects(rows),
        issues=_issues(rows, days, starts_at),
        versions=tuple(_version(name, version, days, target) for name, version in sorted(named.items())),
        commits=tuple(history),
        clients=clientele(),
        target=target,
        previous=max((version for version in named.values() if order(version) < order(target)), key=order, default=None),
        starts_at=starts_at,
        fix_version=fix_version,
        fix_version_name=_name_pattern(named, target),
        tag=tag,
        needs_evidence=False,
        by_train=False,
    )


def _pattern(fix_version: str) -> Any:
    try:
        return version_pattern(fix_version)
    except ValueError as error:
        raise FaultsFound([Fault("--fix-version", 0, "", str(error))]) from None


def _read(path: Path, kind: TypeAdapter[Any]) -> Any:
    try:
        return kind.validate_json(path.read_bytes())
    except OSError as error:
        raise FaultsFound([Fault(str(path), 0, "", f"cannot be read: {error.strerror}")]) from None
    except ValidationError as error:
        first = [Fault(str(path), 0, ".".join(map(str, each["loc"])), each["msg"]) for each in error.errors()[:10]]
        raise FaultsFound(first) from None


def _projects(rows: list[_Issue]) -> tuple[str, ...]:
    """The projects that the issues belong to; the one with most of them first."""
    prefixes = [row.key.rpartition("-")[0] for row in rows]
    return tuple(sorted(set(prefixes), key=lambda prefix: (-prefixes.count(prefix), prefix)))


def _days(rows: list[_Issue], history: list[RecordedCommit]) -> dict[str, date]:
    """When each fix version was as the export says it."""
    newest = max((row.date for row in history), default=datetime.now(UTC)).date()
    return {row.fixVersion: row.asOf or newest for row in rows}


def _issues(rows: list[_Issue], days: dict[str, date], starts_at: datetime) -> tuple[PlotIssue, ...]:
    """One issue per key, with the fix versions of all its rows."""
    names: dict[str, list[str]] = {}
    for row in rows:
        names.setdefault(row.key, []).extend([row.fixVersion] if row.fixVersion else [])
    first = {row.key: row for row in reversed(rows)}
    return tuple(_issue(first[key], tuple(dict.fromkeys(names[key])), days, starts_at) for key in names)


def _issue(row: _Issue, names: tuple[str, ...], days: dict[str, date], starts_at: datetime) -> PlotIssue:
    updated = datetime.combine(days[row.fixVersion], time(12), tzinfo=UTC)
    return PlotIssue(
        key=row.key,
        summary=row.summary,
        kind=row.type,
        status="Resolved",
        resolution="Fixed",
        quality="Passed",
        fix_versions=names,
        updated=min(updated, starts_at - timedelta(hours=1)),
        priority=row.priority,
        components=row.components,
    )


def _version(name: str, version: Version, days: dict[str, date], target: Version) -> PlotVersion:
    """What is older than the story's release is out; what is newer, and the release itself, is not."""
    return PlotVersion(name, version, days[name] if order(version) < order(target) else None)


def _name_pattern(named: dict[str, Version], target: Version) -> str:
    """How the project writes the names of its versions, read off the newest one."""
    name = next(name for name, version in sorted(named.items()) if version == target)
    return re.sub(re.escape(target) + "$", "{version}", name)


def _monday_after(at: datetime) -> datetime:
    """Nine in the morning of the Monday after that moment, in the company's zone."""
    local = at.astimezone(_ZONE).date()
    monday = local + timedelta(days=7 - local.weekday())
    return datetime.combine(monday, time(9), tzinfo=_ZONE).astimezone(UTC)
