"""The calendar's questions beside three rivals: a walk over the minutes, another reader's events, and the business hours of pandas.

Of pandas and recurring-ical-events the one that is not installed is left out (pip install "rollout[bench]" brings pandas). Ratios are what to
trust; the times are medians of processor time, for others may be at work on the same machine.
"""

import time
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from statistics import median
from zoneinfo import ZoneInfo

from benchmarks import rivals
from rollout.adapters.files.zones import force_bundled_zones
from rollout.core.clients import Environment
from rollout.core.coverage import BlockRule, Coverage, Party, Request, Rule, StaffingRule, WindowRule, compile_coverage
from rollout.core.values import ClientId

ZONE = "America/Toronto"
ROLES = ("front_line", "escalation", "on_call", "qa", "pm")
HOLIDAYS = (date(2026, 1, 1), date(2026, 7, 1), date(2026, 9, 7), date(2026, 12, 25))
FREEZE = (datetime(2026, 12, 18, 16, tzinfo=ZoneInfo(ZONE)), datetime(2027, 1, 4, 9, tzinfo=ZoneInfo(ZONE)))
ASKED = Request(kind="monthly", environment=Environment.PRODUCTION, parties=(Party(id=ClientId("c1")),), length=timedelta(hours=2))
OPEN, CLOSED = datetime(2026, 12, 8, 15, tzinfo=UTC), datetime(2026, 12, 5, 15, tzinfo=UTC)
MONTH = datetime(2026, 11, 1, tzinfo=UTC), datetime(2026, 12, 1, tzinfo=UTC)
MINUTE = timedelta(minutes=1)
FORTY = timedelta(hours=40)


def rules() -> list[Rule]:
    """Eight layers: hours, holidays, a freeze, five roles."""
    shift = {"person": "Dana", "weekly": {"mon-fri": ["09:00-17:00"]}}
    return [
        WindowRule.model_validate({"id": "coverage", "timezone": ZONE, "weekly": {"mon-fri": ["09:00-17:00"]}}),
        BlockRule.model_validate({"id": "holidays", "timezone": ZONE, "dates": dict.fromkeys(HOLIDAYS, "holiday")}),
        BlockRule(id="freeze", timezone=ZONE, start=FREEZE[0], end=FREEZE[1], why="year-end freeze"),
        StaffingRule.model_validate({"id": "roster", "timezone": ZONE, "need": dict.fromkeys(ROLES, 1), "roster": {role: [shift] for role in ROLES}}),
    ]


def naive_open(at: datetime) -> bool:
    """The same eight layers, asked of one minute."""
    shown = at.astimezone(ZoneInfo(ZONE))
    working = shown.weekday() < 5 and 9 <= shown.hour < 17
    return working and shown.date() not in HOLIDAYS and not FREEZE[0] <= at < FREEZE[1] and all(working for _ in ROLES)


def naive_verdict(at: datetime) -> bool:
    return all(naive_open(at + MINUTE * number) for number in range(120))


def naive_next(at: datetime) -> datetime:
    while not naive_verdict(at):
        at += MINUTE
    return at


def naive_minutes(start: datetime, end: datetime) -> int:
    return sum(naive_open(start + MINUTE * number) for number in range(int((end - start) / MINUTE)))


def compiled_year() -> Coverage:
    """A calendar whose year 2026 is compiled."""
    coverage = compile_coverage(rules(), timezone=ZONE)
    coverage.verdict(ASKED, OPEN)
    return coverage


def many_clients(count: int, profiles: int) -> None:
    """Ask once for each of many clients, each with a calendar of its own, of a few different contents."""
    own = [
        WindowRule.model_validate(
            {"id": f"w{number}", "timezone": ZONE, "scope": {"clients": [f"c{number}"]}, "weekly": {"mon-fri": [_hours(number % profiles)]}}
        )
        for number in range(count)
    ]
    parties = [(Party(id=ClientId(f"c{number}")),) for number in range(count)]

    def asked() -> None:
        coverage = compile_coverage([*rules(), *own], timezone=ZONE)
        for party in parties:
            coverage.verdict(ASKED.model_copy(update={"parties": party}), OPEN)

    print(f"{count} clients of {profiles} profiles, compiled and asked once each: {_cost(asked, 1) / 1e6:.2f} s (to stay under 1)")


