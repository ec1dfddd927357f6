"""Writes the sandbox workspace: the same files that a person would write, with the stand-ins' addresses in them."""

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import yaml

from rollout.core.clients import Environment
from rollout.sandbox.story import Clientele, Story

BOT = "rollout@vendor.example"
JIRA_TOKEN = "sandbox-jira-token"
DESK_TOKEN = "sandbox-desk-token"


@dataclass(frozen=True)
class Addresses:
    """Where the stand-ins answer."""

    jira: str
    desk: str
    mail_host: str
    mail_port: int


def write_workspace(
    folder: Path, story: Story, at: Addresses, mode: Literal["cloud", "server"], params_for: Callable[[str, str], dict[str, str]]
) -> None:
    """Write rollout.yaml, clients.yaml, people.yaml, the second and fifth clients' calendars and the secrets into the folder."""
    (folder / "secrets").mkdir(exist_ok=True)
    for name, token in (("jira", JIRA_TOKEN), ("desk", DESK_TOKEN)):
        (folder / "secrets" / name).write_text(token, encoding="utf-8")
    _dump(
        folder / "rollout.yaml",
        "The sandbox of a story. `sandbox: true` lets commands act at the time that clock.txt says.",
        _settings(story, at, mode),
    )
    _dump(folder / "clients.yaml", "Made-up clients.", {"clients": [_client(one, number, params_for) for number, one in enumerate(story.clients)]})
    _dump(folder / "people.yaml", "Who holds which role.", {"people": _PEOPLE})
    for client, rule in zip(story.clients[1:5:3], _CLIENT_HOURS, strict=False):
        scope = {"clients": [client.id], "environments": ["production"]}
        calendar = {"version": 1, "kind": "window", "id": f"{client.id}-hours", "timezone": client.timezone, "scope": scope, **rule}
        _dump(folder / "calendars" / f"{client.id}.yaml", f"The hours that {client.name} allows.", calendar)


def write_freeze(folder: Path, freeze_id: str, start: str, end: str, timezone: str, why: str) -> None:
    """Add a freeze to the workspace's calendars; `start` and `end` are wall-clock times in the zone."""
    rule = {"version": 1, "kind": "block", "id": freeze_id, "timezone": timezone, "start": start, "end": end, "why": why}
    _dump(folder / "calendars" / f"{freeze_id}.yaml", "A freeze.", rule)


_CLIENT_HOURS: tuple[dict[str, Any], ...] = (
    {"weekly": {"tue": ["09:00-16:00"], "thu": ["09:00-16:00"]}, "why": "their office is staffed on Tuesdays and Thursdays"},
    {"weekly": {"mon-fri": ["07:00-12:00"]}, "why": "their boats come in after noon"},
)
_PEOPLE: list[dict[str, Any]] = [
    {"id": "dana", "name": "Dana Reyes", "email": "dana@vendor.example", "roles": ["pm"]},
    {"id": "quinn", "name": "Quinn Abara", "email": "quinn@vendor.example", "roles": ["qa"]},
    {"id": "sam", "name": "Sam Okafor", "email": "sam@vendor.example", "roles": ["support", "escalation"]},
    {"id": "lee", "name": "Lee Tanaka", "email": "lee@vendor.example", "roles": ["engineer", "on_call"]},
]


def _dump(path: Path, remark: str, data: dict[str, Any]) -> None:
    path.write_text(f"# {remark}\n{yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=140)}", encoding="utf-8")


def _settings(story: Story, at: Addresses, mode: Literal["cloud", "server"]) -> dict[str, Any]:
    return {
        "version": 1,
        "product": story.product,
        "timezone": "America/Toronto",
        "sandbox": True,
        "clock": "clock.txt",
        "ledger": {"url": "sqlite:///ledger.sqlite"},
        "jira": [_jira(story, at, mode)],
        "git": {"path": "product.git", "branch": "main", "tag": story.tag},
        "desks": [{"name": "help", "type": "zendesk", "url": at.desk, "user": BOT, "token": {"file": "secrets/desk"}}],
        "executors": {
            "agent": {"type": "command", "deploy": ["{dir}/deploy", "{version}", "{key}"], "installed": ["{dir}/version"], "timeout": "1m"},
            "hook": {"type": "http", "deploy": "{url}/deploy", "installed": "{url}/version", "timeout": "1m"},
        },
        "health": {
            "web": {
                "type": "http",
                "url": "{health_url}",
                "samples": 2,
                "successes": 2,
                "interval": "0s",
                "timeout": "5s",
                "version_field": "version",
            }
        },
        "readiness": {"evidence": story.needs_evidence},
        "strategies": {"transparent": _TRANSPARENT},
        "releases": {"monthly": "transparent"},
        "signoff": {"monthly": {"need": {"pm": 1, "qa": 1, "support": 1}, "expires_after": "30d"}},
        "train": {"day": 8, "cut_days": 5},
        "publish": [{"name": "site", "type": "folder", "path": "site"}, {"name": "pages", "type": "git", "path": "pages.git", "branch": "pages"}],
        "notify": {"mail": {"host": at.mail_host, "port": at.mail_port, "sender": f"{story.product} <releases@vendor.example>", "starttls": False}},
    }


_TRANSPARENT: dict[str, Any] = {
    "preview_soak": "4h",
    "runway": "30m",
    "waves": [
        {"name": "preview", "environment": "preview", "select": {"rest": True}, "soak": "4h", "concurrency": 8},
        {"name": "pilot", "environment": "production", "select": {"tags": ["pilot"]}, "soak": "8h", "needs": ["preview"]},
        {"name": "standard", "environment": "production", "select": {"tiers": ["standard-plus"]}, "soak": "4h", "needs": ["preview"], "capacity": 10},
        {"name": "premium", "environment": "production", "select": {"rest": True}, "needs": ["preview"], "capacity": 8},
    ],
}


def _jira(story: Story, at: Addresses, mode: Literal["cloud", "server"]) -> dict[str, Any]:
    return {
        "name": "jira",
        "url": at.jira,
        **({"user": BOT} if mode == "cloud" else {}),
        "token": {"file": "secrets/jira"},
        "projects": list(story.projects),
        "public_projects": list(story.projects),
        "fix_version": story.fix_version,
        "fix_version_name": story.fix_version_name,
        "fields": {
            "quality": {"field": "QA state", "passed": ["Passed"], "failed": ["Failed"]},
            "severity": "Severity",
            "note": "Release note",
            "tickets": "Help desk tickets",
        },
        "internal_labels": ["internal"],
        "ticket_urls": [{"desk": "help", "pattern": f"{at.desk}/agent/tickets/(?P<ticket>[0-9]+)"}],
    }


def _client(one: Clientele, number: int, params_for: Callable[[str, str], dict[str, str]]) -> dict[str, Any]:
    executor = "hook" if number % 4 == 3 else "agent"
    contact = {"name": one.contact, "email": f"{one.contact.lower()}@{one.id}.example", "phone": f"+1 555 01{number:02}"}
    return {
        "id": one.id,
        "name": one.name,
        "tier": one.tier,
        "region": one.region,
        "timezone": one.timezone,
        "tags": list(one.tags),
        "contacts": [contact],
        "installations": [
            {"environment": str(environment), "executor": executor, "health": ["web"], "params": params_for(one.id, environment)}
            for environment in Environment
        ],
    }
