"""Sets a story up: the stand-ins, filled; the fleet, installed; and the workspace that knows them all."""

import shutil
from contextlib import ExitStack
from dataclasses import dataclass
from itertools import count
from pathlib import Path
from types import TracebackType
from typing import Literal, Self

from rollout.core.clients import Environment
from rollout.core.values import ClientId
from rollout.sandbox.clockwork import Clockwork
from rollout.sandbox.desk import HelpDesk, HelpDeskServer
from rollout.sandbox.fleet import Fleet
from rollout.sandbox.jira import JiraStandIn
from rollout.sandbox.mail import MailServer
from rollout.sandbox.repository import empty_repository, rebuild
from rollout.sandbox.serving import Serving
from rollout.sandbox.story import Clientele, PlotIssue, Story
from rollout.sandbox.workspace import BOT, DESK_TOKEN, JIRA_TOKEN, Addresses, write_workspace

Mode = Literal["cloud", "server"]


@dataclass(frozen=True)
class StagedTicket:
    """A ticket that waits for a change. `client` is None where nobody's organisation opened it; `solved_by_person` is set beforehand."""

    id: str
    client: ClientId | None
    change: str
    solved_by_person: bool = False


class Stage:
    """The stand-ins of one story, running on loopback, and its workspace in `folder`. Close it, or use it as a context manager."""

    def __init__(self, folder: Path, story: Story, calendars: Path, mode: Mode = "cloud") -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.story = folder.resolve(), story
        self.in_field: dict[str, list[str]] = {}
        self._open = ExitStack()
        self.clock = Clockwork(self.folder / "clock.txt", story.starts_at)
        self.jira = JiraStandIn(mode, self.clock, {BOT: JIRA_TOKEN})
        self.desk = HelpDesk(self.clock, BOT, DESK_TOKEN)
        try:
            self._start(calendars, mode)
        except BaseException:
            self.close()
            raise

    def _start(self, calendars: Path, mode: Mode) -> None:
        self.jira_server = self._open.enter_context(Serving(self.jira))
        self.desk_server = self._open.enter_context(HelpDeskServer(self.desk))
        self.mail = MailServer(maildir=self.folder / "mail")
        self._open.callback(self.mail.close)
        self.fleet = self._open.enter_context(Fleet(self.folder / "fleet"))
        rebuild(self.folder / "product.git", self.story.commits)
        empty_repository(self.folder / "pages.git")
        fill_jira(self.jira, self.story)
        for client in self.story.clients:
            for environment in Environment:
                self.fleet.add(client.id, environment, self.story.previous)
        self.tickets = _open_tickets(self)
        shutil.copytree(calendars, self.folder / "calendars", dirs_exist_ok=True)
        mail = (self.mail.host, self.mail.port)
        write_workspace(self.folder, self.story, Addresses(self.jira_server.url, self.desk_server.url, *mail), mode, self.fleet.params_for)

    def close(self) -> None:
        """Stop the stand-ins. What they wrote stays in the folder."""
        self._open.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None) -> None:
        self.close()


# ── JIRA ───────────────────────────────────────────────────────────────────────────────────────────


def fill_jira(jira: JiraStandIn, story: Story) -> None:
    """Give an empty JIRA the story's projects, versions and issues; the same story gives every JIRA the same ids."""
    for project in story.projects:
        jira.add_project(project, f"{story.product} ({project})")
        for version in story.versions:
            jira.add_version(project, version.name, released=version.released_on is not None, release_date=version.released_on)
    for issue in story.issues:
        _add_issue(jira, issue)


def _add_issue(jira: JiraStandIn, issue: PlotIssue) -> None:
    fields = {"QA state": issue.quality, "Release note": issue.note, "Severity": issue.severity, "security": issue.security}
    jira.add_issue(
        issue.key.rpartition("-")[0],
        issue.summary,
        key=issue.key,
        kind=issue.kind,
        status=issue.status,
        resolution=issue.resolution,
        priority=issue.priority,
        created=issue.updated,
        updated=issue.updated,
        fix_versions=issue.fix_versions,
        labels=issue.labels,
        components=issue.components,
        fields={name: value for name, value in fields.items() if value is not None},
    )


# ── The desk ───────────────────────────────────────────────────────────────────────────────────────


def _open_tickets(stage: Stage) -> tuple[StagedTicket, ...]:
    """Two tickets of different clients for every issue that clients may read of and that is not out yet; one of a stranger, one that is solved."""
    requesters = {client.id: _requester(stage.desk, client) for client in stage.story.clients}
    waiting = [issue for issue in stage.story.issues if _is_awaited(stage.story, issue)]
    ids = [client.id for client in stage.story.clients]
    chosen = ((issue, ids[(step * 7 + turn * 17) % len(ids)]) for step, issue in enumerate(waiting) for turn in (0, 1))
    tickets = [_open_ticket(stage, issue, ClientId(client), requesters[client], link) for (issue, client), link in zip(chosen, count(), strict=False)]
    if waiting:
        stranger = stage.desk.add_user("Sal Passerby", "sal@passerby.example", stage.desk.add_organization("Passerby Boats"))
        tickets.append(_open_ticket(stage, waiting[0], None, stranger, 0))
        stage.desk.agent_solves(tickets[0].id, "I have shown you a way around it on the phone.")
        tickets[0] = StagedTicket(tickets[0].id, tickets[0].client, tickets[0].change, solved_by_person=True)
    return tuple(tickets)


def _is_awaited(story: Story, issue: PlotIssue) -> bool:
    out = {version.name for version in story.versions if version.released_on is not None}
    return bool(issue.fix_versions) and not out & set(issue.fix_versions) and "internal" not in issue.labels and issue.security is None


def _requester(desk: HelpDesk, client: Clientele) -> int:
    organization = desk.add_organization(client.name, external_id=client.id)
    return desk.add_user(f"{client.contact} of {client.name}", f"{client.contact.lower()}@{client.id}.example", organization)


def _open_ticket(stage: Stage, issue: PlotIssue, client: ClientId | None, requester: int, number: int) -> StagedTicket:
    """A ticket, linked to its issue as help desks do it: most by a link on the issue, some by the field with their numbers."""
    ticket = stage.desk.add_ticket(issue.summary, requester, "It happens to us as well. When will it be solved?")
    if number % 4 == 3:
        stage.in_field.setdefault(issue.key, []).append(ticket)
        stage.jira.set_field(issue.key, "Help desk tickets", ", ".join(stage.in_field[issue.key]))
    else:
        url = f"{stage.desk_server.url}/agent/tickets/{ticket}"
        stage.jira.add_remote_link(issue.key, url, f"Ticket #{ticket}", global_id=f"help_ticket_{ticket}")
    return StagedTicket(ticket, client, issue.key)
