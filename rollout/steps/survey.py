"""Asks installations what they run: only the executor's own probe tells, not the newest record."""

from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor

from rollout.core.clients import Client, Environment, Installation, target
from rollout.core.values import ClientId, Value, Version
from rollout.errors import OutsideError
from rollout.ports import World

Place = tuple[ClientId, Environment]
_SHOWN = 10


class Surveyed(Value):
    """How many installations answered with a version; `problems` are those that could not be asked."""

    known: int = 0
    problems: tuple[str, ...] = ()

    @property
    def remarks(self) -> tuple[str, ...]:
        """What a reader of a plan should know of those that could not be asked."""
        more = len(self.problems) - _SHOWN
        told = [f"nobody knows what {problem}" for problem in self.problems[:_SHOWN]]
        return (*told, *([f"nobody knows what {more} more installations run"] if more > 0 else ()))


def survey(world: World, everything: bool = False) -> Surveyed:
    """Ask the installations of which nobody knows what they run; all of them, if told to. What does not answer stays unknown."""
    with world.ledger.read() as tx:
        known = {} if everything else tx.installed()
    asked = [(client, one) for client, one in _installations(world.clients().values()) if (client.id, one.environment) not in known]
    if not asked:
        return Surveyed()
    with ThreadPoolExecutor(max_workers=world.policies.workers) as pool:
        answers = list(pool.map(lambda pair: _ask(world, *pair), asked))
    found: dict[Place, Version] = {place: answer for place, answer, _ in answers if answer is not None}
    problems = tuple(problem for _, _, problem in answers if problem)
    with world.ledger.begin() as tx:
        tx.set_installed(found, world.clock())
        tx.record(world.clock(), "survey", "installations surveyed", "fleet", {"asked": len(asked), "answered": len(found), "failed": len(problems)})
    return Surveyed(known=len(found), problems=problems)


def _installations(clients: Iterable[Client]) -> list[tuple[Client, Installation]]:
    return [(client, installation) for client in clients for installation in client.installations]


def _ask(world: World, client: Client, installation: Installation) -> tuple[Place, Version | None, str]:
    place = client.id, installation.environment
    try:
        return place, world.executors[installation.executor].installed_version(target(client, installation)), ""
    except OutsideError as error:
        return place, None, f"{client.id}/{installation.environment} runs: {error}"
