"""Shows who is on shift: day by day, role by role, by the same count that decides whether a day is open."""

from datetime import date, timedelta

from rollout.core.coverage import Request
from rollout.core.coverage.attendance import StaffDay
from rollout.ports import World


def staffing(world: World, asked: Request, first: date, last: date) -> tuple[StaffDay, ...]:
    """Each day from first to last, both included, in the company's zone."""
    return world.coverage().staffing(asked, first, last)


def week_of(day: date) -> tuple[date, date]:
    """The Monday and the Sunday of the week that the day is in."""
    monday = day - timedelta(days=day.weekday())
    return monday, monday + timedelta(days=6)
