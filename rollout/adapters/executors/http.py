"""Deploys by asking an HTTP service to do it. A service that answers 202 is asked again until it says how the deployment ended."""

import time
from collections.abc import Mapping
from datetime import timedelta
from urllib.parse import quote

import httpx

from rollout.adapters.web import Answer, Unsent, Web, address, same_origin
from rollout.core.clients import Target
from rollout.core.placeholders import template
from rollout.core.redaction import shown
from rollout.core.values import Version
from rollout.errors import BadAnswer, Gone, NotFound, OutsideError, Unauthorized, Unreachable
from rollout.ports import Outcome, OutcomeKind

_RUNNING = frozenset({"accepted", "in_progress", "pending", "queued", "running", "started"})
_SUCCEEDED = frozenset({"completed", "deployed", "done", "finished", "ok", "succeeded", "success"})
_FAILED = frozenset({"aborted", "cancelled", "canceled", "error", "failed", "failure", "rejected"})
_FIRST_PAUSE_SECONDS = 0.05
_LONGEST_PAUSE_SECONDS = 5.0
_LONGEST_VERSION = 200


class HttpExecutor:
    """Posts {"version", "key", "client", "environment"} to the deploy address, with the key as Idempotency-Key, so that a service can drop repeats.

    2xx is success; a refusal (4xx) or no connection is failure; a fault there, no answer in time or a connection that breaks is unknown. After 202
    the Location header, or `status_url` in the body, is asked until its `status` is one of the words above. Going back is a deployment of the
    earlier version. The token is sent as Bearer, to the same host only. Raises ValueError for an address or token that cannot be used.
    """

    def __init__(
        self, name: str, deploy: str, installed: str | None = None, timeout: timedelta = timedelta(minutes=5), token: str | None = None
    ) -> None:
        self.name = name
        self._deploy = template(deploy)
        self._installed = template(installed) if installed else None
        self._seconds = timeout.total_seconds()
        self._secrets = (token.strip(),) if token else ()
        self._web = Web(name, token)

    @property
    def needs(self) -> frozenset[str]:
        """The params that an installation of this profile must have."""
        names = self._deploy.names | (self._installed.names if self._installed else frozenset())
        return names - {"client", "environment", "version", "previous", "key"}

    def deploy(self, target: Target, version: Version, key: str) -> Outcome:
        """Ask for the version, and wait for the outcome."""
        deadline = time.monotonic() + self._seconds
        body = {"version": version, "key": key, "client": target.client, "environment": str(target.environment)}
        what = f"deploy of {version} at {target.name}"
        try:
            where = address(self._deploy, {**target.params, **body}, target.name)
            answer = self._web.ask("POST", where, deadline, body=body, headers={"Idempotency-Key": quote(key, safe=":/@~ +=")})
            if answer.status == 202 and (status_address := self._status_address(where, answer)):
                return self._followed(what, where, status_address, deadline)
        except (NotFound, Unsent) as error:
            return Outcome(kind=OutcomeKind.FAILED, detail=f"{what} was not started: {error}")
        except Unreachable as error:
            return Outcome(kind=OutcomeKind.UNKNOWN, detail=f"{what}: {error}; whether it took effect is unknown.")
        return Outcome(kind=_kind(answer), detail=self._told(what, answer))

    def roll_back(self, target: Target, version: Version, key: str) -> Outcome:
        """Deploy the earlier version."""
        return self.deploy(target, version, key)

    def is_at_work(self, key: str) -> bool:  # noqa: ARG002 (the port's signature)
        """Nobody can tell, and it does no harm: the key comes with each request, so that the service can join a repeat to what it is doing."""
        return False

    def installed_version(self, target: Target) -> Version | None:
        """Ask the installed address, which answers with the version as text or as JSON {"version"}, null if nothing is installed."""
        if self._installed is None:
            return None
        try:
            where = address(self._installed, _values(target), target.name)
        except NotFound as error:
            raise BadAnswer(self.name, f"cannot ask which version is installed: {error}") from None
        answer = self._web.ask("GET", where, time.monotonic() + self._seconds)
        where = shown(where, self._secrets, limit=300)
        if not 200 <= answer.status < 300:
            raise self._refusal(answer, where)
        return self._version(answer, where)

    def _followed(self, what: str, where: str, status_address: str, deadline: float) -> Outcome:
        """Ask how the deployment stands until it has ended or the time is up. An answer that does not come is asked for again."""
        pause, seen = _FIRST_PAUSE_SECONDS, "nothing"
        while (left := deadline - time.monotonic()) > 0:
            try:
                answer = self._web.ask("GET", status_address, deadline, known=same_origin(where, status_address))
                ended, seen = self._ended(what, answer), f"{answer.status} {shown(_word(answer), self._secrets, limit=100)}".strip()
                if ended is not None:
                    return ended
            except Unreachable as error:
                seen = str(error)
            time.sleep(min(pause, left))
            pause = min(2 * pause, _LONGEST_PAUSE_SECONDS)
        text = (
            f"{what} was accepted, but had not ended within {self._seconds:g} s; {shown(status_address, self._secrets, limit=300)} last gave: {seen}"
        )
        return Outcome(kind=OutcomeKind.UNKNOWN, detail=text)

    def _status_address(self, where: str, answer: Answer) -> str | None:
        """Where a service that has accepted the work tells how it stands. Raises Unreachable for what is no address: the work goes on unseen."""
        place = answer.headers.get("location") or answer.field("status_url")
        if not place:
            return None
        try:
            return str(httpx.URL(where).join(place))
        except httpx.InvalidURL:
            raise Unreachable(
                self.name, f"it was accepted, but its status address '{shown(place, self._secrets, limit=300)}' cannot be read"
            ) from None

    def _ended(self, what: str, answer: Answer) -> Outcome | None:
        """What a status answer says about the outcome; None while it is still open."""
        if answer.status == 202 or answer.status == 429 or answer.status >= 500:
            return None
        word = _word(answer)
        if 200 <= answer.status < 300 and word in _RUNNING:
            return None
        if 200 <= answer.status < 300 and (word in _SUCCEEDED or not word):
            return Outcome(kind=OutcomeKind.SUCCEEDED, detail=self._text(answer))
        kind = OutcomeKind.FAILED if word in _FAILED else OutcomeKind.UNKNOWN
        return Outcome(kind=kind, detail=self._told(what, answer))

    def _version(self, answer: Answer, where: str) -> Version | None:
        data = answer.data
        if isinstance(data, dict) and "version" in data and data["version"] is None:
            return None
        text = answer.field("version") if isinstance(data, dict) else answer.body.decode("utf-8", errors="replace").strip().strip('"')
        if text is None or len(text) > _LONGEST_VERSION or not text.isprintable() or any(mark.isspace() for mark in text):
            raise BadAnswer(self.name, f"{where} should give one version, as text or as JSON {{'version': …}}, gave '{self._text(answer, 100)}'")
        return Version(text) if text else None

    def _refusal(self, answer: Answer, where: str) -> OutsideError:
        text = f"{where} answered {answer.status}: {self._text(answer, 200)}"
        if answer.status in (401, 403):
            return Unauthorized(self.name, f"{text}. Check the token of executor {self.name}.")
        if answer.status in (404, 410):
            return Gone(self.name, text)
        return Unreachable(self.name, text) if answer.status >= 500 or answer.status == 429 else BadAnswer(self.name, text)

    def _told(self, what: str, answer: Answer) -> str:
        if 200 <= answer.status < 300 and answer.field("status") is None:
            return self._text(answer)
        place = f", pointing to {shown(answer.headers['location'], self._secrets)}" if "location" in answer.headers else ""
        text = self._text(answer)
        return f"{what} was answered with {answer.status}{place}" + (f": {text}" if text else ".")

    def _text(self, answer: Answer, limit: int = 4096) -> str:
        return shown(answer.body, self._secrets, limit=limit)


def _kind(answer: Answer) -> OutcomeKind:
    """What the answer to a POST says. A redirect that keeps the method did nothing yet; of any other we cannot know."""
    if 200 <= answer.status < 300:
        return OutcomeKind.FAILED if _word(answer) in _FAILED else OutcomeKind.SUCCEEDED
    return OutcomeKind.FAILED if 400 <= answer.status < 500 or answer.status in (301, 307, 308) else OutcomeKind.UNKNOWN


def _word(answer: Answer) -> str:
    return (answer.field("status") or answer.field("state") or "").lower()


def _values(target: Target) -> Mapping[str, str]:
    return {**target.params, "client": target.client, "environment": str(target.environment)}
