"""Turns what a caller sends (`fields` and `update`) into the issue's next state. Every field that does not fit is named, all at once."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any

from rollout.sandbox.jira.catalogue import Word, called
from rollout.sandbox.jira.model import Comment, CustomField, Issue, Named, RemoteLink
from rollout.sandbox.jira.refusals import JiraRefusal, not_on_screen
from rollout.sandbox.jira.store import Store

Payload = Mapping[str, Any]
_LONGEST_GLOBAL_ID = 255


class _Unfit(Exception):
    """A value that its field does not take; the text is what the caller reads."""


def edited(store: Store, issue: Issue, payload: Payload, author: str, extra: frozenset[str] = frozenset()) -> Issue:
    """The issue after the payload's `fields` and `update`. `extra` are further fields of this screen. Raises JiraRefusal (400)."""
    edit = _Edit(store, issue, author, extra)
    for name, value in _mapping(payload, "fields").items():
        edit.run(name, "set", value)
    for name, verb, value in _steps(payload):
        edit.run(name, verb, value)
    if edit.errors:
        raise JiraRefusal(400, errors=edit.errors)
    return edit.issue


def _mapping(payload: Payload, part: str) -> Payload:
    value = payload.get(part) or {}
    if not isinstance(value, Mapping):
        raise JiraRefusal(400, f"Can not deserialize the value of '{part}'.")
    return value


def _steps(payload: Payload) -> Iterator[tuple[str, str, Any]]:
    """The single steps of an `update`: field, verb, value."""
    for name, steps in _mapping(payload, "update").items():
        for step in steps if isinstance(steps, Sequence) else (None,):
            if not isinstance(step, Mapping):
                raise JiraRefusal(400, errors={name: "data was not an array"})
            yield from ((name, verb, value) for verb, value in step.items())


class _Edit:
    def __init__(self, store: Store, issue: Issue, author: str, extra: frozenset[str]) -> None:
        self.store = store
        self.issue = issue
        self.author = author
        self.errors: dict[str, str] = {}
        self._extra = extra

    def run(self, name: str, verb: str, value: Any) -> None:
        try:
            self._run(name, verb, value)
        except _Unfit as unfit:
            self.errors[name] = str(unfit)

    def _run(self, name: str, verb: str, value: Any) -> None:
        custom = next((field for field in self.store.words.fields if field.id == name), None)
        if name == "comment" and verb == "add":
            self.issue = with_comment(self.store, self.issue, value, self.author)
        elif name in _LISTS:
            attribute, read = _LISTS[name]
            self._put(attribute, _changed(getattr(self.issue, attribute), verb, value, lambda each: read(self, each)))
        elif verb == "set" and (name in _SINGLES or name in self._extra):
            attribute, set_to = _SINGLES.get(name) or _EXTRAS[name]
            self._put(attribute, set_to(self, value))
        elif verb == "set" and custom:
            self._put("custom", {**self.issue.custom, custom.id: self._custom(custom, value)})
        else:
            raise _Unfit(not_on_screen(name))

    def _put(self, attribute: str, value: Any) -> None:
        self.issue = replace(self.issue, **{attribute: value})

    def _custom(self, field: CustomField, value: Any) -> Named | str | None:
        if value is None:
            return None
        if field.kind == "select":
            if not isinstance(value, Mapping):
                raise _Unfit("Specify a valid 'id' or 'name' for the option")
            text = str(value.get("value", value.get("id")))
            return _found(self.store.words.options[field.id], text, f"Option value '{text}' is not valid")
        if not isinstance(value, str):
            raise _Unfit("Operation value must be a string")
        return value

    def label(self, value: Any) -> str:
        if not isinstance(value, str) or " " in value or not value:
            raise _Unfit(f"The label '{value}' contains spaces which is invalid.")
        return value

    def component(self, value: Any) -> Named:
        text = _reference(value)
        return _found(self.store.words.components.get(self.issue.project, []), text, f"Component name '{text}' is not valid")

    def version(self, value: Any) -> str:
        text = _reference(value)
        return _found(list(self.store.versions_of(self.issue.project)), text, f"Version name '{text}' is not valid").id

    def summary(self, value: Any) -> str:
        if not isinstance(value, str) or not value.strip():
            raise _Unfit("You must specify a summary of the issue.")
        if "\n" in value:
            raise _Unfit("The summary is invalid because it contains newline characters.")
        return value

    def description(self, value: Any) -> str | None:
        if value is not None and not isinstance(value, str):
            raise _Unfit("Operation value must be a string")
        return value


