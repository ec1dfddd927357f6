"""Which tests a worker of pytest-xdist gets together: those that share something that is costly to start.

xdist's own marker for it has no effect under pytest 9.2 (pytest-xdist issue 1386), and says nothing of that.
"""

import pytest
from xdist.remote import Producer
from xdist.scheduler import LoadScopeScheduling

TOGETHER = {"tests/flows/": "the Prefect server", "tests/cli/test_demo.py": "the Prefect server", "tests/test_wheel.py": "the wheel"}


def shared(test: str) -> str:
    """What the test shares with others; itself, if nothing."""
    return next((what for place, what in TOGETHER.items() if test.startswith(place)), test)


class Together(LoadScopeScheduling):
    """Gives tests out one by one, but for those that share something; these are given out first."""

    def _split_scope(self, nodeid: str) -> str:
        return shared(nodeid)


def scheduler(config: pytest.Config, log: Producer) -> Together:
    """The scheduler of this project."""
    return Together(config, log)
