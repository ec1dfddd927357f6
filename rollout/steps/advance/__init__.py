"""One tick of everything that is rolling out: find out what became of what was under way, move waves, start what is due, judge what arrived."""

from rollout.steps.advance.batch import Batch, Done
from rollout.steps.advance.carry_out import deliver
from rollout.steps.advance.tick import Runner, Tick, advance, foresee

__all__ = ["Batch", "Done", "Runner", "Tick", "advance", "deliver", "foresee"]
