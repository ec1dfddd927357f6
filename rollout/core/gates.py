"""Every gate that a delivery passes before its single start. Each is a function from the facts and the moment to a Verdict."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta

from rollout.core.coverage import Coverage, Request
from rollout.core.delivery import Delivery, DeliveryState, WaveProgress, WaveState, soaked, span
from rollout.core.holds import Hold, Stop
from rollout.core.releases import Release, ReleaseState, order
from rollout.core.values import Reason, Verdict, Version, closed
from rollout.core.waves import Wave

OPEN = Verdict()


@dataclass(frozen=True)
class Facts:
    """What the gates of one delivery look at. `signed` is the standing of the release's sign-offs, `preview` this client's own preview delivery
    (None if there is none), `elsewhere` another release on its way to the same installation, `in_flight` how many of the wave are under way,
    `runs` and `runs_in_preview` the versions installed now; `known` whether clients.yaml still has the client."""

    release: Release
    signed: Verdict
    delivery: Delivery
    wave: WaveProgress
    rule: Wave
    preview: Delivery | None
    preview_soak: timedelta
    holds: tuple[Hold, ...]
    stop: Stop | None
    pinned: Version | None
    opted_out: str
    runs: Version | None
    runs_in_preview: Version | None
    has_preview: bool
    elsewhere: Delivery | None
    in_flight: int
    coverage: Coverage
    request: Request
    known: bool = True


Gate = Callable[[Facts, datetime], Verdict]


def not_stopped(facts: Facts, _: datetime) -> Verdict:
    """The emergency brake is not pulled."""
    stop = facts.stop
    if stop is None:
        return OPEN
    return closed("stopped", f'everything is stopped since {_day(stop.at)} by {stop.by} ("{stop.why}"). Release it: rollout resume, by two people')


def signed(facts: Facts, _: datetime) -> Verdict:
    """The release is rolling out, and a live quorum stands behind its content."""
    if facts.release.state is not ReleaseState.ROLLING_OUT:
        return closed("not-rolling-out", f"{facts.release.version} is {facts.release.state}")
    return facts.signed


def wave_open(facts: Facts, _: datetime) -> Verdict:
    """The waves before are promoted, and this one is not halted."""
    wave = facts.wave
    if wave.state in (WaveState.OPEN, WaveState.PROMOTED):
        return OPEN
    return closed(f"wave-{wave.state}", wave.reason or f"wave {wave.name} is {wave.state}")


def not_held(facts: Facts, _: datetime) -> Verdict:
    """Neither the client nor the release is on hold."""
    held = [hold for hold in facts.holds if hold.subject in (facts.delivery.client, facts.delivery.version)]
    return Verdict(reasons=tuple(_held(hold) for hold in held), next_open=held[0].until if len(held) == 1 else None)


def wanted(facts: Facts, _: datetime) -> Verdict:
    """The client is still there, has not opted out, and is not pinned to another version."""
    if not facts.known:
        name, version = facts.delivery.client, facts.delivery.version
        return closed("gone", f"clients.yaml no longer has {name}. Put it back, or leave it out: rollout skip {name} {version} --reason …")
    if facts.opted_out:
        return closed("opted-out", f"{facts.delivery.client} has opted out: {facts.opted_out}")
    if facts.pinned and facts.pinned != facts.delivery.version:
        return closed("pinned", f"{facts.delivery.client} is pinned to {facts.pinned}")
    return OPEN


def upgrade_path(facts: Facts, _: datetime) -> Verdict:
    """The installation does not run something newer already."""
    if facts.runs and order(facts.runs) > order(facts.delivery.version):
        return closed("newer", f"{facts.delivery.client}/{facts.delivery.environment} runs {facts.runs}, which is newer")
    return OPEN


def alone(facts: Facts, _: datetime) -> Verdict:
    """No other release is on its way to the same installation."""
    other = facts.elsewhere
    return OPEN if other is None else closed("not-alone", f"{other.name} is {other.state}; one release at a time goes to an installation")


def preview_done(facts: Facts, at: datetime) -> Verdict:
    """This client's own preview has the release, and has been watched for long enough."""
    preview = facts.preview
    if not facts.rule.needs_preview or (preview is not None and preview.state is DeliveryState.WITHDRAWN):
        return OPEN
    if preview is None:
        return _preview_left_out(facts)
    if preview.state is not DeliveryState.DELIVERED or preview.settled_at is None:
        return closed("preview", f"the preview of {preview.client} is {preview.state}, not delivered")
    watched = facts.coverage.business_between(preview.settled_at, at)
    if watched >= facts.preview_soak:
        return OPEN
    clears_at = facts.coverage.business_add(preview.settled_at, facts.preview_soak)
    text = f"the preview of {preview.client} has been watched for {span(watched)} of {span(facts.preview_soak)} business time"
    return closed("preview-soak", text, clears_at=clears_at)


