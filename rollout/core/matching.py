"""Matching: who gets which window, when each is open to some and has room for a few. Knows numbers and names only, no time and no calendar.

Three steps. Whoever has a home (a window from an earlier plan) is seated there. The windows are then filled in order, the most urgent first
(earliest deadline); where a window has room left, those without a home shift along an alternating path to fill it, so that everybody fits who
can, in the earliest windows that can be (the places form a transversal matroid, for which this greedy order is exact). Whoever still waits is let
in along cheapest alternating paths, which takes the fewest from home (successive shortest paths of a minimum-cost flow).
"""

from collections import defaultdict, deque
from collections.abc import Iterable, Iterator, Mapping, Sequence
from heapq import heapify, heappop, heapreplace
from typing import NamedTuple


class Kind(NamedTuple):
    """What makes seekers equal. Bit i of `open` says that window i is open to them; `home` is where they were, `fixed` that they may not leave."""

    open: int
    home: int | None = None
    fixed: bool = False

    @property
    def deadline(self) -> int:
        return self.open.bit_length()


class Room:
    """One window: how many more it takes, who sits in it, and where those could go instead."""

    def __init__(self, here: int, left: int) -> None:
        self.here, self.left = here, left
        self.seated: dict[Kind, list[str]] = {}
        self._forget()

    def _forget(self) -> None:
        self._loose: int | None = None
        self._movable: int | None = None
        self._steps: dict[int, tuple[int, Kind]] | None = None

    def seat(self, kind: Kind, name: str) -> None:
        self.left -= 1
        if kind in self.seated:
            self.seated[kind].append(name)
        else:
            self.seated[kind] = [name]
            self._forget()

    def release(self, kind: Kind) -> str:
        """Let the last of the kind go, and say who it was."""
        self.left += 1
        name = self.seated[kind].pop()
        if not self.seated[kind]:
            del self.seated[kind]
            self._forget()
        return name

    def loose(self) -> int:
        """The windows that are open to somebody here who has no home."""
        if self._loose is None:
            self._loose = _union(kind.open for kind in self.seated if kind.home is None)
        return self._loose

    def movable(self) -> int:
        """The windows that are open to somebody here who may move."""
        if self._movable is None:
            self._movable = _union(kind.open for kind in self.seated if not kind.fixed)
        return self._movable

    def steps(self) -> dict[int, tuple[int, Kind]]:
        """Where somebody from here could go, at which cost, and which kind: 1 to leave home, -1 to come back to it."""
        if self._steps is None:
            self._steps = {}
            for kind in self.seated:
                for goal in bits(0 if kind.fixed else kind.open & ~(1 << self.here)):
                    price = 0 if kind.home is None else (goal != kind.home) - (self.here != kind.home)
                    if goal not in self._steps or price < self._steps[goal][0]:
                        self._steps[goal] = price, kind
        return self._steps


class Matching:
    """Who sits in which window. `waiting` are the names without a place, in order, by the windows that are open to them."""

    def __init__(self, room: Sequence[int]) -> None:
        self.rooms = [Room(window, left) for window, left in enumerate(room)]
        self.waiting: dict[int, deque[str]] = {}

    def places(self) -> dict[str, int]:
        """The window of everybody who has one."""
        return {name: room.here for room in self.rooms for names in room.seated.values() for name in names}

    def reach(self, start: int) -> int:
        """The windows that may become free for one to whom `start` is open, because somebody moves on. For one who waits in the end all of them
        are full, and nobody in them can go elsewhere: the proof that it cannot be placed (Hall's condition)."""
        reached = frontier = start
        while frontier:
            frontier = _union(self.rooms[window].movable() for window in bits(frontier)) & ~reached
            reached |= frontier
        return reached

    def admit(self, window: int) -> tuple[Kind, str]:
        """Take the most urgent of those who wait for the window off the list."""
        _, _, mask = min((mask.bit_length(), names[0], mask) for mask, names in self.waiting.items() if mask >> window & 1)
        return Kind(mask), self.call(mask)

    def call(self, mask: int) -> str:
        """Take the next of those to whom these windows are open off the list."""
        name = self.waiting[mask].popleft()
        if not self.waiting[mask]:
            del self.waiting[mask]
        return name


