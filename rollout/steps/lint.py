"""Looks the calendars over, with the clients, the strategies and the overrides that they are for."""

from collections.abc import Iterable, Iterator
from difflib import get_close_matches

from rollout.core.coverage import OverrideRule, Rule
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
    looked = lint(coverage, clients.values(), at, wanted=wanted, needs=tuple(_needs(world)), overrides=states(world))
    return (*looked, *_strangers(world, coverage.rules))


def _strangers(world: World, rules: Iterable[Rule]) -> Iterator[CalendarFinding]:
    """Overrides that somebody has signed whom people.yaml does not know."""
    people = world.policies.people
    for rule in rules:
        for signer in rule.signers if isinstance(rule, OverrideRule) else ():
            if signer not in people:
                close = get_close_matches(signer, people, n=1)
                hint = f"Did you mean {close[0]}?" if close else f"Write the id of one of them: {', '.join(sorted(people))}."
                yield CalendarFinding(
                    grade=Grade.WARNING,
                    what="override",
                    text=f"{rule.id} is signed by {signer}, whom people.yaml does not know",
                    hint=hint,
                    rule=rule.id,
                    source=rule.source,
                )


def _fault(text: str, field: str, source: str) -> CalendarFinding:
    told = f"{field}: {text}" if field else text
    return CalendarFinding(grade=Grade.FAULT, what="file", text=told, hint="Correct it: until then everything is closed.", source=source)


def _needs(world: World) -> Iterator[Need]:
    """How long each wave's deliveries take, for each kind of release that rolls out by its strategy."""
    for kind, name in world.policies.default_strategy.items():
        strategy = world.policies.strategies.get(name)
        for wave in strategy.waves if strategy else ():
            yield Need(f"wave {wave.name} of {name}", kind, wave.environment, wave.expected + strategy.runway if strategy else wave.expected)
