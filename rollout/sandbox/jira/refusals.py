"""How the stand-in says no, in the words and shapes of a JIRA."""

from collections.abc import Mapping
from typing import Any

from rollout.errors import RolloutError


class JiraRefusal(RolloutError):
    """An answer other than success: a status, sentences, sentences by field, and headers. `body` replaces the usual shape."""

    def __init__(
        self,
        status: int,
        *messages: str,
        errors: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
        body: Mapping[str, Any] | None = None,
    ) -> None:
        self.status = status
        self.headers = dict(headers or {})
        self.body = dict(body) if body is not None else {"errorMessages": list(messages), "errors": dict(errors or {})}
        super().__init__(" ".join([*messages, *(errors or {}).values()]) or f"HTTP {status}")


def no_such_issue() -> JiraRefusal:
    return JiraRefusal(404, "Issue does not exist or you do not have permission to see it.")


def no_such_project(name: str) -> JiraRefusal:
    return JiraRefusal(404, f"No project could be found with key '{name}'.")


def no_such_version(version_id: str) -> JiraRefusal:
    return JiraRefusal(404, f"Could not find version for id '{version_id}'.")


def not_on_screen(field: str) -> str:
    return f"Field '{field}' cannot be set. It is not on the appropriate screen, or unknown."


def anonymous() -> JiraRefusal:
    """What a caller without a valid credential hears where one is needed."""
    headers = {"WWW-Authenticate": 'OAuth realm="jira"', "X-Seraph-LoginReason": "AUTHENTICATED_FAILED"}
    return JiraRefusal(401, "Client must be authenticated to access this resource.", headers=headers)


def not_served(what: str) -> JiraRefusal:
    """The stand-in itself does not know how: neither success nor a refusal that a real JIRA would give."""
    return JiraRefusal(501, f"The stand-in does not serve {what}.")
