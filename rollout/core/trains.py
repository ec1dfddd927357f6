"""The train: the policy that opens, cuts and dates the monthly release; and which version comes after which."""

import re
from calendar import monthrange
from collections.abc import Iterable
from datetime import date
from string import Formatter

from pydantic import field_validator

from rollout.core.releases import order
from rollout.core.values import Value, Version


class Train(Value):
    """`pattern` names a monthly release from its year and month, as in `{year}.{month:02}`. `day` is the day of the month from which the
    rollout may start; the cut falls `cut_days` coverage days before the first coverage day on or after it."""

    pattern: str = "{year}.{month:02}"
    day: int = 8
    cut_days: int = 5
    contains_older: bool = True

    @field_validator("pattern")
    @classmethod
    def _names_a_month(cls, pattern: str) -> str:
        if sorted(name for _, name, _, _ in Formatter().parse(pattern) if name is not None) != ["month", "year"]:
            raise ValueError("must contain {year} and {month}, each once and nothing else in braces, as in {year}.{month:02}")
        pattern.format(year=2026, month=12)
        return pattern

    def name(self, year: int, month: int) -> Version:
        """The name of that month's release."""
        return Version(self.pattern.format(year=year, month=month))

    def fits(self, version: str) -> bool:
        """Whether the train names the version, or it is a hotfix of one that it names: `2026.12`, `2026.12.1`."""
        return self._month(version) is not None

    def after(self, version: str) -> Version | None:
        """The monthly release after this one, or after this one's hotfix; None for a version that does not fit."""
        found = self._month(version)
        if found is None:
            return None
        year, month = found
        return self.name(year + month // 12, month % 12 + 1)

    def rollout_day(self, version: str) -> date | None:
        """The day from which the rollout of a monthly release may start; None for a version that the train does not name itself."""
        found = self._month(version)
        if found is None or self.name(*found) != version:
            return None
        return date(*found, min(self.day, monthrange(*found)[1]))

    def _month(self, version: str) -> tuple[int, int] | None:
        match = re.fullmatch(rf"(?P<name>{self._form()})(\.[0-9]+)*", version)
        if match is None:
            return None
        year, month = int(match["year"]), int(match["month"])
        return (year, month) if 1 <= month <= 12 and year and self.name(year, month) == match["name"] else None

    def _form(self) -> str:
        """The pattern as a regular expression."""
        groups = {"year": "(?P<year>[0-9]{4})", "month": "(?P<month>[0-9]{1,2})", None: ""}
        return "".join(re.escape(text) + groups[name] for text, name, _, _ in Formatter().parse(self.pattern))


def next_version(version: Version, known_open_versions: Iterable[Version], train: Train) -> Version:
    """Where what misses `version` goes: the lowest open version above it, else the train's next month, else one more in its last number."""
    above = [known for known in known_open_versions if order(known) > order(version)]
    return min(above, key=order) if above else train.after(version) or _one_more(version)


def previous(version: Version, versions: Iterable[Version]) -> Version | None:
    """The highest of the versions below this one; None for the first."""
    return max((known for known in versions if order(known) < order(version)), key=order, default=None)


def _one_more(version: Version) -> Version:
    numbers = list(re.finditer(r"[0-9]+", version))
    if not numbers:
        return Version(f"{version}.1")
    last = numbers[-1]
    return Version(f"{version[: last.start()]}{int(last[0]) + 1:0{len(last[0])}}{version[last.end() :]}")
