"""Hypothesis' own calendars, strategies and clients for the laws of planning. Small, tight and full of holes."""

from datetime import timedelta

from hypothesis import strategies as st

from rollout.core.clients import Environment, Selector
from rollout.core.coverage import Window
from rollout.core.planner import Outline
from rollout.core.waves import Strategy, Wave
from tests.builders import client
from tests.core.paper import HOUR, MONDAY, PaperCoverage, hours
from tests.core.planning import outline

EDGES = (8, 9, 9.75, 11, 12, 13.5, 14, 17)
NAMES = [f"c{number}" for number in range(9)]


@st.composite
def windows(draw, most: int = 8) -> list[Window]:
    """Company windows, at most two a day, apart from each other; some behind a freeze of three weeks."""
    days = draw(st.lists(st.sampled_from([0, 1, 2, 3, 4, 7, 8, 30, 31]), min_size=1, max_size=most, unique=True))
    found = []
    for day in sorted(days):
        edges = sorted(draw(st.lists(st.sampled_from(EDGES), min_size=2, max_size=4, unique=True)))
        found += [hours(day, opens, closes) for opens, closes in zip(edges[::2], edges[1::2], strict=False)]
    return found


@st.composite
def calendars(draw, most: int = 8) -> PaperCoverage:
    """A company's windows, and holes in them for some clients."""
    company = draw(windows(most))
    holes = st.lists(st.tuples(st.sampled_from(company), st.sampled_from([0, 1, 2]), st.sampled_from([1, 3, 8])), max_size=5)
    closed = draw(st.dictionaries(st.sampled_from(NAMES), holes, max_size=6))
    return PaperCoverage(
        company,
        closed={
            name: [Window(start=window.start + late * HOUR, end=window.start + (late + long) * HOUR) for window, late, long in parts]
            for name, parts in closed.items()
        },
    )


@st.composite
def strategies(draw, tags: frozenset[str]) -> Strategy:
    """Previews at times, then a pilot where there is one, then everybody."""
    capacity, soak = st.sampled_from([None, 1, 2]), st.sampled_from([0, 1, 5]).map(lambda number: number * HOUR)
    parts = [("preview", Environment.PREVIEW, Selector(rest=True))] if draw(st.booleans()) else []
    parts += [("pilot", Environment.PRODUCTION, Selector(tags=tags))] if tags else []
    waves = [
        Wave(
            name=name,
            environment=where,
            select=select,
            soak=draw(soak),
            capacity=draw(capacity),
            expected=draw(st.sampled_from([HOUR / 2, HOUR])),
            needs_preview=where is Environment.PRODUCTION and draw(st.booleans()),
        )
        for name, where, select in [*parts, ("all", Environment.PRODUCTION, Selector(rest=True))]
    ]
    pause = draw(st.sampled_from([timedelta(days=14), timedelta(days=92)]))
    return Strategy(name="drawn", waves=tuple(waves), preview_soak=draw(soak), runway=draw(st.sampled_from([timedelta(), HOUR / 2])), max_pause=pause)


@st.composite
def scenarios(draw, most: int = 8) -> tuple[Outline, PaperCoverage]:
    """A release on its way to a few clients, and the calendars that it has to keep to."""
    some = [
        client(name, draw(st.sampled_from(["production", "preview production"])), tags=draw(st.sampled_from([(), (), ("pilot",)])))
        for name in draw(st.lists(st.sampled_from(NAMES), min_size=1, unique=True))
    ]
    strategy = draw(strategies(frozenset().union(*(one.tags for one in some))))
    return outline(strategy, some, MONDAY + draw(st.integers(0, 60)) * HOUR), draw(calendars(most))
