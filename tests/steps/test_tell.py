"""Whom a delivery tells, of what, and when: on tickets, by mail, by calls to make; and what is taken back."""

import re
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from rollout.core.closing import Channel, NoticeKind, NoticeState
from rollout.core.values import ChangeKey
from rollout.errors import NotFound, Refused
from rollout.sandbox.desk import InjectedFault, Mishap
from rollout.steps import assess, cut, guide, holds, notify, plan, show, sign, start
from tests.playing import (
    AMBER,
    BIRCH,
    COBALT,
    DANA,
    DRIFTWOOD,
    FIRST,
    FOLLOWING,
    LATE,
    LEE,
    MONDAY,
    PREVIEW,
    PRODUCTION,
    SAM,
    TARGET,
    THIRD,
    THURSDAY,
    TUESDAY,
    WEDNESDAY,
    Play,
)
from tests.stories import SIGNERS

TICKET = {"channel": Channel.TICKET}
K, S = NoticeKind, NoticeState


def deliver(play: Play) -> None:
    """All previews on Monday, all productions on Tuesday; nobody has been told yet."""
    assert play.tick().delivered == 4
    assert play.at(max(TUESDAY, play.now)).tick().delivered == 4


def ticket_state(play: Play, ticket: str) -> set[str]:
    return {row["state"] for row in show.ticket(play.world, ticket)["tickets"]}


def days_told(play: Play, ticket: str) -> list[str]:
    """The days that the ticket's requester was told, oldest first."""
    return [found[1] for text, _ in play.replies(ticket) if (found := re.search(r"to your production installation on (\w+),", text))]


def only_amber_waits(play: Play, day: datetime) -> None:
    """Close that day to Amber Quay's production."""
    text = f"{day:%Y-%m-%d}"
    rule = f"version: 1\nkind: block\nid: audit-{text}\ntimezone: America/Toronto\nscope: {{clients: [{AMBER}], environments: [production]}}\n"
    (play.folder / "calendars" / f"audit-{text}.yaml").write_text(f"{rule}dates:\n  {text}: their auditors are there\n", encoding="utf-8")
    play.reopen()


# ── A day is planned ───────────────────────────────────────────────────────────────────────────────


def test_every_ticket_hears_the_day_of_its_own_client_and_stays_open(play: Play) -> None:
    only_amber_waits(play, TUESDAY)
    play.go_to("signed")
    only_amber_waits(play, TUESDAY)
    play.begin()
    play.send()
    assert "to your production installation on Wednesday, 2 December 2026" in play.replies("1")[0][0]
    assert "to your production installation on Tuesday, 1 December 2026" in play.replies("2")[0][0]
    assert [play.desk.status(number) for number in "1234"] == ["open"] * 4


def test_a_strangers_ticket_is_nobodys(play: Play) -> None:
    play.go_to("started")
    play.send()
    deliver(play)
    play.send()
    assert play.replies("5") == []
    assert ticket_state(play, "5") == {"unmatched"}


def test_a_planned_note_says_what_clients_may_read_and_nothing_of_internal_changes(play: Play) -> None:
    play.jira.set_field(THIRD, "labels", ["internal"])
    play.collect(full=True)
    cut.cut(play.world, TARGET, DANA)
    assess.assess(play.world, TARGET, {}, DANA)
    for role, person in SIGNERS.items():
        sign.sign(play.world, TARGET, role, person)
    play.begin()
    deliver(play)
    play.send()
    told = " ".join(text for number in "1234" for text, _ in play.replies(number)) + " ".join(mail.body for mail in play.mails())
    assert "The rudder no longer sticks" in told
    assert "Mend rudder 12" not in told
    assert THIRD not in told
    assert play.desk.status("4") == "solved"


def test_a_day_that_moves_is_told_again_and_one_that_hardly_moves_is_not(play: Play) -> None:
    play.go_to("started")
    play.send()
    play.tick()
    only_amber_waits(play, TUESDAY)
    play.at(TUESDAY - timedelta(hours=5))
    assert play.tick().moved == 1
    assert [one.ticket for one in play.notices(K.PLANNED, state=S.WAITING)] == ["1", "3"]
    play.at(TUESDAY).send()
    assert (days_told(play, "1"), days_told(play, "2")) == (["Tuesday", "Wednesday"], ["Tuesday"])


