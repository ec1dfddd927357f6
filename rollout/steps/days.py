"""A person lets the hours count that windows with `approval: required` only propose for a day, or takes it back."""

from collections.abc import Collection, Iterable, Iterator
from datetime import date
from difflib import get_close_matches

from rollout.core.coverage import WindowRule
from rollout.core.days import ApprovedDay
from rollout.core.values import PersonId
from rollout.errors import NotFound, Refused
from rollout.ports import Tx, World
from rollout.steps.people import with_role


def approve(
    world: World, days: Collection[date], note: str, actor: PersonId, rule: str | None = None, dry_run: bool = False
) -> tuple[ApprovedDay, ...]:
    """Let the days count for every window that proposes them, or for that one; returns those that did not count before.

    Days on which nothing is proposed are passed over. Raises Refused for somebody who holds no role, and if there is no other day.
    """
    with_role(world, actor, "approve a day of coverage")
    windows, at = _proposing(world, rule), world.clock()
    asked = [(name, day) for day in sorted(set(days)) for name in _on(world, windows, day)]
    if not asked:
        _refuse(windows, days)
    with world.ledger.begin() as tx:
        standing = {(one.rule, one.day) for one in tx.approved_days()}
        added = tuple(ApprovedDay(rule=name, day=day, by=actor, at=at, note=note) for name, day in asked if (name, day) not in standing)
        if not dry_run:
            _keep(tx, added, "approved day")
    return added


def withdraw(
    world: World, days: Iterable[date], note: str, actor: PersonId, rule: str | None = None, dry_run: bool = False
) -> tuple[ApprovedDay, ...]:
    """Take back what was approved for the days; returns what no longer counts. Days on which nothing was approved are passed over.

    Raises Refused for somebody who holds no role, and NotFound if there is no other day.
    """
    with_role(world, actor, "withdraw a day of coverage")
    at, asked = world.clock(), set(days)
    with world.ledger.begin() as tx:
        found = [one for one in tx.approved_days() if one.day in asked and one.rule == (rule or one.rule)]
        if not found:
            raise NotFound(f"nothing is approved on {_listed(asked)}{f' for {rule}' if rule else ''}. See rollout coverage show")
        taken = tuple(one.model_copy(update={"by": actor, "at": at, "note": note, "withdrawn": True}) for one in found)
        if not dry_run:
            _keep(tx, taken, "withdrew day")
    return taken


def _keep(tx: Tx, days: Iterable[ApprovedDay], act: str) -> None:
    for one in days:
        tx.save_approved_day(one)
        tx.record(one.at, one.by, act, str(one.day), {"rule": one.rule, "note": one.note})


def _proposing(world: World, rule: str | None) -> tuple[WindowRule, ...]:
    windows = [one for one in world.coverage().rules if isinstance(one, WindowRule) and one.approval == "required"]
    if not windows:
        raise Refused("no window of the calendars needs its days approved; one that should says approval: required")
    if rule is not None and rule not in {one.id for one in windows}:
        close = get_close_matches(rule, [one.id for one in windows], n=1)
        raise NotFound(f"no window {rule} needs its days approved. {f'Did you mean {close[0]}?' if close else _known(windows)}")
    return tuple(one for one in windows if one.id == (rule or one.id))


def _known(windows: Iterable[WindowRule]) -> str:
    return f"These do: {', '.join(sorted(one.id for one in windows))}"


def _on(world: World, windows: Iterable[WindowRule], day: date) -> Iterator[str]:
    return (one.id for one in windows if world.coverage().proposes(one, day))


def _refuse(windows: Iterable[WindowRule], days: Collection[date]) -> None:
    names = sorted(one.id for one in windows)
    verb = "proposes" if len(names) == 1 else "propose"
    raise Refused(f"{' and '.join(names)} {verb} no hours on {_listed(days)}: there is nothing to approve")


def _listed(days: Collection[date]) -> str:
    """The first few of them."""
    return ", ".join(f"{day:%a %Y-%m-%d}" for day in sorted(set(days))[:5])
