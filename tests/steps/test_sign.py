"""Sign-offs: whose consent counts, to which content, for how long; and what makes them fall."""

import threading

import pytest

from rollout.core.releases import ReleaseState
from rollout.core.values import PersonId
from rollout.errors import Conflict, NotFound, Refused
from rollout.steps import assess, cut, plan, show, sign, start
from tests.databases import PostgresServer
from tests.playing import DANA, DAY, FIRST, LEE, PRODUCTION, QUINN, SAM, SECOND, TARGET, THIRD, TUESDAY, Play, interrupted
from tests.stories import SIGNERS


def sign_all(play: Play) -> None:
    for role, person in SIGNERS.items():
        sign.sign(play.world, TARGET, role, person)


def missing(play: Play) -> list[str]:
    return [one["text"] for one in show.release(play.world, TARGET)["missing"]]


def test_the_last_role_that_is_asked_for_signs_the_release(play: Play) -> None:
    play.go_to("cut")
    first = sign.sign(play.world, TARGET, "pm", DANA)
    assert first.state is ReleaseState.CUT
    assert [one.text for one in first.missing.reasons] == [
        "1 x qa is missing; could be given by quinn",
        "1 x support is missing; could be given by sam",
    ]
    sign.sign(play.world, TARGET, "qa", QUINN)
    last = sign.sign(play.world, TARGET, "support", SAM)
    assert last.state is play.release().state is ReleaseState.SIGNED
    assert last.missing.open
    assert play.audit(TARGET)[-1] == ("release signed", {"digest": last.digest})


def test_a_sign_off_names_the_digest_of_what_was_seen(play: Play) -> None:
    play.go_to("cut")
    given = sign.sign(play.world, TARGET, "pm", DANA, note="go")
    view = show.release(play.world, TARGET)
    assert given.digest == view["digest"] == view["signoffs"][0]["digest"]
    assert ("release signed off", {"role": "pm", "digest": given.digest, "note": "go"}) in play.audit(TARGET)


def test_what_the_cut_writes_down_is_the_digest_that_people_sign(play: Play) -> None:
    play.go_to("collected")
    cut.cut(play.world, TARGET, DANA)
    written = next(data["digest"] for act, data in play.audit(TARGET) if act == "release cut")
    assert written == show.release(play.world, TARGET)["digest"]


def test_a_dry_run_signs_nothing(play: Play) -> None:
    play.go_to("cut")
    assert sign.sign(play.world, TARGET, "pm", DANA, dry_run=True).state is ReleaseState.CUT
    assert show.release(play.world, TARGET)["signoffs"] == []


# ── What makes them fall ───────────────────────────────────────────────────────────────────────────


def test_a_public_note_that_is_changed_in_jira_voids_every_sign_off_and_says_so(play: Play) -> None:
    play.go_to("signed")
    play.jira.set_field(FIRST, "Release note", "The rudder turns left only")
    assert play.collect().voided == (TARGET,)
    assert play.release().state is ReleaseState.CUT
    assert play.release().revision == 2
    assert {one["voided_why"] for one in show.release(play.world, TARGET)["signoffs"]} == {"JIRA changed what clients will read"}
    assert play.audit(TARGET)[-1] == ("sign-offs voided", {"why": "JIRA changed what clients will read", "fallen": 3, "revision": 2})
    with pytest.raises(Refused, match=r"cannot start 2026\.12: it is cut"):
        start.start(play.world, TARGET, LEE)


def test_a_note_that_is_changed_during_the_rollout_keeps_it_waiting_until_people_have_signed_it(play: Play) -> None:
    play.go_to("started")
    assert play.tick().delivered == 4
    play.jira.set_field(FIRST, "Release note", "The rudder turns left only")
    assert play.collect().voided == (TARGET,)
    assert (play.release().state, play.release().revision) == (ReleaseState.ROLLING_OUT, 2)
    tick = play.at(TUESDAY).tick()
    assert (tick.delivered, tick.waiting) == (0, {"signed": 4})
    play.jira.set_field(FIRST, "Release note", "The rudder no longer sticks")
    play.collect()
    assert play.tick().delivered == 0  # what was signed once has fallen
    sign_all(play)
    assert play.tick().delivered == 4


def test_what_clients_never_read_voids_nothing(play: Play) -> None:
    play.go_to("signed")
    play.jira.set_field(FIRST, "priority", "Minor")
    play.jira.set_field(SECOND, "summary", "Mend rudder 11")
    assert play.collect().voided == ()
    assert play.release().state is ReleaseState.SIGNED


