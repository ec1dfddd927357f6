"""The train: the policy that opens, cuts and dates the monthly release."""

from rollout.core.values import Value


class Train(Value):
    """`pattern` names a monthly release from its year and month, as in `{year}.{month:02}`. `day` is the day of the month from which the
    rollout may start; the cut falls `cut_days` coverage days before the first coverage day on or after it."""

    pattern: str = "{year}.{month:02}"
    day: int = 8
    cut_days: int = 5
    contains_older: bool = True
