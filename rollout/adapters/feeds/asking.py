"""One question to the server of a feed: redirects followed where that is safe, answers unpacked within bounds, refusals told with what to do."""

import base64
import time
import zlib
from collections.abc import Mapping
from urllib.parse import urljoin, urlsplit

from rollout.adapters.web import Answer, Web, same_origin
from rollout.errors import BadAnswer, Gone, OutsideError, Throttled, Unauthorized, Unreachable

LARGEST = 10_000_000
SECONDS = 30.0
_REDIRECTS = (301, 302, 303, 307, 308)
_MOST_REDIRECTS = 5


class FeedServer:
    """The server of one feed. `name` is the feed's, `shown` as much of its address as errors may tell; `password` goes to that server only."""

    def __init__(self, name: str, shown: str, user: str = "", password: str = "", *, largest: int = LARGEST, seconds: float = SECONDS) -> None:
        self.name, self.shown = name, shown
        self._largest, self._seconds = largest, seconds
        self._web = Web(name, longest=largest + 1, watched=True)
        self._login = {"Authorization": f"Basic {base64.b64encode(f'{user}:{password}'.encode()).decode()}"} if user else {}

    def ask(self, method: str, address: str, headers: Mapping[str, str], body: bytes | None = None) -> Answer:
        """The answer, its body unpacked, if it is 2xx, or 304. Half a minute at most, redirects and all. Raises OutsideError."""
        deadline, where = time.monotonic() + self._seconds, address
        for _ in range(_MOST_REDIRECTS + 1):
            login = self._login if same_origin(where, address) else {}
            sent = {"Accept-Encoding": "gzip", **headers, **login}
            answer = self._web.ask(method, where, deadline, headers=sent, body=body, called=self.shown)
            if answer.status not in _REDIRECTS:
                return self._sound(answer)
            where = self._onward(where, answer)
        raise self.bad(f"led from one address to another more than {_MOST_REDIRECTS} times. Correct the address in the calendar.")

    def bad(self, text: str) -> BadAnswer:
        """An answer that makes no sense, told."""
        return BadAnswer(self.name, f"{self.shown} {text}")

    def _onward(self, where: str, answer: Answer) -> str:
        try:
            target = urljoin(where, answer.headers.get("location", ""))
            to = f"{urlsplit(target).scheme}://{urlsplit(target).hostname or ''}"
            if may_follow(where, target):
                return target
        except ValueError:
            raise self.bad("sends us on to what is no address. Correct the address in the calendar.") from None
        raise self.bad(f"sends us on to {to}, which is not as safe as where we are, and is not followed. Correct the address in the calendar.")

    def _sound(self, answer: Answer) -> Answer:
        if answer.status == 304:
            return answer
        if not 200 <= answer.status < 300:
            raise self._refusal(answer)
        if len(answer.body) > self._largest:
            raise self._too_large()
        return Answer(answer.status, answer.headers, self._unpacked(answer))

    def _unpacked(self, answer: Answer) -> bytes:
        packing = answer.headers.get("content-encoding", "identity").strip().lower()
        if packing in ("", "identity"):
            return answer.body
        if packing not in ("gzip", "x-gzip"):
            raise self.bad(f"answered in {packing[:20]}, which was not asked for. Ask whoever runs it.")
        unpacking = zlib.decompressobj(wbits=31)
        try:
            body = unpacking.decompress(answer.body, self._largest + 1)
        except zlib.error:
            raise self.bad("sent what it calls gzip, and what cannot be unpacked. The last good copy stays.") from None
        if len(body) > self._largest:
            raise self._too_large()
        if not unpacking.eof:
            raise self.bad("sent an answer that is cut short. The last good copy stays.")
        return body

    def _too_large(self) -> BadAnswer:
        return self.bad(f"sent more than {self._largest // 1_000_000} MB. Subscribe to a calendar with fewer events.")

    def _refusal(self, answer: Answer) -> OutsideError:
        status, text = answer.status, f"{self.shown} answered {answer.status}"
        if status == 401:
            told = "does not accept the user and password" if self._login else "asks who we are: give user and password"
            return Unauthorized(self.name, f"{text}: it {told}. Correct them in the calendar, and where the password is kept.")
        if status == 403:
            return Unauthorized(self.name, f"{text}: this account may not read that calendar. Share it with the account, or make its address public.")
        if status in (404, 410):
            return Gone(self.name, f"{text}: there is no calendar at that address. Correct it, or ask its owner for the new one.")
        if status == 429:
            return Throttled(self.name, f"{text}: we ask too often. Give the feed a longer refresh.", _seconds(answer.headers.get("retry-after")))
        if status in (405, 501):
            return BadAnswer(self.name, f"{text}: it is no CalDAV collection. For an iCalendar file write url instead of caldav.")
        if status >= 500:
            return Unreachable(self.name, f"{text}: its own fault. It is asked again the next time.")
        return BadAnswer(self.name, f"{text}, which makes no sense. Look at the address in the calendar.")


def may_follow(here: str, there: str) -> bool:
    """Whether a redirect leads to an address that is as safe: to https anywhere, or on the same host, and never from https to anything else."""
    old, new = urlsplit(here), urlsplit(there)
    return new.scheme == "https" or (new.scheme == old.scheme == "http" and new.hostname == old.hostname)


def _seconds(text: str | None) -> float | None:
    return float(text) if text and text.isdecimal() and len(text) < 7 else None
