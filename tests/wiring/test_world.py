"""From a workspace on disk to a world of ports."""

import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rollout.adapters.files.starter import StarterFiles
from rollout.core.clients import Environment, target
from rollout.core.releases import ReleaseKind
from rollout.core.values import ClientId, Version
from rollout.errors import FaultsFound, NotFound, Refused, Unauthorized
from rollout.ports import OutcomeKind
from rollout.settings import load_settings
from rollout.steps.init import init
from rollout.wiring import open_world
from rollout.wiring.policies import policies_of

NOON = datetime(2026, 12, 9, 12, tzinfo=UTC)
SMALL = """\
product: Tidewater
timezone: America/Toronto
strategies: {plain: {waves: [{name: all, environment: production, select: {rest: true}}]}}
"""


@pytest.fixture
def workspace(tmp_path: Path) -> Path:
    """A new workspace, as `rollout init` writes it."""
    init(StarterFiles(), tmp_path)
    return tmp_path


def written(folder: Path, more: str = "", **files: str) -> Path:
    """A small workspace."""
    (folder / "calendars").mkdir(exist_ok=True)
    texts = {"rollout.yaml": SMALL + more, "clients.yaml": "clients: []\n", "people.yaml": "people: []\n"}
    for name, text in (texts | {f"{name}.yaml": text for name, text in files.items()}).items():
        (folder / name).write_text(text, encoding="utf-8")
    return folder


def test_a_new_workspace_opens(workspace: Path) -> None:
    with open_world(workspace) as world:
        assert list(world.clients()) == ["acme", "birch", "cedar"]
        assert world.clients()[ClientId("acme")].desk_organization == "acme"
        assert set(world.policies.people) == {"dana", "quinn", "sam", "lee"}
        assert set(world.policies.strategies) == {"transparent", "hotfix"}
        assert world.policies.default_strategy[ReleaseKind.HOTFIX] == "hotfix"
        assert (set(world.executors), set(world.health), set(world.desks), set(world.publishers)) == ({"agent"}, {"web"}, {"help"}, {"site"})
        assert [(tracker.name, tracker.projects) for tracker in world.trackers] == [("jira", ("TIDE",))]
        assert world.coverage() is world.coverage()
        assert len(world.calendars()) == 64
        assert world.alive(world.owner) is True


def test_opening_a_world_loads_no_library_that_only_an_adapter_needs(workspace: Path) -> None:
    program = """
import sys
from pathlib import Path
from rollout.wiring import open_world
with open_world(Path(sys.argv[1])) as world:
    world.clients(), world.executors.keys(), [tracker.name for tracker in world.trackers]
print(sorted({"sqlalchemy", "alembic", "httpx", "jira", "git", "icalendar", "jinja2", "prefect", "click", "fastapi", "rich"} & set(sys.modules)))
"""
    told = subprocess.run([sys.executable, "-c", program, str(workspace)], capture_output=True, text=True, check=True, timeout=60)
    assert told.stdout.strip() == "[]"


def test_a_secret_that_is_missing_is_told_by_what_needs_it_and_by_nothing_else(workspace: Path) -> None:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("ROLLOUT_")}
    program = """
import sys
from pathlib import Path
from rollout.errors import Unauthorized
from rollout.wiring import open_world
with open_world(Path(sys.argv[1])) as world:
    with world.ledger.read() as tx:
        print(tx.releases())
    for ask in (lambda: world.trackers[0].whoami(), lambda: world.desks["help"]):
        try:
            ask()
        except Unauthorized as error:
            print(error)
"""
    told = subprocess.run([sys.executable, "-c", program, str(workspace)], capture_output=True, text=True, check=True, timeout=60, env=environment)
    assert told.stdout.splitlines() == [
        "()",
        "jira: its token is kept in environment variable ROLLOUT_JIRA_TOKEN, which is not set. Set it: export ROLLOUT_JIRA_TOKEN=…",
        "help: its token is kept in environment variable ROLLOUT_DESK_TOKEN, which is not set. Set it: export ROLLOUT_DESK_TOKEN=…",
    ]


