"""Collecting 10,000 issues from the JIRA stand-in, beside reading the same pages with bare httpx."""

import json
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from statistics import median

import httpx
import yaml

from rollout.adapters.jira import JiraMapping
from rollout.adapters.jira.issues import Issues
from rollout.sandbox.jira import JiraStandIn
from rollout.sandbox.serving import Serving
from rollout.steps.collect import collect
from rollout.wiring import open_world

AT = datetime(2026, 11, 23, 12, tzinfo=UTC)
ROUNDS = 6
USER, TOKEN = "bench@example.com", "bench-token"


def main(count: int = 10_000) -> None:
    """Print both times and their ratio, measured in turn; the first round warms the stand-in, which has a process of its own, as a JIRA has."""
    context = get_context("spawn")
    ours, theirs = context.Pipe()
    server = context.Process(target=_serve, args=(count, theirs), daemon=True)
    server.start()
    url = ours.recv()
    rounds = [(_bare(url), _collect(url, count)) for _ in range(ROUNDS)][1:]
    for bare, collected in rounds:
        print(f"{count} issues: {collected:.2f} s, bare httpx {bare:.2f} s for the same pages, ratio {collected / bare:.2f}")
    ratio = median(collected / bare for bare, collected in rounds)
    print(f"median ratio {ratio:.2f} (to stay under 1.5)")
    ours.send("enough")
    server.join()


def _serve(count: int, pipe: Connection) -> None:
    stand_in = JiraStandIn("cloud", lambda: AT, {USER: TOKEN})
    stand_in.add_project("B", "Bench")
    for number in range(count):
        at = AT - timedelta(minutes=count - number)
        stand_in.add_issue("B", f"Something is wrong with part {number}", status="Done", resolution="Fixed", created=at, updated=at)
    with Serving(stand_in) as server:
        pipe.send(server.url)
        pipe.recv()


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


def _bare(url: str) -> float:
    """Read the same pages: the same query and fields as the collection asks for, decoded and dropped."""
    wanted = {"jql": 'project in ("B") ORDER BY updated ASC, key ASC', "fields": Issues("", JiraMapping(), {}).fields, "maxResults": "100"}
    start = time.perf_counter()
    with httpx.Client(auth=(USER, TOKEN), timeout=30) as client:
        token = None
        while True:
            answer = client.get(f"{url}/rest/api/2/search/jql", params={**wanted, **({"nextPageToken": token} if token else {})})
            token = json.loads(answer.content).get("nextPageToken")
            if not token:
                return time.perf_counter() - start


if __name__ == "__main__":
    main(*(int(word) for word in sys.argv[1:]))
