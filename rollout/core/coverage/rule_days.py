"""The days that a recurrence names, as whole numbers: days since 1970 for days, months since the year 0 for months. Knows no times and no zones.

Periods (days, weeks, months, years) are stepped through from the one that the event starts in; only those that touch what is asked are looked at.
"""

from collections.abc import Iterator
from datetime import date
from functools import lru_cache
from itertools import islice

from rollout.core.coverage.rrules import Frequency, Recurrence

_EPOCH = date(1970, 1, 1).toordinal()
_THURSDAY = 3  # the weekday of day 0
TURN = 146_097  # days after which the calendar repeats


def named_days(rule: Recurrence, start: int, low: int, high: int) -> Iterator[int]:
    """The days within [low, high] on which an event that starts on day `start` recurs, in order; COUNT is kept, UNTIL is the caller's."""
    if rule.count is None:
        return _ENDLESS[rule.freq](rule, start, max(start, low), high)
    return (day for day in islice(_ENDLESS[rule.freq](rule, start, start, high), rule.count) if day >= low)


def names_a_day(rule: Recurrence, start: int) -> bool:
    """Whether the recurrence ever happens: whether it names a day before the calendar repeats."""
    return next(_ENDLESS[rule.freq](rule, start, start, start + TURN), None) is not None


def _daily(rule: Recurrence, start: int, low: int, high: int) -> Iterator[int]:
    first = low + (start - low) % rule.interval
    days = range(first, high + 1, rule.interval)
    if not (rule.byday or rule.bymonth or rule.bymonthday):
        return iter(days)
    return (day for day in days if _is_weekday(rule, day) and _is_date(rule, day))


def _weekly(rule: Recurrence, start: int, low: int, high: int) -> Iterator[int]:
    weekdays = {weekday for _, weekday in rule.byday} or {(start + _THURSDAY) % 7}
    places = sorted((weekday - rule.wkst) % 7 for weekday in weekdays)
    began, step = _week(start, rule.wkst), 7 * rule.interval
    first = began + (low - began) // step * step
    days = (week + place for week in range(first, high + 1, step) for place in places)
    return (day for day in days if low <= day <= high and _is_date(rule, day))


def _monthly(rule: Recurrence, start: int, low: int, high: int) -> Iterator[int]:
    began = _month_of(start)
    first = began + -((began - _month_of(low)) // rule.interval) * rule.interval
    months = range(first, _month_of(high) + 1, rule.interval)
    days = (day for month in months if not rule.bymonth or month % 12 + 1 in rule.bymonth for day in _of_month(rule, month, start))
    return (day for day in days if low <= day <= high)


def _yearly(rule: Recurrence, start: int, low: int, high: int) -> Iterator[int]:
    began = _month_of(start) // 12
    first = began + -((began - _month_of(low) // 12) // rule.interval) * rule.interval
    years = range(first, _month_of(high) // 12 + 1, rule.interval)
    return (day for year in years for day in _of_year(rule, year, start) if low <= day <= high)


_ENDLESS = {Frequency.DAILY: _daily, Frequency.WEEKLY: _weekly, Frequency.MONTHLY: _monthly, Frequency.YEARLY: _yearly}


def _of_year(rule: Recurrence, year: int, start: int) -> Iterator[int]:
    if rule.byday and not rule.bymonth:
        yield from _weekdays_between(rule, month_start(year * 12), month_start(year * 12 + 12))
        return
    for month in sorted(set(rule.bymonth)) or [_month_of(start) % 12 + 1]:
        yield from _of_month(rule, year * 12 + month - 1, start)


def _of_month(rule: Recurrence, month: int, start: int) -> list[int]:
    first, past = month_start(month), month_start(month + 1)
    if not (rule.byday or rule.bymonthday):
        day = first + start - month_start(_month_of(start))
        return [day] if day < past else []
    days = _weekdays_between(rule, first, past) if rule.byday else _dates_between(rule, first, past)
    if rule.byday and rule.bymonthday:
        dates = set(_dates_between(rule, first, past))
        days = [day for day in days if day in dates]
    if not rule.bysetpos:
        return days
    places = {place - 1 if place > 0 else len(days) + place for place in rule.bysetpos}
    return [day for place, day in enumerate(days) if place in places]


def _weekdays_between(rule: Recurrence, first: int, past: int) -> list[int]:
    """The weekdays of BYDAY in a month or a year; a numbered one counts from its beginning, or from its end."""
    days: set[int] = set()
    for ordinal, weekday in rule.byday:
        every = range(first + (weekday - first - _THURSDAY) % 7, past, 7)
        if not ordinal:
            days.update(every)
        elif abs(ordinal) <= len(every):
            days.add(every[ordinal - 1 if ordinal > 0 else ordinal])
    return sorted(days)


def _dates_between(rule: Recurrence, first: int, past: int) -> list[int]:
    days = {first + day - 1 if day > 0 else past + day for day in rule.bymonthday}
    return sorted(day for day in days if first <= day < past)


def _is_weekday(rule: Recurrence, day: int) -> bool:
    return not rule.byday or any(weekday == (day + _THURSDAY) % 7 for _, weekday in rule.byday)


def _is_date(rule: Recurrence, day: int) -> bool:
    """Whether the day is in BYMONTH and in BYMONTHDAY, where there are any."""
    if not (rule.bymonth or rule.bymonthday):
        return True
    month = _month_of(day)
    if rule.bymonth and month % 12 + 1 not in rule.bymonth:
        return False
    first, past = month_start(month), month_start(month + 1)
    return not rule.bymonthday or day - first + 1 in rule.bymonthday or day - past in rule.bymonthday


def _week(day: int, wkst: int) -> int:
    """The first day of the week that the day is in."""
    return day - (day + _THURSDAY - wkst) % 7


def _month_of(day: int) -> int:
    shown = date.fromordinal(day + _EPOCH)
    return shown.year * 12 + shown.month - 1


@lru_cache(maxsize=8192)
def month_start(month: int) -> int:
    """The first day of a month."""
    return date(month // 12, month % 12 + 1, 1).toordinal() - _EPOCH
