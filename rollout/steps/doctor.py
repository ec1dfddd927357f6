"""Checks a workspace all over: its files, whether they fit each other, every connection. Repairs nothing, and does not stop at the first fault."""

from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from typing import Protocol
from zoneinfo import ZoneInfo

from rollout.core.clients import Client, Environment
from rollout.core.coverage import Coverage, Request, zones_of
from rollout.core.findings import Finding, Grade
from rollout.core.releases import ReleaseKind
from rollout.core.signoffs import policy_faults
from rollout.core.timezones import differing_zones
from rollout.core.values import ClientId
from rollout.core.waves import strategy_faults
from rollout.errors import Fault, RolloutError
from rollout.ports import World
from rollout.steps.coverage import HORIZON
from rollout.steps.holidays import Almanac, locks_found

# What is tried; how to try it, which returns what was found, or raises RolloutError, OSError or ValueError; and what to do then.
Probe = tuple[str, Callable[[], str], str]

_AT_ONCE = 8
ZONES_AHEAD = timedelta(days=800)


class SystemZones(Protocol):
    """The machine's own time-zone data: its version, and each zone by name, None for one that it does not know."""

    @property
    def version(self) -> str: ...
    def __call__(self, name: str) -> ZoneInfo | None: ...


class Patient(Protocol):
    """A workspace to be examined: what its files say of themselves, and what can be tried.

    `faults` are those of all its files; with one in rollout.yaml there is no `world`. `sound` are the files that have none. `clients`, `coverage`
    and `at`, the time there, are None where their files have faults. `unmatched` are calendars' scopes that name nobody. `system_zones` are the
    time zones as the machine itself knows them; the `almanac` is what is known of public holidays today.
    """

    faults: tuple[Fault, ...]
    sound: tuple[str, ...]
    unmatched: tuple[Fault, ...]
    world: World | None
    clients: Mapping[ClientId, Client] | None
    coverage: Coverage | None
    at: datetime | None
    knows_people: bool
    probes: tuple[Probe, ...]

    @property
    def system_zones(self) -> SystemZones: ...

    @property
    def almanac(self) -> Almanac: ...


def examine(patient: Patient) -> tuple[Finding, ...]:
    """Everything that was looked at: files first, then how they fit, then what was tried. Takes as long as the slowest connection."""
    findings = [*_files(patient)]
    if patient.world is not None:
        findings += [*_strategies(patient.world, patient.clients), *_policies(patient.world, patient.knows_people), *_habits(patient.world)]
        findings += [*_calendars(patient, patient.world), *_zones(patient, patient.world), *_holidays(patient, patient.world)]
    return (*findings, *_tried(patient.probes))


def is_well(findings: tuple[Finding, ...]) -> bool:
    """Whether nothing is at fault; warnings do not count."""
    return all(finding.grade is not Grade.FAULT for finding in findings)


def _files(patient: Patient) -> Iterator[Finding]:
    for name in patient.sound:
        yield _ok("file", f"{name} has no faults")
    for fault in sorted(patient.faults):
        yield _fault("file", str(fault))
    if patient.world is None:
        yield Finding(
            grade=Grade.WARNING, what="file", text="nothing else can be tried before rollout.yaml is sound", hint="Correct it, and look again."
        )


def _strategies(world: World, clients: Mapping[ClientId, Client] | None) -> Iterator[Finding]:
    for name, strategy in world.policies.strategies.items():
        if clients is None:
            yield _unseen(f"strategy {name}", "clients.yaml")
            continue
        faults = strategy_faults(strategy, clients)
        for text in faults:
            yield _fault(f"strategy {name}", text)
        if not faults:
            yield _ok(f"strategy {name}", f"puts each installation of {len(clients)} clients into one of {len(strategy.waves)} waves")


def _policies(world: World, knows_people: bool) -> Iterator[Finding]:
    for kind, policy in world.policies.signoff.items():
        what = f"sign-off {kind}"
        if not knows_people:
            yield _unseen(what, "people.yaml")
            continue
        faults = policy_faults(policy, world.policies.people.values())
        for text in faults:
            yield _fault(what, text, "Give the role to more people in people.yaml, or ask for fewer in rollout.yaml.")
        if not faults:
            yield _ok(what, f"{', '.join(f'{need} x {role}' for role, need in sorted(policy.need.items()))}: enough people hold each role")


