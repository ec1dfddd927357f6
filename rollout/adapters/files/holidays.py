"""The public holidays of countries and their subdivisions, as the package `holidays` lists them.

It is asked when a lock file is written, and by the doctor; never when a deployment is decided. Importing it takes half a second.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from difflib import get_close_matches
from importlib.metadata import version
from typing import Any

from rollout.core.coverage.locks import Place
from rollout.errors import NotFound, Refused


class Almanac:
    """What the installed package knows."""

    @property
    def version(self) -> str:
        """The version of the package, found without importing it."""
        return version("holidays")

    def find(self, code: str) -> Place:
        """The place with that code, such as CA-ON or CA. Raises NotFound with the codes that come close, and those of its country."""
        country, _, subdivision = code.strip().upper().partition("-")
        known: Mapping[str, Sequence[str]] = _package().list_supported_countries(include_aliases=False)
        if country not in known:
            near = [country[:2]] if country[:2] in known else [each for each in sorted(known) if each[:1] == country[:1]]
            hint = f" Did you mean one of {', '.join(near)}?" if near[1:] else f" Did you mean {near[0]}?" if near else ""
            raise NotFound(f"there is no country {country} in the package holidays.{hint} Write a code such as CA-ON, or CA.")
        subdivisions = {each.upper(): each for each in known[country]}
        if subdivision and subdivision not in subdivisions:
            listed = f"It has {', '.join(known[country])}." if known[country] else f"It has none: write {country}."
            raise NotFound(f"{country} has no subdivision {subdivision} in the package holidays.{_close(subdivision, subdivisions)} {listed}")
        return Place(country=country, subdivision=subdivisions[subdivision] if subdivision else "")

    def language(self, place: Place) -> str | None:
        """In which language its holidays are best named: its own English, English, or its own. None where there is but one."""
        listing = getattr(_package(), place.country)
        own, others = listing.default_language, listing.supported_languages
        return own if own is None or own.startswith("en") or "en_US" not in others else "en_US"

    def dates(self, place: Place, first: int, last: int, categories: tuple[str, ...], language: str | None) -> dict[date, str]:
        """Its holidays in the years from first to last, with their names. Raises Refused for categories or a language that it does not have."""
        listing = getattr(_package(), place.country)
        for what, wanted, known in (
            ("category", categories, listing.supported_categories),
            ("language", (language,) if language else (), listing.supported_languages),
        ):
            for name in wanted:
                if name not in known:
                    raise Refused(f"{place} has no {what} {name} in the package holidays; it has {', '.join(sorted(known)) or 'none'}")
        found = listing(subdiv=place.subdivision or None, years=range(first, last + 1), observed=True, categories=categories, language=language)
        return {day: str(name).strip() for day, name in sorted(found.items()) if first <= day.year <= last}  # it may tell of a year too many


def _package() -> Any:
    import holidays

    return holidays


def _close(word: str, known: Mapping[str, object]) -> str:
    close = get_close_matches(word, known, n=3, cutoff=0.5)
    return f" Did you mean {' or '.join(close)}?" if close else ""
