"""What calendars say, as dated events for other programs: when it is open, what closes it. Flat, in UTC: every reader shows the same.

Whom the events name is for the caller to decide: every text goes through `say`. Nothing here says which file a rule stands in.
"""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import UTC, date, datetime, timedelta
from typing import NamedTuple

from rollout.core.calendar_text import Edition, Entry, stamp
from rollout.core.coverage.questions import Request
from rollout.core.coverage.scopes import Rule, ScopedRule
from rollout.core.coverage.timed import BlockRule, WindowRule
from rollout.core.coverage.times import closures
from rollout.core.coverage.verdicts import Coverage
from rollout.core.coverage.zones import DAY, Span, Zone, Zones, day_of, instant, midnight, moment_of, wall_of

OPEN, FREEZE = "OPEN", "FREEZE"
_REACH = 2 * DAY
_COUNTED_FROM = datetime(2020, 1, 1, tzinfo=UTC)
_MINUTE = timedelta(minutes=1)
Say = Callable[[str], str]


class Feed(NamedTuple):
    """Which feed it is: `name` tells it from others and is part of each UID; `request` is what the calendars are asked, [low, high) for when."""

    name: str
    request: Request
    low: int
    high: int


def uid(*parts: str) -> str:
    """The UID of what these words name: the same whenever it is asked for, and nothing that could be read out of it."""
    return f"{hashlib.sha256(chr(0).join(parts).encode()).hexdigest()[:32]}@rollout"


def slots(coverage: Coverage, feed: Feed, say: Say) -> Iterator[Entry]:
    """The open stretches that touch the time asked for, whole; one of more than a day is cut at the midnights of the company's zone.

    Those past the day up to which a roster is known are TENTATIVE.
    """
    windows = [rule for rule in _bearing(coverage.rules, feed.request) if isinstance(rule, WindowRule)]
    why = "; ".join(dict.fromkeys(say(rule.why) for rule in windows if rule.why))
    names = ", ".join(dict.fromkeys(say(rule.group_name) for rule in windows))
    zone = Zone(coverage.timezone)
    for found in coverage.windows(feed.request, moment_of(feed.low - _REACH), moment_of(feed.high + _REACH)):
        for start, end in _cut(zone, instant(found.start), instant(found.end)):
            if start < feed.high and end > feed.low:
                provisional = any(one.provisional for one in coverage.windows(feed.request, moment_of(start), moment_of(end)))
                yield Entry(
                    uid=uid(feed.name, str(start)),
                    start=moment_of(start),
                    end=moment_of(end),
                    summary="Open for deployments, if the roster allows" if provisional else "Open for deployments",
                    description=". ".join(text for text in (why, "Provisional: the roster is not known that far" if provisional else "") if text),
                    category=OPEN,
                    status="TENTATIVE" if provisional else "CONFIRMED",
                    rule=names,
                )


def freezes(coverage: Coverage, feed: Feed, say: Say) -> Iterator[Entry]:
    """What blocks close, with the why of each, in order of start; and what is closed because a rule's times are not known.

    Whole days of a block in the company's own zone are whole days for everybody.
    """
    zones = Zones()
    found = [entry for rule in _bearing(coverage.rules, feed.request) for entry in _closed_by(rule, coverage.timezone, zones, feed, say)]
    yield from (entry for _, entry in sorted(found, key=lambda each: (each[0], each[1].uid)))


def publish(entries: Iterable[Entry], previous: Mapping[str, Edition], at: datetime, span: Span, timezone: str) -> list[Edition]:
    """The entries as editions, and what is taken back: what was published before, begins within the span, and is no more.

    An entry that says what it said before stays as it is. Any other gets this minute, counted since 2020, as its SEQUENCE, and at least one more
    than it had: it grows from export to export, whether or not the one before is at hand. Whole days are those of `timezone`.
    """
    now, zone = int((at - _COUNTED_FROM) / _MINUTE), Zone(timezone)
    editions = [_edition(entry.uid, entry.content, previous.get(entry.uid), now, at) for entry in entries]
    standing = {edition.uid for edition in editions}
    gone = sorted((_begins(one, zone), one.uid) for one in previous.values() if one.uid not in standing)
    lost = [previous[name] for begins, name in gone if span[0] <= begins < span[1]]
    return [*editions, *(_edition(one.uid, _taken_back(one), one, now, at) for one in lost)]


