"""rollout plan, start, advance, status, why"""

from datetime import datetime
from typing import Any

import click

from rollout.cli.options import acting, acts, looking, reads, ticks
from rollout.cli.output import local, print_json, print_table, reasons
from rollout.core.values import PersonId


@click.command()
@click.argument("version")
@acts
def plan(folder: str, version: str, dry_run: bool, actor: str, at: datetime | None, as_json: bool) -> None:
    """Plan who gets a release when; what was announced stays, unless it closed."""
    from rollout.steps import plan as step

    with acting(folder, at, dry_run) as world:
        planned = step.plan(world, version, PersonId(actor), dry_run)
        zone = world.policies.timezone
        with world.ledger.read() as tx:
            rolling = bool(tx.waves(planned.plan.version))
    if as_json:
        print_json(planned.model_dump(mode="json"))
        return
    made = planned.plan
    waves = sorted({slot.wave for slot in made.slots})
    rows = [_wave_row(wave, [slot for slot in made.slots if slot.wave == wave], planned.waves, zone) for wave in waves]
    print_table(("wave", "environment", "installations", "first start", "last end"), rows, f"plan of {version}")
    for move in planned.moves:
        click.echo(f"moved: {move.client}/{move.environment}, {move.why}")
    for unplaced in made.unplaced:
        click.echo(f"unplaced: {unplaced.client}/{unplaced.environment}, {reasons(unplaced.reasons)}")
    for excluded in made.excluded:
        click.echo(f"excluded: {excluded.client}/{excluded.environment}, {excluded.reason.text}")
    for remark in made.remarks:
        click.echo(f"note: {remark}")
    click.echo("Next: rollout advance" if rolling else f"Next: rollout start {version}")


def _wave_row(wave: int, slots: list[Any], names: tuple[str, ...], zone: str) -> tuple[object, ...]:
    first, last = min(slot.start for slot in slots), max(slot.end for slot in slots)
    return names[wave], slots[0].environment, len(slots), local(first, zone), local(last, zone)


@click.command()
@click.argument("version")
@acts
def start(folder: str, version: str, dry_run: bool, actor: str, at: datetime | None, as_json: bool) -> None:
    """Start the rollout of a signed release; clients learn their day."""
    from rollout.steps import start as step

    with acting(folder, at, dry_run, actor) as world:
        begun = step.start(world, version, PersonId(actor), dry_run)
        zone = world.policies.timezone
    if as_json:
        print_json(begun.model_dump(mode="json"))
        return
    ends = local(begun.ends_at, zone)
    click.echo(f"{version} {'would roll' if dry_run else 'is rolling'} out to {len(begun.slots)} installations, until {ends}")
    click.echo("Next: rollout advance")


@click.command()
@ticks
def advance(folder: str, dry_run: bool, at: datetime | None, as_json: bool) -> None:
    """One tick: find out what became of what was under way, start what is due, judge what arrived. Safe to repeat."""
    from rollout.steps import advance as step
    from rollout.steps import preview

    with acting(folder, at, dry_run) as world:
        zone = world.policies.timezone
        if dry_run:
            due = preview.due_now(world)
            _print_due(due, as_json)
            return
        tick = step.advance(world)
    if as_json:
        print_json(tick.model_dump(mode="json"))
        return
    click.echo(f"delivered {tick.delivered}, postponed {tick.postponed}, moved {tick.moved} slots, recovered {tick.recovered}")
    for text in (*tick.waves, *tick.broken):
        click.echo(text)
    if tick.waiting:
        click.echo("waiting: " + ", ".join(f"{count} for {gate}" for gate, count in sorted(tick.waiting.items())))
    for version in tick.finished:
        click.echo(f"{version} is delivered everywhere")
    for problem in tick.problems:
        click.echo(f"problem: {problem}", err=True)
    if tick.next_at:
        click.echo(f"next: {local(tick.next_at, zone)}")


def _print_due(due: list[dict[str, Any]], as_json: bool) -> None:
    if as_json:
        print_json({"due": due})
        return
    rows = [(one["version"], one["client"], one["environment"], one["decision"], reasons(one["reasons"])) for one in due]
    print_table(("version", "client", "environment", "decision", "why"), rows, "due now")


