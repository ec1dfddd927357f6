"""What moved from one edition of the page to the next."""

from datetime import timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from rollout.core.editions import Edition, MoveKind, next_edition
from rollout.core.notes import Listed, Stage
from rollout.core.values import Version
from rollout.core.wording import Certainty
from tests.upcoming import AT, listed, note, span

LATER = AT + timedelta(hours=1)


def moves(before: list[Listed], after: list[Listed]) -> list[tuple[Any, ...]]:
    """What moved, each without what it does not say."""
    first = next_edition(before, None, AT)
    second = next_edition(after, first, LATER)
    return [tuple(each for each in (one.kind, one.version, one.to, one.keys) if each) for one in second.moved] if second else []


def test_nothing_has_moved_in_the_first_edition() -> None:
    first = next_edition([listed("2026.12")], None, AT)
    assert first is not None
    assert first.moved == ()


def test_what_is_the_same_makes_no_edition() -> None:
    assert next_edition([listed("2026.12")], next_edition([listed("2026.12")], None, AT), LATER) is None


def test_changes_come_and_go_and_go_over() -> None:
    before = [listed("2026.12", note(1, "a"), note(2, "b"), note(3, "c")), listed("2027.01", note(9, "z"))]
    after = [listed("2026.12", note(3, "c"), note(4, "d")), listed("2027.01", note(9, "z"), note(1, "a"))]
    assert moves(before, after) == [
        (MoveKind.JOINED, "2026.12", ("TIDE-4",)),
        (MoveKind.SHIFTED, "2026.12", "2027.01", ("TIDE-1",)),
        (MoveKind.LEFT, "2026.12", ("TIDE-2",)),
    ]


def test_a_new_release_is_announced_without_listing_its_changes() -> None:
    assert moves([], [listed("2026.12")]) == [(MoveKind.ANNOUNCED, "2026.12")]


def test_a_release_that_was_out_before_anybody_read_of_it_is_no_news() -> None:
    assert moves([], [listed("2026.12", stage=Stage.OUT)]) == []


def test_a_release_begins_and_is_out() -> None:
    planned, rolling, out = (listed("2026.12", stage=stage) for stage in (Stage.CONFIRMED, Stage.ROLLING, Stage.OUT))
    assert moves([planned], [rolling]) == [(MoveKind.BEGUN, "2026.12")]
    assert moves([rolling], [out]) == [(MoveKind.OUT, "2026.12")]
    assert moves([out], []) == []


def test_a_sign_off_is_no_news() -> None:
    assert moves([listed("2026.12", stage=Stage.CHECKED)], [listed("2026.12", stage=Stage.CONFIRMED)]) == []


def test_days_that_moved_are_told_with_what_they_were() -> None:
    expected = listed("2026.12", production=span("2026-12-08", certainty=Certainty.EXPECTED))
    planned = listed("2026.12", production=span("2026-12-09", "2026-12-11"))
    second = next_edition([planned], next_edition([expected], None, AT), LATER)
    assert second is not None
    assert [(one.kind, str(one.was), str(one.now)) for one in second.moved] == [(MoveKind.REDATED, "from 8 December 2026", "9 to 11 December 2026")]


def test_a_release_that_was_given_up_is_told_once_and_its_changes_join_the_next() -> None:
    before = [listed("2026.12", note(1, "a"), note(2, "b")), listed("2027.01", note(9, "z"))]
    after = [listed("2027.01", note(9, "z"), note(1, "a"))]
    assert moves(before, after) == [(MoveKind.DROPPED, "2026.12"), (MoveKind.JOINED, "2027.01", ("TIDE-1",))]


def test_a_release_keeps_its_date_until_anything_of_it_changes() -> None:
    first = next_edition([listed("2026.12"), listed("2027.01")], None, AT)
    second = next_edition([listed("2026.12"), listed("2027.01", note(1, "reworded"))], first, LATER)
    assert second is not None
    assert second.moved == ()
    assert {version: seen.since for version, seen in second.seen.items()} == {"2026.12": AT, "2027.01": LATER}


def test_an_edition_reads_back_from_json_as_it_was() -> None:
    first = next_edition([listed("2026.12", production=span("2026-12-08"))], None, AT)
    assert first is not None
    assert Edition.model_validate(first.model_dump(mode="json")) == first


ROWS = st.dictionaries(
    st.sampled_from(["2026.11", "2026.12", "2027.01"]), st.tuples(st.sampled_from(list(Stage)), st.sets(st.integers(1, 6), min_size=1))
)


@given(ROWS, ROWS)
def test_every_change_that_came_or_went_is_told_at_most_once_and_an_edition_follows_itself(
    before: dict[str, tuple[Stage, set[int]]], after: dict[str, tuple[Stage, set[int]]]
) -> None:
    old, new = (
        [listed(version, *(note(one, "x") for one in keys), stage=stage) for version, (stage, keys) in rows.items()] for rows in (before, after)
    )
    first = next_edition(old, None, AT)
    second = next_edition(new, first, LATER)
    assert next_edition(new, second or first, LATER + timedelta(days=1)) is None
    told = [(one.to or one.version, key) for one in (second.moved if second else ()) for key in one.keys]
    assert len(told) == len(set(told))
    standing = {Version(version) for version in before} | {Version(version) for version in after}
    assert {version for version, _ in told} <= standing
