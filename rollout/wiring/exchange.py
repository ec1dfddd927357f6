"""Which files take part when calendars are exchanged with other programs."""

from rollout.adapters.files.editions import FEED, read_edition, write_edition

__all__ = ["FEED", "read_edition", "write_edition"]
