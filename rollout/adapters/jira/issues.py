"""From an issue, as JIRA's JSON has it, to a Change; from its remote links to the tickets that it is linked to."""

import re
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from typing import Any

from rollout.adapters.jira.mapping import JiraMapping
from rollout.adapters.jira.text import clean, one_line, summary, texts
from rollout.core.changes import Audience, Change, Kind, Quality, TicketLink
from rollout.core.values import ChangeKey
from rollout.errors import BadAnswer

Raw = Mapping[str, Any]

_ALWAYS = ("project", "summary", "status", "resolution", "resolutiondate", "issuetype", "priority", "labels")
_ALSO = ("components", "fixVersions", "security", "updated")
_NO = frozenset({"", "no", "none", "false", "0", "n/a", "-"})
_LONGEST_URL = 2000  # what a slow pattern of the settings can be made to read
_TICKET = re.compile(r"[\w.-]{1,64}")


class Issues:
    """Reads the issues of one JIRA; `ids` are the ids of the fields that the mapping names."""

    def __init__(self, system: str, mapping: JiraMapping, ids: Mapping[str, str]) -> None:
        names = mapping.fields
        self._system = system
        self._public = mapping.public_projects
        self._kinds = {name.casefold(): kind for name, kind in mapping.kinds.items()}
        self._internal_labels, self._internal_types = _folded(mapping.internal_labels), _folded(mapping.internal_types)
        self._staging = _folded(mapping.staging_labels)
        self._judge = _Judge(mapping, ids.get(names.quality.field, ""))
        self._severity, self._note, self._workaround = ids.get(names.severity, ""), ids.get(names.note, ""), ids.get(names.workaround, "")
        self._downtime, self.tickets_field = ids.get(names.downtime, ""), ids.get(names.tickets, "")
        self._desk = mapping.tickets_desk
        self._urls = [(one.desk, re.compile(one.pattern)) for one in mapping.ticket_urls]
        self.fields = [*_ALWAYS, *_ALSO, *sorted(set(ids.values()) - {self.tickets_field, *_ALWAYS, *_ALSO})]

    def change(self, raw: Raw) -> Change:
        """The issue as a change. Raises BadAnswer where JIRA left out what every issue has."""
        try:
            return self._change(raw, raw["fields"])
        except (KeyError, TypeError, ValueError, AttributeError) as error:
            name = raw.get("key") if isinstance(raw, Mapping) else None
            raise BadAnswer(self._system, f"{name or 'an issue'} came without what every issue has: {type(error).__name__} {error}") from None

    def _change(self, raw: Raw, fields: Raw) -> Change:
        status, resolution, priority = fields["status"], fields.get("resolution"), fields.get("priority")
        category = status["statusCategory"]["key"]
        labels = frozenset(clean(label) for label in fields.get("labels") or ())
        marks = _folded(labels)
        resolved_at = fields.get("resolutiondate")
        return Change(
            key=ChangeKey(raw["key"]),
            issue_id=str(raw["id"]),
            project=fields["project"]["key"],
            summary=summary(fields["summary"]),
            kind=self._kinds.get(fields["issuetype"]["name"].casefold(), Kind.TASK),
            audience=self._audience(fields, marks),
            status=one_line(status["name"]),
            status_category=category,
            resolution=one_line(resolution["name"]) if resolution else None,
            quality=self._judge.quality(fields, marks, status["name"].casefold(), category == "done"),
            fix_versions=tuple(clean(each["name"]) for each in fields.get("fixVersions") or ()),
            labels=labels,
            components=tuple(one_line(each["name"]) for each in fields.get("components") or ()),
            priority=one_line(priority["name"]) if priority else "",
            severity=_text(fields, self._severity),
            workaround=_text(fields, self._workaround).casefold() not in _NO,
            needs_staging=not marks.isdisjoint(self._staging),
            downtime_minutes=_minutes(_text(fields, self._downtime)),
            public_note=_text(fields, self._note),
            updated=datetime.fromisoformat(fields["updated"]),
            resolved_at=datetime.fromisoformat(resolved_at) if resolved_at else None,
        )

    def _audience(self, fields: Raw, marks: frozenset[str]) -> Audience:
        """Clients only where nothing speaks against it: a level that we may not see leaves no trace, so that the project must be named public."""
        internal = (
            fields.get("security")
            or fields["project"]["key"] not in self._public
            or fields["issuetype"]["name"].casefold() in self._internal_types
            or not marks.isdisjoint(self._internal_labels)
        )
        return Audience.INTERNAL if internal else Audience.CLIENTS

    def ticket_links(self, key: ChangeKey, links: Iterable[Raw], field: Any) -> tuple[TicketLink, ...]:
        """The tickets that the issue's remote links and its tickets field name, in order of desk and ticket."""
        named = {found for link in links for text in _addresses(link) if (found := self._ticket(text))}
        said = (part.strip() for text in texts(field) for part in re.split(r"[,;\s]+", text))
        named |= {found for text in said if (found := self._ticket(text) or self._bare(text))}
        return tuple(TicketLink(change=key, desk=desk, ticket=ticket) for desk, ticket in sorted(named))

    def _ticket(self, address: str) -> tuple[str, str] | None:
        matches = ((desk, pattern.fullmatch(address)) for desk, pattern in self._urls if len(address) <= _LONGEST_URL)
        return next(((desk, match["ticket"]) for desk, match in matches if match and match["ticket"]), None)

    def _bare(self, text: str) -> tuple[str, str] | None:
        ticket = text.removeprefix("#")
        return (self._desk, ticket) if self._desk and _TICKET.fullmatch(ticket) else None


class _Judge:
    """What QA says of an issue, by the settings. Failed outranks passed."""

    def __init__(self, mapping: JiraMapping, field: str) -> None:
        rule = mapping.fields.quality
        self._field = field
        self._passed, self._failed = _folded(rule.passed), _folded(rule.failed)
        self._passed_labels, self._failed_labels = _folded(rule.passed_labels), _folded(rule.failed_labels)
        self._passed_statuses, self._failed_statuses = _folded(rule.passed_statuses), _folded(rule.failed_statuses)
        self._asked = any((field, self._passed_labels, self._passed_statuses, self._failed_labels, self._failed_statuses))

    def quality(self, fields: Raw, marks: frozenset[str], status: str, done: bool) -> Quality:
        if not self._asked:
            return Quality.PASSED if done else Quality.PENDING
        values = _folded(texts(fields.get(self._field))) if self._field else frozenset()
        if values & self._failed or marks & self._failed_labels or status in self._failed_statuses:
            return Quality.FAILED
        passed = values & self._passed or marks & self._passed_labels or status in self._passed_statuses
        return Quality.PASSED if passed else Quality.PENDING


def _folded(names: Iterable[str]) -> frozenset[str]:
    return frozenset(name.casefold() for name in names)


def _text(fields: Raw, field: str) -> str:
    return ", ".join(texts(fields.get(field))) if field else ""


def _minutes(text: str) -> int:
    """The number that a field of minutes begins with; 0 without one."""
    match = re.match(r"[0-9]+", text)
    return int(match[0]) if match else 0


def _addresses(link: Raw) -> Iterator[str]:
    for address in (link.get("globalId"), (link.get("object") or {}).get("url")):
        if isinstance(address, str):
            yield address
