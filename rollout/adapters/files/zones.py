"""Time-zone data: the bundled `tzdata` answers for the whole process, never the machine's own copy, which may be years old."""

import os
import sysconfig
import zoneinfo
from collections.abc import Iterable
from functools import cache
from importlib import import_module
from pathlib import Path
from zoneinfo import ZoneInfo

from rollout.core.timezones import known_zone
from rollout.errors import RolloutError


def force_bundled_zones() -> None:
    """Make every zone look-up of this process use the bundled data. To be called once, before any zone is asked for; more often does no harm."""
    zoneinfo.reset_tzpath(to=[])
    zoneinfo.ZoneInfo.clear_cache()
    known.cache_clear()
    try:
        zoneinfo.ZoneInfo("America/Toronto")
    except zoneinfo.ZoneInfoNotFoundError:
        raise RolloutError("the time-zone data is missing: the package tzdata is not installed. Install it: pip install tzdata") from None


def zone_data_version() -> str:
    """The IANA version of the bundled data, such as 2026f; stored with every plan."""
    return str(import_module("tzdata").IANA_VERSION)


class SystemZones:
    """The machine's own copy of the time-zone data, which other programs on it go by."""

    def __init__(self, folders: Iterable[Path] | None = None) -> None:
        usual = (sysconfig.get_config_var("TZPATH") or "").split(os.pathsep)
        self._folders = [folder for folder in map(Path, usual if folders is None else folders) if folder.is_dir()]

    def __call__(self, name: str) -> ZoneInfo | None:
        """The zone as the machine knows it; None if it does not."""
        for folder in self._folders:
            try:
                with (folder / name).open("rb") as file:
                    return ZoneInfo.from_file(file, name)
            except (OSError, ValueError):
                continue
        return None

    @property
    def version(self) -> str:
        """The IANA version of that data, such as 2025b; empty if it does not say."""
        for folder in self._folders:
            for file, before in (("+VERSION", ""), ("tzdata.zi", "# version ")):
                try:
                    with (folder / file).open(encoding="utf-8") as lines:
                        return lines.readline().strip().removeprefix(before)
                except OSError:
                    continue
        return ""


@cache
def known(name: str) -> str:
    """The name, if it is that of a time zone. Raises ValueError, with the name that comes close."""
    return known_zone(name)
