"""A JIRA as the tracker of issues: the port, put together from reading, mapping and writing. Asks nothing before it is asked."""

import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any

from rollout.adapters.jira import writing
from rollout.adapters.jira.issues import Issues
from rollout.adapters.jira.mapping import JiraMapping, field_ids
from rollout.adapters.jira.reading import Rows, ahead, cloud_pages, minute, query, server_pages
from rollout.core.changes import Change, TicketLink
from rollout.core.values import ChangeKey
from rollout.errors import BadAnswer, Gone
from rollout.ports import FixVersion

if TYPE_CHECKING:
    from rollout.adapters.jira.client import Client

_KEY = re.compile(r"[A-Za-z][A-Za-z0-9_]*-[0-9]{1,18}")
_PROJECT = re.compile(r"[A-Za-z][A-Za-z0-9_]*")
_CLOUD_PAGE, _SERVER_PAGE = 100, 500  # asked for; a server gives what it likes
_CLOUD_ID_PAGE, _SERVER_ID_PAGE = 5000, 1000


class JiraTracker:
    """One JIRA and the projects of it that are ours. With `user` the token is an API token of Cloud, without it a personal one of Data Center.

    `url` is the site, or https://api.atlassian.com/ex/jira/{cloudId} for a scoped token. Safe from any thread; close it at the end."""

    def __init__(self, name: str, url: str, user: str | None, token: str, projects: Sequence[str], mapping: JiraMapping | None = None) -> None:
        self.name = name
        self.projects = tuple(projects)
        self._mapping = mapping or JiraMapping()
        self._url, self._user, self._token = url, user, token

    @cached_property
    def _jira(self) -> "Client":
        from rollout.adapters.jira.client import Client  # the library takes a while to import: not for those who only look at the ledger

        return Client(self.name, self._url, self._user, self._token)

    @cached_property
    def _issues(self) -> Issues:
        """The reader of issues. Asks for the list of fields only where one of them is configured by name."""
        names = self._mapping.fields.configured
        fields = self._jira.get("field", what="its fields") if names else []
        return Issues(self.name, self._mapping, field_ids(self.name, names, fields))

    def close(self) -> None:
        """Let go of all connections."""
        if "_jira" in self.__dict__:
            self._jira.close()

    def whoami(self) -> str:
        """The account that the credential belongs to. Raises Unauthorized for an anonymous answer."""
        return self._jira.account().name

    def changes(self, since: datetime | None) -> Iterator[Sequence[Change]]:
        """Pages of the issues updated at or after the minute of `since` (all of them for None), oldest update first. An issue that is updated
        while we read may come twice. Raises BadAnswer for a configured field that JIRA does not have."""
        zone = self._jira.account().zone
        issues = self._issues
        jql = query(self._known_projects, minute(since, zone) if since else None)
        for rows in ahead(self._pages(jql, (issues.fields, _CLOUD_PAGE), (issues.fields, _SERVER_PAGE))):
            yield [issues.change(row) for row in rows]

    def issue_ids(self) -> frozenset[str]:
        """The ids of all issues that can be seen now. Asks who we are before and after: half a list of an account that was logged out on the
        way would look as if the rest had been deleted."""
        self._jira.account()
        pages = self._pages(query(self._known_projects), ([], _CLOUD_ID_PAGE), (["updated"], _SERVER_ID_PAGE))
        found = frozenset(str(row.get("id")) for rows in pages for row in rows)
        self._jira.account()
        return found

    def change(self, key: ChangeKey) -> Change | None:
        """One issue as it is now; None if it does not exist, cannot be seen, or has moved to a project that is not ours."""
        if not _KEY.fullmatch(key):
            return None
        try:
            raw = self._jira.get(f"issue/{key}", {"fields": ",".join(self._issues.fields)}, what=f"issue {key}")
        except Gone:
            return None
        found = self._issues.change(raw)
        return found if found.project in self.projects else None

    def ticket_links(self, key: ChangeKey) -> tuple[TicketLink, ...]:
        """The help-desk tickets that the issue is linked to; only hosts that the settings allow. Raises Gone for an issue that vanished."""
        self._refuse_odd_key(key)
        field = self._issues.tickets_field
        links = self._jira.get(f"issue/{key}/remotelink", what=f"the links of {key}") if self._mapping.ticket_urls else []
        issue = self._jira.get(f"issue/{key}", {"fields": field}, what=f"issue {key}") if field else {}
        if not isinstance(links, list):
            raise BadAnswer(self.name, f"JIRA answered with something else than the links of {key}")
        return self._issues.ticket_links(key, links, (issue.get("fields") or {}).get(field))

    def fix_versions(self) -> tuple[FixVersion, ...]:
        """All versions of all configured projects."""
        return writing.fix_versions(self._jira, self._known_projects)

    def ensure_fix_version(self, name: str, project: str, release_date: date | None) -> None:
        """Make the version exist, with that date."""
        writing.ensure(self._jira, name, project, release_date)

    def release_fix_version(self, name: str, day: date) -> None:
        """Mark the version released on that day, in every project that has it."""
        writing.release(self._jira, name, self._known_projects, day)

    def move_change(self, key: ChangeKey, old: str, new: str, why: str) -> None:
        """Replace one fix version of the issue by another, and say why in a comment."""
        self._refuse_odd_key(key)
        writing.move(self._jira, key, old, new, why)

    def _pages(self, jql: str, cloud: tuple[list[str], int], server: tuple[list[str], int]) -> Iterator[Rows]:
        """The pages of a search: the fields and the page size to ask a Cloud for, and those to ask a Data Center for."""
        if self._jira.is_cloud:
            return cloud_pages(self.name, self._ask, jql, *cloud)
        return server_pages(self.name, self._ask, jql, *server)

    def _ask(self, path: str, params: Mapping[str, Any]) -> Any:
        return self._jira.get(path, params, what="a page of issues")

    @property
    def _known_projects(self) -> tuple[str, ...]:
        """The projects, which become part of queries and addresses."""
        odd = [project for project in self.projects if not _PROJECT.fullmatch(project)]
        if odd or not self.projects:
            raise BadAnswer(self.name, f"{', '.join(odd) or 'nothing'} cannot be a project's key. See jira.projects in rollout.yaml")
        return self.projects

    def _refuse_odd_key(self, key: str) -> None:
        if not _KEY.fullmatch(key):
            raise BadAnswer(self.name, f"{key!r} cannot be the key of an issue")