def test_a_move_within_the_day_is_not_worth_a_note(play: Play) -> None:
    play.go_to("started")
    play.send()
    rule = f"version: 1\nkind: block\nid: morning\ntimezone: America/Toronto\nscope: {{clients: [{AMBER}]}}\nwhy: they are not up yet\n"
    (play.folder / "calendars" / "morning.yaml").write_text(f"{rule}start: 2026-12-01T08:00\nend: 2026-12-01T11:00\n", encoding="utf-8")
    play.reopen()
    assert play.tick().moved == 1
    assert play.delivery(AMBER).slot_start == TUESDAY + timedelta(hours=2)
    assert play.notices(K.PLANNED, state=S.WAITING) == []


def test_a_note_that_is_still_unsent_is_replaced_and_not_joined(play: Play) -> None:
    play.go_to("started")
    only_amber_waits(play, TUESDAY)
    play.tick()
    assert [one.key for one in play.notices(K.PLANNED, ticket="1")] == ["planned:help:1:2026-11-30"]
    play.send()
    assert days_told(play, "1") == ["Wednesday"]


def test_a_ticket_hears_of_its_day_once_a_day_however_often_that_moves(play: Play) -> None:
    play.go_to("started")
    play.send()
    for day in (TUESDAY, WEDNESDAY, THURSDAY):
        only_amber_waits(play, day)
        play.later(minutes=10).tick()
        play.send()
    assert days_told(play, "1") == ["Tuesday"]
    play.at(TUESDAY).send()
    assert days_told(play, "1") == ["Tuesday", "Friday"]
    play.later(hours=2).send()
    assert days_told(play, "1") == ["Tuesday", "Friday"]


def test_what_is_planned_in_the_evening_and_again_the_next_morning_is_told_once_that_day(play: Play) -> None:
    play.go_to("started")
    play.send()
    only_amber_waits(play, TUESDAY)
    play.at(MONDAY + timedelta(hours=9)).tick()  # six in the evening: their office is closed
    play.at(TUESDAY).send()
    assert days_told(play, "1") == ["Tuesday", "Wednesday"]
    only_amber_waits(play, WEDNESDAY)
    play.later(minutes=10).tick()
    play.later(minutes=10).send()
    assert days_told(play, "1") == ["Tuesday", "Wednesday"]
    play.at(WEDNESDAY).send()
    assert days_told(play, "1") == ["Tuesday", "Wednesday", "Thursday"]


def test_a_note_that_a_desk_kept_waiting_is_replaced_by_the_next_one(play: Play) -> None:
    play.go_to("started")
    play.traffic.inject(InjectedFault(kind=Mishap.UNAVAILABLE, count=100))
    assert play.send().put_off == 4
    only_amber_waits(play, TUESDAY)
    play.at(TUESDAY).tick()
    play.traffic.clear()
    play.send()
    assert days_told(play, "1") == ["Wednesday"]


def test_notes_are_sent_in_the_business_hours_of_the_client(play: Play) -> None:
    play.go_to("signed")
    play.change_client(AMBER, timezone="America/Vancouver")
    play.begin()
    play.send()
    assert (len(play.replies("1")), len(play.replies("2"))) == (0, 1)
    nine = datetime(2026, 11, 30, 9, tzinfo=ZoneInfo("America/Vancouver"))
    assert [one.not_before for one in play.notices(ticket="1")] == [nine]
    play.at(nine).send()
    assert len(play.replies("1")) == 1


# ── It is there ────────────────────────────────────────────────────────────────────────────────────


def test_a_preview_is_told_without_resolving(play: Play) -> None:
    play.go_to("previewed")
    play.later(hours=1).send()
    assert "is on your preview installation now" in play.replies("1")[-1][0]
    assert play.desk.status("1") == "open"
    assert play.mails() == ()


def test_a_preview_may_go_unsaid(play: Play) -> None:
    play.go_to("started")
    play.change_settings(notify={"ready_to_try": False})
    play.tick()
    assert play.notices(K.READY_TO_TRY) == []


