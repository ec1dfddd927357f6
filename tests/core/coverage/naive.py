"""A calendar that answers minute by minute, straight from the words of the rules, with the standard library's time zones. Slow, and simple."""

from collections.abc import Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

from rollout.core.coverage import BlockRule, Event, Request, Rule, StaffingRule, WindowRule
from rollout.core.coverage.recurrence import Frequency
from rollout.core.coverage.scopes import ScopedRule
from rollout.core.coverage.timed import Timed

Closed = tuple[str, frozenset[str]]
DAY = timedelta(days=1)


def first(shown: datetime, zone: str) -> int:
    """The first instant of a wall time; in a gap, by the offset before it."""
    return int(shown.replace(tzinfo=ZoneInfo(zone), fold=0).timestamp())


def last(shown: datetime, zone: str) -> int:
    """The last instant of a wall time; in a gap, by the offset before it."""
    return max(first(shown, zone), int(shown.replace(tzinfo=ZoneInfo(zone), fold=1).timestamp()))


class Naive:
    """Answers for the rules near one moment: `reach` days around it."""

    def __init__(self, rules: Sequence[Rule], around: datetime, reach: int = 4) -> None:
        self._rules = [rule for rule in rules if isinstance(rule, ScopedRule)]
        middle = around.date()
        self._days = [middle + DAY * number for number in range(-reach, reach + 1)]
        self._bearing: dict[int, list[list[ScopedRule]]] = {}
        self._spans = {rule.id: list(self._times(rule)) for rule in self._rules if isinstance(rule, Timed)}

    def closed(self, request: Request, at: int) -> set[Closed]:
        """Everything that closes the instant for the request: a code and the ids that it comes from."""
        found: set[Closed] = set()
        company = [rule for rule in self._in_scope(request) if rule.scope.company]
        if not any(isinstance(rule, WindowRule) for rule in company):
            found.add(("no-window", frozenset()))
        found.update(self._closing(company, at))
        for party in request.parties:
            own = [rule for rule in self._in_scope(request) if not rule.scope.company and rule.scope.takes(party.id, party.tags, party.region)]
            found.update(self._closing(own, at))
        return found

    def closed_within(self, request: Request, start: int, end: int) -> set[Closed]:
        """Everything that closes any minute of [start, end)."""
        return {one for at in range(start, max(end, start + 1), 60) for one in self.closed(request, at)}

    def _who_bears(self, request: Request) -> list[list[ScopedRule]]:
        """The rules about the company, then those about each party."""
        scoped = list(self._in_scope(request))
        own = [[rule for rule in scoped if not rule.scope.company and rule.scope.takes(one.id, one.tags, one.region)] for one in request.parties]
        return [[rule for rule in scoped if rule.scope.company], *own]

    def _in_scope(self, request: Request) -> Iterator[ScopedRule]:
        for rule in self._rules:
            scope = rule.scope
            if (not scope.kinds or request.kind in scope.kinds) and (not scope.environments or request.environment in scope.environments):
                yield rule

    def _closing(self, rules: list[ScopedRule], at: int) -> Iterator[Closed]:
        groups: dict[str, list[str]] = {}
        for rule in rules:
            if isinstance(rule, WindowRule):
                groups.setdefault(rule.group or rule.id, []).append(rule.id)
            elif isinstance(rule, BlockRule) and self._is_in(rule, at):
                yield "block", frozenset({rule.id})
            elif isinstance(rule, StaffingRule):
                yield from (("staffing", frozenset({rule.id})) for role, need in rule.need.items() if _people(rule, role, at) < need)
        for ids in groups.values():
            if not any(start <= at < end for rule in ids for start, end in self._spans[rule]):
                yield "outside-window", frozenset(ids)

    def _is_in(self, rule: Timed, at: int) -> bool:
        return any(start <= at < end for start, end in self._spans[rule.id])

    def _times(self, rule: Timed) -> Iterator[tuple[int, int]]:
        blocks = isinstance(rule, BlockRule)
        excepted = {one.date: one.hours for one in rule.exceptions}
        for day in self._days:
            hours = excepted.get(day, [span for days, spans in rule.weekly.items() if day.weekday() in days for span in spans])
            for opens, closes in hours:
                midnight = datetime.combine(day, time())
                yield _span(midnight + timedelta(minutes=opens), midnight + timedelta(minutes=closes), rule.timezone, blocks)
            if blocks and day in rule.dates:
                yield _span(datetime.combine(day, time()), datetime.combine(day, time()) + DAY, rule.timezone, blocks)
            for event in rule.events:
                yield from occurrences_on(event, day, blocks)
        if rule.start and rule.end:
            yield first(rule.start, rule.timezone), (last if blocks else first)(rule.end, rule.timezone)


