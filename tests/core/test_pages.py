"""The page in words."""

from datetime import UTC, datetime, timedelta

import pytest

from rollout.core.changes import Kind
from rollout.core.editions import Edition, Moved, MoveKind, next_edition
from rollout.core.notes import Progress, Stage
from rollout.core.pages import MOST_NEWS, page_of, told
from rollout.core.values import ChangeKey, Version
from rollout.core.wording import Certainty
from tests.upcoming import AT, TORONTO, listed, note, page, sample, span


def test_notes_are_grouped_features_first_and_empty_groups_are_not_there() -> None:
    rows = [listed("2026.12", note(1, "fixed", Kind.FIX), note(2, "also", Kind.TASK), note(3, "new", Kind.FEATURE), note(4, "fixed too", Kind.FIX))]
    groups = page(rows).coming[0].groups
    assert [(group.title, group.notes) for group in groups] == [("New", ("new",)), ("Fixed", ("fixed", "fixed too")), ("Also", ("also",))]


def test_days_say_how_sure_they_are() -> None:
    rows = [listed("2026.12", production=span("2026-12-08", certainty=Certainty.EXPECTED), preview=span("2026-12-01", "2026-12-01"))]
    shown = page(rows).coming[0]
    assert shown.production is not None
    assert shown.preview is not None
    assert (shown.production.text, shown.production.caveat, shown.production.open_ended) == ("from 8 December 2026", "expected", True)
    assert (shown.preview.text, shown.preview.caveat, shown.preview.last) == ("1 December 2026", "", None)


def test_a_rollout_says_how_far_it_is() -> None:
    rolling = page([listed("2026.12", stage=Stage.ROLLING, progress=Progress.MOST)]).coming[0]
    assert (rolling.stage, rolling.about) == ("Rolling out", "Most production installations have it.")


@pytest.mark.parametrize(
    ("minutes", "text"),
    [(None, ""), (0, "None expected"), (1, "Up to 1 minute for each installation"), (10, "Up to 10 minutes for each installation")],
)
def test_an_interruption_is_told_in_plain_words(minutes: int | None, text: str) -> None:
    assert page([listed("2026.12", downtime_minutes=minutes)]).coming[0].interruption == text


def test_names_for_feeds_last_for_ever_and_differ() -> None:
    first, again = page([listed("2026.12"), listed("2027.01")]), page([listed("2026.12", note(9, "other"))], at=AT + timedelta(days=9))
    assert first.coming[0].id == again.coming[0].id
    assert len({first.id, *(one.id for one in first.coming)}) == 3


def test_moves_of_one_day_stand_together_the_newest_first() -> None:
    seen = next_edition([listed("2026.12")], None, AT)
    assert seen is not None
    editions = [
        Edition(at=datetime(2026, 12, day, hour, tzinfo=UTC), seen=seen.seen, moved=(Moved(kind=MoveKind.BEGUN, version=Version(f"{day}.{hour}")),))
        for day, hour in ((1, 12), (2, 4), (2, 15))
    ]
    shown = page_of("Tidewater", TORONTO, [listed("2026.12")], editions, {}).bulletins
    assert [(one.day.iso, [news.text.split()[0] for news in one.news]) for one in shown] == [
        ("2026-12-02", ["2.15"]),
        ("2026-12-01", ["2.4", "1.12"]),
    ]


def test_only_the_newest_moves_are_told() -> None:
    moved = [Moved(kind=MoveKind.BEGUN, version=Version(str(number))) for number in range(MOST_NEWS + 5)]
    assert sum(len(one.news) for one in page([listed("2026.12")], *moved).bulletins) == MOST_NEWS


def test_a_change_that_became_internal_is_told_no_more() -> None:
    moved = Moved(kind=MoveKind.JOINED, version=Version("2026.12"), keys=(ChangeKey("TIDE-1"), ChangeKey("TIDE-2")))
    both = page([listed("2026.12")], moved, public={ChangeKey("TIDE-1"): "a", ChangeKey("TIDE-2"): "b"})
    one = page([listed("2026.12")], moved, public={ChangeKey("TIDE-1"): "a"})
    none = page([listed("2026.12")], moved)
    assert [news.notes for shown in (both, one) for each in shown.bulletins for news in each.news] == [("a", "b"), ("a",)]
    assert none.bulletins == ()


def test_a_moved_day_is_told_with_the_day_before() -> None:
    was, now = span("2026-12-08", "2026-12-10"), span("2026-12-15", "2026-12-17")
    moved = Moved(kind=MoveKind.REDATED, version=Version("2026.12"), was=was, now=now)
    assert told(moved) == "2026.12 is now planned for 15 to 17 December 2026, no longer for 8 to 10 December 2026."
    assert told(moved.model_copy(update={"was": None})) == "2026.12 is now planned for 15 to 17 December 2026."
    assert told(moved.model_copy(update={"now": None})) == "The days of 2026.12 are open again."


def test_every_kind_of_move_has_its_words() -> None:
    assert all("2026.12" in told(Moved(kind=kind, version=Version("2026.12"))) for kind in MoveKind)


def test_the_calendar_has_the_days_of_each_environment_with_the_day_after_as_their_end() -> None:
    events = sample().coming[0].events
    assert [(event.summary, event.start, event.end, event.status) for event in events] == [
        ("Tidewater 2026.12: preview", "20261201", "20261202", "CONFIRMED"),
        ("Tidewater 2026.12: production", "20261208", "20261211", "CONFIRMED"),
    ]
    unsure = page([listed("2026.12", production=span("2026-12-08", certainty=Certainty.EXPECTED))]).coming[0].events[0]
    assert (unsure.summary, unsure.status) == ("Tidewater 2026.12: production (expected)", "TENTATIVE")