def _edition(name: str, content: tuple[str, ...], before: Edition | None, now: int, at: datetime) -> Edition:
    if before is not None and before.content == content:
        return before
    return Edition(name, content, max(now, before.sequence + 1 if before else 0), stamp(at))


def _begins(edition: Edition, zone: Zone) -> int:
    told = edition.said("DTSTART")
    shown = wall_of(datetime.fromisoformat(told.removesuffix("Z")))
    return shown if told.endswith("Z") else zone.utc(shown)


def _taken_back(edition: Edition) -> tuple[str, ...]:
    """Outlook shows what is CANCELLED as it shows anything else, so the summary has to say it."""
    if edition.said("STATUS") == "CANCELLED":
        return edition.content
    return tuple(
        "STATUS:CANCELLED"
        if line.startswith("STATUS:")
        else line.replace("SUMMARY:", "SUMMARY:Cancelled: ", 1)
        if line.startswith("SUMMARY:")
        else line
        for line in edition.content
    )


def _bearing(rules: Iterable[Rule], request: Request) -> Iterator[ScopedRule]:
    """The rules about the company, and those about the request's clients."""
    for rule in rules:
        if isinstance(rule, ScopedRule) and rule.scope.covers(request.kind, request.environment) and _concerns(rule, request):
            yield rule


def _concerns(rule: ScopedRule, request: Request) -> bool:
    return rule.scope.company or any(rule.scope.takes(party.id, party.tags, party.region) for party in request.parties)


def _cut(zone: Zone, start: int, end: int) -> Iterator[Span]:
    if end - start <= DAY:
        yield start, end
        return
    while start < end:
        following = zone.utc(midnight(day_of(zone.wall(start))) + DAY)
        yield start, min(end, following)
        start = following


def _closed_by(rule: ScopedRule, timezone: str, zones: Zones, feed: Feed, say: Say) -> Iterator[tuple[int, Entry]]:
    if rule.unknown:
        why = f"{say(rule.id)} is not known at the moment"
        yield feed.low, _closed(uid(feed.name, rule.id), moment_of(feed.low), moment_of(feed.high), why, say(rule.id))
        return
    if not isinstance(rule, BlockRule):
        return
    zone = zones[rule.timezone]
    days = {zone.block(midnight(day), midnight(day) + DAY): day for day in rule.whole_days} if rule.timezone == timezone else {}
    for start, (end, why) in _by_start(rule, zones, feed).items():
        shown: tuple[date, date] = (moment_of(start), moment_of(end))
        if (start, end) in days:
            shown = days[start, end], days[start, end] + timedelta(days=1)
        yield start, _closed(uid(feed.name, rule.id, str(start)), *shown, say(why) or "freeze", say(rule.id))


def _by_start(rule: BlockRule, zones: Zones, feed: Feed) -> dict[int, tuple[int, str]]:
    """The end and the why of what the rule closes, by its start: what begins together is one."""
    found: dict[int, tuple[int, str]] = {}
    for one in closures(rule, zones, feed.low, feed.high):  # of those that begin together the longest comes last
        _, whys = found.get(one.start, (one.end, ""))
        found[one.start] = one.end, "; ".join(dict.fromkeys(text for text in (whys, one.why or rule.why or rule.id) if text))
    return found


def _closed(name: str, start: date, end: date, why: str, rule: str) -> Entry:
    return Entry(uid=name, start=start, end=end, summary=f"Closed: {why}", category=FREEZE, rule=rule)
