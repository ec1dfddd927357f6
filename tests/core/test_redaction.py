"""What other programs write: no secret, no control character, no flood is stored or shown."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout.core.redaction import BLOT, names_secret, printable, redacted, shown


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("token=hunter22 next", f"token={BLOT} next"),
        ("PASSWORD: hunter22", f"PASSWORD: {BLOT}"),
        ('{"api_key": "hunter 22", "id": 7}', f'{{"api_key": {BLOT}, "id": 7}}'),
        ("export DB_PASSWORD='hunter 22'", f"export DB_PASSWORD={BLOT}"),
        ("ship --password hunter22 --now", f"ship --password {BLOT} --now"),
        ("Authorization: Bearer abc.def-ghi", f"Authorization: Bearer {BLOT}"),
        ("authorization: Key hunter22", f"authorization: Key {BLOT}"),
        ("see https://dana:hunter22@acme.example/x", f"see https://dana:{BLOT}@acme.example/x"),
    ],
)
def test_what_looks_like_a_secret_is_blotted_out(text: str, safe: str) -> None:
    assert redacted(text) == safe


@pytest.mark.parametrize("text", ["the token has expired", "password for dana\nwas changed", "http://acme.example:8080/a@b", "tokenizer ready: 5 s"])
def test_innocent_text_stays(text: str) -> None:
    assert redacted(text) == text


def test_configured_secrets_are_blotted_out_wherever_they_stand() -> None:
    assert redacted("x-hunter22-y hunter22", ["hunter22", "hunter"]) == f"x-{BLOT}-y {BLOT}"


def test_a_secret_too_short_to_be_one_does_not_shred_the_text() -> None:
    assert redacted("a banana", ["a", ""]) == "a banana"


@given(st.binary(max_size=300), st.integers(0, 40), st.text(alphabet="XYZ", min_size=8, max_size=20))
def test_no_secret_survives_a_cut_at_any_place(noise: bytes, torn: int, secret: str) -> None:
    text = shown(secret.encode()[torn % len(secret) :] + noise + b" end", [secret], cut=True)
    assert secret not in text
    assert not any(len(part) >= 4 and secret.endswith(part) and noise.find(part.encode()) < 0 for part in text.split())


@given(st.binary())
def test_whatever_is_shown_can_be_printed_and_stored(output: bytes) -> None:
    text = shown(output)
    assert all(mark.isprintable() or mark in "\n\t" or mark.isspace() or not mark.isascii() for mark in text)
    assert "\x00" not in text


def test_colours_titles_and_reversed_text_are_dropped() -> None:
    assert printable("\x1b[31mred\x1b[0m \x1b]0;title\x07plain \u202eback\r\nnext\x00") == "red plain back\nnext"


def test_half_a_character_is_dropped_for_nothing_could_store_it() -> None:
    assert shown("a\ud800b") == "ab"


def test_an_escape_that_is_never_closed_takes_no_more_than_its_line() -> None:
    assert printable("before \x1b]0;title\nafter") == "before \nafter"


def test_only_the_end_of_long_output_is_shown() -> None:
    text = shown(b"a" * 9000 + b" the reason", limit=4096)
    assert len(text) == 4096
    assert text.startswith("…")
    assert text.endswith("the reason")


def test_names_of_secrets_are_told_from_others() -> None:
    assert [name for name in ("API_TOKEN", "DB_PASSWORD", "ROLLOUT_KEY", "PATH", "TOKENS_SEEN", "AWS_SECRET_ACCESS_KEY") if names_secret(name)] == [
        "API_TOKEN",
        "DB_PASSWORD",
        "AWS_SECRET_ACCESS_KEY",
    ]
