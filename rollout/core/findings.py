"""What somebody finds who looks things over: how it is, and what to do about it."""

from enum import StrEnum

from rollout.core.values import Value


class Grade(StrEnum):
    OK = "ok"
    WARNING = "warning"
    FAULT = "fault"


class Finding(Value):
    """One thing that was looked at, and how it is. `hint` says what to do."""

    grade: Grade
    what: str
    text: str
    hint: str = ""
