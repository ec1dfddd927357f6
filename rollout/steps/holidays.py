"""Brings lock files of holidays up to date, for people to review in git; and says which of them are behind.

`dates` are the generator's, and are written anew. What the company decides stands under `except`, which is never touched. Dates that somebody
edited all the same are moved there, if one can tell them from what the generator has changed; else nothing is written until a person says which.
"""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date, timedelta
from typing import Literal, Protocol

from rollout.core.coverage import BlockRule, ExceptDay, Rule
from rollout.core.coverage.locks import Change, Lock, Place, as_exceptions, changes, lock_of
from rollout.core.findings import Finding, Grade
from rollout.core.values import Value
from rollout.errors import Refused, RolloutError

MOST_YEARS = 30
_MOST_TOLD = 5
ENDS_WITHIN = timedelta(days=400)
Edits = Literal["keep", "discard"]


class Almanac(Protocol):
    """What is known of public holidays by the generator that is installed."""

    @property
    def version(self) -> str:
        """Its version."""
        ...

    def find(self, code: str) -> Place:
        """The place with that code. Raises NotFound."""
        ...

    def language(self, place: Place) -> str | None:
        """In which language its holidays are named, unless somebody chose another."""
        ...

    def dates(self, place: Place, first: int, last: int, categories: tuple[str, ...], language: str | None) -> dict[date, str]:
        """Its holidays in those years. Raises Refused."""
        ...


class Locks(Protocol):
    """The lock files of a workspace."""

    def name(self, place: Place) -> str:
        """The name of the place's file."""
        ...

    def find(self, place: Place) -> tuple[BlockRule, Lock] | None:
        """What the place's file says; None if there is none. Raises FaultsFound, Refused."""
        ...

    def text(self, lock: Lock, edits: tuple[ExceptDay, ...] = (), *, staff: bool = False) -> str:
        """The place's file with these dates, and with those edits among its exceptions."""
        ...

    def differs(self, place: Place, text: str) -> bool:
        """Whether the place's file does not hold this text already."""
        ...

    def write(self, place: Place, text: str) -> None:
        """Put the text into the place's file."""
        ...


class Synced(Value):
    """What was done about one place, or would be: how its dates differ from before, and which edits were moved to `except`."""

    place: str
    file: str
    version: str
    first: int
    last: int
    new: bool
    written: bool
    changes: tuple[Change, ...] = ()
    kept: tuple[ExceptDay, ...] = ()


def sync(
    locks: Locks,
    almanac: Almanac,
    codes: Sequence[str],
    years: tuple[int, int],
    *,
    staff: bool = False,
    edits: Edits | None = None,
    dry_run: bool = False,
) -> tuple[Synced, ...]:
    """Write the lock files of these places for these years, and for those that they have already. Nothing is written if one of them cannot be.

    `staff` makes new files take people away, and close nothing. Raises NotFound, FaultsFound, Refused.
    """
    first, last = years
    if not 0 <= last - first < MOST_YEARS:
        raise Refused(f"{first}-{last} are no years for a lock file: give the first and the last, {MOST_YEARS} years at most")
    places = dict.fromkeys(almanac.find(code) for code in codes)
    prepared = [_prepare(locks, almanac, place, years, staff, edits) for place in places]
    for place, text, done in prepared:
        if done.written and not dry_run:
            locks.write(place, text)
    return tuple(done for _, _, done in prepared)


def _prepare(locks: Locks, almanac: Almanac, place: Place, years: tuple[int, int], staff: bool, edits: Edits | None) -> tuple[Place, str, Synced]:
    found = locks.find(place)
    rule, old = found or (None, None)
    if rule is not None and staff and not rule.scope.staff:
        raise Refused(f"{locks.name(place)} is there already, and closes for {rule.scope.told()}. To change that, write scope: staff into it.")
    first, last = (min(years[0], old.first), max(years[1], old.last)) if old else years
    lock = _generated(almanac, old, place, first, last)
    kept = () if rule is None or old is None else _kept(locks.name(place), almanac, rule, old, edits)
    text = locks.text(lock, kept, staff=staff)
    done = Synced(
        place=str(place),
        file=locks.name(place),
        version=lock.version,
        first=first,
        last=last,
        new=old is None,
        written=locks.differs(place, text),
        changes=changes(old.dates if old else {}, lock.dates),
        kept=kept,
    )
    return place, text, done


