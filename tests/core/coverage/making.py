"""Calendars for tests: short functions for single rules, for what is asked, and for moments."""

from datetime import datetime, timedelta
from typing import Any

from rollout.core.clients import Environment
from rollout.core.coverage import BlockRule, OverrideRule, Party, Request, StaffingRule, WindowRule
from rollout.core.values import ClientId

TORONTO = "America/Toronto"
PARTIES = tuple(
    Party(id=ClientId(name), tags=frozenset(tags.split()), region=region) for name, tags, region in (("acme", "pilot", "east"), ("birch", "", "west"))
)


def window(id: str = "coverage", **given: Any) -> WindowRule:
    """Monday to Friday 9 to 17 in Toronto, but for what is given otherwise; `except_` stands for `except`."""
    usual = {"id": id, "timezone": TORONTO, "source": id} | (
        {} if given.keys() & {"start", "weekly", "events"} else {"weekly": {"mon-fri": ["09:00-17:00"]}}
    )
    return WindowRule.model_validate(usual | _renamed(given))


def block(id: str = "freeze", **given: Any) -> BlockRule:
    """A block in Toronto."""
    return BlockRule.model_validate({"id": id, "timezone": TORONTO, "source": id} | _renamed(given))


def staffing(id: str = "roster", **given: Any) -> StaffingRule:
    """A roster that needs one person for escalation, where Dana and Sam share the week."""
    dana = {"person": "Dana", "weekly": {"mon-fri": ["09:00-17:00"]}}
    usual = {"id": id, "timezone": TORONTO, "source": id, "need": {"escalation": 1}, "roster": {"escalation": [dana]}}
    return StaffingRule.model_validate(usual | given)


def override(*waives: str, **given: Any) -> OverrideRule:
    """A waiver for release 2026.12.1 at all clients in December 2026."""
    usual = {"id": "hotfix", "waives": waives, "release": "2026.12.1", "clients": "all", "start": "2026-12-01T00:00Z", "end": "2027-01-01T00:00Z"}
    return OverrideRule.model_validate(usual | {"why": "orders cannot be paid", "signers": ["dana"], "source": "hotfix"} | given)


def request(*parties: Party, hours: float = 0, runway: float = 0, **given: Any) -> Request:
    """A monthly release to production."""
    usual: dict[str, Any] = {
        "kind": "monthly",
        "environment": Environment.PRODUCTION,
        "length": timedelta(hours=hours),
        "runway": timedelta(hours=runway),
    }
    return Request(parties=parties, **usual | given)


def at(text: str) -> datetime:
    """The moment that the text names."""
    return datetime.fromisoformat(text)


def _renamed(given: dict[str, Any]) -> dict[str, Any]:
    return {"except" if name == "except_" else name: value for name, value in given.items()}


# ── Strategies ─────────────────────────────────────────────────────────────────────────────────────
