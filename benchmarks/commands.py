"""What a person waits for: `rollout --help`, and `rollout status` with 1,000 clients, as whole processes, beside `python -c pass`."""

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.workspaces import make


def main(clients: int = 1_000) -> None:
    """Print medians of seven runs each, after one that is not counted."""
    program = str(Path(sys.executable).with_name("rollout"))
    bare = _median([sys.executable, "-c", "pass"])
    print(f"python -c pass: {bare:.3f} s")
    print(f"rollout --help: {_told(_median([program, '--help']), bare)} (to stay under 0.25 s)")
    with tempfile.TemporaryDirectory() as folder:
        place = make(Path(folder), clients, due=False)
        status = _median([program, "-C", str(place), "status"])
    print(f"rollout status, {clients} clients: {_told(status, bare)} (to stay under 0.6 s)")


def _told(seconds: float, bare: float) -> str:
    return f"{seconds:.3f} s, {seconds / bare:.1f} times bare python"


def _median(command: list[str]) -> float:
    times = []
    for _ in range(8):
        start = time.perf_counter()
        subprocess.run(command, check=True, stdout=subprocess.DEVNULL)
        times.append(time.perf_counter() - start)
    return statistics.median(times[1:])


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:]))
