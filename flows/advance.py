"""One tick. Every batch of deliveries is one task; what became of each installation is in the ledger, not here."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from prefect import flow, task
from prefect.cache_policies import NO_CACHE

from flows.opening import opened
from flows.telling import show_waves, tell
from rollout.ports import World
from rollout.steps import show
from rollout.steps.advance import Batch, Tick, deliver
from rollout.steps.advance import advance as step
from rollout.steps.advance.batch import Done


@task(name="deliver-batch", cache_policy=NO_CACHE, persist_result=False)
def deliver_batch(work: Callable[[], Done]) -> Done:
    """Carry out one claimed batch. Never retried: the next tick looks up what became of it."""
    return work()


@flow(name="advance")
def advance(workspace: str = ".", at: datetime | None = None) -> dict[str, Any]:
    """Do what is due now, for everything that is rolling out."""
    with opened(workspace, at) as world:
        tick = step(world, run=_as_task)
        if tick.delivered or tick.broken or tick.waves:
            _tell(tick, show.status(world))
    return tick.model_dump(mode="json")


def _as_task(world: World, batch: Batch) -> Done:
    named = deliver_batch.with_options(task_run_name=f"{batch.deliveries[0].version}: {len(batch.deliveries)} installations")
    return named(lambda: deliver(world, batch))


def _tell(tick: Tick, status: dict[str, Any]) -> None:
    for rollout in status["rollouts"]:
        show_waves(rollout)
    for text in tick.waves:
        version, _, what = text.partition(": ")
        tell("wave.moved", version, what=what)
    for text in tick.broken:
        tell("delivery.failed", text.partition(" ")[0], what=text)
    for version in tick.finished:
        tell("release.delivered", version)
