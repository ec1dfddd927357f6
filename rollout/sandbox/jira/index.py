"""What search sees: the issues as they are, or as they were a while ago where the index lags behind (as it does in the Cloud)."""

from collections import deque
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime, timedelta

from rollout.sandbox.jira.model import Issue


class SearchIndex:
    """Issues by id. `revision` moves whenever the answer to some query may have moved."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self.lag = timedelta()
        self.revision = 0
        self._clock = clock
        self._seen: dict[int, Issue] = {}
        self._late: deque[tuple[datetime, int, Issue | None]] = deque()

    def put(self, issue_id: int, issue: Issue | None) -> None:
        """Take in the newest state of an issue; None takes it out."""
        if self.lag or self._late:
            self._late.append((self._clock() + self.lag, issue_id, issue))
        else:
            self._take_in(issue_id, issue)

    def issues(self, reconcile: Iterable[int] = ()) -> Mapping[int, Issue]:
        """What search sees now; those to be reconciled as they really are."""
        now, wanted = self._clock(), set(reconcile)
        late = list(self._late)
        self._late.clear()
        for due, issue_id, issue in late:
            if due <= now or issue_id in wanted:
                self._take_in(issue_id, issue)
            else:
                self._late.append((due, issue_id, issue))
        return self._seen

    def touch(self) -> None:
        """Something that issues refer to has moved: a version, a name."""
        self.revision += 1

    def _take_in(self, issue_id: int, issue: Issue | None) -> None:
        self.revision += 1
        if issue is None:
            self._seen.pop(issue_id, None)
        else:
            self._seen[issue_id] = issue
