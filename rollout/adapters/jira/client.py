"""Speaks to one JIRA with the `jira` library, one client for each thread, and turns every failure into one of ours.

The library is kept from retrying (it repeats POSTs, and cannot read every Retry-After) and from waiting for ever; a retry is the caller's decision.
It is asked for raw JSON: its resource objects cost more than the reading, and lose the path of a gateway URL.
"""

import json
import math
import re
import threading
import weakref
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any, NamedTuple

import requests
from jira import JIRA, JIRAError
from pydantic_core import from_json

from rollout.adapters.jira.text import one_line
from rollout.errors import BadAnswer, Gone, OutsideError, Throttled, Unauthorized, Unreachable

_TIMEOUT = (5, 30)  # seconds to connect, and between two bytes
_LONGEST_WAIT = 86_400.0
_SHOWN = 300


class Account(NamedTuple):
    """Who the credential belongs to. `zone` is the time zone in which JIRA reads the dates of this account's queries; empty if it does not say."""

    name: str
    zone: str


class Client:
    """One JIRA, as one account sees it. Safe from any thread; close it at the end."""

    def __init__(self, name: str, url: str, user: str | None, token: str) -> None:
        self.name = name
        self.url = url
        self._credential: dict[str, Any] = {"basic_auth": (user, token)} if user else {"token_auth": token}
        self._here = threading.local()
        self._all: weakref.WeakSet[JIRA] = weakref.WeakSet()
        self.close = weakref.finalize(self, _close, self._all)

    @property
    def is_cloud(self) -> bool:
        return bool(self._jira("its kind").deploymentType == "Cloud")

    def account(self) -> Account:
        """Who we are there, asked anew. Raises Unauthorized for an anonymous answer: Cloud takes a wrong token for none, and shows nothing."""
        raw = self.get("myself", what="the account")
        name = next((raw[field] for field in ("emailAddress", "displayName", "name") if raw.get(field)), "")
        if not (name and any(raw.get(field) for field in ("accountId", "key", "name"))):
            raise self._unauthorized("JIRA answers as if nobody had logged in")
        return Account(one_line(str(name)), str(raw.get("timeZone") or ""))

    def get(self, path: str, params: Mapping[str, Any] | None = None, *, what: str) -> Any:
        """The JSON at that path of the REST API; `what` says in an error what was asked for."""
        return self._ask("GET", path, what, params=params)

    def post(self, path: str, body: Mapping[str, Any], *, what: str) -> Any:
        return self._ask("POST", path, what, data=json.dumps(body))

    def put(self, path: str, body: Mapping[str, Any], *, what: str) -> Any:
        return self._ask("PUT", path, what, data=json.dumps(body))

    def _ask(self, method: str, path: str, what: str, **request: Any) -> Any:
        jira = self._jira(what)
        with self._failures(what):
            response = jira._session.request(method, jira._get_url(path), **request)
        if response.headers.get("X-Seraph-LoginReason", "OK").startswith("AUTHENTICAT"):
            raise self._unauthorized("JIRA did not accept the credential and answers as if nobody had logged in")
        with self._failures(what):
            return _decoded(response) if response.content else {}

    def _jira(self, what: str) -> JIRA:
        """This thread's client. Making one asks the server what it is."""
        found: JIRA | None = getattr(self._here, "jira", None)
        if found is None:
            with self._failures(what):
                found = JIRA(self.url, max_retries=0, timeout=_TIMEOUT, logging=False, **self._credential)
            _settle(found._session, self.url)
            self._here.jira = found
            self._all.add(found)
        return found

    @contextmanager
    def _failures(self, what: str) -> Iterator[None]:
        """Turn what the libraries raise into the family of errors. Their own texts may hold headers: they are not passed on."""
        try:
            yield
        except JIRAError as error:
            raise self._refusal(error, what) from None
        except (requests.ConnectionError, requests.Timeout, requests.exceptions.ChunkedEncodingError) as error:
            raise Unreachable(self.name, f"no complete answer from {self.url} when asked for {what}: {_cause(error)}") from None
        except (requests.RequestException, ValueError, KeyError, TypeError, AttributeError) as error:
            told = f"{self.url} did not answer as a JIRA does when asked for {what} ({type(error).__name__}). Check the url"
            raise BadAnswer(self.name, told) from None

    def _refusal(self, error: JIRAError, what: str) -> OutsideError:
        said, status = _said(error), error.status_code or 0
        wait = retry_after(error.response.headers) if error.response is not None else None
        if status == 429 or (status == 503 and wait is not None):
            return Throttled(self.name, f"JIRA asks to wait{f' {wait:g} s' if wait is not None else ''} before asking for {what}", wait)
        if status >= 500:
            return Unreachable(self.name, f"JIRA failed with HTTP {status} when asked for {what}: {said}")
        if status == 401:
            return self._unauthorized("JIRA did not accept the credential")
        if status == 403:
            hint = f" Log in once by hand at {self.url}." if "CAPTCHA" in said.upper() else ""
            return Unauthorized(self.name, f"the account may not have {what}: {said}.{hint}")
        if status in (404, 410):
            return Gone(self.name, f"not found, or hidden from this account: {what} (HTTP {status}: {said})")
        return BadAnswer(self.name, f"JIRA refused {what} with HTTP {status}: {said}")

    def _unauthorized(self, happened: str) -> Unauthorized:
        return Unauthorized(self.name, f"{happened}. Check user and token: Cloud needs both, a Data Center token stands alone")


