"""Errands: what is still to be written to JIRA on behalf of an act of ours, kept until it is done."""

from enum import StrEnum

from rollout.core.values import Moment, Value, Version


class ErrandKind(StrEnum):
    ENSURE_FIX_VERSION = "ensure_fix_version"
    RELEASE_FIX_VERSION = "release_fix_version"
    MOVE_CHANGE = "move_change"


class ErrandState(StrEnum):
    WAITING = "waiting"
    DONE = "done"
    DEAD = "dead"


class Errand(Value):
    """One write to one tracker. Each kind finds its work done if it is repeated, so an unknown outcome is simply tried again.

    `key` is unique: the same errand is never put twice. `words` are the call's arguments, as text. `seq` keeps the order in which they were put.
    While it is being run, `owner` and `lease_until` say by which process.
    """

    key: str
    kind: ErrandKind
    tracker: str
    version: Version
    words: dict[str, str]
    state: ErrandState = ErrandState.WAITING
    not_before: Moment
    attempts: int = 0
    owner: str = ""
    lease_until: Moment | None = None
    last_error: str = ""
    seq: int = 0
