"""Templates: the workspace's own first; what goes in stays data."""

from pathlib import Path

import pytest

from rollout.adapters.files.rendering import Renderer, template_faults
from rollout.errors import FaultsFound, NotFound, RolloutError


def put(folder: Path, **texts: str) -> Path:
    """A folder of templates; `page_html` is page.html.j2."""
    folder.mkdir(exist_ok=True)
    for name, text in texts.items():
        (folder / f"{name.replace('_', '.')}.j2").write_text(text, encoding="utf-8")
    return folder


@pytest.fixture
def own(tmp_path: Path) -> Path:
    return put(tmp_path / "own")


@pytest.fixture
def product(tmp_path: Path) -> Path:
    return put(tmp_path / "product", page_html="<p>{{ note }}</p>", ticket_txt="Hello {{ name }}.\n")


def test_the_workspaces_own_template_is_used_instead_of_the_products(own: Path, product: Path) -> None:
    render = Renderer((own, product))
    assert render("ticket.txt.j2", {"name": "Ana"}) == "Hello Ana.\n"
    put(own, ticket_txt="Dear {{ name }},\n")
    assert Renderer((own, product))("ticket.txt.j2", {"name": "Ana"}) == "Dear Ana,\n"


def test_markup_in_data_is_text(own: Path, product: Path) -> None:
    put(own, feed_xml="<title>{{ note }}</title>", feed_atom="<title>{{ note }}</title>")
    render = Renderer((own, product))
    assert render("page.html.j2", {"note": "<b>{{ 7*7 }}</b> & co"}) == "<p>&lt;b&gt;{{ 7*7 }}&lt;/b&gt; &amp; co</p>"
    assert render("feed.xml.j2", {"note": "<b>"}) == render("feed.atom.j2", {"note": "<b>"}) == "<title>&lt;b&gt;</title>"
    assert render("ticket.txt.j2", {"name": "<b> & {{ name }}"}) == "Hello <b> & {{ name }}.\n"


def test_a_value_that_is_missing_is_told(own: Path, product: Path) -> None:
    with pytest.raises(RolloutError) as error:
        Renderer((own, product))("ticket.txt.j2", {})
    assert str(error.value) == "template ticket.txt.j2 cannot be filled: 'name' is undefined. Correct it, or remove it to use the product's own."


def test_a_template_that_reaches_for_the_machine_is_refused(own: Path, product: Path) -> None:
    put(own, ticket_txt="{{ name.__class__.__mro__ }}")
    with pytest.raises(RolloutError, match="cannot be filled: access to attribute '__class__' of 'str' object is unsafe"):
        Renderer((own, product))("ticket.txt.j2", {"name": "Ana"})


@pytest.mark.parametrize("name", ["none.txt.j2", "../own/x.j2", "/etc/hostname"])
def test_a_template_that_nobody_has_is_told(own: Path, product: Path, name: str) -> None:
    with pytest.raises(NotFound) as error:
        Renderer((own, product))(name, {})
    assert str(error.value) == f"there is no template {name}, neither the workspace's own nor the product's"


def test_a_template_that_cannot_be_read_is_told_with_its_line(own: Path, product: Path) -> None:
    put(own, ticket_txt="Hello\n{% if name %}\n")
    with pytest.raises(FaultsFound, match=r"templates/ticket\.txt\.j2:2 Unexpected end of template"):
        Renderer((own, product))("ticket.txt.j2", {"name": "Ana"})


def test_all_faults_of_a_workspaces_templates_are_told(own: Path, product: Path) -> None:
    put(own, ticket_txt="{% for %}", tikket_txt="Hello", page_html="<h1>{{ note }}</h1>")
    (own / "feed.xml.j2").write_bytes(b"\xff\xfe")
    assert [str(fault) for fault in template_faults(own, product)] == [
        "templates/feed.xml.j2 stands for no template of the product. Did you mean page.html.j2?",
        "templates/feed.xml.j2 is not text in UTF-8",
        "templates/ticket.txt.j2:1 Expected an expression, got 'end of statement block'",
        "templates/tikket.txt.j2 stands for no template of the product. Did you mean ticket.txt.j2?",
    ]


def test_a_workspace_needs_no_templates(tmp_path: Path, product: Path) -> None:
    assert template_faults(tmp_path / "none", product) == []
    assert Renderer((tmp_path / "none", product))("ticket.txt.j2", {"name": "Ana"}) == "Hello Ana.\n"
