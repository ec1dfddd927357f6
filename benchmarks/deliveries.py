"""10,000 no-op deliveries by the `command` executor, every state durable, beside `seq 10000 | xargs -P 4 -n 1 /bin/true`."""

import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.workspaces import make
from rollout.steps.advance import advance
from rollout.wiring import open_world


def main(count: int = 10_000) -> None:
    """Print both times and their ratio, measured in turn."""
    for _ in range(2):
        bare = _timed(lambda: subprocess.run(f"seq {count} | xargs -P 4 -n 1 /bin/true", shell=True, check=True))
        with tempfile.TemporaryDirectory() as folder:
            place = make(Path(folder), count, due=True)
            ours = _timed(lambda place=place: _advance(place, count))
        print(f"{count} deliveries: {ours:.2f} s, xargs {bare:.2f} s, ratio {ours / bare:.2f}")


def _advance(folder: Path, count: int) -> None:
    with open_world(folder) as world:
        tick = advance(world)
    assert tick.delivered == count, tick


def _timed(act: object) -> float:
    assert callable(act)
    start = time.perf_counter()
    act()
    return time.perf_counter() - start


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:]))
