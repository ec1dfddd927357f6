"""Sign-offs: who may give them, which count, what is missing."""

from datetime import timedelta

import pytest

from rollout.core.signoffs import Person, Signoff, SignoffPolicy, is_live, may_sign, policy_faults, standing
from rollout.core.values import PersonId, Version
from rollout.errors import Refused
from tests.builders import NOON

POLICY = SignoffPolicy(need={"pm": 1, "qa": 1}, expires_after=timedelta(days=14))
PEOPLE = {
    PersonId(name): Person(id=PersonId(name), name=name.title(), roles=frozenset(roles))
    for name, roles in {"dana": ["pm"], "quinn": ["qa"], "sam": ["qa", "support"], "lee": []}.items()
}


def signed(person: str = "dana", role: str = "pm", digest: str = "d", **given: object) -> Signoff:
    return Signoff(version=Version("2026.12"), person=PersonId(person), role=role, digest=digest, at=NOON, **given)  # type: ignore[arg-type]


def missing(*signoffs: Signoff, cut_by: str | None = None, days: float = 1) -> list[str]:
    verdict = standing(POLICY, signoffs, "d", PEOPLE, PersonId(cut_by) if cut_by else None, NOON + timedelta(days=days))
    return [reason.text for reason in verdict.reasons]


def test_a_quorum_of_all_roles_opens() -> None:
    assert missing(signed(), signed("quinn", "qa")) == []


def test_what_is_missing_names_who_could_give_it() -> None:
    assert missing(signed()) == ["1 x qa is missing; could be given by quinn, sam"]


def test_nobody_left_to_give_it_is_said() -> None:
    only = {PersonId("sam"): PEOPLE[PersonId("sam")]}
    verdict = standing(SignoffPolicy(need={"pm": 1}), [], "d", only, None, NOON)
    assert verdict.reasons[0].text == "1 x pm is missing; nobody is left who could give it"


def test_a_sign_off_of_other_content_does_not_count() -> None:
    assert len(missing(signed(digest="other"), signed("quinn", "qa"))) == 1


def test_a_sign_off_expires() -> None:
    assert missing(signed(), signed("quinn", "qa"), days=13.9) == []
    assert len(missing(signed(), signed("quinn", "qa"), days=14)) == 2


def test_a_voided_sign_off_does_not_count() -> None:
    assert len(missing(signed(voided_at=NOON, voided_why="the content moved"), signed("quinn", "qa"))) == 1


def test_a_sign_off_by_somebody_who_lost_the_role_does_not_count() -> None:
    assert not is_live(signed("lee", "pm"), "d", POLICY, PEOPLE, NOON)


def test_who_cut_the_release_does_not_count_alone() -> None:
    alone = SignoffPolicy(need={"pm": 1})
    verdict = standing(alone, [signed()], "d", PEOPLE, PersonId("dana"), NOON)
    assert [reason.code for reason in verdict.reasons] == ["four-eyes"]
    assert missing(signed(), signed("quinn", "qa"), cut_by="dana") == []


def test_a_rejection_ends_that_revision_and_never_expires() -> None:
    no = signed("sam", "qa", consents=False, note="it crashes")
    told = missing(signed(), signed("quinn", "qa"), no, days=400)
    hint = "change the release, or say that it was mended: rollout release revise 2026.12 --reason …"
    assert told == [f"sam rejected it as qa: it crashes; {hint}"]


def test_a_rejection_falls_with_its_revision() -> None:
    no = signed("sam", "qa", consents=False, voided_at=NOON, voided_why="it was mended")
    assert missing(signed(), signed("quinn", "qa"), no) == []


def test_a_rejection_of_earlier_content_is_history() -> None:
    assert missing(signed(), signed("quinn", "qa"), signed("sam", "qa", digest="before", consents=False)) == []


@pytest.mark.parametrize(
    ("person", "role", "text"),
    [
        ("dana", "legal", "nobody needs to sign as legal; this kind of release asks for pm, qa"),
        ("dana", "qa", "dana does not hold the role qa, only pm"),
        ("lee", "pm", "lee does not hold the role pm, only no role"),
    ],
)
def test_who_may_not_sign_is_told_why(person: str, role: str, text: str) -> None:
    with pytest.raises(Refused, match=text):
        may_sign(role, PEOPLE[PersonId(person)], POLICY, [])


def test_one_person_signs_in_one_role_only() -> None:
    both = Person(id=PersonId("quinn"), name="Quinn", roles=frozenset({"pm", "qa"}))
    with pytest.raises(Refused, match="quinn has signed this content already, as qa"):
        may_sign("pm", both, POLICY, [signed("quinn", "qa")])


def test_a_policy_cannot_ask_for_more_people_than_hold_the_role() -> None:
    assert policy_faults(SignoffPolicy(need={"pm": 2, "qa": 2}), PEOPLE.values()) == ("asks for 2 x pm, and 1 person holds that role",)
