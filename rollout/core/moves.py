"""Moves: how one plan differs from another, and why each installation moved. Reads the two plans; asks the calendars only for the why."""

from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property

from rollout.core.clients import Environment
from rollout.core.coverage import Coverage
from rollout.core.drafts import Outline, soaked
from rollout.core.openings import party_of
from rollout.core.plans import Move, Place, Plan, Slot, told
from rollout.core.values import ClientId


def moves(old: Plan, new: Plan, outline: Outline | None = None, coverage: Coverage | None = None) -> tuple[Move, ...]:
    """What differs between two plans of a release, in order of client, then environment.

    With the outline and the coverage that the new plan was made with, calendars that closed are named as the cause.
    """
    comparison = _Comparison(old, new, outline, coverage)
    before, after = {slot.place: slot for slot in old.slots}, {slot.place: slot for slot in new.slots}
    found = []
    for client, environment in sorted(before.keys() | after.keys()):
        was, now = before.get((client, environment)), after.get((client, environment))
        if was is None or now is None or (was.start, was.end) != (now.start, now.end):
            found.append(Move(client=client, environment=environment, old=was, new=now, why=comparison.why(was, now)))
    return tuple(found)


@dataclass(frozen=True)
class _Comparison:
    old: Plan
    new: Plan
    outline: Outline | None
    coverage: Coverage | None

    def why(self, was: Slot | None, now: Slot | None) -> str:
        if was is None:
            return "it had no slot before"
        if now is None:
            return self._lost.get(was.place, "it is no longer among the clients")
        return self._closed(was, now) or self._waits(was, now) or self._moved(was, now)

    def _moved(self, was: Slot, now: Slot) -> str:
        if was.start < now.end and now.start < was.end:
            return f"its window is now from {told(now.start)} to {told(now.end)}"
        if was.wave != now.wave:
            return f"it goes in wave {now.wave + 1} now, no longer in wave {was.wave + 1}"
        if any(end > self._old_ends.get(wave, end) for wave, end in self._new_ends.items() if wave < now.wave):
            return "a wave before it ends later now"
        if _beside(self.new, was) < _beside(self.old, was):
            return "its window takes fewer installations now"
        return "its place is needed by another client, which no other window is left for"

    def _closed(self, was: Slot, now: Slot) -> str:
        """What the calendars have against the old slot; nothing where they are clear, or not known."""
        client = self.outline.clients.get(was.client) if self.outline else None
        if self.outline is None or self.coverage is None or client is None:
            return ""
        request = self.outline.request(self.outline.strategy.waves[now.wave], (party_of(client),))
        return "; ".join(reason.text for reason in self.coverage.verdict(request, was.start).reasons)

    def _waits(self, was: Slot, now: Slot) -> str:
        """What must have ended and soaked first, where that is after the old slot's beginning."""
        if self.outline is None or self.coverage is None:
            return ""
        if was.start < self._earliest[now.wave]:
            return f"the waves before it have ended and soaked at {told(self._earliest[now.wave])} now"
        preview = self._previews.get(now.client) if self.outline.strategy.waves[now.wave].needs_preview else None
        ready = soaked(self.coverage, preview.end, self.outline.strategy.preview_soak) if preview else was.start
        return f"its preview has ended and soaked at {told(ready)} now" if was.start < ready else ""

    @cached_property
    def _earliest(self) -> list[datetime]:
        """When each wave of the new plan may start, by the waves before it."""
        if self.outline is None or self.coverage is None:
            return []
        found, at = [], datetime.min.replace(tzinfo=UTC)
        for number, wave in enumerate(self.outline.strategy.waves):
            found.append(at)
            if number in self._new_ends:
                at = max(at, soaked(self.coverage, self._new_ends[number], wave.soak))
        return found

    @cached_property
    def _previews(self) -> dict[ClientId, Slot]:
        return {slot.client: slot for slot in self.new.slots if slot.environment is Environment.PREVIEW}

    @cached_property
    def _lost(self) -> dict[Place, str]:
        """Why an installation has no slot in the new plan."""
        excluded = {(row.client, row.environment): row.reason.text for row in self.new.excluded}
        return excluded | {(row.client, row.environment): "; ".join(reason.text for reason in row.reasons) for row in self.new.unplaced}

    @cached_property
    def _old_ends(self) -> dict[int, datetime]:
        return _ends(self.old)

    @cached_property
    def _new_ends(self) -> dict[int, datetime]:
        return _ends(self.new)


def _ends(plan: Plan) -> dict[int, datetime]:
    """When the last slot of each wave ends."""
    ends: dict[int, datetime] = {}
    for slot in plan.slots:
        ends[slot.wave] = max(slot.end, ends.get(slot.wave, datetime.min.replace(tzinfo=UTC)))
    return ends


def _beside(plan: Plan, slot: Slot) -> int:
    """How many slots of its wave share time with this one."""
    return sum(one.wave == slot.wave and one.start < slot.end and slot.start < one.end for one in plan.slots)
