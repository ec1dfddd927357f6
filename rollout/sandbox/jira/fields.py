"""The fields that JQL knows: what an issue has there, which values exist, how they compare and sort."""

from collections.abc import Callable, Hashable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from rollout.sandbox.jira import defaults
from rollout.sandbox.jira.catalogue import Word, called
from rollout.sandbox.jira.model import CustomField, Issue, Named, Version
from rollout.sandbox.jira.refusals import JiraRefusal
from rollout.sandbox.jira.store import Store

EMPTY: Hashable = None
Rank = Callable[[Issue], Any]


@dataclass(frozen=True)
class ThingField:
    """Holds things that are equal or not. `meaning` gives the things that a word names (EMPTY for "nothing"); none: there is no such value."""

    name: str
    values: Callable[[Issue], tuple[Hashable, ...]]
    meaning: Callable[[Store, str], frozenset[Hashable]]
    rank: Rank
    descends: bool = False


@dataclass(frozen=True)
class MomentField:
    name: str
    value: Callable[[Issue], datetime | None]
    descends: bool = True

    @property
    def rank(self) -> Rank:
        return self.value


@dataclass(frozen=True)
class TextField:
    name: str
    value: Callable[[Issue], str | None]
    descends: bool = False

    @property
    def rank(self) -> Rank:
        return lambda issue: (self.value(issue) or "").casefold() or None


JqlField = ThingField | MomentField | TextField


def field_named(store: Store, name: str) -> JqlField:
    """The field that a query calls so. Raises JiraRefusal (400)."""
    known = _SYSTEM.get(name.casefold())
    if known is not None:
        return known
    for custom in store.words.fields:
        if name.casefold() in (custom.name.casefold(), f"cf[{custom.number}]"):
            return _custom(custom, name)
    raise JiraRefusal(400, f"Field '{name}' does not exist or you do not have permission to view it.")


def _custom(field: CustomField, name: str) -> JqlField:
    if field.kind != "select":
        return TextField(name, lambda issue: _text(issue, field.id))
    return ThingField(
        name,
        lambda issue: _option(issue, field.id),
        lambda store, text: _one(called(store.words.options[field.id], text)),
        lambda issue: next(iter(_option(issue, field.id)), None),
    )


def _text(issue: Issue, field_id: str) -> str | None:
    value = issue.custom.get(field_id)
    return value if isinstance(value, str) else None


def _option(issue: Issue, field_id: str) -> tuple[Hashable, ...]:
    value = issue.custom.get(field_id)
    return (value.id,) if isinstance(value, Named) else ()


def _one(word: Word | None) -> frozenset[Hashable]:
    return frozenset() if word is None else frozenset({word.id})


def _projects(store: Store, text: str) -> frozenset[Hashable]:
    wanted = text.casefold()
    return frozenset(each.key for each in store.projects.values() if wanted in (each.key.casefold(), each.name.casefold()) or each.id == text)


def _versions(store: Store, text: str) -> frozenset[Hashable]:
    named = frozenset[Hashable](each.id for each in store.versions.values() if each.name.casefold() == text.casefold())
    return named or frozenset({text} & store.versions.keys())


def _components(store: Store, text: str) -> frozenset[Hashable]:
    found = (called(words, text) for words in store.words.components.values())
    return frozenset(each.id for each in found if each)


def _categories(_: Store, text: str) -> frozenset[Hashable]:
    wanted = text.casefold()
    return frozenset(key for key, (number, name, _) in defaults.CATEGORIES.items() if wanted in (key, name.casefold(), str(number)))


def _resolutions(store: Store, text: str) -> frozenset[Hashable]:
    return frozenset({EMPTY}) if text.casefold() == "unresolved" else _one(called(store.words.resolutions, text))


def _keys(store: Store, text: str) -> frozenset[Hashable]:
    try:
        return frozenset({store.issue(text).id})
    except JiraRefusal:
        raise JiraRefusal(400, f"An issue with key '{text}' does not exist for field 'key'.") from None


def version_function(store: Store, name: str, arguments: tuple[str, ...]) -> frozenset[Hashable] | None:
    """The ids of the versions that a function names, of the projects given or of all; None for an unknown function. Archived ones are left out."""
    wanted = _VERSION_FUNCTIONS.get(name.casefold())
    if wanted is None:
        return None
    keys = [key for text in arguments for key in _known_projects(store, text)] or list(store.projects)
    return frozenset(each.id for key in keys for each in wanted([version for version in store.versions_of(key) if not version.archived]))