def test_a_slot_that_moves_voids_nothing(play: Play) -> None:
    play.go_to("signed")
    before = show.release(play.world, TARGET)["digest"]
    plan.plan(play.world, TARGET, DANA)
    play.freeze(TUESDAY, TUESDAY + 2 * DAY)
    moved = plan.plan(play.reopen(), TARGET, DANA).moves
    assert {move.environment for move in moved} == {PRODUCTION}
    assert show.release(play.world, TARGET)["digest"] == before
    assert play.collect().voided == ()
    assert play.release().state is ReleaseState.SIGNED


def test_another_strategy_or_downtime_voids_a_new_way_back_does_not(play: Play) -> None:
    play.go_to("signed")
    assess.assess(play.world, TARGET, {"way_back": "restore the backup"}, DANA)
    assert play.release().state is ReleaseState.SIGNED
    assess.assess(play.world, TARGET, {"downtime_minutes": 10}, DANA)
    assert play.release().state is ReleaseState.CUT
    assert {one["voided_why"] for one in show.release(play.world, TARGET)["signoffs"]} == {"the assessment changed"}


def test_everybody_may_sign_anew_what_has_moved(play: Play) -> None:
    play.go_to("signed")
    cut.pull(play.world, TARGET, THIRD, "too risky", DANA)
    sign_all(play)
    assert play.release().state is ReleaseState.SIGNED


def test_sign_offs_expire_and_may_be_given_again(play: Play) -> None:
    play.go_to("signed")
    play.later(days=30)
    assert len(missing(play)) == 3
    with pytest.raises(Refused, match=r"cannot start 2026\.12: 1 x pm is missing; could be given by dana; 1 x qa is missing"):
        start.start(play.world, TARGET, LEE)
    sign_all(play)
    assert missing(play) == []


def test_sign_offs_that_expire_during_the_rollout_keep_it_waiting_until_it_is_signed_again(play: Play) -> None:
    play.started("expiring", signoff={"monthly": {"need": {"pm": 1, "qa": 1, "support": 1}, "expires_after": "12h"}})
    assert play.tick().delivered == 4
    tick = play.at(TUESDAY).tick()
    assert (tick.delivered, tick.waiting) == (0, {"signed": 4})
    assert sign.sign(play.world, TARGET, "pm", DANA).state is ReleaseState.ROLLING_OUT
    for role in ("qa", "support"):
        last = sign.sign(play.world, TARGET, role, SIGNERS[role])
    assert (last.state, last.missing.open) == (ReleaseState.ROLLING_OUT, True)
    assert play.tick().delivered == 4


def test_a_new_revision_of_the_same_content_takes_a_rejection_back_and_everybody_signs_anew(play: Play) -> None:
    play.go_to("cut")
    sign.sign(play.world, TARGET, "qa", QUINN, note="the installer crashes", reject=True)
    assert cut.revise(play.world, TARGET, "the installer was built anew", DANA, dry_run=True) == 2
    assert play.release().revision == 1
    assert cut.revise(play.world, TARGET, "the installer was built anew", DANA) == play.release().revision == 2
    assert play.audit(TARGET)[-2:] == [
        ("release revised", {"why": "the installer was built anew"}),
        ("sign-offs voided", {"why": "the installer was built anew", "fallen": 1, "revision": 2}),
    ]
    sign_all(play)
    assert play.release().state is ReleaseState.SIGNED


@pytest.mark.parametrize("moment", ["collected", "started"])
def test_what_nobody_signs_has_no_revision_to_start(play: Play, moment: str) -> None:
    play.go_to(moment)
    with pytest.raises(Refused, match=r"cannot revise 2026\.12: it is \w+; people sign what is cut, until it is rolling out"):
        cut.revise(play.world, TARGET, "mended", DANA)


def test_what_is_rolling_out_is_held_or_stopped_not_rejected(play: Play) -> None:
    play.go_to("started")
    with pytest.raises(Refused, match=r"cannot reject 2026\.12: it is rolling out already\. Keep it from going on: rollout hold 2026\.12 --reason …"):
        sign.sign(play.world, TARGET, "qa", QUINN, reject=True)


# ── Who may ────────────────────────────────────────────────────────────────────────────────────────


