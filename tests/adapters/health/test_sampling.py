"""Judging by samples: enough yes, too many no, and everything that cannot be told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout.adapters.health.sampling import Said, Sample, Sampling, judge
from rollout.ports import HealthKind

LETTERS = {"y": Said.YES, "n": Said.NO, "?": Said.NOTHING}
counts = st.integers(1, 6).flatmap(lambda samples: st.tuples(st.just(samples), st.integers(1, samples)))


def taken(letters: str) -> list[Sample]:
    return [Sample(LETTERS[letter], f"number {number}") for number, letter in enumerate(letters, start=1)]


@pytest.mark.parametrize(
    ("letters", "samples", "successes", "kind"),
    [
        ("yyy", 3, 3, HealthKind.HEALTHY),
        ("nyy", 3, 2, HealthKind.HEALTHY),
        ("yy", 3, 2, HealthKind.HEALTHY),
        ("?yy", 3, 2, HealthKind.HEALTHY),
        ("yn", 3, 3, HealthKind.FAILED),
        ("n?n", 3, 2, HealthKind.FAILED),
        ("???", 3, 3, HealthKind.ERRORED),
        ("?", 1, 1, HealthKind.ERRORED),
        ("yy?", 3, 3, HealthKind.INCONCLUSIVE),
        ("n??", 3, 2, HealthKind.INCONCLUSIVE),
        ("y??n?", 5, 3, HealthKind.INCONCLUSIVE),
        ("yy", 3, 3, None),
        ("n", 3, 2, None),
        ("??", 3, 3, None),
        ("", 1, 1, None),
    ],
)
def test_the_samples_decide(letters: str, samples: int, successes: int, kind: HealthKind | None) -> None:
    health = judge(taken(letters), Sampling(samples, successes))
    assert (health and health.kind) == kind


@given(counts, st.data())
def test_a_verdict_is_reached_once_and_for_all(count: tuple[int, int], data: st.DataObject) -> None:
    sampling = Sampling(*count)
    letters = data.draw(st.text("yn?", min_size=sampling.samples, max_size=sampling.samples))
    verdicts = [judge(taken(letters[:length]), sampling) for length in range(sampling.samples + 1)]
    settled = [verdict.kind for verdict in verdicts if verdict]
    assert settled
    assert len(set(settled)) == 1
    assert verdicts.index(next(filter(None, verdicts))) == len(verdicts) - len(settled)


@given(counts, st.data())
def test_the_verdict_says_what_it_means(count: tuple[int, int], data: st.DataObject) -> None:
    sampling = Sampling(*count)
    letters = data.draw(st.text("yn?", min_size=sampling.samples, max_size=sampling.samples))
    looks = iter(taken(letters))
    kind = sampling.take(lambda: next(looks)).kind
    yes, no = letters.count("y"), letters.count("n")
    if kind is HealthKind.HEALTHY:
        assert yes >= sampling.needed
    elif kind is HealthKind.FAILED:
        assert sampling.samples - no < sampling.needed
    elif kind is HealthKind.ERRORED:
        assert yes == no == 0
    else:
        assert yes < sampling.needed <= sampling.samples - no
        assert yes + no > 0


@given(st.permutations("yyn??"), counts)
def test_the_order_of_samples_that_are_all_taken_does_not_matter(letters: list[str], count: tuple[int, int]) -> None:
    sampling = Sampling(5, min(count[1], 5))
    told, sorted_told = judge(taken("".join(letters)), sampling), judge(taken("yyn??"), sampling)
    assert told
    assert sorted_told
    assert told.kind is sorted_told.kind


def test_no_more_samples_are_taken_than_it_needs() -> None:
    looks = iter(taken("yynnn"))
    assert Sampling(5, 2).take(lambda: next(looks)).kind is HealthKind.HEALTHY
    assert next(looks).text == "number 3"


def test_all_samples_must_say_yes_unless_told_otherwise() -> None:
    assert Sampling(4).needed == 4


def test_the_detail_counts_and_quotes_the_last_that_matters() -> None:
    told = {letters: judge(taken(letters), Sampling(3, 3)) for letters in ("yyn", "???", "y?y")}
    assert [health.detail for health in told.values() if health] == [
        "1 of 3 samples said no, the last: number 3",
        "none of 3 samples gave an answer, the last: number 3",
        "only 2 of 3 samples gave an answer (2 yes, 0 no; 3 yes needed), the last that did not: number 2",
    ]
