"""What clients read, rendered with the product's own templates: golden texts, and hostile data that must do no harm and give nothing away."""

import json
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any

import icalendar
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rollout.core.calendar_text import escaped
from rollout.core.changes import Audience, ReadinessRules
from rollout.core.closing import NoticeKind
from rollout.core.discretion import Discretion, plain
from rollout.core.editions import Moved, MoveKind
from rollout.core.notes import Stage, notes_of
from rollout.core.values import ChangeKey, Version
from rollout.core.wording import Certainty
from tests.builders import change
from tests.golden import golden
from tests.upcoming import RENDER, listed, note, page, rendered, sample, span

NOTICE: dict[str, Any] = {
    "product": "Tidewater",
    "client": "Acme Rowing",
    "version": "2026.12",
    "environment": "production",
    "day": "Tuesday, 8 December 2026",
}
NOTES = {"none": [], "one": ["Gates open at noon"], "many": ["Gates open at noon", 'Prices with <, > & "quotes" print as they are', "{{ 7*7 }}"]}
TEXTS = [*(f"ticket/{kind}" for kind in NoticeKind), "mail/available"]


# ── Tickets and mail ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("count", NOTES)
@pytest.mark.parametrize("name", TEXTS)
def test_what_tickets_and_mails_say(name: str, count: str) -> None:
    environment = "preview" if "ready_to_try" in name else "production"
    text = RENDER(f"{name}.txt.j2", {**NOTICE, "environment": environment, "notes": NOTES[count]})
    assert text == golden(f"{name}-{count}.txt", text)


@pytest.mark.parametrize("name", TEXTS)
def test_no_blank_lines_pile_up_and_the_reason_for_colleagues_is_not_told(name: str) -> None:
    for notes in NOTES.values():
        text = RENDER(f"{name}.txt.j2", {**NOTICE, "notes": notes})
        assert "\n\n\n" not in text
        assert "corrupt" not in text
        assert text.endswith("team\n")


def test_the_first_line_of_a_mail_is_its_subject() -> None:
    text = RENDER("mail/available.txt.j2", {**NOTICE, "notes": []})
    assert text.splitlines()[0] == "Tidewater 2026.12 is ready for you"


# ── The page ───────────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", ["index.html", "feed.atom", "feed.json", "calendar.ics"])
def test_what_the_page_says(name: str) -> None:
    text = rendered(sample())[name]
    assert text == golden(f"page/{name}", text)


class Outline(HTMLParser):
    """What a browser would make of the page: its tags, texts and attributes; every tag must be closed in its turn."""

    VOID = frozenset({"meta", "link", "br"})

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.texts: list[str] = []
        self._open: list[str] = []
        self.feed(html)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in self.VOID:
            self._open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.texts.append(data.strip())

    def values(self, name: str) -> list[str]:
        return [value for _, attribute, value in self.attributes if attribute == name]


ALLOWED_TAGS = frozenset(
    re.findall(r"\w+", "html head meta title link style body a header p h1 h2 h3 h4 nav ul ol li main section article div span time dl dt dd footer")
)
ALLOWED_ATTRIBUTES = frozenset(
    re.findall(
        r"\S+", "lang charset name content http-equiv rel type title href class id tabindex aria-label aria-labelledby aria-hidden datetime dir"
    )
)


