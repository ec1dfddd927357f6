"""rollout tickets …, rollout notices …, rollout notify"""

from datetime import datetime
from pathlib import Path
from typing import Any

import click

from rollout.cli.options import acting, acts, looking, reads, ticks
from rollout.cli.output import local, print_json, print_table
from rollout.core.closing import Channel, NoticeState
from rollout.core.values import PersonId


@click.group()
def tickets() -> None:
    """Help-desk tickets: which changes they wait for, and what they were told."""


@tickets.command("list")
@click.option("--release", "version", help="Only tickets of this release.")
@reads
def list_(folder: str, version: str | None, as_json: bool, at: datetime | None) -> None:
    """Every ticket that is linked to a change."""
    from rollout.steps import show

    with looking(folder, at) as world:
        view = show.tickets(world, version)
        zone = world.policies.timezone
    if as_json:
        print_json(view)
    else:
        _print_tickets(view["tickets"], zone)


@tickets.command("show")
@click.argument("ticket")
@reads
def show_ticket(folder: str, ticket: str, as_json: bool, at: datetime | None) -> None:
    """One ticket (ID, or DESK/ID): its changes, and every notice on it, word by word."""
    from rollout.steps import show

    with looking(folder, at) as world:
        view = show.ticket(world, ticket)
        zone = world.policies.timezone
    if as_json:
        print_json(view)
        return
    _print_tickets(view["tickets"], zone)
    for notice in view["notices"]:
        when = f" {local(notice['sent_at'], zone)}" if notice["sent_at"] else ""
        click.echo(f"\n{notice['kind']}, {notice['state']}{when}  [{notice['key']}]")
        for line in (*notice["last_error"].splitlines(), *notice["body"].splitlines()):
            click.echo(f"  {line}".rstrip())


def _print_tickets(rows: list[dict[str, Any]], zone: str) -> None:
    columns = ("desk", "id", "client", "change", "version", "state")
    cells = [(*(row[name] for name in columns), local(row["told_at"], zone), local(row["resolved_at"], zone)) for row in rows]
    print_table((*columns, "told", "resolved"), cells, "tickets")


@click.group()
def notices() -> None:
    """Notices: what clients are told, once each. Calls wait here for a person to make them."""


@notices.command("list")
@click.option(
    "--state", "states", multiple=True, type=click.Choice([str(one) for one in NoticeState]), help="Only those in this state; may be given again."
)
@click.option(
    "--channel", "channels", multiple=True, type=click.Choice([str(one) for one in Channel]), help="Only those of this channel; may be given again."
)
@reads
def list_notices(folder: str, states: tuple[str, ...], channels: tuple[str, ...], as_json: bool, at: datetime | None) -> None:
    """All notices, or those in some states (review, dead) or channels (call)."""
    with looking(folder, at) as world, world.ledger.read() as tx:
        found = tx.notices(states=tuple(map(NoticeState, states)) or None, channels=tuple(map(Channel, channels)) or None)
    if as_json:
        print_json({"notices": [one.model_dump(mode="json") for one in found]})
    else:
        rows = [(one.key, one.client, one.state, f"{one.not_before:%Y-%m-%d %H:%M}", one.recipient or one.ticket, one.last_error) for one in found]
        print_table(("notice", "client", "state", "not before (UTC)", "to", "note"), rows, "notices")


@notices.command("release")
@click.argument("key")
@click.option("--body", type=click.Path(exists=True, dir_okay=False), help="A file with the text to send instead.")
@acts
def release_notice(folder: str, key: str, body: str | None, dry_run: bool, actor: str, at: datetime | None, as_json: bool) -> None:
    """Let a notice go out that waits for review, or send a dead one again."""
    from rollout.steps import notify as step

    text = _text(body) if body else None
    with acting(folder, at, dry_run, actor) as world:
        notice = step.release_notice(world, key, PersonId(actor), text, dry_run)
    _told(as_json, notice.model_dump(mode="json"), f"{key} {'would go' if dry_run else 'goes'} out. Next: rollout notify")


def _text(file: str) -> str:
    try:
        return Path(file).read_text(encoding="utf-8")
    except UnicodeDecodeError as error:
        raise click.BadParameter(
            f"{file} is not text in UTF-8: byte {error.start + 1} is {error.object[error.start]:#04x}", param_hint="--body"
        ) from None


@notices.command("done")
@click.argument("key")
@acts
def done(folder: str, key: str, dry_run: bool, actor: str, at: datetime | None, as_json: bool) -> None:
    """Say that a person has told the client: a call was made, a dead notice was dealt with."""
    from rollout.steps import notify as step

    with acting(folder, at, dry_run, actor) as world:
        notice = step.done_by_hand(world, key, PersonId(actor), dry_run)
    _told(as_json, notice.model_dump(mode="json"), f"{key} {'would be' if dry_run else 'is'} noted as done")


@click.command()
@ticks
def notify(folder: str, dry_run: bool, at: datetime | None, as_json: bool) -> None:
    """Send the notices, and run the errands to JIRA, that are due. Safe to repeat."""
    from rollout.steps import notify as step

    with acting(folder, at, dry_run) as world:
        if dry_run:
            waiting = step.preview(world)
            _told(as_json, {"would_send": [one.key for one in waiting]}, "\n".join(f"would send {one.key}" for one in waiting) or "nothing is due")
            return
        found = step.notify(world)
    text = f"sent {found.sent}, left alone {found.left_alone}, put off {found.put_off}, given up {found.dead}; {found.errands} errands to JIRA"
    _told(as_json, found.model_dump(mode="json"), text)
    for problem in () if as_json else found.problems:
        click.echo(f"problem: {problem}", err=True)


def _told(as_json: bool, data: dict[str, object], text: str) -> None:
    if as_json:
        print_json(data)
    else:
        click.echo(text)
