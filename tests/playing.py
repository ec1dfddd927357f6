"""A play: a small story on real stand-ins that every test begins anew at the same moment, with people who act by the same steps as the tools."""

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import yaml
from starlette.types import ASGIApp, Receive, Scope, Send

from rollout.core.clients import Environment
from rollout.core.closing import Notice, NoticeKind
from rollout.core.delivery import Delivery, WaveProgress
from rollout.core.errands import Errand
from rollout.core.releases import Release
from rollout.core.values import ChangeKey, ClientId, PersonId, Version
from rollout.ports import World
from rollout.sandbox.clockwork import Clockwork
from rollout.sandbox.desk import HelpDesk
from rollout.sandbox.desk.server import application
from rollout.sandbox.desk.traffic import Traffic
from rollout.sandbox.fleet import Fleet
from rollout.sandbox.jira import JiraStandIn
from rollout.sandbox.mail import ReceivedMail
from rollout.sandbox.serving import Serving
from rollout.sandbox.stage import Stage, fill_jira
from rollout.sandbox.story import Clientele, PlotIssue, Story
from rollout.sandbox.workspace import BOT, DESK_TOKEN, JIRA_TOKEN, write_freeze
from rollout.steps import assess, collect, cut, notify, plan, sign, start
from rollout.steps.advance import Tick, advance
from rollout.wiring import open_world
from tests.stories import BRISK, ENGINEER, FOLLOWING, MONDAY, PREVIOUS, SIGNERS, TARGET, change_settings, small_stage, small_story

AMBER, BIRCH, COBALT, DRIFTWOOD = (ClientId(name) for name in ("amber-quay", "birch-harbour", "cobalt-marina", "driftwood-yard"))
CLIENTS = (AMBER, BIRCH, COBALT, DRIFTWOOD)
DANA, QUINN, SAM, LEE = (PersonId(name) for name in ("dana", "quinn", "sam", "lee"))
PREVIEW, PRODUCTION = Environment.PREVIEW, Environment.PRODUCTION
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
TUESDAY, WEDNESDAY, THURSDAY = MONDAY + DAY, MONDAY + 2 * DAY, MONDAY + 3 * DAY

FIRST, SECOND, THIRD, LATE = (ChangeKey(f"SKIFF-{number}") for number in (10, 11, 12, 90))
"""Three changes that are ready, and one that will miss the release."""

TICKETS: Mapping[str, tuple[ClientId | None, tuple[ChangeKey, ...]]] = {
    "1": (AMBER, (FIRST,)),
    "2": (BIRCH, (FIRST,)),
    "3": (AMBER, (SECOND, LATE)),
    "4": (COBALT, (SECOND, THIRD)),
    "5": (None, (FIRST,)),
}
"""Who opened each ticket, and which changes it waits for. Birch Harbour is a premium client; the fifth is a stranger's."""


def played_story() -> Story:
    """The story of every play; QA says what clients will read of the first change."""
    story = small_story(clients=4, changes=3, unready=1)
    issues = (replace(issue, note="The rudder no longer sticks") if issue.key == FIRST else issue for issue in story.issues)
    return replace(story, issues=tuple(issues))


@dataclass(frozen=True)
class Outfit:
    """The stand-ins that one test has to itself."""

    clock: Clockwork
    jira: JiraStandIn
    desk: HelpDesk
    traffic: Traffic
    at_desk: ASGIApp


def _door(way: Callable[[], ASGIApp]) -> ASGIApp:
    """An application that leads every request to the one that stands there now."""

    async def led(scope: Scope, receive: Receive, send: Send) -> None:
        await way()(scope, receive, send)

    return led


