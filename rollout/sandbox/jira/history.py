"""What a write moved, as a changelog says it: one item for each field, and one for each version or component that came or went."""

from collections.abc import Iterable, Iterator, Mapping

from rollout.sandbox.jira.model import CustomField, Issue, IssueType, Item, Link, Named, RemoteLink, Status, Version

_Word = Named | Status | IssueType

_SIMPLE = (("issuetype", "type"), ("status", "status"), ("priority", "priority"), ("resolution", "resolution"), ("security", "security"))
_MANY = (("Fix Version", "fixVersions", "fix_versions"), ("Version", "versions", "affected_versions"), ("Component", "components", "components"))
_FIELD_NAMES = {"security": "Security"}


def moved(old: Issue, new: Issue, versions: Mapping[str, Version], fields: Iterable[CustomField], keys: Mapping[int, str]) -> tuple[Item, ...]:
    """The changelog items that lead from one state of an issue to the other. Comments and properties leave none. `keys` are those of other issues."""
    return (
        *_texts(old, new),
        *_things(old, new),
        *_lists(old, new, versions),
        *_customs(old, new, fields),
        *_links(old, new, keys),
    )


def _texts(old: Issue, new: Issue) -> Iterator[Item]:
    for name, was, now in (("summary", old.summary, new.summary), ("description", old.description, new.description), ("Key", old.key, new.key)):
        if was != now:
            yield Item(name, name.lower(), None, was, None, now)
    if old.labels != new.labels:
        yield Item("labels", "labels", None, " ".join(old.labels), None, " ".join(new.labels))


def _things(old: Issue, new: Issue) -> Iterator[Item]:
    for field, attribute in _SIMPLE:
        was, now = getattr(old, attribute), getattr(new, attribute)
        if was != now:
            yield _between(_FIELD_NAMES.get(field, field), field, was, now)


def _between(field: str, field_id: str, was: _Word | None, now: _Word | None, custom: bool = False) -> Item:
    old_id, old = (was.id, was.name) if was else (None, None)
    new_id, new = (now.id, now.name) if now else (None, None)
    return Item(field, field_id, old_id, old, new_id, new, custom)


def _lists(old: Issue, new: Issue, versions: Mapping[str, Version]) -> Iterator[Item]:
    for field, field_id, attribute in _MANY:
        was = [_pair(each, versions) for each in getattr(old, attribute)]
        now = [_pair(each, versions) for each in getattr(new, attribute)]
        yield from (Item(field, field_id, gone[0], gone[1], None, None) for gone in was if gone not in now)
        yield from (Item(field, field_id, None, None, came[0], came[1]) for came in now if came not in was)


def _pair(thing: Named | str, versions: Mapping[str, Version]) -> tuple[str, str]:
    return (thing.id, thing.name) if isinstance(thing, Named) else (thing, versions[thing].name)


def _customs(old: Issue, new: Issue, fields: Iterable[CustomField]) -> Iterator[Item]:
    for field in fields:
        was, now = old.custom.get(field.id), new.custom.get(field.id)
        if was == now:
            continue
        if isinstance(was, str) or isinstance(now, str):
            yield Item(field.name, field.id, None, str(was) if was else None, None, str(now) if now else None, custom=True)
        else:
            yield _between(field.name, field.id, was, now, custom=True)


def _links(old: Issue, new: Issue, keys: Mapping[int, str]) -> Iterator[Item]:
    for gone in _missing(old.links, new.links):
        yield Item("Link", "issuelinks", keys[gone.other], _read(gone, keys), None, None)
    for came in _missing(new.links, old.links):
        yield Item("Link", "issuelinks", None, None, keys[came.other], _read(came, keys))
    kept = {link.id for link in new.remote_links}
    for link in old.remote_links:
        if link.id not in kept:
            yield Item("RemoteIssueLink", "RemoteIssueLink", str(link.id), _remote(link), None, None)
    for link in new.remote_links:
        if link not in old.remote_links:
            yield Item("RemoteIssueLink", "RemoteIssueLink", None, None, str(link.id), _remote(link))


def _missing(links: Iterable[Link], others: Iterable[Link]) -> list[Link]:
    ids = {link.id for link in others}
    return [link for link in links if link.id not in ids]


def _read(link: Link, keys: Mapping[int, str]) -> str:
    return f"This issue {link.type.outward if link.outward else link.type.inward} {keys[link.other]}"


def _remote(link: RemoteLink) -> str:
    return f'This issue links to "{link.object.get("title", "")} (Web Link)"'
