"""The hands of the people who work in the JIRA: what stories and tests do there without HTTP."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from datetime import datetime
from typing import Any, Literal

from rollout.sandbox.jira.catalogue import called
from rollout.sandbox.jira.edits import remote_link, with_comment, with_remote_link
from rollout.sandbox.jira.issue_routes import passed_through
from rollout.sandbox.jira.model import CustomField, Issue, Status, Version
from rollout.sandbox.jira.refusals import JiraRefusal
from rollout.sandbox.jira.store import Store

_SOMEBODY = "somebody@example.com"
_PLAIN = frozenset({"summary", "description", "type", "priority", "security", "labels", "components", "fix_versions", "affected_versions"})


class Hands:
    """They may do what an administrator may: words that are not yet known (a type, a priority, a component, an option, a version) are added.

    `author` is the one whom the changelog names. Unknown issues, statuses, transitions and fields raise JiraRefusal.
    """

    def __init__(self, store: Store) -> None:
        self._store = store

    # ── setting up ─────────────────────────────────────────────────────────────────────────────────

    def add_project(self, key: str, name: str = "") -> None:
        with self._store.lock:
            self._store.add_project(key, name or key)

    def add_status(self, name: str, category: Literal["new", "indeterminate", "done"]) -> None:
        with self._store.lock:
            self._store.words.ensure_status(name, category)

    def add_transition(self, name: str, target: str, sources: Iterable[str] = (), resolution: str | None = None, reopens: bool = False) -> None:
        """A new way to a status; from everywhere, if no sources are named."""
        with self._store.lock:
            self._store.words.ensure_transition(name, target, frozenset(sources), resolution, reopens)

    def add_field(self, name: str, kind: Literal["select", "text", "textarea"], options: Iterable[str] = ()) -> str:
        """A custom field; returns its id."""
        with self._store.lock:
            field = self._store.words.ensure_field(name, kind)
            for option in options:
                self._store.words.ensure_option(field, option)
            self._store.touch()
            return field.id

    def add_version(self, project: str, name: str, **given: Any) -> str:
        """The id of the project's version of that name, made if need be, with what is `given`: released, release_date, archived, …"""
        with self._store.lock:
            version = self._store.version_named(project, name) or Version(str(self._store.fresh_id()), name, self._store.project(project).key)
            return self._store.put_version(replace(version, **given)).id

    def add_issue(
        self,
        project: str,
        summary: str,
        *,
        key: str = "",
        kind: str = "Bug",
        status: str = "Open",
        resolution: str | None = None,
        priority: str = "Major",
        created: datetime | None = None,
        updated: datetime | None = None,
        resolved_at: datetime | None = None,
        parent: str = "",
        description: str | None = None,
        fields: Mapping[str, Any] | None = None,
        **lists: Any,
    ) -> str:
        """A new issue; returns its key. `lists` and `fields` are as for `set_field`: labels, components, fix_versions, …, "QA state"."""
        with self._store.lock:
            store, words = self._store, self._store.words
            at = created or store.now()
            draft = Issue(
                0,
                key or store.next_key(store.project(project).key),
                project,
                summary,
                words.ensure_type(kind),
                self._status(status),
                words.ensure_priority(priority),
                at,
                updated or at,
                resolution=words.ensure_resolution(resolution) if resolution else None,
                resolved_at=(resolved_at or updated or at) if resolution else None,
                description=description,
                parent=store.issue(parent).id if parent else None,
            )
            return store.add(self._with_fields(draft, {**lists, **(fields or {})})).key

    # ── people at work ─────────────────────────────────────────────────────────────────────────────

    def set_status(self, key: str, status: str, resolution: str | None = None, author: str = _SOMEBODY) -> None:
        """Put the issue there, whatever the workflow says. A status that is not done has no resolution."""
        with self._writing(key, author) as (issue, save):
            words = self._store.words
            target = self._status(status)
            settled = words.ensure_resolution(resolution) if resolution else issue.resolution
            save(replace(issue, status=target, resolution=settled if target.category == "done" else None))

    def transition(self, key: str, name: str, resolution: str | None = None, author: str = _SOMEBODY) -> None:
        """Go through the transition of that name. Raises JiraRefusal, with the open ones, if there is none from here."""
        with self._writing(key, author) as (issue, save):
            open_ones = self._store.words.transitions_from(issue.status)
            found = called(open_ones, name)
            if found is None:
                names = ", ".join(each.name for each in open_ones)
                raise JiraRefusal(400, f"{key} has no transition '{name}' from '{issue.status.name}'. Open ones: {names}.")
            chosen = self._store.words.ensure_resolution(resolution) if resolution else None
            passed = passed_through(self._store, issue, found)
            save(replace(passed, resolution=chosen) if chosen else passed)

    def set_field(self, key: str, name: str, value: Any, author: str = _SOMEBODY) -> None:
        """Set summary, description, type, priority, security, labels, components, fix_versions, affected_versions, or a custom field by its name."""
        with self._writing(key, author) as (issue, save):
            save(self._with_fields(issue, {name: value}))

    def add_comment(self, key: str, body: str, author: str = _SOMEBODY, **more: Any) -> None:
        with self._writing(key, author) as (issue, save):
            save(with_comment(self._store, issue, {"body": body, **more}, author))

    def add_remote_link(self, key: str, url: str, title: str = "", global_id: str | None = None, author: str = _SOMEBODY, **more: Any) -> int:
        """Link the issue to a thing elsewhere; returns the link's id. A known `global_id` changes that link. `more`: relationship, application."""
        with self._writing(key, author) as (issue, save):
            twin = next((link.id for link in issue.remote_links if global_id and link.global_id == global_id), None)
            payload = {"object": {"url": url, "title": title or url}, "globalId": global_id, **more}
            link = remote_link(payload, twin or self._store.fresh_id())
            save(with_remote_link(issue, link))
            return link.id

    def remove_remote_link(self, key: str, link_id: int, author: str = _SOMEBODY) -> None:
        with self._writing(key, author) as (issue, save):
            save(replace(issue, remote_links=tuple(link for link in issue.remote_links if link.id != link_id)))

    def link(self, kind: str, source: str, target: str, author: str = _SOMEBODY) -> None:
        """`source` blocks (relates to, …) `target`."""
        with self._store.lock:
            found = called(self._store.words.link_types, kind)
            if found is None:
                raise JiraRefusal(404, f"No issue link type with name '{kind}' found.")
            self._store.link(found, self._store.issue(source), self._store.issue(target), author)

    def move_issue(self, key: str, project: str, author: str = _SOMEBODY) -> str:
        """Move the issue to another project, without its versions; returns its new key. The old key still leads to it."""
        with self._writing(key, author) as (issue, save):
            moved = replace(issue, key=self._store.next_key(project), project=self._store.project(project).key, fix_versions=(), affected_versions=())
            save(moved)
            return moved.key

    def remove_issue(self, key: str) -> None:
        with self._store.lock:
            self._store.remove(self._store.issue(key))

    def hide(self, key: str) -> None:
        """Make it as if the accounts might not see the issue any longer."""
        with self._store.lock:
            self._store.hide(self._store.issue(key))

    # ── inside ─────────────────────────────────────────────────────────────────────────────────────

    @contextmanager
    def _writing(self, key: str, author: str) -> Iterator[tuple[Issue, Callable[[Issue], Issue]]]:
        with self._store.lock:
            issue = self._store.issue(key)
            yield issue, lambda new: self._store.save(issue, new, author)

    def _status(self, name: str) -> Status:
        status = called(self._store.words.statuses, name)
        if status is None:
            raise JiraRefusal(400, f"There is no status '{name}'. Add it with add_status.")
        return status

    def _with_fields(self, issue: Issue, values: Mapping[str, Any]) -> Issue:
        changes: dict[str, Any] = {}
        custom = dict(issue.custom)
        for name, value in values.items():
            if name in _PLAIN:
                changes[name] = self._plain(issue.project, name, value)
            else:
                field = self._field(name)
                custom[field.id] = self._store.words.ensure_option(field, value) if field.kind == "select" and value is not None else value
        return replace(issue, custom=custom, **changes)

    def _field(self, name: str) -> CustomField:
        field = called(self._store.words.fields, name)
        if field is None:
            raise JiraRefusal(400, f"There is no field '{name}'. Add it with add_field.")
        return field

    def _plain(self, project: str, name: str, value: Any) -> Any:
        """The value of a field that every issue has, as the store keeps it."""
        words = self._store.words
        makers = {"type": words.ensure_type, "priority": words.ensure_priority, "security": words.ensure_security}
        if name in makers:
            return makers[name](value) if value is not None else None
        if name == "components":
            return tuple(words.ensure_component(project, each) for each in value)
        if name in ("fix_versions", "affected_versions"):
            return tuple(self._version_id(project, each) for each in value)
        return tuple(value) if name == "labels" else value

    def _version_id(self, project: str, name: str) -> str:
        version = self._store.version_named(project, name)
        return version.id if version else self.add_version(project, name)
