"""The account at the end of the demo: what happened, told shortly; and whether the outside world is as it should be.

The checks look at the stand-ins themselves (the fleet's own log, the desk's replies, the mail that came), not at what the ledger says of them.
"""

import subprocess
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from html import unescape
from typing import Any

import click

from rollout.cli.demo.play import Ending
from rollout.cli.output import local, print_table, program
from rollout.core.clients import Environment
from rollout.core.coverage import Request
from rollout.core.delivery import DeliveryState
from rollout.core.openings import party_of
from rollout.core.releases import ReleaseState
from rollout.ports import World
from rollout.sandbox.stage import Stage, StagedTicket
from rollout.steps import audit, show
from rollout.steps.content import changes_of, find
from rollout.steps.upcoming import discretion_of
from rollout.wiring import open_world

_ZONE = "America/Toronto"


@dataclass(frozen=True)
class Account:
    """What the demo came to. `failures` are the checks that do not hold."""

    folder: str
    release: dict[str, Any]
    waves: list[dict[str, Any]]
    held: list[str]
    doubted: str | None
    frozen: str
    tickets: dict[str, int]
    mails: int
    pages: list[str]
    ticks: int
    flows: int
    from_: str
    to: str
    failures: list[str]

    def as_json(self) -> dict[str, Any]:
        """The account as JSON."""
        return {name.rstrip("_"): value for name, value in asdict(self).items()}

    def print(self) -> None:
        """The account in a few lines."""
        click.echo()
        title = f"{self.release['version']}: {self.release['changes']} changes, {self.release['state']}"
        click.echo(f"{title}, played from {self.from_} to {self.to} in {self.ticks} ticks and {self.flows} flow runs")
        rows = [(one["name"], one["environment"], one["state"], one["delivered"], one["first"], one["last"], one["other"]) for one in self.waves]
        print_table(("wave", "environment", "state", "delivered", "first", "last", "not delivered"), rows, "who got it when")
        if self.doubted:
            click.echo(f"lost QA after the cut, was mended and came back: {self.doubted}")
        if self.frozen:
            click.echo(f"a freeze appeared for {self.frozen}, and slots moved out of it")
        for text in self.held:
            click.echo(f"held: {text}")
        click.echo("tickets: " + ", ".join(f"{count} {state}" for state, count in self.tickets.items()) + f"; {self.mails} mails to contacts")
        for place in self.pages:
            click.echo(f"page: {place}")
        click.echo(f"workspace: {self.folder}")
        click.echo(f"Look around: {program()} -C {self.folder} release show {self.release['version']}")


def draw_up(stage: Stage, ending: Ending) -> Account:
    """Look at what came of the story, and check it."""
    with open_world(stage.folder) as world:
        with world.ledger.read() as tx:
            release = find(tx, ending.version)
            size = len(changes_of(tx, release))
            holds = [f"{hold.subject}, {hold.why}" for hold in tx.holds(world.clock())]
        status = show.status(world, ending.version)["rollouts"][0]
        tickets = Counter(row["state"] for row in show.tickets(world, ending.version)["tickets"])
        failures = [f"{name}: {text}" for name, check in CHECKS.items() for text in check(stage, ending, world)]
        return Account(
            folder=str(stage.folder),
            release={"version": ending.version, "state": str(release.state), "changes": size},
            waves=[_wave(wave, status["deliveries"]) for wave in status["waves"]],
            held=holds,
            doubted=ending.doubted,
            frozen=ending.frozen,
            tickets=dict(sorted(tickets.items())),
            mails=len(stage.mail.mails),
            pages=[str(stage.folder / "site" / "index.html"), f"{stage.folder / 'pages.git'}, branch pages"],
            ticks=ending.ticks,
            flows=ending.flows,
            from_=local(stage.story.starts_at, _ZONE),
            to=local(stage.clock(), _ZONE),
            failures=failures,
        )


def _wave(wave: dict[str, Any], deliveries: list[dict[str, Any]]) -> dict[str, Any]:
    mine = [one for one in deliveries if one["wave"] == wave["name"]]
    times = sorted(one["at"] for one in mine if one["state"] == DeliveryState.DELIVERED)
    other = Counter(one["state"] for one in mine if one["state"] != DeliveryState.DELIVERED)
    return {
        "name": wave["name"],
        "environment": wave["environment"],
        "state": wave["state"],
        "delivered": f"{len(times)}/{len(mine)}",
        "first": local(times[0], _ZONE) if times else "",
        "last": local(times[-1], _ZONE) if times else "",
        "other": ", ".join(f"{count} {state}" for state, count in other.items()),
    }


# ── Checks ─────────────────────────────────────────────────────────────────────────────────────────

Check = Callable[[Stage, Ending, World], Iterator[str]]


def _release_delivered(_stage: Stage, ending: Ending, world: World) -> Iterator[str]:
    with world.ledger.read() as tx:
        state = find(tx, ending.version).state
    if state is not ReleaseState.DELIVERED:
        yield f"{ending.version} is {state}"


def _fleet_runs_it(stage: Stage, ending: Ending, _world: World) -> Iterator[str]:
    """Every installation runs the release, and got it once; the sick one is back where it was."""
    for client, environment in stage.fleet.installations():
        sick = client == ending.sick and environment is Environment.PRODUCTION
        wanted = stage.story.previous if sick else ending.version
        runs, acts = stage.fleet.version_of(client, environment), stage.fleet.acts_of(client, environment)
        if runs != wanted:
            yield f"{client}/{environment} runs {runs}, not {wanted}"
        if len(acts) != (2 if sick else 1):
            yield f"{client}/{environment} was deployed {len(acts)} times"


