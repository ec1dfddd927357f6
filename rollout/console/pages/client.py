"""/clients and /clients/ID : a client's own days, every gate's verdict, and its tickets."""

from collections import defaultdict

from fastapi import FastAPI
from fastapi.responses import HTMLResponse

from rollout.console.looking import SHOWN, Looking, local
from rollout.steps import show
from rollout.steps.coverage import find_client
from rollout.steps.why import why


def add(app: FastAPI, looking: Looking) -> None:
    """Answer at /clients and /clients/ID."""

    @app.get("/clients", response_class=HTMLResponse)
    def clients() -> str:
        with looking.world() as world:
            known = list(world.clients().values())
            with world.ledger.read() as tx:
                installed = tx.installed()
        runs: defaultdict[str, dict[str, str]] = defaultdict(dict)
        for (who, environment), version in installed.items():
            runs[who][str(environment)] = version
        rows = [{"client": one, "runs": runs.get(one.id, {})} for one in known[:SHOWN]]
        return looking.page("clients.html.j2", title="Clients", rows=rows, more=max(0, len(known) - SHOWN))

    @app.get("/clients/{client_id}", response_class=HTMLResponse)
    def client(client_id: str) -> str:
        with looking.world() as world:
            known, view, zone = find_client(world, client_id), why(world, client_id), world.policies.zone
            tickets = [row for row in show.tickets(world)["tickets"] if row["client"] == client_id]
        for one in view["deliveries"]:
            one["slot"] = local(one["slot"], zone)
        return looking.page("client.html.j2", title=known.name, client=known, view=view, tickets=tickets)
