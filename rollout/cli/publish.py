"""rollout publish"""

from datetime import datetime

import click

from rollout.cli.options import acting, acts
from rollout.cli.output import print_json


@click.command()
@click.option("--again", is_flag=True, help="Publish even where nothing has changed, as after a folder was lost.")
@acts
def publish(folder: str, again: bool, dry_run: bool, actor: str, at: datetime | None, as_json: bool) -> None:
    """Publish the Upcoming Release page, its feeds and its calendar, where their content has changed."""
    from rollout.steps import publish as step

    with acting(folder, at, dry_run) as world:
        done = step.publish(world, dry_run, again, actor)
        nowhere = not world.publishers
    if as_json:
        print_json(done.model_dump(mode="json"))
    else:
        _tell(done.places, "would be published" if dry_run else "published", done.changed, nowhere)
        for remark in done.remarks:
            click.echo(f"note: {remark}")
    for problem in done.problems:
        click.echo(f"problem: {problem}", err=True)
    if done.problems:
        raise SystemExit(1)


def _tell(places: tuple[str, ...], verb: str, changed: bool, nowhere: bool) -> None:
    if nowhere:
        click.echo("There is no place to publish to. Add one to rollout.yaml: publish: [{name: site, type: folder, path: site}]")
        return
    click.echo(f"The Upcoming Release page {verb if changed else 'is as it was published'}{':' if places else '.'}")
    for place in places:
        click.echo(f"  {place}")
