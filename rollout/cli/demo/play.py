"""The story as it is played: people act through the same steps as the command line, and everything else is done by the real flows.

Three things go wrong on the way: a change loses QA after the cut, a freeze appears, and one client is not well after its delivery.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, time, timedelta
from typing import Any

from rollout.cli.demo.live import Teller
from rollout.core.clients import Environment
from rollout.core.closing import Channel, NoticeState
from rollout.core.delivery import DeliveryState, WaveState
from rollout.core.values import ChangeKey, ClientId, PersonId, Version
from rollout.errors import Refused
from rollout.ports import World
from rollout.sandbox.stage import Stage
from rollout.sandbox.workspace import write_freeze
from rollout.steps import assess, coverage, cut, guide, plan, show, sign, start
from rollout.wiring import open_world

DANA, QUINN, SAM, LEE = (PersonId(name) for name in ("dana", "quinn", "sam", "lee"))
TICKS = 400


@dataclass
class Ending:
    """What the checks need to know of how the story went. `sick` is the client whose delivery was rolled back."""

    version: Version
    ticks: int = 0
    flows: int = 0
    doubted: ChangeKey | None = None
    sick: ClientId | None = None
    frozen: str = ""
    moved: int = 0
    voided: list[str] = field(default_factory=list)


def play(stage: Stage, teller: Teller) -> Ending:
    """Play the story from its first morning until everything is delivered and everybody is told."""
    from flows.in_process import in_process

    with in_process() as flows, open_world(stage.folder) as world:
        play = _Play(stage, teller, flows, world)
        play.collect()
        play.cut()
        play.assess_and_sign()
        play.plan_and_start()
        play.roll_out()
        play.wind_up()
    return play.ending


class _Play:
    """One performance of the story. People look and act in one `world`; each flow opens the workspace anew."""

    def __init__(self, stage: Stage, teller: Teller, flows: Mapping[str, Callable[..., Any]], world: World) -> None:
        self.stage, self.teller, self.world = stage, teller, world
        self.version = stage.story.target
        self.ending = Ending(self.version)
        self._flows = flows

    # ── how things are done ────────────────────────────────────────────────────────────────────────

    def _flow(self, name: str, **parameters: Any) -> Any:
        self.ending.flows += 1
        return self._flows[name](workspace=str(self.stage.folder), **parameters)

    def _say(self, text: str, tone: str = "plain") -> None:
        self.teller.say(self.stage.clock(), text, tone)

    def _pass(self, **time_: float) -> None:
        self.stage.clock.set(self.stage.clock() + timedelta(**time_))

    # ── before the rollout ─────────────────────────────────────────────────────────────────────────

    def collect(self) -> None:
        """The first look at JIRA and the desk."""
        found = self._flow("collect", full=True)
        self._say(f"collected {found['changes']} changes and {found['tickets']} tickets; {len(found['releases'])} releases are known")
        for problem in found["problems"]:
            self._say(problem, "bad")
        self._publish()

    def cut(self) -> None:
        """The train cuts when its day has come; a release that it does not know is cut by the project manager."""
        if self.stage.story.by_train:
            moment = cut.cut_moment(self.world, self.version)
            self.stage.clock.set(max(moment or self.stage.clock(), self.stage.clock()))
            decided = self._flow("cut")
        else:
            decided = self._flow("cut", version=self.version, actor=DANA)
        for one in decided:
            self._say(f"{one['version']} is cut with {len(one['kept'])} changes", "good")
            for moved in one["moved"]:
                self._say(f"  {moved['key']} goes to {moved['to']}: {'; '.join(reason['text'] for reason in moved['reasons'])}")
        self._flow("notify")

    def assess_and_sign(self) -> None:
        """Three people sign; in between, a change loses QA, is pulled, is mended, and comes back."""
        assessed = assess.assess(self.world, self.version, {}, DANA)
        self._say(f"dana confirms: impact {assessed.impact}, risk {assessed.risk}, strategy {assessed.strategy}", "person")
        self._sign(DANA, "pm")
        self._lose_quality()
        for person, role in ((DANA, "pm"), (QUINN, "qa"), (SAM, "support")):
            self._sign(person, role)

    def _sign(self, person: PersonId, role: str) -> None:
        self._pass(minutes=20)
        try:
            signed = sign.sign(self.world, self.version, role, person)
        except Refused as refusal:
            self._say(str(refusal), "bad")
            return
        self._say(f"{person} signs as {role}; {len(signed.missing.reasons)} missing, {self.version} is {signed.state}", "person")

    def _lose_quality(self) -> None:
        changes = show.release(self.world, self.version)["changes"]
        doubted = ChangeKey(next((one["key"] for one in changes if one["tickets"]), changes[0]["key"]))
        self.ending.doubted = doubted
        self._pass(hours=1)
        self.stage.jira.set_field(doubted, "QA state", "Failed")
        self._say(f"QA finds {doubted} broken after all", "bad")
        self._flow("collect")
        self._sign(QUINN, "qa")
        if len(changes) > 1:
            self._pull(doubted)
        self._pass(hours=20)
        self.stage.jira.set_field(doubted, "QA state", "Passed")
        found = self._flow("collect")
        self.ending.voided += found["voided"]
        if len(changes) > 1:
            self._add_again(doubted)

    def _pull(self, key: ChangeKey) -> None:
        to = cut.pull(self.world, self.version, key, "it failed QA after the cut", DANA)
        fallen = [one for one in show.release(self.world, self.version)["signoffs"] if one["voided_at"]]
        self.ending.voided += [one["person"] for one in fallen]
        self._say(f"dana pulls {key} into {to}; the sign-off of {', '.join(one['person'] for one in fallen)} falls", "person")
        self._flow("notify")

    def _add_again(self, key: ChangeKey) -> None:
        cut.add(self.world, self.version, key, "it was mended overnight, and QA has passed it", DANA)
        self._say(f"QA passes {key} again; dana adds it, and everybody signs anew", "person")
        self._flow("notify")

    def plan_and_start(self) -> None:
        """The plan is made and the rollout begins on the train's day, or on the next covered one."""
        planned = plan.plan(self.world, self.version, DANA)
        self._say(f"planned: {len(planned.plan.slots)} slots, {len(planned.plan.unplaced)} unplaced, until {planned.plan.ends_at:%a %d %b}")
        first = self.world.policies.train.rollout_day(self.version)
        wanted = datetime.combine(first, time(8), tzinfo=self.world.policies.zone).astimezone(UTC) if first else self.stage.clock()
        opening = coverage.next_open(self.world, coverage.request(self.world, None), max(wanted, self.stage.clock()))
        if opening is not None:
            self.stage.clock.set(max(opening.start, self.stage.clock()))
        self._flow("collect")
        begun = start.start(self.world, self.version, LEE)
        self._say(f"lee starts {self.version}: {len(begun.slots)} installations", "person")
        self._flow("notify")
        self._publish()

    # ── the rollout ────────────────────────────────────────────────────────────────────────────────

    def roll_out(self) -> None:
        """Tick by tick, until the release is delivered."""
        self._choose_sick()
        while self.ending.ticks < TICKS:
            self.ending.ticks += 1
            tick = self._flow("advance")
            self._tell_tick(tick)
            if self.version in tick["finished"]:
                return
            if not self._react():
                self._send()
                self._go_to_next(tick)

    def _choose_sick(self) -> None:
        """A client of the third wave who waits for this release with a ticket, if there is one."""
        with self.world.ledger.read() as tx:
            waiting = {ticket.client for ticket in tx.tickets()}
            later = [one.client for one in tx.deliveries(self.version) if one.environment is Environment.PRODUCTION and one.wave >= 2]
        chosen = next((client for client in later if client in waiting), later[0] if later else None)
        if chosen is not None:
            self.ending.sick = chosen
            self.stage.fleet.make_sick(chosen, "production", "the berth map does not load", for_version=self.version)

    def _tell_tick(self, tick: Mapping[str, Any]) -> None:
        if tick["delivered"]:
            self._say(f"{tick['delivered']} delivered", "good")
        if tick["moved"]:
            self.ending.moved += tick["moved"]
            self._say(f"{tick['moved']} slots moved")
        for text in tick["waves"]:
            self._say(text, "bad" if "halted" in text else "good")
        for text in (*tick["broken"], *tick["problems"]):
            self._say(text, "bad")
        self.teller.waves(self.stage.clock(), show.status(self.world, self.version)["rollouts"][0]["waves"])

    def _react(self) -> bool:
        """What the world and its people do about it; whether there was anything, so that the next tick is due at once."""
        with self.world.ledger.read() as tx:
            waves = tx.waves(self.version)
        if not self.ending.frozen and any(wave.state is WaveState.PROMOTED and wave.environment is Environment.PRODUCTION for wave in waves):
            return self._freeze()
        if any(wave.state is WaveState.HALTED for wave in waves):
            return self._give_way()
        return False

    def _freeze(self) -> bool:
        """A freeze over the next two days on which something is planned."""
        with self.world.ledger.read() as tx:
            zone = self.world.policies.zone
            ahead = [one.slot_start.astimezone(zone).date() for one in tx.deliveries(self.version, states=(DeliveryState.PLANNED,))]
        later = sorted({day for day in ahead if day > self.stage.clock().astimezone(zone).date()})
        if not later:
            return False
        self.ending.frozen = f"{later[0]:%Y-%m-%d}"
        end = later[0] + timedelta(days=2)
        why = "the card processor moves to a new data centre"
        write_freeze(self.stage.folder, "processor-move", f"{later[0]:%Y-%m-%d}T00:00", f"{end:%Y-%m-%d}T00:00", zone.key, why)
        self._say(f"a freeze appears from {later[0]:%a %d %b} to {end:%a %d %b}: {why}", "bad")
        return True

    def _give_way(self) -> bool:
        """Lee looks at what broke, rolls that client back, which holds it, and goes on with the others."""
        for broken in guide.broken(self.world):
            guide.roll_back(self.world, self.version, broken.client, broken.environment, "the berth map does not load", LEE)
            self._say(f"lee rolls {broken.client} back to {broken.previous}; it is held, and its tickets stay open", "person")
        guide.go_on(self.world, self.version, "one client's own trouble; the others are well", LEE)
        self._say("lee goes on with the others", "person")
        return True

    def _send(self) -> None:
        """What the notify and publish schedules would do by now."""
        with self.world.ledger.read() as tx:
            due = tx.notices(states=(NoticeState.WAITING,), channels=(Channel.TICKET, Channel.MAIL), due_at=self.stage.clock(), limit=1)
        if due:
            told = self._flow("notify")
            self._say(f"{told['sent']} notices sent, {told['left_alone']} tickets left alone")

    def _go_to_next(self, tick: Mapping[str, Any]) -> None:
        """On to the next moment at which something can happen."""
        now = self.stage.clock()
        with self.world.ledger.read() as tx:
            waiting = tx.notices(states=(NoticeState.WAITING,), channels=(Channel.TICKET, Channel.MAIL))
        ahead = [one.not_before for one in waiting if one.not_before > now]
        if tick["next_at"]:
            ahead.append(datetime.fromisoformat(tick["next_at"]))
        self.stage.clock.set(min(ahead, default=now + timedelta(hours=1)))

    # ── afterwards ─────────────────────────────────────────────────────────────────────────────────

    def wind_up(self) -> None:
        """The last notices go out, JIRA is told, the page says what is out."""
        for _ in range(50):
            self._flow("notify")
            with self.world.ledger.read() as tx:
                waiting = tx.notices(states=(NoticeState.WAITING,), channels=(Channel.TICKET, Channel.MAIL))
            if not waiting:
                break
            self.stage.clock.set(max(self.stage.clock(), min(one.not_before for one in waiting)))
        self._flow("collect")
        self._publish()
        self._say(f"{self.version} is delivered, and everybody is told", "good")

    def _publish(self) -> None:
        published = self._flow("publish")
        if published["changed"]:
            self._say(f"the page is published: {', '.join(published['places'])}")
        for problem in published["problems"]:
            self._say(problem, "bad")
