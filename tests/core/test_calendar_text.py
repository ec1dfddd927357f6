"""Text as RFC 5545 wants it."""

from hypothesis import example, given
from hypothesis import strategies as st

from rollout.core.calendar_text import escaped, folded


def test_signs_with_a_meaning_are_escaped() -> None:
    assert escaped("a, b; c\\d\ne") == "a\\, b\\; c\\\\d\\ne"


def test_lines_end_as_the_standard_asks_and_empty_ones_go() -> None:
    assert folded("BEGIN:VCALENDAR\n\nEND:VCALENDAR\n") == "BEGIN:VCALENDAR\r\nEND:VCALENDAR\r\n"


def test_a_line_of_75_octets_stays_whole() -> None:
    assert folded("x" * 75) == "x" * 75 + "\r\n"
    assert folded("x" * 76) == "x" * 75 + "\r\n x\r\n"


@given(st.text(st.characters(exclude_categories=["Cc", "Cs", "Zl", "Zp"]), min_size=1, max_size=300).filter(str.strip))
@example("é" * 60)
@example("x" + "😀" * 40)
def test_folded_lines_fit_and_unfold_to_what_they_were(line: str) -> None:
    parts = folded(line).encode().split(b"\r\n")
    assert all(len(part) <= 75 for part in parts)
    assert all(part.decode() is not None for part in parts)
    assert b"".join(parts[:1] + [part[1:] for part in parts[1:]]).decode() == line
