"""A month at the command line, as people would type it: from JIRA issues to resolved tickets, with what goes wrong on the way."""

from datetime import datetime, timedelta
from pathlib import Path

import pytest

from rollout.core.closing import NoticeKind, NoticeState
from rollout.core.delivery import DeliveryState
from tests.builders import notice
from tests.cli.calling import ask, call
from tests.playing import AMBER, BIRCH, COBALT, DANA, FIRST, LATE, LEE, PREVIEW, PREVIOUS, QUINN, SAM, SECOND, TARGET, THIRD, Play

SIGNERS = (("pm", DANA), ("qa", QUINN), ("support", SAM))


def typed(play: Play, *words: object) -> list[str]:
    """The lines that a command prints; it has to succeed."""
    said = call("-C", play.folder, *words)
    assert (said.code, said.err) == (0, ""), said
    return said.out.splitlines()


def states(play: Play, environment: str) -> dict[str, str]:
    [rollout] = ask("-C", play.folder, "status", TARGET)["rollouts"]
    return {one["client"]: one["state"] for one in rollout["deliveries"] if one["environment"] == environment}


def test_from_issues_to_resolved_tickets(play: Play) -> None:
    assert typed(play, "collect") == ["collected 6 changes, 5 tickets; 2 new releases", "Next: rollout release list"]
    assert [line.split()[:3] for line in typed(play, "release", "list")[1:]] == [[PREVIOUS, "monthly", "delivered"], [TARGET, "monthly", "draft"]]
    kept, moved, following = typed(play, "release", "cut", TARGET, "--as", DANA)
    assert kept == f"kept 3 changes: {FIRST}, {SECOND}, {THIRD}"
    assert moved.startswith(f"moved {LATE} to 2027.01: {LATE} is In Progress")
    assert following == f"Next: rollout release assess {TARGET}"
    assert typed(play, "release", "assess", TARGET, "--risk", "low", "--as", DANA)[0] == (
        "confirmed by dana: impact transparent, risk low, strategy transparent, downtime 0 min"
    )
    for role, person in SIGNERS:
        said = typed(play, "sign", TARGET, "--role", role, "--as", person)
        assert said[0].startswith(f"{person} signed {TARGET} as {role}, digest ")
    assert said[-1] == f"Next: rollout plan {TARGET}, then rollout start {TARGET}"
    assert typed(play, "plan", TARGET, "--as", DANA)[1].split()[:3] == ["preview", "preview", "4"]
    assert typed(play, "start", TARGET, "--as", LEE)[-1] == "Next: rollout advance"

    for _ in range(20):
        tick = ask("-C", play.folder, "advance")
        if TARGET in tick["finished"]:
            break
        play.at(datetime.fromisoformat(tick["next_at"]))
    assert states(play, "production") == dict.fromkeys(play.runs(), "delivered")
    assert set(play.runs().values()) == {TARGET}
    assert typed(play, "advance")[0] == "delivered 0, postponed 0, moved 0 slots, recovered 0"

    assert typed(play, "notify")[0].startswith("sent ")
    rows = {(row["id"], row["change"]): row for row in ask("-C", play.folder, "tickets", "list")["tickets"]}
    assert {row["state"] for (number, change), row in rows.items() if number in "124" and change != LATE} == {"resolved"}
    assert rows["5", FIRST]["state"] == "unmatched"
    assert [play.desk.status(number) for number in "12345"] == ["solved", "solved", "open", "solved", "open"]
    assert "The rudder no longer sticks" in "\n".join(typed(play, "tickets", "show", "help/1"))

    assert "published" in typed(play, "publish")[0]
    assert "The rudder no longer sticks" in (play.folder / "site" / "index.html").read_text(encoding="utf-8")
    assert typed(play, "audit", "verify") == ["the audit trail is intact"]
    assert typed(play, "audit", "log", TARGET, "--limit", "1")[1].split()[-1] != ""


def test_a_change_is_pulled_and_comes_back_and_everybody_signs_anew(play: Play) -> None:
    play.go_to("signed")
    why = ("--reason", "it is not tested enough", "--as", DANA)
    assert typed(play, "release", "pull", TARGET, SECOND, *why) == [f"moved {SECOND} from {TARGET} to 2027.01"]
    view = ask("-C", play.folder, "release", "show", TARGET)
    assert (view["state"], len(view["changes"]), all(one["voided_at"] for one in view["signoffs"])) == ("cut", 2, True)
    assert [(one["key"], one["why"]) for one in view["left"] if one["key"] == SECOND] == [(SECOND, "it is not tested enough")]
    assert typed(play, "release", "add", TARGET, SECOND, *why) == [f"added {SECOND} to {TARGET}"]
    assert call("-C", play.folder, "start", TARGET, "--as", LEE).code == 1
    typed(play, "sign", TARGET, "--role", "qa", "--reject", "--note", "the rudder sticks", "--as", QUINN)
    assert any("rejected" in reason["text"] for reason in ask("-C", play.folder, "release", "show", TARGET)["missing"])
    assert typed(play, "release", "cancel", TARGET, *why) == [f"cancelled {TARGET}"]


