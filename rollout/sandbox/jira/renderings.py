"""Keeps the JSON of each issue, once rendered, until the issue (or something that it shows) changes."""

import json
from collections.abc import Iterable
from dataclasses import dataclass

from rollout.sandbox.jira.issue_shapes import issue_json
from rollout.sandbox.jira.model import Issue
from rollout.sandbox.jira.shapes import Shapes

_MOST_VIEWS = 16
_SHOW_OTHERS = frozenset({"issuelinks", "parent"})


@dataclass(frozen=True)
class View:
    """What of an issue is shown. `fields` are ids, in the order of the catalogue; None shows the issue's id alone."""

    fields: tuple[str, ...] | None
    changelog: bool = False
    properties: tuple[str, ...] = ()

    def lasting(self, issue: Issue) -> bool:
        """Whether what is shown depends on the issue alone, and not on others that it points to."""
        return not (issue.links or issue.parent) or _SHOW_OTHERS.isdisjoint(self.fields or ())


class Renderings:
    """JSON texts by view and issue; the oldest views are given up first."""

    def __init__(self) -> None:
        self._views: dict[tuple[str, str, View], dict[int, tuple[Issue, str]]] = {}
        self._revision = -1

    def texts(self, shapes: Shapes, view: View, issues: Iterable[Issue]) -> list[str]:
        """The issues as JSON, in the same order."""
        kept = self._kept(shapes, view)
        return [self._text(shapes, view, issue, kept) for issue in issues]

    def _kept(self, shapes: Shapes, view: View) -> dict[int, tuple[Issue, str]]:
        if self._revision != shapes.store.shared_revision:
            self._views.clear()
            self._revision = shapes.store.shared_revision
        key = (shapes.rest, str(shapes.zone), view)
        if key not in self._views and len(self._views) >= _MOST_VIEWS:
            self._views.pop(next(iter(self._views)))
        return self._views.setdefault(key, {})

    def _text(self, shapes: Shapes, view: View, issue: Issue, kept: dict[int, tuple[Issue, str]]) -> str:
        found = kept.get(issue.id)
        if found is not None and found[0] is issue:
            return found[1]
        text = _rendered(shapes, view, issue)
        if view.lasting(issue):
            kept[issue.id] = (issue, text)
        return text


def _rendered(shapes: Shapes, view: View, issue: Issue) -> str:
    if view.fields is None:
        return json.dumps({"id": str(issue.id)})
    return json.dumps(issue_json(shapes, issue, view.fields, view.changelog, view.properties))
