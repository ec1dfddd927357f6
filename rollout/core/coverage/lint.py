"""Looks calendars over for what is allowed and seldom meant: needless, dead or ambiguous rules, and time that is too short or too rare.

Nothing here decides when something may happen, and nothing is repaired.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta
from typing import NamedTuple

from rollout.core.clients import Client
from rollout.core.coverage.locks import lock_of
from rollout.core.coverage.looking import AHEAD, CalendarFinding, Look, Need, warning
from rollout.core.coverage.overrides import OverrideState
from rollout.core.coverage.rarity import Wanted, rarely_open
from rollout.core.coverage.references import unmatched
from rollout.core.coverage.rosters import StaffingRule
from rollout.core.coverage.scopes import Scope, ScopedRule
from rollout.core.coverage.timed import BlockRule, WindowRule
from rollout.core.coverage.times import closures
from rollout.core.coverage.verdicts import Coverage
from rollout.core.coverage.zones import DAY
from rollout.core.findings import Grade

_LATER = 10 * 366 * DAY
_SOON = timedelta(days=180)
_MANY_DATES = 5


def lint(
    coverage: Coverage,
    clients: Iterable[Client],
    at: datetime,
    *,
    wanted: Wanted | None = None,
    needs: Sequence[Need] = (),
    overrides: Iterable[OverrideState] = (),
) -> tuple[CalendarFinding, ...]:
    """Everything that a person should look at, faults first, then by file and line. 400 days from `at`, which is now, are looked at.

    `needs` are the lengths of time that deliveries take; `overrides` is what has become of the overrides.
    """
    known, look = tuple(clients), Look(coverage.rules, at, coverage.timezone)
    found = [
        *_nobodys(look, known),
        *_not_known(look),
        *_never_open(look),
        *_too_short(look, needs),
        *_windows_twice(look),
        *_freezes_twice(look),
        *_over(look),
        *_running_out(look),
        *_ambiguous(look),
        *_spent(overrides),
        *rarely_open(coverage, known, look, wanted or Wanted()),
    ]
    return tuple(sorted(found, key=lambda one: (one.grade is not Grade.FAULT, *_place(one.source), one.what, one.rule, one.text)))


def _place(source: str) -> tuple[str, int]:
    file, _, line = source.rpartition(":")
    return (file, int(line)) if line.isdecimal() else (source, 0)


def _nobodys(look: Look, clients: Sequence[Client]) -> Iterator[CalendarFinding]:
    """Scopes that match no client."""
    ids = {rule.source: rule.id for rule in look.rules}
    for fault in unmatched(look.rules, clients):
        source = f"{fault.file}:{fault.line}" if fault.line else fault.file
        hint = "Correct the name, or take it out: until then everything is closed."
        yield CalendarFinding(
            grade=Grade.FAULT, what="nobody", text=f"{fault.field}: {fault.text}", hint=hint, rule=ids.get(source, ""), source=source
        )


def _not_known(look: Look) -> Iterator[CalendarFinding]:
    """Rules that close everything they are about, for nobody knows their times."""
    for rule in look.rules:
        if isinstance(rule, ScopedRule) and rule.unknown:
            text = f"{rule.id} is not known, so everything is closed for {rule.scope.told()}: {rule.unknown}"
            yield warning("unknown", text, "See rollout doctor.", rule)


def _never_open(look: Look) -> Iterator[CalendarFinding]:
    """Windows without any time of their own. One that is alone in its group closes everything."""
    groups: dict[tuple[str, Scope | None], list[WindowRule]] = {}
    for rule in look.of(WindowRule):
        groups.setdefault((rule.group_name, None if rule.scope.company else rule.scope), []).append(rule)
    for (group, _), rules in groups.items():
        shut = [rule for rule in rules if not look.openings(rule)]
        for rule in shut:
            text = f"{rule.id} opens nothing within {AHEAD.days} days"
            if len(shut) == len(rules):
                text += f", so everything is closed for {rule.scope.told()}" + (
                    f": no other window of {group} opens anything" if len(rules) > 1 else ""
                )
                yield warning("never", text, "Give it times that are still to come, or delete it.", rule, Grade.FAULT)
            else:
                yield warning("never", text, "Delete it: the other windows of its group do without it.", rule)


def _too_short(look: Look, needs: Sequence[Need]) -> Iterator[CalendarFinding]:
    """Windows that are never open for as long as a delivery takes with its runway."""
    for rule in look.of(WindowRule):
        longest = max((end - start for start, end in look.openings(rule)), default=0)
        if rule.group or not longest:  # what a group opens may be joined from several windows
            continue
        lacking = sorted(
            {(one.length, one.name) for one in needs if rule.scope.covers(one.kind, one.environment) and one.length.total_seconds() > longest}
        )
        if lacking:
            names = list(dict.fromkeys(name for _, name in lacking))
            whose = f"{names[0]} needs" if len(names) == 1 else f"{names[0]} and {len(names) - 1} other{'s' if len(names) > 2 else ''} need"
            text = f"{rule.id} is never open for longer than {told(longest)}, and {whose} more"
            yield warning(
                "short",
                f"{text} ({told(int(lacking[0][0].total_seconds()))} at least)",
                "Lengthen its hours, or shorten `expected` or `runway`.",
                rule,
            )


class _Piece(NamedTuple):
    start: int
    end: int
    rule: ScopedRule


def _windows_twice(look: Look) -> Iterator[CalendarFinding]:
    """Windows of one group, for the same clients, that open the same time."""
    groups: dict[tuple[str, Scope], list[WindowRule]] = {}
    for rule in look.of(WindowRule):
        if rule.group:
            groups.setdefault((rule.group, rule.scope), []).append(rule)
    for rules in groups.values():
        pieces = [_Piece(start, end, rule) for rule in rules for start, end in look.openings(rule)]
        for one, other, first, times in _overlaps(pieces) if len(rules) > 1 else ():
            text = f"{one.id} and {other.id} open the same time, first at {look.told(first)}{_more(times)}"
            yield warning("overlap", text, f"Take the time out of one of them: they are one group, {rules[0].group}, and one is enough.", one)


def _freezes_twice(look: Look) -> Iterator[CalendarFinding]:
    """Freezes, which are what closes more than a day at once, that are about the same and overlap."""
    scopes: dict[Scope, list[_Piece]] = {}
    for rule in look.of(BlockRule):
        if not rule.weekly and (rule.start or rule.events):
            pieces = [_Piece(one.start, one.end, rule) for one in closures(rule, look.zones, look.low, look.high)]
            scopes.setdefault(rule.scope, []).extend(one for one in pieces if one.end - one.start > DAY + 3600)
    for pieces in scopes.values():
        for one, other, first, times in _overlaps(pieces):
            text = f"{one.id} and {other.id} freeze the same time, first at {look.told(first)}{_more(times)}"
            yield warning("overlap", text, "Join them, or let one begin where the other ends: who lifts one should see the time open.", one)


def _overlaps(pieces: Iterable[_Piece]) -> list[tuple[ScopedRule, ScopedRule, int, int]]:
    """Pairs of rules whose pieces overlap: the instant at which they first do so, and how often."""
    found: dict[tuple[str, str], tuple[ScopedRule, ScopedRule, int, int]] = {}
    reaching: list[_Piece] = []
    for piece in sorted(pieces, key=lambda one: (one.start, one.end, one.rule.id)):
        reaching = [one for one in reaching if one.end > piece.start]
        for other in reaching:
            if other.rule.id != piece.rule.id:
                one, two = sorted((other.rule, piece.rule), key=lambda rule: rule.id)
                _, _, first, times = found.get((one.id, two.id), (one, two, piece.start, 0))
                found[one.id, two.id] = one, two, first, times + 1
        reaching.append(piece)
    return list(found.values())


def _over(look: Look) -> Iterator[CalendarFinding]:
    """Blocks that have nothing left to close."""
    for rule in look.of(BlockRule):
        if not rule.weekly and not rule.availabilities and not rule.scope.staff and not _closes_later(rule, look):
            yield warning("over", f"{rule.id} is over: it closes nothing any more", "Delete it, or give it its next dates.", rule)


def _closes_later(rule: BlockRule, look: Look) -> bool:
    return bool(closures(rule, look.zones, look.low, look.high) or closures(rule, look.zones, look.high, look.high + _LATER))


def _running_out(look: Look) -> Iterator[CalendarFinding]:
    """Holidays and rosters that are known for a short while only."""
    for block in look.of(BlockRule):
        last, hint = _holidays_until(block)
        if last is not None and look.at.date() <= last < look.at.date() + _SOON:
            yield warning("ending", f"{block.id} has no dates after {last}: then its holidays are days like any other", hint, block)
    for roster in look.of(StaffingRule):
        ends = {role: last for role in roster.need if (last := roster.known_until(role)) is not None}
        if ends and min(ends.values()) < look.at.date() + timedelta(days=32):
            role = min(ends, key=lambda one: (ends[one], one))
            text = f"{roster.id} knows who has {role} up to {ends[role]} only: what is open after that is provisional"
            yield warning("ending", text, "Plan the roster further, and move its horizon.", roster)


def _holidays_until(block: BlockRule) -> tuple[date | None, str]:
    """The last day for which the block's list of holidays holds, None for one that is no such list; and how it is continued."""
    try:
        lock = lock_of(block)
    except ValueError:  # the doctor tells of a lock file that makes no sense
        return None, ""
    if lock:
        return date(lock.last, 12, 31), f"Write the next years: rollout coverage holidays sync {lock.place} --years {lock.first}-{lock.last + 2}"
    return max(block.dates) if len(block.dates) >= _MANY_DATES else None, "Add the dates of the next years."


