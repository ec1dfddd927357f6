"""The JSON of the small things: users, versions, statuses, comments, links. Every object says its own address, from which clients tell what it is."""

from datetime import UTC, date, datetime, tzinfo
from typing import Any

from rollout.sandbox.jira.defaults import CATEGORIES
from rollout.sandbox.jira.model import Comment, CustomField, IssueType, LinkType, Named, Project, RemoteLink, Status, Version
from rollout.sandbox.jira.store import Store

Json = dict[str, Any]
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_CUSTOM = "com.atlassian.jira.plugin.system.customfieldtypes:"
_CUSTOM_TYPES = {"select": ("option", "select"), "text": ("string", "textfield"), "textarea": ("string", "textarea")}


class Shapes:
    """Renders for one caller: the address that it used, its zone, its kind of JIRA, and whether texts are documents (API version 3)."""

    def __init__(self, store: Store, base: str, zone: tzinfo, cloud: bool, documents: bool = False) -> None:
        self.store = store
        self.cloud = cloud
        self.documents = documents
        self.base = base
        self.zone = zone
        self.rest = f"{base}/rest/api/{3 if documents else 2}"
        self._seen: dict[tuple[str, str], Json] = {}

    def moment(self, at: datetime | None) -> str | None:
        if at is None:
            return None
        text = at.astimezone(self.zone).isoformat(timespec="milliseconds")
        return text[:-3] + text[-2:]  # a JIRA writes the offset without a colon

    def text(self, text: str | None) -> str | Json | None:
        """A long text: plain, or as a document of paragraphs."""
        if text is None or not self.documents:
            return text
        paragraphs = [{"type": "paragraph", "content": [{"type": "text", "text": line}] if line else []} for line in text.split("\n")]
        return {"type": "doc", "version": 1, "content": paragraphs}

    def user(self, name: str) -> Json:
        shown = {"displayName": name.partition("@")[0], "emailAddress": name, "active": True, "timeZone": str(self.zone)}
        if self.cloud:
            account = f"5b10a284:{name.partition('@')[0]}"
            return {"self": f"{self.rest}/user?accountId={account}", "accountId": account, "accountType": "atlassian", **shown}
        return {"self": f"{self.rest}/user?username={name}", "name": name, "key": name, **shown}

    def project(self, project: Project) -> Json:
        return {"self": f"{self.rest}/project/{project.id}", "id": project.id, "key": project.key, "name": project.name, "projectTypeKey": "software"}

    def status(self, status: Status) -> Json:
        number, name, colour = CATEGORIES[status.category]
        category = {"self": f"{self.rest}/statuscategory/{number}", "id": number, "key": status.category, "colorName": colour, "name": name}
        return {"self": f"{self.rest}/status/{status.id}", "description": "", "name": status.name, "id": status.id, "statusCategory": category}

    def issue_type(self, issue_type: IssueType) -> Json:
        return {"self": f"{self.rest}/issuetype/{issue_type.id}", "id": issue_type.id, "name": issue_type.name, "subtask": issue_type.subtask}

    def priority(self, priority: Named) -> Json:
        return self._named("priority", priority)

    def resolution(self, resolution: Named) -> Json:
        return self._named("resolution", resolution)

    def component(self, component: Named) -> Json:
        return self._named("component", component)

    def security(self, level: Named) -> Json:
        return {**self._named("securitylevel", level), "description": ""}

    def option(self, option: Named) -> Json:
        return {"self": f"{self.rest}/customFieldOption/{option.id}", "value": option.name, "id": option.id}

    def _named(self, kind: str, thing: Named) -> Json:
        if (kind, thing.id) not in self._seen:
            self._seen[kind, thing.id] = {"self": f"{self.rest}/{kind}/{thing.id}", "id": thing.id, "name": thing.name}
        return self._seen[kind, thing.id]

    def link_type(self, kind: LinkType) -> Json:
        return {"self": f"{self.rest}/issueLinkType/{kind.id}", "id": kind.id, "name": kind.name, "inward": kind.inward, "outward": kind.outward}

    def short_version(self, version: Version) -> Json:
        """A version as issues show it."""
        shape: Json = {"self": f"{self.rest}/version/{version.id}", "id": version.id, "name": version.name}
        if version.description:
            shape["description"] = version.description
        shape |= {"archived": version.archived, "released": version.released}
        if version.release_date:
            shape["releaseDate"] = version.release_date.isoformat()
        return shape

    def version(self, version: Version) -> Json:
        """A version in full."""
        shape = self.short_version(version) | {"projectId": int(self.store.projects[version.project].id)}
        if version.start_date:
            shape |= {"startDate": version.start_date.isoformat(), "userStartDate": _user_date(version.start_date)}
        if version.release_date:
            shape["userReleaseDate"] = _user_date(version.release_date)
            today = self.store.now().astimezone(self.zone).date()
            shape["overdue"] = not version.released and version.release_date < today
        return shape

    def comment(self, issue_id: int, comment: Comment) -> Json:
        shape: Json = {
            "self": f"{self.rest}/issue/{issue_id}/comment/{comment.id}",
            "id": comment.id,
            "author": self.user(comment.author),
            "body": self.text(comment.body),
            "updateAuthor": self.user(comment.author),
            "created": self.moment(comment.created),
            "updated": self.moment(comment.updated),
        }
        if comment.visibility:
            shape["visibility"] = dict(comment.visibility)
        if self.cloud:
            internal = any(each.get("key") == "sd.public.comment" and each.get("value", {}).get("internal") for each in comment.properties)
            shape["jsdPublic"] = not internal
        return shape

    def remote_link(self, key: str, link: RemoteLink) -> Json:
        shape: Json = {"id": link.id, "self": f"{self.rest}/issue/{key}/remotelink/{link.id}"}
        if link.global_id is not None:
            shape["globalId"] = link.global_id
        shape["application"] = dict(link.application)
        if link.relationship is not None:
            shape["relationship"] = link.relationship
        return shape | {"object": {"icon": {}, "status": {"icon": {}}, **link.object}}

    def field(self, field: CustomField) -> Json:
        kind, custom = _CUSTOM_TYPES[field.kind]
        schema = {"type": kind, "custom": f"{_CUSTOM}{custom}", "customId": field.number}
        names = [f"cf[{field.number}]", field.name]
        shape = {"id": field.id, "key": field.id, "name": field.name, "custom": True, "orderable": True, "navigable": True, "searchable": True}
        return shape | {"clauseNames": names, "schema": schema}

    def server_info(self) -> Json:
        numbers = [1001, 0, 0] if self.cloud else [9, 12, 12]
        return {
            "baseUrl": self.base,
            "version": "1001.0.0-SNAPSHOT" if self.cloud else "9.12.12",
            "versionNumbers": numbers,
            "deploymentType": "Cloud" if self.cloud else "Server",
            "buildNumber": 100287 if self.cloud else 9120012,
            "buildDate": "2026-10-01T00:00:00.000+0000",
            "serverTime": self.moment(self.store.now()),
            "scmInfo": "0000000000000000000000000000000000000000",
            "serverTitle": "Jira",
        }


def _user_date(day: date) -> str:
    return f"{day.day}/{_MONTHS[day.month - 1]}/{day:%y}"


def day(text: Any) -> date | None:
    """A date as a JIRA takes it, YYYY-MM-DD. Raises ValueError."""
    return None if text is None else datetime.strptime(text, "%Y-%m-%d").replace(tzinfo=UTC).date()