def _generated(almanac: Almanac, old: Lock | None, place: Place, first: int, last: int) -> Lock:
    categories = old.categories if old else ("public",)
    language = (old.language if old else None) or almanac.language(place)
    dates = almanac.dates(place, first, last, categories, language)
    return Lock(place=place, dates=dates, first=first, last=last, version=almanac.version, categories=categories, language=language)


def _kept(name: str, almanac: Almanac, rule: BlockRule, old: Lock, edits: Edits | None) -> tuple[ExceptDay, ...]:
    """What people edited in the dates since they were generated, as exceptions, unless there is one for that date already."""
    if old.is_as_generated or edits == "discard":
        return ()
    base = _generated(almanac, old, old.place, old.first, old.last)
    found = tuple(one for one in changes(base.dates, old.dates) if one.day not in rule.excepted)
    if found and edits is None and old.version != almanac.version:
        told = "; ".join(map(str, found))
        raise Refused(
            f"{name}: its dates were edited after holidays {old.version} had written them, and nobody can tell these edits from what holidays "
            f"{almanac.version} says otherwise: {told}. With --edits keep all of this becomes the company's, under except; "
            "with --edits discard none of it does."
        )
    return as_exceptions(found)


def locks_found(rules: Iterable[Rule], almanac: Almanac, day: date) -> Iterator[Finding]:
    """How the lock files among the rules are, on that day: behind what is known by now, or near the end of their years."""
    for rule in rules:
        if isinstance(rule, BlockRule):
            try:
                lock = lock_of(rule)
                yield from _lock_found(rule.source.rpartition(":")[0], lock, almanac, day) if lock else ()
            except (ValueError, RolloutError) as error:
                yield Finding(grade=Grade.WARNING, what="holidays", text=f"{rule.source}: {error}", hint="Rename the file, and sync again.")


def _lock_found(file: str, lock: Lock, almanac: Almanac, day: date) -> Iterator[Finding]:
    command = f"Run rollout coverage holidays sync {lock.place} --years {lock.first}-"
    differing = [str(one) for one in behind(almanac, lock)]
    if differing:
        more = f" and {len(differing) - _MOST_TOLD} more" if len(differing) > _MOST_TOLD else ""
        text = f"{file} was written by holidays {lock.version}; {almanac.version} says otherwise: {'; '.join(differing[:_MOST_TOLD])}{more}"
        yield Finding(grade=Grade.WARNING, what="holidays", text=text, hint=f"{command}{lock.last}")
    soon = ends_soon(lock, day)
    if soon:
        text = f"{file} ends with {lock.last}: after that nobody knows a holiday of {lock.place}"
        yield Finding(grade=Grade.WARNING, what="holidays", text=text, hint=f"{command}{max(lock.last, day.year) + 2}")
    if not differing and not soon:
        yield Finding(grade=Grade.OK, what="holidays", text=f"{file} knows {lock.place} from {lock.first} to {lock.last}, as holidays {lock.version}")


def behind(almanac: Almanac, lock: Lock) -> tuple[Change, ...]:
    """How the dates would differ if they were generated today; nothing for a lock that is as new as the generator."""
    if _numbers(lock.version) >= _numbers(almanac.version):
        return ()
    return changes(lock.dates, _generated(almanac, lock, lock.place, lock.first, lock.last).dates)


def ends_soon(lock: Lock, day: date) -> bool:
    """Whether the years of the lock end within the next 400 days."""
    return date(lock.last, 12, 31) < day + ENDS_WITHIN


def _numbers(version: str) -> tuple[int, ...]:
    return tuple(int(part) for part in version.split(".") if part.isdecimal())
