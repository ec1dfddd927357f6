"""What a test needs and a machine may lack: skipped where it is missing, failed where everything is asked for."""

import os
from pathlib import Path

import pytest

SHARED_DATA = Path(__file__).resolve().parents[1] / ".." / "shared" / "data"


def require(condition: object, reason: str) -> None:
    """Skip the test unless the condition holds; under ROLLOUT_REQUIRE=all or CI=true fail it instead."""
    if condition:
        return
    if os.environ.get("ROLLOUT_REQUIRE") == "all" or os.environ.get("CI") == "true":
        pytest.fail(f"needed here: {reason}", pytrace=False)
    pytest.skip(reason)