def test_a_block_is_read_by_whoever_opened_the_world(tmp_path: Path) -> None:
    folder = written(tmp_path, "desks: [{name: help, type: zendesk, url: 'https://a.example', user: u, token: {block: desk-token}}]\n")
    with open_world(folder) as world, pytest.raises(Unauthorized, match="Prefect block desk-token, which only a Prefect flow can read"):
        world.desks["help"]
    asked: list[str] = []
    with open_world(folder, read_block=lambda name: asked.append(name) or "token") as world:
        assert (world.desks["help"].name, asked) == ("help", ["desk-token"])


AGENT = """\
executors:
  agent: {type: command, deploy: [./deploy, '{dir}', '{version}'], installed_file: '{dir}/VERSION', secrets: {DEPLOY_KEY: {file: key}}}
"""
ALONE = "clients: [{id: a, name: A, tier: premium, installations: [{environment: production, executor: agent, params: {dir: ./fleet}}]}]\n"


def test_programs_and_params_that_begin_with_a_dot_lie_in_the_workspace(tmp_path: Path) -> None:
    folder = written(tmp_path, AGENT, clients=ALONE)
    (folder / "key").write_text("hunter2\n")
    (folder / "fleet").mkdir()
    (folder / "deploy").write_text('#!/bin/sh\necho "key $DEPLOY_KEY"; echo "$DEPLOY_KEY" > "$1/KEY"; echo "$2" > "$1/VERSION"\n')
    (folder / "deploy").chmod(0o755)
    with open_world(folder) as world:
        client = world.clients()[ClientId("a")]
        installation = client.installation(Environment.PRODUCTION)
        assert installation is not None
        aim = target(client, installation)
        outcome = world.executors["agent"].deploy(aim, Version("2026.12"), "key-1")
        assert (outcome.kind, world.executors["agent"].installed_version(aim)) == (OutcomeKind.SUCCEEDED, "2026.12")
        assert (folder / "fleet" / "KEY").read_text() == "hunter2\n"
        assert "hunter2" not in outcome.detail


def test_what_was_built_is_closed_at_the_end(workspace: Path) -> None:
    with open_world(workspace) as world:
        with world.ledger.begin() as tx:
            tx.record(NOON, "test", "look", "ledger")
        pool = world.ledger._engine.pool  # type: ignore[attr-defined]
        assert pool.checkedin() > 0
    assert world.ledger._engine.pool is not pool  # type: ignore[attr-defined]


def test_a_type_that_a_package_brings_is_built_by_it(tmp_path: Path) -> None:
    site, folder = tmp_path / "site", tmp_path / "workspace"
    (site / "carrier-1.0.dist-info").mkdir(parents=True)
    (site / "carrier-1.0.dist-info" / "METADATA").write_text("Name: carrier\nVersion: 1.0\n")
    (site / "carrier-1.0.dist-info" / "entry_points.txt").write_text(
        "[rollout.executors]\npigeon = carrier:build\nlost = nowhere:build\n\n[rollout.desks]\ncoop = carrier:build\n"
    )
    (site / "carrier.py").write_text("def build(asked):\n    return asked.name, asked.settings.options, asked.folder.name\n")
    folder.mkdir()
    written(folder, "executors: {bird: {type: pigeon, loft: north}, stray: {type: lost}}\n")
    program = """
import sys
from pathlib import Path
from rollout.errors import RolloutError
from rollout.settings import load_settings
from rollout.wiring import open_world
path = Path(sys.argv[1], "rollout.yaml")
sound = path.read_text()
path.write_text(sound + "publish: [{type: carrier-pigeon}]\\ndesks: [{type: coop}]\\n")
try:
    load_settings(path.parent)
except RolloutError as error:
    print(error)
path.write_text(sound)
with open_world(path.parent) as world:
    print(world.executors["bird"])
    try:
        world.executors["stray"]
    except RolloutError as error:
        print(error)
"""
    environment = {**os.environ, "PYTHONPATH": str(site)}
    told = subprocess.run([sys.executable, "-c", program, str(folder)], capture_output=True, text=True, check=True, timeout=60, env=environment)
    assert told.stdout.splitlines() == [
        "rollout.yaml:5 publish[0].type: 'carrier-pigeon' is not a known type. Known: folder, git.",
        "rollout.yaml:6 desks[0].name: is missing",
        "('bird', {'loft': 'north'}, 'workspace')",
        "stray: the package that brings type lost cannot be loaded: No module named 'nowhere'. Install it again.",
    ]


# ── The clock ───────────────────────────────────────────────────────────────────────────────────────


