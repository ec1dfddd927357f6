"""What a JIRA keeps, as frozen records: a write replaces a record, so a record that is the same object has not changed."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Named:
    """A priority, a resolution, a component, a security level, an option of a select field."""

    id: str
    name: str


@dataclass(frozen=True, slots=True)
class Status:
    """A status; its category is new, indeterminate or done, and does not depend on language."""

    id: str
    name: str
    category: str


@dataclass(frozen=True, slots=True)
class IssueType:
    id: str
    name: str
    subtask: bool = False


@dataclass(frozen=True, slots=True)
class Transition:
    """A way from some statuses (none named: from all others) to one. `resolution` is set where the caller sends none; `reopens` clears it."""

    id: str
    name: str
    target: str
    sources: frozenset[str] = frozenset()
    resolution: str | None = None
    reopens: bool = False

    def open_from(self, status: str) -> bool:
        return status in self.sources if self.sources else status != self.target


@dataclass(frozen=True, slots=True)
class LinkType:
    id: str
    name: str
    inward: str
    outward: str


@dataclass(frozen=True, slots=True)
class CustomField:
    """A field of one's own. `kind` is select, text (one line) or textarea."""

    id: str
    name: str
    kind: str

    @property
    def number(self) -> int:
        return int(self.id.removeprefix("customfield_"))


@dataclass(frozen=True, slots=True)
class Project:
    id: str
    key: str
    name: str


@dataclass(frozen=True, slots=True)
class Version:
    """A version of one project: what issues call a fix version."""

    id: str
    name: str
    project: str
    description: str = ""
    archived: bool = False
    released: bool = False
    release_date: date | None = None
    start_date: date | None = None


@dataclass(frozen=True, slots=True)
class RemoteLink:
    """A link to a thing elsewhere. `object` is kept as it was sent; url and title are the required parts of it."""

    id: int
    object: Mapping[str, Any]
    global_id: str | None = None
    application: Mapping[str, Any] = field(default_factory=dict)
    relationship: str | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """One end of a link between issues: `other` is the id of the issue at the far end, `outward` how the type reads from here."""

    id: str
    type: LinkType
    other: int
    outward: bool


@dataclass(frozen=True, slots=True)
class Comment:
    id: str
    author: str
    body: str
    created: datetime
    updated: datetime
    visibility: Mapping[str, str] | None = None
    properties: tuple[Mapping[str, Any], ...] = ()


@dataclass(frozen=True, slots=True)
class Item:
    """One field that a write moved: ids, and the words that a person reads."""

    field: str
    field_id: str
    old_id: str | None
    old: str | None
    new_id: str | None
    new: str | None
    custom: bool = False


@dataclass(frozen=True, slots=True)
class History:
    id: str
    author: str
    at: datetime
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True)
class Issue:
    """One issue. Versions are ids, since a version may be renamed; `custom` maps a field's id to an option, a text, or nothing."""

    id: int
    key: str
    project: str
    summary: str
    type: IssueType
    status: Status
    priority: Named
    created: datetime
    updated: datetime
    resolution: Named | None = None
    resolved_at: datetime | None = None
    description: str | None = None
    security: Named | None = None
    parent: int | None = None
    labels: tuple[str, ...] = ()
    components: tuple[Named, ...] = ()
    fix_versions: tuple[str, ...] = ()
    affected_versions: tuple[str, ...] = ()
    custom: Mapping[str, Named | str | None] = field(default_factory=dict)
    links: tuple[Link, ...] = ()
    remote_links: tuple[RemoteLink, ...] = ()
    comments: tuple[Comment, ...] = ()
    properties: Mapping[str, Any] = field(default_factory=dict)
    history: tuple[History, ...] = ()

    @property
    def number(self) -> int:
        return int(self.key.rpartition("-")[2])
