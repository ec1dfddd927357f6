"""Collecting 10,000 issues from the JIRA stand-in, beside reading the same pages with bare httpx."""

import json
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import yaml

from rollout.sandbox.jira import JiraStandIn
from rollout.sandbox.serving import Serving
from rollout.steps.collect import collect
from rollout.wiring import open_world

AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
USER, TOKEN = "bench@example.com", "bench-token"


def main(count: int = 10_000) -> None:
    """Print both times and their ratio, measured in turn; the first round warms the stand-in."""
    stand_in = JiraStandIn("cloud", lambda: AT, {USER: TOKEN})
    stand_in.add_project("B", "Bench")
    for number in range(count):
        at = AT - timedelta(minutes=count - number)
        stand_in.add_issue("B", f"Something is wrong with part {number}", status="Done", resolution="Fixed", created=at, updated=at)
    with Serving(stand_in) as server:
        for _ in range(3):
            bare, fields = _bare(server.url, stand_in)
            ours = _collect(server.url, count)
            print(f"{count} issues: {ours:.2f} s, bare httpx {bare:.2f} s for the same pages ({fields}), ratio {ours / bare:.2f} (to stay under 1.5)")


def _collect(url: str, count: int) -> float:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        (folder / "token").write_text(TOKEN, encoding="utf-8")
        jira = {"url": url, "user": USER, "token": {"file": "token"}, "projects": ["B"], "public_projects": ["B"]}
        settings = {
            "version": 1,
            "product": "Bench",
            "timezone": "UTC",
            "jira": [jira],
            "strategies": {"plain": {"waves": [{"name": "all", "environment": "production", "select": {"rest": True}}]}},
            "releases": {"monthly": "plain"},
            "signoff": {"monthly": {"need": {"pm": 1}}},
        }
        (folder / "rollout.yaml").write_text(yaml.safe_dump(settings), encoding="utf-8")
        (folder / "clients.yaml").write_text("clients: []\n", encoding="utf-8")
        (folder / "people.yaml").write_text("people: []\n", encoding="utf-8")
        (folder / "calendars").mkdir()
        with open_world(folder) as world:
            start = time.perf_counter()
            found = collect(world)
            took = time.perf_counter() - start
        assert found.changes == count, found
        return took


def _bare(url: str, stand_in: JiraStandIn) -> tuple[float, str]:
    """Read the same pages: the same query and fields as the last collection asked for, decoded and dropped."""
    asked = next((seen for seen in reversed(stand_in.requests) if seen.path.endswith("/search/jql")), None)
    fields = (
        ["*all"] if asked is None else [value for name, value in httpx.QueryParams(getattr(asked, "query", "")).multi_items() if name == "fields"]
    )
    wanted = {"jql": 'project in ("B") ORDER BY updated ASC, key', "fields": fields or ["*all"], "maxResults": "100"}
    start = time.perf_counter()
    with httpx.Client(auth=(USER, TOKEN), timeout=30) as client:
        token, seen = None, 0
        while True:
            answer = client.get(f"{url}/rest/api/2/search/jql", params={**wanted, **({"nextPageToken": token} if token else {})})
            page = json.loads(answer.content)
            seen += len(page["issues"])
            token = page.get("nextPageToken")
            if not token:
                break
    return time.perf_counter() - start, f"{seen} issues, {len(fields)} fields"


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:]))
