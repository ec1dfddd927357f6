"""rollout release …, rollout sign"""

from datetime import datetime
from typing import Any

import click

from rollout.cli.options import acting, acts, looking, reads, reason
from rollout.cli.output import local, print_json, print_table, reasons
from rollout.core.values import PersonId


@click.group()
def release() -> None:
    """Releases: what is in them, whether it is ready, who has signed."""


@release.command("list")
@reads
def list_(folder: str, as_json: bool, at: datetime | None) -> None:
    """All releases, oldest first."""
    from rollout.steps import show

    with looking(folder, at) as world:
        view = show.releases(world)
        zone = world.policies.timezone
    if as_json:
        print_json(view)
    else:
        print_table(
            ("version", "kind", "state", "changes", "cut"),
            [(one["version"], one["kind"], one["state"], one["changes"], local(one["cut_at"], zone)) for one in view["releases"]],
            "releases",
        )


@release.command()
@click.argument("version")
@reads
def show(folder: str, version: str, as_json: bool, at: datetime | None) -> None:
    """One release: every change with readiness and evidence, and what is still missing."""
    from rollout.steps import show as step

    with looking(folder, at) as world:
        view = step.release(world, version)
    if as_json:
        print_json(view)
    else:
        _print_release(view)


def _print_release(view: dict[str, Any]) -> None:
    click.echo(f"{view['version']}  {view['kind']}  {view['state']}  revision {view['revision']}  digest {view['digest'][:12]}")
    assessed = view["assessment"]
    if assessed:
        by = assessed["confirmed_by"]
        click.echo(f"impact {assessed['impact']}, risk {assessed['risk']}, strategy {assessed['strategy']}, confirmed by {by}")
    rows = [
        (one["key"], one["kind"], one["audience"], "ready" if one["ready"] else reasons(one["reasons"]), len(one["evidence"]), one["summary"][:70])
        for one in view["changes"]
    ]
    print_table(("change", "kind", "audience", "ready?", "commits", "summary"), rows, "changes")
    if not view["evidence_known"]:
        click.echo("no git repository is configured, so nothing is proven or doubted")
    for name, text in (("unproven", "no commit names"), ("unclaimed", "commits name, and the release does not claim")):
        if view[name]:
            click.echo(f"{text}: {', '.join(view[name])}")
    for one in view["left"]:
        click.echo(f"left: {one['key']}, {one['why']}")
    for one in view["signoffs"]:
        verb = "signed" if one["consents"] else "rejected"
        fallen = f" (void: {one['voided_why']})" if one["voided_at"] else ""
        click.echo(f"{verb} by {one['person']} as {one['role']}{fallen}")
    for one in view["missing"]:
        click.echo(f"missing: {one['text']}")


@release.command()
@click.argument("version")
@acts
def cut(folder: str, version: str, dry_run: bool, actor: str, at: datetime | None, as_json: bool) -> None:
    """Freeze a draft with what is ready; the rest moves to the next release."""
    from rollout.steps import cut as step

    with acting(folder, at, dry_run, actor) as world:
        decided = step.cut(world, version, PersonId(actor), dry_run)
    if as_json:
        print_json(decided.model_dump(mode="json"))
        return
    click.echo(f"{'would keep' if dry_run else 'kept'} {len(decided.kept)} changes: {', '.join(decided.kept)}")
    for moved in decided.moved:
        click.echo(f"{'would move' if dry_run else 'moved'} {moved.key} to {moved.to}: {reasons(moved.reasons)}")
    click.echo(f"Next: rollout release assess {version}")


@release.command()
@click.argument("version")
@click.option("--impact", type=click.Choice(["transparent", "visible", "disruptive"]), help="What clients notice of it.")
@click.option("--risk", type=click.Choice(["low", "medium", "high"]), help="How likely it is to go wrong.")
@click.option("--strategy", help="A strategy of rollout.yaml.")
@click.option("--downtime", "downtime_minutes", type=click.IntRange(min=0), help="Minutes per installation.")
@click.option("--way-back", help="What to do if it has to be undone.")
@acts
def assess(folder: str, version: str, dry_run: bool, actor: str, at: datetime | None, as_json: bool, **edits: Any) -> None:
    """Confirm the proposed assessment, with your changes to it. --dry-run shows the proposal."""
    from rollout.steps import assess as step

    with acting(folder, at, dry_run, actor) as world:
        given = {name: value for name, value in edits.items() if value is not None}
        assessed = step.assess(world, version, given, PersonId(actor), dry_run)
    if as_json:
        print_json(assessed.model_dump(mode="json"))
        return
    verb = "proposed" if dry_run else f"confirmed by {actor}"
    click.echo(f"{verb}: impact {assessed.impact}, risk {assessed.risk}, strategy {assessed.strategy}, downtime {assessed.downtime_minutes} min")
    for cause in assessed.causes:
        click.echo(f"  {cause}")
    click.echo(f"Next: rollout sign {version} --role …")


