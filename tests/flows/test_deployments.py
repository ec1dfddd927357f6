"""prefect.yaml as `rollout init` writes it, deployed to a real server and worked off by a real worker."""

import json
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import BaseModel

from rollout.adapters.files.starter import StarterFiles
from rollout.sandbox.stage import Stage
from rollout.steps import audit, show
from rollout.steps.init import init
from rollout.wiring import open_world
from tests.prefect_server import LOG, PrefectServer, awaited, running
from tests.stories import TARGET, small_stage, start_rollout

pytestmark = pytest.mark.prefect
DEPLOYMENTS = ["collect", "cut", "advance", "publish", "notify"]
FINAL = ("COMPLETED", "FAILED", "CRASHED", "CANCELLED")
Data = dict[str, Any]


@pytest.fixture(scope="module")
def stage(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Stage]:
    """A workspace as `rollout init` writes it, edited to the stand-ins, whose first slots are due."""
    folder = tmp_path_factory.mktemp("deployed")
    init(StarterFiles(), folder)
    with small_stage(folder) as stage:
        start_rollout(folder)
        with open_world(folder) as world, world.ledger.read() as tx:
            stage.clock.set(min(one.slot_start for one in tx.deliveries(TARGET)))
        yield stage


@pytest.fixture(scope="module")
def deployed(prefect_server: PrefectServer, stage: Stage) -> PrefectServer:
    """The server after the two commands that prefect.yaml asks for."""
    prefect_server.run("--no-prompt", "work-pool", "create", "rollout", "--type", "process", folder=stage.folder)
    prefect_server.run("--no-prompt", "deploy", "--all", folder=stage.folder)
    return prefect_server


def deployment(server: PrefectServer, name: str) -> Data:
    return dict(server.look(f"deployments/name/{name}/{name}"))


@pytest.fixture(scope="module")
def written() -> Data:
    """prefect.yaml as a new workspace gets it."""
    return dict(yaml.safe_load(StarterFiles().files()["prefect.yaml"]))


# ── The file ───────────────────────────────────────────────────────────────────────────────────────


def unknown_keys(document: Data) -> list[str]:
    """The keys that Prefect's own models do not have. Most of them it would drop in silence; for others it would skip the deployment."""
    from prefect.cli.deploy._models import ConcurrencyLimitSpec, DeploymentConfig, PrefectYamlModel, RawScheduleConfig, WorkPoolConfig

    found = _beyond(PrefectYamlModel, document, {"definitions"})
    for each in document["deployments"]:
        found += (
            _beyond(DeploymentConfig, each) + _beyond(WorkPoolConfig, each["work_pool"]) + _beyond(ConcurrencyLimitSpec, each["concurrency_limit"])
        )
        found += [key for schedule in each["schedules"] for key in _beyond(RawScheduleConfig, schedule)]
    return found


def _beyond(model: type[BaseModel], data: Data, allowed: frozenset[str] | set[str] = frozenset()) -> list[str]:
    known = {name for field, info in model.model_fields.items() for name in (field, info.alias)}
    return sorted(set(data) - known - allowed)


def test_every_key_is_one_that_prefect_knows_with_a_value_that_it_takes(written: Data) -> None:
    from prefect.cli.deploy._models import PrefectYamlModel

    assert unknown_keys(written) == []
    assert [each.name for each in PrefectYamlModel.model_validate(written).deployments] == DEPLOYMENTS


@pytest.mark.parametrize(
    ("place", "key"),
    [
        ((), "deployment"),
        (("deployments", 0), "enforce_parameters"),
        (("deployments", 1, "work_pool"), "queue"),
        (("deployments", 2, "concurrency_limit"), "grace_period"),
        (("deployments", 3, "schedules", 0), "max_scheduled_runs"),
    ],
)
def test_a_key_that_prefect_does_not_know_is_found(written: Data, place: tuple[Any, ...], key: str) -> None:
    document = json.loads(json.dumps(written))  # a copy in which no two parts are one
    spot = document
    for step in place:
        spot = spot[step]
    spot[key] = 1
    assert unknown_keys(document) == [key]


