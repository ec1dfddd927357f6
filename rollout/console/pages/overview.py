"""/ : what is rolling out, wave by wave, and the releases before and after it."""

from fastapi import FastAPI
from fastapi.responses import HTMLResponse

from rollout.console.looking import Looking, local
from rollout.steps import hotfix, show

TROUBLED = 50
_FIRST = {"failed": 0, "unknown": 0, "rolled_back": 1, "arrived": 2, "started": 2, "planned": 3, "withdrawn": 4}


def add(app: FastAPI, looking: Looking) -> None:
    """Answer at /."""

    @app.get("/", response_class=HTMLResponse)
    def overview() -> str:
        with looking.world() as world:
            status, releases, zone = show.status(world), show.releases(world)["releases"], world.policies.zone
            clocks = [(clock, warnings) for clock, warnings in hotfix.running(world) if warnings]
        for rollout in status["rollouts"]:
            waiting = sorted((one for one in rollout["deliveries"] if one["state"] != "delivered"), key=lambda one: _FIRST[one["state"]])
            rollout["troubled"] = [one | {"slot": local(one["slot"], zone)} for one in waiting[:TROUBLED]]
            rollout["more"] = max(0, len(waiting) - TROUBLED)
        return looking.page("overview.html.j2", title="Rolling out", status=status, releases=releases[::-1], clocks=clocks)
