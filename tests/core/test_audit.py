"""The hash chain: whatever is done to a trail is seen."""

from datetime import UTC, date, datetime, timedelta
from enum import StrEnum
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout.core.audit import GENESIS, AuditRow, canonical, first_broken, follow
from rollout.core.clients import Contact
from tests.builders import NOON


def trail(length: int = 4, act: str = "held") -> list[AuditRow]:
    rows: list[AuditRow] = []
    for number in range(length):
        rows.append(follow(rows[-1] if rows else None, NOON + timedelta(microseconds=number), "dana", act, "acme", {"number": number}))
    return rows


def changed(rows: list[AuditRow], index: int, **fields: Any) -> list[AuditRow]:
    return [row.model_copy(update=fields) if number == index else row for number, row in enumerate(rows)]


def test_an_untouched_trail_fits() -> None:
    assert first_broken(trail()) is None
    assert first_broken([]) is None


def test_the_first_row_stands_on_nothing_and_each_other_on_the_one_before() -> None:
    rows = trail()
    assert [row.seq for row in rows] == [1, 2, 3, 4]
    assert [row.previous for row in rows] == [GENESIS, *(row.hash for row in rows[:-1])]


@pytest.mark.parametrize(
    "fields",
    [
        {"at": NOON + timedelta(microseconds=99)},
        {"actor": "kim"},
        {"act": "lifted"},
        {"subject": "wave"},
        {"data": {"number": 7}},
        {"hash": "0" * 64},
    ],
    ids=lambda fields: next(iter(fields)),
)
def test_a_changed_field_breaks_its_row(fields: dict[str, Any]) -> None:
    assert first_broken(changed(trail(), 2, **fields)) == (3, "its content does not fit its hash")


def test_a_row_that_was_rewritten_with_a_fitting_hash_breaks_the_next() -> None:
    rows = trail()
    forged = follow(rows[1], NOON, "kim", "lifted", "acme", {})
    assert first_broken([*rows[:2], forged, rows[3]]) == (4, "it does not name the hash of the row before it")


def test_a_dropped_row_is_named() -> None:
    rows = trail()
    assert first_broken([rows[0], *rows[2:]]) == (2, "row 2 is missing; the next one is 3")
    assert first_broken(rows[1:]) == (1, "row 1 is missing; the next one is 2")


def test_rows_that_changed_places_or_came_twice_are_named() -> None:
    rows = trail()
    assert first_broken([rows[0], rows[2], rows[1], rows[3]]) == (2, "row 2 is missing; the next one is 3")
    assert first_broken([rows[0], rows[1], rows[1]]) == (2, "row 2 is there twice")


def test_rows_cut_off_at_the_end_are_missed_by_whoever_noted_a_later_one() -> None:
    rows = trail()
    assert first_broken(rows[:2]) is None
    assert first_broken(rows[:2], {4: rows[3].hash}) == (3, "the trail ends before it, but row 4 was noted once")
    assert first_broken(rows, {4: rows[3].hash, 2: rows[1].hash}) is None


def test_a_trail_made_anew_is_not_the_one_that_was_noted() -> None:
    assert first_broken(trail(act="lifted"), {2: trail()[1].hash}) == (2, "its hash is not the one that was noted once")


_DATA = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3),
    max_leaves=8,
)


@given(data=st.dictionaries(st.text(max_size=3), _DATA, max_size=4), at=st.datetimes(timezones=st.just(UTC)))
def test_any_row_that_went_through_json_still_fits(data: dict[str, Any], at: datetime) -> None:
    row = follow(None, at, "dana", "noted", "anything", data)
    assert first_broken([AuditRow.model_validate_json(row.model_dump_json().encode("utf-8", "surrogatepass"))]) is None


@given(rows=st.integers(2, 6).map(trail), data=st.data())
def test_no_change_of_any_hash_goes_unseen(rows: list[AuditRow], data: st.DataObject) -> None:
    index = data.draw(st.integers(0, len(rows) - 1))
    digit = data.draw(st.integers(0, 63))
    field = data.draw(st.sampled_from(["hash", "previous"]))
    old = getattr(rows[index], field)
    new = old[:digit] + ("0" if old[digit] != "0" else "1") + old[digit + 1 :]
    assert first_broken(changed(rows, index, **{field: new})) is not None


class Word(StrEnum):
    ONE = "one"


def test_details_may_hold_moments_days_sets_values_and_words() -> None:
    details = {
        "at": datetime(2026, 12, 1, 9, tzinfo=ZoneInfo("America/Toronto")),
        "day": date(2026, 12, 1),
        "set": {"b", "a"},
        "value": Contact(name="Ana"),
        "word": Word.ONE,
        "tuple": (1, 2),
        "waves": {10: "a number", 9: "as a key"},
    }
    row = follow(None, NOON, "dana", "noted", "all", details)
    assert first_broken([row]) is None
    assert row.data == {
        "at": "2026-12-01T14:00:00+00:00",
        "day": "2026-12-01",
        "set": ["a", "b"],
        "value": {"name": "Ana", "email": "", "phone": ""},
        "word": "one",
        "tuple": [1, 2],
        "waves": {"10": "a number", "9": "as a key"},
    }


def test_what_has_no_json_form_is_refused() -> None:
    with pytest.raises(TypeError, match=r"has no JSON form; pass text, numbers, moments"):
        canonical({"what": object()})
    with pytest.raises(ValueError, match="not JSON compliant"):
        canonical({"what": float("nan")})
