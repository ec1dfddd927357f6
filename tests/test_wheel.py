"""What is handed out: the source distribution, and the wheel, which alone makes a working `rollout`."""

import subprocess
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow
ROOT = Path(__file__).resolve().parents[1]
BARE = {"PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}


def done(*command: object, **given: str) -> str:
    """What the command prints; it has to succeed."""
    environment = {"env": given} if given else {}
    ran = subprocess.run([str(each) for each in command], capture_output=True, text=True, timeout=300, cwd=ROOT, **environment)
    assert ran.returncode == 0, ran.stdout[-2000:] + ran.stderr[-2000:]
    return ran.stdout


@pytest.fixture(scope="module")
def sources() -> set[str]:
    """What belongs in both, as it stands before they are built."""
    return below("rollout", "*.py", "*.j2", "*.yaml") | below("flows", "*.py")


@pytest.fixture(scope="module")
def built(sources: set[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder with both; the wheel is built from the source distribution."""
    folder = tmp_path_factory.mktemp("dist")
    done(sys.executable, "-m", "build", "--installer", "uv", "--outdir", folder, ROOT)
    return folder


@pytest.fixture(scope="module")
def wheel(built: Path) -> Path:
    [found] = built.glob("*.whl")
    return found


@pytest.fixture(scope="module")
def program(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """`rollout` in an environment that has nothing but the wheel and what it asks for, in the versions of the lock."""
    home = tmp_path_factory.mktemp("installed") / "venv"
    uv = Path(sys.executable).with_name("uv")
    done(uv, "venv", "--quiet", "--python", sys.executable, home)
    done(uv, "pip", "install", "--quiet", "--python", home / "bin" / "python", "--constraint", ROOT / "requirements.lock", wheel)
    return home / "bin" / "rollout"


def below(folder: str, *patterns: str) -> set[str]:
    """The files of the checkout below that folder, by their paths in it."""
    return {path.relative_to(ROOT).as_posix() for pattern in patterns for path in (ROOT / folder).rglob(pattern) if "__pycache__" not in path.parts}


def test_the_wheel_has_the_code_and_what_workspaces_start_from(wheel: Path, sources: set[str]) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    assert sources - names == set()
    assert any(name.startswith("rollout/ledger/migrations/versions/") for name in names)
    started = {f"rollout/starter/{path}" for path in below("templates", "*.j2") | below("calendars", "*.yaml", "*.ics")}
    assert (started | {"rollout/starter/prefect.yaml"}) - names == set()
    assert {name.split("/")[0] for name in names} == {"rollout", "flows", f"rollout-{wheel.name.split('-')[1]}.dist-info"}


def test_the_wheel_asks_for_versions_of_prefects_parts_that_work_with_it(wheel: Path) -> None:
    with zipfile.ZipFile(wheel) as opened:
        [name] = [each for each in opened.namelist() if each.endswith("METADATA")]
        lines = opened.read(name).decode().splitlines()
    asked = {line.removeprefix("Requires-Dist: ").replace(" ", "") for line in lines if line.startswith("Requires-Dist: ")}
    assert {"prefect<3.9,>=3.8.8", "fastapi<0.151,>=0.139", "sqlalchemy[asyncio]<2.1,>=2.0.30"} <= asked
    assert "License-Expression: Apache-2.0" in lines


def test_the_source_distribution_can_be_built_and_tested(built: Path, sources: set[str]) -> None:
    [archive] = built.glob("*.tar.gz")
    with tarfile.open(archive) as opened:
        names = {name.partition("/")[2] for name in opened.getnames()}
    assert sources | below("templates", "*.j2") | below("calendars", "*.yaml") <= names
    assert {"tests/conftest.py", "tests/builders.py", "benchmarks/__main__.py"} <= names
    assert names >= {"README.md", "CHANGELOG.md", "LICENSE", "Makefile", "pyproject.toml", "requirements.lock", "prefect.yaml"}
    assert not {name.split("/")[0] for name in names} & {".git", ".venv", ".prefect", "site", "dist"}


def test_rollout_runs_from_the_wheel_alone(program: Path, wheel: Path, tmp_path: Path) -> None:
    bare = {**BARE, "HOME": str(tmp_path)}
    assert done(program, "--version", **bare) == f"rollout, version {wheel.name.split('-')[1]}\n"
    assert "wrote rollout.yaml" in done(program, "init", tmp_path / "workspace", **bare)
    assert done(program, "-C", tmp_path / "workspace", "release", "list", **bare) == "releases: none\n"
    assert "coverage" in done(program, "-C", tmp_path / "workspace", "coverage", "show", **bare)


def test_the_doctor_of_the_wheel_finds_its_files_sound(program: Path, tmp_path: Path) -> None:
    bare = {**BARE, "HOME": str(tmp_path)}
    done(program, "init", tmp_path / "workspace", **bare)
    said = subprocess.run([program, "-C", tmp_path / "workspace", "doctor"], capture_output=True, text=True, timeout=60, env=bare)
    assert said.returncode == 1
    found = {tuple(line.split()[:2]) for line in said.stdout.splitlines()}
    assert {("ok", "file"), ("ok", "strategy"), ("ok", "calendars"), ("ok", "ledger"), ("fault", "jira"), ("fault", "git")} <= found


def test_the_flows_can_be_named_from_the_wheel(program: Path) -> None:
    entrypoints = "import importlib.util as found; print([found.find_spec(f'flows.{name}') is not None for name in "
    assert done(program.with_name("python"), "-c", entrypoints + "('collect', 'cut', 'advance', 'publish', 'notify')])") == f"{[True] * 5}\n"
