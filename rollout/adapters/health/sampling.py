"""Takes samples of an installation's health, and judges them by count: enough said yes, too many said no, or it cannot be told."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum

from rollout.ports import Health, HealthKind


class Said(StrEnum):
    YES = "yes"
    NO = "no"
    NOTHING = "nothing"


@dataclass(frozen=True)
class Sample:
    """One look. `nothing` means that no answer came, or none that tells."""

    said: Said
    text: str = ""


@dataclass(frozen=True)
class Sampling:
    """Up to `samples` looks, `interval` apart; healthy needs `successes` that say yes (all of them, for None). Raises ValueError if none can pass."""

    samples: int = 1
    successes: int | None = None
    interval: timedelta = timedelta()

    def __post_init__(self) -> None:
        if self.samples < 1:
            raise ValueError(f"samples must be 1 or more, is {self.samples}")
        if not 1 <= self.needed <= self.samples:
            raise ValueError(f"successes must be between 1 and samples ({self.samples}), is {self.needed}")
        if self.interval < timedelta():
            raise ValueError(f"interval must not be negative, is {self.interval}")

    @property
    def needed(self) -> int:
        return self.samples if self.successes is None else self.successes

    def take(self, look: Callable[[], Sample]) -> Health:
        """Look until the samples settle it, or there are no more to take. `look` must not raise."""
        taken: list[Sample] = []
        while (health := judge(taken, self)) is None:
            if taken:
                time.sleep(self.interval.total_seconds())
            taken.append(look())
        return health


def judge(taken: Sequence[Sample], sampling: Sampling) -> Health | None:
    """What the samples say; None while more of them could change it.

    Failed: so many said no that yes from all others would not be enough. Errored: all were taken and none gave an answer. Inconclusive: all were
    taken, and too few gave an answer to say either.
    """
    told = {said: [sample for sample in taken if sample.said is said] for said in Said}
    yes, no = len(told[Said.YES]), len(told[Said.NO])
    if yes >= sampling.needed:
        return Health(kind=HealthKind.HEALTHY, detail=f"{yes} of {len(taken)} samples said yes")
    if no > sampling.samples - sampling.needed:
        return Health(kind=HealthKind.FAILED, detail=f"{no} of {len(taken)} samples said no, the last: {told[Said.NO][-1].text}")
    if len(taken) < sampling.samples:
        return None
    last = told[Said.NOTHING][-1].text
    if not yes and not no:
        return Health(kind=HealthKind.ERRORED, detail=f"none of {len(taken)} samples gave an answer, the last: {last}")
    text = f"only {yes + no} of {len(taken)} samples gave an answer ({yes} yes, {no} no; {sampling.needed} yes needed), the last that did not: {last}"
    return Health(kind=HealthKind.INCONCLUSIVE, detail=text)
