"""How one JIRA's issues become changes, as settings; and which ids its field names have there."""

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from typing import Any

from pydantic import Field, field_validator

from rollout.core.changes import Kind
from rollout.core.values import Value
from rollout.errors import BadAnswer


class QualityRule(Value):
    """Where QA's word is found: in a field's value, a label, or the status. Without any of them a done issue counts as passed."""

    field: str = ""
    passed: frozenset[str] = frozenset()
    failed: frozenset[str] = frozenset()
    passed_labels: frozenset[str] = frozenset()
    failed_labels: frozenset[str] = frozenset()
    passed_statuses: frozenset[str] = frozenset()
    failed_statuses: frozenset[str] = frozenset()


class FieldNames(Value):
    """JIRA's fields, by name or id; empty for what is not used. `tickets` holds ids of the mapping's `tickets_desk`, `downtime` minutes."""

    quality: QualityRule = QualityRule()
    severity: str = ""
    note: str = ""
    workaround: str = ""
    tickets: str = ""
    downtime: str = ""

    @property
    def configured(self) -> tuple[str, ...]:
        """The fields that are used."""
        asked = (self.quality.field, self.severity, self.note, self.workaround, self.tickets, self.downtime)
        return tuple(dict.fromkeys(name for name in asked if name))


class TicketUrl(Value):
    """Which remote links are tickets of the desk: those whose whole URL or global id fits the pattern; its group `ticket` is the ticket's id."""

    desk: str
    pattern: str

    @field_validator("pattern")
    @classmethod
    def _has_a_ticket(cls, pattern: str) -> str:
        try:
            groups = re.compile(pattern).groupindex
        except re.error as error:
            raise ValueError(f"is not a regular expression: {error}") from None
        if "ticket" not in groups:
            raise ValueError(r"does not say which part is the ticket; name it: (?P<ticket>\d+)")
        return pattern


class JiraMapping(Value):
    """How one JIRA's issues become changes. A project that is not in `public_projects` is internal. Names are compared without case."""

    fields: FieldNames = FieldNames()
    kinds: dict[str, Kind] = Field(default_factory=dict)
    internal_labels: frozenset[str] = frozenset()
    internal_types: frozenset[str] = frozenset()
    staging_labels: frozenset[str] = frozenset()
    public_projects: frozenset[str] = frozenset()
    ticket_urls: tuple[TicketUrl, ...] = ()
    tickets_desk: str = ""


def field_ids(system: str, names: Iterable[str], fields: Iterable[Mapping[str, Any]]) -> dict[str, str]:
    """The id of each named field (a name, in any case, or an id already) among those that JIRA lists.

    Raises BadAnswer that tells every name which is not there, with close ones, or is there twice."""
    by_name: dict[str, list[str]] = {}
    known: dict[str, str] = {}
    for one in fields:
        known[one["id"]] = one["name"]
        by_name.setdefault(one["name"].casefold(), []).append(one["id"])
    found = {name: [name] if name in known else by_name.get(name.casefold(), []) for name in names}
    faults = [_fault(name, ids, known) for name, ids in found.items() if len(ids) != 1]
    if faults:
        raise BadAnswer(system, "; ".join(faults))
    return {name: ids[0] for name, ids in found.items()}


def _fault(name: str, ids: list[str], known: Mapping[str, str]) -> str:
    if ids:
        return f"{len(ids)} fields are called {name!r}: {', '.join(sorted(ids))}; write the id of the one that is meant"
    shown = {label.casefold(): label for label in known.values()}
    close = [shown[each] for each in get_close_matches(name.casefold(), shown, n=3)]
    return f"no field is called {name!r}" + (f"; close ones: {', '.join(close)}" if close else "; see jira.fields in rollout.yaml")
