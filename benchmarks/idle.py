"""A tick with nothing to do, over 10,000 clients, beside the same over 100: its cost must not grow with what exists."""

import statistics
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.workspaces import make
from rollout.steps.advance import advance
from rollout.wiring import open_world


def main(clients: int = 10_000) -> None:
    """Print the medians of twenty ticks in an open workspace, and their ratio."""
    small, large = _tick(100), _tick(clients)
    print(f"idle tick: {1000 * large:.1f} ms over {clients} clients (to stay under 50 ms), {1000 * small:.1f} ms over 100, ratio {large / small:.2f}")


def _tick(clients: int) -> float:
    with tempfile.TemporaryDirectory() as folder, open_world(make(Path(folder), clients, due=False)) as world:
        return statistics.median(_timed(world) for _ in range(21))


def _timed(world: object) -> float:
    start = time.perf_counter()
    tick = advance(world)  # type: ignore[arg-type]
    assert not tick.delivered
    return time.perf_counter() - start


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:]))
