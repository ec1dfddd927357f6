"""Finds what bears on a request: requests that are alike share a profile, and a request that was asked before is known again at once."""

from collections.abc import Hashable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import NamedTuple

from rollout.core.coverage.closings import Closings
from rollout.core.coverage.compile import Timeline
from rollout.core.coverage.layers import Layer, Rulebook
from rollout.core.coverage.questions import Request
from rollout.core.coverage.rosters import StaffingRule
from rollout.core.coverage.staffing import horizon
from rollout.core.coverage.zones import DAY, EPOCH, Span, Zones, instant_after

_MOST = 100_000
_SECOND = timedelta(seconds=1)


@dataclass(frozen=True)
class Profile:
    """Everything that bears on requests alike: the layers in scope, their timeline, and from when on a roster is not known."""

    layers: tuple[Layer, ...]
    timeline: Timeline
    waived: bool
    known_until: int | None

    def is_provisional(self, end: int) -> bool:
        return self.known_until is not None and end > self.known_until


class Asked(NamedTuple):
    """A request with its profile, and the time that must be clear: exactly, and in whole seconds, of which it takes at least one."""

    request: Request
    profile: Profile
    need: timedelta
    whole: int

    def span(self, at: datetime) -> Span:
        """The instants that must be clear for a start at that moment."""
        past = at - EPOCH
        start = past.days * DAY + past.seconds
        return start, start + self.whole if not past.microseconds else max(start + 1, instant_after(at + self.need))


class Profiles:
    """The profiles of one set of calendars."""

    def __init__(self, book: Rulebook, closings: Closings, zones: Zones) -> None:
        self._book, self._closings, self._zones = book, closings, zones
        self._profiles: dict[Hashable, Profile] = {}
        self._asked: dict[int, Asked] = {}
        self._horizons: dict[tuple[int, str], int | None] = {}

    def asked(self, request: Request) -> Asked:
        """The request with its profile. Requests never change: one is known again by being the same object, and kept so that none takes its place."""
        known = self._asked.get(id(request))
        return self._ask(request) if known is None else known

    def _ask(self, request: Request) -> Asked:
        need = request.length + request.runway
        if len(self._asked) >= _MOST:
            self._asked.clear()
        asked = self._asked[id(request)] = Asked(request, self._profile(request), need, max(1, -(-need // _SECOND)))
        return asked

    def _profile(self, request: Request) -> Profile:
        parties = tuple((party.id, party.tags, party.region) for party in request.parties)
        key = (request.kind, request.environment, parties, request.version if self._book.overrides else None)
        profile = self._profiles.get(key)
        if profile is None:
            if len(self._profiles) >= _MOST:
                self._profiles.clear()
            profile = self._profiles[key] = self._make(request)
        return profile

    def _make(self, request: Request) -> Profile:
        layers = self._book.layers(request)
        roles = [(rule, layer.role) for layer in layers for rule in layer.rules if isinstance(rule, StaffingRule)]
        ends = [end for rule, role in roles if (end := self._horizon(rule, role)) is not None]
        return Profile(
            layers=layers,
            timeline=self._closings.timeline(layers),
            waived=any(layer.waivers for layer in layers),
            known_until=min(ends, default=None),
        )

    def _horizon(self, rule: StaffingRule, role: str) -> int | None:
        key = id(rule), role
        if key not in self._horizons:
            self._horizons[key] = horizon(rule, role, self._zones)
        return self._horizons[key]
