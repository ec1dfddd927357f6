"""What flows show in Prefect: events that automations can listen to, and artifacts that people look at. Never the truth about anything."""

from collections.abc import Mapping
from typing import Any

from prefect.artifacts import create_markdown_artifact, create_table_artifact
from prefect.events import emit_event


def tell(event: str, release: str, **facts: Any) -> None:
    """Send one event about a release, named like rollout.wave.promoted."""
    emit_event(f"rollout.{event}", resource={"prefect.resource.id": f"rollout.release.{release}"}, payload=facts)


def tell_of_feed(event: str, name: str, **facts: Any) -> None:
    """Send one event about a subscribed calendar, named like rollout.feed.failed."""
    emit_event(f"rollout.{event}", resource={"prefect.resource.id": f"rollout.feed.{name}"}, payload=facts)


def show_waves(rollout: Mapping[str, Any]) -> None:
    """Keep the wave table of a rollout as an artifact."""
    rows = [{"wave": wave["name"], "environment": wave["environment"], "state": wave["state"], **wave["counts"]} for wave in rollout["waves"]]
    create_table_artifact(rows, key=f"waves-{_slug(rollout['version'])}", description=f"Waves of {rollout['version']}")


def show_text(key: str, text: str, description: str) -> None:
    """Keep a text as an artifact."""
    create_markdown_artifact(text, key=_slug(key), description=description)


def _slug(text: str) -> str:
    """Artifact keys take lower-case letters, digits and dashes only."""
    return "".join(letter if letter.isalnum() else "-" for letter in text.lower())
