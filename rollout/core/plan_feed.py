"""A release's plan as dated events. It names waves; it names clients only if it is asked to."""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from rollout.core.calendar_text import Entry
from rollout.core.coverage.export import uid
from rollout.core.planner import Slot
from rollout.core.values import ClientId, Version

PLAN = "PLAN"


def by_wave(version: Version, slots: Iterable[Slot], waves: Sequence[str], say: Callable[[str], str]) -> list[Entry]:
    """One event for each stretch in which a wave has slots, in order of start. It does not tell whose, nor how many."""
    found = dict.fromkeys((one.start, one.end, one.wave, one.environment, one.provisional) for one in slots)
    return [
        Entry(
            uid=uid("plan", version, str(wave), environment, start.isoformat(), end.isoformat(), str(provisional)),
            start=start,
            end=end,
            summary=f"{version}: wave {say(waves[wave])}, {environment}",
            category=PLAN,
            status="TENTATIVE" if provisional else "CONFIRMED",
        )
        for start, end, wave, environment, provisional in sorted(found)
    ]


def by_client(version: Version, slots: Iterable[Slot], waves: Sequence[str], names: Mapping[ClientId, str]) -> Iterator[Entry]:
    """One event for each installation, in order of start; it keeps its UID wherever it is moved."""
    for slot in sorted(slots, key=lambda one: (one.start, one.client, one.environment)):
        yield Entry(
            uid=uid("plan of a client", version, slot.client, slot.environment),
            start=slot.start,
            end=slot.end,
            summary=f"{version}: {names.get(slot.client, slot.client)}, {slot.environment}",
            description=f"Wave {waves[slot.wave]}. It starts at {slot.latest_start:%H:%M} UTC at the latest",
            category=PLAN,
            status="TENTATIVE" if slot.provisional else "CONFIRMED",
        )
