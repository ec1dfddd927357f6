"""Sending what waits in the outbox, whatever breaks on the way: nothing is lost, nothing is said twice, no delivery fails for it."""

from datetime import timedelta
from typing import Any

import pytest
import yaml

from rollout.core.closing import Channel, NoticeKind, NoticeState
from rollout.core.errands import ErrandState
from rollout.errors import Refused
from rollout.sandbox.desk import InjectedFault, Mishap
from rollout.steps import notify, show
from tests.playing import AMBER, LATE, SAM, TARGET, TUESDAY, Play

K, S = NoticeKind, NoticeState


def delivered(play: Play, **settings: Any) -> None:
    """All previews and productions have it, and nobody has been told; of the notices only those of the tickets are left to send."""
    name = f"quiet {settings}"
    if not play.has(name):
        play.go_to("started")
        play.change_settings(notify={"contacts": False, **settings.get("notify", {})})
        play.tick()
        play.at(TUESDAY).tick()
        play.keep(name)
    play.go_to(name)


def down(play: Play, count: int = 1000, kind: Mishap = Mishap.UNAVAILABLE, **given: Any) -> None:
    play.traffic.inject(InjectedFault(kind=kind, count=count, **given))


def of_first(play: Play) -> Any:
    return play.notices(K.AVAILABLE, ticket="1")[0]


# ── A desk that fails ──────────────────────────────────────────────────────────────────────────────


def test_a_desk_that_is_down_delays_notices_and_fails_no_delivery(play: Play) -> None:
    play.go_to("started")
    down(play)
    assert play.tick().delivered == 4
    assert play.at(TUESDAY).tick().delivered == 4
    found = play.send()
    assert (found.sent, found.put_off, found.dead) == (4, 4, 0)  # the mails went out
    assert all("was answered with 503" in problem for problem in found.problems)
    play.traffic.clear()
    play.later(minutes=1)
    assert play.send().sent == 4
    assert play.desk.status("1") == "solved"


def test_each_try_waits_twice_as_long_until_a_person_sees_a_dead_letter(play: Play) -> None:
    delivered(play, notify={"attempts": 4})
    down(play)
    waits = []
    for _ in range(3):
        at = play.now
        assert play.send().put_off == 4
        waits.append(of_first(play).not_before - at)
        assert play.send() == notify.Notified()
        play.at(of_first(play).not_before)
    assert waits == [timedelta(minutes=1), timedelta(minutes=2), timedelta(minutes=4)]
    assert play.send().dead == 4
    assert (of_first(play).state, of_first(play).attempts) == (S.DEAD, 4)
    assert {row["state"] for row in show.ticket(play.world, "1")["tickets"]} == {"dead"}
    play.traffic.clear()
    notify.release_notice(play.world, of_first(play).key, SAM)
    assert play.send().sent == 1
    assert play.desk.status("1") == "solved"


def test_a_desk_that_asks_for_patience_gets_what_it_asks_for(play: Play) -> None:
    delivered(play)
    down(play, kind=Mishap.THROTTLED, retry_after="900")
    at = play.now
    play.send()
    assert of_first(play).not_before == at + timedelta(minutes=15)


def test_a_desk_that_throttles_without_saying_for_how_long_is_asked_again_soon(play: Play) -> None:
    delivered(play)
    down(play, kind=Mishap.THROTTLED)
    at = play.now
    play.send()
    assert of_first(play).not_before == at + timedelta(minutes=1)


def test_an_answer_that_is_lost_is_looked_for_and_not_said_again(play: Play) -> None:
    delivered(play)
    down(play, count=4, kind=Mishap.DROPPED, route="^PUT ")
    assert play.send().put_off == 4
    play.later(minutes=1)
    assert play.send().sent == 4
    assert [len(play.replies(number)) for number in "1234"] == [1, 1, 1, 1]
    assert play.desk.status("1") == "solved"


def test_a_credential_that_is_not_accepted_delays_notices_until_somebody_mends_it(play: Play) -> None:
    delivered(play)
    secret = play.folder / "secrets" / "desk"
    right = secret.read_text(encoding="utf-8")
    try:
        secret.write_text("yesterday's", encoding="utf-8")
        play.reopen()
        found = play.send()
    finally:
        secret.write_text(right, encoding="utf-8")
    assert (found.put_off, found.dead) == (4, 0)
    assert "Check what the token of rollout@vendor.example may do" in found.problems[0]
    play.reopen()
    play.later(minutes=16)
    assert play.send().sent == 4


def test_a_desk_that_left_the_settings_is_a_dead_letter_that_says_so(play: Play) -> None:
    delivered(play)
    play.change_settings(desks=[], jira=[_without_tickets(play)])
    assert play.send().dead == 4
    assert of_first(play).last_error == "help: rollout.yaml no longer has this desk; ticket 1 cannot be told"


def _without_tickets(play: Play) -> dict[str, Any]:
    jira: dict[str, Any] = yaml.safe_load((play.folder / "rollout.yaml").read_text(encoding="utf-8"))["jira"][0]
    return {name: part for name, part in jira.items() if name != "ticket_urls"} | {"fields": {"quality": jira["fields"]["quality"]}}


# ── What a person has done with the ticket ─────────────────────────────────────────────────────────


def test_a_ticket_that_a_person_solved_is_left_alone_and_noted(play: Play) -> None:
    delivered(play)
    play.desk.agent_solves("1", "I have shown you a way around it.")
    found = play.send()
    assert (found.sent, found.left_alone) == (3, 1)
    assert play.replies("1") == []
    assert (of_first(play).state, of_first(play).last_error) == (S.LEFT_ALONE, "ticket 1 is solved already")
    row = show.ticket(play.world, "1")["tickets"][0]
    assert (row["state"], row["note"]) == ("left_alone", "ticket 1 is solved already")


