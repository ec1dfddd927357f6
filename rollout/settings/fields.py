"""What single fields of the settings may hold, and what is told when they do not: durations, tolerances, zones, patterns, addresses."""

import re
import string
from collections.abc import Sized
from datetime import timedelta
from typing import Annotated, Any

from pydantic import AfterValidator, BeforeValidator

from rollout.adapters.files.clients import tier
from rollout.adapters.files.words import address, brief, duration, word, zone
from rollout.core.clients import Selector
from rollout.core.placeholders import template
from rollout.core.waves import Tolerance

_PERCENT = re.compile(r"(\d{1,3}(?:\.\d{1,3})?)\s*%")


def tolerance(value: Any) -> Tolerance:
    """Failures that a wave may have: a whole number, or a percentage such as "5%". Raises ValueError."""
    if isinstance(value, Tolerance):
        return value
    if isinstance(value, int) and not isinstance(value, bool) and value >= 0:
        return Tolerance(count=value)
    percent = _PERCENT.fullmatch(value) if isinstance(value, str) else None
    if percent is None or float(percent[1]) > 100:
        raise ValueError(f'must be a number of failures, or a percentage such as "5%", is {brief(value)}')
    return Tolerance(percent=float(percent[1]))


def pattern(text: str, group: str) -> str:
    """A regular expression with that named group. Raises ValueError."""
    try:
        groups = re.compile(text).groupindex
    except re.error as error:
        raise ValueError(f"is not a regular expression: {error}") from None
    if group not in groups:
        raise ValueError(f"must have a group (?P<{group}>…) that says where the {group} stands, is {brief(text)}")
    return text


def versioned(text: str) -> str:
    """A text with the placeholder {version} and no other. Raises ValueError."""
    if template(text).names != {"version"}:
        raise ValueError(f"must have the placeholder {{version}}, and no other, is {brief(text)}")
    return text


def placed(text: str) -> str:
    """A text that may have {placeholders}. Raises ValueError if they cannot be read."""
    return template(text).text


def monthly(text: str) -> str:
    """A name made of {year} and {month}, each with an optional format as in {month:02}. Raises ValueError."""
    try:
        names = {name for _, name, _, _ in string.Formatter().parse(text) if name is not None}
        text.format(year=2026, month=1)
    except (ValueError, KeyError, IndexError, AttributeError):
        names = set()
    if names != {"year", "month"}:
        raise ValueError(f"must have {{year}} and {{month}}, as in '{{year}}.{{month:02}}', is {brief(text)}")
    return text


def filled(entries: Sized) -> Any:
    """A list or mapping with something in it. Raises ValueError."""
    if not entries:
        raise ValueError("must have at least one entry")
    return entries


def groups(select: Selector) -> Selector:
    """A selector that selects somebody, with tiers and zones that exist. Raises ValueError with all that is wrong."""
    named = [name for name in Selector.model_fields if name != "rest" and getattr(select, name)]
    wrong = []
    if not select.rest and not named:
        wrong.append("selects nobody. Name tags, tiers, regions, timezones, versions or clients, or write rest: true")
    if select.rest and named:
        wrong.append(f"rest takes whoever is left; it cannot be narrowed by {', '.join(named)}")
    for check, texts in ((tier, select.tiers), (zone, select.timezones)):
        for text in sorted(texts):
            try:
                check(text)
            except ValueError as error:
                wrong.append(str(error))
    if wrong:
        raise ValueError("; ".join(text.rstrip(".") for text in wrong))
    return select


Duration = Annotated[timedelta, BeforeValidator(duration)]
Failures = Annotated[Tolerance, BeforeValidator(tolerance)]
Zone = Annotated[str, AfterValidator(zone)]
VersionPattern = Annotated[str, AfterValidator(lambda text: pattern(text, "version"))]
TicketPattern = Annotated[str, AfterValidator(lambda text: pattern(text, "ticket"))]
Versioned = Annotated[str, AfterValidator(versioned)]
Placed = Annotated[str, AfterValidator(placed)]
Monthly = Annotated[str, AfterValidator(monthly)]
Address = Annotated[str, AfterValidator(address)]
Name = Annotated[str, AfterValidator(word)]
Tier = Annotated[str, AfterValidator(tier)]
Groups = Annotated[Selector, AfterValidator(groups)]
Filled = AfterValidator(filled)
