"""Days of coverage: a person lets the hours count that a window only proposes."""

from datetime import date

from rollout.core.values import Moment, PersonId, Value


class ApprovedDay(Value):
    """The window rule's hours on that day, in its zone, count: who said so, when, and a note. `withdrawn`: they do no longer."""

    rule: str
    day: date
    by: PersonId
    at: Moment
    note: str = ""
    withdrawn: bool = False