def _starts_in_windows(_stage: Stage, ending: Ending, world: World) -> Iterator[str]:
    """Every start lies in an open window of its client, as the calendars are now."""
    clients = world.clients()
    with world.ledger.read() as tx:
        deliveries = tx.deliveries(ending.version)
    for one in deliveries:
        asked = Request(kind="monthly", environment=one.environment, parties=(party_of(clients[one.client]),), version=one.version)
        if one.started_at is None:
            yield f"{one.name} was never started"
        elif not (verdict := world.coverage().verdict(asked, one.started_at)).open:
            yield f"{one.name} started at {one.started_at}: {'; '.join(reason.text for reason in verdict.reasons)}"


def _preview_first(_stage: Stage, ending: Ending, world: World) -> Iterator[str]:
    with world.ledger.read() as tx:
        starts = {(one.client, one.environment): one.started_at for one in tx.deliveries(ending.version)}
    for (client, environment), at in starts.items():
        before = starts.get((client, Environment.PREVIEW))
        if environment is Environment.PRODUCTION and before is not None and at is not None and at <= before:
            yield f"{client} got production before preview"


def _tickets_told(stage: Stage, ending: Ending, world: World) -> Iterator[str]:
    """Each ticket of a shipped change is solved after one answer, if its client has it; every other one is left as it was."""
    shipped = _shipped(world, ending)
    told = Counter(reply.ticket for reply in stage.desk.replies if reply.status == "solved")
    for ticket in stage.tickets:
        due = ticket.change in shipped and ticket.client not in (None, ending.sick) and not ticket.solved_by_person
        if told[ticket.id] != (1 if due else 0):
            yield f"ticket {ticket.id} of {ticket.client} for {ticket.change} was solved {told[ticket.id]} times by us"
        if stage.desk.status(ticket.id) != _status(ticket, due):
            yield f"ticket {ticket.id} of {ticket.client} for {ticket.change} is {stage.desk.status(ticket.id)}"


def _status(ticket: StagedTicket, due: bool) -> str:
    return "solved" if due or ticket.solved_by_person else "open"


def _shipped(world: World, ending: Ending) -> set[str]:
    with world.ledger.read() as tx:
        return {change.key for change in changes_of(tx, find(tx, ending.version))}


def _mail_once(stage: Stage, ending: Ending, _world: World) -> Iterator[str]:
    sent = Counter(mail.recipient for mail in stage.mail.mails)
    for client in stage.story.clients:
        address = f"{client.contact.lower()}@{client.id}.example"
        if sent[address] != (0 if client.id == ending.sick else 1):
            yield f"{address} got {sent[address]} mails"


def _page_is_right(stage: Stage, ending: Ending, world: World) -> Iterator[str]:
    """The page has every public note, as far as discretion lets it be read, and nothing internal."""
    page = unescape((stage.folder / "site" / "index.html").read_text(encoding="utf-8"))
    with world.ledger.read() as tx:
        public = [change for change in changes_of(tx, find(tx, ending.version)) if change.audience == "clients"]
    internal = [issue.summary for issue in stage.story.issues if "internal" in issue.labels or issue.security]
    if ending.version not in page:
        yield f"{ending.version} is not on it"
    discretion = discretion_of(world)
    yield from (f"the note of {change.key} is not on it" for change in public if discretion.said(change.note) not in page)
    yield from (f"the internal change {text!r} is on it" for text in internal if text in page)
    yield from (f"the client {client.name} is on it" for client in stage.story.clients if client.name in page)


def _page_in_git(stage: Stage, _ending: Ending, _world: World) -> Iterator[str]:
    """The branch of the pages repository holds the same page."""
    page = (stage.folder / "site" / "index.html").read_text(encoding="utf-8")
    kept = subprocess.run(
        ["git", "-C", str(stage.folder / "pages.git"), "show", "pages:index.html"], capture_output=True, text=True, timeout=30, check=False
    )
    if kept.stdout != page:
        yield kept.stderr.strip() or "the page in git is another one"


def _jira_told(stage: Stage, ending: Ending, world: World) -> Iterator[str]:
    """The fix version is released in JIRA, and holds what was shipped."""
    names = [version.name for version in stage.story.versions if version.version == ending.version]
    shipped = _shipped(world, ending)
    released = {one.name for project in stage.story.projects for one in stage.jira.versions(project) if one.released}
    yield from (f"{name} is not released in JIRA" for name in names if name not in released)
    inside = {issue.key for issue in stage.jira.issues() if set(stage.jira.fix_versions(issue.key)) & set(names)}
    if inside != shipped:
        yield f"JIRA and the release differ by {', '.join(sorted(inside ^ shipped))}"


def _audit_intact(_stage: Stage, _ending: Ending, world: World) -> Iterator[str]:
    broken = audit.verify(world)
    if broken is not None:
        yield f"row {broken[0]}: {broken[1]}"


def _story_told(_stage: Stage, ending: Ending, _world: World) -> Iterator[str]:
    """What was to go wrong did go wrong."""
    if ending.doubted is None:
        yield "no change lost QA"
    if ending.sick is None:
        yield "nobody was sick"
    if not ending.frozen or not ending.moved:
        yield "no freeze moved a slot"


CHECKS: dict[str, Check] = {
    "release": _release_delivered,
    "fleet": _fleet_runs_it,
    "windows": _starts_in_windows,
    "preview first": _preview_first,
    "tickets": _tickets_told,
    "mail": _mail_once,
    "page": _page_is_right,
    "page in git": _page_in_git,
    "jira": _jira_told,
    "audit trail": _audit_intact,
    "story": _story_told,
}