def test_a_ticket_that_is_closed_for_good_is_left_alone(play: Play) -> None:
    delivered(play)
    play.desk.close_ticket("1")
    assert play.send().left_alone == 1
    assert of_first(play).last_error == "ticket 1 is closed"


def test_a_ticket_that_is_closed_while_it_is_answered_is_left_to_a_person(play: Play) -> None:
    delivered(play)
    play.traffic.meanwhile("^PUT /api/v2/tickets/1", lambda: play.desk.close_ticket("1"))
    found = play.send()
    assert (found.sent, found.dead + found.left_alone) == (3, 1)
    assert play.replies("1") == []


def test_a_ticket_that_the_client_answered_is_solved_as_usual(play: Play) -> None:
    delivered(play)
    play.desk.requester_replies("1", "It happened again today.")
    play.send()
    assert play.desk.status("1") == "solved"


def test_a_ticket_that_the_client_opened_again_after_it_was_resolved_is_not_solved_twice(play: Play) -> None:
    delivered(play)
    play.send()
    play.desk.requester_replies("1", "It is not all right.")
    play.later(hours=1)
    assert play.send() == notify.Notified()
    assert play.desk.status("1") == "open"


def test_a_note_of_a_person_between_look_and_answer_does_not_cost_the_answer(play: Play) -> None:
    delivered(play)
    play.traffic.meanwhile("^PUT /api/v2/tickets/1", lambda: play.desk.agent_replies("1", "I am looking into it."))
    assert play.send().sent == 4
    assert play.desk.status("1") == "solved"


def test_somebody_who_solves_it_between_look_and_answer_is_left_alone(play: Play) -> None:
    delivered(play)
    play.traffic.meanwhile("^PUT /api/v2/tickets/1", lambda: play.desk.agent_solves("1", "It is done."))
    assert (play.send().put_off, play.replies("1")) == (1, [])
    play.later(minutes=1)
    assert play.send().left_alone == 1


# ── Mail ───────────────────────────────────────────────────────────────────────────────────────────


def mailing(play: Play) -> None:
    play.go_to("delivered")


def test_mail_that_is_refused_for_now_goes_out_later(play: Play) -> None:
    mailing(play)
    play.stage.mail.refuse(451, "greylisted", count=4)
    assert play.send().put_off == 4
    assert play.mails() == ()
    play.later(minutes=1)
    assert play.send().sent == 4
    assert len(play.mails()) == 4


def test_mail_that_is_refused_for_good_is_a_dead_letter(play: Play) -> None:
    mailing(play)
    play.stage.mail.refuse(550, "no such user")
    found = play.send()
    assert (found.sent, found.dead) == (7, 1)
    assert "550 to the mail for ana@" in found.problems[0]


def test_mail_that_may_have_gone_out_is_left_to_a_person(play: Play) -> None:
    mailing(play)
    play.stage.mail.hang_up(verb="DATA")
    found = play.send()
    assert (found.sent, found.dead) == (7, 1)
    assert "it may have gone out or not" in found.problems[0]
    assert len(play.mails()) == 4
    play.later(hours=12)
    play.send()
    assert len(play.mails()) == 4


def test_a_call_is_never_sent_by_a_machine(play: Play) -> None:
    mailing(play)
    play.send()
    play.later(days=3)
    assert play.send() == notify.Notified()
    assert [one.state for one in play.notices(channel=Channel.CALL)] == [S.WAITING]


# ── JIRA ───────────────────────────────────────────────────────────────────────────────────────────


def test_a_rollout_that_is_delivered_releases_the_version_in_jira(play: Play) -> None:
    mailing(play)
    play.send()
    version = play.jira.version("SKIFF", TARGET)
    assert (version.released, str(version.release_date)) == (True, "2026-12-01")


def test_a_jira_that_is_down_keeps_no_client_waiting_and_hears_it_later(play: Play) -> None:
    mailing(play)
    play.jira.fault("503", count=1)
    found = play.send()
    assert (found.sent, found.errands) == (8, 0)
    play.later(minutes=1)
    assert play.send().errands == 4
    assert play.jira.version("SKIFF", TARGET).released


def test_a_jira_that_does_not_accept_the_credential_is_told_once_it_does(play: Play) -> None:
    play.go_to("cut")
    play.jira.fault("401")
    found = play.send()
    assert (found.errands, found.dead) == (0, 0)
    play.later(minutes=16)
    assert play.send().errands == 2
    assert play.jira.fix_versions(LATE) == ("2027.01",)


def test_what_jira_refuses_for_good_is_dead_and_keeps_no_other_waiting(play: Play) -> None:
    play.go_to("cut")
    play.jira.remove_issue(LATE)
    found = play.send()
    assert (found.errands, found.dead) == (1, 1)
    assert f"not found, or hidden from this account: issue {LATE}" in found.problems[0]
    assert [one.state for one in play.errands()] == [ErrandState.DONE, ErrandState.DEAD]


def test_a_preview_names_what_would_be_sent_now(play: Play) -> None:
    play.go_to("started")
    assert {one.ticket for one in notify.preview(play.world)} == {"1", "2", "3", "4"}
    assert play.notices(state=S.SENT) == []


def test_dry_runs_of_what_people_do_with_notices_change_nothing(play: Play) -> None:
    play.go_to("started")
    key = play.notices(K.PLANNED, ticket="1")[0].key
    assert notify.done_by_hand(play.world, key, SAM, dry_run=True).state is S.SENT
    assert play.notices(K.PLANNED, ticket="1", client=AMBER)[0].state is S.WAITING
    with pytest.raises(Refused, match=r"is waiting; only one that is review or dead can be released"):
        notify.release_notice(play.world, key, SAM, dry_run=True)
