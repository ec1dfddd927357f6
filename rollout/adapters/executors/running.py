"""Finds programs that still run, by a word in their environment: those that a lost process of ours began cannot be known by anything else.

Only programs of this machine are seen, and of other users only what the system shows. What a program leaves running in the background has the same
environment, and is found as well.
"""

import os
import subprocess
from contextlib import suppress
from pathlib import Path

_PROC = Path("/proc")
_PATIENCE_SECONDS = 10


def runs_with(name: str, value: str) -> bool:
    """Whether any program was started with that variable in its environment. True where the system does not tell."""
    word = f"{name}={value}"
    return _in_proc(os.fsencode(word)) if (_PROC / "self" / "environ").exists() else _told_by_ps(word)


def _in_proc(word: bytes) -> bool:
    own = str(os.getpid())
    return any(entry.isdecimal() and entry != own and word in _environment(entry) for entry in os.listdir(_PROC))


def _environment(pid: str) -> list[bytes]:
    """Its variables as they were when it started; none if it is gone, or another user's."""
    with suppress(OSError):
        return (_PROC / pid / "environ").read_bytes().split(b"\0")
    return []


def _told_by_ps(word: str) -> bool:
    """The same where there is no /proc: -E shows environments on macOS and the BSDs."""
    try:
        told = subprocess.run(["ps", "-A", "-E", "-ww", "-o", "command="], capture_output=True, timeout=_PATIENCE_SECONDS, check=True)
    except (OSError, subprocess.SubprocessError):
        return True
    return os.fsencode(word) in told.stdout.split()