def _ambiguous(look: Look) -> Iterator[CalendarFinding]:
    """Times that a clock skips or shows twice."""
    for rule in look.of(ScopedRule):
        remarks = look.remarks(rule) if isinstance(rule, WindowRule | BlockRule | StaffingRule) else []
        for day, text in remarks[:1]:
            yield warning(
                "clocks", f"{rule.id} on {day}: {text}{_more(len(remarks))}", "Move the time by an hour if that is not what you mean.", rule
            )


def _spent(overrides: Iterable[OverrideState]) -> Iterator[CalendarFinding]:
    """Overrides that do nothing, or no longer."""
    for one in overrides:
        if one.phase == "ended" or one.used or one.dead or one.idle:
            hint = "Delete it." if one.phase == "ended" or one.used or one.dead else "Take out what it does not waive."
            yield CalendarFinding(grade=Grade.WARNING, what="override", text=one.text, hint=hint, rule=one.id, source=one.source)


def _more(times: int) -> str:
    return f" ({times - 1} more)" if times > 1 else ""


def told(seconds: int) -> str:
    """A length of time: 2 h 30 min."""
    hours, minutes = divmod(seconds // 60, 60)
    return " ".join(part for part in (f"{hours} h" if hours else "", f"{minutes} min" if minutes or not hours else "") if part)