def _preview_left_out(facts: Facts) -> Verdict:
    """For a preview that this release does not go to: it has to run the release, or something newer, already."""
    version, runs = facts.delivery.version, facts.runs_in_preview
    if not facts.has_preview or (runs is not None and order(runs) >= order(version)):
        return OPEN
    return closed("preview", f"the preview of {facts.delivery.client} is no part of {version} yet. Plan again: rollout plan {version}")


def room_in_wave(facts: Facts, _: datetime) -> Verdict:
    """Not too many installations of the wave are under way."""
    if facts.in_flight < facts.rule.concurrency:
        return OPEN
    return closed("concurrency", f"{facts.in_flight} deliveries of wave {facts.wave.name} are under way, {facts.rule.concurrency} may be")


def in_slot(facts: Facts, at: datetime) -> Verdict:
    """It is this installation's slot, and there is time left in it."""
    delivery = facts.delivery
    if at < delivery.slot_start:
        return closed("slot", f"its slot begins at {_moment(delivery.slot_start)}", clears_at=delivery.slot_start)
    if at >= delivery.latest_start:
        return closed("slot-over", f"the latest start of its slot was {_moment(delivery.latest_start)}; it gets the next open one")
    return OPEN


def covered(facts: Facts, at: datetime) -> Verdict:
    """The calendars are clear for the whole stretch: the company's, the environment's, this client's. A plan may count on a roster that is still to
    be written; whoever starts now has to know who is there."""
    verdict = facts.coverage.verdict(facts.request, at)
    if verdict.open and verdict.provisional:
        return closed("roster", "the roster is not known for the whole stretch: nobody knows who would be there. Extend it")
    return verdict


GATES: dict[str, Gate] = {
    "stop": not_stopped,
    "signed": signed,
    "wave": wave_open,
    "hold": not_held,
    "wanted": wanted,
    "path": upgrade_path,
    "alone": alone,
    "preview": preview_done,
    "slot": in_slot,
    "concurrency": room_in_wave,
    "coverage": covered,
}


def ask(facts: Facts, at: datetime) -> dict[str, Verdict]:
    """Every gate's verdict, in the order in which they are asked; coverage, which depends most on the time, comes last."""
    return {name: gate(facts, at) for name, gate in GATES.items()}


def first_closed(facts: Facts, at: datetime) -> tuple[str, Verdict] | None:
    """The first gate that is closed, and its verdict; None if all are open. Stops there: for starting, not for explaining."""
    for name, gate in GATES.items():
        verdict = gate(facts, at)
        if not verdict.open:
            return name, verdict
    return None


def soak_of(wave: WaveProgress, rule: Wave, coverage: Coverage, settled_at: datetime | None, at: datetime) -> Verdict:
    """Whether the wave has soaked since its last delivery was settled; a wave in which nothing was to be done has."""
    if settled_at is None or not rule.soak:
        return OPEN
    watched = coverage.business_between(settled_at, at)
    return soaked(wave, rule.soak, watched, coverage.business_add(settled_at, rule.soak))


def _held(hold: Hold) -> Reason:
    text = f'{hold.subject} is held since {_day(hold.at)} by {hold.by} ("{hold.why}"). Lift it: rollout lift {hold.subject} --reason …'
    return Reason(code="held", text=text, clears_at=hold.until)


def _day(at: datetime) -> str:
    return f"{at:%Y-%m-%d}"


def _moment(at: datetime) -> str:
    return f"{at:%Y-%m-%d %H:%M} UTC"
