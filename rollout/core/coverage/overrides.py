"""What has become of an override: whether it holds yet or still, whether it waives anything at all, and whether it is used up."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from itertools import product
from typing import Literal

from pydantic import Field

from rollout.core.clients import Environment
from rollout.core.coverage.questions import Party, Request
from rollout.core.coverage.rules import OverrideRule
from rollout.core.coverage.verdicts import Coverage
from rollout.core.coverage.zones import moment_of
from rollout.core.values import ClientId, Moment, Value, Version

Phase = Literal["pending", "live", "ended"]


class Progress(Value):
    """How far the release is that an override names: who gets it, who has it, and whose delivery began at which moments."""

    clients: frozenset[ClientId]
    delivered: frozenset[ClientId] = frozenset()
    started: dict[ClientId, tuple[Moment, ...]] = Field(default_factory=dict)
    withdrawn: bool = False


class OverrideState(Value):
    """One override at a moment. `waives` are the names that close some of its time, `idle` those that close none of it, or are hard.

    `used`: everybody for whom it is has the release. `dead`: it waives nothing, or its release is withdrawn. `text` says all of it.
    """

    id: str
    source: str
    release: Version
    phase: Phase
    begins: Moment
    ends: Moment
    waives: tuple[str, ...]
    idle: tuple[str, ...]
    used: bool
    dead: bool
    text: str


def override_states(
    coverage: Coverage, at: datetime, parties: Iterable[Party], kinds: Iterable[str], progress: dict[Version, Progress] | None = None
) -> tuple[OverrideState, ...]:
    """Every override of the calendars, in order of id, for those clients and kinds of release. Without progress of its release none is used."""
    known, asked = tuple(parties), tuple(kinds)
    overrides = [rule for rule in coverage.rules if isinstance(rule, OverrideRule)]
    return tuple(_state(coverage, one, at, known, asked, (progress or {}).get(one.release)) for one in overrides)


def _state(
    coverage: Coverage, override: OverrideRule, at: datetime, parties: tuple[Party, ...], kinds: tuple[str, ...], progress: Progress | None
) -> OverrideState:
    begins, ends = (moment_of(end) for end in override.span)
    phase: Phase = "pending" if at < begins else "live" if at < ends else "ended"
    waives = _waived(coverage, override, parties, kinds)
    used = _is_used(override, progress)
    withdrawn = bool(progress and progress.withdrawn) and not used
    return OverrideState(
        id=override.id,
        source=override.source,
        release=override.release,
        phase=phase,
        begins=begins,
        ends=ends,
        waives=tuple(sorted(waives)),
        idle=tuple(sorted(override.waives - waives)),
        used=used,
        dead=not waives or withdrawn,
        text="; ".join(_sentences(override, phase, waives, progress if used else None, withdrawn)),
    )


def _waived(coverage: Coverage, override: OverrideRule, parties: tuple[Party, ...], kinds: tuple[str, ...]) -> frozenset[str]:
    """The names that close any of its time for anybody for whom it is; the look stops when all are found."""
    found: frozenset[str] = frozenset()
    groups: list[tuple[Party, ...]] = [(party,) for party in parties if not override.clients or party.id in override.clients]
    for bound, kind, environment in product([*groups, *([] if override.clients else [()])], kinds, Environment):
        found |= coverage.waived_by(override, Request(kind=kind, environment=environment, parties=bound, version=override.release))
        if found == override.waives:
            break
    return found


def _is_used(override: OverrideRule, progress: Progress | None) -> bool:
    clients = (override.clients or progress.clients) if progress else frozenset()
    return bool(progress and clients and clients <= progress.delivered)


def _sentences(override: OverrideRule, phase: Phase, waives: frozenset[str], used: Progress | None, withdrawn: bool) -> Iterator[str]:
    begins, ends = (f"{moment_of(end):%Y-%m-%d %H:%M} UTC" for end in override.span)
    yield {"pending": f"{override.id} begins at {begins}", "live": f"{override.id} holds until {ends}", "ended": f"{override.id} ended at {ends}"}[
        phase
    ]
    if not waives:
        yield "dead: nothing that it names closes any of its time"
    elif override.waives - waives:
        yield f"{', '.join(sorted(override.waives - waives))} closes none of its time"
    if withdrawn:
        yield f"dead: {override.release} is withdrawn"
    if used:
        began = sum(any(override.span[0] <= at.timestamp() < override.span[1] for at in moments) for moments in used.started.values())
        yield f"used: all its clients have {override.release}, {began or 'none'} of them by deliveries that began while it held"
