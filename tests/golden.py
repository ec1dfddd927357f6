"""Golden texts: what a template must come to, byte for byte. ROLLOUT_GOLDEN=write writes them anew, to be read before they are committed."""

import os
from pathlib import Path

FOLDER = Path(__file__).parent / "golden"


def golden(name: str, text: str) -> str:
    """The golden text of that name, to be compared with this one."""
    path = FOLDER / name
    if os.environ.get("ROLLOUT_GOLDEN") == "write":
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(text.encode())
    return path.read_bytes().decode()
