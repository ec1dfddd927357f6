"""Coverage: when a deployment may happen, and every reason why not. `Coverage` answers; the modules here compile and explain it."""

from rollout.core.coverage.verdicts import Coverage, Day, Party, Request, Window

__all__ = ["Coverage", "Day", "Party", "Request", "Window"]