def test_one_person_signs_in_one_role_only(play: Play) -> None:
    play.go_to("cut")
    people = "people:\n- {id: dana, name: Dana, roles: [pm, qa]}\n- {id: quinn, name: Quinn, roles: [qa]}\n- {id: sam, name: Sam, roles: [support]}\n"
    (play.folder / "people.yaml").write_text(people, encoding="utf-8")
    play.reopen()
    sign.sign(play.world, TARGET, "pm", DANA)
    with pytest.raises(Refused, match=r"dana has signed this content already, as pm\. One person signs in one role only\."):
        sign.sign(play.world, TARGET, "qa", DANA)


def test_who_cut_the_release_does_not_count_alone(play: Play) -> None:
    play.go_to("cut")
    play.change_settings(signoff={"monthly": {"need": {"pm": 1}}})
    alone = sign.sign(play.world, TARGET, "pm", DANA)
    assert [one.code for one in alone.missing.reasons] == ["four-eyes"]
    assert play.release().state is ReleaseState.CUT


def test_a_sign_off_of_somebody_who_lost_the_role_counts_no_longer(play: Play) -> None:
    play.go_to("signed")
    file = play.folder / "people.yaml"
    file.write_text(file.read_text(encoding="utf-8").replace("- qa\n", "- engineer\n"), encoding="utf-8")
    play.reopen()
    assert missing(play) == ["1 x qa is missing; nobody is left who could give it"]
    with pytest.raises(Refused, match="1 x qa is missing"):
        start.start(play.world, TARGET, LEE)


@pytest.mark.parametrize(
    ("person", "role", "error", "text"),
    [
        ("zoe", "pm", NotFound, "people.yaml does not know 'zoe'. It has: dana, lee, quinn, sam. Say who you are with --as"),
        ("lee", "pm", Refused, "lee does not hold the role pm, only engineer, on_call"),
        ("dana", "legal", Refused, "nobody needs to sign as legal; this kind of release asks for pm, qa, support"),
    ],
)
def test_who_may_not_sign_is_told_what_to_do(play: Play, person: str, role: str, error: type[Exception], text: str) -> None:
    play.go_to("cut")
    with pytest.raises(error, match=text):
        sign.sign(play.world, TARGET, role, PersonId(person))


# ── What may be signed ─────────────────────────────────────────────────────────────────────────────


def test_a_draft_cannot_be_signed(play: Play) -> None:
    play.go_to("collected")
    with pytest.raises(Refused, match=r"it is a draft, and its content still moves\. Cut it first: rollout release cut 2026\.12"):
        sign.sign(play.world, TARGET, "pm", DANA)


def test_what_nobody_assessed_cannot_be_signed(play: Play) -> None:
    play.go_to("collected")
    cut.cut(play.world, TARGET, DANA)
    with pytest.raises(Refused, match=r"it is not assessed\. Do that first: rollout release assess 2026\.12"):
        sign.sign(play.world, TARGET, "pm", DANA)


def test_what_lost_qa_after_the_cut_cannot_be_signed_until_it_is_pulled(play: Play) -> None:
    play.go_to("cut")
    play.jira.set_field(SECOND, "QA state", "Failed")
    play.jira.set_status(THIRD, "Reopened")
    play.collect()
    with pytest.raises(Refused) as caught:
        sign.sign(play.world, TARGET, "qa", QUINN)
    assert {(code, text.partition(":")[0]) for code, text in caught.value.reasons} == {
        ("qa-failed", SECOND),
        ("not-done", THIRD),
        ("no-resolution", THIRD),
    }
    assert f"rollout release pull 2026.12 {SECOND} --reason" in str(caught.value)
    for key in (SECOND, THIRD):
        cut.pull(play.world, TARGET, key, "broken after all", DANA)
    assert sign.sign(play.world, TARGET, "qa", QUINN).state is ReleaseState.CUT


@pytest.mark.parametrize("leave", ["remove_issue", "hide"])
def test_what_vanished_from_jira_after_the_cut_is_not_ready_any_more(play: Play, leave: str) -> None:
    play.go_to("signed")
    getattr(play.jira, leave)(SECOND)
    assert play.collect(full=True).gone == (SECOND,)
    [told] = [one["reasons"] for one in show.release(play.world, TARGET)["changes"] if one["key"] == SECOND]
    assert [(one["code"], one["text"]) for one in told] == [("gone", "it is gone from JIRA: deleted, moved away, or no longer visible")]
    with pytest.raises(Refused, match=rf"not ready any more: {SECOND} \(it is gone from JIRA: deleted, moved away, or no longer visible\)\. Pull it"):
        start.start(play.world, TARGET, LEE)