def _settle(session: requests.Session, url: str) -> None:
    """Read proxies and certificates from the environment once, and not for each request; and no other credential from a .netrc."""
    found = session.merge_environment_settings(url, {}, None, session.verify, session.cert)
    session.proxies, session.verify, session.trust_env = found["proxies"], found["verify"], False


def _decoded(response: requests.Response) -> Any:
    """The answer's JSON; by Python's own parser where the quick one refuses half a character (a lone surrogate)."""
    try:
        return from_json(response.content, cache_strings="keys")
    except ValueError:
        return response.json()


def retry_after(headers: Mapping[str, str]) -> float | None:
    """The seconds that Retry-After asks to wait: whole, with a fraction, or until a date (RFC 9110, 10.2.3); None without one that can be read."""
    value = headers.get("Retry-After", "").strip()
    try:
        seconds = float(value) if re.fullmatch(r"\d+(\.\d+)?", value) else _until(value, headers.get("Date", ""))
    except (ValueError, TypeError):
        return None
    return min(max(seconds, 0.0), _LONGEST_WAIT) if math.isfinite(seconds) else None


def _until(moment: str, now: str) -> float:
    """Seconds to a date, by the clock of the server where it tells it."""
    here = parsedate_to_datetime(now) if now else datetime.now(UTC)
    return (parsedate_to_datetime(moment) - here).total_seconds()


def _said(error: JIRAError) -> str:
    text = one_line(error.text or "")
    if text.startswith("<"):
        return "an HTML page"
    return text[:_SHOWN] or "nothing more"


def _cause(error: Exception) -> str:
    """What lies at the bottom of a connection error, in a few words."""
    if isinstance(error, requests.Timeout):
        return "it took too long"
    if isinstance(error, requests.exceptions.ProxyError):
        return "the proxy that the environment names did not answer; see HTTPS_PROXY and NO_PROXY"
    if isinstance(error, requests.exceptions.SSLError):
        return f"its certificate was not accepted: {one_line(str(error))[-_SHOWN:]}"
    reason = getattr(error.args[0], "reason", error.args[0]) if error.args else error
    return re.split(r"[>)]: ", one_line(str(reason)))[-1][:_SHOWN]


def _close(clients: "weakref.WeakSet[JIRA]") -> None:
    for client in list(clients):
        client.close()  # type: ignore[no-untyped-call]  # the library does not say what it returns
