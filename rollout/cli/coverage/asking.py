"""Whom and what a question to the calendars is about."""

from typing import Any

import click

from rollout.core.clients import Environment


def about(command: Any) -> Any:
    """Whom and what the question is about."""
    command = click.option("--client", help="For this client as well as for the company.")(command)
    environments = click.Choice([str(one) for one in Environment])
    return click.option("--environment", type=environments, default="production", show_default=True, help="Which of the installations.")(command)
