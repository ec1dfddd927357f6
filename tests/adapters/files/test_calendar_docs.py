"""What docs/calendars.md shows is read as it stands there, and each difference that it lists has the test that it names."""

import re
from datetime import UTC, datetime
from pathlib import Path

from rollout.adapters.files import calendar_documents, ics, ics_times
from rollout.adapters.files.calendars import load_calendars
from rollout.core.coverage import BlockRule
from rollout.core.coverage.rrules import MOST_COUNT
from rollout.core.coverage.times import closures
from rollout.core.coverage.zones import DAY, Zones, instant, moment_of

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "calendars.md").read_text(encoding="utf-8")
EXAMPLE = re.compile(r"```(?:yaml|ics)\n# calendars/(\S+)\n(.*?)```", re.DOTALL)


def test_every_example_is_read_and_all_of_them_together(tmp_path: Path) -> None:
    examples = EXAMPLE.findall(PAGE)
    assert len(examples) == PAGE.count("```yaml") + PAGE.count("```ics")
    for name, text in examples:
        (tmp_path / name).write_text(text, encoding="utf-8")
    rules = {rule.id: rule for rule in load_calendars(tmp_path)}
    assert len(rules) == PAGE.count("\nkind: ")
    vendor = rules["vendor"]
    assert isinstance(vendor, BlockRule)
    low = instant(datetime(2026, 11, 1, tzinfo=UTC))
    assert [f"{moment_of(one.start):%d %H:%M}" for one in closures(vendor, Zones(), low, low + 30 * DAY)] == [
        "11 03:00",
        "18 03:00",
        "20 03:00",
        "25 03:00",
        "27 03:00",
    ]


def test_every_difference_names_a_test_that_there_is() -> None:
    tests = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "tests").rglob("test_*.py"))
    oracle = (ROOT / "tests" / "adapters" / "files" / "test_ics_oracle.py").read_text(encoding="utf-8")
    named = set(re.findall(r"`(test_\w+)`", PAGE))
    assert named <= set(re.findall(r"^def (test_\w+)", tests, re.MULTILINE))
    differences = {name for name in re.findall(r"^def (test_\w+)", oracle, re.MULTILINE) if not name.startswith("test_both_readers")}
    assert differences <= named


def test_the_bounds_are_those_that_are_kept() -> None:
    for bound in (
        ics.LARGEST_FILE,
        ics.MOST_LINES,
        ics.LONGEST_LINE,
        ics.DEEPEST,
        ics_times.MOST_TIMES,
        calendar_documents.LARGEST_FILE,
        calendar_documents.MOST_VALUES,
        MOST_COUNT,
    ):
        assert f"{bound:,}" in PAGE


def test_the_links_within_the_page_lead_somewhere() -> None:
    headings = {re.sub(r"[^a-z0-9 -]", "", line.lstrip("# ").lower()).replace(" ", "-") for line in PAGE.splitlines() if line.startswith("#")}
    assert set(re.findall(r"\]\(#([^)]+)\)", PAGE)) <= headings
