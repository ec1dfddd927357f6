"""For how long a kept copy of somebody else's calendar is trusted. A copy that is too old closes what it is about; it never opens."""

from datetime import UTC, datetime, timedelta

SKEW = timedelta(minutes=5)
"""How far the clocks of two machines that share a workspace may be apart."""


def distrust(fetched_at: datetime, max_age: timedelta, at: datetime) -> str:
    """Why a copy that was fetched then is not trusted at `at`; empty if it is. Names moments, not ages: it stays true while time passes."""
    when = f"{fetched_at.astimezone(UTC):%Y-%m-%d %H:%M} UTC"
    if fetched_at > at + SKEW:
        return f"its copy says that it was fetched on {when}, which is still to come"
    if at - fetched_at > max_age:
        return f"it was last fetched on {when}, and a copy may be {length(max_age)} old"
    return ""


def is_due(fetched_at: datetime | None, refresh: timedelta, at: datetime) -> bool:
    """Whether it is time to fetch again; what was never fetched is due, and so is what claims to come from the future."""
    return fetched_at is None or at - fetched_at >= refresh or fetched_at > at + SKEW


def length(span: timedelta) -> str:
    """A length of time as calendars write it: 24h, 90m, 45s, 1h30m."""
    seconds = round(span.total_seconds())
    parts = ((seconds // 3600, "h"), (seconds // 60 % 60, "m"), (seconds % 60, "s"))
    return "".join(f"{count}{unit}" for count, unit in parts if count) or "0s"