class Play:
    """The story in one workspace. Whoever looks at it finds its beginning, where nothing is collected yet, unless he goes to another moment first.

    `world` is open from then on, and anew after each change to the workspace's files.
    """

    def __init__(self, folder: Path, story: Story | None = None, mode: Literal["cloud", "server"] = "cloud", **settings: Any) -> None:
        self._mode = mode
        self._closing = ExitStack()
        self._opened = ExitStack()
        self._kept = folder / "kept"
        self.stage: Stage = self._closing.enter_context(small_stage(folder / "workspace", story or played_story(), **settings))
        self._folder, self._moment = self.stage.folder, ""
        self._doors = [self._closing.enter_context(Serving(_door(way))) for way in (lambda: self._outfit.jira, lambda: self._outfit.at_desk)]
        self._lead_here()
        self._mails = 0
        self._keep("bare")

    def _lead_here(self) -> None:
        """Have the workspace ask the stand-ins that are made anew, not the stage's own."""
        file = self._folder / "rollout.yaml"
        text = file.read_text(encoding="utf-8")
        for old, new in zip((self.stage.jira_server.url, self.stage.desk_server.url), self._doors, strict=True):
            text = text.replace(old, new.url)
        file.write_text(text, encoding="utf-8")

    # ── moments ────────────────────────────────────────────────────────────────────────────────────

    def go_to(self, moment: str) -> None:
        """Make everything as it was at that moment: bare, collected, cut, signed, started, or one that was kept under that name. `previewed` is the
        Monday on which all previews have it, `delivered` the Tuesday on which all productions have it too, and nobody has been told of anything."""
        if not self.has(moment):
            before, act = _WAYS[moment]
            self.go_to(before)
            act(self)
            self._keep(moment)
        self._moment = moment
        self._restore(moment)
        self._dress()
        self.reopen()

    def begin_anew(self) -> None:
        """Let the next one who looks find the beginning."""
        self._opened.close()
        self._moment = ""

    def _ready(self) -> None:
        if not self._moment:
            self.go_to("bare")

    def started(self, name: str, **settings: Any) -> None:
        """Go to the start of a rollout with these parts of rollout.yaml in the place of others; kept under that name."""
        if not self.has(name):
            self.go_to("signed")
            self.change_settings(**settings)
            self.begin()
            self._keep(name)
        self.go_to(name)

    def has(self, moment: str) -> bool:
        """Whether a moment was kept under that name."""
        return (self._kept / moment).exists()

    def keep(self, moment: str) -> None:
        """Keep everything as it is now, but for what JIRA and the desk have been told, under that name."""
        self._keep(moment)
        self.reopen()

    def _keep(self, moment: str) -> None:
        self._opened.close()
        shutil.copytree(self._folder, self._kept / moment, symlinks=True, ignore=shutil.ignore_patterns(*_FOR_GOOD))

    def _restore(self, moment: str) -> None:
        self._opened.close()
        for entry in self._folder.iterdir():
            if entry.name not in _FOR_GOOD:
                shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
        shutil.copytree(self._kept / moment, self._folder, symlinks=True, dirs_exist_ok=True)

    def _dress(self) -> None:
        """New stand-ins, as they were when the story began."""
        at = datetime.fromisoformat((self._folder / "clock.txt").read_text(encoding="utf-8").strip())
        clock, traffic = Clockwork(self._folder / "clock.txt", at), Traffic()
        desk = HelpDesk(clock, BOT, DESK_TOKEN)
        self._outfit = Outfit(clock, JiraStandIn(self._mode, clock, {BOT: JIRA_TOKEN}), desk, traffic, traffic.around(application(desk, traffic)))
        self._mails = len(self.stage.mail.mails)
        fill_jira(self._outfit.jira, self.stage.story)
        organizations = {client.id: desk.add_organization(client.name, client.id) for client in self.stage.story.clients}
        self._requesters = {name: desk.add_user("Ana", f"ana@{name}.example", number) for name, number in organizations.items()}
        self._requesters[""] = desk.add_user("Sal", "sal@passerby.example", desk.add_organization("Passerby"))
        for number, (client, changes) in TICKETS.items():
            self.open_ticket(number, client, *changes)

    def reopen(self) -> World:
        """Open the workspace anew, as the next command would."""
        self._opened.close()
        self._world = self._opened.enter_context(open_world(self._folder))
        return self._world

    def close(self) -> None:
        """Close the workspace and the stand-ins."""
        self._opened.close()
        self._closing.close()

    # ── people and machines ────────────────────────────────────────────────────────────────────────

    @property
    def world(self) -> World:
        self._ready()
        return self._world

    @property
    def folder(self) -> Path:
        self._ready()
        return self._folder

    @property
    def fleet(self) -> Fleet:
        self._ready()
        return self.stage.fleet

    @property
    def jira(self) -> JiraStandIn:
        self._ready()
        return self._outfit.jira

    @property
    def desk(self) -> HelpDesk:
        self._ready()
        return self._outfit.desk

    @property
    def traffic(self) -> Traffic:
        """What goes to the desk."""
        self._ready()
        return self._outfit.traffic

    @property
    def now(self) -> datetime:
        self._ready()
        return self._outfit.clock()

    def at(self, moment: datetime) -> "Play":
        """Let it be that moment."""
        self._ready()
        self._outfit.clock.set(moment)
        return self

    def later(self, **span: float) -> "Play":
        """Let that much time pass."""
        return self.at(self.now + timedelta(**span))

    def open_ticket(self, number: str, client: ClientId | None, *changes: ChangeKey) -> str:
        """A ticket of that client (of a stranger, for None), linked to the changes by links on the issues."""
        self.desk.add_ticket("When will it be solved?", self._requesters[client or ""], id=int(number))
        for key in changes:
            self.link_ticket(number, key)
        return number

    def link_ticket(self, number: str, key: ChangeKey) -> None:
        """Link the issue to the ticket, as support does."""
        self.jira.add_remote_link(key, f"{self._doors[1].url}/agent/tickets/{number}", f"Ticket #{number}", global_id=f"help_ticket_{number}")

    def change_settings(self, **settings: Any) -> None:
        """Put these parts of rollout.yaml in the place of the ones that stand there."""
        change_settings(self.folder, **settings)
        self.reopen()

    def change_client(self, client: ClientId, **given: Any) -> None:
        """Change the client's entry in clients.yaml."""
        self._change_clients(lambda entries: [entry | given if entry["id"] == client else entry for entry in entries])

    def drop_client(self, client: ClientId) -> None:
        """Take the client out of clients.yaml."""
        self._change_clients(lambda entries: [entry for entry in entries if entry["id"] != client])

    def add_client(self, name: str) -> ClientId:
        """A new client, whose installations run the version before, at the end of clients.yaml."""
        new = ClientId(name)
        for environment in Environment:
            self.fleet.add(new, environment, PREVIOUS)
        installations = [
            {"environment": str(one), "executor": "agent", "health": ["web"], "params": self.fleet.params_for(new, one)} for one in Environment
        ]
        entry = {"id": new, "name": name.title(), "tier": "standard-plus", "timezone": "America/Toronto", "installations": installations}
        self._change_clients(lambda entries: [*entries, entry])
        return new

    def _change_clients(self, change: Callable[[list[dict[str, Any]]], list[dict[str, Any]]]) -> None:
        file = self.folder / "clients.yaml"
        data = yaml.safe_load(file.read_text(encoding="utf-8"))
        data["clients"] = change(data["clients"])
        file.write_text(yaml.safe_dump(data, sort_keys=False), encoding="utf-8")
        self.reopen()

    def freeze(self, first: datetime, last: datetime, name: str = "processor-move") -> None:
        """A freeze, from midnight to midnight in Toronto, before both days."""
        write_freeze(self.folder, name, f"{first:%Y-%m-%d}T00:00", f"{last:%Y-%m-%d}T00:00", "America/Toronto", "the card processor moves")

    def begin(self) -> None:
        """Plan the target, and start it."""
        plan.plan(self.world, TARGET, SIGNERS["pm"])
        start.start(self.world, TARGET, ENGINEER)

    def tick(self) -> Tick:
        return advance(self.world)

    def send(self) -> notify.Notified:
        return notify.notify(self.world)

    def collect(self, full: bool = False) -> collect.Collected:
        return collect.collect(self.world, full)

    # ── what stands ────────────────────────────────────────────────────────────────────────────────

    def release(self, version: Version = TARGET) -> Release:
        with self.world.ledger.read() as tx:
            release = tx.release(version)
        assert release is not None, version
        return release

    def delivery(self, client: ClientId, environment: Environment = PRODUCTION, version: Version = TARGET) -> Delivery:
        with self.world.ledger.read() as tx:
            delivery = tx.delivery(version, client, environment)
        assert delivery is not None, (client, environment)
        return delivery

    def states(self, environment: Environment = PRODUCTION, version: Version = TARGET) -> dict[ClientId, str]:
        with self.world.ledger.read() as tx:
            return {one.client: str(one.state) for one in tx.deliveries(version) if one.environment is environment}

    def waves(self, version: Version = TARGET) -> dict[str, str]:
        return {wave.name: str(wave.state) for wave in self.progress(version)}

    def progress(self, version: Version = TARGET) -> tuple[WaveProgress, ...]:
        with self.world.ledger.read() as tx:
            return tx.waves(version)

    def runs(self) -> dict[ClientId, str]:
        """What the production installations run, asked of themselves."""
        return {
            client: str(self.fleet.version_of(client, environment)) for client, environment in self.fleet.installations() if environment == PRODUCTION
        }

    def notices(self, kind: NoticeKind | None = None, **chosen: Any) -> list[Notice]:
        """The notices with these fields."""
        with self.world.ledger.read() as tx:
            found = tx.notices()
        return [one for one in found if kind in (None, one.kind) and all(getattr(one, name) == value for name, value in chosen.items())]

    def errands(self) -> tuple[Errand, ...]:
        with self.world.ledger.read() as tx:
            return tx.errands()

    def audit(self, subject: str) -> list[tuple[str, dict[str, Any]]]:
        """What was written down of the subject, oldest first."""
        with self.world.ledger.read() as tx:
            return [(row.act, row.data) for row in tx.audit(subject)]

    def replies(self, ticket: str) -> list[tuple[str, str]]:
        """What the requester got to read on the ticket, and its status after each."""
        return [(reply.text, reply.status) for reply in self.desk.replies if reply.ticket == ticket]

    def mails(self) -> tuple[ReceivedMail, ...]:
        return self.stage.mail.mails[self._mails :]