# ── On the server ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize("name", DEPLOYMENTS)
def test_every_deployment_stands_as_it_was_written(deployed: PrefectServer, stage: Stage, written: Data, name: str) -> None:
    [wanted] = [each for each in written["deployments"] if each["name"] == name]
    found = deployment(deployed, name)
    schedules = [
        {"timezone": each["schedule"]["timezone"], "cron": each["schedule"]["cron"], "slug": each["slug"], "active": each["active"]}
        | ({"parameters": each["parameters"]} if each["parameters"] else {})
        for each in found["schedules"]
    ]
    assert sorted(schedules, key=lambda each: each["slug"]) == sorted(wanted["schedules"], key=lambda each: each["slug"])
    assert found["global_concurrency_limit"]["limit"] == wanted["concurrency_limit"]["limit"]
    assert found["concurrency_options"] == {name: value for name, value in wanted["concurrency_limit"].items() if name != "limit"}
    assert (found["parameters"], found["enforce_parameter_schema"], found["work_pool_name"]) == ({"workspace": "."}, True, "rollout")
    assert found["pull_steps"] == [{"prefect.deployments.steps.set_working_directory": {"directory": str(stage.folder)}}]
    assert found["description"] == wanted["description"]


def test_the_scheduler_makes_runs_of_every_deployment(deployed: PrefectServer) -> None:
    """With a sqlalchemy that does not suit Prefect it makes none, and says so nowhere but in the server's log."""

    def waiting() -> set[str]:
        runs = deployed.ask("flow_runs/filter", flow_runs={"state": {"type": {"any_": ["SCHEDULED"]}}}, limit=200)
        flows = {each["id"]: each["name"] for each in deployed.ask("deployments/filter")}
        return {flows[run["deployment_id"]] for run in runs if run["auto_scheduled"]}

    awaited(lambda: waiting() == set(DEPLOYMENTS), "a scheduled run of every deployment")


def test_a_parameter_that_no_flow_has_is_refused(deployed: PrefectServer) -> None:
    with pytest.raises(Exception, match="409"):
        deployed.ask(f"deployments/{deployment(deployed, 'advance')['id']}/create_flow_run", parameters={"workspace": 7})


def test_a_worker_carries_out_an_advance_of_the_deployment(deployed: PrefectServer, stage: Stage, tmp_path: Path) -> None:
    ids = {name: deployment(deployed, name)["id"] for name in DEPLOYMENTS}
    for each in ids.values():  # or the clock on the wall starts more, and one that is alone drops the others
        deployed.ask(f"deployments/{each}/pause_deployment")
    run = deployed.ask(f"deployments/{ids['advance']}/create_flow_run", state={"type": "SCHEDULED"})
    command = [sys.executable, "-m", "prefect", "worker", "start", "--pool", "rollout", "--type", "process", "--limit", "1"]
    with running(command, {**deployed.environment, "PREFECT_WORKER_QUERY_SECONDS": "1"}, tmp_path):
        final = awaited(lambda: _final(deployed, run["id"]), "the end of the run")
    assert final == "COMPLETED", (tmp_path / LOG).read_text(encoding="utf-8")
    with open_world(stage.folder) as world:
        waves = show.status(world, TARGET)["rollouts"][0]["waves"]
        assert audit.verify(world) is None
    assert [wave["counts"] for wave in waves] == [{"delivered": 4}, {"planned": 4}]
    assert {stage.fleet.version_of(client, environment) for client, environment in stage.fleet.installations() if environment == "preview"} == {
        TARGET
    }


def _final(server: PrefectServer, run: str) -> str:
    state = server.look(f"flow_runs/{run}")["state_type"]
    return str(state) if state in FINAL else ""
