"""What a calendar says about the feed that its events come from: where it is, how old a copy may be, how often to look."""

import hashlib
import json
from collections.abc import Mapping
from datetime import timedelta
from functools import cached_property
from typing import Annotated, Any, Self
from urllib.parse import urlsplit

from pydantic import BeforeValidator, model_validator

from rollout.adapters.files.words import address, duration
from rollout.core.secret import Kept, Secret
from rollout.core.values import Value

Duration = Annotated[timedelta, BeforeValidator(duration)]


def web_place(text: str) -> str:
    """A web address; webcal:// is https://. Raises ValueError."""
    for scheme in ("webcal://", "webcals://"):
        if text.lower().startswith(scheme):
            text = "https://" + text[len(scheme) :]
    address(text)
    return text


def _place(value: Any) -> Any:
    """An address, or where one is kept that is a secret in itself, as private addresses of calendars are."""
    if isinstance(value, Mapping | Secret):
        return value
    if not isinstance(value, str):
        raise ValueError("must be a web address, or say where one is kept: {env: NAME}, {file: PATH} or {block: NAME}")
    return web_place(value)


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