_FOR_GOOD = ("product.git", "pages.git", "mail", "secrets")
"""What no test changes."""


def _collected(play: Play) -> None:
    problems = play.collect(full=True).problems
    assert problems == (), problems


def _cut(play: Play) -> None:
    cut.cut(play.world, TARGET, DANA)
    assess.assess(play.world, TARGET, {}, DANA)


def _signed(play: Play) -> None:
    for role, person in SIGNERS.items():
        sign.sign(play.world, TARGET, role, person)


def _previewed(play: Play) -> None:
    assert play.tick().delivered == 4


def _delivered(play: Play) -> None:
    assert play.at(TUESDAY).tick().delivered == 4


_WAYS: Mapping[str, tuple[str, Callable[[Play], None]]] = {
    "collected": ("bare", _collected),
    "cut": ("collected", _cut),
    "signed": ("cut", _signed),
    "started": ("signed", Play.begin),
    "previewed": ("started", _previewed),
    "delivered": ("previewed", _delivered),
}


@contextmanager
def playing(folder: Path, story: Story | None = None, mode: Literal["cloud", "server"] = "cloud", **settings: Any) -> Iterator[Play]:
    """A play in that folder, closed at the end."""
    play = Play(folder, story, mode, **settings)
    try:
        yield play
    finally:
        play.close()


