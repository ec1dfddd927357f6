"""Which files take part when calendars are exchanged with other programs."""

from pathlib import Path

from rollout.adapters.files.editions import read_edition, write_edition
from rollout.adapters.files.imports import IcsImport
from rollout.settings import load_settings

__all__ = ["import_of", "read_edition", "write_edition"]


def import_of(folder: Path, file: Path) -> IcsImport:
    """The import of that file into the calendars of the workspace in that folder. Raises NotFound, FaultsFound."""
    settings = load_settings(folder)
    return IcsImport(file, settings.path(settings.calendars), settings.calendars, settings.timezone)
