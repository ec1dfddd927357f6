"""Collecting from JIRA and the desk: what is read, what is kept when something fails, and what leaves a release."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest
import yaml

from rollout.core.changes import Audience, Change, TicketLink
from rollout.core.closing import TicketStatus
from rollout.core.releases import ReleaseKind, ReleaseState
from rollout.core.values import ChangeKey, Version
from rollout.ports import World
from rollout.sandbox.desk import InjectedFault, Mishap
from rollout.steps import collect as step
from rollout.steps import show
from tests.playing import AMBER, FIRST, LATE, MONDAY, PREVIOUS, SECOND, TARGET, THIRD, Play

MANY = 230


def draft(world: World, version: Version = TARGET) -> list[ChangeKey]:
    """The changes of the draft, as people see them."""
    return [ChangeKey(one["key"]) for one in show.release(world, version)["changes"]]


def change(play: Play, key: ChangeKey) -> Change:
    with play.world.ledger.read() as tx:
        found = tx.change(key)
    assert found is not None
    return found


def missing(key: str) -> str:
    """What is told of an issue whose links could not be read."""
    why = "Issue does not exist or you do not have permission to see it."
    return f"jira: not found, or hidden from this account: the links of {key} (HTTP 404: {why})"


def many_issues(play: Play) -> None:
    """So many that JIRA needs three pages for them."""
    for number in range(MANY):
        at = MONDAY - timedelta(hours=100) + timedelta(minutes=number)
        play.jira.add_issue("SKIFF", f"Caulk seam {number}", key=f"SKIFF-{1000 + number}", created=at, updated=at, fix_versions=[TARGET])


def searches(play: Play) -> list[str]:
    """The queries that JIRA was asked."""
    return [parse_qs(seen.query)["jql"][0] for seen in play.jira.requests if "search" in seen.path]


def on_second_page(play: Play, act: Callable[[], Any]) -> None:
    """Do it right before JIRA is asked for the second page of a search."""
    play.jira.meanwhile(lambda: play.jira.meanwhile(act, path="search"), path="search")


# ── What is read ───────────────────────────────────────────────────────────────────────────────────


def test_a_first_collection_knows_every_change_and_opens_a_release_for_each_fix_version(play: Play) -> None:
    found = play.collect()
    assert (found.changes, found.releases, found.problems) == (6, (PREVIOUS, TARGET), ())
    assert draft(play.world) == [FIRST, SECOND, THIRD, LATE]
    assert play.release(PREVIOUS).state is ReleaseState.DELIVERED
    assert play.release(TARGET).state is ReleaseState.DRAFT
    assert ("release opened", {"fix versions": [TARGET], "state": "draft"}) in play.audit(TARGET)


def test_collecting_again_changes_nothing(play: Play) -> None:
    play.collect()
    before = play.audit(TARGET)
    assert play.collect() == step.Collected(tickets=5)
    assert play.audit(TARGET) == before


def test_later_collections_ask_only_for_what_moved_since_the_newest_change_less_the_overlap(play: Play) -> None:
    play.collect()
    newest = max(change(play, key).updated for key in (FIRST, SECOND, THIRD, LATE))
    play.jira.forget_requests()
    play.collect()
    asked = searches(play)
    assert asked == [f'project in ("SKIFF") AND updated >= "{newest - step.OVERLAP:%Y-%m-%d %H:%M}" ORDER BY updated ASC, key ASC']


def test_a_change_that_the_search_shows_late_is_found_within_the_overlap(play: Play) -> None:
    play.collect()
    play.jira.lag_search(timedelta(minutes=8))
    play.jira.set_field(FIRST, "summary", "Mend the rudder at once")
    play.later(minutes=8)
    play.jira.set_field(SECOND, "summary", "Mend it later")
    play.collect()
    assert change(play, FIRST).summary == "Mend the rudder at once"
    play.later(minutes=8)
    play.collect()
    assert change(play, SECOND).summary == "Mend it later"


def test_a_preview_tells_how_many_changes_would_be_read_and_stores_none(play: Play) -> None:
    assert step.preview(play.world) == step.Collected(changes=6)
    with play.world.ledger.read() as tx:
        assert tx.releases() == ()


def test_several_names_stand_for_one_release_and_archived_ones_for_none(play: Play) -> None:
    play.jira.add_version("SKIFF", "Skiff 2026.12")
    play.jira.add_version("SKIFF", "2025.01", archived=True)
    play.jira.add_version("SKIFF", "some day")
    play.jira.set_field(FIRST, "fix_versions", ["Skiff 2026.12"])
    found = play.collect()
    assert found.releases == (PREVIOUS, TARGET)
    assert play.release().fix_versions == (TARGET, "Skiff 2026.12")
    assert FIRST in draft(play.world)


def test_another_name_for_a_known_release_joins_it(play: Play) -> None:
    play.collect()
    play.jira.add_version("SKIFF", "Skiff 2026.12")
    assert play.collect().releases == ()
    assert play.release().fix_versions == (TARGET, "Skiff 2026.12")


def test_one_number_more_than_the_train_names_is_a_hotfix(play: Play) -> None:
    play.jira.add_version("SKIFF", "2026.12.1")
    play.collect()
    assert play.release(Version("2026.12.1")).kind is ReleaseKind.HOTFIX
    assert play.release(TARGET).kind is ReleaseKind.MONTHLY


# ── What fails ─────────────────────────────────────────────────────────────────────────────────────


def test_a_tracker_that_dies_half_way_loses_nothing_and_the_next_collection_goes_on_there(play: Play) -> None:
    many_issues(play)
    on_second_page(play, lambda: play.jira.fault("503", path="search"))
    found = play.collect()
    assert found.changes == 100
    assert found.problems == ("jira: JIRA failed with HTTP 503 when asked for a page of issues: The service is temporarily unavailable.",)
    play.jira.forget_requests()
    again = play.collect()
    assert again.problems == ()
    assert found.changes + again.changes == 6 + MANY
    assert "updated >=" in searches(play)[0]


def test_an_issue_that_vanishes_between_two_pages_takes_no_other_with_it(play: Play) -> None:
    many_issues(play)
    play.jira.fault("vanish", path="search", issue="SKIFF-1050")
    assert play.collect().problems == (missing("SKIFF-1050"),)
    with play.world.ledger.read() as tx:
        known = len(tx.issue_ids("jira"))
    assert known == 6 + MANY
    assert play.collect(full=True).gone == ("SKIFF-1050",)


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ({"kind": "401"}, "jira: JIRA did not accept the credential. Check user and token: Cloud needs both, a Data Center token stands alone"),
        ({"kind": "410"}, "jira: not found, or hidden from this account: a page of issues (HTTP 410: The requested API has been removed"),
        ({"kind": "429", "retry_after": "7"}, "jira: JIRA asks to wait 7 s before asking for a page of issues"),
        ({"kind": "429"}, "jira: JIRA asks to wait before asking for a page of issues"),
        ({"kind": "half"}, "jira: no complete answer from http://127.0.0.1:"),
        ({"kind": "drop"}, "jira: no complete answer from http://127.0.0.1:"),
        ({"kind": "garbled"}, "did not answer as a JIRA does when asked for a page of issues (JSONDecodeError). Check the url"),
    ],
    ids=lambda value: f"{value['kind']}{' in a while' if 'retry_after' in value else ''}" if isinstance(value, dict) else "",
)
def test_a_failing_jira_is_one_clear_line_and_costs_nothing_but_time(play: Play, fault: dict[str, str], told: str) -> None:
    play.jira.fault(**fault, path="search")
    found = play.collect()
    assert len(found.problems) == 1
    assert told in found.problems[0]
    assert play.collect().problems == ()
    assert draft(play.world) == [FIRST, SECOND, THIRD, LATE]


def test_a_failing_jira_keeps_no_other_waiting(play: Play) -> None:
    own = yaml.safe_load((play.folder / "rollout.yaml").read_text(encoding="utf-8"))["jira"][0]
    play.change_settings(jira=[own | {"name": "old", "url": "http://127.0.0.1:9", "projects": ["OLD"], "public_projects": []}, own])
    found = play.collect()
    assert found.changes == 6
    assert [problem.partition(":")[0] for problem in found.problems] == ["old"]


def test_a_full_sweep_that_breaks_off_forgets_nothing(play: Play) -> None:
    play.go_to("collected")
    many_issues(play)
    on_second_page(play, lambda: play.jira.fault("503", path="search"))
    assert play.collect(full=True).gone == ()
    assert {FIRST, SECOND, THIRD, LATE} <= {*draft(play.world)}


def test_a_desk_that_is_down_is_one_problem_and_keeps_what_was_known(play: Play) -> None:
    play.go_to("collected")
    play.traffic.inject(InjectedFault(kind=Mishap.UNAVAILABLE, count=100))
    play.jira.set_field(FIRST, "summary", "Mend the rudder")
    found = play.collect()
    assert found.changes == 1
    assert found.tickets == 0
    assert len(found.problems) == 1
    assert found.problems[0].startswith("help: GET /api/v2/tickets/1.json was answered with 503: ")
    assert show.ticket(play.world, "1")["tickets"][0]["client"] == AMBER


def test_an_issue_that_is_deleted_while_its_links_are_read_costs_no_other_its_tickets(play: Play) -> None:
    play.go_to("collected")
    play.link_ticket("1", THIRD)
    play.jira.remove_issue(FIRST)
    found = play.collect()
    assert found.problems == (missing(FIRST),)
    with play.world.ledger.read() as tx:
        assert TicketLink(change=THIRD, desk="help", ticket="1") in tx.links([THIRD])


# ── What leaves ────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("way", ["deleted", "moved away", "hidden"])
def test_what_cannot_be_seen_any_more_leaves_its_draft_and_says_why(play: Play, way: str) -> None:
    play.go_to("collected")
    play.jira.add_project("DORY")
    {"deleted": play.jira.remove_issue, "moved away": lambda key: play.jira.move_issue(key, "DORY"), "hidden": play.jira.hide}[way](SECOND)
    assert play.collect().gone == ()
    assert SECOND in draft(play.world)
    assert play.collect(full=True).gone == (SECOND,)
    assert SECOND not in draft(play.world)
    assert ("change left", {"key": SECOND, "why": "deleted, moved away, or no longer visible"}) in play.audit(TARGET)
    assert play.collect(full=True).gone == ()


def test_a_change_that_jira_gives_another_fix_version_leaves_the_draft_and_says_why(play: Play) -> None:
    play.go_to("collected")
    play.jira.set_field(SECOND, "fix_versions", ["2027.01"])
    play.collect()
    assert SECOND not in draft(play.world)
    assert ("change left", {"key": SECOND, "why": "JIRA has it in 2027.01 now"}) in play.audit(TARGET)
    assert draft(play.world, Version("2027.01")) == [SECOND]


def test_a_change_without_a_fix_version_has_left_for_nowhere(play: Play) -> None:
    play.go_to("collected")
    play.jira.set_field(SECOND, "fix_versions", [])
    play.collect()
    assert ("change left", {"key": SECOND, "why": "JIRA has it in no release now"}) in play.audit(TARGET)


def test_what_comes_back_is_in_its_draft_again(play: Play) -> None:
    play.go_to("collected")
    play.jira.add_project("DORY")
    moved = play.jira.move_issue(SECOND, "DORY")
    play.collect(full=True)
    play.later(hours=1)
    back = ChangeKey(play.jira.move_issue(moved, "SKIFF"))
    play.jira.set_field(back, "fix_versions", [TARGET])
    play.collect()
    assert back in draft(play.world)


def test_a_release_that_is_cut_keeps_a_change_that_is_deleted_in_jira(play: Play) -> None:
    play.go_to("cut")
    play.jira.remove_issue(SECOND)
    assert play.collect(full=True).gone == (SECOND,)
    assert SECOND in draft(play.world)


# ── Who may read of it ─────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("field", "value"), [("security", "Staff only"), ("labels", ["internal"]), ("type", "Task")])
def test_security_level_label_and_type_make_a_change_internal(play: Play, field: str, value: Any) -> None:
    file = play.folder / "rollout.yaml"
    jira = yaml.safe_load(file.read_text(encoding="utf-8"))["jira"][0]
    play.change_settings(jira=[jira | {"internal_types": ["Task"]}])
    play.jira.set_field(FIRST, field, value)
    play.collect()
    assert change(play, FIRST).audience is Audience.INTERNAL
    assert change(play, SECOND).audience is Audience.CLIENTS


def test_a_project_that_nobody_called_public_is_internal(play: Play) -> None:
    jira = yaml.safe_load((play.folder / "rollout.yaml").read_text(encoding="utf-8"))["jira"][0]
    play.change_settings(jira=[jira | {"public_projects": []}])
    play.collect()
    assert {change(play, key).audience for key in (FIRST, SECOND, THIRD)} == {Audience.INTERNAL}


# ── Tickets ────────────────────────────────────────────────────────────────────────────────────────


def test_tickets_are_matched_to_the_client_whose_people_opened_them(play: Play) -> None:
    play.collect()
    with play.world.ledger.read() as tx:
        owners = {ticket.id: ticket.client for ticket in tx.tickets()}
    assert owners == {"1": AMBER, "2": "birch-harbour", "3": AMBER, "4": "cobalt-marina", "5": None}


def test_a_link_that_support_takes_off_is_gone_and_a_new_one_is_there(play: Play) -> None:
    play.go_to("collected")
    play.jira.remove_remote_link(FIRST, play.jira.issue(FIRST).remote_links[0].id)
    play.open_ticket("6", AMBER, FIRST)
    assert play.collect().tickets == 5
    assert show.release(play.world, TARGET)["changes"][0]["tickets"] == ["help/2", "help/5", "help/6"]
    assert play.audit(FIRST)[-1] == ("tickets linked", {"tickets": ["help/2", "help/5", "help/6"]})


def test_links_to_other_places_are_no_tickets(play: Play) -> None:
    play.jira.add_remote_link(FIRST, "https://evil.example/agent/tickets/66", "Ticket #66")
    play.collect()
    assert show.release(play.world, TARGET)["changes"][0]["tickets"] == ["help/1", "help/2", "help/5"]


def test_what_the_desk_says_of_a_ticket_is_followed(play: Play) -> None:
    play.go_to("collected")
    play.desk.agent_solves("1", "We told you on the phone.")
    play.collect()
    with play.world.ledger.read() as tx:
        assert tx.tickets([("help", "1")])[0].status is TicketStatus.SOLVED
