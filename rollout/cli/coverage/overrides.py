"""rollout coverage overrides"""

from datetime import datetime

import click

from rollout.cli.options import looking, reads
from rollout.cli.output import local, print_json, print_table


@click.command()
@reads
def overrides(folder: str, as_json: bool, at: datetime | None) -> None:
    """What has become of each override: whether it holds, what it waives, whether it is used or dead."""
    from rollout.steps import overrides as step

    with looking(folder, at) as world:
        states, zone = step.states(world), world.policies.timezone
    if as_json:
        print_json({"overrides": [one.model_dump(mode="json") for one in states]})
        return
    rows = [
        (
            one.id,
            "dead" if one.dead else "used" if one.used else one.phase,
            one.release,
            local(one.begins, zone),
            local(one.ends, zone),
            ", ".join(one.waives),
            one.text,
            one.source,
        )
        for one in states
    ]
    print_table(("override", "state", "release", "begins", "ends", "waives", "what became of it", "source"), rows, "overrides")
