"""Opens a workspace for its lock files of holidays: the files, what the installed package knows, and what day it is there."""

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

from rollout.adapters.files.holidays import Almanac
from rollout.adapters.files.locks import LockFiles
from rollout.adapters.files.zones import force_bundled_zones
from rollout.settings import load_settings
from rollout.wiring.clock import clock_of


@dataclass(frozen=True)
class Holidays:
    """What a sync needs."""

    locks: LockFiles
    almanac: Almanac
    today: date


def open_holidays(folder: Path, at: datetime | None, reading: bool) -> Holidays:
    """Of the workspace in that folder. Raises NotFound, FaultsFound, Refused."""
    force_bundled_zones()
    settings = load_settings(folder)
    now = clock_of(settings, at, reading)()
    locks = LockFiles(settings.path(settings.calendars), settings.calendars, settings.timezone)
    return Holidays(locks, Almanac(), now.astimezone(ZoneInfo(settings.timezone)).date())
