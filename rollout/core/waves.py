"""Waves: a strategy's ordered groups, and the real clients that fall into each. Says who goes with whom; the planner says when."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import timedelta
from itertools import groupby

from pydantic import Field

from rollout.core.clients import Client, Environment, Selector
from rollout.core.releases import order
from rollout.core.values import ClientId, Reason, Value, Version
from rollout.errors import Refused


class Tolerance(Value):
    """Failures that a wave may have: a number, or a percentage of the wave's size when it starts, rounded up. 0 by default."""

    count: int = Field(0, ge=0)
    percent: float = Field(0, ge=0, le=100)


class Wave(Value):
    """One step of a strategy. `soak` is business time; `capacity` is installations per coverage window, None for no limit;
    `concurrency` is how many may be in flight at once; `expected` the time that one installation takes."""

    name: str
    environment: Environment
    select: Selector
    soak: timedelta = timedelta()
    capacity: int | None = Field(None, ge=1)
    concurrency: int = Field(4, ge=1)
    tolerance: Tolerance = Tolerance()
    expected: timedelta = timedelta(minutes=15)
    needs_preview: bool = False


class Strategy(Value):
    """Ordered waves, each environment's own order kept. `preview_soak` is business time between a client's preview and its production.
    `runway` must stay clear after each start, `max_pause` is the longest freeze that a rollout may straddle."""

    name: str
    waves: tuple[Wave, ...] = Field(min_length=1)
    preview_soak: timedelta = timedelta()
    runway: timedelta = timedelta()
    max_pause: timedelta = timedelta(days=14)


class Member(Value):
    """One installation in its wave. `wave` is the index in the strategy."""

    client: ClientId
    environment: Environment
    wave: int


class Excluded(Value):
    """An installation that the release will not go to, and why."""

    client: ClientId
    environment: Environment
    reason: Reason


class Assignment(Value):
    """Every installation of every client: in exactly one wave, or excluded with a reason. `remarks` tell what was decided on the way."""

    members: tuple[Member, ...]
    excluded: tuple[Excluded, ...] = ()
    remarks: tuple[str, ...] = ()


Installed = Mapping[tuple[ClientId, Environment], Version]
SHOWN = 10
_OUTGROWN = frozenset({"matches-nobody", "no-wave"})  # what becomes of a wave that selects versions, once its clients have the new one


def assign(strategy: Strategy, clients: Mapping[ClientId, Client], installed: Installed, version: Version, *, on_its_way: bool = False) -> Assignment:
    """Put every installation into the first wave of its environment that matches it, or exclude it with a reason.

    A wave with `rest` takes whoever no other wave of the environment matches, wherever it stands in the order. An environment in which a client
    has no installation makes no member. Of a release `on_its_way` a wave may have nobody left, and who matches no wave any more is excluded.
    Raises Refused with all faults of the strategy.
    """
    excluded = list(_excluded(strategy, clients, installed, version))
    out = {(row.client, row.environment) for row in excluded}
    choices = {key: found for key, found in _choices(strategy, clients, installed).items() if key not in out}
    faults = [*_idle_waves(strategy, clients, installed), *_client_faults(strategy, choices)]
    faults = [(code, text) for code, text in faults if not on_its_way or code not in _OUTGROWN]
    if faults:
        raise _refusal(strategy, faults)
    excluded += [Excluded(client=client, environment=where, reason=_unmatched(strategy)) for (client, where), found in choices.items() if not found]
    members = sorted((Member(client=client, environment=where, wave=found[0]) for (client, where), found in choices.items() if found), key=_by_wave)
    return Assignment(members=tuple(members), excluded=tuple(excluded), remarks=tuple(_remarks(strategy, clients, members, choices)))


def strategy_faults(strategy: Strategy, clients: Mapping[ClientId, Client], installed: Installed | None = None) -> tuple[str, ...]:
    """What keeps the strategy from being used on these clients, one line each; without `installed` every client may run any version."""
    wanting = {key: found for key, found in _choices(strategy, clients, installed).items() if not clients[key[0]].opted_out}
    return tuple(text for _, text in (*_idle_waves(strategy, clients, installed), *_client_faults(strategy, wanting)))


def _by_wave(member: Member) -> tuple[int, ClientId]:
    return member.wave, member.client


def _choices(strategy: Strategy, clients: Mapping[ClientId, Client], installed: Installed | None) -> dict[tuple[ClientId, Environment], list[int]]:
    """The waves that match each installation, the one that gets it first; nothing for environments that the strategy leaves alone."""
    waves = {where: [index for index, wave in enumerate(strategy.waves) if wave.environment is where] for where in Environment}
    found = {}
    for name in sorted(clients):
        for where, indexes in waves.items():
            if indexes and clients[name].installation(where):
                found[name, where] = _matching(strategy, indexes, clients[name], installed)
    return found


def _matching(strategy: Strategy, indexes: list[int], client: Client, installed: Installed | None) -> list[int]:
    named = [index for index in indexes if not strategy.waves[index].select.rest and _matches(strategy.waves[index], client, installed)]
    return named or [index for index in indexes if strategy.waves[index].select.rest][:1]


