"""What may be said in public of what JIRA says."""

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout.core.discretion import LONGEST, Discretion, plain

CLIENTS = ("Acme Rowing", "acme", "IT", "Amber Quay Halifax", "amber-quay-halifax")
DISCRETION = Discretion(("TIDE", "OPS"), CLIENTS)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("TIDE-12: Gates open again", "Gates open again"),
        ("Gates open again (TIDE-12).", "Gates open again."),
        ("Gates open again [TIDE-1, OPS-2] at noon", "Gates open again at noon"),
        ("Gates open again - tide-12", "Gates open again"),
        ("Completes TIDE-12", "Completes another change"),
        ("Completes TIDE-12 and OPS-3, at last", "Completes other changes, at last"),
        ("TIDE-1", ""),
        ("Exports use UTF-8, SHA-256 and TIDES-1", "Exports use UTF-8, SHA-256 and TIDES-1"),
        ("Crash at Acme Rowing's desk", "Crash at a client's desk"),
        ("acme: crash", "a client: crash"),
        ("AMBER  QUAY, Halifax cannot print", "a client cannot print"),
        ("Acmeology is fine", "Acmeology is fine"),
        ("it works again for IT", "it works again for a client"),
        ("two\nlines,\ttabs\u2028and\x1b[31m colour", "two lines, tabs and colour"),
        ("evil\u202etxt.exe \x00 \ufffe \ud800", "eviltxt.exe"),
    ],
)
def test_keys_clients_and_harmful_signs_are_not_said(text: str, said: str) -> None:
    assert DISCRETION.said(text) == said


def test_a_text_that_names_a_client_is_known() -> None:
    assert DISCRETION.names_client("Crash at ACME rowing")
    assert not DISCRETION.names_client("Crash at the rowing club")


def test_long_text_is_cut_between_words() -> None:
    said = DISCRETION.said("word " * 200)
    assert said.endswith("word…")
    assert LONGEST - 10 < len(said) <= LONGEST + 1


def test_without_projects_and_clients_only_the_signs_are_judged() -> None:
    assert Discretion((), ()).said("TIDE-1 at Acme\x07") == "TIDE-1 at Acme"


def test_a_key_that_appears_where_another_was_taken_out_goes_as_well() -> None:
    assert Discretion(("CHANGE",), ()).said("Completes CHANGE-1-2") == "Completes another another change"


PIECES = st.sampled_from(
    ["TIDE-1", "tide-22", "OPS-3", "TIDE-", "1", "-", "(", ")", "[", "]", ":", ",", " and ", " ", "Acme", " rowing", "IT", "x", "\n", "…"]
)


@given(st.lists(PIECES, max_size=12).map("".join))
def test_whatever_the_text_no_key_and_no_client_is_left(text: str) -> None:
    said = DISCRETION.said(text)
    assert not re.search(r"(?<![a-z0-9])(tide|ops)-\d", said, re.IGNORECASE)
    assert not re.search(r"\b[Aa]cme\b|\bIT\b", said)
    assert not DISCRETION.names_client(said)


@given(st.text())
def test_what_is_said_is_one_plain_line(text: str) -> None:
    said = DISCRETION.said(text)
    assert said == plain(said)
    assert len(said.splitlines()) <= 1
    said.encode()
