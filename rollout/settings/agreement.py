"""Whether the parts of rollout.yaml fit each other: what one names, another must have.

Looks at the plain data, whatever else is wrong with it: a part with a fault of its own hides no disagreement.
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from typing import Any

from rollout.adapters.files.documents import Document, Place, Remark, suggestion, twice
from rollout.adapters.files.words import duration
from rollout.core.delivery import span
from rollout.errors import Fault
from rollout.settings.places import CommandExecutorSettings
from rollout.settings.sources import WorkSettings


def disagreements(document: Document) -> list[Fault]:
    """Every place where the parts do not fit each other."""
    data = _mapping(document.data)
    remarks = [
        *_clock(data),
        *twice(("jira",), [{"name": "jira", **_mapping(jira)} for jira in _list(data.get("jira"))], "name"),
        *twice(("desks",), _list(data.get("desks")), "name"),
        *twice(("publish",), _list(data.get("publish")), "name"),
        *_jira(data),
        *_strategies(data),
        *_lease(data),
    ]
    return [document.fault(place, text) for place, text in remarks]


def _clock(data: Mapping[str, Any]) -> Iterator[Remark]:
    if data.get("clock") is not None and data.get("sandbox") is not True:
        yield ("clock",), "belongs to a sandbox; elsewhere the clock is the real one. Drop it, or set sandbox: true"


def _jira(data: Mapping[str, Any]) -> Iterator[Remark]:
    desks = _texts(_mapping(desk).get("name") for desk in _list(data.get("desks")))
    for index, jira in enumerate(map(_mapping, _list(data.get("jira")))):
        place = ("jira", index)
        for number, rule in enumerate(map(_mapping, _list(jira.get("ticket_urls")))):
            yield from _unknown((*place, "ticket_urls", number, "desk"), "desk", rule.get("desk"), desks)
        for number, project in enumerate(_list(jira.get("public_projects"))):
            yield from _unknown((*place, "public_projects", number), "project", project, _texts(_list(jira.get("projects"))))
        if _form(jira) != _form(_mapping(_list(data.get("jira"))[0])):
            yield (*place, "fix_version_name"), "is not as in jira[0]; a release has one name in every JIRA"
        if _mapping(jira.get("fields")).get("tickets") is not None and not desks:
            yield (*place, "fields", "tickets"), "holds tickets of the first desk, and desks names none"


def _form(jira: Mapping[str, Any]) -> Any:
    return jira.get("fix_version_name", "{version}")


def _strategies(data: Mapping[str, Any]) -> Iterator[Remark]:
    strategies = _mapping(data.get("strategies"))
    if not data.get("strategies"):
        yield ("strategies",), "is missing. Name at least one strategy with its waves"
    for name, strategy in strategies.items():
        yield from twice(("strategies", name, "waves"), _list(_mapping(strategy).get("waves")), "name")
    for kind, name in _mapping(data.get("releases")).items():
        yield from _unknown(("releases", kind), "strategy", name, strategies)


def _lease(data: Mapping[str, Any]) -> Iterator[Remark]:
    """Of a worker on another machine only its lease is known: an act must not take longer than the half of it that is left when it begins."""
    lease = _length(_mapping(data.get("work")).get("lease"), WorkSettings().lease)
    executors = _mapping(data.get("executors"))
    usual = CommandExecutorSettings.model_fields["timeout"].default
    timeouts = {name: _length(_mapping(executor).get("timeout"), usual) for name, executor in executors.items()}
    for name, timeout in timeouts.items():
        if 2 * timeout > lease:
            told = f"may take {span(timeout)}, more than half of work.lease, {span(lease)}: another worker could take a delivery over"
            yield ("executors", name), f"{told}. Make the timeout shorter, or the lease longer"


def _length(value: Any, usual: timedelta) -> timedelta:
    """The duration; the usual one where there is none, or none that can be read, which is told elsewhere."""
    try:
        return usual if value is None else duration(value)
    except (ValueError, OverflowError):
        return usual


def _unknown(place: Place, kind: str, name: Any, known: Iterable[str]) -> Iterator[Remark]:
    if isinstance(name, str) and name not in known:
        yield place, f"there is no {kind} {name!r}. {suggestion(name, known)}".strip()


def _texts(values: Iterable[Any]) -> list[str]:
    return [value for value in values if isinstance(value, str)]


def _mapping(value: Any) -> Mapping[str, Any]:
    return value if isinstance(value, Mapping) else {}


def _list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else []
