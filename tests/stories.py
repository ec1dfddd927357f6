"""A small story of a few clients and changes, a workspace that suits a test, and the way to the start of its rollout by the same steps as people."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from rollout.core.values import PersonId, Version
from rollout.sandbox.repository import RecordedCommit
from rollout.sandbox.stage import Stage
from rollout.sandbox.story import Clientele, PlotIssue, Story
from rollout.sandbox.story.plot import PlotVersion
from rollout.steps import assess, collect, cut, plan, sign, start
from rollout.wiring import open_world, resource
from tests.builders import sha

TARGET, PREVIOUS, FOLLOWING = Version("2026.12"), Version("2026.11"), Version("2027.01")
MONDAY = datetime(2026, 11, 30, 14, tzinfo=UTC)  # nine in the morning at the desk in Toronto, which is open from then on
SIGNERS = {"pm": PersonId("dana"), "qa": PersonId("quinn"), "support": PersonId("sam")}
ENGINEER = PersonId("lee")
_NAMES = ("Amber Quay", "Birch Harbour", "Cobalt Marina", "Driftwood Yard", "Eastgate Docks", "Fairlead Boats")
_DAY = timedelta(days=1)


def small_story(clients: int = 4, changes: int = 2, unready: int = 1) -> Story:
    """A monthly release of that many ready changes, and of some that will miss it, for up to six clients.

    The second client is premium, the fourth is deployed to over HTTP. Each change is awaited by two tickets.
    """
    issues = [_issue(number, PREVIOUS) for number in (1, 2)]
    issues += [_issue(10 + number, TARGET) for number in range(changes)]
    issues += [_issue(90 + number, TARGET, status="In Progress", resolution=None, quality=None) for number in range(unready)]
    return Story(
        product="Skiff",
        projects=("SKIFF",),
        issues=tuple(issues),
        versions=(PlotVersion(PREVIOUS, PREVIOUS, MONDAY.date() - 18 * _DAY), PlotVersion(TARGET, TARGET, None)),
        commits=_commits(issues),
        clients=tuple(_client(name, number) for number, name in enumerate(_NAMES[:clients])),
        target=TARGET,
        previous=PREVIOUS,
        starts_at=MONDAY,
        fix_version=r"(?P<version>\d+(?:\.\d+)+)$",
        fix_version_name="{version}",
        tag="rel/{version}",
        needs_evidence=True,
        by_train=True,
    )


def _issue(number: int, version: Version, **given: Any) -> PlotIssue:
    usual: dict[str, Any] = {"kind": "Bug", "status": "Done", "resolution": "Fixed", "quality": "Passed", "fix_versions": (version,)}
    when = MONDAY - (20 if version == TARGET else 40) * _DAY + timedelta(hours=number)
    return PlotIssue(**usual | {"key": f"SKIFF-{number}", "summary": f"Mend rudder {number}", "updated": when} | given)


def _commits(issues: list[PlotIssue]) -> tuple[RecordedCommit, ...]:
    """A commit for every issue that is done; the last of the previous release is tagged."""
    done = [issue for issue in issues if issue.resolution]
    last = max(number for number, issue in enumerate(done) if issue.fix_versions == (PREVIOUS,))
    return tuple(
        RecordedCommit(
            sha=sha(number + 1),
            parents=(sha(number),) if number else (),
            date=issue.updated,
            subject=f"{issue.key}: {issue.summary}",
            tags=(f"rel/{PREVIOUS}",) if number == last else (),
        )
        for number, issue in enumerate(done)
    )


def _client(name: str, number: int) -> Clientele:
    tags = ("pilot",) if number == 0 else ()
    tier = "premium" if number % 3 == 1 else "standard-plus"
    return Clientele("-".join(name.lower().split()), name, tier, "ca-east", "America/Toronto", tags, "Ana")


# ── Its workspace ──────────────────────────────────────────────────────────────────────────────────

BRISK: dict[str, Any] = {
    "strategies": {
        "transparent": {
            "preview_soak": "0s",
            "runway": "30m",
            "waves": [
                {"name": "preview", "environment": "preview", "select": {"rest": True}, "concurrency": 8},
                {"name": "everyone", "environment": "production", "select": {"rest": True}, "needs": ["preview"], "concurrency": 8},
            ],
        }
    },
    "publish": [],
}
"""Two waves without soak: all previews on the first day, all productions on the second."""


def small_stage(folder: Path, story: Story | None = None, **settings: Any) -> Stage:
    """The stand-ins of the story, and its workspace with these parts of rollout.yaml instead of the sandbox's own. No client has hours of its own."""
    stage = Stage(folder, story or small_story(), resource("calendars"))
    for client in stage.story.clients:
        (stage.folder / "calendars" / f"{client.id}.yaml").unlink(missing_ok=True)
    change_settings(stage.folder, **BRISK | settings)
    return stage


def change_settings(folder: Path, **settings: Any) -> None:
    """Put these parts of rollout.yaml in the place of the ones that stand there."""
    file = folder / "rollout.yaml"
    file.write_text(yaml.safe_dump(yaml.safe_load(file.read_text(encoding="utf-8")) | settings, sort_keys=False), encoding="utf-8")


def start_rollout(folder: Path, version: Version = TARGET) -> None:
    """Collect, cut, assess, sign, plan and start, all at once; nobody has been told yet."""
    with open_world(folder) as world:
        collect.collect(world, full=True)
        cut.cut(world, version, SIGNERS["pm"])
        assess.assess(world, version, {}, SIGNERS["pm"])
        for role, person in SIGNERS.items():
            sign.sign(world, version, role, person)
        plan.plan(world, version, SIGNERS["pm"])
        start.start(world, version, ENGINEER)