def _changed(now: tuple[Any, ...], verb: str, value: Any, read: Callable[[Any], Any]) -> tuple[Any, ...]:
    if verb == "set":
        if not isinstance(value, Sequence) or isinstance(value, str):
            raise _Unfit("data was not an array")
        return tuple(dict.fromkeys(read(each) for each in value))
    one = read(value)
    if verb == "add":
        return now if one in now else (*now, one)
    if verb == "remove":
        return tuple(each for each in now if each != one)
    raise _Unfit(f"Field does not support update '{verb}'")


def _reference(value: Any) -> str:
    """How a caller names a thing: by name, or by id."""
    if not isinstance(value, Mapping) or not ({"name", "id"} & value.keys()):
        raise _Unfit("expected 'id' or 'name' property to be a string")
    return str(value.get("name", value.get("id")))


def _found(words: Sequence[Word], text: str, otherwise: str) -> Word:
    word = called(words, text)
    if word is None:
        raise _Unfit(otherwise)
    return word


def _optional(value: Any, words: Sequence[Word], otherwise: str) -> Word | None:
    return None if value is None else _found(words, _reference(value), otherwise)


_LISTS: dict[str, tuple[str, Callable[[_Edit, Any], Any]]] = {
    "labels": ("labels", _Edit.label),
    "components": ("components", _Edit.component),
    "fixVersions": ("fix_versions", _Edit.version),
    "versions": ("affected_versions", _Edit.version),
}
_SINGLES: dict[str, tuple[str, Callable[[_Edit, Any], Any]]] = {
    "summary": ("summary", _Edit.summary),
    "description": ("description", _Edit.description),
    "issuetype": ("type", lambda edit, value: _found(edit.store.words.types, _reference(value), "The issue type selected is invalid.")),
    "priority": ("priority", lambda edit, value: _found(edit.store.words.priorities, _reference(value), "The priority selected is invalid.")),
    "security": ("security", lambda edit, value: _optional(value, edit.store.words.security, "The security level selected is invalid.")),
}
_EXTRAS: dict[str, tuple[str, Callable[[_Edit, Any], Any]]] = {
    "resolution": ("resolution", lambda edit, value: _optional(value, edit.store.words.resolutions, "The resolution selected is invalid.")),
}


def with_comment(store: Store, issue: Issue, payload: Any, author: str) -> Issue:
    """The issue with one comment more. Raises JiraRefusal (400) for a comment without words."""
    body = payload.get("body") if isinstance(payload, Mapping) else None
    if not isinstance(body, str) or not body.strip():
        raise JiraRefusal(400, errors={"comment": "Comment body can not be empty!"})
    now = store.now()
    comment = Comment(str(store.fresh_id()), author, body, now, now, payload.get("visibility"), tuple(payload.get("properties") or ()))
    return replace(issue, comments=(*issue.comments, comment))


def remote_link(payload: Payload, link_id: int) -> RemoteLink:
    """The remote link that a caller describes. Raises JiraRefusal (400) without url or title, or with a globalId that is too long."""
    thing = payload.get("object")
    thing = thing if isinstance(thing, Mapping) else {}
    errors = {name: f"'{name}' is required." for name in ("url", "title") if not thing.get(name)}
    global_id = payload.get("globalId")
    if global_id is not None and len(str(global_id)) > _LONGEST_GLOBAL_ID:
        errors["globalId"] = f"The globalId must be at most {_LONGEST_GLOBAL_ID} characters long."
    if errors:
        raise JiraRefusal(400, errors=errors)
    return RemoteLink(link_id, dict(thing), global_id, dict(payload.get("application") or {}), payload.get("relationship"))


def with_remote_link(issue: Issue, link: RemoteLink) -> Issue:
    """The issue with that link, in the place of the one with the same id."""
    others = [each for each in issue.remote_links if each.id != link.id]
    return replace(issue, remote_links=tuple(sorted([*others, link], key=lambda each: each.id)))