def test_what_is_held_or_stopped_waits_until_people_let_it_go(play: Play) -> None:
    play.go_to("started")
    assert typed(play, "hold", AMBER, "--reason", "their audit", "--as", DANA) == [f"{AMBER} is held. Lift it: rollout lift {AMBER} --reason …"]
    assert "two people" in typed(play, "stop", "--reason", "the map does not load", "--as", LEE)[0].lower()
    assert typed(play, "status")[:2] == [
        "STOPPED by lee: the map does not load. Release it: rollout resume, by two people",
        f"held: {AMBER} by dana: their audit",
    ]
    assert ask("-C", play.folder, "advance")["delivered"] == 0
    assert typed(play, "resume", "--reason", "it loads", "--as", LEE) == ["lee says so; one more person must as well"]
    assert typed(play, "resume", "--reason", "it loads", "--as", DANA) == ["work goes on"]
    assert ask("-C", play.folder, "advance")["delivered"] == 3
    closed = {gate["name"] for one in ask("-C", play.folder, "why", AMBER)["deliveries"] for gate in one["gates"] if not gate["open"]}
    assert "hold" in closed
    assert typed(play, "lift", AMBER, "--reason", "it is over", "--as", DANA) == [f"lifted 1 hold on {AMBER}"]
    assert ask("-C", play.folder, "advance")["delivered"] == 1


def test_a_delivery_that_failed_is_retried_skipped_or_rolled_back(play: Play) -> None:
    play.go_to("started")
    for client in (AMBER, BIRCH, COBALT):
        play.fleet.make_sick(client, PREVIEW, "the map does not load", for_version=TARGET)
    assert len(ask("-C", play.folder, "advance")["broken"]) == 3
    assert any("halted" in line for line in typed(play, "status"))
    play.fleet.heal(AMBER, PREVIEW)
    about = (TARGET, "--environment", "preview", "--reason", "to see", "--as", LEE)
    assert typed(play, "retry", AMBER, *about) == [f"is planned again: {TARGET} at {AMBER}/preview, now planned"]
    assert typed(play, "skip", BIRCH, *about)[0].startswith(f"is left out: {TARGET} at {BIRCH}/preview")
    assert typed(play, "roll-back", COBALT, *about) == [f"is rolled back: {TARGET} at {COBALT}/preview, now rolled_back"]
    assert play.fleet.version_of(COBALT, PREVIEW) == PREVIOUS
    assert COBALT in {hold["subject"] for hold in ask("-C", play.folder, "status")["holds"]}
    forgiven = ask("-C", play.folder, "continue", TARGET, "--reason", "the others are well", "--as", LEE)["forgiven"]
    assert forgiven > 0
    play.at(play.delivery(AMBER, PREVIEW).slot_start)
    assert ask("-C", play.folder, "advance")["delivered"] >= 1
    assert states(play, "preview")[AMBER] == "delivered"


def test_a_delivery_that_nobody_could_judge_is_accepted(play: Play) -> None:
    play.go_to("started")
    with play.world.ledger.begin() as tx:
        tx.save_deliveries([play.delivery(BIRCH, PREVIEW).model_copy(update={"state": DeliveryState.ARRIVED, "started_at": play.now})])
    assert typed(play, "accept", BIRCH, TARGET, "--environment", "preview", "--reason", "I looked", "--as", LEE) == [
        f"is accepted: {TARGET} at {BIRCH}/preview, now delivered"
    ]


def test_a_notice_in_review_goes_out_as_a_person_wrote_it(play: Play, tmp_path: Path) -> None:
    play.go_to("started")
    with play.world.ledger.begin() as tx:
        for key in ("first", "second"):
            tx.put_notice(
                notice(key, kind=NoticeKind.PLANNED, client=AMBER, ticket="1", state=NoticeState.REVIEW, not_before=play.now, created_at=play.now)
            )
    assert [line.split()[0] for line in typed(play, "notices", "list", "--state", "review")[1:]] == ["first", "second"]
    (tmp_path / "text").write_text("We called you about it.", encoding="utf-8")
    assert typed(play, "notices", "release", "first", "--body", tmp_path / "text") == ["first goes out. Next: rollout notify"]
    assert typed(play, "notices", "done", "second", "--as", SAM) == ["second is noted as done"]
    typed(play, "notify")
    assert "We called you about it." in "\n".join(text for text, _ in play.replies("1"))
    assert {one["key"]: one["state"] for one in ask("-C", play.folder, "notices", "list")["notices"] if one["key"] in ("first", "second")} == {
        "first": "sent",
        "second": "sent",
    }


def test_a_hotfix_keeps_its_two_clocks(play: Play) -> None:
    play.go_to("started")
    clock = ask("-C", play.folder, "hotfix", "open", FIRST, "--as", LEE)["id"]
    assert "triage is due in 15 minutes" in typed(play, "hotfix", "list")[1]
    play.later(minutes=20)
    assert len(ask("-C", play.folder, "hotfix", "list")["hotfixes"][0]["warnings"]) == 2
    assert typed(play, "hotfix", "triage", clock, "--as", LEE) == [f"triaged. Next: rollout hotfix notice {clock} --eta …"]
    eta = play.now + timedelta(hours=3)
    assert typed(play, "hotfix", "notice", clock, "--eta", eta.isoformat(), "--as", LEE) == [f"noted; estimated for {eta:%Y-%m-%d %H:%M} UTC"]
    assert ask("-C", play.folder, "hotfix", "list")["hotfixes"][0]["warnings"] == []


@pytest.mark.parametrize("words", [("status",), ("release", "list"), ("tickets", "list"), ("notices", "list"), ("audit", "log"), ("hotfix", "list")])
def test_where_there_is_nothing_that_is_said(play: Play, words: tuple[str, ...]) -> None:
    [line] = typed(play, *words)
    assert "none" in line or "nothing" in line
