"""The calendar's questions beside a calendar that walks minute by minute: verdict, next slot, a month, compiling a year, 10,000 clients."""

import time
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from statistics import median
from zoneinfo import ZoneInfo

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
    started = time.process_time()
    coverage = compile_coverage([*rules(), *own], timezone=ZONE)
    for number in range(count):
        coverage.verdict(ASKED.model_copy(update={"parties": (Party(id=ClientId(f"c{number}")),)}), OPEN)
    print(f"{count} clients of {profiles} profiles, compiled and asked once each: {time.process_time() - started:.2f} s (to stay under 1)")


def _hours(number: int) -> str:
    return f"09:{number % 60:02}-1{2 + number // 60 % 7}:00"


def _cost(act: Callable[[], object], times: int) -> float:
    """The median of five rounds, in microseconds of processor time for one act: others may be at work on the same machine."""
    rounds = []
    for _ in range(5):
        started = time.process_time()
        for _ in range(times):
            act()
        rounds.append((time.process_time() - started) / times * 1e6)
    return median(rounds)


def _tell(name: str, ours: float, naive: float) -> None:
    print(f"{name}: {ours:.1f} µs, minute by minute {naive:.0f} µs, ratio 1:{naive / ours:.0f}")


def main() -> None:
    """Print each cost, and how many times as long the walk over the minutes takes."""
    force_bundled_zones()
    coverage = compiled_year()
    year = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
    _tell("verdict, open", _cost(lambda: coverage.verdict(ASKED, OPEN), 2000), _cost(lambda: naive_verdict(OPEN), 20))
    _tell("verdict, closed, with all reasons", _cost(lambda: coverage.verdict(ASKED, CLOSED), 500), _cost(lambda: naive_next(CLOSED), 1))
    _tell("next slot", _cost(lambda: coverage.next_slot(ASKED, CLOSED, MONTH[1] + timedelta(30)), 2000), _cost(lambda: naive_next(CLOSED), 1))
    _tell("the windows of a month", _cost(lambda: coverage.windows(ASKED, *MONTH), 500), _cost(lambda: naive_minutes(*MONTH), 1))
    _tell("compiling a year of eight layers", _cost(compiled_year, 5), _cost(lambda: naive_minutes(*year), 1))
    many_clients(10_000, 300)


if __name__ == "__main__":
    main()
