"""Looks the calendars over, with the clients, the strategies and the overrides that they are for."""

from collections.abc import Iterator

from rollout.core.coverage.lint import lint
from rollout.core.coverage.looking import CalendarFinding, Need
from rollout.core.coverage.rarity import Wanted
from rollout.core.findings import Grade
from rollout.errors import FaultsFound
from rollout.ports import World
from rollout.steps.overrides import states


def look_over(world: World, wanted: Wanted) -> tuple[CalendarFinding, ...]:
    """All findings. Where the files have faults, these: calendars that cannot be read cannot be looked over."""
    try:
        coverage, clients, at = world.coverage(), world.clients(), world.clock()
    except FaultsFound as error:
        return tuple(_fault(str(fault.text), fault.field, f"{fault.file}:{fault.line}" if fault.line else fault.file) for fault in error.faults)
    return lint(coverage, clients.values(), at, wanted=wanted, needs=tuple(_needs(world)), overrides=states(world))


def _fault(text: str, field: str, source: str) -> CalendarFinding:
    told = f"{field}: {text}" if field else text
    return CalendarFinding(grade=Grade.FAULT, what="file", text=told, hint="Correct it: until then everything is closed.", source=source)


def _needs(world: World) -> Iterator[Need]:
    """How long each wave's deliveries take, for each kind of release that rolls out by its strategy."""
    for kind, name in world.policies.default_strategy.items():
        strategy = world.policies.strategies.get(name)
        for wave in strategy.waves if strategy else ():
            yield Need(f"wave {wave.name} of {name}", kind, wave.environment, wave.expected + strategy.runway if strategy else wave.expected)
