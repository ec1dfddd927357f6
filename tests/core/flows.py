"""Oracles for the matching: a maximum flow after Ford and Fulkerson, and all assignments of small cases, one by one."""

from collections.abc import Iterator, Mapping, Sequence
from itertools import product

from rollout.core.matching import Kind


def most(seekers: Mapping[str, Kind], room: Sequence[int]) -> int:
    """How many can be placed at the same time, by unit augmenting paths over the residual graph."""
    seated: list[list[str]] = [[] for _ in room]
    return sum(_augment(name, seekers, room, seated, set()) for name in seekers)


def _augment(name: str, seekers: Mapping[str, Kind], room: Sequence[int], seated: list[list[str]], seen: set[int]) -> bool:
    for window, places in enumerate(room):
        if seekers[name].open >> window & 1 and window not in seen:
            seen.add(window)
            if len(seated[window]) < places:
                seated[window].append(name)
                return True
            for other in seated[window]:
                if _augment(other, seekers, room, seated, seen):
                    seated[window].remove(other)
                    seated[window].append(name)
                    return True
    return False


def assignments(seekers: Mapping[str, Kind], room: Sequence[int]) -> Iterator[dict[str, int]]:
    """Every way to give windows to some of the seekers."""
    choices = [[None, *(window for window in range(len(room)) if kind.open >> window & 1)] for kind in seekers.values()]
    for picked in product(*choices):
        places = {name: window for name, window in zip(seekers, picked, strict=True) if window is not None}
        if all(list(places.values()).count(window) <= count for window, count in enumerate(room)):
            yield places


def left_home(seekers: Mapping[str, Kind], places: Mapping[str, int]) -> int:
    """How many of those with a home are elsewhere."""
    return sum(places[name] != kind.home for name, kind in seekers.items() if kind.home is not None and name in places)