def test_a_ticket_is_resolved_once_the_production_of_its_own_client_has_it(play: Play) -> None:
    play.go_to("signed")
    only_amber_waits(play, TUESDAY)
    play.begin()
    play.tick()
    assert play.at(TUESDAY).tick().delivered == 3
    play.send()
    assert play.desk.status("2") == "solved"
    assert play.desk.status("1") == "open"
    assert play.at(WEDNESDAY).tick().delivered == 1
    play.send()
    text, status = play.replies("1")[-1]
    assert status == "solved"
    assert "your production installation now runs Skiff 2026.12" in text
    assert "The rudder no longer sticks" in text


def test_it_is_said_once_however_often_it_is_sent(play: Play) -> None:
    play.go_to("delivered")
    play.send()
    before = [play.replies(number) for number in "1234"]
    assert play.send() == notify.Notified()
    assert play.tick().delivered == 0
    assert [play.replies(number) for number in "1234"] == before
    assert [len(one) for one in before] == [1, 1, 1, 1]


def test_one_ticket_of_several_changes_is_told_of_all_of_them_at_once(play: Play) -> None:
    play.go_to("delivered")
    play.send()
    text, status = play.replies("4")[-1]
    assert status == "solved"
    assert "Mend rudder 11" in text
    assert "Mend rudder 12" in text


def test_one_change_resolves_the_tickets_of_every_client_that_has_it(play: Play) -> None:
    play.go_to("delivered")
    play.send()
    assert (play.desk.status("1"), play.desk.status("2")) == ("solved", "solved")


def test_a_ticket_that_waits_for_more_is_told_and_stays_open_until_all_of_it_is_there(play: Play) -> None:
    play.go_to("delivered")
    play.send()
    text, status = play.replies("3")[-1]
    assert (status, "The rest is still to come" in text) == ("open", True)
    assert ticket_state(play, "3") == {"told", "open"}
    next_release(play)
    play.tick()
    play.later(days=1).tick()
    play.send()
    text, status = play.replies("3")[-1]
    assert (status, "The rest" in text) == ("solved", False)
    assert "2027.01" in text


def next_release(play: Play) -> None:
    """The late change is done; it comes with the release after."""
    play.change_settings(readiness={"evidence": False})
    play.later(days=1)
    play.jira.set_status(LATE, "Done", resolution="Fixed")
    play.jira.set_field(LATE, "QA state", "Passed")
    play.collect()
    cut.cut(play.world, FOLLOWING, DANA)
    assess.assess(play.world, FOLLOWING, {}, DANA)
    for role, person in SIGNERS.items():
        sign.sign(play.world, FOLLOWING, role, person)
    plan.plan(play.world, FOLLOWING, DANA)
    start.start(play.world, FOLLOWING, LEE)


@pytest.mark.parametrize("fate", ["won't fix", "deleted", "in no release"])
def test_a_linked_issue_that_will_never_ship_keeps_no_ticket_waiting_and_one_that_may_does(play: Play, fate: str) -> None:
    play.jira.add_issue("SKIFF", "Another rudder", key="SKIFF-50")
    play.link_ticket("1", ChangeKey("SKIFF-50"))
    play.jira.set_field("SKIFF-50", "fix_versions", [FOLLOWING])
    play.collect(full=True)
    if fate == "won't fix":
        play.jira.set_status("SKIFF-50", "Done", resolution="Won't Fix")
    elif fate == "deleted":
        play.jira.remove_issue("SKIFF-50")
    else:
        play.jira.set_field("SKIFF-50", "fix_versions", [])
    play.later(minutes=1).collect(full=True)
    cut.cut(play.world, TARGET, DANA)
    assess.assess(play.world, TARGET, {}, DANA)
    for role, person in SIGNERS.items():
        sign.sign(play.world, TARGET, role, person)
    play.begin()
    deliver(play)
    play.send()
    assert play.desk.status("1") == ("open" if fate == "in no release" else "solved")


def test_premium_clients_are_called_and_others_are_not(play: Play) -> None:
    play.go_to("delivered")
    play.send()
    assert [(one.client, one.recipient, one.state) for one in play.notices(channel=Channel.CALL)] == [(BIRCH, "Ana, +1 555 0101", S.WAITING)]
    assert {mail.recipient for mail in play.mails()} == {f"ana@{client}.example" for client in (AMBER, BIRCH, COBALT, DRIFTWOOD)}
    key = play.notices(channel=Channel.CALL)[0].key
    assert notify.done_by_hand(play.world, key, SAM).state is S.SENT
    assert play.audit(key)[-1][0] == "notice done by hand"


