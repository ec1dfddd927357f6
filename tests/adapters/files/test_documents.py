"""YAML with lines: what a file means, and how its faults are told."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import Field

from rollout.adapters.files.documents import Document, parse, read, suggestion, validate
from rollout.core.values import Value
from rollout.errors import Fault, FaultsFound


def data_of(text: str) -> object:
    [document] = parse(text, "a.yaml")
    return document.data


def faults_of(text: str) -> list[str]:
    with pytest.raises(FaultsFound) as found:
        parse(text, "a.yaml")
    return [str(fault) for fault in found.value.faults]


@pytest.mark.parametrize(
    ("text", "meaning"),
    [
        ("no", "no"),
        ("12:30", "12:30"),
        ("2026-08-01", "2026-08-01"),
        ("true", True),
        ("False", False),
        ("~", None),
        ("null", None),
        ("nullable", "nullable"),
        ("-3", -3),
        ("+.5", 0.5),
        ("1e3", 1000.0),
        ("-", [None]),
        ("2026.10", 2026.1),
        ("'2026.10'", "2026.10"),
        ('"true"', "true"),
        ("''", ""),
        ("|\n  7\n", "7\n"),
        ("9" * 5000, "9" * 5000),
    ],
)
def test_a_scalar_means_what_yaml_1_2_says(text: str, meaning: object) -> None:
    assert data_of(text) == meaning


def test_each_document_knows_the_lines_of_its_own_places() -> None:
    first, second = parse("a: 1\nb:\n- c: 2\n---\n\nb: {c: 3}\n", "a.yaml")
    assert [first.line(("b", 0, "c")), first.line(("b", 0)), second.line(("b", "c"))] == [3, 3, 6]


def test_a_place_that_is_not_there_has_the_line_of_what_is_around_it() -> None:
    [document] = parse("a:\n  b: 1\n", "a.yaml")
    assert str(document.fault(("a", "b", "c", 0), "is odd")) == "a.yaml:2 a.b.c[0]: is odd"


def test_an_empty_text_is_one_empty_document() -> None:
    assert parse("", "a.yaml") == [Document("a.yaml")]


def test_an_alias_means_what_it_names() -> None:
    assert data_of("a: &x [1, 2]\nb: *x\n") == {"a": [1, 2], "b": [1, 2]}


def test_every_key_that_repeats_is_told() -> None:
    assert faults_of("a: 1\nb:\n  c: 1\n  c: 2\na: 3\n") == [
        "a.yaml:4 b.c: is given twice; keep one",
        "a.yaml:5 a: is given twice; keep one",
    ]


def test_a_key_that_is_no_word_is_told() -> None:
    assert faults_of("a:\n  ? [1, 2]\n  : 3\n") == ["a.yaml:1 a: has a key that is not a word, in line 2"]


def test_a_bomb_of_aliases_is_told_and_does_not_go_off() -> None:
    layers = "\n".join(f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 30))
    assert faults_of("a0: &a0 [x, x]\n" + layers) == ["a.yaml:5 a4: refers to itself, or repeats a part too often"]


def test_a_part_that_holds_itself_is_told() -> None:
    assert faults_of("a: &a\n  b: *a\n") == ["a.yaml:1 a: refers to itself, or repeats a part too often"]


def test_bottomless_nesting_is_told() -> None:
    assert faults_of("a:\n  " + "[" * 200_000) == ["a.yaml:2 is nested more than 50 deep"]


def test_a_tab_is_told_with_its_line() -> None:
    assert faults_of("a: 1\n\tb: 2\n") == ["a.yaml:2 is not YAML: found a tab character that violates indentation. Use spaces, not tabs."]
    assert faults_of("a:\n\t- 1\n") == ["a.yaml:2 is not YAML: found character that cannot start any token. Use spaces, not tabs."]


def test_text_that_is_not_yaml_is_told_with_its_line() -> None:
    assert faults_of("a: 1\nb: [1, 2\n") == ["a.yaml:3 is not YAML: did not find expected ',' or ']'."]


@pytest.mark.parametrize(
    ("content", "told"),
    [
        (b"\x89PNG\r\n\x1a\n\x00", "is not text in UTF-8: byte 1 is 0x89"),
        ("a: 1".encode("utf-16"), "is not text in UTF-8: byte 1 is 0xff"),
        (b"a: 1\x00\n", 'is not YAML: unacceptable character #x0000: control characters are not allowed in "<unicode string>", position 4'),
    ],
)
def test_a_file_that_is_no_text_is_told(tmp_path: Path, content: bytes, told: str) -> None:
    (tmp_path / "a.yaml").write_bytes(content)
    with pytest.raises(FaultsFound) as found:
        read(tmp_path / "a.yaml", "a.yaml")
    assert str(found.value) == f"a.yaml {told}"


def test_a_file_that_is_not_there_or_no_file_is_told(tmp_path: Path) -> None:
    for path, told in ((tmp_path / "none.yaml", "there is no such file"), (tmp_path, "cannot be read: Is a directory")):
        with pytest.raises(FaultsFound, match=told):
            read(path)


def test_a_byte_order_mark_is_no_part_of_the_text(tmp_path: Path) -> None:
    (tmp_path / "a.yaml").write_text("\ufeffa: 1\n", encoding="utf-8")
    assert read(tmp_path / "a.yaml")[0].data == {"a": 1}


_words = st.text(st.characters(categories=["L", "N", "P", "S", "Zs"]))
_plain = st.recursive(
    st.none() | st.booleans() | st.integers() | _words,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_words, inner, max_size=4),
    max_leaves=20,
)


@given(_plain)
def test_what_json_says_is_what_is_read(data: object) -> None:
    [document] = parse(json.dumps(data, ensure_ascii=False), "a.yaml")
    assert document.data == data


class Wheel(Value):
    size: int = Field(ge=1)
    brand: str = ""


class Bicycle(Value):
    name: str
    gears: int = 1
    bell: bool = False
    colours: tuple[str, ...] = ()
    wheels: tuple[Wheel, ...] = ()
    parts: dict[str, Wheel] = Field(default_factory=dict)


def bicycle_faults(text: str) -> list[str]:
    [document] = parse(text, "b.yaml")
    faults: list[Fault] = []
    assert validate(document, Bicycle, faults) is None
    return [str(fault) for fault in sorted(faults)]


def test_a_model_is_made_of_a_document() -> None:
    [document] = parse("name: tour\nwheels: [{size: 28}]\n", "b.yaml")
    assert validate(document, Bicycle, []) == Bicycle(name="tour", wheels=(Wheel(size=28),))


def test_all_complaints_of_a_model_are_told_in_plain_words() -> None:
    text = """\
