"""Nobody is left out who could be placed, the last window is as early as it can be, and the fewest leave home."""

from hypothesis import given
from hypothesis import strategies as st

from rollout.core.matching import Kind, bits, match
from tests.core.flows import assignments, left_home, most


@st.composite
def instances(draw, windows=8, seekers=30, room=4):
    """Seekers without a home, and the room of each window."""
    count = draw(st.integers(1, windows))
    places = draw(st.lists(st.integers(0, room), min_size=count, max_size=count))
    masks = draw(st.lists(st.integers(1, 2**count - 1), min_size=min(3, seekers), max_size=seekers))
    return {f"c{number:02}": Kind(mask) for number, mask in enumerate(masks)}, places


@st.composite
def settled(draw, **sizes):
    """Seekers some of whom have a home in a window that is open to them and has room, some of these fixed."""
    seekers, room = draw(instances(**sizes))
    left = list(room)
    for name, kind in seekers.items():
        home = draw(st.sampled_from([None, *bits(kind.open)]))
        if home is not None and left[home] > 0:
            left[home] -= 1
            seekers[name] = Kind(kind.open, home, draw(st.integers(0, 3)) == 0)
    return seekers, room


@given(instances())
def test_as_many_are_placed_as_a_maximum_flow_places(instance):
    seekers, room = instance
    assert len(match(seekers, room).places()) == most(seekers, room)


@given(settled())
def test_everybody_sits_in_an_open_window_or_waits_and_no_window_is_too_full(instance):
    seekers, room = instance
    matching = match(seekers, room)
    places = matching.places()
    waiting = [name for names in matching.waiting.values() for name in names]
    assert sorted([*places, *waiting]) == sorted(seekers)
    assert all(seekers[name].open >> window & 1 for name, window in places.items())
    assert all(list(places.values()).count(window) <= count for window, count in enumerate(room))


@given(settled(), st.randoms())
def test_the_order_of_the_seekers_changes_nothing(instance, random):
    seekers, room = instance
    shuffled = dict(random.sample(list(seekers.items()), len(seekers)))
    assert match(shuffled, room).places() == match(seekers, room).places()


@given(instances(windows=4, seekers=5, room=2))
def test_of_all_ways_to_place_the_most_the_windows_used_are_the_earliest(instance):
    seekers, room = instance
    places = match(seekers, room).places()
    full = [way for way in assignments(seekers, room) if len(way) == len(places)]
    assert sorted(places.values()) == min(sorted(way.values()) for way in full)
    assert sum(places.values()) == min(sum(way.values()) for way in full)
    assert max(places.values(), default=0) == min(max(way.values(), default=0) for way in full)


@given(settled(windows=4, seekers=5, room=2))
def test_the_fewest_leave_home_that_make_room_for_the_most(instance):
    seekers, room = instance
    places = match(seekers, room).places()
    homes = {name: kind.home for name, kind in seekers.items() if kind.home is not None}
    fixed = {name for name, kind in seekers.items() if kind.fixed}
    allowed = [way for way in assignments(seekers, room) if way.keys() >= homes.keys() and all(way[name] == homes[name] for name in fixed)]
    size = max(len(way) for way in allowed)
    assert len(places) == size
    assert left_home(seekers, places) == min(left_home(seekers, way) for way in allowed if len(way) == size)


@given(settled())
def test_whoever_waits_is_shut_out_by_windows_that_are_full_of_others_with_nowhere_else_to_go(instance):
    seekers, room = instance
    matching = match(seekers, room)
    places = matching.places()
    for mask in matching.waiting:
        blocking = matching.reach(mask)
        inside = [name for name, window in places.items() if blocking >> window & 1]
        assert len(inside) == sum(room[window] for window in bits(blocking))
        assert all(seekers[name].open | blocking == blocking for name in inside if not seekers[name].fixed)


@given(instances())
def test_who_is_settled_stays_when_nothing_has_changed(instance):
    seekers, room = instance
    places = match(seekers, room).places()
    again = {name: kind._replace(home=places.get(name)) for name, kind in seekers.items()}
    assert match(again, room).places() == places


@given(instances(), st.integers(0, 7))
def test_who_was_fixed_stays_when_a_window_closes(instance, lost):
    seekers, room = instance
    places = match(seekers, room).places()
    shut = {name: Kind(kind.open & ~(1 << lost), places.get(name), name in places and places[name] != lost) for name, kind in seekers.items()}
    after = match(shut, room).places()
    assert {name: window for name, window in after.items() if name in places and places[name] != lost} == {
        name: window for name, window in places.items() if window != lost
    }


def test_the_most_urgent_goes_first_and_names_break_ties():
    seekers = {"late": Kind(0b11), "b": Kind(0b01), "a": Kind(0b01)}
    assert match(seekers, [1, 1]).places() == {"a": 0, "late": 1}


def test_one_shifts_so_that_an_earlier_window_does_not_stay_free():
    assert match({"x": Kind(0b011), "y": Kind(0b101)}, [1, 1, 1]).places() == {"y": 0, "x": 1}


def test_one_without_a_home_shifts_before_anybody_leaves_home():
    seekers = {"home": Kind(0b011, 0), "new": Kind(0b110), "needy": Kind(0b010)}
    assert match(seekers, [1, 1, 1]).places() == {"home": 0, "new": 2, "needy": 1}


def test_the_cheaper_of_two_ways_to_make_room_is_taken():
    one_leaves = {"x": Kind(0b0011, 0), "y": Kind(0b0110, 1), "z": Kind(0b1001, 0), "new": Kind(0b0001)}
    assert match(one_leaves, [2, 1, 1, 1]).places() == {"x": 0, "y": 1, "z": 3, "new": 0}


def test_when_a_window_takes_fewer_than_were_settled_there_the_fixed_ones_stay():
    seekers = {"a": Kind(0b11, 0), "b": Kind(0b11, 0, fixed=True)}
    assert match(seekers, [1, 1]).places() == {"b": 0, "a": 1}
