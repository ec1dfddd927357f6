"""The command tree: names and one line of help for each command; the module behind a name is imported when it is called."""

import importlib
import sys
from collections.abc import Sequence

import click

from rollout import __version__
from rollout.errors import RolloutError

COMMANDS: dict[str, tuple[str, str]] = {
    "init": ("workspace:init", "Write a new workspace, commented, into a folder."),
    "doctor": ("workspace:doctor", "Check the workspace and every connection in it."),
    "demo": ("demo:demo", "Play a whole month on stand-ins: from JIRA issues to resolved tickets."),
    "collect": ("collect:collect", "Collect changes from JIRA, and their tickets."),
    "release": ("release:release", "List, show, cut, assess releases; take changes in or out."),
    "sign": ("release:sign", "Sign a release off, or reject it."),
    "coverage": ("coverage:coverage", "Show when one may deploy, and why not."),
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


class Lazy(click.Group):
    """A group whose commands are imported when they are used; their help lines are known without."""

    def list_commands(self, _ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, _ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module, _, name = COMMANDS[cmd_name][0].partition(":")
        found = getattr(importlib.import_module(f"rollout.cli.{module}"), name)
        assert isinstance(found, click.Command)
        return found

    def format_commands(self, _ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl([(name, text) for name, (_, text) in COMMANDS.items()])

    def resolve_command(self, ctx: click.Context, args: list[str]) -> tuple[str | None, click.Command | None, list[str]]:
        from difflib import get_close_matches

        if args and args[0] not in COMMANDS and not args[0].startswith("-"):
            close = [f"rollout release {args[0]}"] if args[0] in _OF_RELEASES else get_close_matches(args[0], COMMANDS, n=1)
            hint = f" Did you mean {close[0]}?" if close else ""
            ctx.fail(f"no such command: {args[0]}.{hint} See rollout --help")
        return super().resolve_command(ctx, args)


@click.group(cls=Lazy, context_settings={"help_option_names": ["-h", "--help"]})
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
