"""Coverage: when a deployment may happen, and every reason why not. `Coverage` answers; the modules here compile and explain it."""

from rollout.core.coverage.questions import Day, Party, Request, Window
from rollout.core.coverage.recurrence import Event, Recurrence
from rollout.core.coverage.references import dangling, unmatched, with_lost, zones_of
from rollout.core.coverage.rosters import Shift, StaffingRule
from rollout.core.coverage.rules import AnyRule, OverrideRule
from rollout.core.coverage.scopes import Rule, Scope
from rollout.core.coverage.timed import BlockRule, ExceptDay, WindowRule
from rollout.core.coverage.times import Approved
from rollout.core.coverage.verdicts import Coverage, compile_coverage

__all__ = [
    "AnyRule",
    "Approved",
    "BlockRule",
    "Coverage",
    "Day",
    "Event",
    "ExceptDay",
    "OverrideRule",
    "Party",
    "Recurrence",
    "Request",
    "Rule",
    "Scope",
    "Shift",
    "StaffingRule",
    "Window",
    "WindowRule",
    "compile_coverage",
    "dangling",
    "unmatched",
    "with_lost",
    "zones_of",
]