def test_a_release_that_brings_a_client_nothing_new_is_not_worth_a_mail(play: Play) -> None:
    play.go_to("started")
    play.change_settings(notify={"contacts": False})
    deliver(play)
    assert play.notices(channel=Channel.MAIL) == []
    assert len(play.notices(K.AVAILABLE, **TICKET)) == 3


def test_a_change_that_jira_has_reopened_is_not_said_to_be_there(play: Play) -> None:
    play.go_to("previewed")
    for key in (FIRST, THIRD):
        play.jira.set_status(key, "Reopened")
    play.collect()
    play.at(TUESDAY).tick()
    play.send()
    assert [play.desk.status(number) for number in "124"] == ["open"] * 3
    assert [text for text, _ in play.replies("1") if "now runs" in text] == []
    text, status = play.replies("4")[-1]
    assert (status, "Mend rudder 11" in text, "Mend rudder 12" in text, "The rest is still to come" in text) == ("open", True, False, True)
    assert all("The rudder no longer sticks" not in mail.body for mail in play.mails())


def test_a_change_that_was_pulled_is_not_said_to_be_there(play: Play) -> None:
    play.go_to("cut")
    cut.pull(play.world, TARGET, FIRST, "it leaks", DANA)
    for role, person in SIGNERS.items():
        sign.sign(play.world, TARGET, role, person)
    play.begin()
    deliver(play)
    play.send()
    assert [play.desk.status(number) for number in "1234"] == ["open", "open", "open", "solved"]
    assert play.replies("1") == []


# ── A person reads it first ────────────────────────────────────────────────────────────────────────


def test_notices_of_a_reviewed_tier_wait_for_a_person(play: Play) -> None:
    play.started("reviewed", notify={"review_tiers": ["premium"]})
    deliver(play)
    play.send()
    assert play.replies("2") == []
    assert play.desk.status("1") == "solved"
    assert {one.state for one in play.notices(client=BIRCH) if one.kind is K.AVAILABLE} == {S.REVIEW}


def test_a_text_that_a_person_wrote_goes_out_as_it_is(play: Play) -> None:
    play.started("reviewed", notify={"review_tiers": ["premium"]})
    deliver(play)
    key = next(one.key for one in play.notices(K.AVAILABLE, ticket="2"))
    notify.release_notice(play.world, key, SAM, body="Dear Ana, your rudder is mended.")
    assert play.audit(key)[-1] == ("notice released", {"edited": True})
    play.send()
    assert play.replies("2") == [("Dear Ana, your rudder is mended.", "solved")]


def test_a_text_that_a_person_wrote_survives_a_plan_that_moves(play: Play) -> None:
    play.started("reviewed all", notify={"review_tiers": ["premium", "standard-plus"]})
    key = play.notices(K.PLANNED, ticket="1")[0].key
    notify.release_notice(play.world, key, SAM, body="Dear Ana, we shall come on Tuesday.")
    only_amber_waits(play, TUESDAY)
    play.tick()
    play.send()
    assert [text for text, _ in play.replies("1")] == ["Dear Ana, we shall come on Tuesday."]
    assert play.desk.status("1") == "open"
    later = [one for one in play.notices(K.PLANNED, ticket="1") if one.key != key]
    assert [(one.state, "Wednesday, 2 December" in one.body) for one in later] == [(S.REVIEW, True)]


def test_a_text_that_nobody_has_read_yet_follows_the_plan(play: Play) -> None:
    play.started("reviewed all", notify={"review_tiers": ["premium", "standard-plus"]})
    only_amber_waits(play, TUESDAY)
    play.tick()
    told = play.notices(K.PLANNED, ticket="1")
    assert [(one.state, "Wednesday, 2 December" in one.body) for one in told] == [(S.REVIEW, True)]


