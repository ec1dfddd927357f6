"""Whom and what a question to the calendars is about."""

from typing import Any

import click

from rollout.core.clients import Environment
from rollout.core.releases import ReleaseKind


def about(command: Any) -> Any:
    """Whom the question is about."""
    command = click.option("--client", help="For this client as well as for the company.")(command)
    environments = click.Choice([str(one) for one in Environment])
    return click.option("--environment", type=environments, default="production", show_default=True, help="Which of the installations.")(command)


def of_release(command: Any) -> Any:
    """Which release the question is about: its kind decides which rules bear on it, its name which overrides do."""
    command = click.option("--release", metavar="VERSION", help="For this release: overrides that name it count.")(command)
    kinds = click.Choice([str(one) for one in ReleaseKind])
    return click.option("--kind", type=kinds, help="For this kind of release; that of --release, or monthly, otherwise.")(command)
