"""Finds programs that still run, by their environment: those that a lost process of ours began cannot be known by anything else.

Only programs of this machine are seen, and of other users only what the system shows. What a program leaves running in the background has the same
environment, and is found as well.
"""

import os
import subprocess
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

_PROC = Path("/proc")
_PATIENCE_SECONDS = 10


def runs_with(variables: Mapping[str, str]) -> bool:
    """Whether any program was started with all these variables in its environment. True where the system does not tell."""
    words = {os.fsencode(f"{name}={value}") for name, value in variables.items()}
    return _in_proc(words) if (_PROC / "self" / "environ").exists() else _told_by_ps(words)


def _in_proc(words: set[bytes]) -> bool:
    own = str(os.getpid())
    return any(entry.isdecimal() and entry != own and words <= _environment(entry) for entry in os.listdir(_PROC))


def _environment(pid: str) -> set[bytes]:
    """Its variables as they were when it started; none if it is gone, or another user's."""
    with suppress(OSError):
        return set((_PROC / pid / "environ").read_bytes().split(b"\0"))
    return set()


def _told_by_ps(words: set[bytes]) -> bool:
    """The same where there is no /proc: -E shows environments on macOS and the BSDs."""
    try:
        told = subprocess.run(["ps", "-A", "-E", "-ww", "-o", "command="], capture_output=True, timeout=_PATIENCE_SECONDS, check=True)
    except (OSError, subprocess.SubprocessError):
        return True
    return any(all(word in line for word in words) for line in told.stdout.splitlines())