def match(seekers: Mapping[str, Kind], room: Sequence[int]) -> Matching:
    """Give as many as possible a window each; the same for any order of the seekers. A home that is open and has room is kept where it can be."""
    matching = Matching(room)
    _settle(matching, seekers)
    for window in matching.rooms:
        _fill(matching, window)
        while window.left > 0 and _draw(matching, window):
            pass
    while _let_in(matching):
        pass
    return matching


def bits(mask: int) -> Iterator[int]:
    """The positions of the bits that are set, lowest first."""
    while mask:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low


def _union(masks: Iterable[int]) -> int:
    whole = 0
    for mask in masks:
        whole |= mask
    return whole


def _settle(matching: Matching, seekers: Mapping[str, Kind]) -> None:
    """Seat everybody who has a home, the fixed ones first and whatever the room; the others wait."""
    waiting: defaultdict[int, list[str]] = defaultdict(list)
    homed = sorted((not kind.fixed, kind.deadline, name) for name, kind in seekers.items() if kind.home is not None)
    for _, _, name in homed:
        kind = seekers[name]
        home = kind.home or 0
        if kind.fixed or (kind.open >> home & 1 and matching.rooms[home].left > 0):
            matching.rooms[home].seat(kind, name)
        else:
            waiting[kind.open].append(name)
    for name, kind in seekers.items():
        if kind.home is None:
            waiting[kind.open].append(name)
    matching.waiting = {mask: deque(sorted(waiting[mask])) for mask in sorted(waiting)}


def _fill(matching: Matching, room: Room) -> None:
    """Give the window's room to the most urgent of those to whom it is open."""
    heads = [(mask.bit_length(), names[0], mask) for mask, names in matching.waiting.items() if mask >> room.here & 1]
    heapify(heads)
    while room.left > 0 and heads:
        deadline, _, mask = heads[0]
        room.seat(Kind(mask), matching.call(mask))
        if mask in matching.waiting:
            heapreplace(heads, (deadline, matching.waiting[mask][0], mask))
        else:
            heappop(heads)


def _draw(matching: Matching, room: Room) -> bool:
    """Fill one place of the window from an earlier one, so that one who waits gets in there. Only those without a home shift."""
    wanted = _union(matching.waiting) & ((1 << room.here) - 1)
    onward = {room.here: room.here}
    for goal in (queue := [room.here] if wanted else []):
        for source in matching.rooms[: room.here]:
            if source.here not in onward and source.loose() >> goal & 1:
                onward[source.here] = goal
                queue.append(source.here)
                if wanted >> source.here & 1:
                    _shift(matching, source.here, onward)
                    return True
    return False


def _shift(matching: Matching, window: int, onward: dict[int, int]) -> None:
    entering = matching.admit(window)
    while (goal := onward[window]) != window:
        room = matching.rooms[window]
        kind = next(kind for kind in room.seated if kind.home is None and kind.open >> goal & 1)
        leaving = kind, room.release(kind)
        room.seat(*entering)
        entering, window = leaving, goal
    matching.rooms[window].seat(*entering)


def _let_in(matching: Matching) -> bool:
    """Let in one who waits, along the path that takes the fewest from home; of equal ones the path to the earliest free window."""
    wanted = _union(matching.waiting)
    free = [window for window in bits(matching.reach(wanted)) if matching.rooms[window].left > 0]
    if not free:
        return False
    cost, before = _cheapest(matching, wanted)
    window = min(free, key=lambda one: (cost[one], one))
    while window in before:
        source, kind = before[window]
        matching.rooms[window].seat(kind, matching.rooms[source].release(kind))
        window = source
    matching.rooms[window].seat(*matching.admit(window))
    return True


def _cheapest(matching: Matching, wanted: int) -> tuple[dict[int, int], dict[int, tuple[int, Kind]]]:
    """How many must leave home until each window is free for one who waits, and by which last step (Bellman and Ford, with a queue)."""
    cost = dict.fromkeys(bits(wanted), 0)
    before: dict[int, tuple[int, Kind]] = {}
    for window in (queue := sorted(cost)):
        for goal, (price, kind) in matching.rooms[window].steps().items():
            if goal not in cost or cost[window] + price < cost[goal]:
                cost[goal] = cost[window] + price
                before[goal] = window, kind
                queue.append(goal)
    return cost, before
