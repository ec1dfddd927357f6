"""Broken calendars are told, each with its place and in a sentence, soon and in little memory; and none of them ever opens time."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

from tests.adapters.files.broken import CASES, MEGABYTE, MOST_MEMORY, Case

ROOT = Path(__file__).parents[3]
HANGS_AFTER = 5.0  # seconds of processor time: a guard, for machines differ; 2 are asked, and the slowest takes 0.8 here


def answers() -> dict[str, dict[str, Any]]:
    """What was told of each, and what it cost: read one after the other by one process, under a limit of memory."""
    command = [sys.executable, "-m", "tests.adapters.files.broken"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240, check=True)
    return {answer["name"]: answer for answer in map(json.loads, run.stdout.splitlines())}


def test_the_names_of_the_cases_differ() -> None:
    assert len({case.name for case in CASES}) == len(CASES) >= 60


def test_broken_calendars_are_told_with_their_place_soon_and_in_little_memory_and_open_nothing() -> None:
    """Faults are all there is: what is read with a fault has no rules, and without rules no time is open."""
    told = answers()
    assert told.keys() == {case.name for case in CASES}
    assert [name for name, answer in told.items() if answer["status"] != 0] == [], "their readers did not end by themselves"
    assert {case.name: told[case.name]["faults"] for case in CASES if not _is_told(case, told[case.name]["faults"])} == {}
    assert {name: answer["megabytes"] for name, answer in told.items() if answer["megabytes"] * MEGABYTE > MOST_MEMORY} == {}
    assert {name: answer["seconds"] for name, answer in told.items() if answer["seconds"] > HANGS_AFTER} == {}


def _is_told(case: Case, faults: list[str]) -> bool:
    return any(fault.startswith(case.told) for fault in faults)
