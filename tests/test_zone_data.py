"""Old and new time-zone data: British Columbia keeps daylight time from 2026 on, which data from before does not know."""

import json
import os
import shutil
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import pytest

from rollout.adapters.files.starter import StarterFiles
from rollout.adapters.files.zones import SystemZones, force_bundled_zones, zone_data_version
from rollout.core.timezones import differing_zones
from rollout.steps.init import init
from tests.require import require

VANCOUVER = """
version: 1
kind: window
id: desk
timezone: America/Vancouver
weekly: {mon-fri: ["09:00-17:00"]}
"""
OLD = "2025.2"
DECEMBER = datetime(2026, 12, 1, tzinfo=UTC)


@pytest.fixture(scope="module")
def old_data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the package tzdata of 2025."""
    folder = tmp_path_factory.mktemp("old")
    uv = Path(sys.executable).with_name("uv")
    program = str(uv) if uv.is_file() else shutil.which("uv")
    require(program, "uv installs the old tzdata")
    done = subprocess.run(
        [str(program), "pip", "install", "--quiet", "--no-deps", "--python", sys.executable, "--target", str(folder), f"tzdata=={OLD}"],
        capture_output=True,
        text=True,
        timeout=120,
    )
    require(done.returncode == 0, f"tzdata {OLD} from the package index: {done.stderr.strip()[-200:]}")
    return folder


def month(folder: Path, python_path: str) -> tuple[str, set[tuple[str, str]]]:
    """Version of the zone data, and the hours of all open days of December in UTC, as a process finds them that has those packages first."""
    environment = {**os.environ, "PYTHONPATH": python_path}
    ask = [sys.executable, "-c", "from rollout.cli import main; main()", "-C", str(folder), "coverage"]

    def asked(*words: str) -> dict[str, object]:
        done = subprocess.run([*ask, *words, "--json"], capture_output=True, text=True, timeout=60, check=True, env=environment)
        return dict(json.loads(done.stdout))

    days = asked("show", "--month", "2026-12")["days"]
    assert isinstance(days, list)
    hours = {(window["start"][11:16], window["end"][11:16]) for day in days for window in day["windows"]}
    return str(asked("explain", "2026-12-09T12:00Z")["zone_data"]), hours


def test_the_same_calendar_is_an_hour_off_in_december_2026_by_the_old_data(old_data: Path, tmp_path: Path) -> None:
    init(StarterFiles(), tmp_path)
    shutil.rmtree(tmp_path / "calendars")
    (tmp_path / "calendars").mkdir()
    (tmp_path / "calendars" / "desk.yaml").write_text(VANCOUVER, encoding="utf-8")
    assert month(tmp_path, "") == (zone_data_version(), {("16:00", "00:00")})
    assert month(tmp_path, str(old_data)) == ("2025b", {("17:00", "01:00")})


def test_the_machines_own_data_is_compared_zone_by_zone(old_data: Path) -> None:
    force_bundled_zones()
    machine = SystemZones([old_data / "tzdata" / "zoneinfo"])
    found = list(differing_zones(["America/Vancouver", "America/Toronto", "Asia/Tokyo"], machine, DECEMBER, DECEMBER + timedelta(days=30)))
    assert [(one.zone, one.ours, one.theirs) for one in found] == [("America/Vancouver", timedelta(hours=-7), timedelta(hours=-8))]
    assert found[0].at == DECEMBER


def test_a_machine_without_such_data_disagrees_about_nothing(tmp_path: Path) -> None:
    machine = SystemZones([tmp_path / "nowhere", tmp_path])
    assert (machine.version, machine("America/Toronto")) == ("", None)
    assert list(differing_zones(["America/Toronto"], machine, DECEMBER, DECEMBER + timedelta(days=30))) == []


def test_the_machines_version_is_read_where_it_is_told(tmp_path: Path) -> None:
    (tmp_path / "tzdata.zi").write_text("# version 2025b\n# more\n", encoding="utf-8")
    assert SystemZones([tmp_path]).version == "2025b"
    (tmp_path / "Toronto").write_bytes(b"not a zone")
    assert SystemZones([tmp_path])("Toronto") is None


def test_every_look_up_of_the_process_goes_by_the_bundled_data() -> None:
    force_bundled_zones()
    assert datetime(2026, 12, 9, 12, tzinfo=ZoneInfo("America/Vancouver")).utcoffset() == timedelta(hours=-7)
