"""/ : what is rolling out, wave by wave, and the releases before and after it."""

from fastapi import FastAPI
from fastapi.responses import HTMLResponse

from rollout.console.looking import Looking, local
from rollout.steps import show


def add(app: FastAPI, looking: Looking) -> None:
    """Answer at /."""

    @app.get("/", response_class=HTMLResponse)
    def overview() -> str:
        with looking.world() as world:
            status, releases, zone = show.status(world), show.releases(world)["releases"], world.policies.zone
        for rollout in status["rollouts"]:
            rollout["troubled"] = [one | {"slot": local(one["slot"], zone)} for one in rollout["deliveries"] if one["state"] != "delivered"][:50]
        return looking.page("overview.html.j2", title="Rolling out", status=status, releases=releases[::-1])
