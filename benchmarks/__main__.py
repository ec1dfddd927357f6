"""Runs every benchmark, one after the other: python -m benchmarks."""

from importlib import import_module

NAMES = ("commands", "idle", "deliveries", "collecting", "executors", "coverage", "recurrence", "planner", "ledger")

for name in NAMES:
    print(f"── {name}")
    import_module(f"benchmarks.{name}").main()