def _span(opens: datetime, closes: datetime, zone: str, blocks: bool) -> tuple[int, int]:
    start, end = first(opens, zone), (last if blocks else first)(closes, zone)
    if blocks and end <= start:
        return min(start, end), start + int((closes - opens).total_seconds())
    return start, end


def _people(rule: StaffingRule, role: str, at: int) -> int:
    """Different people whose hours hold the instant, and who are not on leave on that day or on the day that their hours began."""
    if rule.horizon and at >= first(datetime.combine(rule.horizon + DAY, time()), rule.timezone):
        return 10_000
    there = set()
    for shift in rule.roster[role]:
        zone = shift.timezone or rule.timezone
        today = datetime.fromtimestamp(at, ZoneInfo(zone)).date()
        for day in (today - DAY, today):
            for opens, closes in (span for days, spans in shift.weekly.items() if day.weekday() in days for span in spans):
                midnight = datetime.combine(day, time())
                inside = first(midnight + timedelta(minutes=opens), zone) <= at < first(midnight + timedelta(minutes=closes), zone)
                if inside and not any(away <= one <= back for one in (day, today) for away, back in shift.leave):
                    there.add(shift.person)
    return len(there)


def occurrences_on(event: Event, day: date, blocks: bool) -> Iterator[tuple[int, int]]:
    """The occurrence of an event that starts on that day, if it has one."""
    shown = datetime.combine(day, event.start.time())
    at = first(shown, event.zone)
    if not _recurs(event, day, blocks) or at in event.skipped or day in event.skipped_days:
        return
    exact = first(shown + timedelta(days=event.days), event.zone) + event.seconds
    nominal = (last if blocks else first)(shown + timedelta(seconds=event.nominal), event.zone)
    yield at, max(exact, nominal) if blocks else min(exact, nominal)


def _recurs(event: Event, day: date, blocks: bool) -> bool:
    rule, start = event.recurrence, event.start.date()
    if rule is None or (blocks and day == start):
        return day == start
    if day < start or (rule.until and datetime.combine(day, event.start.time()) > rule.until) or not _matches(event, day):
        return False
    if rule.count is None:
        return True
    return sum(_matches(event, start + DAY * number) for number in range((day - start).days + 1)) <= rule.count


def _matches(event: Event, day: date) -> bool:
    """Whether the rule, without its end, names that day."""
    rule, start = event.recurrence, event.start.date()
    assert rule is not None
    monday, began = day - DAY * ((day.weekday() - rule.wkst) % 7), start - DAY * ((start.weekday() - rule.wkst) % 7)
    months = (day.year - start.year) * 12 + day.month - start.month
    turns = {
        Frequency.DAILY: (day - start).days,
        Frequency.WEEKLY: (monday - began).days // 7,
        Frequency.MONTHLY: months,
        Frequency.YEARLY: day.year - start.year,
    }
    return turns[rule.freq] % rule.interval == 0 and _is_named(event, day)


def _is_named(event: Event, day: date) -> bool:
    rule, start = event.recurrence, event.start.date()
    assert rule is not None
    length = ((day.replace(day=1) + timedelta(days=32)).replace(day=1) - day.replace(day=1)).days
    if rule.bymonth and day.month not in rule.bymonth:
        return False
    if rule.bymonthday and day.day not in rule.bymonthday and day.day - length - 1 not in rule.bymonthday:
        return False
    if rule.byday:
        return any(day.weekday() == weekday and _ordinal_fits(event, day, ordinal) for ordinal, weekday in rule.byday)
    if rule.freq == Frequency.WEEKLY:
        return day.weekday() == start.weekday()
    if rule.freq == Frequency.DAILY or rule.bymonthday:
        return True
    return day.day == start.day and (rule.freq == Frequency.MONTHLY or bool(rule.bymonth) or day.month == start.month)


def _ordinal_fits(event: Event, day: date, ordinal: int) -> bool:
    rule = event.recurrence
    assert rule is not None
    if not ordinal:
        return True
    whole_year = rule.freq == Frequency.YEARLY and not rule.bymonth
    begins = day.replace(month=1, day=1) if whole_year else day.replace(day=1)
    ends = day.replace(month=12, day=31) if whole_year else (begins + timedelta(days=32)).replace(day=1) - DAY
    return ordinal in ((day - begins).days // 7 + 1, -((ends - day).days // 7 + 1))


def minute(moment: datetime) -> int:
    """The instant of a moment on a whole minute."""
    return int(moment.astimezone(UTC).timestamp())
