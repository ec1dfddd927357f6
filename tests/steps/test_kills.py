"""`kill -9` of `advance` and of `notify` at every recorded step, then again: nothing is lost, nothing is done twice, nobody is told twice."""

import sys
from collections.abc import Callable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from rollout.sandbox.workspace import write_freeze
from tests.databases import PostgresServer
from tests.stories import MONDAY, small_story
from tests.theatre import Seen, Theatre, theatre, told

pytestmark = pytest.mark.slow
TUESDAY, WEDNESDAY = MONDAY + timedelta(days=1), MONDAY + timedelta(days=2)
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
        alike = [opened.enter_context(theatre(server, small_story(changes=1), work={"workers": 1})) for _ in range(2)]
        list(pool.map(rehearse, alike))
        yield tuple(alike)


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
    undisturbed = Seen(ended.ledger, theatres[0].outside.effects())

    def outcome_in(place: Theatre) -> Callable[[Point], tuple[str, dict[str, Any]]]:
        return lambda point: (point.name, without_mail_in_doubt(after_death(place, moment, act, undisturbed, point)))

    with ThreadPoolExecutor(len(theatres)) as pool:
        shares = [pool.submit(list, map(outcome_in(place), points[number :: len(theatres)])) for number, place in enumerate(theatres)]
        outcomes = [outcome for share in shares for outcome in share.result()]
    wrong = {name: differences for name, differences in outcomes if differences}
    sys.stdout.write(f"{act}, {moment}: killed at {len(points)} points; {len(wrong)} came to something else\n")
    assert wrong == {}


def after_death(place: Theatre, moment: str, act: str, undisturbed: Seen, point: Point) -> dict[str, Any]:
    """Let the act die there, carry it out again until nothing is left to do, and tell how the world differs from the undisturbed one."""
    place.go_to(moment)
    assert place.act(act, **point.how).killed, point.name
    seen = place.act_again(act, undisturbed.ledger)
    return difference(told(undisturbed.ledger), told(seen.ledger)) | difference(undisturbed.outside, seen.outside)


def difference(wanted: Mapping[str, Any], found: Mapping[str, Any]) -> dict[str, Any]:
    """Where two accounts differ: what was wanted, and what was found."""
    parts = {}
    for part, one in wanted.items():
        old, new = (one, found[part]) if isinstance(one, dict) else ({"": one}, {"": found[part]})
        parts |= {f"{part} {name}".strip(): (old.get(name), new.get(name)) for name in {*old, *new} if old.get(name) != new.get(name)}
    return parts


def without_mail_in_doubt(differences: dict[str, Any]) -> dict[str, Any]:
    """The differences but for a single mail of which nobody can know whether it went out: it did so once at most, and a person sees its notice as
    dead."""
    dead = [name for name, (_, now) in differences.items() if name.startswith("notices mail:") and str(now).startswith("dead ")]
    if len(dead) != 1:
        return differences
    lost = f"mails {dead[0].rpartition(':')[2]} "
    return {name: (was, now) for name, (was, now) in differences.items() if name != dead[0] and not (name.startswith(lost) and now is None)}
