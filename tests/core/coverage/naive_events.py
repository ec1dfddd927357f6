"""Wall times and the occurrences of events as the naive calendar finds them: day by day, with the standard library's time zones."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from rollout.core.coverage import Event
from rollout.core.coverage.recurrence import Frequency

DAY = timedelta(days=1)


def first(shown: datetime, zone: str) -> int:
    """The first instant of a wall time; in a gap, by the offset before it."""
    return int(shown.replace(tzinfo=ZoneInfo(zone), fold=0).timestamp())


def last(shown: datetime, zone: str) -> int:
    """The last instant of a wall time; in a gap, by the offset before it."""
    return max(first(shown, zone), int(shown.replace(tzinfo=ZoneInfo(zone), fold=1).timestamp()))


def minute(moment: datetime) -> int:
    """The instant of a moment on a whole minute."""
    return int(moment.astimezone(UTC).timestamp())


def occurrences_on(event: Event, day: date, blocks: bool) -> Iterator[tuple[int, int]]:
    """The occurrence of an event that starts on that day, if it has one."""
    shown = datetime.combine(day, event.start.time())
    at = first(shown, event.zone)
    if not _recurs(event, day, blocks) or at in event.skipped or day in event.skipped_days:
        return
    if (event.since is not None and at < event.since) or (event.before is not None and at >= event.before):
        return
    shown += timedelta(seconds=event.shift)
    at = first(shown, event.zone)
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