def test_what_is_not_ready_may_be_rejected(play: Play) -> None:
    play.go_to("cut")
    play.jira.set_field(SECOND, "QA state", "Failed")
    play.collect()
    assert sign.sign(play.world, TARGET, "qa", QUINN, note="it leaks", reject=True).state is ReleaseState.CUT


@pytest.mark.parametrize("moment", ["cut", "signed"])
def test_a_rejection_ends_the_revision_until_its_content_changes(play: Play, moment: str) -> None:
    play.go_to(moment)
    if moment == "cut":
        sign.sign(play.world, TARGET, "qa", QUINN, note="it leaks", reject=True)
    else:
        play.change_settings(signoff={"monthly": {"need": {"pm": 1, "qa": 1, "support": 1, "engineer": 1}}})
        sign.sign(play.world, TARGET, "engineer", LEE, note="it leaks", reject=True)
    assert len(missing(play)) == 1
    assert missing(play)[0].endswith("it leaks; change the release, or say that it was mended: rollout release revise 2026.12 --reason …")
    with pytest.raises(Refused, match=r"cannot start 2026\.12: "):
        start.start(play.world, TARGET, LEE)
    cut.pull(play.world, TARGET, THIRD, "it leaks", DANA)
    assert not any("rejected" in text for text in missing(play))


# ── Two at once ────────────────────────────────────────────────────────────────────────────────────


def test_content_that_moved_between_the_look_and_the_signature_is_not_signed(play: Play) -> None:
    play.go_to("cut")
    with play.world.ledger.read() as tx:
        moved = tx.changes([FIRST])[0].model_copy(update={"public_note": "Something else", "updated": play.now})

    def move() -> None:
        with play.world.ledger.begin() as tx:
            tx.save_changes("jira", [moved])

    with pytest.raises(
        Conflict, match=r"cannot sign 2026\.12: its content moved while it was being looked at\. Look again: rollout release show 2026\.12"
    ):
        sign.sign(interrupted(play.world, move), TARGET, "pm", DANA)
    assert show.release(play.world, TARGET)["signoffs"] == []
    assert sign.sign(play.world, TARGET, "pm", DANA).role == "pm"


def test_a_change_pulled_between_the_look_and_the_signature_is_not_signed(play: Play) -> None:
    play.go_to("cut")
    world = interrupted(play.world, lambda: cut.pull(play.world, TARGET, THIRD, "too risky", DANA))
    with pytest.raises(Conflict, match="its content moved"):
        sign.sign(world, TARGET, "pm", DANA)


@pytest.fixture(params=["sqlite", "postgres"])
def own(request: pytest.FixtureRequest, play: Play) -> Play:
    """The play when the release is cut, its ledger on both databases in turn."""
    if request.param == "postgres":
        server: PostgresServer = request.getfixturevalue("postgres")
        play.change_settings(ledger={"url": server.emptied_ledger()})
        play.collect(full=True)
        cut.cut(play.world, TARGET, DANA)
        assess.assess(play.world, TARGET, {}, DANA)
    else:
        play.go_to("cut")
    return play


def test_one_person_who_signs_twice_at_once_has_signed_once(own: Play) -> None:
    people = "people:\n- {id: dana, name: Dana, roles: [pm, qa]}\n- {id: quinn, name: Quinn, roles: [qa]}\n- {id: sam, name: Sam, roles: [support]}\n"
    (own.folder / "people.yaml").write_text(people, encoding="utf-8")
    world = own.reopen()
    other = interrupted(world, lambda: sign.sign(world, TARGET, "qa", DANA))
    with pytest.raises(Refused, match="dana has signed this content already, as qa"):
        sign.sign(other, TARGET, "pm", DANA)
    assert [one["role"] for one in show.release(world, TARGET)["signoffs"]] == ["qa"]


def test_of_three_who_sign_at_once_none_is_lost(own: Play) -> None:
    errors: list[BaseException] = []

    def consent(role: str, person: PersonId) -> None:
        try:
            sign.sign(own.world, TARGET, role, person)
        except BaseException as error:
            errors.append(error)

    threads = [threading.Thread(target=consent, args=pair) for pair in SIGNERS.items()]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(timeout=30)
    assert errors == []
    assert own.release().state is ReleaseState.SIGNED
