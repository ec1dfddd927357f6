"""After-hours service clocks: opening a critical hotfix promises a triage in 15 minutes and a status notice within the hour."""

from datetime import datetime, timedelta

from rollout.core.values import ChangeKey, Moment, Reason, Value

TRIAGE_WITHIN = timedelta(minutes=15)
NOTICE_WITHIN = timedelta(hours=1)


class ServiceClock(Value):
    """One critical hotfix's two promises; a moment is None until the promise is met."""

    id: str
    keys: tuple[ChangeKey, ...]
    opened_at: Moment
    opened_by: str
    triaged_at: Moment | None = None
    notice_at: Moment | None = None
    eta: Moment | None = None


def warnings(clock: ServiceClock, at: datetime) -> tuple[Reason, ...]:
    """The promises of this clock that are open at that moment: due, or already broken."""
    promises = (("triage", TRIAGE_WITHIN, clock.triaged_at), ("status notice", NOTICE_WITHIN, clock.notice_at))
    return tuple(_warn(clock, name, clock.opened_at + within, at) for name, within, met in promises if met is None)


def _warn(clock: ServiceClock, name: str, due: datetime, at: datetime) -> Reason:
    late = at > due
    minutes = round(abs((due - at).total_seconds()) / 60)
    text = f"hotfix {clock.id}: {name} is {minutes} minutes late" if late else f"hotfix {clock.id}: {name} is due in {minutes} minutes"
    return Reason(code="clock-broken" if late else "clock-running", text=text, clears_at=None if late else due)
