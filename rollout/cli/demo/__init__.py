"""rollout demo: plays a whole month on stand-ins, and checks what came of it."""

import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING

import click

from rollout.cli.output import print_json, program
from rollout.errors import Refused

if TYPE_CHECKING:
    from rollout.sandbox.stage import Stage
    from rollout.sandbox.story import Story


@click.command()
@click.option("--dir", "folder", type=click.Path(file_okay=False), help="Leave everything there; a temporary folder otherwise.")
@click.option("--keep", is_flag=True, help="Leave the stand-ins up afterwards, until you press Ctrl-C.")
@click.option("--issues", type=click.Path(exists=True, dir_okay=False), help="A real project's issues, as JSON.")
@click.option("--commits", type=click.Path(exists=True, dir_okay=False), help="Its commits, as JSON.")
@click.option("--fix-version", help="How versions are read off the names of fix versions: a regular expression with a group `version`.")
@click.option("--tag", help="The tag that marks a version, with {version} in it.")
@click.option("--jira", "mode", type=click.Choice(["cloud", "server"]), default="cloud", show_default=True, help="Which JIRA the stand-in plays.")
@click.option("--json", "as_json", is_flag=True, help="Print the account as JSON.")
def demo(
    folder: str | None, keep: bool, issues: str | None, commits: str | None, fix_version: str | None, tag: str | None, mode: str, as_json: bool
) -> None:
    """Carry JIRA issues all the way to resolved tickets, on stand-ins: a JIRA, a help desk, 40 installations twice, a mail server.

    Without --issues and --commits it is the story of a made-up product. The exit status is 0 only if the outcome is as it should be.
    """
    story = _story(issues, commits, fix_version, tag)
    place = _place(folder)
    with _prefect_at(place):
        _play(place, story, mode, keep, as_json)


def _story(issues: str | None, commits: str | None, fix_version: str | None, tag: str | None) -> "Story":
    from rollout.sandbox.story import export_story, tidewater
    from rollout.sandbox.story.export import FIX_VERSION, TAG

    if issues is None and commits is None:
        if fix_version or tag:
            raise click.UsageError("--fix-version and --tag go with --issues and --commits")
        return tidewater()
    if issues is None or commits is None:
        raise click.UsageError("--issues and --commits go together: the one says what was to be done, the other what was")
    pattern = tag or TAG
    if "{version}" not in pattern:
        raise click.BadParameter(f"{pattern!r} has no {{version}} in it", param_hint="--tag")
    return export_story(Path(issues), Path(commits), fix_version or FIX_VERSION, pattern)


def _place(folder: str | None) -> Path:
    if folder is None:
        return Path(tempfile.mkdtemp(prefix="rollout-demo-"))
    place = Path(folder)
    if (place / "rollout.yaml").exists():
        raise Refused(f"{place} holds a workspace already. Name another folder, or remove it")
    place.mkdir(parents=True, exist_ok=True)
    return place.resolve()


@contextmanager
def _prefect_at(place: Path) -> Iterator[None]:
    """Prefect keeps to the demo's folder, says little and tells nobody, unless the environment says otherwise."""
    quiet = {
        "PREFECT_HOME": str(place / "prefect"),
        "PREFECT_LOGGING_LEVEL": "CRITICAL",
        "PREFECT_LOGGING_TO_API_ENABLED": "false",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": "90",
        "DO_NOT_TRACK": "1",
    }
    added = {name: value for name, value in quiet.items() if name not in os.environ}
    os.environ.update(added)
    try:
        yield
    finally:
        for name in added:
            os.environ.pop(name, None)


def _play(place: Path, story: "Story", mode: str, keep: bool, as_json: bool) -> None:
    from rollout.cli.demo.account import draw_up
    from rollout.cli.demo.live import Teller
    from rollout.cli.demo.play import play
    from rollout.sandbox.stage import Stage
    from rollout.wiring import resource

    with Stage(place, story, resource("calendars"), "server" if mode == "server" else "cloud") as stage:
        with Teller(quiet=as_json) as teller:
            teller.say(stage.clock(), f"a JIRA, a help desk, a mail server and {len(story.clients)} clients stand in {place}; now Prefect starts")
            ending = play(stage, teller)
        account = draw_up(stage, ending)
        if as_json:
            print_json(account.as_json())
        else:
            account.print()
        if keep:
            _keep(stage)
    if account.failures:
        raise Refused("the outcome is not as it should be:\n" + "\n".join(f"  {failure}" for failure in account.failures))


def _keep(stage: "Stage") -> None:
    """Leave the stand-ins up until somebody presses Ctrl-C."""
    click.echo(f"\nJIRA {stage.jira_server.url}   help desk {stage.desk_server.url}   fleet {stage.fleet.url}   mail {stage.folder / 'mail'}")
    click.echo(f"Try: {program()} -C {stage.folder} status --all, or why {stage.story.clients[0].id}. Ctrl-C ends the stand-ins.")
    with suppress(KeyboardInterrupt):
        Event().wait()
