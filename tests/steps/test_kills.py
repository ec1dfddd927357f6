"""`kill -9` of `advance` and of `notify` at every recorded step, then again: nothing is lost, nothing is done twice, nobody is told twice."""

import os
import random
import re
import signal
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from rollout.core.clients import Environment
from rollout.sandbox.stage import Stage
from rollout.sandbox.workspace import write_freeze
from tests.databases import PostgresServer
from tests.stories import MONDAY, change_settings, small_story
from tests.theatre import Seen, Theatre, theatre, told

pytestmark = pytest.mark.slow
TUESDAY, WEDNESDAY = MONDAY + timedelta(days=1), MONDAY + timedelta(days=2)
RACES, KILLS, SEEDS = 2, 3, (1, 2)  # a seed for each theatre
PLAYS = (("monday", "advance"), ("tuesday", "advance"), ("left", "advance"), ("wednesday", "advance"), ("untold", "notify"))


class Point(NamedTuple):
    """A point at which an act dies: one of its own, or one of the gate."""

    name: str
    how: dict[str, int]


@pytest.fixture(scope="module", params=["sqlite", "postgres"])
def theatres(request: pytest.FixtureRequest) -> Iterator[tuple[Theatre, ...]]:
    """Two theatres that are alike, so that two can die at once; on both databases in turn."""
    server: PostgresServer | None = request.getfixturevalue("postgres") if request.param == "postgres" else None
    with ExitStack() as opened, ThreadPoolExecutor(2) as pool:
        alike = [opened.enter_context(theatre(server, small_story(changes=1), set_up, work={"workers": 1})) for _ in range(2)]
        list(pool.map(rehearse, alike))
        yield tuple(alike)


def set_up(stage: Stage) -> None:
    """A ticket that waits for the change which misses the release waits for the other one, too: it is told, and stays open. Two clients read mail."""
    late = next(ticket for ticket in stage.tickets if ticket.change == "SKIFF-90" and ticket.client == "driftwood-yard")
    stage.jira.add_remote_link("SKIFF-10", f"{stage.desk_server.url}/agent/tickets/{late.id}", "Their ticket")
    clients = stage.folder / "clients.yaml"
    clients.write_text(re.sub(r"  *email: ana@(amber|cobalt).*\n", "", clients.read_text(encoding="utf-8")), encoding="utf-8")


def rehearse(found: Theatre) -> None:
    """Play the story once, and keep these moments.

    monday     the previews are due, and a freeze of Tuesday has just appeared for one client
    tuesday    the productions of all others are due
    left       the same, after a process was lost: one delivery has been made and not been noted, the others have not begun
    untold     they are delivered; nobody has been told of anything yet: not on tickets, not by mail, not in JIRA
    wednesday  the last production is due; with it the rollout ends
    """
    freeze_one_client(found.stage.folder)
    found.moments.keep("monday")
    found.act("advance")
    found.set_clock(TUESDAY)
    found.moments.keep("tuesday")
    points = found.act("advance").points
    found.moments.keep("untold")
    found.set_clock(WEDNESDAY)
    found.moments.keep("wednesday")
    found.go_to("tuesday")
    second = [number for number, point in enumerate(points, 1) if point == "before deploy"][1]
    assert found.act("advance", die_at=second).killed
    found.moments.keep("left")


def freeze_one_client(folder: Path) -> None:
    write_freeze(folder, "their-audit", "2026-12-01T00:00", "2026-12-02T00:00", "America/Toronto", "their auditors are there")
    with (folder / "calendars" / "their-audit.yaml").open("a", encoding="utf-8") as calendar:
        calendar.write("scope: {clients: [cobalt-marina]}\n")


@pytest.mark.parametrize(("moment", "act"), PLAYS)
def test_an_act_killed_at_any_step_and_repeated_comes_to_the_same(theatres: tuple[Theatre, ...], moment: str, act: str) -> None:
    theatres[0].go_to(moment)
    ended = theatres[0].act(act)
    points = [Point(f"{number} {name}", {"die_at": number}) for number, name in enumerate(ended.points, 1)]
    points += [Point(f"{number} {name}", {"fatal": number}) for number, name in enumerate(theatres[0].outside.gate.passed, 1)]
    points = [point for point in points if theatres[0].server is None or not is_mere_look(point)]
    undisturbed = Seen(ended.ledger, theatres[0].outside.effects())

    def outcome_in(place: Theatre) -> Callable[[Point], tuple[str, dict[str, Any]]]:
        return lambda point: (point.name, without_mails_in_doubt(after_death(place, moment, act, undisturbed, point)))

    with ThreadPoolExecutor(len(theatres)) as pool:
        shares = [pool.submit(list, map(outcome_in(place), points[number :: len(theatres)])) for number, place in enumerate(theatres)]
        outcomes = [outcome for share in shares for outcome in share.result()]
    wrong = {name: differences for name, differences in outcomes if differences}
    sys.stdout.write(f"{act}, {moment}: killed at {len(points)} points; {len(wrong)} came to something else\n")
    assert wrong == {}


