"""rollout init, rollout doctor"""

from datetime import datetime
from pathlib import Path

import click

from rollout.cli.options import reads
from rollout.cli.output import print_json, print_table
from rollout.core.findings import Grade
from rollout.errors import Refused


@click.command()
@click.argument("folder", metavar="DIR", type=click.Path(file_okay=False))
@click.option("--dry-run", is_flag=True, help="Only say what would be written.")
@click.option("--json", "as_json", is_flag=True, help="Print JSON, whose shape is stable.")
def init(folder: str, dry_run: bool, as_json: bool) -> None:
    """Write a new workspace into DIR, commented; no file there is ever written over."""
    from rollout.steps import init as step
    from rollout.wiring import StarterFiles

    names = step.init(StarterFiles(), Path(folder), dry_run)
    if as_json:
        print_json({"workspace": folder, "files": list(names), "dry_run": dry_run})
        return
    for name in names:
        click.echo(f"{'would write' if dry_run else 'wrote'} {name}")
    click.echo(f"Next: edit {Path(folder) / 'rollout.yaml'}, then rollout -C {folder} doctor")


@click.command()
@reads
def doctor(folder: str, as_json: bool, at: datetime | None) -> None:
    """Check every file of the workspace and every connection, and list all faults at once."""
    from rollout.steps import doctor as step
    from rollout.wiring.checkup import open_patient

    with open_patient(Path(folder), at) as patient:
        findings = step.examine(patient)
    well = step.is_well(findings)
    if as_json:
        print_json({"well": well, "findings": [one.model_dump(mode="json") for one in findings]})
    else:
        print_table(("", "what", "finding", "what to do"), [(str(one.grade), one.what, one.text, one.hint) for one in findings])
    if not well:
        faults = sum(one.grade is Grade.FAULT for one in findings)
        raise Refused(f"{faults} fault{'' if faults == 1 else 's'} found; see above")
    if not as_json:
        click.echo("Next: rollout collect")