name: 2026.10
gears: many
bell: maybe
colours: red
wheels:
- size: 0
  bramd: x
- 7
parts: {front: {size: 1.5}, back: [1]}
pump: 1
"""
    assert bicycle_faults(text) == [
        "b.yaml:1 name: must be text: put it in quotes, is 2026.1",
        "b.yaml:2 gears: must be a whole number, is 'many'",
        "b.yaml:3 bell: must be true or false, is 'maybe'",
        "b.yaml:4 colours: must be a list, is 'red'",
        "b.yaml:6 wheels[0].size: must be at least 1, is 0",
        "b.yaml:7 wheels[0].bramd: is not a known field. Did you mean brand?",
        "b.yaml:8 wheels[1]: must be a mapping of fields, is 7",
        "b.yaml:9 parts.back: must be a mapping of fields, is [1]",
        "b.yaml:9 parts.front.size: must be a whole number, is 1.5",
        "b.yaml:10 pump: is not a known field. Known: bell, colours, gears, name, parts, wheels.",
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("", "b.yaml:1 is empty"),
        ("# nothing\n", "b.yaml:1 is empty"),
        ("[1]", "b.yaml:1 must be a mapping of fields, is [1]"),
        ("gears: 2", "b.yaml:1 name: is missing"),
    ],
)
def test_a_document_that_is_no_such_thing_is_told(text: str, told: str) -> None:
    assert bicycle_faults(text) == [told]


def test_a_long_value_is_told_in_short() -> None:
    [told] = bicycle_faults(f"name: a\ngears: {'x' * 1_000_000}\n")
    assert told == "b.yaml:2 gears: must be a whole number, is '" + "x" * 56 + "..."


def test_a_suggestion_names_the_closest_word_or_all() -> None:
    assert [suggestion("frint", ["front", "back"]), suggestion("zzz", ["front", "back"]), suggestion("zzz", [])] == [
        "Did you mean front?",
        "Known: back, front.",
        "",
    ]