def check_html(html: str) -> Outline:
    """The page is sound, needs nothing from anywhere, and can be found one's way in."""
    outline = Outline(html)
    assert html.startswith("<!doctype html>")
    assert set(outline.tags) <= ALLOWED_TAGS
    assert {name for _, name, _ in outline.attributes} <= ALLOWED_ATTRIBUTES
    assert all(re.fullmatch(r"data:,|#[\w-]+|feed\.atom|feed\.json|calendar\.ics", value) for value in outline.values("href"))
    ids = outline.values("id")
    assert len(ids) == len(set(ids))
    assert {value[1:] for value in outline.values("href") if value.startswith("#")} | set(outline.values("aria-labelledby")) <= set(ids)
    levels = [int(tag[1]) for tag in outline.tags if re.fullmatch(r"h\d", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    assert [outline.tags.count(tag) for tag in ("main", "header", "footer", "nav")] == [1, 1, 1, 1]
    assert "@import" not in html
    assert "url(" not in html
    return outline


def test_an_empty_page_is_sound_and_says_so() -> None:
    files = rendered(page([]))
    assert "Nothing is announced at the moment" in " ".join(check_html(files["index.html"]).texts)
    assert json.loads(files["feed.json"])["items"] == []
    assert ET.fromstring(files["feed.atom"]).findall("{*}entry") == []
    assert icalendar.Calendar.from_ical(files["calendar.ics"]).walk("VEVENT") == []


def test_both_colour_schemes_can_be_read() -> None:
    """WCAG 2.2, success criterion 1.4.3: 4.5 to 1."""
    schemes = re.findall(r":root \{(.*?)\}", rendered(page([]))["index.html"], re.DOTALL)[:2]
    pairs = [("ink", "paper"), ("ink", "sheet"), ("soft", "paper"), ("soft", "sheet"), ("accent", "paper"), ("accent", "sheet"), ("accent", "wash")]
    pairs += [("amber", "amber-wash"), ("amber", "sheet"), ("green", "green-wash")]
    assert len(schemes) == 2
    for scheme in schemes:
        colours = dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6});", scheme))
        assert all(contrast(colours[front], colours[back]) >= 4.5 for front, back in pairs)


def contrast(front: str, back: str) -> float:
    """WCAG's contrast ratio of two colours."""
    low, high = sorted(luminance(colour) for colour in (front, back))
    return (high + 0.05) / (low + 0.05)


def luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return sum(weight * part for weight, part in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


# ── Hostile data ───────────────────────────────────────────────────────────────────────────────────

HOSTILE = st.sampled_from(
    [
        "<script>alert(1)</script>",
        "{{7*7}}",
        "{% raw %}",
        "{# gone #}",
        "]]>",
        "<![CDATA[",
        "<!--",
        "-->",
        "&lt;&amp;&#39;",
        '" onmouseover="alert(1)',
        "</style></title>",
        "javascript:alert(1)",
        "\u202eabc",
        "\x00\x08\x1b[31m",
        "\ud800",
        "\ufffe",
        "line\nbreak\r\nBEGIN:VEVENT",
        ";,\\n:\\",
        "\\\\",
        "\u2028",
        "ünï😀",
        "א",
        "x" * 90,
        "\t",
    ]
)
TEXT = st.lists(HOSTILE | st.text(max_size=8), min_size=1, max_size=4).map(" ".join)
OPEN = Discretion(("TIDE",), ())


def said(text: str) -> str:
    return OPEN.said(text) or "nothing"


@given(TEXT, TEXT, st.sampled_from(list(Stage)), st.sampled_from(list(Certainty)))
@settings(max_examples=150, deadline=None)
def test_whatever_jira_says_every_file_is_sound_and_says_just_that(text: str, product: str, stage: Stage, certainty: Certainty) -> None:
    rows = [
        listed("2026.12", note(1, said(text)), stage=stage, production=span("2026-12-08", certainty=certainty)),
        listed(text[:20] or "1", note(2, said(text))),
    ]
    moved = Moved(kind=MoveKind.JOINED, version=Version("2026.12"), keys=(ChangeKey("TIDE-1"),))
    files = rendered(page(rows, moved, public={ChangeKey("TIDE-1"): said(text)}, product=product))
    for file in files.values():
        file.encode()
        assert not re.search("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\u202a-\u202e\u2066-\u2069]", file)
    assert check_html(files["index.html"]).texts.count(said(text)) >= 2
    check_atom(files["feed.atom"], said(text))
    check_json(files["feed.json"], said(text))
    unsure = "" if certainty is Certainty.PLANNED else f" ({certainty})"
    check_calendar(files["calendar.ics"], said(text), f"{plain(product)} 2026.12: production{unsure}")


def check_atom(text: str, wanted: str) -> None:
    feed = ET.fromstring(text)
    assert feed.tag == "{http://www.w3.org/2005/Atom}feed"
    assert all(feed.findtext(f"{{*}}{name}") for name in ("title", "id", "updated"))
    entries = feed.findall("{*}entry")
    assert all(entry.findtext(f"{{*}}{name}") for entry in entries for name in ("title", "id", "updated"))
    assert wanted in [" ".join((item.text or "").split()) for item in feed.iter("{http://www.w3.org/1999/xhtml}li")]


def check_json(text: str, wanted: str) -> None:
    feed = json.loads(text)
    assert feed["version"] == "https://jsonfeed.org/version/1.1"
    assert all(f"- {wanted}" in item["content_text"].split("\n") for item in feed["items"])
    assert "<" not in text


def check_calendar(text: str, wanted: str, summary: str) -> None:
    assert all(len(line) <= 75 and b"\r" not in line and b"\n" not in line for line in text.encode().split(b"\r\n"))
    calendar = icalendar.Calendar.from_ical(text)
    events = calendar.walk("VEVENT")
    assert len(events) == 1
    assert f"- {wanted}" in str(events[0]["DESCRIPTION"]).split("\n")
    assert str(events[0]["SUMMARY"]) == summary
    assert not calendar.errors
    assert {"UID", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY", "STATUS"} <= set(events[0])


# ── What must not be said ──────────────────────────────────────────────────────────────────────────

ODD = st.text("qxzjkvw", min_size=5, max_size=10).map(str.title)  # words that occur nowhere else
NAMES = st.lists(ODD, min_size=1, max_size=3).map(" ".join)
AROUND = st.sampled_from(["Crash at {}", "{}: crash", "In ({}) again", "{}'s desk", "<{}>", "{{{{ {} }}}}", "TIDE-9 {}", "{}"])


@st.composite
def secretive(draw: st.DrawFn) -> tuple[list[str], list[tuple[bool, str]]]:
    """Clients, and changes (whether internal, and their text), many of which name one."""
    clients = draw(st.lists(NAMES, min_size=1, max_size=3))
    texts = st.builds(str.format, AROUND, st.sampled_from(clients)) | ODD
    return clients, draw(st.lists(st.tuples(st.booleans(), texts), max_size=5))


@given(secretive())
@settings(max_examples=100, deadline=None)
def test_no_client_no_key_and_nothing_internal_is_ever_said(drawn: tuple[list[str], list[tuple[bool, str]]]) -> None:
    clients, texts = drawn
    discretion = Discretion(("TIDE",), clients)
    hidden = [(f"Internal{number}", f"TIDE-{number}00") for number, (internal, _) in enumerate(texts, 1) if internal]
    files = "\n".join(_published(texts, discretion).values()).replace("\r\n ", "")
    for word in (*clients, *(each for pair in hidden for each in pair), "TIDE-"):
        assert word.casefold() not in files.casefold()
        assert escaped(word).casefold() not in files.casefold()


@given(secretive())
@settings(max_examples=50, deadline=None)
def test_every_file_is_the_same_without_the_internal_changes(drawn: tuple[list[str], list[tuple[bool, str]]]) -> None:
    clients, texts = drawn
    discretion = Discretion(("TIDE",), clients)
    without = [(internal, text if not internal else "") for internal, text in texts]
    assert _published(texts, discretion) == _published(without, discretion, drop=True)


def _published(texts: list[tuple[bool, str]], discretion: Discretion, drop: bool = False) -> dict[str, str]:
    changes = [each for each in _changes(texts) if not (drop and each.audience is Audience.INTERNAL)]
    notes = notes_of(changes, discretion, ReadinessRules())
    return rendered(page([listed("2026.12", *notes)] if notes else []))


def _changes(texts: list[tuple[bool, str]]) -> Iterator[Any]:
    for number, (internal, text) in enumerate(texts, 1):
        audience = Audience.INTERNAL if internal else Audience.CLIENTS
        yield change(f"TIDE-{number}00", summary=f"{text} Internal{number}" if internal else f"{text}", audience=audience)