@click.command()
@click.argument("version", required=False)
@click.option("--all", "everything", is_flag=True, help="Every delivery, not only those that need a look.")
@reads
def status(folder: str, version: str | None, everything: bool, as_json: bool, at: datetime | None) -> None:
    """What is rolling out: waves, and the deliveries that wait, failed, or are under way."""
    from rollout.steps import show

    with looking(folder, at) as world:
        view = show.status(world, version)
        zone = world.policies.timezone
    if as_json:
        print_json(view)
        return
    if view["stop"]:
        click.echo(f"STOPPED by {view['stop']['by']}: {view['stop']['why']}. Release it: rollout resume, by two people")
    for one in view["holds"]:
        click.echo(f"held: {one['subject']} by {one['by']}: {one['why']}")
    if not view["rollouts"]:
        click.echo("nothing has been rolled out yet. Next: rollout release list")
    for rollout in view["rollouts"]:
        _print_rollout(rollout, zone, everything)


def _print_rollout(rollout: dict[str, Any], zone: str, everything: bool) -> None:
    click.echo(f"{rollout['version']}  {rollout['state']}")
    if not rollout["waves"]:
        click.echo(_not_begun(rollout["version"], rollout["state"]))
        return
    print_table(("wave", "environment", "state", "progress", "deliveries"), [_progress(wave) for wave in rollout["waves"]])
    for wave in rollout["waves"]:
        if wave["reason"]:
            click.echo(wave["reason"])
    worth = [one for one in rollout["deliveries"] if everything or _needs_a_look(one)]
    shown = worth if everything else worth[:30]
    if shown:
        columns = ("client", "environment", "wave", "state", "slot", "at", "why")
        rows = [
            (one["client"], one["environment"], one["wave"], one["state"], local(one["slot"], zone), local(one["at"], zone), reasons(one["reasons"]))
            for one in shown
        ]
        print_table(columns, rows, "deliveries")
    if len(worth) > len(shown):
        click.echo(f"and {len(worth) - len(shown)} more: rollout status {rollout['version']} --all")


def _not_begun(version: str, state: str) -> str:
    """For a release without waves: that nothing of it went out from here, and what comes next."""
    following = {
        "draft": f"rollout release cut {version}",
        "cut": f"rollout release show {version}, then rollout sign {version} --role …",
        "signed": f"rollout plan {version}, then rollout start {version}",
    }
    return f"its rollout has not started. Next: {following[state]}" if state in following else "nothing of it was rolled out from here"


def _needs_a_look(one: dict[str, Any]) -> bool:
    """Whether somebody is at work on the delivery, it broke, or a person keeps it waiting."""
    return one["state"] not in ("planned", "delivered") or any(reason["code"] == "held" for reason in one["reasons"])


def _progress(wave: dict[str, Any]) -> tuple[str, ...]:
    counts: dict[str, int] = wave["counts"]
    total = sum(counts.values()) - counts.get("withdrawn", 0)
    done = counts.get("delivered", 0)
    filled = round(20 * done / total) if total else 0
    bar = "█" * filled + "░" * (20 - filled)
    told = ", ".join(f"{count} {state}" for state, count in counts.items())
    return wave["name"], wave["environment"], wave["state"], f"{bar} {done}/{total}", told


@click.command()
@click.argument("client")
@reads
def why(folder: str, client: str, as_json: bool, at: datetime | None) -> None:
    """Ask every gate of a client's deliveries, and say when each opens next."""
    from rollout.steps import why as step

    with looking(folder, at) as world:
        view = step.why(world, client)
        zone = world.policies.timezone
    if as_json:
        print_json(view)
        return
    for one in view["deliveries"]:
        click.echo(f"{one['version']} to {client}/{one['environment']}: {one['state']}{', slot ' + local(one['slot'], zone) if one['slot'] else ''}")
        for text in one["reasons"]:
            click.echo(f"  {text['text']}")
        rows = [
            (gate["name"], "open" if gate["open"] else "closed", reasons(gate["reasons"]), local(gate["next_open"], zone)) for gate in one["gates"]
        ]
        if rows:
            print_table(("gate", "verdict", "why", "next open"), rows)
    if not view["deliveries"]:
        click.echo(f"nothing is on its way to {client}")
        for environment, version in view["runs"].items():
            click.echo(f"{client}/{environment} runs {version}")
    for one in view["holds"]:
        click.echo(f"{client} is held by {one['by']}: {one['why']}. Lift it: rollout lift {client} --reason …")
