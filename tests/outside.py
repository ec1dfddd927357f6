"""What an act does outside the ledger, on stand-ins that are new for each run; and gates before them, at which the act's process can be killed.

A gate counts two points for each request: when it arrives, and when it has taken effect and is not answered yet. One that only reads has no effect,
and counts once.
"""

import os
import signal
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager
from typing import Any

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from rollout.sandbox.desk import HelpDesk
from rollout.sandbox.desk.server import application
from rollout.sandbox.desk.traffic import Traffic
from rollout.sandbox.jira import JiraStandIn
from rollout.sandbox.serving import Serving
from rollout.sandbox.stage import Stage, fill_jira
from rollout.sandbox.workspace import BOT, DESK_TOKEN, JIRA_TOKEN


class _Killed(Exception):
    """Whoever asked is no more."""


class Gate:
    """Counts requests on their way to applications; at the point `fatal`, counted from 1, the `victim` is killed, and nothing goes on."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self.reset(None)

    def reset(self, fatal: int | None) -> None:
        """Count from the beginning."""
        self.passed: list[str] = []
        self.fatal, self.victim = fatal, Future[int]()

    def before(self, app: Callable[[], ASGIApp]) -> ASGIApp:
        """The application of the moment, behind this gate."""

        async def lead(scope: Scope, receive: Receive, send: Send) -> None:
            what, answer = f"{scope['method']} {scope['path']}", list[Message]()

            async def keep(message: Message) -> None:
                answer.append(message)

            self._pass(f"{what} arrives")
            await app()(scope, receive, keep)
            if scope["method"] != "GET":
                self._pass(f"{what} is done")
            for message in answer:
                await send(message)

        return lead

    def _pass(self, what: str) -> None:
        with self._lock:
            self.passed.append(what)
            dead = len(self.passed) == self.fatal
        if dead:
            os.kill(self.victim.result(timeout=10), signal.SIGKILL)
            raise _Killed(what)


class Outside:
    """The stand-ins behind one gate. `renew` makes JIRA, the desk and the count of mails new; the fleet is for whoever keeps its folder."""

    def __init__(self, stage: Stage, gate: Gate) -> None:
        self._stage, self.gate = stage, gate
        self.renew()

    def renew(self) -> None:
        """As it was when the story began: every ticket open, but for those that a person has solved."""
        stage = self._stage
        self._mails = len(stage.mail.mails)
        self.jira = JiraStandIn("cloud", stage.clock, {BOT: JIRA_TOKEN})
        fill_jira(self.jira, stage.story)
        self.desk = HelpDesk(stage.clock, BOT, DESK_TOKEN)
        requester = self.desk.add_user("Ana", "ana@client.example", self.desk.add_organization("Client"))
        for ticket in stage.tickets:
            self.desk.add_ticket("When?", requester, id=int(ticket.id))
            if ticket.solved_by_person:
                self.desk.agent_solves(ticket.id, "It is solved.")
        self.desk_app = application(self.desk, Traffic())

    def effects(self) -> dict[str, Any]:
        """Everything that can be seen from outside, and how often it was done."""
        stage, story = self._stage, self._stage.story
        fleet = stage.fleet.installations()
        return {
            "installed": {f"{client}/{environment}": stage.fleet.version_of(client, environment) for client, environment in fleet},
            "acts": {
                f"{client}/{environment}": [f"{act.version} {act.key}" for act in stage.fleet.acts_of(client, environment)]
                for client, environment in fleet
            },
            "tickets": {one.id: self.desk.status(one.id) for one in stage.tickets},
            "replies": sorted(f"{reply.ticket} {reply.metadata} {reply.status}" for reply in self.desk.replies),
            "mails": Counter(f"{mail.recipient} {mail.message_id}" for mail in stage.mail.mails[self._mails :]),
            "versions": [f"{one.name} {one.released}" for one in self.jira.versions(story.projects[0])],
            "issues": {one.key: f"{self.jira.fix_versions(one.key)} {[said.body for said in one.comments]}" for one in self.jira.issues()},
        }


@contextmanager
def outside(stage: Stage) -> Iterator[Outside]:
    """The stage's stand-ins behind a gate; its workspace is led there."""
    found = Outside(stage, Gate())
    gates = [found.gate.before(app) for app in (lambda: found.jira, lambda: found.desk_app, lambda: stage.fleet.app)]
    with Serving(gates[0]) as jira, Serving(gates[1]) as desk, Serving(gates[2]) as fleet:
        ways = {stage.jira_server.url: jira.url, stage.desk_server.url: desk.url, stage.fleet.url: fleet.url}
        for file in (stage.folder / "rollout.yaml", stage.folder / "clients.yaml"):
            text = file.read_text(encoding="utf-8")
            for old, new in ways.items():
                text = text.replace(old, new)
            file.write_text(text, encoding="utf-8")
        yield found
