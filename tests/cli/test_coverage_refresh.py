"""rollout coverage refresh: what it prints, how it ends, and that two at once do no harm."""

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from rollout.adapters.files.starter import StarterFiles
from rollout.steps.init import init
from tests.answering import Answering, Reply
from tests.calendars import calendar, event
from tests.cli.calling import call

FEED = "{{kind: block, id: {name}, timezone: America/Toronto, feed: {{url: '{url}'}}}}\n"


@pytest.fixture
def server() -> Iterator[Answering]:
    found = Answering()
    yield found
    found.close()


@pytest.fixture
def folder(tmp_path: Path, server: Answering) -> Path:
    """A new workspace that subscribes to a calendar."""
    place = tmp_path / "workspace"
    init(StarterFiles(), place)
    subscribe(place, server, "vendor", Reply(200, calendar(event("freeze"), event("audit"))))
    return place


def subscribe(folder: Path, server: Answering, name: str, reply: Reply) -> None:
    url = server.say(f"/{name}.ics", reply)
    (folder / f"calendars/{name}.yaml").write_text(FEED.format(name=name, url=url))


def test_each_feed_is_told_with_its_events_and_its_age(folder: Path, server: Answering) -> None:
    first, second = call("-C", folder, "coverage", "refresh"), call("-C", folder, "coverage", "refresh")
    assert (first.code, first.err) == (0, "")
    assert first.out.splitlines()[1].split() == ["vendor", "fetched", "2", "0", "min", server.url]
    assert first.out.splitlines()[-1] == "Next: rollout coverage show"
    assert second.out.splitlines()[1].split()[1] == "fresh"


def test_one_that_fails_is_told_and_ends_in_one(folder: Path, server: Answering) -> None:
    subscribe(folder, server, "login", Reply(200, "<html>", {"Content-Type": "text/html"}))
    said = call("-C", folder, "coverage", "refresh")
    assert said.code == 1
    assert [line.split()[:2] for line in said.out.splitlines()[1:]] == [["login", "failed"], ["vendor", "fetched"]]
    assert said.err.splitlines()[0].startswith(f"problem: login: {server.url} answered with text/html, which is no iCalendar; is it a login page?")
    assert said.err.splitlines()[1] == "login: closes what it is about: it was never fetched"


def test_json_tells_the_same_and_a_dry_run_keeps_nothing(folder: Path, server: Answering) -> None:
    said = call("-C", folder, "coverage", "refresh", "--only", "vendor", "--dry-run", "--json")
    assert (said.code, said.err, said.json["dry_run"]) == (0, "", True)
    [feed] = said.json["feeds"]
    assert (feed["name"], feed["state"], feed["events"], feed["problem"], feed["closes"]) == ("vendor", "fetched", 2, "", "")
    assert not (folder / ".rollout").exists()


def test_an_unknown_name_is_one_line_and_one(folder: Path) -> None:
    said = call("-C", folder, "coverage", "refresh", "--only", "nobody")
    assert (said.code, said.out) == (1, "")
    assert said.err == "rollout: no calendar subscribes to a feed nobody. There are vendor.\n"


def test_kept_copies_stay_out_of_git(folder: Path) -> None:
    assert ".rollout/" in (folder / ".gitignore").read_text().splitlines()


def test_two_processes_at_once_leave_one_good_copy(folder: Path, server: Answering) -> None:
    command = [sys.executable, "-c", "from rollout.cli import main; main()", "-C", str(folder), "coverage", "refresh", "--only", "vendor", "--json"]
    both = [subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) for _ in range(2)]
    answers = [process.communicate(timeout=60) for process in both]
    assert [(process.returncode, err) for process, (_, err) in zip(both, answers, strict=True)] == [(0, b""), (0, b"")]
    assert {json.loads(out)["feeds"][0]["events"] for out, _ in answers} == {2}
    assert call("-C", folder, "coverage", "refresh", "--json").json["feeds"][0]["closes"] == ""
    assert sorted(path.name for path in (folder / ".rollout/feeds").iterdir()) == ["vendor.ics", "vendor.json"]
