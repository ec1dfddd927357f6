"""From an issue, as JIRA's JSON has it, to a Change; from its remote links to the tickets that it is linked to.

Who may read of a change is decided on the safe side: a security level that we may not see leaves no trace, so a project must be named public.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any

from rollout.adapters.jira.mapping import JiraMapping, QualityRule
from rollout.adapters.jira.text import label, summary, texts
from rollout.core.changes import Audience, Change, Kind, Quality, TicketLink
from rollout.core.values import ChangeKey
from rollout.errors import BadAnswer

Raw = Mapping[str, Any]

_ALWAYS = ("project", "summary", "status", "resolution", "resolutiondate", "issuetype", "priority", "labels")
_ALSO = ("components", "fixVersions", "security", "updated")
_NO = frozenset({"", "no", "none", "false", "0", "n/a", "-"})
_REMEMBERED = 10_000  # issues have few different sets of labels, and a page has a hundred issues
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
        self._labels = lru_cache(_REMEMBERED)(_labels)
        self._judged, self._quality = ids.get(names.quality.field, ""), _judge(names.quality)
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
        status, resolution, priority, resolved_at = fields["status"], fields.get("resolution"), fields.get("priority"), fields.get("resolutiondate")
        project, category, kind = fields["project"]["key"], status["statusCategory"]["key"], fields["issuetype"]["name"].casefold()
        labels, marks = self._labels(tuple(fields.get("labels") or ()))
        internal = fields.get("security") or project not in self._public or kind in self._internal_types or marks & self._internal_labels
        return Change(
            key=ChangeKey(raw["key"]),
            issue_id=str(raw["id"]),
            project=project,
            summary=summary(fields["summary"]),
            kind=self._kinds.get(kind, Kind.TASK),
            audience=Audience.INTERNAL if internal else Audience.CLIENTS,
            status=label(status["name"]),
            status_category=category,
            resolution=label(resolution["name"]) if resolution else None,
            quality=self._quality(texts(fields.get(self._judged)), marks, status["name"], category == "done"),
            fix_versions=tuple([label(each["name"]) for each in fields.get("fixVersions") or ()]),
            labels=labels,
            components=tuple([label(each["name"]) for each in fields.get("components") or ()]),
            priority=label(priority["name"]) if priority else "",
            severity=_text(fields, self._severity),
            workaround=_text(fields, self._workaround).casefold() not in _NO,
            needs_staging=bool(marks & self._staging),
            downtime_minutes=_minutes(_text(fields, self._downtime)),
            public_note=_text(fields, self._note),
            updated=datetime.fromisoformat(fields["updated"]),
            resolved_at=datetime.fromisoformat(resolved_at) if resolved_at else None,
        )

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


def _judge(rule: QualityRule) -> Callable[[tuple[str, ...], frozenset[str], str, bool], Quality]:
    """What says QA's word on an issue from its field's values, its labels in small letters, its status, and whether it is done."""
    passed, failed = _folded(rule.passed), _folded(rule.failed)
    passed_labels, failed_labels = _folded(rule.passed_labels), _folded(rule.failed_labels)
    passed_statuses, failed_statuses = _folded(rule.passed_statuses), _folded(rule.failed_statuses)
    asked = any((rule.field, passed_labels, failed_labels, passed_statuses, failed_statuses))

    def quality(values: tuple[str, ...], marks: frozenset[str], status: str, done: bool) -> Quality:
        if not asked:
            return Quality.PASSED if done else Quality.PENDING
        said, stands = _folded(values), status.casefold()
        if said & failed or marks & failed_labels or stands in failed_statuses:
            return Quality.FAILED
        return Quality.PASSED if said & passed or marks & passed_labels or stands in passed_statuses else Quality.PENDING

    return lru_cache(_REMEMBERED)(quality)


def _labels(given: tuple[str, ...]) -> tuple[frozenset[str], frozenset[str]]:
    """The labels, and the same in small letters."""
    labels = frozenset(map(label, given))
    return labels, _folded(labels)


def _folded(names: Iterable[str]) -> frozenset[str]:
    return frozenset([name.casefold() for name in names])


def _text(fields: Raw, field: str) -> str:
    said = texts(fields.get(field)) if field else ()
    return said[0] if len(said) == 1 else ", ".join(said)


def _minutes(text: str) -> int:
    """The number that a field of minutes begins with; 0 without one."""
    match = re.match(r"[0-9]+", text) if text else None
    return int(match[0]) if match else 0


def _addresses(link: Raw) -> Iterator[str]:
    for address in (link.get("globalId"), (link.get("object") or {}).get("url")):
        if isinstance(address, str):
            yield address
