"""The words that a JIRA knows: statuses, transitions, types, priorities, resolutions, fields with their options, security levels, components."""

from collections.abc import Callable, Iterable
from itertools import count
from typing import Protocol, TypeVar

from rollout.sandbox.jira import defaults
from rollout.sandbox.jira.model import CustomField, IssueType, Named, Status, Transition


class _Word(Protocol):
    @property
    def id(self) -> str: ...
    @property
    def name(self) -> str: ...


Word = TypeVar("Word", bound=_Word)


def called(words: Iterable[Word], text: str) -> Word | None:
    """The word with that name (in any case) or id."""
    wanted = text.casefold()
    return next((word for word in words if word.name.casefold() == wanted or word.id == text), None)


class Catalogue:
    """Starts with the defaults. The `ensure_` methods are an administrator's: they add what is not yet there."""

    def __init__(self) -> None:
        self._ids = count(20000)
        self._field_numbers = count(10100)
        self.statuses = list(defaults.STATUSES)
        self.transitions = list(defaults.TRANSITIONS)
        self.types = list(defaults.TYPES)
        self.priorities = list(defaults.PRIORITIES)
        self.resolutions = list(defaults.RESOLUTIONS)
        self.link_types = list(defaults.LINK_TYPES)
        self.fields = list(defaults.FIELDS)
        self.security: list[Named] = []
        self.components: dict[str, list[Named]] = {}
        self.options = {field.id: [Named(self.fresh_id(), name) for name in defaults.OPTIONS.get(field.id, ())] for field in self.fields}

    def fresh_id(self) -> str:
        return str(next(self._ids))

    def ensure_status(self, name: str, category: str) -> Status:
        return self._ensure(self.statuses, name, lambda new_id: Status(new_id, name, category))

    def ensure_type(self, name: str) -> IssueType:
        return self._ensure(self.types, name, lambda new_id: IssueType(new_id, name))

    def ensure_priority(self, name: str) -> Named:
        return self._ensure(self.priorities, name, lambda new_id: Named(new_id, name))

    def ensure_resolution(self, name: str) -> Named:
        return self._ensure(self.resolutions, name, lambda new_id: Named(new_id, name))

    def ensure_security(self, name: str) -> Named:
        return self._ensure(self.security, name, lambda new_id: Named(new_id, name))

    def ensure_component(self, project: str, name: str) -> Named:
        return self._ensure(self.components.setdefault(project, []), name, lambda new_id: Named(new_id, name))

    def ensure_field(self, name: str, kind: str) -> CustomField:
        field = self._ensure(self.fields, name, lambda _: CustomField(f"customfield_{next(self._field_numbers)}", name, kind))
        self.options.setdefault(field.id, [])
        return field

    def ensure_option(self, field: CustomField, name: str) -> Named:
        return self._ensure(self.options[field.id], name, lambda new_id: Named(new_id, name))

    def ensure_transition(self, name: str, target: str, sources: frozenset[str], resolution: str | None, reopens: bool) -> Transition:
        return self._ensure(self.transitions, name, lambda new_id: Transition(new_id, name, target, sources, resolution, reopens))

    def transitions_from(self, status: Status) -> list[Transition]:
        """The ways that are open from there, in the order of their making."""
        return [each for each in self.transitions if each.open_from(status.name)]

    def _ensure(self, words: list[Word], name: str, make: Callable[[str], Word]) -> Word:
        word = called(words, name)
        if word is None:
            word = make(self.fresh_id())
            words.append(word)
        return word