def is_mere_look(point: Point) -> bool:
    """Whether nothing has happened since the point before, neither in the ledger nor outside. One database is enough for these."""
    return "GET " in point.name or point.name.endswith("before version")


def after_death(place: Theatre, moment: str, act: str, undisturbed: Seen, point: Point) -> dict[str, Any]:
    """Let the act die there, carry it out again until nothing is left to do, and tell how the world differs from the undisturbed one."""
    place.go_to(moment)
    assert place.act(act, **point.how).killed, point.name
    return between(undisturbed, place.act_again(act, undisturbed.ledger))


def between(wanted: Seen, found: Seen) -> dict[str, Any]:
    """How one world differs from another."""
    return difference(told(wanted.ledger), told(found.ledger)) | difference(wanted.outside, found.outside)


def difference(wanted: Mapping[str, Any], found: Mapping[str, Any]) -> dict[str, Any]:
    """Where two accounts differ: what was wanted, and what was found."""
    parts = {}
    for part, one in wanted.items():
        old, new = (one, found[part]) if isinstance(one, dict) else ({"": one}, {"": found[part]})
        parts |= {f"{part} {name}".strip(): (old.get(name), new.get(name)) for name in {*old, *new} if old.get(name) != new.get(name)}
    return parts


def without_mails_in_doubt(differences: dict[str, Any], at_most: int = 1) -> dict[str, Any]:
    """The differences but for the mails of which nobody can know whether they went out: each did so once at most, and a person sees its notice as
    dead. A process that is killed leaves one at most."""
    dead = [name for name, (_, now) in differences.items() if name.startswith("notices mail:") and str(now).startswith("dead ")]
    lost = tuple(f"mails {name.rpartition(':')[2]} " for name in dead)
    if len(dead) > at_most:
        return differences
    return {name: (was, now) for name, (was, now) in differences.items() if name not in dead and not (name.startswith(lost) and now is None)}


# ── Two at once ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("moment", "act"), PLAYS)
def test_two_that_act_at_once_come_to_what_one_comes_to(theatres: tuple[Theatre, ...], moment: str, act: str) -> None:
    place = theatres[0]
    undisturbed = alone(place, moment, act)
    for _ in range(RACES):
        place.go_to(moment)
        change_settings(place.stage.folder, work={"workers": 4})
        ended = place.act_at_once(act, act)
        assert [one.returned["problems"] for one in ended if act == "advance"] == [[]] * 2 * (act == "advance")
        assert between(undisturbed, place.act_again(act, undisturbed.ledger)) == {}


def alone(place: Theatre, moment: str, act: str) -> Seen:
    """What the act comes to if nobody is in its way."""
    place.go_to(moment)
    return Seen(place.act(act).ledger, place.outside.effects())


# ── At any moment ──────────────────────────────────────────────────────────────────────────────────


def test_a_rollout_whose_processes_are_killed_all_the_time_comes_to_the_same(theatres: tuple[Theatre, ...]) -> None:
    undisturbed, _ = whole_story(theatres[0], lambda _act: 0)
    with ThreadPoolExecutor(len(theatres)) as pool:
        for seed, (seen, kills) in zip(SEEDS, pool.map(disturbed_story, theatres, SEEDS), strict=True):
            sys.stdout.write(f"seed {seed}: killed {kills} times\n")
            assert without_mails_in_doubt(between(undisturbed, seen), at_most=kills) == {}


def disturbed_story(place: Theatre, seed: int) -> tuple[Seen, int]:
    chance = random.Random(seed)
    return whole_story(place, lambda act: kill_at_random(place, act, chance))


def whole_story(place: Theatre, disturb: Callable[[str], int]) -> tuple[Seen, int]:
    """All three days; before each act comes to its end it is disturbed. Returns what can be seen afterwards, and how often it was killed."""
    place.go_to("monday")
    change_settings(place.stage.folder, work={"workers": 4})
    for client in ("amber-quay", "driftwood-yard"):
        for environment in Environment:
            place.stage.fleet.slow_deploy(client, environment, 0.2)
    kills = 0
    for day in (MONDAY, TUESDAY, WEDNESDAY):
        place.set_clock(day)
        for act in ("advance", "notify"):
            kills += disturb(act)
            seen = place.act_again(act, {})
    return seen, kills


def kill_at_random(place: Theatre, act: str, chance: random.Random) -> int:
    """Begin the act several times, and kill it somewhere; returns how often it was killed before it had ended."""
    kills = 0
    for _ in range(KILLS):
        place.outside.gate.reset(None)
        pid = place.acts.start(act)
        time.sleep(chance.uniform(0.0, 0.3))  # no event to wait for: the moment is what is tried
        os.kill(pid, signal.SIGKILL)
        kills += place.acts.end().killed
    return kills
