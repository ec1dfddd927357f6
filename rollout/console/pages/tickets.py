"""/tickets : which tickets wait for which change, what they were told, and what waits for a person."""

from fastapi import FastAPI
from fastapi.responses import HTMLResponse

from rollout.console.looking import Looking
from rollout.core.closing import Channel, NoticeState
from rollout.steps import show


def add(app: FastAPI, looking: Looking) -> None:
    """Answer at /tickets."""

    @app.get("/tickets", response_class=HTMLResponse)
    def tickets(release: str | None = None) -> str:
        with looking.world() as world:
            rows = show.tickets(world, release)["tickets"]
            with world.ledger.read() as tx:
                review = tx.notices(states=(NoticeState.REVIEW, NoticeState.DEAD))
                calls = tx.notices(states=(NoticeState.WAITING,), channels=(Channel.CALL,))
        return looking.page("tickets.html.j2", title="Tickets", rows=rows, review=review, calls=calls)
