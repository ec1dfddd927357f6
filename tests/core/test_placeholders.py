"""Placeholders: values go in as they are, and whatever is missing is named."""

from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout.core.placeholders import template
from rollout.errors import NotFound


def test_values_fill_their_places() -> None:
    assert template("{dir}/deploy-{version}").fill({"dir": "/srv/a b", "version": "2026.12"}, "acme/preview") == "/srv/a b/deploy-2026.12"


def test_doubled_braces_are_braces() -> None:
    assert template('{{"version": "{version}"}}').fill({"version": "1"}, "acme/preview") == '{"version": "1"}'


@given(st.text())
def test_a_value_is_never_read_as_a_template(value: str) -> None:
    assert template("a{x}b{x}").fill({"x": value}, "acme/preview") == f"a{value}b{value}"


@given(st.text(alphabet="{}ab:!.[0 "))
def test_any_text_is_either_read_or_refused(text: str) -> None:
    with suppress(ValueError):
        assert all(name.isidentifier() for name in template(text).names)


@pytest.mark.parametrize("text", ["{version", "version}", "{}", "{0}", "{a.b}", "{a[0]}", "{a!r}", "{a:>5}", "{a b}"])
def test_anything_but_a_plain_name_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match=r"cannot be read|is no placeholder"):
        template(text)


def test_all_missing_values_are_named_with_their_owner() -> None:
    with pytest.raises(NotFound) as caught:
        template("{url}/{site}/{version}").fill({"version": "1"}, "acme/production")
    text = "acme/production has no value for site, url, which '{url}/{site}/{version}' needs. Add it to the installation's params."
    assert str(caught.value) == text


def test_quoting_spares_the_value_that_begins_the_text() -> None:
    assert (
        template("{url}/{name}").fill({"url": "http://x", "name": "a/b"}, "acme/preview", quote=lambda value: value.replace("/", "-"))
        == "http://x/a-b"
    )


def test_quoting_does_not_spare_a_value_after_an_empty_one() -> None:
    assert template("{a}{b}").fill({"a": "", "b": "/"}, "acme/preview", quote=lambda value: value.replace("/", "-")) == "-"
