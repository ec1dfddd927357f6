"""How the train names its releases, and which version comes next."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout.core.releases import order
from rollout.core.trains import Train, next_version, previous

MONTHS = st.tuples(st.integers(1000, 9998), st.integers(1, 12))
PATTERNS = st.sampled_from(["{year}.{month:02}", "{year}.{month}", "R{year}-{month:02}", "{year}{month:02}"])


@pytest.mark.parametrize(
    ("version", "following"),
    [("2026.11", "2026.12"), ("2026.12", "2027.01"), ("2026.12.1", "2027.01"), ("4.1.13", "4.1.14"), ("1.09", "1.10"), ("5.0-rc9", "5.0-rc10")],
)
def test_with_nothing_open_the_next_version_is_the_trains_or_one_more(version, following):
    assert next_version(version, [], Train()) == following


def test_a_name_without_a_number_gets_one():
    assert next_version("spring", [], Train()) == "spring.1"


def test_an_open_version_above_comes_first_and_the_lowest_of_them():
    assert next_version("2026.9", ["2026.12", "2026.8", "2026.9", "2026.10"], Train()) == "2026.10"


def test_the_version_before_is_the_highest_below():
    versions = ["2026.12", "2026.9", "2026.10", "2026.10.1"]
    assert previous("2026.12", versions) == "2026.10.1"
    assert previous("2026.9", versions) is None


@given(PATTERNS, MONTHS)
def test_the_train_knows_its_own_names(pattern, month):
    train = Train(pattern=pattern)
    name = train.name(*month)
    assert train.fits(name)
    assert train.fits(f"{name}.1")
    assert train.rollout_day(name) == date(*month, 8)
    assert train.rollout_day(f"{name}.1") is None


@given(PATTERNS, MONTHS, st.booleans())
def test_the_months_after_follow_one_another(pattern, month, hotfix):
    train, (year, number) = Train(pattern=pattern), month
    following = (year, number + 1) if number < 12 else (year + 1, 1)
    assert train.after(train.name(*month) + (".3" if hotfix else "")) == train.name(*following)


@pytest.mark.parametrize("version", ["2026.13", "2026.1", "2026.00", "4.1", "2026", "x2026.12", "2026.12-rc1", ""])
def test_what_the_train_would_not_write_does_not_fit(version):
    assert not Train().fits(version)
    assert Train().after(version) is None


def test_a_day_that_the_month_lacks_is_its_last():
    assert Train(day=31).rollout_day("2027.02") == date(2027, 2, 28)


@pytest.mark.parametrize("pattern", ["{year}", "{month}", "{year}.{month}.{day}", "{year.real}.{month}", "{}.{}", "{year", "{year}{year}{month}"])
def test_a_pattern_that_does_not_name_a_month_is_refused(pattern):
    with pytest.raises(ValueError, match="pattern"):
        Train(pattern=pattern)


NAMES = st.lists(st.integers(0, 30), min_size=1, max_size=4).map(lambda parts: ".".join(map(str, parts)))


@given(NAMES, st.lists(NAMES))
def test_the_next_version_is_above_and_the_previous_below(version, known):
    assert order(next_version(version, known, Train())) > order(version)
    before = previous(version, known)
    assert before is None or order(before) < order(version)
