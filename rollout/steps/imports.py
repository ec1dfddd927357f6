"""Calendars from elsewhere: what an iCalendar file would open and close, before it is let in among ours."""

from collections.abc import Hashable, Iterable, Iterator
from datetime import date, timedelta
from typing import NamedTuple

from rollout.core.clients import Client, Environment
from rollout.core.coverage import BlockRule, Coverage, Request, Window, WindowRule, compile_coverage
from rollout.core.coverage.ambiguities import ambiguities
from rollout.core.coverage.times import closures, openings
from rollout.core.coverage.zones import Span, Zones, instant, moment_of
from rollout.core.openings import party_of
from rollout.core.releases import ReleaseKind
from rollout.core.values import Moment, Value
from rollout.errors import Refused
from rollout.ports import World
from rollout.ports.exchange import Importer, Incoming, Wish
from rollout.steps.coverage import HORIZON


class DayChange(Value):
    """A day that has other hours once the file is there, for the company or for some clients (`whom`)."""

    day: date
    whom: str
    now: tuple[Window, ...]
    then: tuple[Window, ...]


class Preview(Value):
    """What the file would be, and what it would change within 400 days. `times` are how often it opens or closes then, from `first` to `last`."""

    incoming: Incoming
    times: int
    first: Moment | None
    last: Moment | None
    remarks: tuple[str, ...]
    changes: tuple[DayChange, ...]


def bring(world: World, importer: Importer, wish: Wish, *, replace: bool = False, dry_run: bool = False) -> Preview:
    """Let the file in, or only look what that would do. Raises FaultsFound, Refused, NotFound; nothing is written then."""
    incoming = importer.read(wish, replace=replace)
    rule, before = incoming.rule, world.coverage()
    if not isinstance(rule, WindowRule | BlockRule):
        raise Refused(f"{rule.id} is no window and no block")
    for other in before.rules:
        if other.id == rule.id and other.source.rpartition(":")[0] != rule.source.rpartition(":")[0]:
            raise Refused(f"{rule.id} is the id of the rule in {other.source} already. Choose another: --id …")
    replaced = [one for one in before.rules if one.id == rule.id and isinstance(one, WindowRule | BlockRule)]
    low, high = instant(world.clock()), instant(world.clock() + HORIZON)
    spans = sorted(_spans(rule, low, high))
    after = compile_coverage([*(one for one in before.rules if one.id != rule.id), rule], timezone=before.timezone, approved=before.approved)
    preview = Preview(
        incoming=incoming,
        times=len(spans),
        first=moment_of(spans[0][0]) if spans else None,
        last=moment_of(max(end for _, end in spans)) if spans else None,
        remarks=(*incoming.remarks, *_remarks(rule, spans, low, high)),
        changes=tuple(dict.fromkeys(change for one in (rule, *replaced) for change in _changes(world, one, before, after))),
    )
    if not dry_run:
        importer.write()
    return preview


def _spans(rule: WindowRule | BlockRule, low: int, high: int) -> Iterable[Span]:
    if isinstance(rule, WindowRule):
        return openings(rule, Zones(), low, high, None)
    return ((one.start, one.end) for one in closures(rule, Zones(), low, high))


def _remarks(rule: WindowRule | BlockRule, spans: list[Span], low: int, high: int) -> Iterator[str]:
    if not spans:
        yield f"it never {'opens' if isinstance(rule, WindowRule) else 'closes'} anything within {HORIZON.days} days"
    if isinstance(rule, WindowRule) and not rule.scope.clients:
        yield "a window narrows what is open for everybody: a deployment must lie in every window. If it is about some clients: --client"
    yield from (f"{day}: {text}" for day, text in ambiguities(rule, Zones(), low, high))


class _Asked(NamedTuple):
    whom: str
    request: Request


def _changes(world: World, rule: WindowRule | BlockRule, before: Coverage, after: Coverage) -> Iterator[DayChange]:
    first = world.clock().astimezone(world.policies.zone).date()
    for asked in _asked(world, rule, before, after):
        pairs = (each.days(asked.request, first, first + HORIZON - timedelta(days=1)) for each in (before, after))
        for now, then in zip(*pairs, strict=True):
            if now.windows != then.windows:
                yield DayChange(day=now.day, whom=asked.whom, now=now.windows, then=then.windows)


def _asked(world: World, rule: WindowRule | BlockRule, before: Coverage, after: Coverage) -> Iterator[_Asked]:
    """Whom the rule is about: the company, or its clients, one for all that are alike."""
    kind = min(rule.scope.kinds, default=ReleaseKind.MONTHLY)
    usual = Request(kind=kind, environment=max(rule.scope.environments, default=Environment.PRODUCTION))
    if rule.scope.company:
        yield _Asked("everybody", usual)
        return
    alike: dict[Hashable, list[tuple[Client, Request]]] = {}
    for client in world.clients().values():
        if rule.scope.takes(client.id, client.tags, client.region):
            request = usual.model_copy(update={"parties": (party_of(client),)})
            alike.setdefault((before.likeness(request), after.likeness(request)), []).append((client, request))
    for group in alike.values():
        client, request = group[0]
        yield _Asked(client.id if len(group) == 1 else f"{client.id} and {len(group) - 1} more", request)
