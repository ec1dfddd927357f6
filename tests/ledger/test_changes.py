"""Changes: stored by issue, newest wins, and what is gone stays known."""

from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rollout.ports import Ledger
from tests.builders import NOON, change
from tests.databases import trial

LATER = NOON + timedelta(seconds=1)


def test_a_change_comes_back_as_it_was_saved(ledger: Ledger) -> None:
    full = change(
        labels=frozenset({"b", "a"}),
        fix_versions=("2026.12", "2027.1"),
        components=("web",),
        resolved_at=NOON,
        workaround=True,
        needs_staging=True,
        downtime_minutes=5,
        updated=NOON + timedelta(microseconds=1),
    )
    with ledger.begin() as tx:
        assert tx.save_changes("jira", [full]) == 1
    with ledger.read() as tx:
        assert tx.change(full.key) == full
        assert tx.change("TIDE-2") is None


def test_what_is_stored_as_it_is_or_newer_is_left_alone(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        tx.save_changes("jira", [change(updated=LATER, summary="new")])
        assert tx.save_changes("jira", [change(updated=LATER, summary="new")]) == 0
        assert tx.save_changes("jira", [change(updated=NOON, summary="old")]) == 0
        assert tx.change("TIDE-1").summary == "new"
        assert tx.save_changes("jira", [change(updated=LATER + timedelta(microseconds=1), summary="newer")]) == 1
        assert tx.change("TIDE-1").summary == "newer"


def test_an_issue_that_changed_twice_within_a_moment_is_stored_again(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        tx.save_changes("jira", [change(updated=LATER, fix_versions=("2027.01",))])
        assert tx.save_changes("jira", [change(updated=LATER, fix_versions=("2026.12",))]) == 1
        assert [one.key for one in tx.changes_of(["2026.12"])] == ["TIDE-1"]
        assert tx.changes_of(["2027.01"]) == ()


def test_an_issue_whose_labels_come_in_another_order_is_the_same(ledger: Ledger) -> None:
    names = [f"label-{number}" for number in range(300)]
    one, other = frozenset(names), frozenset(reversed(names))
    assert list(one) != list(other)
    with ledger.begin() as tx:
        tx.save_changes("jira", [change(labels=one)])
        assert tx.save_changes("jira", [change(labels=other)]) == 0


def test_what_can_be_read_again_is_stored_without_waiting_for_the_disk(ledger: Ledger) -> None:
    with ledger.begin(durable=False) as tx:
        tx.save_changes("jira", [change()])
    with ledger.read() as tx:
        assert tx.change("TIDE-1") == change()


def test_of_an_issue_that_two_pages_bring_the_newer_one_is_stored(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        assert tx.save_changes("jira", [change(updated=LATER, summary="new"), change(summary="old")]) == 1
        assert tx.change("TIDE-1").summary == "new"


def test_an_issue_that_moved_keeps_its_id_and_leaves_its_old_key(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        tx.save_changes("jira", [change("TIDE-1")])
        tx.save_changes("jira", [change("WAVE-9", issue_id="101", updated=LATER)])
        assert tx.change("TIDE-1") is None
        assert tx.change("WAVE-9").issue_id == "101"


def test_a_key_names_the_issue_that_is_still_there(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        tx.save_changes("jira", [change(issue_id="1", updated=LATER, summary="gone"), change(issue_id="2", summary="there")])
        tx.mark_gone("jira", ["1"], "deleted")
        assert tx.change("TIDE-1").summary == "there"
        assert [one.summary for one in tx.changes(["TIDE-1"])] == ["there"]


def test_changes_come_in_order_of_key_once_each(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        tx.save_changes("jira", [change("TIDE-2"), change("TIDE-1"), change("ab-1", issue_id="x")])
        assert [one.key for one in tx.changes(["TIDE-2", "ab-1", "TIDE-1", "TIDE-2", "NONE-1"])] == ["TIDE-1", "TIDE-2", "ab-1"]


def test_changes_of_a_fix_version_follow_what_jira_says_now(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        tx.save_changes("jira", [change("TIDE-1", fix_versions=("12", "13")), change("TIDE-2", fix_versions=("13",))])
        assert [one.key for one in tx.changes_of(["13", "12"])] == ["TIDE-1", "TIDE-2"]
        tx.save_changes("jira", [change("TIDE-1", fix_versions=("12",), updated=LATER)])
        assert [one.key for one in tx.changes_of(["13"])] == ["TIDE-2"]
        assert tx.changes_of([]) == ()


def test_what_is_gone_is_known_but_in_no_release(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        tx.save_changes("jira", [change("TIDE-1", fix_versions=("12",)), change("TIDE-2", fix_versions=("12",))])
        assert tx.mark_gone("jira", ["101"], "deleted") == ("TIDE-1",)
        assert tx.mark_gone("jira", ["101"], "deleted") == ()
        assert [one.key for one in tx.changes_of(["12"])] == ["TIDE-2"]
        assert tx.issue_ids("jira") == {"102"}
        assert tx.change("TIDE-1") is not None
        assert tx.gone(["TIDE-1", "TIDE-2", "TIDE-3"]) == {"TIDE-1": "deleted"}


def test_a_key_that_another_issue_has_by_now_is_not_gone(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        tx.save_changes("jira", [change("TIDE-1", issue_id="1"), change("TIDE-1", issue_id="2")])
        tx.mark_gone("jira", ["1"], "moved away")
        assert tx.gone(["TIDE-1"]) == {}


def test_what_was_gone_and_is_seen_again_is_there_again(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        tx.save_changes("jira", [change(fix_versions=("12",))])
        tx.mark_gone("jira", ["101"], "no longer visible")
        assert tx.save_changes("jira", [change(fix_versions=("12",))]) == 1
        assert [one.key for one in tx.changes_of(["12"])] == ["TIDE-1"]


def test_two_trackers_keep_their_issues_apart(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        tx.save_changes("east", [change("EAST-1", issue_id="1")])
        tx.save_changes("west", [change("WEST-1", issue_id="1")])
        tx.mark_gone("west", ["1"], "deleted")
        assert (tx.issue_ids("east"), tx.issue_ids("west")) == ({"1"}, set())


def test_a_watermark_is_the_one_that_was_set_last(ledger: Ledger) -> None:
    with ledger.begin() as tx:
        assert tx.watermark("jira") is None
        tx.set_watermark("jira", LATER)
        tx.set_watermark("jira", NOON)
        assert tx.watermark("jira") == NOON


def test_thousands_of_changes_are_asked_for_at_once(ledger: Ledger) -> None:
    many = [change(f"TIDE-{number}") for number in range(3000)]
    with ledger.begin() as tx:
        assert tx.save_changes("jira", many) == 3000
        assert len(tx.changes([one.key for one in many])) == 3000
        assert len(tx.mark_gone("jira", [one.issue_id for one in many], "swept")) == 3000


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(summary=st.text(), labels=st.frozensets(st.text(max_size=5), max_size=3))
def test_any_text_can_be_stored(sqlite_ledger: Ledger, summary: str, labels: frozenset[str]) -> None:
    assert _back(sqlite_ledger, summary, labels) == (summary, labels)


def test_halves_of_surrogate_pairs_are_mended(ledger: Ledger) -> None:
    label = frozenset({"\0\ud800"})
    assert _back(ledger, "a\0b\ud800c\nd", label) == ("a\0b?c\nd", frozenset({"\0?"}))


def _back(ledger: Ledger, summary: str, labels: frozenset[str]) -> tuple[str, frozenset[str]]:
    with trial(ledger) as tx:
        tx.save_changes("jira", [change(summary=summary, labels=labels)])
        stored = tx.change("TIDE-1")
    return stored.summary, stored.labels
