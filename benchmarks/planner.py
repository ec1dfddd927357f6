"""What planning costs beside a naive greedy, how it grows, and who is left out by which: python -m benchmarks.planner

The matching alone on 60 windows, tight and loose, against a greedy that gives each client the first window with room; a lost window after that;
then whole plans on real calendars, 300 maintenance windows, previews and three waves. Prints CPU time. Asserts nothing.
"""

import math
import random
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import TypeVar

from rollout.core.clients import Client, Environment, Installation, Selector
from rollout.core.coverage.scopes import Scope
from rollout.core.coverage.timed import WindowRule
from rollout.core.coverage.verdicts import Coverage, compile_coverage
from rollout.core.matching import Kind, bits, match
from rollout.core.planner import Outline, plan, replan
from rollout.core.values import ClientId, Version
from rollout.core.waves import Strategy, Wave, assign

T = TypeVar("T")
WINDOWS, PROFILES = 60, 300
AT = datetime(2027, 1, 4, tzinfo=UTC)
VERSION = Version("2027.1")
DAYS = ("mon", "tue", "wed", "thu", "fri")
CASES = (("loose", 0.2, 1.5), ("tight", 0.12, 1.0), ("very tight", 0.03, 1.0))


def main() -> None:
    for name, density, slack in CASES:
        _compare(name, density, slack)
    _grow("matching", lambda count: _timed(lambda: match(*_seekers(count, 0.12, 1.0)))[0])
    coverage = _coverage()
    _plans(coverage)
    _grow("plan on real calendars", lambda count: _timed(lambda: plan(_outline(count), _coverage(), AT))[0])


def _compare(name: str, density: float, slack: float, count: int = 10_000) -> None:
    seekers, room = _seekers(count, density, slack)
    ours, matching = _timed(lambda: match(seekers, room))
    naive, greedy = _timed(lambda: _greedy(seekers, room))
    places = matching.places()
    lost = {who: kind._replace(open=kind.open & ~(1 << 10), home=places.get(who)) for who, kind in seekers.items()}
    again, after = _timed(lambda: match(lost, room))
    moved = sum(after.places().get(who) != window for who, window in places.items() if window != 10)
    fresh = match({who: kind._replace(home=None) for who, kind in lost.items()}, room).places()
    anew = sum(fresh.get(who) != window for who, window in places.items() if window != 10)
    print(f"{count:,} clients on {WINDOWS} windows, {name}: {ours * 1000:.0f} ms, {ours / naive:.1f} times the naive greedy ({naive * 1000:.0f} ms)")
    print(f"  placed {len(places):,}, the greedy {len(greedy):,}")
    print(f"  a window lost: {again * 1000:.0f} ms, {moved:,} others moved; planned from nothing {anew:,} would be elsewhere")


def _plans(coverage: Coverage, count: int = 10_000) -> None:
    outline = _outline(count)
    first, made = _timed(lambda: plan(outline, coverage, AT))
    warm, _ = _timed(lambda: plan(outline, coverage, AT))
    again, _ = _timed(lambda: replan(made, outline, coverage, AT))
    print(f"{count:,} clients, previews and three waves, real calendars: {first:.2f} s, with the calendars known {warm:.2f} s, again {again:.2f} s")
    print(f"  {len(made.slots):,} slots, {len(made.unplaced):,} unplaced, until {made.ends_at:%Y-%m-%d}")


def _grow(name: str, seconds: Callable[[int], float]) -> None:
    small, large = min(seconds(1_000) for _ in range(3)), min(seconds(10_000) for _ in range(3))
    print(f"{name}: 1,000 in {small * 1000:.0f} ms, 10,000 in {large * 1000:.0f} ms: grows with n^{math.log10(large / small):.2f}")


def _timed(act: Callable[[], T]) -> tuple[float, T]:
    begun = time.process_time()
    result = act()
    return time.process_time() - begun, result


def _greedy(seekers: Mapping[str, Kind], room: Sequence[int]) -> dict[str, int]:
    """Each in turn gets the first window with room."""
    left, places = list(room), {}
    for name, kind in seekers.items():
        window = next((one for one in bits(kind.open) if left[one] > 0), None)
        if window is not None:
            left[window] -= 1
            places[name] = window
    return places


def _seekers(count: int, density: float, slack: float) -> tuple[dict[str, Kind], list[int]]:
    chance = random.Random(7)
    kinds = [Kind(sum((chance.random() < density) << window for window in range(WINDOWS)) or 1) for _ in range(PROFILES)]
    return {f"c{number:06}": chance.choice(kinds) for number in range(count)}, [math.ceil(count / WINDOWS * slack)] * WINDOWS


def _coverage() -> Coverage:
    """The company's hours, and as many maintenance windows as there are profiles of clients."""
    chance = random.Random(7)
    company = WindowRule(id="company", timezone="America/Toronto", weekly={"mon-fri": ["09:00-17:00"]})
    rules = [company]
    for number in range(PROFILES):
        opens, days = chance.randrange(9, 15), chance.sample(DAYS, chance.randint(1, 3))
        weekly = {day: [f"{opens:02}:00-{opens + 2:02}:00"] for day in days}
        scope = Scope(tags=frozenset({f"t{number}"}))
        rules.append(WindowRule(id=f"w{number}", timezone="America/Toronto", scope=scope, weekly=weekly, group=f"g{number}"))
    return compile_coverage(rules, timezone="America/Toronto")


def _outline(count: int) -> Outline:
    there = tuple(Installation(environment=one, executor="agent") for one in Environment)
    clients = {
        ClientId(f"c{number:06}"): Client(
            id=ClientId(f"c{number:06}"),
            name=str(number),
            tier="premium" if number % 5 == 0 else "standard-plus",
            tags=frozenset({f"t{number % PROFILES}"}),
            installations=there,
        )
        for number in range(count)
    }
    rest, premium = Selector(rest=True), Selector(tiers=frozenset({"premium"}))
    waves = (
        Wave(name="preview", environment=Environment.PREVIEW, select=rest, soak=timedelta(hours=4), capacity=count // 8),
        Wave(name="standard", environment=Environment.PRODUCTION, select=rest, soak=timedelta(hours=4), needs_preview=True, capacity=count // 10),
        Wave(name="premium", environment=Environment.PRODUCTION, select=premium, needs_preview=True, capacity=count // 40),
    )
    strategy = Strategy(name="transparent", waves=waves, preview_soak=timedelta(hours=4), runway=timedelta(minutes=30))
    return Outline(VERSION, "monthly", strategy, assign(strategy, clients, {}, VERSION), clients, AT)


if __name__ == "__main__":
    main()
