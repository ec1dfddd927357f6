"""Outlines for planner tests: made of a few short words."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from rollout.core.clients import Client, Environment, Selector
from rollout.core.planner import Outline, Plan
from rollout.core.values import ClientId, Version
from rollout.core.waves import Installed, Strategy, Wave, assign
from tests.builders import clients
from tests.core.paper import MONDAY

DECEMBER = Version("2026.12")
MADE = MONDAY - timedelta(days=3)
REST = Selector(rest=True)


def wave(name: str = "all", environment: Environment = Environment.PRODUCTION, **given) -> Wave:
    """A wave that takes the rest, each installation an hour."""
    return Wave(**{"name": name, "environment": environment, "select": REST, "expected": timedelta(hours=1)} | given)


def strategy(*waves: Wave, **given) -> Strategy:
    return Strategy(name="careful", waves=waves or (wave(),), **given)


def outline(strategy: Strategy, some: Iterable[Client], starts_at: datetime = MONDAY, installed: Installed | None = None) -> Outline:
    """The release 2026.12 on its way to these clients; nothing runs anywhere yet, unless said otherwise."""
    named = clients(*some)
    return Outline(DECEMBER, "monthly", strategy, assign(strategy, named, installed or {}, DECEMBER), named, starts_at)


def starts(plan: Plan, environment: Environment = Environment.PRODUCTION) -> dict[ClientId, str]:
    """Day and hour of each client's start."""
    return {slot.client: f"{slot.start:%a %d %H:%M}" for slot in plan.slots if slot.environment is environment}
