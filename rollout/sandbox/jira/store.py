"""All that the stand-in holds, in memory. A write stamps the issue with the clock, and adds to its changelog what it moved."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import count
from threading import RLock

from rollout.sandbox.jira.catalogue import Catalogue
from rollout.sandbox.jira.history import moved
from rollout.sandbox.jira.index import SearchIndex
from rollout.sandbox.jira.model import History, Issue, Link, LinkType, Project, Version
from rollout.sandbox.jira.refusals import JiraRefusal, no_such_issue, no_such_project, no_such_version


class Store:
    """Projects, versions and issues. Hold `lock` around everything that belongs together; methods take it again for themselves."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self.lock = RLock()
        self.words = Catalogue()
        self.projects: dict[str, Project] = {}
        self.versions: dict[str, Version] = {}
        self.issues: dict[int, Issue] = {}
        self.hidden: set[int] = set()
        self.index = SearchIndex(self.now)
        self.shared_revision = 0
        self._order: dict[str, list[str]] = {}
        self._ids_by_key: dict[str, int] = {}
        self._issue_ids = count(10001)
        self._other_ids = count(30001)
        self._numbers: dict[str, int] = {}

    def now(self) -> datetime:
        """The clock's moment in UTC, to the millisecond: a JIRA knows no finer one."""
        moment = self._clock().astimezone(UTC)
        return moment.replace(microsecond=moment.microsecond // 1000 * 1000)

    def fresh_id(self) -> int:
        return next(self._other_ids)

    # ── projects and versions ──────────────────────────────────────────────────────────────────────

    def add_project(self, key: str, name: str) -> Project:
        """The project with that key, made if need be."""
        if key not in self.projects:
            self.projects[key] = Project(str(10000 + len(self.projects)), key, name)
            self._order[key] = []
        return self.projects[key]

    def project(self, key_or_id: str) -> Project:
        project = self.projects.get(key_or_id) or next((each for each in self.projects.values() if each.id == key_or_id), None)
        if project is None:
            raise no_such_project(key_or_id)
        return project

    def versions_of(self, project: str) -> Iterator[Version]:
        """In the project's own order."""
        return (self.versions[version_id] for version_id in self._order[project])

    def version(self, version_id: str) -> Version:
        if version_id not in self.versions:
            raise no_such_version(version_id)
        return self.versions[version_id]

    def version_named(self, project: str, name: str) -> Version | None:
        return next((each for each in self.versions_of(project) if each.name == name), None)

    def put_version(self, version: Version) -> Version:
        """Store a new or a changed version. Raises JiraRefusal where its name is taken in the project."""
        twin = self.version_named(version.project, version.name)
        if twin is not None and twin.id != version.id:
            raise JiraRefusal(400, errors={"name": "A version with this name already exists in this project."})
        if version.id not in self.versions:
            self._order[version.project].append(version.id)
        self.versions[version.id] = version
        self.touch()
        return version

    def place_version(self, version: Version, position: int) -> None:
        """Put the version at that place of its project's order."""
        order = self._order[version.project]
        order.remove(version.id)
        order.insert(position, version.id)
        self.touch()

    def remove_version(self, version: Version) -> None:
        """Take away a version that no issue carries any longer."""
        self._order[version.project].remove(version.id)
        del self.versions[version.id]
        self.touch()

    def touch(self) -> None:
        """Something that many issues show has moved."""
        self.shared_revision += 1
        self.index.touch()

    # ── issues ─────────────────────────────────────────────────────────────────────────────────────

    def issue(self, key_or_id: str) -> Issue:
        """By key, by id, or by a key that it once had. Raises JiraRefusal (404)."""
        issue_id = self._ids_by_key.get(key_or_id.upper(), int(key_or_id) if key_or_id.isdecimal() else 0)
        if issue_id not in self.issues or issue_id in self.hidden:
            raise no_such_issue()
        return self.issues[issue_id]

    def next_key(self, project: str) -> str:
        return f"{project}-{self._numbers.get(project, 0) + 1}"

    def add(self, draft: Issue) -> Issue:
        """Store a new issue under an id of its own."""
        if draft.key in self._ids_by_key:
            raise JiraRefusal(400, f"An issue with the key '{draft.key}' exists already.")
        return self._put(replace(draft, id=next(self._issue_ids)))

    def save(self, old: Issue, new: Issue, author: str) -> Issue:
        """Store the new state, stamped and with its changelog; a write that moves nothing leaves no trace."""
        if new == old:
            return old
        now = self.now()
        if new.resolution != old.resolution:
            new = replace(new, resolved_at=now if new.resolution else None)
        keys = {link.other: self.issues[link.other].key for link in (*old.links, *new.links)}
        items = moved(old, new, self.versions, self.words.fields, keys)
        entry = (History(str(self.fresh_id()), author, now, items),) if items else ()
        return self._put(replace(new, updated=now, history=(*old.history, *entry)))

    def keep(self, new: Issue) -> Issue:
        """Store the new state as it is, without stamp or changelog: a JIRA does so for properties."""
        return self._put(new)

    def remove(self, issue: Issue) -> None:
        """Take the issue, and the far ends of its links, out for good."""
        del self.issues[issue.id]
        for link in issue.links:
            other = self.issues[link.other]
            self._put(replace(other, links=tuple(each for each in other.links if each.id != link.id)))
        self.index.put(issue.id, None)

    def hide(self, issue: Issue) -> None:
        """Make it as if nobody might see the issue any longer."""
        self.hidden.add(issue.id)
        self.index.put(issue.id, None)

    def show(self, issue_id: int) -> None:
        """Undo `hide`."""
        self.hidden.discard(issue_id)
        self.index.put(issue_id, self.issues[issue_id])

    def link(self, kind: LinkType, source: Issue, target: Issue, author: str) -> None:
        """`source` blocks (duplicates, …) `target`; both ends change. The same link twice is two links, as in a JIRA."""
        link_id = str(self.fresh_id())
        self.save(source, replace(source, links=(*source.links, Link(link_id, kind, target.id, outward=True))), author)
        target = self.issues[target.id]
        self.save(target, replace(target, links=(*target.links, Link(link_id, kind, source.id, outward=False))), author)

    def unlink(self, link_id: str, author: str) -> None:
        ends = [issue for issue in self.issues.values() if any(link.id == link_id for link in issue.links)]
        if not ends:
            raise JiraRefusal(404, f"No issue link with id '{link_id}' exists.")
        for issue in ends:
            self.save(issue, replace(issue, links=tuple(link for link in issue.links if link.id != link_id)), author)

    def _put(self, issue: Issue) -> Issue:
        self.issues[issue.id] = issue
        self._ids_by_key[issue.key] = issue.id
        self._numbers[issue.project] = max(self._numbers.get(issue.project, 0), issue.number)
        if issue.id not in self.hidden:
            self.index.put(issue.id, issue)
        return issue