def _habits(world: World) -> Iterator[Finding]:
    """What is allowed, and seldom meant."""
    policies = world.policies
    if not world.trackers:
        yield _warning("jira", "no JIRA is configured: there is nothing to release", "Add one under jira in rollout.yaml.")
    if policies.readiness.needs_evidence and world.history is None:
        yield _warning("git", "readiness asks for evidence, and no git repository is configured: nothing is proven or doubted", "Add git.")
    if policies.mail_contacts and world.mailer is None:
        yield _warning("mail", "contacts are to be told by mail, and no mail server is configured", "Add notify.mail, or set contacts: false.")
    if not world.publishers:
        yield _warning("publish", "the Upcoming Release page is published nowhere", "Add a folder or a git repository under publish.")


def _calendars(patient: Patient, world: World) -> Iterator[Finding]:
    for fault in patient.unmatched:
        yield _fault("calendars", str(fault))
    if patient.coverage is None or patient.at is None:
        yield _unseen("calendars", "calendars" if patient.coverage is None else "clock")
        return
    request = Request(kind=ReleaseKind.MONTHLY, environment=Environment.PRODUCTION)
    slot = patient.coverage.next_slot(request, patient.at, patient.at + HORIZON)
    if slot is None:
        yield _fault("calendars", f"never open for a monthly release within {HORIZON.days} days", "Look why: rollout coverage explain")
    else:
        start = slot.start.astimezone(world.policies.zone)
        yield _ok("calendars", f"open next for a monthly release at {start:%Y-%m-%d %H:%M} ({world.policies.timezone}, zone data {world.zone_data})")


def _zones(patient: Patient, world: World) -> Iterator[Finding]:
    """Where the machine's own time-zone data shows other clocks than ours, in any zone that is in use here."""
    if patient.coverage is None or patient.clients is None or patient.at is None:
        return
    used = {world.policies.timezone, *zones_of(patient.coverage.rules), *(client.timezone for client in patient.clients.values())}
    found = list(differing_zones(used, patient.system_zones, patient.at, patient.at + ZONES_AHEAD))
    theirs = patient.system_zones.version or "no version"
    for one in found:
        text = f"{one.zone}: on {one.at:%Y-%m-%d} the machine's own data ({theirs}) says UTC{_offset(one.theirs)}, ours ({world.zone_data}) "
        yield _warning("time zones", f"{text}UTC{_offset(one.ours)}", "We go by ours. Update the machine's: other programs on it show other times.")
    if not found:
        yield _ok("time zones", f"zone data {world.zone_data}; the machine's own agrees on the {len(used)} in use here")


def _holidays(patient: Patient, world: World) -> Iterator[Finding]:
    if patient.coverage is not None and patient.at is not None:
        yield from locks_found(patient.coverage.rules, patient.almanac, patient.at.astimezone(world.policies.zone).date())


def _offset(offset: timedelta) -> str:
    minutes = int(offset.total_seconds()) // 60
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02}:{abs(minutes) % 60:02}"


def _tried(probes: tuple[Probe, ...]) -> Iterator[Finding]:
    with ThreadPoolExecutor(_AT_ONCE) as pool:
        yield from pool.map(_try, probes)


def _try(probe: Probe) -> Finding:
    what, ask, hint = probe
    try:
        return _ok(what, ask())
    except (RolloutError, OSError, ValueError) as error:
        return _fault(what, " ".join(str(error).split()), hint)


def _ok(what: str, text: str) -> Finding:
    return Finding(grade=Grade.OK, what=what, text=text)


def _warning(what: str, text: str, hint: str) -> Finding:
    return Finding(grade=Grade.WARNING, what=what, text=text, hint=hint)


def _fault(what: str, text: str, hint: str = "") -> Finding:
    return Finding(grade=Grade.FAULT, what=what, text=text, hint=hint)


def _unseen(what: str, file: str) -> Finding:
    return _warning(what, f"not looked at: {file} has faults", "Correct them, and look again.")
