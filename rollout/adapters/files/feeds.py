"""What a calendar says about the feed that its events come from: where it is, how old a copy may be, how often to look."""

import hashlib
import json
import re
from collections.abc import Mapping
from datetime import timedelta
from functools import cached_property
from ipaddress import ip_address
from typing import Annotated, Any, Self
from urllib.parse import SplitResult, urlsplit

from pydantic import BeforeValidator, model_validator

from rollout.adapters.files.words import duration
from rollout.core.secret import Kept, Secret
from rollout.core.values import Value

LONGEST, MOST = 2000, timedelta(days=366)
_NUMBERS = re.compile(r"[0-9.]+")
_HOST = re.compile(r"[A-Za-z0-9_]([A-Za-z0-9._-]*[A-Za-z0-9.])?")


def web_place(text: str) -> str:
    """A web address that can be asked; webcal:// is https://. Raises ValueError, which never shows it: private addresses are secrets."""
    for scheme in ("webcal://", "webcals://"):
        if text.lower().startswith(scheme):
            text = "https://" + text[len(scheme) :]
    parts = _parts(text)
    if parts is None or parts.scheme not in ("http", "https") or not _is_host(parts.hostname or ""):
        raise ValueError("must be a web address such as https://example.com/basic.ics, and is none that can be asked")
    if parts.password is not None or parts.username is not None:
        raise ValueError("has credentials in it. Take them out of the address, and give user and password as fields of their own")
    return text


def _parts(text: str) -> SplitResult | None:
    """The parts of an address; None if it has a port that is none, or anything that no address has."""
    if len(text) > LONGEST or not text.isprintable() or " " in text:
        return None
    try:
        parts = urlsplit(text)
        return None if parts.port == 0 else parts
    except ValueError:
        return None


def _is_host(name: str) -> bool:
    """Whether it can be looked up: names of other alphabets are written in ASCII for that (RFC 5891)."""
    try:
        if ":" in name or _NUMBERS.fullmatch(name):
            return "%" not in str(ip_address(name))
        in_ascii = name.encode("idna").decode()
        in_ascii.encode().decode("idna")
    except ValueError:
        return False
    return _HOST.fullmatch(in_ascii) is not None


def _span(value: Any) -> timedelta:
    """A length of time that is no longer than a year. Raises ValueError."""
    found = duration(value)
    if found > MOST:
        raise ValueError(f"must be at most {MOST.days} days")
    return found


def _place(value: Any) -> Any:
    """An address, or where one is kept that is a secret in itself, as private addresses of calendars are."""
    if isinstance(value, Mapping | Secret):
        return value
    if not isinstance(value, str):
        raise ValueError("must be a web address, or say where one is kept: {env: NAME}, {file: PATH} or {block: NAME}")
    return web_place(value)


Duration = Annotated[timedelta, BeforeValidator(_span)]
Place = Annotated[str | Secret, BeforeValidator(_place)]


class Feed(Value):
    """An iCalendar file behind `url`, or a collection behind `caldav`; `max_age` is how old a copy may be that still counts."""

    url: Place | None = None
    caldav: Place | None = None
    user: str = ""
    password: Kept | None = None
    max_age: Duration = timedelta(hours=24)
    refresh: Duration = timedelta(hours=1)

    @model_validator(mode="after")
    def _one_place(self) -> Self:
        if (self.url is None) == (self.caldav is None):
            raise ValueError("must name exactly one of url (an iCalendar file) and caldav (a collection)")
        if bool(self.user) != (self.password is not None):
            raise ValueError(f"has a {'user but no password' if self.user else 'password but no user'}; give both")
        return self

    @model_validator(mode="after")
    def _looks_in_time(self) -> Self:
        if not timedelta() < self.refresh < self.max_age:
            raise ValueError("must be refreshed more often than its copies grow too old: refresh must be shorter than max_age")
        return self

    @property
    def place(self) -> str | Secret:
        """Where it is, whichever way it is asked for."""
        place = self.caldav if self.url is None else self.url
        assert place is not None
        return place

    @property
    def server(self) -> str:
        """As much of its address as may be shown: paths of feeds often hold a secret."""
        return server_of(self.place) if isinstance(self.place, str) else f"the address in {self.place.place}"

    @cached_property
    def fingerprint(self) -> str:
        """What tells this feed from others: a copy of another one is no copy of this one."""
        place = self.place.model_dump() if isinstance(self.place, Secret) else self.place
        return hashlib.sha256(json.dumps(["ical" if self.url else "caldav", place, self.user], sort_keys=True).encode()).hexdigest()


def server_of(text: str) -> str:
    """The scheme, host and port of an address."""
    parts = urlsplit(text)
    return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}"
