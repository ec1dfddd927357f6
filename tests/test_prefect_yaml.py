"""prefect.yaml deploys every flow, in words that Prefect knows: it skips a deployment for one unknown key, and ignores another in silence."""

import ast
from pathlib import Path
from typing import Any

import pytest

from rollout.adapters.files import documents

ROOT = Path(__file__).resolve().parents[1]
[DOCUMENT] = documents.read(ROOT / "prefect.yaml", "prefect.yaml")
DEPLOYMENTS: list[dict[str, Any]] = DOCUMENT.data["deployments"]
EVERY = pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=[each["name"] for each in DEPLOYMENTS])
KEYS = {"name", "description", "entrypoint", "parameters", "enforce_parameter_schema", "concurrency_limit", "work_pool", "schedules"}


def flow_of(entrypoint: str) -> ast.FunctionDef:
    """The function that a dotted entrypoint names, which is what an installed package is found by."""
    module, _, name = entrypoint.rpartition(".")
    tree = ast.parse((ROOT / f"{module.replace('.', '/')}.py").read_text(encoding="utf-8"))
    return next(node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == name)


def test_each_flow_is_deployed_once() -> None:
    assert [each["name"] for each in DEPLOYMENTS] == ["collect", "cut", "advance", "publish", "notify"]


@EVERY
def test_a_deployment_names_a_flow_and_parameters_that_it_has(deployment: dict[str, Any]) -> None:
    function = flow_of(deployment["entrypoint"])
    known = {argument.arg for argument in function.args.args}
    given = [deployment["parameters"], *(schedule.get("parameters", {}) for schedule in deployment["schedules"])]
    assert all(set(parameters) <= known for parameters in given)
    assert any(isinstance(mark, ast.Call) and mark.func.id == "flow" for mark in function.decorator_list if isinstance(mark.func, ast.Name))
    assert deployment["parameters"] == {"workspace": "."}


@EVERY
def test_a_deployment_has_only_keys_that_prefect_knows(deployment: dict[str, Any]) -> None:
    assert set(deployment) == KEYS
    assert deployment["concurrency_limit"] == {"limit": 1, "collision_strategy": "CANCEL_NEW", "grace_period_seconds": 120}
    assert deployment["work_pool"]["name"] == "rollout"
    for schedule in deployment["schedules"]:
        assert set(schedule) - {"parameters"} == {"cron", "timezone", "slug", "active"}
        assert len(schedule["cron"].split()) == 5


def test_ticks_come_as_often_as_they_should() -> None:
    often = {each["name"]: each["schedules"][0]["cron"] for each in DEPLOYMENTS}
    assert often == {"collect": "*/15 * * * *", "cut": "10 9 * * *", "advance": "* * * * *", "publish": "*/5 * * * *", "notify": "*/5 * * * *"}