def test_what_people_do_with_a_notice_says_why_it_cannot_be_done(play: Play) -> None:
    play.go_to("started")
    play.send()
    key = play.notices(K.PLANNED, ticket="1")[0].key
    with pytest.raises(Refused, match=r"is sent; only one that is review or dead can be released"):
        notify.release_notice(play.world, key, SAM)
    with pytest.raises(Refused, match=r"is sent; only one that is waiting or review or dead can be done by hand"):
        notify.done_by_hand(play.world, key, SAM)
    with pytest.raises(NotFound, match=r"there is no notice planned:nobody\. See rollout notices list"):
        notify.release_notice(play.world, "planned:nobody", SAM)


# ── It is taken back ───────────────────────────────────────────────────────────────────────────────


def test_after_a_rollback_a_ticket_that_was_resolved_is_reopened_with_an_honest_note(play: Play) -> None:
    play.go_to("delivered")
    play.send()
    guide.roll_back(play.world, TARGET, AMBER, PRODUCTION, "the map does not load", LEE)
    play.later(minutes=5).send()
    text, status = play.replies("1")[-1]
    assert (status, "we had to take Skiff 2026.12 back from your production installation" in text) == ("open", True)
    assert play.desk.status("2") == "solved"
    assert ticket_state(play, "1") == {"withdrawn"}


def test_after_a_rollback_a_ticket_that_was_told_of_a_part_hears_of_it_too(play: Play) -> None:
    play.go_to("delivered")
    play.send()
    guide.roll_back(play.world, TARGET, AMBER, PRODUCTION, "the map does not load", LEE)
    play.later(minutes=5).send()
    assert "we had to take Skiff 2026.12 back" in play.replies("3")[-1][0]
    assert play.desk.status("3") == "open"


def test_what_was_not_said_yet_stays_unsaid_after_a_rollback(play: Play) -> None:
    play.go_to("delivered")
    guide.roll_back(play.world, TARGET, AMBER, PRODUCTION, "the map does not load", LEE)
    play.send()
    assert play.replies("1") == []
    assert f"ana@{AMBER}.example" not in {mail.recipient for mail in play.mails()}
    key = play.notices(K.AVAILABLE, ticket="1")[0].key
    assert play.audit(key)[-1] == ("notice cancelled", {"why": "the map does not load"})


def test_a_preview_that_is_rolled_back_takes_nothing_back_from_production(play: Play) -> None:
    play.go_to("delivered")
    guide.roll_back(play.world, TARGET, AMBER, PREVIEW, "somebody tests the old one there", LEE)
    play.send()
    assert play.desk.status("1") == "solved"
    guide.roll_back(play.world, TARGET, COBALT, PREVIEW, "somebody tests the old one there", LEE)
    play.later(minutes=5).send()
    assert play.desk.status("4") == "solved"
    assert play.notices(K.WITHDRAWN) == []


def test_what_comes_back_the_same_night_is_not_reopened(play: Play) -> None:
    play.go_to("started")
    holds.hold(play.world, DRIFTWOOD, "they count their boats", LEE)
    play.tick()
    play.at(TUESDAY).tick()
    play.send()
    guide.roll_back(play.world, TARGET, AMBER, PRODUCTION, "the map does not load", LEE)
    holds.lift(play.world, AMBER, "it loads", LEE)
    guide.retry(play.world, TARGET, AMBER, PRODUCTION, "it loads", LEE)
    assert play.tick().delivered == 1
    play.later(minutes=5).send()
    assert play.desk.status("1") == "solved"
    assert len(play.replies("1")) == 1


def test_an_installation_that_is_left_out_is_not_promised_a_day(play: Play) -> None:
    play.go_to("started")
    guide.skip(play.world, TARGET, AMBER, PRODUCTION, "they asked for it", LEE)
    play.send()
    assert play.replies("1") == []
    assert len(play.replies("2")) == 1


def test_a_ticket_that_a_person_solved_after_we_told_is_not_reopened_by_the_next_release(play: Play) -> None:
    play.go_to("started")
    play.desk.agent_solves("1", "I have shown you a way around it.")
    deliver(play)
    play.send()
    guide.roll_back(play.world, TARGET, AMBER, PRODUCTION, "the map does not load", LEE)
    play.later(minutes=5).send()
    assert play.desk.status("1") == "solved"
    assert play.replies("1") == []
