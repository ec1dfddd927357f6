"""How long 10,000 no-op deliveries by the command executor take, against xargs starting the same program as often."""

import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

from rollout.adapters.executors.command import CommandExecutor
from rollout.core.clients import Environment, Target
from rollout.core.values import ClientId, Version
from rollout.ports import OutcomeKind

PROGRAM = "/bin/true"
AT_ONCE = 4


def seconds(act: Callable[[], None]) -> float:
    """How long the act takes."""
    begun = time.perf_counter()
    act()
    return time.perf_counter() - begun


def xargs(count: int) -> None:
    """Start the program that often, with nothing around it."""
    numbers = "\n".join(str(number) for number in range(count))
    subprocess.run(["xargs", "-P", str(AT_ONCE), "-n", "1", PROGRAM], input=numbers, text=True, check=True)


def executor(count: int) -> None:
    """Deliver to that many installations."""
    command = CommandExecutor("noop", [PROGRAM, "{version}"])
    targets = [Target(client=ClientId(f"client-{number:05}"), environment=Environment.PRODUCTION) for number in range(count)]
    with ThreadPoolExecutor(AT_ONCE) as pool:
        outcomes = pool.map(lambda target: command.deploy(target, Version("2026.12"), f"2026.12:{target.client}:1"), targets)
        assert all(outcome.kind is OutcomeKind.SUCCEEDED for outcome in outcomes)


def main(count: int = 10_000, rounds: int = 3) -> None:
    """Run both in turn and print the best of each: what else the machine does slows either."""
    plain, ours = zip(*((seconds(lambda: xargs(count)), seconds(lambda: executor(count))) for _ in range(rounds)), strict=True)
    print(f"{count} x {PROGRAM}, {AT_ONCE} at once, best of {rounds}")
    print(f"  xargs             {min(plain):6.2f} s  {min(plain) / count * 1e6:6.0f} us each")
    print(f"  command executor  {min(ours):6.2f} s  {min(ours) / count * 1e6:6.0f} us each")
    print(f"  ratio             {min(ours) / min(plain):6.2f}")


if __name__ == "__main__":
    main(*(int(argument) for argument in sys.argv[1:]))
