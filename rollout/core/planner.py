"""The planner: waves and coverage in, a plan out. Same input, same plan; whoever cannot be placed comes back with every reason.

The parts: `openings` (which windows are open to whom), `matching` (who gets which), `drafts` (wave after wave), `obstacles` (why not), `moves`.
"""

from collections.abc import Iterator, Mapping
from collections.abc import Set as AbstractSet
from datetime import datetime, timedelta
from itertools import pairwise

from rollout.core.coverage import Coverage, Request, Window
from rollout.core.drafts import HORIZON, Draft, Outline, Past, drafted, slot_in
from rollout.core.matching import bits
from rollout.core.moves import moves
from rollout.core.obstacles import obstacles
from rollout.core.openings import ONE_DAY, Openings
from rollout.core.plans import Move, Place, Plan, Slot, Unplaced, told
from rollout.core.waves import Wave

__all__ = ["Move", "Outline", "Place", "Plan", "Slot", "Unplaced", "moves", "plan", "replan", "slot_after"]

FORTNIGHT = timedelta(days=14)


def plan(outline: Outline, coverage: Coverage, made_at: datetime, *, kept: Mapping[Place, Slot] | None = None, zone_data: str = "") -> Plan:
    """Give every member of the assignment a slot, or the reasons why there is none, within 92 days.

    Waves follow each other: the next one starts after the last slot of the one before it has ended and soaked. `kept` are slots that stand
    whatever the calendars say (work under way or done); they take up capacity, and waves and soaks count from them.
    """
    return _finished(_attempted(outline, coverage, Past(kept=kept or {})), made_at, zone_data)


def replan(
    old: Plan,
    outline: Outline,
    coverage: Coverage,
    made_at: datetime,
    *,
    announced: AbstractSet[Place] = frozenset(),
    kept: Mapping[Place, Slot] | None = None,
    zone_data: str = "",
) -> Plan:
    """Plan again, and keep every slot of the old plan that is still clear: the fewest move, and only to let in somebody who else gets no slot.

    An announced slot moves only if its window is closed to the client now. With unchanged input the plan stays as it is.
    """
    stands = kept or {}
    before = {slot.place: slot for slot in old.slots if slot.place not in stands}
    return _finished(_attempted(outline, coverage, Past(kept=stands, old=before, announced=announced)), made_at, zone_data)


def slot_after(
    coverage: Coverage, request: Request, wave: Wave, number: int, after: datetime, used: Mapping[datetime, int] | None = None
) -> Slot | Unplaced:
    """The next slot, from a moment on, for the one client that the request names: for when its own has passed or closed.

    `number` is the wave's place in the strategy; `used` counts the slots of the wave that others have, by the moment at which they start.
    """
    company, party = request.model_copy(update={"parties": ()}), request.parties[0]
    for ahead in (FORTNIGHT, HORIZON):
        openings = Openings(coverage, company, (party,), after - ONE_DAY, after + ahead)
        access = openings.access(party.id, after)
        for one in bits(access.bits):
            if wave.capacity is None or _taken(used or {}, openings.windows[one]) < wave.capacity:
                return slot_in(access.stretches[one], openings.need, (party.id, request.environment), number)
    reasons = obstacles(coverage, request, wave, openings.windows, after, access.bits, access.bits)
    return Unplaced(client=party.id, environment=request.environment, wave=number, reasons=reasons)


def _taken(used: Mapping[datetime, int], window: Window) -> int:
    return sum(count for start, count in used.items() if window.start <= start < window.end)


def _finished(draft: Draft, made_at: datetime, zone_data: str) -> Plan:
    outline = draft.outline
    return Plan(
        version=outline.version,
        strategy=outline.strategy.name,
        made_at=made_at,
        slots=tuple(sorted(draft.slots.values(), key=lambda slot: (slot.start, slot.client, slot.environment))),
        unplaced=tuple(sorted(draft.unplaced, key=lambda one: (one.wave, one.client))),
        excluded=tuple(row for row in outline.assignment.excluded if (row.client, row.environment) not in draft.slots),
        remarks=(*outline.assignment.remarks, *draft.remarks, *_remarks(draft)),
        zone_data=zone_data,
    )


def _attempted(outline: Outline, coverage: Coverage, past: Past) -> Draft:
    """The draft from the outline's start on; where that would leave the rollout half-way in a closed stretch that is too long, from its end on."""
    first = draft = drafted(outline, coverage, outline.starts_at, past)
    pause = _straddled(draft)
    while pause is not None and pause.end < outline.starts_at + HORIZON and not _is_bound(draft, pause):
        draft = drafted(outline, coverage, pause.end, past)
        pause = _straddled(draft)
    return draft if pause is None and len(draft.unplaced) <= len(first.unplaced) else first


def _is_bound(draft: Draft, pause: Window) -> bool:
    """Whether something before the pause stands: work under way, or a day that was announced."""
    standing = draft.past.kept.keys() | (draft.past.announced & draft.past.old.keys())
    return any(place in standing and slot.start < pause.end for place, slot in draft.slots.items())


def _straddled(draft: Draft) -> Window | None:
    """The first closed stretch, longer than the strategy's `max_pause`, in which nothing goes on though the rollout has begun and is not done."""
    return min(
        (pause for pause in _pauses(draft) if pause.end - pause.start > draft.outline.strategy.max_pause), key=lambda one: one.end, default=None
    )


def _pauses(draft: Draft) -> Iterator[Window]:
    """The stretches between the company's windows that the rollout has to wait for in the middle."""
    slots = draft.slots.values()
    for (environment, _), openings in draft.openings.items():
        last = max((slot.start for slot in slots if slot.environment == environment), default=draft.start)
        for before, after in pairwise(openings.company):
            if after.start - before.end > draft.outline.strategy.max_pause and after.start <= last:
                worked = max((slot.end for slot in slots if slot.start < after.start), default=None)
                if worked is not None and worked < after.start:
                    yield Window(start=max(before.end, worked), end=after.start)


def _remarks(draft: Draft) -> Iterator[str]:
    """What a reader should know of the plan as a whole. Told from the outcome alone, so that planning again tells the same."""
    limit = f"{draft.outline.strategy.max_pause / ONE_DAY:g} days"
    pause, skipped = _straddled(draft), _skipped(draft)
    if pause is not None:
        why = "what is planned before it has begun or was announced" if _is_bound(draft, pause) else "it does not fit before, nor after it"
        yield f"the rollout pauses from {told(pause.start)} to {told(pause.end)}, for longer than {limit}: {why}"
    if skipped is not None:
        yield f"the rollout starts after the closed stretch from {told(skipped.start)} to {told(skipped.end)}: it is longer than {limit}"
    provisional = sum(slot.provisional for slot in draft.slots.values())
    if provisional:
        yield f"{provisional} of {len(draft.slots)} slots are provisional: the roster is not known that far"


def _skipped(draft: Draft) -> Window | None:
    """The closed stretch, too long to straddle, that the rollout's first slot comes after although the company was open before it."""
    first = min(draft.slots.values(), key=lambda slot: slot.start, default=None)
    if first is None or first.start <= draft.outline.starts_at:
        return None
    request = draft.outline.request(draft.outline.strategy.waves[first.wave])
    windows = draft.coverage.windows(request, draft.outline.starts_at, first.start)
    gaps = zip((window.end for window in windows), (*(window.start for window in windows[1:]), first.start), strict=False)
    return next((Window(start=end, end=start) for end, start in gaps if start - end > draft.outline.strategy.max_pause), None)