def _hours(number: int) -> str:
    return f"09:{number % 60:02}-1{2 + number // 60 % 7}:00"


def _cost(act: Callable[[], object], times: int) -> float:
    """The median of seven rounds, in microseconds of processor time for one act."""
    act()
    rounds = []
    for _ in range(7):
        started = time.process_time()
        for _ in range(times):
            act()
        rounds.append((time.process_time() - started) / times * 1e6)
    return median(rounds)


def _tell(name: str, budget: float, ours: float, **rivals: Callable[[], object] | None) -> None:
    print(f"{name}: {ours:.2f} µs (to stay under {budget:g})")
    for rival, act in rivals.items():
        if act is not None:
            theirs = _cost(act, 1)
            print(f"    {rival.replace('_', ' ')}: {theirs:.0f} µs, ratio 1:{theirs / ours:.0f}")


def _throughout(coverage: Coverage, moments: Sequence[datetime]) -> float:
    """What a verdict costs, over moments of a whole year, each asked about before."""
    return _cost(lambda: [coverage.verdict(ASKED, at) for at in moments], 1) / len(moments)


def main() -> None:
    """Print each cost, and how many times as long each rival takes on the same question."""
    force_bundled_zones()
    coverage, other, pandas = compiled_year(), rivals.events(), rivals.business_hours(HOLIDAYS, FREEZE, ZONE)
    for missing, rival in (("recurring-ical-events", other), ("pandas", pandas)):
        if rival is None:
            print(f"{missing} is not installed, and left out")
    year = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
    hours = [year[0] + timedelta(hours=7 * number) for number in range(1250)]
    opens, closed = (hours_of(coverage, hours, open) for open in (True, False))

    _tell(
        "verdict, open",
        1,
        _cost(lambda: coverage.verdict(ASKED, OPEN), 2000),
        minute_by_minute=lambda: naive_verdict(OPEN),
        recurring_ical_events=other and (lambda: other.is_open(OPEN, ASKED.length)),
        pandas=pandas and (lambda: pandas.is_open(OPEN, ASKED.length)),
    )
    _tell("verdict, open, at 300 moments of a year", 1, _throughout(coverage, opens))
    _tell("verdict, closed, with all reasons", 20, _cost(lambda: coverage.verdict(ASKED, CLOSED), 500), minute_by_minute=lambda: naive_next(CLOSED))
    _tell("verdict, closed, at 900 moments of a year", 20, _throughout(coverage, closed))
    _tell(
        "next slot",
        5,
        _cost(lambda: coverage.next_slot(ASKED, CLOSED, CLOSED + timedelta(30)), 2000),
        minute_by_minute=lambda: naive_next(CLOSED),
        recurring_ical_events=other and (lambda: other.next_open(CLOSED, ASKED.length)),
        pandas=pandas and (lambda: pandas.next_open(CLOSED)),
    )
    _tell(
        "the windows of a month",
        25,
        _cost(lambda: coverage.windows(ASKED, *MONTH), 500),
        minute_by_minute=lambda: naive_minutes(*MONTH),
        recurring_ical_events=other and (lambda: other.between(*MONTH)),
        pandas=pandas and (lambda: pandas.between(*MONTH)),
    )
    _tell(
        "compiling a year of eight layers",
        5000,
        _cost(compiled_year, 5),
        minute_by_minute=lambda: naive_minutes(*year),
        recurring_ical_events=other and (lambda: rivals.events().between(*year)),
        pandas=pandas and (lambda: pandas.between(*year)),
    )
    _tell(
        "40 hours of business time on", 100, _cost(lambda: coverage.business_add(OPEN, FORTY), 500), pandas=pandas and (lambda: pandas.add(OPEN, 40))
    )
    many_clients(10_000, 300)


def hours_of(coverage: Coverage, moments: Sequence[datetime], open: bool) -> list[datetime]:
    """Those of the moments at which one may start, or may not."""
    return [at for at in moments if coverage.verdict(ASKED, at).open is open]


if __name__ == "__main__":
    main()
