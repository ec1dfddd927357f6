"""A draft: one attempt at a plan from one moment on, wave by wave. Each wave is matched exactly; the next one waits for its end and soak."""

from collections import Counter
from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

from rollout.core.clients import Client, Environment
from rollout.core.coverage import Coverage, Party, Request
from rollout.core.matching import Kind, Matching, match
from rollout.core.obstacles import obstacles
from rollout.core.openings import Access, Openings, Stretch, party_of
from rollout.core.plans import Place, Slot, Unplaced
from rollout.core.values import ClientId, Reason, Version
from rollout.core.waves import Assignment, Strategy, Wave
from rollout.errors import Refused

HORIZON = timedelta(days=92)
NEVER = datetime.max.replace(tzinfo=UTC)


@dataclass(frozen=True)
class Outline:
    """What is to be planned: the release and its kind (as calendars know it), its strategy, who goes in which wave, and not before when."""

    version: Version
    kind: str
    strategy: Strategy
    assignment: Assignment
    clients: Mapping[ClientId, Client]
    starts_at: datetime

    def request(self, wave: Wave, parties: tuple[Party, ...] = ()) -> Request:
        """What the calendars are asked for the wave: for the company alone, or for these clients too."""
        return Request(
            kind=self.kind,
            environment=wave.environment,
            parties=parties,
            length=wave.expected,
            runway=self.strategy.runway,
            version=self.version,
        )


@dataclass(frozen=True)
class Past:
    """What an earlier plan leaves behind: slots that stand whatever happens, slots to keep where they are still clear, and who was told of theirs."""

    kept: Mapping[Place, Slot] = field(default_factory=dict)
    old: Mapping[Place, Slot] = field(default_factory=dict)
    announced: AbstractSet[Place] = frozenset()


@dataclass
class Draft:
    """The slots found so far; `earliest` is when the next wave may start."""

    outline: Outline
    coverage: Coverage
    start: datetime
    past: Past
    earliest: datetime
    slots: dict[Place, Slot]
    unplaced: list[Unplaced] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    openings: dict[tuple[Environment, timedelta], Openings] = field(default_factory=dict)
    soaks: dict[tuple[datetime, timedelta], datetime] = field(default_factory=dict)

    def openings_of(self, wave: Wave) -> Openings:
        """The windows of the wave's environment, for work of its length."""
        key = wave.environment, wave.expected
        if key not in self.openings:
            members = sorted({member.client for member in self.outline.assignment.members if member.environment is wave.environment})
            parties = [party_of(self.outline.clients[client]) for client in members]
            self.openings[key] = Openings(self.coverage, self.outline.request(wave), parties, self.start, self.start + HORIZON)
        return self.openings[key]

    def soaked(self, at: datetime, soak: timedelta) -> datetime:
        """When that much business time has passed; asked once."""
        if (at, soak) not in self.soaks:
            self.soaks[at, soak] = soaked(self.coverage, at, soak)
        return self.soaks[at, soak]


def soaked(coverage: Coverage, at: datetime, soak: timedelta) -> datetime:
    """The moment by which that much business time has passed; NEVER where the calendars do not have as much."""
    try:
        return coverage.business_add(at, soak)
    except Refused:
        return NEVER


def drafted(outline: Outline, coverage: Coverage, start: datetime, past: Past) -> Draft:
    """Plan every wave in order, the first from `start` on."""
    draft = Draft(outline, coverage, start, past, start, dict(past.kept))
    members: dict[int, list[ClientId]] = {}
    for member in outline.assignment.members:
        if (member.client, member.environment) not in past.kept:
            members.setdefault(member.wave, []).append(member.client)
    for number, wave in enumerate(outline.strategy.waves):
        if number in members:
            _plan_wave(draft, number, wave, sorted(members[number]))
        last = max((slot.end for slot in draft.slots.values() if slot.wave == number), default=None)
        if last is not None:
            draft.earliest = max(draft.earliest, draft.soaked(last, wave.soak))
    return draft


