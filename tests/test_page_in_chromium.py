"""The page in a real browser: it fits a telephone, asks for nothing, and has nothing to complain about."""

import http.server
import threading
from collections.abc import Iterator

import pytest

from tests.browser import CHROMIUM, WHERE, dumped
from tests.require import require
from tests.upcoming import rendered, sample

FRAME = """<!doctype html><title>measures</title><iframe src="page.html" width="390" height="900" onload="
  const page = this.contentDocument.documentElement;
  document.title = page.scrollWidth + ' ' + page.clientWidth + ' ' + this.contentDocument.querySelectorAll('article').length;
"></iframe>"""


class Site(http.server.ThreadingHTTPServer):
    """Serves texts on loopback, and remembers every path that was asked for."""

    def __init__(self, pages: dict[str, str]) -> None:
        self.pages = pages
        self.asked: list[str] = []
        super().__init__(("127.0.0.1", 0), Asked)

    def address(self, page: str) -> str:
        return f"http://127.0.0.1:{self.server_port}/{page}"


class Asked(http.server.BaseHTTPRequestHandler):
    """One request."""

    server: Site

    def do_GET(self) -> None:
        self.server.asked.append(self.path)
        body = self.server.pages.get(self.path, "").encode()
        self.send_response(200 if body else 404)
        self.send_header("Content-Type", "text/html")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, format: str, *arguments: object) -> None:
        """Say nothing."""


@pytest.fixture
def site() -> Iterator[Site]:
    """The sample page, alone and in a frame as wide as a telephone."""
    html = rendered(sample())["index.html"]
    with Site({"/page.html": html, "/frame.html": FRAME}) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


@pytest.mark.slow
def test_a_browser_shows_the_page_without_asking_for_anything_else(site: Site) -> None:
    require(CHROMIUM is not None, WHERE)
    tree, console = dumped(site.address("page.html"))
    assert tree.count("<article") == 6
    assert console == ""
    assert site.asked == ["/page.html"]


@pytest.mark.slow
def test_the_page_fits_a_telephone(site: Site) -> None:
    require(CHROMIUM is not None, WHERE)
    tree, _ = dumped(site.address("frame.html"))
    title = tree.partition("<title>")[2].partition("</title>")[0]
    content, window, articles = (int(each) for each in title.split())
    assert (content <= window, articles) == (True, 6)
    assert window <= 390
