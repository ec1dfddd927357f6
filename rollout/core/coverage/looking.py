"""One set of rules, looked at in one moment: what whoever lints it needs of them, worked out once."""

from collections.abc import Hashable, Iterable, Iterator
from datetime import datetime, timedelta
from functools import cached_property
from typing import NamedTuple, TypeVar

from rollout.core.clients import Environment
from rollout.core.coverage.ambiguities import Remark, ambiguities
from rollout.core.coverage.rosters import StaffingRule
from rollout.core.coverage.scopes import Rule, ScopedRule
from rollout.core.coverage.spans import union
from rollout.core.coverage.timed import BlockRule, WindowRule
from rollout.core.coverage.times import openings
from rollout.core.coverage.zones import Span, Zones, day_of, instant, midnight, shown_at
from rollout.core.findings import Finding, Grade

AHEAD = timedelta(days=400)
Kind = TypeVar("Kind", bound=ScopedRule)


class CalendarFinding(Finding):
    """A finding about one rule, or about none; `source` is its file and line."""

    rule: str = ""
    source: str = ""


class Need(NamedTuple):
    """How long a delivery takes with its runway; `name` is for people."""

    name: str
    kind: str
    environment: Environment
    length: timedelta


class Look:
    """The rules, and the 400 days from that moment on."""

    def __init__(self, rules: Iterable[Rule], at: datetime, timezone: str) -> None:
        self.rules, self.at = tuple(rules), at
        self.zones = Zones()
        self.low, self.high = instant(at), instant(at + AHEAD)
        self._zone = self.zones[timezone]
        self._opened: dict[Hashable, list[Span]] = {}
        self._remarks: dict[Hashable, list[Remark]] = {}

    @cached_property
    def midnights(self) -> list[int]:
        """The instants at which the days after today begin on the company's clock."""
        today = day_of(self._zone.wall(self.low))
        return [self._zone.utc(midnight(today + timedelta(days=number))) for number in range(1, AHEAD.days + 1)]

    def of(self, kind: type[Kind]) -> Iterator[Kind]:
        """The rules of that kind whose times are known."""
        return (rule for rule in self.rules if isinstance(rule, kind) and not rule.unknown)

    def openings(self, rule: WindowRule) -> list[Span]:
        """What the window opens or proposes; windows that say the same share it."""
        key = _content(rule)
        if key not in self._opened:
            self._opened[key] = union(openings(rule, self.zones, self.low, self.high, None))
        return self._opened[key]

    def remarks(self, rule: WindowRule | BlockRule | StaffingRule) -> list[Remark]:
        """What is ambiguous about its times; windows that say the same share it."""
        key = _content(rule) if isinstance(rule, WindowRule) else (rule.id, rule.source)
        if key not in self._remarks:
            self._remarks[key] = ambiguities(rule, self.zones, self.low, self.high)
        return self._remarks[key]

    def told(self, at: int) -> str:
        """An instant on the company's clock."""
        return f"{shown_at(self._zone.wall(at)):%Y-%m-%d %H:%M}"


def _content(rule: WindowRule) -> Hashable:
    """What the window's times depend on. One with events stands for itself."""
    if rule.events or rule.availabilities:
        return rule.id, rule.source
    return rule.timezone, rule.week, rule.exceptions, rule.start, rule.end


def warning(what: str, text: str, hint: str, rule: ScopedRule, grade: Grade = Grade.WARNING) -> CalendarFinding:
    """A finding about a rule."""
    return CalendarFinding(grade=grade, what=what, text=text, hint=hint, rule=rule.id, source=rule.source)
