"""/coverage : the month's days, open or closed, and why."""

from datetime import date

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
            zone = world.policies.zone
        rows = [
            {
                "day": day.day,
                "hours": [f"{one.start.astimezone(zone):%H:%M}–{one.end.astimezone(zone):%H:%M}" for one in day.windows],
                "provisional": any(one.provisional for one in day.windows),
                "why": list(dict.fromkeys(reason.text for reason in day.reasons)),
            }
            for day in days
        ]
        return looking.page("coverage.html.j2", title=f"Coverage in {first:%B %Y}", rows=rows, blanks=first.weekday())


def _month(text: str) -> date:
    try:
        return date.fromisoformat(f"{text}-01")
    except ValueError:
        raise Refused(f"{text!r} is no month; write it like 2026-12") from None
