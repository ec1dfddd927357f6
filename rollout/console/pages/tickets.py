"""/tickets : which tickets wait for which change, what they were told, and what waits for a person."""

from fastapi import FastAPI
from fastapi.responses import HTMLResponse

from rollout.console.looking import SHOWN, Looking, local
from rollout.core.closing import Channel, NoticeState
from rollout.steps import show
from rollout.steps.content import find


def add(app: FastAPI, looking: Looking) -> None:
    """Answer at /tickets."""

    @app.get("/tickets", response_class=HTMLResponse)
    def tickets(release: str | None = None) -> str:
        with looking.world() as world:
            with world.ledger.read() as tx:
                version = find(tx, release).version if release else None
                review = tx.notices(states=(NoticeState.REVIEW, NoticeState.DEAD))
                calls = tx.notices(states=(NoticeState.WAITING,), channels=(Channel.CALL,))
            rows, zone = show.tickets(world, version)["tickets"], world.policies.zone
        listed = [row | {"told_at": local(row["told_at"], zone), "resolved_at": local(row["resolved_at"], zone)} for row in rows[:SHOWN]]
        title = f"Tickets of {version}" if version else "Tickets"
        return looking.page("tickets.html.j2", title=title, rows=listed, more=max(0, len(rows) - SHOWN), review=review[:SHOWN], calls=calls[:SHOWN])