def _known_projects(store: Store, text: str) -> list[str]:
    keys = [str(key) for key in _projects(store, text)]
    if not keys:
        raise JiraRefusal(400, f"Could not resolve the project '{text}' provided to function.")
    return keys


def _released(versions: list[Version]) -> list[Version]:
    return [version for version in versions if version.released]


def _unreleased(versions: list[Version]) -> list[Version]:
    return [version for version in versions if not version.released]


LIST_FUNCTIONS = frozenset({"releasedversions", "unreleasedversions"})
_VERSION_FUNCTIONS: dict[str, Callable[[list[Version]], list[Version]]] = {
    "releasedversions": _released,
    "unreleasedversions": _unreleased,
    "latestreleasedversion": lambda versions: _released(versions)[-1:],
    "earliestunreleasedversion": lambda versions: _unreleased(versions)[:1],
}


def _key_rank(issue: Issue) -> tuple[str, int]:
    return issue.project, issue.number


def _labels(issue: Issue) -> tuple[Hashable, ...]:
    return tuple(label.casefold() for label in issue.labels)


def _severity_of(priority: Named) -> int:
    return -int(priority.id)


_KEY = ThingField("key", lambda issue: (issue.id,), _keys, _key_rank)
_STATUS = ThingField(
    "status", lambda issue: (issue.status.id,), lambda store, text: _one(called(store.words.statuses, text)), lambda issue: issue.status.name
)
_TYPE = ThingField(
    "issuetype", lambda issue: (issue.type.id,), lambda store, text: _one(called(store.words.types, text)), lambda issue: issue.type.name
)
_FIX = ThingField("fixVersion", lambda issue: issue.fix_versions, _versions, lambda issue: issue.fix_versions or None)
_AFFECTED = ThingField("affectedVersion", lambda issue: issue.affected_versions, _versions, lambda issue: issue.affected_versions or None)
_COMPONENT = ThingField(
    "component",
    lambda issue: tuple(each.id for each in issue.components),
    _components,
    lambda issue: tuple(each.name for each in issue.components) or None,
)
_LEVEL = ThingField(
    "level",
    lambda issue: (issue.security.id,) if issue.security else (),
    lambda store, text: _one(called(store.words.security, text)),
    lambda issue: issue.security and issue.security.name,
)
_RESOLUTION = ThingField(
    "resolution",
    lambda issue: (issue.resolution.id,) if issue.resolution else (),
    _resolutions,
    lambda issue: issue.resolution and issue.resolution.name,
)
_PRIORITY = ThingField(
    "priority",
    lambda issue: (issue.priority.id,),
    lambda store, text: _one(called(store.words.priorities, text)),
    lambda issue: _severity_of(issue.priority),
    descends=True,
)
_CREATED = MomentField("created", lambda issue: issue.created)
_UPDATED = MomentField("updated", lambda issue: issue.updated)
_RESOLVED = MomentField("resolved", lambda issue: issue.resolved_at)

_SYSTEM: dict[str, JqlField] = {
    "project": ThingField("project", lambda issue: (issue.project,), _projects, lambda issue: issue.project),
    "statuscategory": ThingField("statusCategory", lambda issue: (issue.status.category,), _categories, lambda issue: issue.status.category),
    "labels": ThingField("labels", _labels, lambda _, text: frozenset({text.casefold()}), lambda issue: _labels(issue) or None),
    "summary": TextField("summary", lambda issue: issue.summary),
    "description": TextField("description", lambda issue: issue.description),
    **dict.fromkeys(("key", "issuekey", "issue", "id"), _KEY),
    **dict.fromkeys(("issuetype", "type"), _TYPE),
    **dict.fromkeys(("level",), _LEVEL),
    **dict.fromkeys(("created", "createddate"), _CREATED),
    **dict.fromkeys(("updated", "updateddate"), _UPDATED),
    **dict.fromkeys(("resolved", "resolutiondate"), _RESOLVED),
    "status": _STATUS,
    "resolution": _RESOLUTION,
    "priority": _PRIORITY,
    "fixversion": _FIX,
    "affectedversion": _AFFECTED,
    "component": _COMPONENT,
}