def _matches(wave: Wave, client: Client, installed: Installed | None) -> bool:
    if installed is not None:
        return wave.select.matches(client, installed.get((client.id, wave.environment)))
    anyhow = wave.select.model_copy(update={"versions": frozenset()})
    return anyhow.matches(client) or (anyhow == Selector() and bool(wave.select.versions))


def _excluded(strategy: Strategy, clients: Mapping[ClientId, Client], installed: Installed, version: Version) -> Iterator[Excluded]:
    served = {wave.environment for wave in strategy.waves} | {Environment.PRODUCTION}
    for name in sorted(clients):
        for where in Environment:
            if clients[name].installation(where):
                why = _why_not(clients[name], installed.get((name, where)), version) or (None if where in served else _unserved(strategy, where))
                if why:
                    yield Excluded(client=name, environment=where, reason=why)


def _why_not(client: Client, runs: Version | None, version: Version) -> Reason | None:
    if client.opted_out:
        return Reason(code="opted-out", text=f"{client.id} has opted out: {client.opted_out}")
    if client.pinned is not None and client.pinned != version:
        return Reason(code="pinned", text=f"{client.id} is pinned to {client.pinned}")
    if runs is not None and order(runs) >= order(version):
        return Reason(code="already-there", text=f"it runs {runs} already")
    return None


def _unserved(strategy: Strategy, where: Environment) -> Reason:
    return Reason(code="no-wave", text=f"strategy {strategy.name} has no wave for {where}")


def _unmatched(strategy: Strategy) -> Reason:
    return Reason(code="no-wave", text=f"no wave of strategy {strategy.name} matches it any more")


def _idle_waves(strategy: Strategy, clients: Mapping[ClientId, Client], installed: Installed | None) -> Iterator[tuple[str, str]]:
    """The waves that can never have a member."""
    resting = set()
    for wave in strategy.waves:
        there = [client for client in clients.values() if client.installation(wave.environment)]
        if wave.select.rest and wave.environment in resting:
            yield "second-rest", f"wave {wave.name} takes the rest of {wave.environment}, but an earlier wave does so already; drop one of them"
        elif not wave.select.rest and not any(_matches(wave, client, installed) for client in there):
            yield "matches-nobody", f"wave {wave.name} selects {_described(wave.select)}, which no client with a {wave.environment} installation has"
        if wave.select.rest:
            resting.add(wave.environment)


def _client_faults(strategy: Strategy, choices: Mapping[tuple[ClientId, Environment], list[int]]) -> Iterator[tuple[str, str]]:
    """The installations that the strategy cannot serve as it promises."""
    if Environment.PRODUCTION not in {wave.environment for wave in strategy.waves}:
        yield "no-production", f"strategy {strategy.name} has no wave for production; add one"
    for (client, where), found in choices.items():
        if not found:
            yield "no-wave", f"{client}/{where} matches no wave of strategy {strategy.name}; select it in one, or add a wave with `rest: true`"
        elif strategy.waves[found[0]].needs_preview and where is Environment.PRODUCTION:
            before = choices.get((client, Environment.PREVIEW)) or [-1]
            if before[0] > found[0]:
                names = strategy.waves[found[0]].name, strategy.waves[before[0]].name
                yield "preview-later", f"wave {names[0]} needs the preview of {client}, which goes later, in wave {names[1]}; swap the waves"


def _refusal(strategy: Strategy, faults: list[tuple[str, str]]) -> Refused:
    shown = "; ".join(text for _, text in faults[:SHOWN])
    more = f"; and {len(faults) - SHOWN} more" if len(faults) > SHOWN else ""
    return Refused(f"strategy {strategy.name} does not fit the clients: {shown}{more}", tuple(faults))


def _described(select: Selector) -> str:
    parts = {name: sorted(getattr(select, name)) for name in ("tags", "tiers", "regions", "timezones", "versions", "clients")}
    return " and ".join(f"{name} {', '.join(values)}" for name, values in parts.items() if values) or "nobody"


def _remarks(
    strategy: Strategy,
    clients: Mapping[ClientId, Client],
    members: list[Member],
    choices: Mapping[tuple[ClientId, Environment], list[int]],
) -> Iterator[str]:
    several = sorted((found, client) for (client, _), found in choices.items() if len(found) > 1)
    for found, pairs in groupby(several, key=lambda pair: pair[0]):
        first, *others = (strategy.waves[index].name for index in found)
        yield f"wave {first} comes before {' and '.join(others)}, which match too: {listed(client for _, client in pairs)}"
    for index, wave in enumerate(strategy.waves):
        inside = [member.client for member in members if member.wave == index]
        alone = [client for client in inside if not clients[client].installation(Environment.PREVIEW)]
        if wave.needs_preview and wave.environment is Environment.PRODUCTION and alone:
            yield f"wave {wave.name} does not wait for a preview where there is none: {listed(alone)}"
        if not inside:
            yield f"wave {wave.name} is empty: whoever it matches goes earlier or is excluded"


def listed(names: Iterable[str]) -> str:
    """The names in order; of many, the first few and how many more."""
    ordered = sorted(names)
    more = f" and {len(ordered) - SHOWN} more" if len(ordered) > SHOWN else ""
    return ", ".join(ordered[:SHOWN]) + more