def test_the_clock_is_the_real_one(tmp_path: Path) -> None:
    with open_world(written(tmp_path)) as world:
        before = datetime.now(UTC)
        assert before <= world.clock() <= datetime.now(UTC)


def test_another_time_is_for_looking_only(tmp_path: Path) -> None:
    with open_world(written(tmp_path), at=NOON, reading=True) as world:
        assert world.clock() == NOON
    with pytest.raises(Refused) as refused, open_world(tmp_path, at=NOON):
        pass
    assert str(refused.value) == "cannot act as if it were 2026-12-09T12:00:00+00:00: this workspace is no sandbox. Leave --at away, or only look."


def test_a_sandbox_acts_at_any_time(tmp_path: Path) -> None:
    with open_world(written(tmp_path, "sandbox: true\n"), at=NOON) as world:
        assert world.clock() == NOON


def test_a_sandboxs_clock_file_is_read_again_each_time(tmp_path: Path) -> None:
    with open_world(written(tmp_path, "sandbox: true\nclock: clock.txt\n")) as world:
        (tmp_path / "clock.txt").write_text("2026-12-09T12:00Z\n")
        assert world.clock() == NOON
        (tmp_path / "clock.txt").write_text("2026-12-09T08:30-05:00\n")
        assert world.clock() == datetime(2026, 12, 9, 13, 30, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("2026-12-09T12:00", "clock.txt:1 holds no moment: 2026-12-09T12:00:00 names no time zone; add one, for example 2026-12-09T12:00:00Z"),
        ("noon", "clock.txt:1 holds no moment: Invalid isoformat string: 'noon'"),
        (None, "clock.txt there is no such file; it holds the sandbox's time, as in 2026-12-09T14:00Z"),
    ],
)
def test_a_clock_file_that_tells_no_time_is_a_fault(tmp_path: Path, text: str | None, told: str) -> None:
    if text is not None:
        (tmp_path / "clock.txt").write_text(text)
    with open_world(written(tmp_path, "sandbox: true\nclock: clock.txt\n")) as world, pytest.raises(FaultsFound) as found:
        world.clock()
    assert str(found.value) == told


# ── Files at fault ──────────────────────────────────────────────────────────────────────────────────


def test_a_folder_that_is_no_workspace_is_told(tmp_path: Path) -> None:
    with pytest.raises(NotFound, match="is no workspace"), open_world(tmp_path):
        pass


def test_clients_are_read_when_they_are_first_asked_for(tmp_path: Path) -> None:
    with (
        open_world(written(tmp_path, clients="clients: 7\n")) as world,
        pytest.raises(FaultsFound, match=r"clients\.yaml:1 clients: must be a list, is 7"),
    ):
        world.clients()


# ── Names of versions ───────────────────────────────────────────────────────────────────────────────

JIRA = """\
jira:
- {url: 'https://a.example', token_env: A, projects: [TIDE, OPS], fix_version: '^tw-(?P<version>\\d+(\\.\\d+)+)$', fix_version_name: 'tw-{version}'}
git: {path: product.git, tag: 'v{version}'}
"""
_versions = st.lists(st.integers(0, 3000), min_size=2, max_size=4).map(lambda parts: Version(".".join(map(str, parts))))


@given(_versions)
def test_a_version_is_found_in_the_names_that_it_is_written_by(tmp_path_factory: pytest.TempPathFactory, version: Version) -> None:
    folder = written(tmp_path_factory.mktemp("workspace"), JIRA)
    policies = policies_of(load_settings(folder), {})
    assert policies.version_of(policies.fix_version_of(version)) == version
    assert policies.version_of(policies.tag_of(version)) == version


def test_names_that_are_none_of_ours_have_no_version(tmp_path: Path) -> None:
    policies = policies_of(load_settings(written(tmp_path, JIRA)), {})
    assert [policies.version_of(name) for name in ("Backlog", "2026.12", "tw-2026.12-rc1", "v2026.12-rc1", "rel/2026.12", "")] == [None] * 6
    assert policies.projects == ("TIDE", "OPS")


def test_a_name_longer_than_jira_allows_is_no_version(tmp_path: Path) -> None:
    policies = policies_of(load_settings(written(tmp_path, JIRA)), {})
    assert policies.version_of("tw-2026." + "1" * 100) == "2026." + "1" * 100
    assert policies.version_of("tw-2026." + "1" * 300) is None
