"""Turns a comment's text into HTML and back, as far as a reader can tell the difference; and moments into the API's form."""

import html
import re
from datetime import UTC, datetime
from html.parser import HTMLParser

_BREAKS = {"br": "\n", "p": "\n\n", "div": "\n", "li": "\n"}
_HIDDEN = frozenset({"script", "style", "title"})


def stamp(moment: datetime) -> str:
    """The moment as the API writes it: UTC, whole seconds."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def as_html(plain: str) -> str:
    """The HTML that the desk makes of a plain comment."""
    paragraphs = (html.escape(part).replace("\n", "<br>") for part in re.split(r"\n{2,}", plain.strip()))
    return '<div class="zd-comment" dir="auto">' + "".join(f"<p>{part}</p>" for part in paragraphs) + "</div>"


def as_plain(markup: str) -> str:
    """What a reader sees of a comment's HTML: scripts and tags are gone, entities are characters."""
    reader = _Reader()
    reader.feed(markup)
    reader.close()
    return re.sub(r"\n{3,}", "\n\n", "".join(reader.seen)).replace("\xa0", " ").strip()


class _Reader(HTMLParser):
    """Keeps the visible text of a document."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.seen: list[str] = []
        self._hidden = 0

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        del attrs
        self._hidden += tag in _HIDDEN
        if tag in _BREAKS and (self.seen or tag == "br"):
            self.seen.append(_BREAKS[tag])

    def handle_endtag(self, tag: str) -> None:
        self._hidden -= tag in _HIDDEN and self._hidden > 0

    def handle_data(self, data: str) -> None:
        if not self._hidden:
            self.seen.append(data)
