"""/coverage : the month's days, open or closed, and why."""

from datetime import date, timedelta

from fastapi import FastAPI
from fastapi.responses import HTMLResponse

from rollout.console.looking import Looking
from rollout.errors import Refused
from rollout.steps import coverage as step


def add(app: FastAPI, looking: Looking) -> None:
    """Answer at /coverage."""

    @app.get("/coverage", response_class=HTMLResponse)
    def coverage(month: str | None = None, client: str | None = None) -> str:
        with looking.world() as world:
            first = _month(month) if month else world.clock().astimezone(world.policies.zone).date().replace(day=1)
            days = world.coverage().days(step.request(world, client), *step.month_days(first))
            zone, whose = world.policies.zone, f" for {step.find_client(world, client).name}" if client else ""
        rows = [
            {
                "day": day.day,
                "state": day.state,
                "hours": [f"{one.start.astimezone(zone):%H:%M}–{one.end.astimezone(zone):%H:%M}" for one in day.windows or day.proposed],
                "why": [] if day.windows else list(dict.fromkeys(reason.text for reason in day.reasons)),
            }
            for day in days
        ]
        beside = [f"{day:%Y-%m}" for day in (first - timedelta(days=1), first + timedelta(days=31))]
        title = f"Coverage in {first:%B %Y}{whose}"
        return looking.page("coverage.html.j2", title=title, rows=rows, blanks=first.weekday(), beside=beside, client=client)


def _month(text: str) -> date:
    try:
        first = date.fromisoformat(f"{text}-01")
    except ValueError:
        raise Refused(f"{text!r} is no month; write it like 2026-12") from None
    if not 1970 < first.year < 2200:
        raise Refused(f"{text} is too far away for a calendar")
    return first
