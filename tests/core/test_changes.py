"""What proves a change, and what keeps it from being ready."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout.core.changes import Commit, Proof, Quality, ReadinessRules, key_order, prove, readiness, version_pattern
from tests.builders import change, commit, sha

# ── Evidence ───────────────────────────────────────────────────────────────────────────────────────


def evidence(commits: list[Commit], *keys: str) -> dict[str, tuple[str, ...]]:
    return dict(prove(keys or ["TIDE-1"], commits, ["TIDE"]).evidence)


def test_a_commit_proves_every_key_in_its_subject_and_in_its_body():
    log = [commit(1, "TIDE-1 and TIDE-2: one cause", "Also for\n\nRelates-To: TIDE-3")]
    assert evidence(log, "TIDE-1", "TIDE-2", "TIDE-3") == {"TIDE-1": (sha(1),), "TIDE-2": (sha(1),), "TIDE-3": (sha(1),)}


def test_all_commits_of_a_key_are_listed_oldest_first():
    assert evidence([commit(1, "TIDE-1 begin"), commit(2, "other"), commit(3, "TIDE-1 end")]) == {"TIDE-1": (sha(1), sha(3))}


@pytest.mark.parametrize("subject", ["tide-1 small letters", "TIDE-12 longer", "RIPTIDE-1 another project", "TIDE-1x", "TIDE 1", "TIDE_1"])
def test_what_only_resembles_a_key_proves_nothing(subject):
    proof = prove(["TIDE-1"], [commit(1, subject)], ["TIDE"])
    assert proof.unproven == ("TIDE-1",)


def test_unproven_and_unclaimed_keys_come_in_natural_order():
    proof = prove(["TIDE-10", "TIDE-9"], [commit(1, "TIDE-20, TIDE-3 and OTHER-1"), commit(2, "BAY-7")], ["TIDE", "BAY"])
    assert (proof.unproven, proof.unclaimed) == (("TIDE-9", "TIDE-10"), ("BAY-7", "TIDE-3", "TIDE-20"))


def test_without_projects_nothing_is_named():
    assert prove(["TIDE-1"], [commit(1, "TIDE-1"), commit(2, "-1")], []) == Proof(unproven=("TIDE-1",))


def test_a_revert_names_nothing_and_cancels_the_commit_that_its_body_names():
    log = [commit(1, "TIDE-1 first"), commit(2, "TIDE-1 second"), commit(3, "Back out TIDE-1", f"Broke the build.\n\nThis reverts commit {sha(1)}.")]
    assert evidence(log) == {"TIDE-1": (sha(2),)}


def test_a_revert_may_abbreviate_the_sha():
    assert evidence([commit(1, "TIDE-1"), commit(2, "Back out", f"This reverts commit {sha(1)[:8]}.")]) == {}


@pytest.mark.parametrize(
    ("subject", "revert"),
    [
        ("TIDE-1 Hoist the sail", 'Revert "TIDE-1 Hoist the sail"'),
        ("TIDE-1 Hoist the sail (#7)", 'Revert "TIDE-1 Hoist the sail (#7)" (#9)'),
        ("TIDE-1 Hoist the sail (#7)", 'Revert "TIDE-1 Hoist the sail" (#9)'),
        ("TIDE-1 Hoist the sail at dawn and keep it up", 'Revert "TIDE-1 Hoist the sail at dawn…" (#9)'),
        ("TIDE-1 Hoist the sail at dawn and keep it up", 'Revert "TIDE-1 Hoist the sail at dawn..." (#9)'),
        ("TIDE-1 Hoist the sail at dawn and keep it up", 'Revert "TIDE-1 Hoist the sail at da…'),
        ("TIDE-1 Hoist the sail at dawn…", 'Revert "TIDE-1 Hoist the sail at dawn and keep it up" (#9)'),
        ("TIDE-1 Hoist the sail ", 'Revert "TIDE-1 Hoist the  sail " so that we can sail'),
        ('TIDE-1 Hoist the "sail"', 'Revert "TIDE-1 Hoist the "sail""'),
    ],
)
def test_a_revert_without_a_sha_cancels_the_subject_that_it_quotes(subject, revert):
    assert evidence([commit(1, subject), commit(2, revert)]) == {}


def test_a_quoting_revert_cancels_the_latest_that_still_stands():
    log = [commit(1, "TIDE-1 x"), commit(2, "TIDE-1 x"), commit(3, 'Revert "TIDE-1 x"')]
    assert evidence(log) == {"TIDE-1": (sha(1),)}
    assert evidence([*log, commit(4, 'Revert "TIDE-1 x"')]) == {}


def test_a_revert_comes_after_what_it_cancels():
    assert evidence([commit(1, 'Revert "TIDE-1 x"'), commit(2, "TIDE-1 x")]) == {"TIDE-1": (sha(2),)}


def test_a_revert_of_what_lies_outside_the_range_cancels_and_proves_nothing():
    log = [commit(1, "TIDE-1 keep"), commit(2, 'Revert "TIDE-2 older"', f"This reverts commit {sha(99)}.")]
    proof = prove(["TIDE-1", "TIDE-2"], log, ["TIDE"])
    assert (dict(proof.evidence), proof.unproven) == ({"TIDE-1": (sha(1),)}, ("TIDE-2",))


def test_after_a_rebase_the_quoted_subject_stands_in_for_the_lost_sha():
    assert evidence([commit(1, "TIDE-1 x"), commit(2, 'Revert "TIDE-1 x"', f"This reverts commit {sha(99)}.")]) == {}


def test_a_revert_of_a_revert_restores():
    log = [commit(1, "TIDE-1 x"), commit(2, 'Revert "TIDE-1 x"'), commit(3, 'Revert "Revert "TIDE-1 x""')]
    assert evidence(log) == {"TIDE-1": (sha(1),)}


def test_what_is_reapplied_is_restored_and_can_be_reverted_again():
    log = [commit(1, "TIDE-1 x"), commit(2, 'Revert "TIDE-1 x"'), commit(3, 'Reapply "TIDE-1 x"')]
    assert evidence(log) == {"TIDE-1": (sha(1),)}
    assert evidence([*log, commit(4, 'Revert "Reapply "TIDE-1 x""')]) == {}


def test_a_reverted_key_that_nobody_claims_is_not_unclaimed():
    assert prove([], [commit(1, "TIDE-1 x"), commit(2, 'Revert "TIDE-1 x"')], ["TIDE"]).unclaimed == ()


def test_a_cherry_pick_of_a_commit_in_the_range_counts_once():
    assert evidence([commit(1, "TIDE-1 x"), commit(2, "TIDE-1 x", f"(cherry picked from commit {sha(1)})")]) == {"TIDE-1": (sha(1),)}


def test_a_cherry_pick_from_elsewhere_is_evidence():
    log = [commit(1, "TIDE-1 x", f"(cherry picked from commit {sha(98)})"), commit(2, "TIDE-1 y", f"(cherry picked from commit {sha(99)})")]
    assert evidence(log) == {"TIDE-1": (sha(1), sha(2))}


def test_a_revert_of_the_original_cancels_its_earlier_cherry_picks_and_not_a_later_one():
    picked = f"(cherry picked from commit {sha(1)})"
    log = [commit(1, "TIDE-1 x"), commit(2, "TIDE-1 x", picked), commit(3, "Back out", f"This reverts commit {sha(1)}.")]
    assert evidence(log) == {}
    assert evidence([*log, commit(4, "TIDE-1 x", picked)]) == {"TIDE-1": (sha(4),)}


def test_a_merge_is_evidence_only_where_no_commit_names_the_key():
    log = [commit(1, "TIDE-1 x"), commit(2, "more", parents=(0,)), commit(3, "Merge branch 'TIDE-1' and 'TIDE-2'", parents=(1, 2))]
    assert evidence(log, "TIDE-1", "TIDE-2") == {"TIDE-1": (sha(1),), "TIDE-2": (sha(3),)}


def test_a_merge_does_not_speak_for_a_key_whose_commit_was_reverted():
    log = [commit(1, "TIDE-1 x"), commit(2, 'Revert "TIDE-1 x"'), commit(3, "Merge branch 'TIDE-1'", parents=(0, 2))]
    assert evidence(log) == {}


def test_a_reverted_merge_takes_along_what_it_brought_and_nothing_else():
    log = [
        commit(1, "TIDE-1 on the mainline"),
        commit(2, "TIDE-2 on the branch", parents=(0,)),
        commit(3, "TIDE-3 on the branch"),
        commit(4, "Merge the branch", parents=(1, 3)),
        commit(5, 'Revert "Merge the branch"', f"This reverts commit {sha(4)}, reversing\nchanges made to {sha(1)}."),
    ]
    assert evidence(log, "TIDE-1", "TIDE-2", "TIDE-3") == {"TIDE-1": (sha(1),)}


def test_a_reverted_merge_leaves_out_what_its_branch_had_reverted_itself_and_gives_back_what_it_took():
    log = [
        commit(1, "TIDE-1 on the mainline"),
        commit(2, "TIDE-2 on the branch"),
        commit(3, "Back out", f"This reverts commit {sha(2)}."),
        commit(4, "Back out", f"This reverts commit {sha(1)}."),
        commit(5, "Merge the branch", parents=(1, 4)),
    ]
    assert evidence(log, "TIDE-1", "TIDE-2") == {}
    assert evidence([*log, commit(6, 'Revert "Merge the branch"')], "TIDE-1", "TIDE-2") == {"TIDE-1": (sha(1),)}


@given(st.integers(0, 12), st.booleans())
def test_a_chain_of_reverts_restores_at_every_second_link(length, by_sha):
    log = [commit(1, "TIDE-1 x")]
    for number in range(2, length + 2):
        undone = log[-1]
        log.append(commit(number, f'Revert "{undone.subject}"', f"This reverts commit {undone.sha}." if by_sha else ""))
    assert evidence(log) == ({"TIDE-1": (sha(1),)} if length % 2 == 0 else {})


@given(st.lists(st.one_of(st.none(), st.integers(0, 30)), max_size=25))
def test_the_evidence_is_what_the_work_tree_holds(acts):
    """Play each act on a tree of patches (None adds one, a number reverts an earlier commit where git could) and compare."""
    log: list[Commit] = []
    diffs: list[tuple[set[int], set[int]]] = []
    tree: set[int] = set()
    for number, act in enumerate(acts):
        reverted = None if act is None or not log else act % len(log)
        added, removed = ({number}, set()) if reverted is None else diffs[reverted][::-1]
        conflict = not removed <= tree or added & tree
        diffs.append((set(), set()) if conflict else (added, removed))
        tree = tree if conflict else (tree - removed) | added
        spoken = f"TIDE-{number}" if reverted is None else "Back out"
        log.append(commit(number, "nothing" if conflict else spoken, "" if reverted is None or conflict else f"This reverts commit {sha(reverted)}."))
    proof = prove([f"TIDE-{number}" for number in tree], log, ["TIDE"])
    assert dict(proof.evidence) == {f"TIDE-{number}": (sha(number),) for number in sorted(tree)}
    assert (proof.unproven, proof.unclaimed) == ((), ())


@given(st.lists(st.tuples(st.integers(1, 6), st.booleans()), max_size=12), st.sets(st.integers(1, 8)))
def test_every_claimed_key_is_proven_or_unproven_and_none_is_both(named, claimed):
    log = [commit(n, f'Revert "TIDE-{key}"' if revert else f"TIDE-{key}") for n, (key, revert) in enumerate(named)]
    proof = prove([f"TIDE-{key}" for key in claimed], log, ["TIDE"])
    assert sorted([*proof.evidence, *proof.unproven], key=key_order) == [f"TIDE-{key}" for key in sorted(claimed)]
    assert not set(proof.unclaimed) & {f"TIDE-{key}" for key in claimed}
    assert all(shas and list(shas) == sorted(shas, key=[one.sha for one in log].index) for shas in proof.evidence.values())


# ── Readiness ──────────────────────────────────────────────────────────────────────────────────────

PROVEN = Proof(evidence={"TIDE-1": (sha(1),)})
RULES = ReadinessRules()


def codes(proof: Proof | None = PROVEN, rules: ReadinessRules = RULES, **given_fields: object) -> list[str]:
    return [reason.code for reason in readiness(change(**given_fields), proof, rules)]


def test_a_done_tested_and_proven_change_is_ready():
    assert codes() == []


def test_every_reason_is_told_at_once():
    unready = {"status_category": "new", "status": "Open", "resolution": None, "quality": Quality.FAILED}
    assert codes(Proof(), **unready) == ["not-done", "no-resolution", "qa-failed", "no-evidence"]


def test_a_resolution_that_does_not_ship_is_named():
    [reason] = readiness(change(resolution="Won't Fix"), PROVEN, RULES)
    assert (reason.code, reason.text) == ("not-shipping", "TIDE-1 is resolved as Won't Fix, which does not ship; these do: done, fixed, resolved")


@given(st.sampled_from(["Fixed", "FIXED", "fixed", "dOnE"]), st.sampled_from(["Fixed", "fixed", "DONE"]))
def test_resolutions_are_compared_without_case(resolution, allowed):
    rules = ReadinessRules(shipping_resolutions=frozenset({allowed}))
    assert (codes(rules=rules, resolution=resolution) == []) == (resolution.lower() == allowed.lower())


def test_quality_is_asked_for_only_where_the_rules_need_it():
    assert codes(quality=Quality.PENDING) == ["qa-pending"]
    assert codes(quality=Quality.FAILED, rules=ReadinessRules(needs_quality=False)) == []


@pytest.mark.parametrize("proof", [None, Proof(known=False)])
def test_without_a_repository_evidence_is_not_asked_for(proof):
    assert codes(proof) == []


def test_evidence_of_another_change_is_none():
    assert codes(Proof(evidence={"TIDE-2": (sha(1),)})) == ["no-evidence"]
    assert codes(Proof(), ReadinessRules(needs_evidence=False)) == []


@given(
    st.builds(
        change,
        status_category=st.sampled_from(["new", "indeterminate", "done"]),
        resolution=st.sampled_from([None, "Fixed", "Duplicate"]),
        quality=st.sampled_from(Quality),
    ),
    st.sampled_from([None, PROVEN, Proof(), Proof(known=False)]),
    st.builds(ReadinessRules, needs_quality=st.booleans(), needs_evidence=st.booleans()),
)
def test_a_change_is_ready_exactly_when_every_rule_holds(one, proof, rules):
    proven = not rules.needs_evidence or proof in (None, PROVEN, Proof(known=False))
    tested = not rules.needs_quality or one.quality is Quality.PASSED
    ready = one.status_category == "done" and one.resolution == "Fixed" and tested and proven
    assert (readiness(one, proof, rules) == ()) == ready


# ── Keys and fix versions ──────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(("low", "high"), [("PROJ-9", "PROJ-10"), ("A-10", "B-9"), ("PROJ", "PROJ-1"), ("A_B-2", "A_B-11")])
def test_keys_sort_as_people_count(low, high):
    assert key_order(low) < key_order(high)


@pytest.mark.parametrize(
    ("name", "version"),
    [
        ("thirdparty-4.1.13", "4.1.13"),
        ("hbase-thirdparty-3.5.0", "3.5.0"),
        ("2026.12", "2026.12"),
        ("Backlog", None),
        ("", None),
        ("1.0" + "0" * 300, None),
    ],
)
def test_the_usual_pattern_finds_the_version_in_a_fix_version(name, version):
    assert version_pattern(r"(?P<version>\d+(?:\.\d+)+)$")(name) == version


def test_a_group_that_took_no_part_is_no_version():
    assert version_pattern(r"next|(?P<version>\d+)")("next") is None


@pytest.mark.parametrize(("regex", "told"), [(r"\d+", "name it: \\(\\?P<version>"), ("(", "is not a regular expression")])
def test_a_pattern_that_cannot_work_is_refused(regex, told):
    with pytest.raises(ValueError, match=told):
        version_pattern(regex)
