"""What is made on demand is made once, and not before."""

import sys
import threading
from collections.abc import Callable, Iterator

import pytest

from rollout.errors import Unauthorized
from rollout.wiring.ondemand import OnDemand, deferred


class Made(list[str]):
    """Makers that note what they made."""

    def maker(self, name: str) -> Callable[[], str]:
        def make() -> str:
            self.append(name)
            return "".join(character.upper() for character in name)

        return make


def test_only_what_is_asked_for_is_made_and_only_once() -> None:
    made = Made()
    things = OnDemand({name: made.maker(name) for name in ("a", "b")})
    assert (list(things), len(things), "b" in things, "c" in things, made) == (["a", "b"], 2, True, False, [])
    assert (things["b"], things["b"], things.get("c"), made) == ("B", "B", None, ["b"])


def test_what_cannot_be_made_says_so_each_time() -> None:
    def refuse() -> str:
        raise Unauthorized("jira", "no token")

    things = OnDemand({"a": refuse})
    for _ in range(2):
        with pytest.raises(Unauthorized, match="jira: no token"):
            things["a"]


@pytest.fixture
def restless() -> Iterator[None]:
    """Threads take turns as often as can be."""
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    yield
    sys.setswitchinterval(before)


@pytest.mark.usefixtures("restless")
def test_threads_that_ask_together_get_the_same_thing() -> None:
    barrier, made, names = threading.Barrier(8), Made(), [str(number) for number in range(300)]
    things = OnDemand({name: made.maker(name) for name in names})

    def ask() -> None:
        barrier.wait(timeout=10)
        for name in names:
            assert things[name] == name

    threads = [threading.Thread(target=ask) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=10)
    assert sorted(made) == sorted(names)


def test_what_is_known_of_a_deferred_thing_can_be_told_without_it() -> None:
    made: list[str] = []

    def make() -> str:
        made.append("made")
        return "thing"

    thing = deferred(make, name="jira")
    assert (getattr(thing, "name", None), made) == ("jira", [])
    assert (thing.upper(), thing.title(), made) == ("THING", "Thing", ["made"])
