"""Laws 2, 3 and 10: sets of spans are sets, step functions tell who holds what, and cutting the time changes neither."""

from functools import reduce
from itertools import pairwise

import portion
from hypothesis import given, settings
from hypothesis import strategies as st

from rollout.core.coverage.compile import Steps, Timeline, join, sweep
from rollout.core.coverage.spans import difference, intersection, outside, union, within
from rollout.core.coverage.zones import Span, year_start

LOW, HIGH = 0, 61
some = st.lists(st.tuples(st.integers(LOW, HIGH), st.integers(LOW, HIGH)).map(lambda two: (min(two), max(two))), max_size=6)
layers = st.lists(some.map(union), min_size=1, max_size=70)


def portions(spans: list[Span]) -> portion.Interval:
    """The same set by another hand."""
    return reduce(lambda left, right: left | right, (portion.closedopen(*span) for span in spans), portion.empty())


def spans_of(interval: portion.Interval) -> list[Span]:
    return [(atom.lower, atom.upper) for atom in interval if not atom.empty]


@given(some, some)
def test_sets_of_spans_are_those_of_another_hand(left: list[Span], right: list[Span]) -> None:
    one, two, first, second = union(left), union(right), portions(left), portions(right)
    whole = portion.closedopen(LOW, HIGH)
    assert one == spans_of(first)
    assert union([*one, *two]) == spans_of(first | second)
    assert intersection(one, two) == spans_of(first & second)
    assert difference(one, two) == spans_of(first - second)
    assert outside(one, LOW, HIGH) == spans_of(whole - first)
    assert within(one, 20, 40) == spans_of(first & portion.closedopen(20, 40))


@given(some, some)
def test_sets_of_spans_obey_the_laws_of_sets(left: list[Span], right: list[Span]) -> None:
    def out(spans: list[Span]) -> list[Span]:
        return outside(spans, LOW, HIGH)

    one, two = union(left), union(right)
    assert all(first[1] < second[0] for first, second in pairwise(one))
    assert union([*one, *one]) == union(one) == one
    assert out(out(one)) == one
    assert out(union([*one, *two])) == intersection(out(one), out(two))
    assert out(intersection(one, two)) == union([*out(one), *out(two)])
    assert difference(one, two) == intersection(one, out(two))


@given(layers)
def test_a_step_function_tells_for_each_instant_which_layers_hold_it(layers: list[list[Span]]) -> None:
    steps = sweep(layers, LOW, HIGH)
    told = {at: steps.mask(at, at + 1) for at in range(LOW, HIGH)}
    assert told == {at: sum(1 << bit for bit, spans in enumerate(layers) if any(start <= at < end for start, end in spans)) for at in told}
    assert {at for at in told if steps.is_clear(at, at + 1)} == {at for at in told if not told[at]}
    check(steps)


@given(layers, layers)
def test_layers_above_others_are_swept_as_if_all_were_swept_at_once(beneath: list[list[Span]], above: list[list[Span]]) -> None:
    assert sweep(above, LOW, HIGH, sweep(beneath, LOW, HIGH)) == sweep([*beneath, *above], LOW, HIGH)


@given(st.lists(some.map(union), max_size=4), st.lists(st.integers(LOW + 1, HIGH - 1), unique=True, max_size=4))
def test_compiling_in_parts_is_compiling_the_whole(layers: list[list[Span]], seams: list[int]) -> None:
    parts = [sweep([within(layer, low, high) for layer in layers], low, high) for low, high in pairwise([LOW, *sorted(seams), HIGH])]
    whole = reduce(join, parts)
    assert whole == sweep(layers, LOW, HIGH)
    check(whole)


@settings(max_examples=20, deadline=None)
@given(st.lists(st.integers(1995, 2060), min_size=1, max_size=6))
def test_years_may_be_asked_for_in_any_order(years: list[int]) -> None:
    def year(number: int) -> Steps:
        low, high = year_start(number), year_start(number + 1)
        return sweep([within([(start, start + 3600 * 30) for start in range(low - 86_400, high, 86_400 * 40)], low, high)], low, high)

    timeline = Timeline(year)
    for number in years:
        timeline.over(year_start(number) + 100, year_start(number) + 200)
    steps = timeline.over(year_start(min(years)), year_start(max(years) + 1))
    assert steps == reduce(join, [year(number) for number in range(min(years), max(years) + 1)])


def check(steps: Steps) -> None:
    """In order, apart, over all of the horizon, and no two neighbours alike."""
    assert steps.starts[0] == steps.low
    assert all(left < right for left, right in pairwise([*steps.starts, steps.high]))
    assert all(left != right for left, right in pairwise(steps.masks))
    ends = [*steps.starts[1:], steps.high]
    assert list(zip(steps.opens, steps.closes, strict=True)) == [
        (start, end) for start, end, mask in zip(steps.starts, ends, steps.masks, strict=True) if not mask
    ]