def _plan_wave(draft: Draft, number: int, wave: Wave, clients: Sequence[ClientId]) -> None:
    openings = draft.openings_of(wave)
    lost = {one.client for one in draft.unplaced if one.environment is Environment.PREVIEW} if _waits_for_preview(wave) else set()
    accesses = {client: openings.access(client, _bound(draft, wave, client)) for client in clients if client not in lost}
    seekers: dict[str, Kind] = {client: _kind(draft, wave, openings, client, access) for client, access in accesses.items()}
    matching = match(seekers, _room(draft, number, wave, openings, len(clients)))
    places = matching.places()
    for client in clients:
        if client in places:
            draft.slots[client, wave.environment] = _slot(draft, number, wave, client, openings, accesses[client].stretches[places[client]])
        else:
            reasons = _reasons(draft, wave, openings, matching, client, accesses.get(client))
            draft.unplaced.append(Unplaced(client=client, environment=wave.environment, wave=number, reasons=reasons))
    draft.remarks += _binding(wave, matching, len(clients), set(places.values()))


def _waits_for_preview(wave: Wave) -> bool:
    return wave.needs_preview and wave.environment is Environment.PRODUCTION


def _bound(draft: Draft, wave: Wave, client: ClientId) -> datetime:
    """The moment before which the client may not start: the waves before it, and its own preview, have soaked."""
    preview = draft.slots.get((client, Environment.PREVIEW)) if _waits_for_preview(wave) else None
    if preview is None:
        return draft.earliest
    return max(draft.earliest, draft.soaked(preview.end, draft.outline.strategy.preview_soak))


def _kind(draft: Draft, wave: Wave, openings: Openings, client: ClientId, access: Access) -> Kind:
    old = draft.past.old.get((client, wave.environment))
    if old is None:
        return Kind(access.bits)
    home = next((number for number in openings.touched(old.start, old.end) if number in access.stretches), None)
    return Kind(access.bits, home, home is not None and old.place in draft.past.announced)


def _room(draft: Draft, number: int, wave: Wave, openings: Openings, size: int) -> list[int]:
    """How many more each window takes, after the slots that are kept."""
    if wave.capacity is None:
        return [size] * len(openings.windows)
    kept = (slot for slot in draft.past.kept.values() if slot.wave == number)
    taken = Counter(window for slot in kept for window in openings.touched(slot.start, slot.end)[:1])
    return [max(wave.capacity - taken[window], 0) for window in range(len(openings.windows))]


def _slot(draft: Draft, number: int, wave: Wave, client: ClientId, openings: Openings, stretch: Stretch) -> Slot:
    """The slot in that stretch: the old one where it still fits in there."""
    old = draft.past.old.get((client, wave.environment))
    if old is not None and _still_fits(old, stretch, openings.need, draft.start):
        stretch = Stretch(old.start, old.end, stretch.provisional)
    return slot_in(stretch, openings.need, (client, wave.environment), number)


def slot_in(stretch: Stretch, need: timedelta, place: Place, number: int) -> Slot:
    """The slot that a stretch makes for an installation of that wave."""
    return Slot(
        client=place[0],
        environment=place[1],
        wave=number,
        start=stretch.start,
        latest_start=stretch.end - need,
        end=stretch.end,
        provisional=stretch.provisional,
    )


def _still_fits(old: Slot, stretch: Stretch, need: timedelta, start: datetime) -> bool:
    """Whether the old slot lies in the stretch; time that has passed since does not count against it."""
    begun = stretch.start == start and old.end > start
    return (stretch.start <= old.start or begun) and old.end <= stretch.end and old.start < old.end - need


def _reasons(draft: Draft, wave: Wave, openings: Openings, matching: Matching, client: ClientId, access: Access | None) -> tuple[Reason, ...]:
    if access is None:
        return (Reason(code="preview-unplaced", text=f"wave {wave.name} needs the preview of {client}, which found no slot itself"),)
    bound = _bound(draft, wave, client)
    if bound == NEVER:
        text = f"wave {wave.name} waits for a soak, but the calendars never have as much business time; shorten the soak, or add coverage"
        return (Reason(code="no-business-time", text=text),)
    request = draft.outline.request(wave, (party_of(draft.outline.clients[client]),))
    return obstacles(draft.coverage, request, wave, openings.windows, bound, access.bits, matching.reach(access.bits))


def _binding(wave: Wave, matching: Matching, size: int, used: AbstractSet[int]) -> list[str]:
    """What makes the wave as long as it is, where it takes more than one window."""
    if len(used) < 2:
        return []
    full = [window for window in used if matching.rooms[window].left <= 0]
    why = f"its capacity of {wave.capacity} per window binds" if full and wave.capacity is not None else "the windows of its own clients bind"
    return [f"wave {wave.name} spreads {size} installations over {len(used)} windows: {why}"]