def strategy(*waves: dict[str, Any], tolerant_previews: int = 0, **given: Any) -> dict[str, Any]:
    """The settings of a strategy with the wave of all previews first, of which so many may fail, and these of productions after it."""
    usual: dict[str, Any] = {"environment": "production", "needs": ["preview"], "concurrency": 8}
    first, rest = BRISK["strategies"]["transparent"]["waves"][0], [usual | wave for wave in waves]
    return {
        "strategies": {"transparent": {"preview_soak": "0s", "runway": "30m", "waves": [first | {"tolerance": tolerant_previews}, *rest], **given}}
    }


def interrupted(world: World, act: Callable[[], Any]) -> World:
    """The same world, in which that is done once between reading a release and writing to it: while git is asked."""
    return replace(world, history=_Disturbed(world.history, act))  # type: ignore[arg-type]  # it answers as the real one does


class _Disturbed:
    def __init__(self, history: Any, act: Callable[[], Any]) -> None:
        self._history, self._left = history, [act]

    def __getattr__(self, name: str) -> Any:
        while self._left:
            self._left.pop()()
        return getattr(self._history, name)


__all__ = [
    "AMBER",
    "BIRCH",
    "CLIENTS",
    "COBALT",
    "DANA",
    "DAY",
    "DRIFTWOOD",
    "FIRST",
    "FOLLOWING",
    "HOUR",
    "LATE",
    "LEE",
    "MONDAY",
    "PREVIEW",
    "PREVIOUS",
    "PRODUCTION",
    "QUINN",
    "SAM",
    "SECOND",
    "TARGET",
    "THIRD",
    "THURSDAY",
    "TICKETS",
    "TUESDAY",
    "WEDNESDAY",
    "Clientele",
    "Play",
    "PlotIssue",
    "interrupted",
    "playing",
    "strategy",
]
