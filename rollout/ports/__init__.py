"""One small Protocol per kind of outside thing, and the World that holds them. Steps know these, and nothing behind them."""

from rollout.ports.feeds import Feeds
from rollout.ports.ledger import Ledger, Tx
from rollout.ports.sources import FixVersion, History, IssueTracker
from rollout.ports.targets import Executor, Health, HealthCheck, HealthKind, Outcome, OutcomeKind
from rollout.ports.telling import Desk, Mailer, Publisher
from rollout.ports.world import Policies, World

__all__ = [
    "Desk",
    "Executor",
    "Feeds",
    "FixVersion",
    "Health",
    "HealthCheck",
    "HealthKind",
    "History",
    "IssueTracker",
    "Ledger",
    "Mailer",
    "Outcome",
    "OutcomeKind",
    "Policies",
    "Publisher",
    "Tx",
    "World",
]
