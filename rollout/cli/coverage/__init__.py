"""rollout coverage …: each command in a module of its own noun."""

import click

from rollout.cli.lazy import lazily

COMMANDS: dict[str, tuple[str, str]] = {
    "show": ("coverage.look:show", "A month, day by day: when it is open, and why not."),
    "explain": ("coverage.look:explain", "Every blocker at one moment: where it comes from, when it clears, who could waive it."),
    "next": ("coverage.look:next_", "The next stretch that is open for long enough."),
    "export": ("coverage.exchange:export", "A calendar for others to subscribe to: open hours, freezes, a release's plan."),
    "import": ("coverage.imports:import_", "Bring an iCalendar file among the calendars, and see what it changes."),
    "refresh": ("coverage.feeds:refresh", "Fetch the subscribed calendars that are due."),
    "lint": ("coverage.lint:lint", "Look all calendars over: overlaps, dead rules, too few open hours."),
    "overrides": ("coverage.overrides:overrides", "What has become of each override: whether it holds, is used or dead."),
    "approve": ("coverage.days:approve", "Let days count that a window only proposes."),
    "holidays": ("coverage.holidays:holidays", "Public holidays, kept in lock files that people review."),
    "staffing": ("coverage.staffing:staffing", "Who is on shift, who is away and why, and where they are too few."),
}


@click.group(cls=lazily(COMMANDS))
def coverage() -> None:
    """When one may deploy, and why not."""
