"""The command tree: names and one line of help for each command; the module behind a name is imported when it is called."""

import sys
from collections.abc import Sequence

import click

from rollout import __version__
from rollout.cli.lazy import Lazy
from rollout.errors import RolloutError

COMMANDS: dict[str, tuple[str, str]] = {
    "init": ("workspace:init", "Write a new workspace, commented, into a folder."),
    "doctor": ("workspace:doctor", "Check the workspace and every connection in it."),
    "demo": ("demo:demo", "Play a whole month on stand-ins: from JIRA issues to resolved tickets."),
    "collect": ("collect:collect", "Collect changes from JIRA, and their tickets."),
    "release": ("release:release", "List, show, cut, assess releases; take changes in or out."),
    "sign": ("release:sign", "Sign a release off, or reject it."),
    "coverage": ("coverage:coverage", "Ask the calendars when one may deploy, and keep them."),
    "plan": ("rolling:plan", "Plan who gets a release when."),
    "start": ("rolling:start", "Start the rollout of a signed release."),
    "advance": ("rolling:advance", "Do what is due now: one tick."),
    "status": ("rolling:status", "Show what is rolling out."),
    "why": ("rolling:why", "Ask every gate of a client's deliveries."),
    "hold": ("holds:hold", "Keep a client or a release out of automation."),
    "lift": ("holds:lift", "Lift the holds on a client or a release."),
    "stop": ("holds:stop", "Stop everything, at once."),
    "resume": ("holds:resume", "Say that work may go on; takes two people."),
    "retry": ("guide:retry", "Let a broken delivery start again."),
    "skip": ("guide:skip", "Leave an installation out of a release."),
    "roll-back": ("guide:roll_back", "Bring an installation back to what it ran before."),
    "accept": ("guide:accept", "Vouch for a delivery that nobody could judge."),
    "continue": ("guide:go_on", "Go on with a halted rollout in spite of its failures."),
    "publish": ("publish:publish", "Publish the Upcoming Release page if it changed."),
    "notify": ("tickets:notify", "Send the notices and errands that are due."),
    "tickets": ("tickets:tickets", "List tickets, and show what each was told."),
    "notices": ("tickets:notices", "List notices; release those that wait for review."),
    "errands": ("errands:errands", "List what is to be written to JIRA; run it again."),
    "hotfix": ("hotfix:hotfix", "Open a critical hotfix and keep its service clocks."),
    "audit": ("audit:audit", "Read the audit trail, and verify it."),
    "console": ("console:console", "Serve the web console on loopback."),
}

_OF_RELEASES = ("show", "cut", "assess", "add", "pull", "revise", "cancel")


class App(Lazy):
    """The commands at the top. A release's commands, given without their noun, are hinted at."""

    table = COMMANDS

    def hint(self, word: str) -> str:
        return f"rollout release {word}" if word in _OF_RELEASES else super().hint(word)


@click.group(cls=App, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="rollout")
@click.option("-C", "--workspace", "folder", default=".", type=click.Path(file_okay=False), help="The workspace's folder; the current one otherwise.")
@click.pass_context
def app(ctx: click.Context, folder: str) -> None:
    """Roll releases out to clients, by the calendar, and tell each one on their own ticket."""
    ctx.obj = folder


def run(arguments: Sequence[str] | None = None) -> None:
    """Run one command. A refusal is one line on standard error and exit status 1, wrong usage 2; a bug shows its traceback."""
    try:
        app(args=arguments, prog_name="rollout")
    except RolloutError as error:
        click.echo(f"rollout: {error}", err=True)
        sys.exit(1)
    except BrokenPipeError:
        sys.stderr.close()
        sys.exit(1)
