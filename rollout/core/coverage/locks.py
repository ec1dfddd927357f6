"""Lock files of holidays: blocks whose dates a generator wrote, for people to review, and what differs between two editions of them.

Nothing here knows the generator. What the company decides about a date stands under `except`, and is none of the generator's.
"""

import hashlib
import re
from collections.abc import Mapping
from datetime import date
from typing import Any

from rollout.core.coverage.timed import WHOLE_DAY, BlockRule, ExceptDay
from rollout.core.values import Value

PACKAGE = "holidays"
_YEARS = re.compile(r"([0-9]{4})(?:-([0-9]{4}))?")


class Place(Value):
    """A country, or one of its subdivisions, by its ISO code: CA-ON."""

    country: str
    subdivision: str = ""

    def __str__(self) -> str:
        return f"{self.country}-{self.subdivision}" if self.subdivision else self.country

    @property
    def rule(self) -> str:
        """The id of the rule of its holidays."""
        return f"{PACKAGE}-{self}".lower().replace(" ", "-")


class Lock(Value):
    """What a lock file says: the holidays of a place in the years from first to last, as that version of the generator knew them.

    `digest` is that of the dates as they were generated; empty where the file is older than digests.
    """

    place: Place
    dates: dict[date, str]
    first: int
    last: int
    version: str
    categories: tuple[str, ...] = ("public",)
    language: str | None = None
    digest: str = ""

    @property
    def is_as_generated(self) -> bool:
        """Whether nobody has edited the dates since they were generated."""
        return digest_of(self.dates) == self.digest


class Change(Value):
    """What is different about one date: its name before and after, each empty where it is no holiday."""

    day: date
    before: str
    after: str

    @property
    def what(self) -> str:
        return "renamed" if self.before and self.after else "added" if self.after else "removed"

    def __str__(self) -> str:
        return f"{self.day} {self.what}: {f'{self.before}, now ' if self.before and self.after else ''}{self.after or self.before}"


def digest_of(dates: Mapping[date, str]) -> str:
    """Twelve hex digits of the SHA-256 of dates and names."""
    text = "".join(f"{day} {name}\n" for day, name in sorted(dates.items()))
    return hashlib.sha256(text.encode()).hexdigest()[:12]


def changes(before: Mapping[date, str], after: Mapping[date, str]) -> tuple[Change, ...]:
    """What is added, removed and renamed, in order of date."""
    days = sorted(before.keys() | after.keys())
    found = (Change(day=day, before=before.get(day, ""), after=after.get(day, "")) for day in days)
    return tuple(one for one in found if one.before != one.after)


def as_exceptions(edits: tuple[Change, ...]) -> tuple[ExceptDay, ...]:
    """Edits of generated dates as the company's exceptions: a date added or renamed closes for the whole day, one removed does not close."""
    return tuple(ExceptDay(date=one.day, hours=WHOLE_DAY if one.after else (), why=one.after or f"not {one.before}") for one in edits)


def lock_of(rule: BlockRule) -> Lock | None:
    """The lock that the rule was read from; None if another generator, or a person, wrote it. Raises ValueError if its generator makes no sense."""
    told = {"subdivision": "", "categories": ["public"], "language": None, "digest": ""} | rule.generator
    if PACKAGE not in told:
        return None
    years = _YEARS.fullmatch(str(told.get("years", "")))
    words = [
        told.get("country"),
        told["subdivision"],
        told["language"] or "",
        *(told["categories"] if isinstance(told["categories"], list) else [None]),
    ]
    if years is None or not all(isinstance(each, str) for each in words):
        raise ValueError(f"generator of {rule.id} does not say which country and years it is about: {_shown(rule.generator)}")
    return Lock(
        place=Place(country=told["country"], subdivision=told["subdivision"]),
        dates=rule.dates,
        first=int(years[1]),
        last=int(years[2] or years[1]),
        version=str(told[PACKAGE]),
        categories=tuple(told["categories"]),
        language=told["language"],
        digest=str(told["digest"]),
    )


def _shown(told: Mapping[str, Any]) -> str:
    return ", ".join(f"{name}: {value}" for name, value in told.items())
