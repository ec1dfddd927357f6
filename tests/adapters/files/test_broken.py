"""Broken calendars are told, each with its place and in a sentence, soon and in little memory; and none of them ever opens time."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from tests.adapters.files.broken import CASES, MEGABYTE, MOST_MEMORY, Case

ROOT = Path(__file__).parents[3]
HANGS_AFTER = 2.0  # seconds of processor time; the slowest takes less than half


@pytest.fixture(scope="module")
def answers() -> dict[str, dict[str, Any]]:
    """What was told of each, and what it cost: read one after the other by one process, under a limit of memory."""
    command = [sys.executable, "-m", "tests.adapters.files.broken"]
    run = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=240, check=True)
    return {answer["name"]: answer for answer in map(json.loads, run.stdout.splitlines())}


def test_the_names_of_the_cases_differ() -> None:
    assert len({case.name for case in CASES}) == len(CASES) >= 60


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_a_broken_calendar_is_told_with_its_place_and_opens_nothing(case: Case, answers: dict[str, dict[str, Any]]) -> None:
    answer = answers[case.name]
    assert answer["status"] == 0, "the process that read it did not end by itself"
    assert answer["faults"], "it was read as if it were sound"
    assert any(fault.startswith(case.told) for fault in answer["faults"]), answer["faults"]


def test_a_broken_calendar_is_told_soon_and_in_little_memory(answers: dict[str, dict[str, Any]]) -> None:
    assert [name for name, answer in answers.items() if answer["megabytes"] * MEGABYTE > MOST_MEMORY] == []
    assert [name for name, answer in answers.items() if answer["seconds"] > HANGS_AFTER] == []
