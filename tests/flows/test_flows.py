"""The flows as Prefect runs them: in this process, against a real server, on the stand-ins."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from rollout.adapters.files.starter import StarterFiles
from rollout.errors import Refused
from rollout.sandbox.stage import Stage
from rollout.steps import show
from rollout.steps.init import init
from rollout.wiring import open_world
from tests.prefect_server import PrefectServer, awaited
from tests.stories import PREVIOUS, TARGET, change_settings, small_stage, start_rollout

pytestmark = pytest.mark.prefect
Flows = Mapping[str, Callable[..., Any]]


@pytest.fixture(scope="module")
def flows(prefect_here: PrefectServer) -> Iterator[Flows]:
    from flows.in_process import in_process

    with in_process() as found:
        yield found


@pytest.fixture
def stage(tmp_path: Path) -> Iterator[Stage]:
    """The small story before its first morning, with a page to publish."""
    with small_stage(tmp_path / "workspace", publish=[{"name": "site", "type": "folder", "path": "site"}]) as stage:
        yield stage


@pytest.fixture
def rolling(stage: Stage) -> Stage:
    """The same, at the moment at which its release has been started and the first slots are due."""
    start_rollout(stage.folder)
    with open_world(stage.folder) as world, world.ledger.read() as tx:
        stage.clock.set(min(one.slot_start for one in tx.deliveries(TARGET)))
    return stage


def runs(server: PrefectServer, flow: str, folder: Path) -> list[str]:
    """How the runs of the flow in that workspace ended, oldest first."""
    found = server.ask("flow_runs/filter", flows={"name": {"any_": [flow]}}, sort="START_TIME_ASC")
    return [run["state_name"] for run in found if run["parameters"].get("workspace") == str(folder)]


def told(server: PrefectServer, event: str, since: datetime, many: int = 1) -> list[dict[str, Any]]:
    """The events of that name since then, once there are that many: the server takes note of them after a while."""
    wanted = {"event": {"name": [event]}, "occurred": {"since": since.isoformat(), "until": (since + timedelta(hours=1)).isoformat()}}

    def look() -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = server.ask("events/filter", filter=wanted)["events"]
        return found if len(found) >= many else []

    return awaited(look, f"{many} of {event}")


def status(folder: Path) -> dict[str, Any]:
    with open_world(folder) as world:
        return dict(show.status(world, TARGET)["rollouts"][0])


# ── Each flow does what its step does, and its run says how it went ────────────────────────────────


def test_collect_reads_jira_and_the_desk_and_tells_which_releases_it_opened(prefect_here: PrefectServer, flows: Flows, stage: Stage) -> None:
    since = datetime.now(UTC)
    found = flows["collect"](str(stage.folder), full=True)
    assert (found["changes"], found["tickets"], found["problems"]) == (5, 7, [])
    assert set(found["releases"]) == {PREVIOUS, TARGET}
    events = told(prefect_here, "rollout.release.opened", since, many=2)
    assert {event["resource"]["prefect.resource.id"] for event in events} == {f"rollout.release.{one}" for one in (PREVIOUS, TARGET)}
    assert runs(prefect_here, "collect", stage.folder) == ["Completed"]


def test_collect_refreshes_feeds_and_one_that_fails_keeps_no_change_waiting(prefect_here: PrefectServer, flows: Flows, stage: Stage) -> None:
    feed = "{kind: block, id: vendor, timezone: UTC, feed: {url: 'http://127.0.0.1:1/a.ics'}}"
    (stage.folder / "calendars/vendor.yaml").write_text(feed, encoding="utf-8")
    since = datetime.now(UTC)
    found = flows["collect"](str(stage.folder), full=True)
    assert (found["changes"], [(one["name"], one["state"]) for one in found["feeds"]]) == (5, [("vendor", "failed")])
    [event] = told(prefect_here, "rollout.feed.failed", since)
    assert event["resource"]["prefect.resource.id"] == "rollout.feed.vendor"
    assert event["payload"]["why"].startswith("vendor: no connection to http://127.0.0.1:1: ")
    (stage.folder / "calendars/vendor.yaml").write_text(feed.replace("url", "uri"), encoding="utf-8")
    assert flows["collect"](str(stage.folder), full=True)["feeds"] == []


def test_cut_waits_for_the_day_of_the_train(flows: Flows, stage: Stage) -> None:
    flows["collect"](str(stage.folder), full=True)
    assert flows["cut"](str(stage.folder)) == []
    stage.clock.set(stage.clock() + timedelta(days=7))
    [decided] = flows["cut"](str(stage.folder))
    assert (decided["version"], decided["kept"], [moved["key"] for moved in decided["moved"]]) == (TARGET, ["SKIFF-10", "SKIFF-11"], ["SKIFF-90"])


def test_cut_takes_the_release_that_is_named_for_whoever_asks(prefect_here: PrefectServer, flows: Flows, stage: Stage) -> None:
    flows["collect"](str(stage.folder), full=True)
    since = datetime.now(UTC)
    [decided] = flows["cut"](str(stage.folder), version=TARGET, actor="dana")
    assert decided["version"] == TARGET
    with open_world(stage.folder) as world, world.ledger.read() as tx:
        assert tx.release(TARGET).cut_by == "dana"
    [event] = told(prefect_here, "rollout.release.cut", since)
    assert event["payload"] == {"kept": 2, "moved": 1}


def test_advance_delivers_batch_by_batch_and_shows_the_waves(prefect_here: PrefectServer, flows: Flows, rolling: Stage) -> None:
    change_settings(rolling.folder, work={"batch": 3, "workers": 2, "lease": "30m"})
    since = datetime.now(UTC)
    tick = flows["advance"](str(rolling.folder))
    assert (tick["delivered"], tick["broken"], tick["problems"]) == (4, [], [])
    assert [wave["counts"] for wave in status(rolling.folder)["waves"]] == [{"delivered": 4}, {"planned": 4}]
    latest = prefect_here.look("artifacts/waves-2026-12/latest")
    assert '"wave": "preview"' in latest["data"]
    assert {event["payload"]["what"] for event in told(prefect_here, "rollout.wave.moved", since, many=len(tick["waves"]))} == {
        text.partition(": ")[2] for text in tick["waves"]
    }


def test_a_rollout_is_carried_to_its_end_by_the_flows_alone(prefect_here: PrefectServer, flows: Flows, rolling: Stage) -> None:
    since = datetime.now(UTC)
    for _ in range(20):
        tick = flows["advance"](str(rolling.folder))
        if TARGET in tick["finished"]:
            break
        rolling.clock.set(datetime.fromisoformat(tick["next_at"]))
    rollout = status(rolling.folder)
    assert (rollout["state"], {one["state"] for one in rollout["deliveries"]}) == ("delivered", {"delivered"})
    assert {rolling.fleet.version_of(*each) for each in rolling.fleet.installations()} == {TARGET}
    assert len(told(prefect_here, "rollout.release.delivered", since)) == 1
    sent = flows["notify"](str(rolling.folder))
    assert sent["sent"] > 0
    assert {one.change: rolling.desk.status(one.id) for one in rolling.tickets if one.client} == {
        "SKIFF-10": "solved",
        "SKIFF-11": "solved",
        "SKIFF-90": "open",
    }
    assert flows["notify"](str(rolling.folder))["sent"] == 0


def test_publish_writes_the_page_and_shows_where_it_is_once(prefect_here: PrefectServer, flows: Flows, stage: Stage) -> None:
    flows["collect"](str(stage.folder), full=True)
    first, second = flows["publish"](str(stage.folder)), flows["publish"](str(stage.folder))
    assert (first["changed"], second["changed"]) == (True, False)
    assert "Mend rudder 10" in (stage.folder / "site" / "index.html").read_text(encoding="utf-8")
    shown = prefect_here.ask("artifacts/filter", artifacts={"key": {"any_": ["upcoming-release"]}})
    assert sum(str(stage.folder) in artifact["data"] for artifact in shown) == 1


# ── What is refused ────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", ["collect", "cut", "advance", "publish", "notify"])
def test_another_time_is_refused_outside_a_sandbox(prefect_here: PrefectServer, flows: Flows, tmp_path: Path, name: str) -> None:
    init(StarterFiles(), tmp_path)
    with pytest.raises(Refused, match="this workspace is no sandbox"):
        flows[name](str(tmp_path), at=datetime(2026, 12, 1, 12, tzinfo=UTC))
    assert runs(prefect_here, name, tmp_path) == ["Failed"]
    assert not (tmp_path / "ledger.sqlite").exists()


def test_a_sandbox_acts_at_the_time_that_is_given(flows: Flows, rolling: Stage) -> None:
    now, later = rolling.clock(), rolling.clock() + timedelta(minutes=5)
    tick = flows["advance"](str(rolling.folder), at=later)
    assert (datetime.fromisoformat(tick["at"]), rolling.clock()) == (later, now)


# ── Secrets in blocks ──────────────────────────────────────────────────────────────────────────────


@pytest.fixture
def in_block(prefect_here: PrefectServer, stage: Stage) -> str:
    """The workspace, with the name of a block that is to hold its JIRA's token."""
    import yaml

    name = f"jira-token-{uuid4().hex[:8]}"
    [jira] = yaml.safe_load((stage.folder / "rollout.yaml").read_text(encoding="utf-8"))["jira"]
    change_settings(stage.folder, jira=[{**jira, "token": {"block": name}}])
    return name


def test_a_secret_is_read_from_a_block_on_the_server(flows: Flows, stage: Stage, in_block: str) -> None:
    from prefect.blocks.system import Secret

    Secret(value=(stage.folder / "secrets" / "jira").read_text(encoding="utf-8")).save(in_block)  # type: ignore[union-attr]
    (stage.folder / "secrets" / "jira").unlink()
    assert flows["collect"](str(stage.folder), full=True)["changes"] == 5


def test_a_wrong_secret_in_a_block_is_told_without_it(flows: Flows, stage: Stage, in_block: str) -> None:
    from prefect.blocks.system import Secret

    Secret(value="hunter2").save(in_block)  # type: ignore[union-attr]
    found = flows["collect"](str(stage.folder), full=True)
    assert found["changes"] == 0
    [problem] = found["problems"]
    assert problem.startswith("jira: JIRA did not accept the credential")
    assert "hunter2" not in problem


def test_a_missing_block_is_told(flows: Flows, stage: Stage, in_block: str) -> None:
    [problem] = flows["collect"](str(stage.folder), full=True)["problems"]
    assert problem == f"prefect: has no Secret block named {in_block}. Save the secret there under that name, or name another block."