@release.command()
@click.argument("version")
@click.argument("key")
@reason
@acts
def add(folder: str, version: str, key: str, why: str, dry_run: bool, actor: str, at: datetime | None, as_json: bool) -> None:
    """Take a change into a release that is cut. Its sign-offs fall."""
    from rollout.steps import cut as step

    with acting(folder, at, dry_run, actor) as world:
        step.add(world, version, key, why, PersonId(actor), dry_run)
    _told(as_json, {"version": version, "added": key, "dry_run": dry_run}, f"{'would add' if dry_run else 'added'} {key} to {version}")


@release.command()
@click.argument("version")
@click.argument("key")
@reason
@acts
def pull(folder: str, version: str, key: str, why: str, dry_run: bool, actor: str, at: datetime | None, as_json: bool) -> None:
    """Take a change out of a release that is cut, into the next one. Its sign-offs fall."""
    from rollout.steps import cut as step

    with acting(folder, at, dry_run, actor) as world:
        to = step.pull(world, version, key, why, PersonId(actor), dry_run)
    text = f"{'would move' if dry_run else 'moved'} {key} from {version} to {to}"
    _told(as_json, {"version": version, "pulled": key, "to": to, "dry_run": dry_run}, text)


@release.command()
@click.argument("version")
@reason
@acts
def revise(folder: str, version: str, why: str, dry_run: bool, actor: str, at: datetime | None, as_json: bool) -> None:
    """Start a new revision of the same content: what was rejected is mended. All sign-offs fall."""
    from rollout.steps import cut as step

    with acting(folder, at, dry_run, actor) as world:
        revision = step.revise(world, version, why, PersonId(actor), dry_run)
    text = f"{version} {'would be' if dry_run else 'is'} at revision {revision}. Next: rollout sign {version} --role …"
    _told(as_json, {"version": version, "revision": revision, "dry_run": dry_run}, text)


@release.command()
@click.argument("version")
@reason
@acts
def cancel(folder: str, version: str, why: str, dry_run: bool, actor: str, at: datetime | None, as_json: bool) -> None:
    """Give a release up."""
    from rollout.steps import cut as step

    with acting(folder, at, dry_run, actor) as world:
        step.cancel(world, version, why, PersonId(actor), dry_run)
    _told(as_json, {"version": version, "cancelled": not dry_run}, f"{'would cancel' if dry_run else 'cancelled'} {version}")


@click.command()
@click.argument("version")
@click.option("--role", required=True, help="The role in which you sign.")
@click.option("--note", default="", help="A remark that is kept with it.")
@click.option("--reject", is_flag=True, help="Say no: this ends the revision.")
@acts
def sign(folder: str, version: str, role: str, note: str, reject: bool, dry_run: bool, actor: str, at: datetime | None, as_json: bool) -> None:
    """Sign a release off, or reject it, as it stands now."""
    from rollout.steps import sign as step

    with acting(folder, at, dry_run, actor) as world:
        signed = step.sign(world, version, role, PersonId(actor), note, reject, dry_run)
    if as_json:
        print_json(signed.model_dump(mode="json"))
        return
    verb = ("would reject" if dry_run else "rejected") if reject else ("would sign" if dry_run else "signed")
    click.echo(f"{actor} {verb} {version} as {role}, digest {signed.digest[:12]}")
    for missing in signed.missing.reasons:
        click.echo(f"missing: {missing.text}")
    if signed.missing.open:
        click.echo(f"Next: rollout plan {version}, then rollout start {version}")


def _told(as_json: bool, data: dict[str, object], text: str) -> None:
    if as_json:
        print_json(data)
    else:
        click.echo(text)
