"""JIRA's text is made harmless and stays readable."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout.adapters.jira.text import LONGEST_SUMMARY, clean, one_line, summary, texts

ANY = st.text(st.characters(exclude_categories=()))
OVERRIDES = set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")


@given(ANY)
def test_clean_text_can_be_stored_and_cannot_turn_its_direction(text):
    made = clean(text)
    made.encode("utf-8")
    assert not OVERRIDES & set(made)
    assert not [sign for sign in made if unicodedata.category(sign) == "Cc" and sign not in "\t\n"]


@given(st.text(st.characters(categories=("L", "N", "P", "S", "Zs", "M"))))
def test_ordinary_text_of_any_script_is_left_as_it_is(text):
    assert clean(text) == text


@given(ANY)
def test_a_summary_is_one_short_line(text):
    made = summary(text)
    assert len(made) <= LONGEST_SUMMARY
    assert made == " ".join(made.split())


def test_a_summary_that_is_cut_says_so():
    assert summary("x" * 500) == "x" * 500
    assert summary("x" * 501) == "x" * 499 + "…"
    assert summary("word " * 200).endswith("word…")


def test_lines_become_one_and_hidden_signs_go():
    assert one_line("a\r\nb\u202egnp.exe\x00\x1b[31m\tc\ufeff") == "a bgnp.exe[31m c"


@pytest.mark.parametrize(
    ("value", "said"),
    [
        (None, ()),
        ("", ()),
        (" Passed ", ("Passed",)),
        ({"value": "Major", "id": "1", "child": {"value": "Data loss"}}, ("Major", "Data loss")),
        ([{"value": "A"}, {"name": "B"}, None], ("A", "B")),
        ({"displayName": "Dana", "accountId": "7"}, ("Dana",)),
        (15.0, ("15",)),
        (1.5, ("1.5",)),
        (True, ("yes",)),
        (False, ()),
        ({"id": "1"}, ()),
    ],
)
def test_a_field_says_its_value_whatever_its_type(value, said):
    assert texts(value) == said
