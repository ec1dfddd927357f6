"""Looks up what became of a delivery whose outcome nobody reported: asks the installation itself. Never retries blind."""

from rollout.core.clients import Client, Installation, target
from rollout.core.delivery import Delivery, DeliveryEvent
from rollout.core.values import Version
from rollout.errors import OutsideError
from rollout.ports import World
from rollout.steps.advance.settle import Happened


def whereabouts(world: World, delivery: Delivery) -> tuple[Client, Installation] | None:
    """The client and installation that the delivery goes to; None if the settings have lost them."""
    client = world.clients().get(delivery.client)
    installation = client.installation(delivery.environment) if client else None
    return (client, installation) if client and installation else None


def installed_version(world: World, delivery: Delivery) -> Version | None:
    """Ask the installation itself what it runs. Raises OutsideError if it cannot be asked."""
    place = whereabouts(world, delivery)
    if place is None:
        return None
    client, installation = place
    return world.executors[installation.executor].installed_version(target(client, installation))


def look_up(world: World, delivery: Delivery) -> Happened:
    """What became of a start whose process was lost. The target is found: on to health. What it ran before: the same attempt may start again,
    unless its program is still running. Anything else, or no answer: a person decides."""
    try:
        running = _is_at_work(world, delivery)  # asked first: a program that ends in between has done its work before the version is asked for
        found = installed_version(world, delivery)
    except OutsideError as error:
        return _lost(delivery, f"nobody knows what became of attempt {delivery.attempt}: {error}")
    if found == delivery.version:
        return Happened(delivery, ((DeliveryEvent.FIND_TARGET, f"found {found} after the process at work was lost"),))
    if found is None or found != delivery.previous:
        runs = found or "no version that could be asked for"
        return _lost(delivery, f"found {runs}, neither {delivery.version} nor {delivery.previous}; a person decides")
    if running:
        return _still_running(world, delivery)
    return Happened(delivery, ((DeliveryEvent.FIND_PREVIOUS, f"found {found}: attempt {delivery.attempt} did not take effect"),))


def _is_at_work(world: World, delivery: Delivery) -> bool:
    place = whereabouts(world, delivery)
    return place is not None and world.executors[place[1].executor].is_at_work(delivery.key)


def _still_running(world: World, delivery: Delivery) -> Happened:
    """Wait for the program, but not for ever: what it left running would keep the delivery waiting as well."""
    text = f"attempt {delivery.attempt} is still running, without the process that began it"
    if delivery.started_at is not None and world.clock() < delivery.started_at + world.policies.lease:
        return Happened(delivery, (), note=f"{text}; its end is waited for")
    return _lost(delivery, f"{text}; a person decides")


def _lost(delivery: Delivery, why: str) -> Happened:
    return Happened(delivery, ((DeliveryEvent.LOSE, why),))
